// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "netsetup/endpoints.h"
#include "overlay/claims.h"
#include "overlay/keys.h"

/// What of all that is said in etcd holds. Nobody is believed beyond what is his to say: a
/// container's addresses lie in its host's blocks, a block is one of the network's and not within
/// one that was taken before, a host's address is another's than ours. Pure.
namespace ocinet::overlay {

/// What breaks a rule, or does not fit together, by what it is about.
using Problems = std::map<std::string, std::string>;

/// To whom all of it is said.
struct Judge {
    /// Of all keys.
    std::string prefix;
    /// This host's name, and the address from which its tunnels lead.
    std::string self;
    IpAddress address;

    std::string text(const Key& key) const { return to_text(prefix, key); }
};

/// To which hosts tunnels lead from here, and to which address: another machine, and one.
struct Reachable {
    std::map<std::string, IpAddress> hosts;
    /// Those of them that have a key, likewise by encrypted tunnels.
    std::map<std::string, IpAddress> encrypted;
    std::vector<wireguard::Peer> peers;
    Problems problems;
};
Reachable judge_hosts(const Judge& judge, const HostClaims& hosts);

/// All that is said, of one network that is defined and of hosts.
struct Said {
    const std::string& network;
    const Claims& claims;
    const HostClaims& hosts;
    const Reachable& reachable;
};

/// Of one network.
struct Judgement {
    /// Those that are somebody's.
    BlockClaims blocks;
    /// Containers on other hosts.
    std::map<Whose, endpoints::Endpoint> elsewhere;
    /// Of its blocks and hosts, and of its containers.
    Problems problems;
    std::map<Whose, std::string> wrong;
};
Judgement judge_network(const Judge& judge, const Said& said);
/// The same judgement where nothing has changed but what is said of these containers, which nobody
/// else's place depends on (ContainerClaims::around(), before and after).
void judge_again(Judgement& judgement, const Said& said, const std::set<Whose>& containers);

} // namespace ocinet::overlay
