// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

namespace ocinet::state {

/// What is locked, in the order in which it is.
enum class LockKind {
    netns,
    container,
    plugin_network,
    network,
    host,
    allowances,
    dhcp,
    plugins,
    agent,
};

struct LockName {
    LockKind kind;
    std::string name; // of what there is once: none

    /// "network web", "host": which byte it is, and what the user reads.
    std::string text() const;
    bool operator==(const LockName&) const = default;
};

/// The order in which a process takes locks, so that no two can wait for each other: a network
/// namespace, the container, networks by name, the host. A second container comes after the own
/// one, when the own one joins it or must have what that one left: who holds its container's lock
/// while it waits for another's has nothing left itself that the other could be waiting for.
///
/// A build for debugging asserts it and ends the process with both names: an exception could be
/// taken for a failure of the host's. It also asserts that nothing is locked twice, since
/// releasing the second lock would release the first.
class LockOrder {
public:
#ifdef NDEBUG
    void check(const LockName&) const {}
    void check_try(const LockName&) const {}
    void taken(const LockName&) {}
    void released(const LockName&) {}
#else
    /// Before it is waited for.
    void check(const LockName& wanted) const;
    /// Who does not wait may try out of order.
    void check_try(const LockName& wanted) const;
    void taken(const LockName& name) { held_.push_back(name); }
    void released(const LockName& name) { std::erase(held_, name); }

private:
    std::vector<LockName> held_;
#endif
};

} // namespace ocinet::state
