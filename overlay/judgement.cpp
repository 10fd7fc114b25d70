// SPDX-License-Identifier: GPL-2.0-or-later
#include "overlay/judgement.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "overlay/host_key.h"

namespace ocinet::overlay {

namespace {

const oci::Subnet* subnet_with(const Definition& definition, const IpAddress& address) {
    const auto found =
        std::find_if(definition.subnets.begin(), definition.subnets.end(),
                     [&](const oci::Subnet& subnet) { return subnet.subnet.contains(address); });
    return found == definition.subnets.end() ? nullptr : &*found;
}

// Of two that overlap the first one taken: only who broke a rule took the other.
void judge_blocks(Judgement& judged, const Judge& judge, const std::string& name,
                  const Claims& claims) {
    std::vector<std::pair<Prefix, BlockClaim>> taken(claims.blocks.begin(), claims.blocks.end());
    std::sort(taken.begin(), taken.end(), [](const auto& one, const auto& other) {
        return one.second.create_revision < other.second.create_revision;
    });
    for (const auto& [block, claim] : taken) {
        const auto* subnet = subnet_with(*claims.definition, block.address);
        const bool is_of_network =
            subnet && Blocks(*subnet, claims.definition->block_size).may_be_taken(block);
        if (is_of_network && !overlaps_any(judged.blocks, block)) {
            judged.blocks[block] = claim;
        } else {
            judged
                .problems[judge.text({.kind = Key::Kind::block, .network = name, .block = block})] =
                is_of_network ? "overlaps one that was taken before" : "no block of the network";
        }
    }
}

// Empty: nothing.
std::string wrong_with(const ContainerClaim& container, const std::string& host,
                       const BlockClaims& blocks, const Definition& definition,
                       const HostClaims& hosts) {
    if (container.addresses.empty()) {
        return "no address";
    }
    const auto there = hosts.find(host);
    for (const auto& address : container.addresses) {
        const auto owner = block_around(blocks, address);
        const auto* subnet = subnet_with(definition, address);
        if (owner == blocks.end() || owner->second.host != host ||
            (there != hosts.end() && owner->second.instance != there->second.instance)) {
            return address.text() + " lies in no block of " + host;
        }
        if (!oci::is_host_address(address, subnet->subnet) || address == subnet->gateway) {
            return address.text() + " is no container's address";
        }
    }
    return "";
}

struct Present {
    const Whose* whose = nullptr;
    const ContainerClaim* container = nullptr;
};

// Those whose addresses are their hosts' to give, in the order in which they came.
template <typename Claimed>
std::vector<Present> valid_ones(Judgement& judged, const Said& said, const Claimed& containers) {
    std::vector<Present> valid;
    for (const auto& [whose, container] : containers) {
        std::string wrong =
            wrong_with(container, whose.first, judged.blocks, *said.claims.definition, said.hosts);
        if (wrong.empty()) {
            valid.push_back({&whose, &container});
        } else {
            judged.wrong[whose] = std::move(wrong);
        }
    }
    std::sort(valid.begin(), valid.end(), [](const Present& one, const Present& other) {
        return one.container->create_revision < other.container->create_revision;
    });
    return valid;
}

// An address is one host's to give, so that of two that have it, or of two on one host that have a
// MAC address, the later one is there and the other has left. Of hosts that do not agree whose a
// MAC address is the first keeps it.
std::vector<Present> present_ones(Judgement& judged, std::vector<Present> present) {
    std::map<Mac, std::size_t> macs;
    std::map<IpAddress, std::size_t> addresses;
    for (std::size_t i = 0; i < present.size(); ++i) {
        Present& one = present[i];
        const auto [same, is_new] = macs.emplace(one.container->mac, i);
        const Present& first = present[same->second];
        if (!is_new && first.whose->first != one.whose->first) {
            judged.wrong[*one.whose] = one.container->mac.text() + " is a container's on " +
                                       first.whose->first + " already";
            one.container = nullptr;
            continue;
        }
        if (!is_new) {
            present[std::exchange(same->second, i)].container = nullptr;
        }
        for (const auto& address : one.container->addresses) {
            if (const auto before = addresses.find(address); before != addresses.end()) {
                present[before->second].container = nullptr;
            }
            addresses[address] = i;
        }
    }
    std::erase_if(present, [](const Present& one) { return !one.container; });
    return present;
}

template <typename Claimed>
void judge_containers(Judgement& judged, const Said& said, const Claimed& containers) {
    const auto& reachable = said.reachable;
    const auto& hosts = said.claims.definition->encrypted ? reachable.encrypted : reachable.hosts;
    for (const auto& one : present_ones(judged, valid_ones(judged, said, containers))) {
        if (const auto at = hosts.find(one.whose->first); at != hosts.end()) {
            judged.elsewhere[*one.whose] = {one.container->mac, at->second,
                                            one.container->addresses};
        }
    }
}

// Who has addresses to give, and cannot be reached with them.
void name_keyless(Judgement& judged, const Judge& judge, const Said& said) {
    if (!said.claims.definition->encrypted) {
        return;
    }
    for (const auto& [block, claim] : judged.blocks) {
        if (said.reachable.hosts.contains(claim.host) &&
            !said.reachable.encrypted.contains(claim.host)) {
            judged.problems[judge.text({.kind = Key::Kind::host, .host = claim.host})] =
                "shows no key of its own: its containers on \"" + said.network +
                "\", which is encrypted, get nothing";
        }
    }
}

// Of two hosts that show one key one does not have it.
void judge_key(Reachable& reachable, const Judge& judge, const std::string& name,
               const HostClaim& host) {
    if (!host.public_key) {
        return;
    }
    const IpAddress inner = inner_address(*host.public_key);
    const bool is_anothers =
        std::any_of(reachable.peers.begin(), reachable.peers.end(),
                    [&](const wireguard::Peer& peer) { return peer.inner == inner; });
    if (is_anothers) {
        reachable.problems[judge.text({.kind = Key::Kind::host, .host = name})] =
            "shows the key of another host";
        return;
    }
    reachable.encrypted[name] = inner;
    reachable.peers.push_back({.public_key = *host.public_key,
                               .host = host.address,
                               .port = host.wireguard_port,
                               .inner = inner});
}

// The others, in the order in which they began to say something.
std::vector<HostClaims::const_iterator> others_by(const Judge& judge, const HostClaims& hosts,
                                                  std::int64_t HostClaim::* since) {
    std::vector<HostClaims::const_iterator> others;
    for (auto host = hosts.begin(); host != hosts.end(); ++host) {
        if (host->first != judge.self) {
            others.push_back(host);
        }
    }
    std::sort(others.begin(), others.end(), [&](const auto& one, const auto& other) {
        return one->second.*since < other->second.*since;
    });
    return others;
}

} // namespace

Reachable judge_hosts(const Judge& judge, const HostClaims& hosts) {
    Reachable reachable;
    std::set<IpAddress> seen{judge.address};
    for (const auto& one : others_by(judge, hosts, &HostClaim::address_since)) {
        const auto& [name, host] = *one;
        const IpAddress& address = host.address;
        const bool is_hosts = address.family() == judge.address.family() && !address.is_any() &&
                              !address.is_loopback() && !address.is_multicast();
        if (is_hosts && seen.insert(address).second) {
            reachable.hosts[name] = address;
        } else {
            reachable.problems[judge.text({.kind = Key::Kind::host, .host = name})] =
                "tunnels from here cannot lead to " + address.text() +
                (is_hosts ? ": another host has it" : "");
        }
    }
    for (const auto& one : others_by(judge, hosts, &HostClaim::key_since)) {
        if (reachable.hosts.contains(one->first)) {
            judge_key(reachable, judge, one->first, one->second);
        }
    }
    return reachable;
}

Judgement judge_network(const Judge& judge, const Said& said) {
    Judgement judged;
    judge_blocks(judged, judge, said.network, said.claims);
    name_keyless(judged, judge, said);
    judge_containers(judged, said, said.claims.containers.all());
    return judged;
}

void judge_again(Judgement& judgement, const Said& said, const std::set<Whose>& containers) {
    std::map<Whose, ContainerClaim> some;
    const auto& all = said.claims.containers.all();
    for (const auto& whose : containers) {
        judgement.elsewhere.erase(whose);
        judgement.wrong.erase(whose);
        if (const auto found = all.find(whose); found != all.end()) {
            some.insert(*found);
        }
    }
    judge_containers(judgement, said, some);
}

} // namespace ocinet::overlay
