// SPDX-License-Identifier: GPL-2.0-or-later
// What etcd says of overlay networks: lines of a key and a value, `-KEY` for one that is gone.
#include <algorithm>
#include <sstream>

#include "overlay/addresses.h"
#include "tests/fuzz/oracle.h"
#include "tests/fuzz/targets.h"

namespace ocinet::fuzz {

namespace {

const std::string networks[] = {"blue", "red"};

void check_endpoints(const overlay::View& view, const std::string& network) {
    const auto* definition = view.definition(network);
    std::set<Mac> macs;
    for (const auto& [whose, endpoint] : view.elsewhere(network)) {
        require(definition, "who has no definition has no endpoint");
        require(!endpoint.mac.is_multicast() && endpoint.mac != Mac(), "a MAC address is one");
        require(macs.insert(endpoint.mac).second, "a MAC address is at one place");
        require(!endpoint.addresses.empty(), "an endpoint has an address");
        for (const auto& address : endpoint.addresses) {
            const auto fits = [&](const oci::Subnet& subnet) {
                return oci::is_host_address(address, subnet.subnet) && address != subnet.gateway;
            };
            require(std::any_of(definition->subnets.begin(), definition->subnets.end(), fits),
                    "an endpoint's address is a container's");
        }
    }
}

void check_blocks(const overlay::View& view, const std::string& network) {
    std::vector<Prefix> all;
    for (const char* host : {"h1", "h2", "h3"}) {
        for (const auto& block : view.blocks_of(network, host, "i")) {
            for (const auto& other : all) {
                require(!other.overlaps(block), "blocks do not overlap");
            }
            all.push_back(block);
        }
    }
}

} // namespace

void fuzz_etcd(const std::string& input) {
    overlay::View view({"/ocinet", "h1", *IpAddress::parse("192.0.2.1")});
    std::istringstream lines(input);
    std::int64_t revision = 0;
    for (std::string line; std::getline(lines, line);) {
        ++revision;
        if (line.starts_with('-')) {
            view.gone(line.substr(1));
            continue;
        }
        const auto space = std::min(line.find(' '), line.size());
        view.put({.key = line.substr(0, space),
                  .value = line.substr(std::min(space + 1, line.size())),
                  .create_revision = revision,
                  .mod_revision = revision,
                  .lease = 1});
    }
    view.problems();
    overlay::Problems problems;
    const overlay::Self self{
        .name = "h1", .instance = "i", .address = *IpAddress::parse("192.0.2.1"), .lease = 1};
    const std::map<std::string, overlay::LocalNetwork> files{{"blue", {}}, {"red", {}}};
    const std::map<std::string, std::map<std::string, overlay::LocalContainer>> nobody;
    const overlay::Here here{files, nobody, {{"blue", {*IpAddress::parse("10.95.7.7")}}}};
    overlay::next_change(view, self, here, {}, problems);
    if (const auto* definition = view.definition("blue")) {
        overlay::judge_asked({view, self, "blue", *definition, here},
                             *IpAddress::parse("10.95.7.7"));
    }
    for (const auto& network : networks) {
        check_endpoints(view, network);
        check_blocks(view, network);
        overlay::completion(view, self, network);
    }
}

} // namespace ocinet::fuzz
