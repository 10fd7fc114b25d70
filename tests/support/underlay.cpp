// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/underlay.h"

#include <algorithm>
#include <numeric>

namespace ocinet::test {

namespace {

using nlohmann::json;

} // namespace

Underlay::Underlay(int hosts, unsigned mtu) {
    wire.sh("ip link add switch0 mtu " + std::to_string(mtu) +
            " type bridge; "
            "echo 1 >/proc/sys/net/ipv6/conf/switch0/disable_ipv6; ip link set switch0 up");
    for (int i = 1; i <= hosts; ++i) {
        const std::string number = std::to_string(i);
        const std::string up = "up" + number;
        Host& host = hosts_.emplace_back();
        host.connect(wire, up, "192.0.2." + number + "/24");
        host.sh("ip link set " + up + " mtu " + std::to_string(mtu) +
                "; ip address add 2001:db8::" + number + "/64 dev " + up + " nodad");
        wire.sh("ip link set " + up + " mtu " + std::to_string(mtu) + " master switch0");
        host.write("/etc/ocinet/ocinet.json", json{{"host_name", "h" + number}}.dump());
    }
}

json Underlay::network(const json& options, const std::vector<int>& families,
                       const std::vector<int>& members, int underlay_family) const {
    json subnets = json::array();
    for (const int family : families) {
        subnets.push_back({{"subnet", family == 4 ? "10.95.0.0/16" : "fd95::/64"}});
    }
    std::vector<int> numbers = members;
    if (numbers.empty()) {
        numbers.resize(hosts_.size());
        std::iota(numbers.begin(), numbers.end(), 1);
    }
    json hosts = json::array();
    for (const int number : numbers) {
        const std::string text = std::to_string(number);
        json ranges = json::array();
        for (const int family : families) {
            ranges.push_back(family == 4 ? "10.95." + text + ".0/24" : "fd95::" + text + ":0/120");
        }
        hosts.push_back({{"name", "h" + text},
                         {"address", (underlay_family == 4 ? "192.0.2." : "2001:db8::") + text},
                         {"ranges", ranges}});
    }
    return {{"driver", "overlay"}, {"subnets", subnets}, {"options", options}, {"hosts", hosts}};
}

void Underlay::write_network(const std::string& name, const json& file) const {
    for (const auto& host : hosts_) {
        host.write_network(name, file);
    }
}

} // namespace ocinet::test
