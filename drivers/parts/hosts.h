// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "drivers/driver.h"

/// The container's /etc/hosts: its own line, and the gateway's names.
namespace ocinet::drivers {

/// The file that may be written, as far as the bundle tells; empty when there is none. Otherwise
/// `problem` says why not.
std::string writable_hosts_file(const Request& request, std::string& problem);

/// Adds the lines to the plan, or a note that says why they are left out.
void add_hosts(Plan& plan, const Request& request, const HostView& view,
               const std::vector<Prefix>& addresses);

} // namespace ocinet::drivers
