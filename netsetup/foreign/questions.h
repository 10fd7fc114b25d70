// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

#include "netsetup/foreign/packet.h"
#include "netsetup/plan.h"

/// The packets that must get through for a container's network to do what it is for.
namespace ocinet::foreign {

/// What must be known of the host to say what such a packet looks like.
struct Surroundings {
    /// By family, the interface that all of the Internet is behind; none where that is not one, or
    /// not known.
    std::map<int, Interface> uplinks;
    /// Families of which what stays on a bridge comes by the rules for what is routed, too
    /// (bridge-nf-call-iptables).
    std::vector<int> filtered_on_bridges;
    /// Of bridges that are there.
    std::map<std::string, std::uint32_t> indexes;
};

struct Question {
    /// For messages: "outgoing connections".
    std::string what;
    /// Each must get through.
    std::vector<Packet> packets;
};

/// Of one of the plan's networks that have a bridge of ours.
struct Questions {
    std::string network;
    std::string bridge;
    std::vector<Question> always;
    /// All published ports of a protocol as one question, of whose packets the port is not known;
    /// and one by one.
    std::vector<Question> any_port;
    std::vector<Question> ports;
};

std::vector<Questions> questions_of(const Plan& plan, const Surroundings& surroundings);

} // namespace ocinet::foreign
