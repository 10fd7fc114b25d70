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
#include "netsetup/state/lock_order.h"

namespace ocinet::state {

/// Named locks between processes: each is one byte of /run/ocinet/lock, chosen by the name's hash.
/// POSIX record locks, because they end with their process, leave no file behind, tell who holds
/// them, and let the kernel notice a deadlock. They are a process's, not a thread's: one thread,
/// one Locks. In which order: lock_order.h.
class Locks {
public:
    /// Releases when it goes out of scope.
    class Held {
    public:
        Held(Locks& locks, LockName name) : locks_(&locks), name_(std::move(name)) {}
        Held(Held&& other) noexcept
            : locks_(std::exchange(other.locks_, nullptr)), name_(std::move(other.name_)) {}
        Held(const Held&) = delete;
        Held& operator=(const Held&) = delete;
        Held& operator=(Held&&) = delete;
        ~Held();

    private:
        Locks* locks_;
        LockName name_;
    };

    explicit Locks(const Directory& directory, Deadline deadline = Deadline::never());
    Locks(const Locks&) = delete;
    Locks& operator=(const Locks&) = delete;
    ~Locks() = default;

    /// Waits until the deadline, at least one second and at most ten, or sixty for plugins; then an
    /// Error names the lock's holder.
    Held netns(std::uint64_t cookie) { return take({LockKind::netns, std::to_string(cookie)}); }
    Held container(const std::string& id) { return take({LockKind::container, id}); }
    /// What plugins were asked for for a network: while they are, which takes its time.
    Held plugin_network(const std::string& name) { return take({LockKind::plugin_network, name}); }
    Held network(const std::string& name) { return take({LockKind::network, name}); }
    Held host() { return take({LockKind::host, ""}); }
    /// What is allowed in the firewalls of others. Without any other lock: their programs run under
    /// it.
    Held allowances() { return take({LockKind::allowances, ""}); }

    /// Starting and ending the container's DHCP clients, which others than we do: without any other
    /// lock.
    Held dhcp(const std::string& id) { return take({LockKind::dhcp, id}); }
    /// Running the container's plugins: alone, too.
    Held plugins(const std::string& id) { return take({LockKind::plugins, id}); }
    /// Being the host's one ocinet-agent: alone, too.
    Held agent() { return take({LockKind::agent, ""}); }

    /// All that guards what the containers of these networks share; the names ascend.
    std::vector<Held> shared(const std::vector<std::string>& networks);

    /// Nothing when another process holds it.
    std::optional<Held> try_container(const std::string& id);

private:
    Held take(LockName name);
    Held taken(LockName name);
    void release(const LockName& name);

    Fd file_;
    Deadline deadline_;
    LockOrder order_;
};

} // namespace ocinet::state
