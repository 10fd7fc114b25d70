// SPDX-License-Identifier: GPL-2.0-or-later
// What docs/overlay.md says of large networks is measured here; nothing is asserted of times. Not
// among the tests that are run: `ocinet-tests-overlay "[.scale]"`.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <map>

#include "netsetup/base/address.h"
#include "netsetup/base/error.h"
#include "tests/support/catch.h"
#include "tests/support/etcd.h"

namespace ocinet::test {

namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr int containers_each = 100;
constexpr int block_size = 128;

long milliseconds_since(Clock::time_point start) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count();
}

IpAddress address_of(int host, int container) {
    return IpAddress::parse("10.64.0.0")
        ->plus(std::uint64_t(host) * block_size + std::uint64_t(container) + 1);
}

std::string container_value(const IpAddress& address) {
    Mac mac{{0x02, 0x0c}};
    std::copy_n(address.data(), 4, mac.bytes.begin() + 2);
    return json{{"mac", mac.text()}, {"addresses", json::array({address.text()})}}.dump();
}

// Hosts that are simulated, by their keys.
void fill(const Etcd& etcd, int hosts) {
    std::map<std::string, std::string> keys;
    const auto flush = [&] {
        etcd.put(keys);
        keys.clear();
    };
    for (int host = 1; host <= hosts; ++host) {
        const std::string name = "s" + std::to_string(host);
        keys["hosts/" + name + "/self"] =
            json{{"instance", name},
                 {"address", IpAddress::parse("198.18.0.0")->plus(std::uint64_t(host)).text()}}
                .dump();
        keys["blocks/blue/" +
             IpAddress::parse("10.64.0.0")->plus(std::uint64_t(host) * block_size).text() + "-25"] =
            name + " " + name;
        for (int i = 0; i < containers_each; ++i) {
            keys["hosts/" + name + "/containers/blue/c" + std::to_string(i)] =
                container_value(address_of(host, i));
            if (keys.size() >= 100) {
                flush();
            }
        }
    }
    if (!keys.empty()) {
        flush();
    }
}

bool knows(const Host& host, const IpAddress& address) {
    return host.run("ip neighbour get " + address.text() + " dev oc-blue").status == 0;
}

std::string memory_of(const OverlayHost& host) {
    return host.host.sh("grep VmHWM /proc/" + std::to_string(host.pid()) + "/status");
}

// How long it takes until the host knows a container more, after etcd's answer.
std::vector<long> times_of_one_more(const Etcd& etcd, const Host& host, int whose) {
    std::vector<long> times;
    for (int i = 0; i < 15; ++i) {
        const IpAddress address = address_of(whose, containers_each + i);
        etcd.put({{"hosts/s" + std::to_string(whose) + "/containers/blue/new" + std::to_string(i),
                   container_value(address)}});
        const auto start = Clock::now();
        if (!eventually([&] { return knows(host, address); })) {
            throw Error(address.text() + " stays unknown");
        }
        times.push_back(milliseconds_since(start));
    }
    std::sort(times.begin(), times.end());
    return times;
}

void measure(int hosts) {
    const Underlay net(1);
    const Etcd etcd(net);
    OverlayHost one(net, etcd, 1);
    one.host.write_network("blue", {{"driver", "overlay"},
                                    {"subnets", json::array({{{"subnet", "10.64.0.0/10"}}})},
                                    {"options", {{"control", "etcd"}, {"block_size", "128"}}}});
    one.start();
    CHECK(one.knows("blue"));
    fill(etcd, hosts);
    const Container here = net.container(1, "blue");
    here.attach();
    one.kill();
    const auto start = Clock::now();
    one.start();
    const IpAddress last = address_of(hosts, containers_each - 1);
    CHECK(eventually([&] { return knows(one.host, last); }, Milliseconds(120000)));
    std::cout << hosts * containers_each << " containers: " << milliseconds_since(start)
              << " ms from the program's start, " << memory_of(one);
    const auto times = times_of_one_more(etcd, one.host, hosts / 2);
    std::cout << "  one more: " << times[times.size() / 2] << " ms after etcd's answer (median of "
              << times.size() << "), " << times.back() << " ms at most; " << memory_of(one);
}

} // namespace

TEST_CASE("etcd: many hosts with 100 containers each", "[.scale]") {
    SKIP_IF_MISSING(missing_for_etcd());
    measure(GENERATE(10, 100, 1000));
}

} // namespace ocinet::test
