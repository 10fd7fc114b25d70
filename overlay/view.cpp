// SPDX-License-Identifier: GPL-2.0-or-later
#include "overlay/view.h"

#include <algorithm>

#include "netsetup/base/error.h"
#include "netsetup/base/names.h"
#include "netsetup/base/text.h"
#include "oci-config/json.h"

namespace ocinet::overlay {

namespace {

// The one in which an address lies, of blocks that do not overlap.
template <typename Value>
const Value* find_around(const std::map<Prefix, Value>& blocks, const IpAddress& address) {
    const auto behind = blocks.upper_bound({address, address.bits()});
    if (behind == blocks.begin()) {
        return nullptr;
    }
    const auto found = std::prev(behind);
    return found->first.contains(address) ? &found->second : nullptr;
}

template <typename Value>
bool overlaps_any(const std::map<Prefix, Value>& blocks, const Prefix& block) {
    const auto behind = blocks.lower_bound(block);
    return (behind != blocks.end() && behind->first.overlaps(block)) ||
           (behind != blocks.begin() && std::prev(behind)->first.overlaps(block));
}

const oci::Subnet* subnet_with(const Definition& definition, const IpAddress& address) {
    const auto found =
        std::find_if(definition.subnets.begin(), definition.subnets.end(),
                     [&](const oci::Subnet& subnet) { return subnet.subnet.contains(address); });
    return found == definition.subnets.end() ? nullptr : &*found;
}

void refuse_change(const etcd::KeyValue& now) {
    if (now.mod_revision != now.create_revision) {
        throw Error("somebody wrote over it");
    }
}

} // namespace

View::View(std::string prefix, std::string self, IpAddress address)
    : prefix_(std::move(prefix)), self_(std::move(self)), address_(address) {}

void View::put(const etcd::KeyValue& now) {
    const auto key = parse_key(prefix_, now.key);
    malformed_.erase(now.key);
    try {
        if (!key) {
            throw Error("no key of ours");
        }
        understand(*key, now);
    } catch (const Error& error) {
        malformed_[now.key] = error.message();
        if (key && key->kind != Key::Kind::network) { // the one that it had goes on
            forget(*key, now.key);
        }
    }
}

void View::gone(const std::string& key) {
    malformed_.erase(key);
    if (const auto parsed = parse_key(prefix_, key)) {
        forget(*parsed, key);
    }
}

void View::understand(const Key& key, const etcd::KeyValue& now) {
    const auto read_object = [&](auto read) {
        const auto json = oci::parse_json(now.value, now.key);
        oci::ObjectReader reader(json, now.key);
        read(reader);
        reader.refuse_unknown();
    };
    switch (key.kind) {
    case Key::Kind::network:
        refuse_change(now);
        networks_[key.network].definition = parse_definition(now.value, now.key);
        break;
    case Key::Kind::vni:
        if (!is_network_name(now.value)) {
            throw Error("no network's name");
        }
        vnis_[key.vni] = now.value;
        return;
    case Key::Kind::block: {
        refuse_change(now);
        const auto space = std::min(now.value.find(' '), now.value.size());
        networks_[key.network].blocks[key.block] = {
            .host = now.value.substr(0, space),
            .instance = now.value.substr(std::min(space + 1, now.value.size())),
            .create_revision = now.create_revision};
        break;
    }
    case Key::Kind::host:
        read_object([&](oci::ObjectReader& reader) {
            hosts_[key.host] = {.instance = reader.text("instance").value_or(""),
                                .address = oci::read_address(reader, "address"),
                                .mod_revision = now.mod_revision,
                                .lease = now.lease};
        });
        for (const auto& [name, network] : networks_) {
            changed_.insert(name);
        }
        return;
    case Key::Kind::container:
        if (key.host == self_) {
            own_[now.key] = {now.value, now.lease};
        }
        read_object([&](oci::ObjectReader& reader) {
            Container container{.create_revision = now.create_revision};
            container.addresses =
                oci::read_list(reader, "addresses", "an IP address", IpAddress::parse)
                    .value_or(container.addresses);
            const auto mac = Mac::parse(reader.text("mac").value_or(""));
            if (!mac || mac->is_multicast() || *mac == Mac()) {
                throw reader.wrong("mac", "no interface's MAC address");
            }
            container.mac = *mac;
            networks_[key.network].containers[{key.host, key.container}] = container;
        });
        break;
    }
    changed_.insert(key.network);
}

void View::forget(const Key& key, const std::string& text) {
    switch (key.kind) {
    case Key::Kind::network: networks_[key.network].definition.reset(); break;
    case Key::Kind::vni: vnis_.erase(key.vni); return;
    case Key::Kind::block: networks_[key.network].blocks.erase(key.block); break;
    case Key::Kind::host:
        hosts_.erase(key.host);
        for (const auto& [name, network] : networks_) {
            changed_.insert(name);
        }
        return;
    case Key::Kind::container:
        own_.erase(text);
        networks_[key.network].containers.erase({key.host, key.container});
        break;
    }
    changed_.insert(key.network);
}

const View::Host* View::host(const std::string& name) const {
    const auto found = hosts_.find(name);
    return found == hosts_.end() ? nullptr : &found->second;
}

const Definition* View::definition(const std::string& network) const {
    const auto found = networks_.find(network);
    return found != networks_.end() && found->second.definition ? &*found->second.definition
                                                                : nullptr;
}

std::string View::owner_of(std::uint32_t vni) const {
    const auto found = vnis_.find(vni);
    return found == vnis_.end() ? "" : found->second;
}

bool View::is_taken(const std::string& network, const Prefix& block) const {
    const auto found = networks_.find(network);
    return found != networks_.end() && overlaps_any(found->second.blocks, block);
}

// Of two that overlap the first one taken: only who broke a rule took the other.
View::Blocks View::valid_blocks(const std::string& name, const Network& network,
                                Problems* problems) const {
    std::vector<std::pair<Prefix, Block>> taken(network.blocks.begin(), network.blocks.end());
    std::sort(taken.begin(), taken.end(), [](const auto& one, const auto& other) {
        return one.second.create_revision < other.second.create_revision;
    });
    Blocks valid;
    for (const auto& [block, claim] : taken) {
        const auto* subnet = subnet_with(*network.definition, block.address);
        const bool is_ours =
            subnet && overlay::Blocks(*subnet, network.definition->block_size).has(block);
        if (is_ours && !overlaps_any(valid, block)) {
            valid[block] = claim;
        } else if (problems) {
            (*problems)[to_text(prefix_,
                                {.kind = Key::Kind::block, .network = name, .block = block})] =
                is_ours ? "overlaps one that was taken before" : "no block of the network";
        }
    }
    return valid;
}

std::vector<Prefix> View::blocks_of(const std::string& network, const std::string& host,
                                    const std::string& instance) const {
    std::vector<Prefix> blocks;
    const auto found = networks_.find(network);
    if (found == networks_.end() || !found->second.definition) {
        return blocks;
    }
    for (const auto& [block, claim] : valid_blocks(network, found->second, nullptr)) {
        if (claim.host == host && claim.instance == instance) {
            blocks.push_back(block);
        }
    }
    return blocks;
}

// To which tunnels lead: what is for them is to get to another machine, and to one.
std::map<std::string, IpAddress> View::reachable(Problems* problems) const {
    std::vector<std::pair<std::string, Host>> hosts(hosts_.begin(), hosts_.end());
    std::sort(hosts.begin(), hosts.end(), [](const auto& one, const auto& other) {
        return one.second.mod_revision < other.second.mod_revision;
    });
    std::map<std::string, IpAddress> reachable;
    std::set<IpAddress> seen{address_};
    for (const auto& [name, host] : hosts) {
        const IpAddress& address = host.address;
        const bool is_hosts = address.family() == address_.family() && !address.is_any() &&
                              !address.is_loopback() && !address.is_multicast();
        if (name == self_) {
            continue;
        }
        if (is_hosts && seen.insert(address).second) {
            reachable[name] = address;
        } else if (problems) {
            (*problems)[to_text(prefix_, {.kind = Key::Kind::host, .host = name})] =
                "tunnels from here cannot lead to " + address.text() +
                (is_hosts ? ": another host has it" : "");
        }
    }
    return reachable;
}

// Empty: nothing.
std::string View::wrong_with(const Network& network, const Blocks& blocks, const std::string& name,
                             const Container& container) const {
    const auto* there = host(name);
    if (container.addresses.empty()) {
        return "no address";
    }
    for (const auto& address : container.addresses) {
        const auto* owner = find_around(blocks, address);
        const auto* subnet = subnet_with(*network.definition, address);
        if (!owner || owner->host != name || (there && owner->instance != there->instance)) {
            return address.text() + " lies in no block of " + name;
        }
        if (!oci::is_host_address(address, subnet->subnet) || address == subnet->gateway) {
            return address.text() + " is no container's address";
        }
    }
    return "";
}

// Valid ones in the order in which they came. An address is one host's to give, so that of two that
// have it, or of two on one host that have a MAC address, the later one is there and the other has
// left. Of hosts that do not agree whose a MAC address is the first keeps it.
std::vector<View::Present> View::present(const Network& network, const Blocks& blocks) const {
    std::vector<Present> present;
    for (const auto& [whose, container] : network.containers) {
        if (wrong_with(network, blocks, whose.first, container).empty()) {
            present.push_back({&whose.first, &container});
        }
    }
    std::sort(present.begin(), present.end(), [](const Present& one, const Present& other) {
        return one.container->create_revision < other.container->create_revision;
    });
    std::map<Mac, std::size_t> macs;
    std::map<IpAddress, std::size_t> addresses;
    for (std::size_t i = 0; i < present.size(); ++i) {
        Present& one = present[i];
        const auto [same, is_new] = macs.emplace(one.container->mac, i);
        if (!is_new && *present[same->second].host != *one.host) {
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

std::vector<endpoints::Endpoint> View::endpoints_elsewhere(const std::string& name) const {
    std::vector<endpoints::Endpoint> elsewhere;
    const auto found = networks_.find(name);
    if (found == networks_.end() || !found->second.definition) {
        return elsewhere;
    }
    const Network& network = found->second;
    const auto hosts = reachable(nullptr);
    for (const auto& [whose, container] : present(network, valid_blocks(name, network, nullptr))) {
        if (const auto at = hosts.find(*whose); at != hosts.end()) {
            elsewhere.push_back({container->mac, at->second, container->addresses});
        }
    }
    return elsewhere;
}

std::map<std::string, std::string> View::problems() const {
    Problems problems = malformed_;
    reachable(&problems);
    for (const auto& [name, network] : networks_) {
        if (!network.definition) {
            continue;
        }
        const auto blocks = valid_blocks(name, network, &problems);
        for (const auto& [whose, container] : network.containers) {
            const std::string wrong = wrong_with(network, blocks, whose.first, container);
            if (!wrong.empty()) {
                problems[to_text(prefix_, {.kind = Key::Kind::container,
                                           .network = name,
                                           .host = whose.first,
                                           .container = whose.second})] = wrong;
            }
        }
    }
    return problems;
}

} // namespace ocinet::overlay
