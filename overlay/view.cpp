// SPDX-License-Identifier: GPL-2.0-or-later
#include "overlay/view.h"

#include <algorithm>

#include "netsetup/base/error.h"
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

} // namespace

View::View(std::string prefix, std::string self)
    : prefix_(std::move(prefix)), self_(std::move(self)) {}

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
        if (key) {
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
        networks_[key.network].definition = parse_definition(now.value, now.key);
        break;
    case Key::Kind::vni: vnis_[key.vni] = now.value; return;
    case Key::Kind::block:
        networks_[key.network].blocks[key.block] = {now.value, now.create_revision};
        break;
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

const std::string* View::owner_of(const std::string& network, const Prefix& block) const {
    const auto found = networks_.find(network);
    if (found == networks_.end()) {
        return nullptr;
    }
    const auto owner = found->second.blocks.find(block);
    return owner == found->second.blocks.end() ? nullptr : &owner->second.host;
}

// Of two that overlap the first one taken: only who broke a rule took the other.
std::map<Prefix, std::string> View::valid_blocks(const std::string& name, const Network& network,
                                                 Problems* problems) const {
    std::vector<std::pair<Prefix, Block>> taken(network.blocks.begin(), network.blocks.end());
    std::sort(taken.begin(), taken.end(), [](const auto& one, const auto& other) {
        return one.second.create_revision < other.second.create_revision;
    });
    std::map<Prefix, std::string> valid;
    for (const auto& [block, claim] : taken) {
        const auto* subnet = subnet_with(*network.definition, block.address);
        const bool is_ours = subnet && Blocks(*subnet, network.definition->block_size).has(block);
        if (is_ours && !overlaps_any(valid, block)) {
            valid[block] = claim.host;
        } else if (problems) {
            (*problems)[to_text(prefix_,
                                {.kind = Key::Kind::block, .network = name, .block = block})] =
                is_ours ? "overlaps one that was taken before" : "no block of the network";
        }
    }
    return valid;
}

std::vector<Prefix> View::blocks_of(const std::string& network, const std::string& host) const {
    std::vector<Prefix> blocks;
    const auto found = networks_.find(network);
    if (found == networks_.end() || !found->second.definition) {
        return blocks;
    }
    for (const auto& [block, owner] : valid_blocks(network, found->second, nullptr)) {
        if (owner == host) {
            blocks.push_back(block);
        }
    }
    return blocks;
}

// Empty: nothing.
std::string View::wrong_with(const Network& network, const std::map<Prefix, std::string>& blocks,
                             const std::string& host, const Container& container) const {
    if (container.addresses.empty()) {
        return "no address";
    }
    for (const auto& address : container.addresses) {
        const auto* owner = find_around(blocks, address);
        const auto* subnet = subnet_with(*network.definition, address);
        if (!owner || *owner != host) {
            return address.text() + " lies in no block of " + host;
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
std::vector<View::Present> View::present(const Network& network,
                                         const std::map<Prefix, std::string>& blocks) const {
    std::vector<Present> present;
    for (const auto& [whose, container] : network.containers) {
        if (wrong_with(network, blocks, whose.first, container).empty()) {
            present.push_back({&whose.first, &container});
        }
    }
    std::sort(present.begin(), present.end(), [](const Present& one, const Present& other) {
        return one.container->create_revision < other.container->create_revision;
    });
    std::map<Mac, const std::string*> macs;
    std::map<IpAddress, std::size_t> addresses;
    for (std::size_t i = 0; i < present.size(); ++i) {
        Present& one = present[i];
        const auto owner = macs.emplace(one.container->mac, one.host).first->second;
        if (*owner != *one.host) {
            one.container = nullptr;
            continue;
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
    for (const auto& [whose, container] : present(network, valid_blocks(name, network, nullptr))) {
        const Host* at = host(*whose);
        if (at && *whose != self_) {
            elsewhere.push_back({container->mac, at->address, container->addresses});
        }
    }
    return elsewhere;
}

std::map<std::string, std::string> View::problems() const {
    Problems problems = malformed_;
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
