// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <cstdint>
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
