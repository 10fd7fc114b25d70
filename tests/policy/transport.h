// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

namespace ocinet::test {

/// A protocol of which ports are published, and what socket() takes for it.
struct Transport {
    std::string name;
    int type;
    int protocol;
};

/// tcp, udp, and sctp where the kernel has it.
const std::vector<Transport>& transports();
/// One of them, by name.
const Transport& transport(const std::string& name);
/// Why sctp is not among them; empty when it is.
std::string missing_for_sctp();

} // namespace ocinet::test
