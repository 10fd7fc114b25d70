// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace ocinet::test {

class Iproute;
class Place;

/// The network state of a place, for == between two moments or two hosts:
///     links       name -> `ip -d address` without the addresses
///     addresses   name -> its addresses
///     routes, rules, rules6   all tables, the routes of both families
///     neighbours  permanent and proxy entries
///     bridge, fdb `bridge -d link`, `bridge fdb` but for learned entries
///     nft         `nft list ruleset`
///     sysctl      net/ipv4/ip_forward, net/ipv4/conf/*/{route_localnet,forwarding},
///                 net/ipv6/conf/*/{disable_ipv6,accept_ra,autoconf,forwarding}
///     run         path below /run/ocinet -> content; without directories, an empty `lock`,
///                 and `rotation`
///
/// What says when or in which order things were made, and not what they are, is left out:
/// - interface indexes, netns ids, statistics, nft handles and counters, bridge port numbers
///   (and bridge ids, which repeat the MAC address);
/// - what follows by itself from timers or a carrier: operstate, LOWER_UP, NO-CARRIER, linkdown,
///   tentative, a port's forwarding state, learned neighbours and frame addresses; a lifetime that
///   ends is "finite";
/// - order, where the kernel gives none: interfaces, addresses, routes, elements of nft sets.
/// A random name (`oc` and 13 characters) reads `oc<ALIAS>`, everywhere; the name of a link that is
/// not there, or has no alias, `oc<>`.
nlohmann::json take_snapshot(const Place& place);
/// As above, by programs that are there: for the snapshots that are taken by the ten thousand.
nlohmann::json take_snapshot(const Place& place, Iproute& iproute);

/// The same with each MAC address of a link replaced by `mac<LINK>` wherever it stands: for hosts
/// whose MAC addresses were drawn at random.
nlohmann::json without_macs(const nlohmann::json& snapshot);

/// What differs, one JSON patch operation a line; empty when equal.
std::string difference(const nlohmann::json& before, const nlohmann::json& after);
inline const std::string no_difference;

/// What a host still holds of ocinet, described one by one: links `oc…`, elements in table
/// `inet ocinet`, files below /run/ocinet. What stays by design is not named: empty directories,
/// `lock`, `rotation`, and that forwarding was turned on, which are the sets `guarded4`,
/// `foreign4`, … and the files `forwarding4` and `forwarding6`.
std::vector<std::string> leftovers(const Place& host);
inline const std::vector<std::string> nothing_left;

} // namespace ocinet::test
