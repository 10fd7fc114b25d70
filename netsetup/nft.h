// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "netsetup/netlink.h"

/// The tables `inet ocinet` and `bridge ocinet`: their elements. The chains and rules are
/// text (policy/policy.nft), loaded by ocinet-policy.
namespace ocinet::nft {

inline constexpr const char* table = "ocinet";
/// The version in the comment of policy.nft's tables, "policy N".
inline constexpr int policy_version = 5;

/// One element, in nft's own words: set "any4", key {"tcp", "8080"}, value {"10.90.0.5", "80"}.
/// An address may be a prefix and a port a range where the set has intervals.
struct Element {
    std::string set;
    std::vector<std::string> key;
    std::vector<std::string> value;
    /// Shown by `nft list`: who put it there; 128 characters at most.
    std::string comment;

    bool operator==(const Element&) const = default;
};

void to_json(nlohmann::json& json, const Element& element);
void from_json(const nlohmann::json& json, Element& element);

/// `add element inet ocinet any4 { tcp . 8080 comment "…" : 10.90.0.5 . 80 }`, a line of nft's own.
std::string add_line(const Element& element);
/// The same as a command of the shell's.
std::string add_command(const Element& element);
std::string delete_command(const Element& element);

/// All of them or none. An element that is there already is success, with another value an Error.
void add(netlink::Socket& socket, const std::vector<Element>& elements);
/// Those that are there; a missing element, set or table is success.
void remove(netlink::Socket& socket, const std::vector<Element>& elements);
/// Those that are in the kernel, value included, and those that are not.
std::vector<Element> present(netlink::Socket& socket, const std::vector<Element>& elements);
std::vector<Element> absent(netlink::Socket& socket, const std::vector<Element>& elements);
/// The keys of a set of table inet, as bytes (nft_key.h); none where there is no such set.
std::vector<std::vector<char>> keys(netlink::Socket& socket, const std::string& set);

/// The live tables' version, of the older one; 0 when one is ours without a version, nothing when
/// one is missing.
std::optional<int> live_version(netlink::Socket& socket);
/// Those of our tables that are there, "inet ocinet".
std::vector<std::string> live_tables(netlink::Socket& socket);
void delete_tables(netlink::Socket& socket);

} // namespace ocinet::nft
