// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/bundle.h"

namespace ocinet::test {

/// Another container in the network namespace of the one that a test is about, which then was given
/// by a path.
enum class Companion {
    none,
    /// It joins after the container's attachment, and stays when the container ends.
    follows,
    /// It is attached before the container, which joins it, and stays.
    leads,
    /// The same, but it ends before the container does: that one is the last.
    leads_and_ends,
};

/// What a container asks for, and what its host is like before.
struct Setting {
    std::string name;
    Annotations annotations = {{"io.ocinet.network", "web:ip=10.7.0.7"}};
    /// /etc/ocinet/networks/web.json.
    nlohmann::json network = {{"subnets", {{{"subnet", "10.7.0.0/24"}}}}};
    /// The host forwards already. If not, a normal detachment leaves it forwarding and guarded, on
    /// purpose (netsetup/ops/forwarding.h); only a roll-back goes back.
    bool forwards = false;
    /// The network of a neighbour that serves a page on a published port all the time; empty: there
    /// is none.
    std::string neighbour;
    /// What an operator has done on the host.
    std::string on_host = ":";
    /// Succeeds on the host when the kernel has removed what a dead container had in its namespace.
    std::string is_gone = "true";
    Companion companion = Companion::none;
    bool in_host_netns = false;
    /// DHCP serves the network of lan0.
    bool has_dhcp = false;
    /// Docker's plugins run on it.
    bool has_docker_plugins = false;
    /// It has links that not every kernel makes: tests/support/rare_links.h.
    bool has_rare_links = false;
};

/// Every driver and every set of options that changes what is done to a host: a new one is a line.
/// Where OCINET_SETTING is set, those alone whose name this regular expression matches: for a long
/// run in pieces.
const std::vector<Setting>& all_settings();

const Setting& setting_called(const std::string& name);

} // namespace ocinet::test
