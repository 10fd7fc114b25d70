// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "netsetup/base/fd.h"

namespace ocinet {

/// A process that cannot be mistaken for another one, although process ids are used again.
struct ProcessIdentity {
    pid_t pid = 0;
    /// In clock ticks since boot (proc(5), stat, field 22).
    std::uint64_t start_time = 0;

    bool operator==(const ProcessIdentity&) const = default;
};
void to_json(nlohmann::json& json, const ProcessIdentity& process);
void from_json(const nlohmann::json& json, ProcessIdentity& process);

/// Nothing when there is no such process.
std::optional<ProcessIdentity> identity_of(pid_t pid);

/// Its pidfd; empty when it is gone. One that has ended and is not reaped still has one. Throws
/// Error.
Fd open_process(const ProcessIdentity& process);

/// One that has ended by now is success.
void send_signal(const Fd& pidfd, int signal);

/// Not gone, not another process with the same id; not one that has ended and is only not reaped.
/// One whose first thread has ended while others go on is alive. Throws Error when that cannot be
/// found out.
bool is_alive(const ProcessIdentity& process);

/// Waits for a process that is about to end; false when it lives on.
bool has_ended_within(const ProcessIdentity& process, int milliseconds);

/// Whether /proc numbers processes as we do. It does not for one that was started in a container's
/// process namespace with the host's /proc before it: an id of a process means another one there.
bool is_proc_ours();

/// A container's first process, proven to be the one that the runtime meant.
struct ContainerProcess {
    /// Opens a pidfd first, then everything else, and asks the pidfd at the end whether all of it
    /// was the same process. Throws Error for one that is gone, a zombie, or a kernel thread.
    static ContainerProcess open(pid_t pid);

    ProcessIdentity identity;
    Fd netns;
    /// It shares our network namespace.
    bool in_host_network = false;
};

} // namespace ocinet
