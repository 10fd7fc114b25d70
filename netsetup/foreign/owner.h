// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "netsetup/foreign/ruleset.h"

/// Whose a rule is that drops a packet of ours, and what would let it through there.
namespace ocinet::foreign {

/// The words of a command line.
using Command = std::vector<std::string>;

std::string text_of(const Command& command);

struct Remedy {
    Command allow;
    /// Takes it back; and ends with 0 while it is in place. Empty where it is not for us to do it.
    Command undo;
    Command check;
};

enum class Owner { docker, firewalld, ufw, iptables, nftables };

const char* name_of(Owner owner);

Owner owner_of(const Drop& drop, const Packet& packet);

/// What lets all packets of this hook that are the bridge's through.
std::vector<Remedy> remedies_for(Owner owner, const Drop& drop, const std::string& bridge,
                                 Hook hook);

/// `rule 7 of chain FORWARD of table filter (iptables-legacy)`, in ASCII.
std::string text_of(const Drop& drop);

} // namespace ocinet::foreign
