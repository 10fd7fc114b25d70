// SPDX-License-Identifier: GPL-2.0-or-later
#include "overlay/addresses.h"

#include <algorithm>

#include "netsetup/base/names.h"

namespace ocinet::overlay {

namespace {

using nlohmann::json;
using Containers = std::map<std::string, LocalContainer>;

std::string key_of(const Addressing& now, const Prefix& block) {
    return to_text(now.view.prefix(),
                   {.kind = Key::Kind::block, .network = now.network, .block = block});
}

Change take(const Addressing& now, const Prefix& block, const std::string& what) {
    const std::string key = key_of(now, block);
    return {
        "network \"" + now.network + "\": " + what + " is this host's",
        etcd::transaction(json::array({etcd::is_at(key, 0)}),
                          json::array({etcd::put(key, now.self.name + " " + now.self.instance)}))};
}

std::uint64_t used_in(const Prefix& block, const Containers& containers) {
    std::uint64_t used = 0;
    for (const auto& [id, container] : containers) {
        used += std::uint64_t(
            std::count_if(container.addresses.begin(), container.addresses.end(),
                          [&](const IpAddress& address) { return block.contains(address); }));
    }
    return used;
}

// Of those that nobody has: one in which containers of ours have addresses, as after an etcd that
// lost everything; else, if one is needed, the first from a place that follows from the name.
std::optional<Prefix> choose_block(const Addressing& now, const Blocks& blocks, bool is_needed,
                                   const Containers& containers) {
    const auto is_free = [&](const Prefix& block) {
        return blocks.usable(block) != 0 && !now.view.is_taken(now.network, block);
    };
    for (const auto& [id, container] : containers) {
        for (const auto& address : container.addresses) {
            const auto block = blocks.around(address);
            if (block && is_free(*block)) {
                return block;
            }
        }
    }
    const std::uint64_t start = stable_hash(now.self.name) % blocks.count;
    for (std::uint64_t i = 0; is_needed && i < blocks.count; ++i) {
        const Prefix block = blocks.at((start + i) % blocks.count);
        if (is_free(block)) {
            return block;
        }
    }
    return std::nullopt;
}

// A block ahead of need, so that no container waits for etcd: when what is free in those that the
// host has is less than half of one.
std::optional<Change> take_block(const Addressing& now, const oci::Subnet& subnet,
                                 const Containers& containers, Problems& problems) {
    const auto block_size = now.definition.block_size;
    const Blocks blocks(subnet, block_size);
    std::uint64_t free = 0;
    for (const auto& block : now.view.blocks_of(now.network, now.self.name, now.self.instance)) {
        if (blocks.has(block)) {
            free +=
                blocks.usable(block) - std::min(blocks.usable(block), used_in(block, containers));
        }
    }
    const auto block = choose_block(now, blocks, free < block_size / 2, containers);
    if (!block) {
        if (free == 0) {
            problems["network \"" + now.network + "\""] =
                "no block is free in " + subnet.subnet.text() + ": other hosts have all of it";
        }
        return std::nullopt;
    }
    return take(now, *block, "block " + block->text());
}

std::set<IpAddress> addresses_of(const Containers& containers) {
    std::set<IpAddress> addresses;
    for (const auto& [id, container] : containers) {
        addresses.insert(container.addresses.begin(), container.addresses.end());
    }
    return addresses;
}

bool is_containers(const Addressing& now, const IpAddress& address) {
    const auto& subnets = now.definition.subnets;
    return std::any_of(subnets.begin(), subnets.end(), [&](const oci::Subnet& subnet) {
        return subnet.subnet.contains(address) &&
               Blocks(subnet, now.definition.block_size).may_be_taken(single(address));
    });
}

// The first that is nobody's.
std::optional<Change> take_single(const Addressing& now, const std::set<IpAddress>& addresses) {
    for (const auto& address : addresses) {
        if (!now.view.is_taken(now.network, single(address)) && is_containers(now, address)) {
            return take(now, single(address), address.text());
        }
    }
    return std::nullopt;
}

std::optional<Change> give_back_single(const Addressing& now, const std::set<IpAddress>& needed) {
    for (const auto& [block, revision] :
         now.view.singles_of(now.network, now.self.name, now.self.instance)) {
        if (!needed.contains(block.address)) {
            const std::string key = key_of(now, block);
            return Change{.what = "network \"" + now.network + "\": " + block.address.text() +
                                  " is not this host's any more",
                          .transaction =
                              etcd::transaction(json::array({etcd::is_at(key, revision)}),
                                                json::array({etcd::erase(key)})),
                          .gives_back = key};
        }
    }
    return std::nullopt;
}

bool is_doubted(const Addressing& now, const IpAddress& address) {
    return now.here.doubted.contains(key_of(now, single(address)));
}

std::optional<Change> ask_about_single(const Addressing& now, const std::set<IpAddress>& asked) {
    for (const auto& [block, revision] :
         now.view.singles_of(now.network, now.self.name, now.self.instance)) {
        if (asked.contains(block.address) && is_doubted(now, block.address)) {
            const std::string key = key_of(now, block);
            return Change{.what = "network \"" + now.network + "\": " + block.address.text() +
                                  " is still this host's",
                          .transaction = etcd::transaction(
                              json::array({etcd::is_at(key, revision)}), json::array()),
                          .asks_about = key};
        }
    }
    return std::nullopt;
}

template <typename Value>
const Value& of_network(const std::map<std::string, Value>& all, const std::string& network) {
    static const Value nothing;
    const auto found = all.find(network);
    return found == all.end() ? nothing : found->second;
}

} // namespace

// Who asks waits: that comes first. Then blocks, which may have what containers have after an etcd
// that lost everything.
std::optional<Change> settle_addresses(const Addressing& now, Problems& problems) {
    const Containers& containers = of_network(now.here.containers, now.network);
    const std::set<IpAddress>& asked = of_network(now.here.asked, now.network);
    if (auto change = take_single(now, asked)) {
        return change;
    }
    if (auto change = ask_about_single(now, asked)) {
        return change;
    }
    for (const auto& subnet : now.definition.subnets) {
        if (auto change = take_block(now, subnet, containers, problems)) {
            return change;
        }
    }
    auto needed = addresses_of(containers);
    if (auto change = take_single(now, needed)) {
        return change;
    }
    needed.insert(asked.begin(), asked.end());
    return now.here.knows_all_containers ? give_back_single(now, needed) : std::nullopt;
}

std::optional<std::string> judge_asked(const Addressing& now, const IpAddress& address) {
    const auto giver = now.view.giver_of(now.network, address);
    if (giver && giver->host == now.self.name && giver->instance == now.self.instance) {
        return is_doubted(now, address) ? std::nullopt : std::optional<std::string>("");
    }
    if (!is_containers(now, address)) {
        return "no container's address";
    }
    if (!giver) {
        return std::nullopt;
    }
    if (!is_single(giver->block)) {
        return "in " + giver->block.text() + ", which is host \"" + giver->host + "\"'s";
    }
    // Where etcd knows of containers, one that has ended is about to be given back.
    const bool may_wait =
        now.definition.control == oci::Overlay::Control::etcd && !giver->has_given;
    return may_wait ? std::nullopt
                    : std::optional("a container on host \"" + giver->host + "\" has it");
}

} // namespace ocinet::overlay
