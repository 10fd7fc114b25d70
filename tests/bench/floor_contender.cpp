// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/base/error.h"
#include "tests/bench/contender.h"

#include <unistd.h>

namespace ocinet::bench {

namespace {

// The bridge's own MAC address is fixed: else it would follow its ports', and change with them.
constexpr const char* base = R"(set -e
sysctl -qw net.ipv4.ip_forward=1
ip link add floor0 address 02:fc:00:00:00:01 type bridge
ip address add 10.91.0.1/16 dev floor0
ip link set floor0 up
nft -f - <<END
table inet floor {
    map publish { type inet_proto . inet_service : ipv4_addr . inet_service; }
    chain prerouting {
        type nat hook prerouting priority -100; policy accept;
        fib daddr type local dnat ip to meta l4proto . th dport map @publish
    }
    chain output {
        type nat hook output priority -100; policy accept;
        fib daddr type local dnat ip to meta l4proto . th dport map @publish
    }
    chain postrouting {
        type nat hook postrouting priority 100; policy accept;
        ip saddr 10.91.0.0/16 oifname != "floor0" masquerade
    }
}
END
)";

class FloorContender : public Contender {
public:
    explicit FloorContender(const std::string& prefix) : program_(prefix + "/tests/ocinet-floor") {
        if (access(program_.c_str(), X_OK) != 0) {
            throw_errno("floor: " + program_);
        }
    }
    std::string name() const override { return "floor"; }
    std::string description() const override {
        return "ocinet-floor, raw netlink, static; no IPAM, JSON, state; bridge and table stand";
    }
    std::string bridge() const override { return "floor0"; }
    std::string gateway() const override { return "10.91.0.1"; }

    void prepare_host() const override {
        run_or_throw({{"/bin/sh", "-c", base}, ""}, "floor: bridge and table");
    }
    using Contender::set_up;
    Command set_up(const Container& container, const Published& published) const override {
        Command command{{program_, "attach", std::to_string(container.pid()), bridge(),
                         link(container), container.address("10.91"), "16", gateway(),
                         std::to_string(published.first), "80"},
                        ""};
        if (published.count > 1) {
            command = {{"/bin/sh", "-c", command.text() + " && exec nft -f -"},
                       others(container, published)};
        }
        return command;
    }
    Command tear_down(const Container& container) const override {
        return {{program_, "del", link(container), std::to_string(container.port())}, ""};
    }

private:
    // The program knows one port. What the others cost at set-up is nft's doing.
    static std::string others(const Container& container, const Published& published) {
        std::string text;
        for (int i = 1; i < published.count; ++i) {
            text += (i == 1 ? "add element inet floor publish { tcp . " : ", tcp . ") +
                    std::to_string(published.first + i) + " : " + container.address("10.91") +
                    " . 80";
        }
        return text + " }\n";
    }
    static std::string link(const Container& container) {
        return "fl" + std::to_string(container.serial());
    }
    std::string program_;
};

} // namespace

std::unique_ptr<Contender> floor_contender(const std::string& prefix) {
    return std::make_unique<FloorContender>(prefix);
}

} // namespace ocinet::bench
