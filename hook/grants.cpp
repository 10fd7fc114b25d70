// SPDX-License-Identifier: GPL-2.0-or-later
#include "hook/grants.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <nlohmann/json.hpp>

#include "netsetup/base/error.h"
#include "netsetup/packets.h"

namespace ocinet::hook {

namespace {

using namespace std::chrono_literals;

// Two members of etcd that do not answer, and the one that does, in the time that a hook has.
constexpr auto most_patience = 5000ms;
constexpr auto least_patience = 100ms;

std::vector<IpAddress> missing_addresses(const drivers::Request& request) {
    std::vector<IpAddress> missing;
    const auto& overlay = request.network.overlay;
    if (overlay && overlay->is_completed) {
        std::copy_if(request.attachment.addresses.begin(), request.attachment.addresses.end(),
                     std::back_inserter(missing), [&](const IpAddress& address) {
                         return !oci::gives(overlay->hosts.front(), address);
                     });
    }
    return missing;
}

Fd ask(const std::string& network, const std::vector<IpAddress>& addresses, Deadline deadline) {
    nlohmann::json request{{"network", network}, {"addresses", nlohmann::json::array()}};
    for (const auto& address : addresses) {
        request["addresses"].push_back(address.text());
    }
    auto overlay = packets::connect(oci::grants, deadline.patience(least_patience, most_patience));
    if (!overlay) {
        throw Error("it is in no block of this host's, and ocinet-overlay, which would ask etcd "
                    "for it, does not run");
    }
    packets::ask(*overlay, request, "ocinet-overlay");
    return std::move(*overlay);
}

} // namespace

Grants ask_for_addresses(const std::vector<drivers::Request>& requests, Deadline deadline) {
    Grants grants;
    for (const auto& request : requests) {
        const auto missing = missing_addresses(request);
        if (missing.empty()) {
            continue;
        }
        try {
            grants.held.push_back(ask(request.network.name, missing, deadline));
        } catch (Error& error) {
            throw error.in(drivers::label(request) + ": ip=" + missing.front().text());
        }
        grants.addresses.insert(grants.addresses.end(), missing.begin(), missing.end());
    }
    return grants;
}

} // namespace ocinet::hook
