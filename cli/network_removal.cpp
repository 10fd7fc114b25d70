// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/network_removal.h"

#include <unistd.h>

#include "cli/networks.h"
#include "netsetup/base/text.h"
#include "netsetup/ops/policy.h"
#include "netsetup/recover.h"
#include "netsetup/state/users.h"

namespace ocinet::cli {

namespace {

void refuse_while_in_use(const std::string& name, const Host& host) {
    std::vector<std::string> users;
    for (const auto& user : users_of(name)) {
        users.push_back(text_of(user));
    }
    if (!users.empty()) {
        throw Error("network \"" + name + "\" is used by " + join(users, ", "))
            .hint("stop " + std::string(users.size() == 1 ? "it" : "them") + " first");
    }
    if (state::has_users(host.directory, ops::element_users(name))) {
        throw Error("network \"" + name + "\" is used by a container whose record cannot be read");
    }
}

} // namespace

void remove_network(const std::string& name, Host& host) {
    // Before the network's lock: the container's comes first.
    for (const auto& user : users_of(name)) {
        reclaim(user.id, host);
    }
    // An attachment to it reads the file under this lock, and has its record before it lets go.
    const auto lock = host.locks.network(name);
    const KnownNetwork network = required_network(name);
    if (network.file.empty()) {
        throw Error("network \"" + name + "\" is built in and cannot be removed");
    }
    refuse_while_in_use(name, host);
    if (::unlink(network.file.c_str()) != 0) {
        throw_errno("remove " + network.file);
    }
}

} // namespace ocinet::cli
