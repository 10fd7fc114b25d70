// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/etcd.h"

namespace ocinet::test {

inline const nlohmann::json blue = network_of_etcd();
// As the second host may have it: all else stands in etcd.
inline const nlohmann::json bare{{"driver", "overlay"}, {"options", {{"control", "etcd"}}}};

inline std::string address_of(const Container& box) {
    const auto attached = nlohmann::json::parse(box.sh("ip -j address show dev eth0"));
    return attached[0]["addr_info"][0]["local"];
}

inline bool reaches(const Container& box, const std::string& address) {
    return box.run("busybox ping -c1 -W1 " + address).status == 0;
}

inline bool comes_to_reach(const Container& box, const std::string& address) {
    return eventually([&] { return reaches(box, address); });
}

/// Two hosts with the network "blue", and etcd; both know of it.
struct Two {
    explicit Two(const Etcd::Options& options = {})
        : etcd(net, options), one(net, etcd, 1), two(net, etcd, 2) {
        one.host.write_network("blue", blue);
        two.host.write_network("blue", bare);
        one.start();
        two.start();
        REQUIRE(one.knows("blue"));
        REQUIRE(two.knows("blue"));
    }

    Underlay net{2};
    Etcd etcd;
    OverlayHost one;
    OverlayHost two;
};

} // namespace ocinet::test
