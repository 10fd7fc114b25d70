// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "netsetup/base/deadline.h"
#include "netsetup/base/fd.h"
#include "netsetup/state/directory.h"

namespace ocinet::state {

/// Named locks between processes: each is one byte of /run/ocinet/lock, chosen by the name's hash.
/// POSIX record locks, because they end with their process, leave no file behind, tell who holds
/// them, and let the kernel notice a deadlock. They are a process's, not a thread's: one thread,
/// one Locks. Order: network namespace, container, the container that it joins, then networks by
/// name, then the host.
class Locks {
public:
    /// Releases when it goes out of scope.
    class Held {
    public:
        Held(int file, off_t byte) : file_(file), byte_(byte) {}
        Held(Held&& other) noexcept : file_(std::exchange(other.file_, -1)), byte_(other.byte_) {}
        Held(const Held&) = delete;
        Held& operator=(const Held&) = delete;
        Held& operator=(Held&&) = delete;
        ~Held();

    private:
        int file_;
        off_t byte_;
    };

    explicit Locks(const Directory& directory, Deadline deadline = Deadline::never());

    /// Waits until the deadline, at least one second and at most ten; then an Error names the
    /// lock's holder.
    Held netns(std::uint64_t cookie) { return take("netns " + std::to_string(cookie)); }
    Held container(const std::string& id) { return take("container " + id); }
    Held network(const std::string& name) { return take("network " + name); }
    Held host() { return take("host"); }
    /// What is allowed in the firewalls of others. Alone, without any other: their programs run
    /// under it.
    Held allowances() { return take("allowances"); }

    /// All that guards what the containers of these networks share; the names ascend.
    std::vector<Held> shared(const std::vector<std::string>& networks);

    /// Nothing when another process holds it.
    std::optional<Held> try_container(const std::string& id);

private:
    Held take(const std::string& name);

    Fd file_;
    Deadline deadline_;
};

} // namespace ocinet::state
