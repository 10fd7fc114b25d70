// SPDX-License-Identifier: GPL-2.0-or-later
#include "overlay/changes.h"

#include <algorithm>

#include "netsetup/base/names.h"
#include "overlay/addresses.h"
#include "overlay/host_key.h"

namespace ocinet::overlay {

namespace {

using nlohmann::json;

struct Deciding {
    const View& view;
    const Self& self;
    const Here& here;
    Problems& problems;

    std::string text(const Key& key) const { return to_text(view.prefix(), key); }
};

std::optional<Change> announce_host(const Deciding& now) {
    const std::string key = now.text({.kind = Key::Kind::host, .host = now.self.name});
    const auto* there = now.view.host(now.self.name);
    if (there && there->instance != now.self.instance) {
        now.problems[key] = "another host is called so, at " + there->address.text() +
                            "; this host does nothing until that is settled";
        return std::nullopt;
    }
    // A copy of its disk is the same instance.
    if (there && there->lease != now.self.lease && there->address != now.self.address) {
        now.problems[key] =
            "it is there already, at " + there->address.text() + ", until that ends";
        return std::nullopt;
    }
    // To the others a name under which another key is shown was taken: they believe in the new one
    // when the host has been away.
    if (there && there->public_key && now.self.public_key &&
        there->public_key != now.self.public_key) {
        return Change{"this host goes, to come with another key",
                      etcd::transaction(json::array({etcd::is_at(key, there->mod_revision)}),
                                        json::array({etcd::erase(key)}))};
    }
    // Likewise one that is withdrawn: once shown it stays.
    const auto public_key = now.self.public_key || !there ? now.self.public_key : there->public_key;
    if (there && there->lease == now.self.lease && there->shown_key == public_key) {
        return std::nullopt;
    }
    json value{{"instance", now.self.instance}, {"address", now.self.address.text()}};
    if (public_key) {
        value["public_key"] = to_text(*public_key);
        value["wireguard_port"] = now.self.wireguard_port;
    }
    return Change{
        "this host is there",
        etcd::transaction(json::array({etcd::is_at(key, there ? there->mod_revision : 0)}),
                          json::array({etcd::put(key, value.dump(), now.self.lease)}))};
}

// The first that nobody has, from one that follows from the name: hosts that choose at once choose
// alike.
std::uint32_t choose_vni(const View& view, const std::string& network) {
    std::uint32_t vni = std::uint32_t(stable_hash("vni " + network) % most_vni) + 1;
    while (!view.owner_of(vni).empty() && view.owner_of(vni) != network) {
        vni = vni % most_vni + 1;
    }
    return vni;
}

std::optional<Change> define(const Deciding& now, const std::string& name,
                             const LocalNetwork& local) {
    const std::string key = now.text({.kind = Key::Kind::network, .network = name});
    if (local.subnets.empty()) {
        now.problems[key] = "nobody has defined it yet, and this host's file names no subnets";
        return std::nullopt;
    }
    Definition definition{.subnets = local.subnets, .control = local.control};
    definition.vni = local.vni.value_or(choose_vni(now.view, name));
    definition.port = local.port.value_or(definition.port);
    definition.encrypted = local.encrypted.value_or(false);
    definition.block_size = local.block_size.value_or(definition.block_size);
    const std::string vni = now.text({.kind = Key::Kind::vni, .vni = definition.vni});
    json conditions = json::array({etcd::is_at(key, 0)});
    json operations = json::array({etcd::put(key, to_text(definition))});
    if (const std::string owner = now.view.owner_of(definition.vni); owner.empty()) {
        conditions.push_back(etcd::is_at(vni, 0));
        operations.push_back(etcd::put(vni, name));
    } else if (owner != name) {
        now.problems[key] =
            "its vni " + std::to_string(definition.vni) + " is network \"" + owner + "\"'s";
        return std::nullopt;
    }
    return Change{"network \"" + name + "\" is defined",
                  etcd::transaction(std::move(conditions), std::move(operations))};
}

std::optional<Change> settle_network(const Deciding& now, const std::string& name,
                                     const LocalNetwork& local) {
    const auto* definition = now.view.definition(name);
    if (!definition) {
        return define(now, name, local);
    }
    if (const auto key = contradiction(local, *definition); !key.empty()) {
        now.problems[now.text({.kind = Key::Kind::network, .network = name})] =
            "this host's file has another \"" + key + "\"";
        return std::nullopt;
    }
    return settle_addresses({now.view, now.self, name, *definition, now.here}, now.problems);
}

std::map<std::string, std::string> wanted_containers(const Deciding& now) {
    std::map<std::string, std::string> wanted;
    for (const auto& [name, there] : now.here.containers) {
        const auto network = now.here.networks.find(name);
        if (network == now.here.networks.end() ||
            network->second.control != oci::Overlay::Control::etcd) {
            continue;
        }
        for (const auto& [id, container] : there) {
            if (!container.is_attached) {
                continue;
            }
            json value{{"mac", container.mac.text()}, {"addresses", json::array()}};
            for (const auto& address : container.addresses) {
                value["addresses"].push_back(address.text());
            }
            wanted[now.text({.kind = Key::Kind::container,
                             .network = name,
                             .host = now.self.name,
                             .container = id})] = value.dump();
        }
    }
    return wanted;
}

// Gone ones first: an address may have gone from one to the other.
std::optional<Change> announce_containers(const Deciding& now) {
    const auto wanted = wanted_containers(now);
    const auto& there = now.view.own_containers();
    json operations = json::array();
    for (const auto& [key, own] : there) {
        if (!wanted.contains(key) && operations.size() < etcd::most_operations) {
            operations.push_back(etcd::erase(key));
        }
    }
    for (const auto& [key, value] : wanted) {
        const auto found = there.find(key);
        const bool is_said = found != there.end() && found->second.value == value &&
                             found->second.lease == now.self.lease;
        if (!is_said && operations.size() < etcd::most_operations) {
            operations.push_back(etcd::put(key, value, now.self.lease));
        }
    }
    if (operations.empty()) {
        return std::nullopt;
    }
    const auto* host = now.view.host(now.self.name);
    const std::string key = now.text({.kind = Key::Kind::host, .host = now.self.name});
    return Change{std::to_string(operations.size()) + " containers came or went",
                  etcd::transaction(json::array({etcd::is_at(key, host ? host->mod_revision : 0)}),
                                    operations)};
}

std::optional<Change> announce(const Deciding& now, const std::set<std::string>& stuck) {
    if (auto change = announce_containers(now); change && !stuck.contains(change->what)) {
        return change;
    }
    for (const auto& [name, local] : now.here.networks) {
        if (auto change = settle_network(now, name, local);
            change && !stuck.contains(change->what)) {
            return change;
        }
    }
    return std::nullopt;
}

} // namespace

std::string contradiction(const LocalNetwork& local, const Definition& definition) {
    if (!local.subnets.empty() && local.subnets != definition.subnets) {
        return "subnets";
    }
    if (local.control != definition.control) {
        return "control";
    }
    if (local.encrypted && local.encrypted != definition.encrypted) {
        return "encrypted";
    }
    if (local.vni && local.vni != definition.vni) {
        return "vni";
    }
    if (local.port && local.port != definition.port) {
        return "port";
    }
    return local.block_size && local.block_size != definition.block_size ? "block_size" : "";
}

std::optional<Change> next_change(const View& view, const Self& self, const Here& here,
                                  const std::set<std::string>& stuck, Problems& problems) {
    const Deciding now{view, self, here, problems};
    if (auto change = announce_host(now)) {
        return stuck.contains(change->what) ? std::nullopt : change;
    }
    const auto* there = view.host(self.name);
    const bool is_ours = there && there->instance == self.instance && there->lease == self.lease;
    return is_ours ? announce(now, stuck) : std::nullopt;
}

std::optional<Completion> completion(const View& view, const Self& self,
                                     const std::string& network) {
    const auto* definition = view.definition(network);
    if (!definition || (definition->encrypted && !self.public_key)) {
        return std::nullopt;
    }
    const IpAddress address =
        definition->encrypted ? inner_address(*self.public_key) : self.address;
    auto blocks = view.blocks_of(network, self.name, self.instance);
    std::erase_if(blocks, is_single);
    Completion completion;
    completion.is_whole = std::all_of(
        definition->subnets.begin(), definition->subnets.end(), [&](const oci::Subnet& subnet) {
            return std::any_of(blocks.begin(), blocks.end(), [&](const Prefix& block) {
                return subnet.subnet.contains(block.address);
            });
        });
    json ranges = json::array();
    for (const auto& block : blocks) {
        ranges.push_back(block.text());
    }
    const json host{
        {"name", self.name}, {"address", address.text()}, {"ranges", std::move(ranges)}};
    completion.text = json{{"subnets", subnets_json(definition->subnets)},
                           {"vni", std::to_string(definition->vni)},
                           {"port", std::to_string(definition->port)},
                           {"encrypted", definition->encrypted ? "true" : "false"},
                           {"hosts", json::array({host})}}
                          .dump() +
                      "\n";
    return completion;
}

} // namespace ocinet::overlay
