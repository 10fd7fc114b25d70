// SPDX-License-Identifier: GPL-2.0-or-later
#include "overlay/view.h"

#include <algorithm>
#include <set>

#include "netsetup/base/error.h"
#include "netsetup/base/names.h"
#include "netsetup/base/text.h"
#include "oci-config/json.h"
#include "overlay/host_key.h"

namespace ocinet::overlay {

namespace {

// More than a network has subnets. What others write must not cost more than it is worth.
constexpr std::size_t most_addresses = 64;

void refuse_change(const etcd::KeyValue& now) {
    if (now.mod_revision != now.create_revision) {
        throw Error("somebody wrote over it");
    }
}

BlockClaim read_block(const etcd::KeyValue& now) {
    const auto space = std::min(now.value.find(' '), now.value.size());
    return {.host = now.value.substr(0, space),
            .instance = now.value.substr(std::min(space + 1, now.value.size())),
            .create_revision = now.create_revision};
}

template <typename Read>
auto read_object(const etcd::KeyValue& now, Read read) {
    const auto json = oci::parse_json(now.value, now.key);
    oci::ObjectReader reader(json, now.key);
    auto claim = read(reader);
    reader.refuse_unknown();
    return claim;
}

HostClaim read_host(const etcd::KeyValue& now) {
    return read_object(now, [&](oci::ObjectReader& reader) {
        HostClaim host{.instance = reader.text("instance").value_or(""),
                       .address = oci::read_address(reader, "address"),
                       .address_since = now.mod_revision,
                       .key_since = now.mod_revision,
                       .create_revision = now.create_revision,
                       .mod_revision = now.mod_revision,
                       .lease = now.lease};
        if (const auto text = reader.text("public_key")) {
            host.public_key = parse_host_key(*text);
            const auto port = reader.integer("wireguard_port").value_or(0);
            if (!host.public_key || port < 1 || port > UINT16_MAX) {
                throw reader.wrong("public_key", "no key, or none with a port");
            }
            host.wireguard_port = std::uint16_t(port);
            host.shown_key = host.public_key;
        }
        return host;
    });
}

ContainerClaim read_container(const etcd::KeyValue& now) {
    return read_object(now, [&](oci::ObjectReader& reader) {
        ContainerClaim container{.create_revision = now.create_revision};
        container.addresses = oci::read_list(reader, "addresses", "an IP address", IpAddress::parse)
                                  .value_or(container.addresses);
        const std::set<IpAddress> different(container.addresses.begin(), container.addresses.end());
        if (different.size() != container.addresses.size() || different.size() > most_addresses) {
            throw reader.wrong("addresses", "more than a container has, or one twice");
        }
        const auto mac = Mac::parse(reader.text("mac").value_or(""));
        if (!mac || mac->is_multicast() || *mac == Mac()) {
            throw reader.wrong("mac", "no interface's MAC address");
        }
        container.mac = *mac;
        return container;
    });
}

// A host that says something again, or something else, in the same life.
HostClaim continued(const HostClaim& before, HostClaim now) {
    if (before.public_key && before.public_key != now.public_key) {
        now.public_key = before.public_key;
        now.wireguard_port = before.wireguard_port;
    }
    if (before.public_key == now.public_key) {
        now.key_since = before.key_since;
    }
    if (before.address == now.address) {
        now.address_since = before.address_since;
    }
    return now;
}

bool says_the_same(const HostClaim& one, const HostClaim& other) {
    return one.instance == other.instance && one.address == other.address &&
           one.public_key == other.public_key && one.wireguard_port == other.wireguard_port;
}

} // namespace

void View::put(const etcd::KeyValue& now) {
    const auto key = parse_key(judge_.prefix, now.key);
    malformed_.erase(now.key);
    try {
        if (!key) {
            throw Error("no key of ours");
        }
        understand(*key, now);
    } catch (const Error& error) {
        malformed_[now.key] = error.message();
        // What a network or a host said before goes on.
        if (key && key->kind != Key::Kind::network && key->kind != Key::Kind::host) {
            forget(*key, now.key);
        }
    }
}

void View::gone(const std::string& key) {
    malformed_.erase(key);
    if (const auto parsed = parse_key(judge_.prefix, key)) {
        forget(*parsed, key);
    }
}

void View::understand(const Key& key, const etcd::KeyValue& now) {
    switch (key.kind) {
    case Key::Kind::network:
        refuse_change(now);
        networks_[key.network].definition = parse_definition(now.value, "its definition");
        break;
    case Key::Kind::vni:
        if (!is_network_name(now.value)) {
            throw Error("no network's name");
        }
        vnis_[key.vni] = now.value;
        return;
    case Key::Kind::block:
        refuse_change(now);
        networks_[key.network].blocks[key.block] = read_block(now);
        break;
    case Key::Kind::host: take_host(key.host, now); return;
    case Key::Kind::container: take_container(key, now); return;
    }
    network_changed(key.network);
}

// A host that is there has one key: who shows another may have taken its name. One that was away,
// so that its lease ended, is believed anew.
void View::take_host(const std::string& name, const etcd::KeyValue& now) {
    HostClaim claim = read_host(now);
    const auto found = hosts_.find(name);
    if (found == hosts_.end() || found->second.create_revision != claim.create_revision) {
        hosts_[name] = std::move(claim);
        hosts_changed();
        return;
    }
    const HostClaim before = std::exchange(found->second, continued(found->second, claim));
    if (found->second.public_key != claim.public_key) {
        malformed_[now.key] = "ALARM: its key has changed: the one that it had holds until it ends";
    }
    if (!says_the_same(before, found->second)) { // most have only another lease
        hosts_changed();
    }
}

void View::take_container(const Key& key, const etcd::KeyValue& now) {
    if (key.host == judge_.self) {
        own_[now.key] = {now.value, now.lease};
    }
    const Whose whose{key.host, key.container};
    auto claim = read_container(now);
    container_changed(key.network, whose);
    networks_[key.network].containers.put(whose, std::move(claim));
    container_changed(key.network, whose);
}

void View::forget(const Key& key, const std::string& text) {
    if (key.kind == Key::Kind::host) {
        hosts_.erase(key.host);
        hosts_changed();
        return;
    }
    if (key.kind == Key::Kind::vni) {
        vnis_.erase(key.vni);
        return;
    }
    auto& claims = networks_[key.network];
    if (key.kind == Key::Kind::container) {
        own_.erase(text);
        const Whose whose{key.host, key.container};
        container_changed(key.network, whose);
        claims.containers.erase(whose);
    } else {
        if (key.kind == Key::Kind::network) {
            claims.definition.reset();
        } else {
            claims.blocks.erase(key.block);
        }
        network_changed(key.network);
    }
    if (claims.is_empty()) {
        networks_.erase(key.network);
    }
}

void View::network_changed(const std::string& name) {
    judged_[name].is_old = true;
    changed_.insert(name);
}

// Before it changes, and afterwards.
void View::container_changed(const std::string& name, const Whose& whose) {
    changed_.insert(name);
    auto& judged = judged_[name];
    if (!definition(name)) {
        judged.is_old = true; // nothing to be judged, and nothing to be kept for it
    } else if (!judged.is_old) {
        judged.old.merge(networks_[name].containers.around(whose));
    }
}

void View::hosts_changed() {
    reachable_.reset();
    for (const auto& [name, claims] : networks_) {
        network_changed(name);
    }
}

const HostClaim* View::host(const std::string& name) const {
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

std::vector<Prefix> View::blocks_of(const std::string& network, const std::string& host,
                                    const std::string& instance) const {
    std::vector<Prefix> blocks;
    for (const auto& [block, claim] : judgement(network).blocks) {
        if (claim.host == host && claim.instance == instance) {
            blocks.push_back(block);
        }
    }
    return blocks;
}

std::map<Prefix, std::int64_t> View::singles_of(const std::string& network, const std::string& host,
                                                const std::string& instance) const {
    std::map<Prefix, std::int64_t> singles;
    const auto found = networks_.find(network);
    for (const auto& [block, claim] :
         found == networks_.end() ? BlockClaims() : found->second.blocks) {
        if (is_single(block) && claim.host == host && claim.instance == instance) {
            singles[block] = claim.create_revision;
        }
    }
    return singles;
}

std::optional<View::Giver> View::giver_of(const std::string& network,
                                          const IpAddress& address) const {
    const auto& blocks = judgement(network).blocks;
    const auto block = block_around(blocks, address);
    if (block == blocks.end()) {
        return std::nullopt;
    }
    return Giver{.block = block->first,
                 .host = block->second.host,
                 .instance = block->second.instance,
                 .has_given = networks_.at(network).containers.has(address)};
}

const Reachable& View::reachable() const {
    if (!reachable_) {
        reachable_ = judge_hosts(judge_, hosts_);
    }
    return *reachable_;
}

void View::replace(Judged& judged, Judgement now) {
    for (const auto& [whose, endpoint] : judged.judgement.elsewhere) {
        const auto at = now.elsewhere.find(whose);
        if (at == now.elsewhere.end() || at->second != endpoint) {
            judged.before.emplace(whose, endpoint);
        }
    }
    for (const auto& [whose, endpoint] : now.elsewhere) {
        if (!judged.judgement.elsewhere.contains(whose)) {
            judged.before.emplace(whose, std::nullopt);
        }
    }
    judged = {std::move(now), false, {}, std::move(judged.before)};
}

const Judgement& View::judgement(const std::string& network) const {
    static const Judgement nothing;
    const auto found = networks_.find(network);
    if (found == networks_.end() && !judged_.contains(network)) {
        return nothing;
    }
    Judged& judged = judged_[network];
    if (found != networks_.end() && found->second.definition) {
        judge(judged, {network, found->second, hosts_, reachable()});
    } else if (judged.is_old) {
        replace(judged, {});
    }
    return judged.judgement;
}

void View::judge(Judged& judged, const Said& said) const {
    if (judged.is_old) {
        replace(judged, judge_network(judge_, said));
    } else if (!judged.old.empty()) {
        const auto& elsewhere = judged.judgement.elsewhere;
        for (const auto& whose : judged.old) {
            const auto at = elsewhere.find(whose);
            judged.before.emplace(whose,
                                  at == elsewhere.end() ? std::nullopt : std::optional(at->second));
        }
        judge_again(judged.judgement, said, std::exchange(judged.old, {}));
    }
}

View::Difference View::take_difference(const std::string& network) {
    const auto& now = elsewhere(network);
    Difference difference;
    for (const auto& [whose, before] : std::exchange(judged_[network].before, {})) {
        const auto at = now.find(whose);
        if (before && (at == now.end() || at->second != *before)) {
            difference.gone.push_back(*before);
        }
        if (at != now.end() && before != at->second) {
            difference.come.push_back(at->second);
        }
    }
    if (!networks_.contains(network)) {
        judged_.erase(network);
    }
    return difference;
}

Problems View::problems() const {
    Problems problems = malformed_;
    problems.insert(reachable().problems.begin(), reachable().problems.end());
    for (const auto& [name, claims] : networks_) {
        const auto& judged = judgement(name);
        problems.insert(judged.problems.begin(), judged.problems.end());
        for (const auto& [whose, wrong] : judged.wrong) {
            problems[judge_.text({.kind = Key::Kind::container,
                                  .network = name,
                                  .host = whose.first,
                                  .container = whose.second})] = wrong;
        }
    }
    return problems;
}

} // namespace ocinet::overlay
