// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "netsetup/foreign/owner.h"
#include "netsetup/foreign/questions.h"
#include "netsetup/netlink.h"
#include "netsetup/plan.h"

/// Who stops packets of ours, and what would let them through: an accept of ours cannot undo a drop
/// of theirs.
namespace ocinet::foreign {

struct Finding {
    std::string network;
    std::string bridge;
    Owner owner = Owner::nftables;
    /// `chain FORWARD of table ip filter has policy drop`
    std::string rule;
    /// "outgoing connections", "published port 8080/tcp"
    std::vector<std::string> stopped;
    std::vector<Remedy> remedies;
};

/// One line: who stops what of which network, by which rule, and the commands that would allow it.
std::string text_of(const Finding& finding);

/// The firewalls of others on this host: read once, asked about each plan.
class Others {
public:
    /// Two system calls and a few reads where there are none. Throws Error.
    Others(netlink::Socket& netfilter, netlink::Socket& route);

    /// What certainly stops packets of the plan's networks.
    std::vector<Finding> stopping(const Plan& plan) const;

private:
    std::vector<Table> tables_;
    Surroundings around_; // without what differs from plan to plan
    netlink::Socket& route_;
};

/// The same finding about another container of the network stops more of it.
void merge(std::vector<Finding>& findings, std::vector<Finding> more);

} // namespace ocinet::foreign
