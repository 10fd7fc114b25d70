// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/normalise.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

// See snapshot.h for why each of them says nothing about what the object is.
const std::set<std::string> passing_of_iproute = {
    "ifindex", "link_index", "link_netnsid", "operstate", "stats", "stats64",
    // bridges and their ports
    "hello_timer", "tcn_timer", "topology_change_timer", "gc_timer", "hold_timer",
    "message_age_timer", "forward_delay_timer", "fdb_n_learned", "topology_change",
    "topology_change_detected", "topology_change_ack", "config_pending", "root_port", "id", "no",
    "designated_port", "state", "bridge_id", "root_id", // the MAC address again, spelt another way
    // addresses, routes, neighbours
    "tentative", "expires", "age", "used", "updated", "cacheinfo"};

const std::set<std::string> passing_of_nft = {"handle", "expires"};

const std::set<std::string> passing_flags = {"NO-CARRIER", "LOWER_UP", "linkdown", "dead"};

const std::set<std::string> lifetimes = {"valid_life_time", "preferred_life_time"};

constexpr std::uint64_t forever = 0xffffffff;

void sort(json& array) {
    if (array.is_array()) {
        std::sort(array.begin(), array.end());
    }
}

void strip_counter(json& object) {
    for (const char* name : {"packets", "bytes"}) {
        if (object.contains(name)) {
            object[name] = 0;
        }
    }
}

using Members = std::set<std::string>;

void strip(json& value, const Members& passing);

void strip_object(json& object, const Members& passing) {
    for (auto member = object.begin(); member != object.end();) {
        if (passing.contains(member.key())) {
            member = object.erase(member);
            continue;
        }
        if (lifetimes.contains(member.key()) && member.value() != forever) {
            member.value() = "finite";
        }
        if (member.key() == "counter" && member.value().is_object()) {
            strip_counter(member.value());
        }
        strip(member.value(), passing);
        if (member.key() == "elem") {
            sort(member.value());
        }
        ++member;
    }
}

void strip(json& value, const Members& passing) {
    if (value.is_object()) {
        strip_object(value, passing);
    } else if (value.is_array()) {
        json kept = json::array();
        for (auto& item : value) {
            if (!item.is_string() || !passing_flags.contains(item.get<std::string>())) {
                strip(item, passing);
                kept.push_back(std::move(item));
            }
        }
        value = std::move(kept);
    }
}

using Rewrite = std::function<std::string(const std::string&)>;

json rewrite_texts(const json& value, const Rewrite& rewrite) {
    if (value.is_string()) {
        return rewrite(value.get<std::string>());
    }
    if (value.is_object()) {
        json object = json::object();
        for (const auto& [key, member] : value.items()) {
            object[rewrite(key)] = rewrite_texts(member, rewrite);
        }
        return object;
    }
    if (value.is_array()) {
        json array = json::array();
        for (const auto& item : value) {
            array.push_back(rewrite_texts(item, rewrite));
        }
        return array;
    }
    return value;
}

std::string replace_each(const std::string& text, const std::regex& pattern,
                         const std::function<std::string(const std::string&)>& name_of) {
    std::string result;
    auto begin = text.cbegin();
    for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end;
         ++match) {
        result.append(begin, (*match)[0].first).append(name_of(match->str()));
        begin = (*match)[0].second;
    }
    return result.append(begin, text.cend());
}

std::string member_or(const json& object, const char* name, const std::string& otherwise) {
    return object.contains(name) ? object[name].get<std::string>() : otherwise;
}

Rewrite random_names(const json& links) {
    std::map<std::string, std::string> aliases;
    for (const auto& link : links) {
        aliases[link["ifname"]] = member_or(link, "ifalias", "");
    }
    return [aliases](const std::string& text) {
        static const std::regex pattern("\\boc[a-z2-7]{13}\\b");
        return replace_each(text, pattern, [&](const std::string& name) {
            const auto found = aliases.find(name);
            return "oc<" + (found == aliases.end() ? "" : found->second) + ">";
        });
    };
}

void keep_only(json& list, const std::function<bool(const json&)>& wanted) {
    json kept = json::array();
    std::copy_if(list.begin(), list.end(), std::back_inserter(kept), wanted);
    list = std::move(kept);
}

// Learned ones come and go with traffic.
bool is_configured(const json& entry) {
    const json state = entry.value("state", json());
    return state == "permanent" || state == "static";
}

// Two links may share a name here, "oc<>": a list for each.
void key_by_name(json& state) {
    json links = json::object();
    json addresses = json::object();
    for (auto link : state["links"]) {
        const std::string name = link["ifname"];
        json own = link.value("addr_info", json::array());
        link.erase("addr_info");
        links[name].push_back(std::move(link));
        for (auto& address : own) {
            addresses[name].push_back(std::move(address));
        }
        sort(links[name]);
        if (addresses.contains(name)) {
            sort(addresses[name]);
        }
    }
    state["links"] = std::move(links);
    state["addresses"] = std::move(addresses);
}

} // namespace

json normalise(json state) {
    const Rewrite rewrite = random_names(state["links"]);
    keep_only(state["fdb"], is_configured);
    state["nft"] = state["nft"].is_object() ? state["nft"]["nftables"] : json::array();
    keep_only(state["nft"], [](const json& object) { return !object.contains("metainfo"); });
    for (auto& [name, answer] : state.items()) {
        if (name != "run" && name != "sysctl") {
            strip(answer, name == "nft" ? passing_of_nft : passing_of_iproute);
        }
    }
    state = rewrite_texts(state, rewrite);
    key_by_name(state);
    state["neighbours"].insert(state["neighbours"].end(), state["proxies"].begin(),
                               state["proxies"].end());
    state.erase("proxies");
    for (const char* name : {"routes", "neighbours", "bridge", "fdb"}) {
        sort(state[name]);
    }
    return state;
}

json without_macs(const json& snapshot) {
    std::map<std::string, std::string> owners;
    for (const auto& [name, links] : snapshot["links"].items()) {
        for (const auto& link : links) {
            if (link.value("link_type", "") == "ether") {
                owners[link["address"]] = name;
            }
        }
    }
    return rewrite_texts(snapshot, [&](const std::string& text) {
        static const std::regex pattern("\\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\\b");
        return replace_each(text, pattern, [&](const std::string& mac) {
            const auto found = owners.find(mac);
            return found == owners.end() ? mac : "mac<" + found->second + ">";
        });
    });
}

} // namespace ocinet::test
