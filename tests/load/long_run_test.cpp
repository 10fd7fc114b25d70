// SPDX-License-Identifier: GPL-2.0-or-later
// Over and over: nothing may pile up.
#include <array>
#include <future>
#include <vector>

#include "tests/load/fleet.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

void prepare(const Host& host) {
    host.sh("echo 1 >/proc/sys/net/ipv4/ip_forward");
    host.write_network("web", {{"subnets", {{{"subnet", "192.0.2.0/27"}}}}});
}

// A host of its own with one container, which comes and goes, with other random ports each time:
// what is left of them adds up. Most of that is waiting for the kernel: several hosts side by side
// take no longer.
class Lane {
public:
    Lane() {
        prepare(host_);
        // Once before: the state's own directories and its lock file are made once and for good.
        box_.attach();
        box_.detach();
        before_ = host_.snapshot();
        inside_ = box_.snapshot();
        hidden_ = hidden_state(host_);
    }

    void run(int cycles) {
        for (int i = 0; i < cycles; ++i) {
            tally_.count(box_.hook("createRuntime"));
            tally_.count(box_.hook("poststop"));
        }
    }

    std::size_t check() const {
        INFO(tally_.messages);
        CHECK(tally_.failures == 0);
        const auto left = leftovers(host_);
        CHECK(left == nothing_left);
        CHECK(difference(before_, host_.snapshot()) == no_difference);
        CHECK(difference(inside_, box_.snapshot()) == no_difference);
        // The child that closes the last poststop's socket may still be at it.
        eventually([&] { return hidden_state(host_) == hidden_; });
        CHECK(hidden_state(host_) == hidden_);
        return left.size();
    }

    const Tally& tally() const { return tally_; }

private:
    const Host host_;
    const Container box_{
        host_, {{"io.ocinet.publish", "8080:80,53:53/udp,9000-9010:9000-9010,81,82/udp"}}};
    json before_;
    json inside_;
    std::string hidden_;
    Tally tally_;
};

} // namespace

TEST_CASE("containers attached and detached again and again leave nothing") {
    constexpr std::size_t side_by_side = 8;
    const int cycles = sized(32, 400, 10000) / int(side_by_side);
    std::array<Lane, side_by_side> lanes;
    std::vector<std::future<void>> runs;
    for (auto& lane : lanes) {
        runs.push_back(std::async(std::launch::async, [&lane, cycles] { lane.run(cycles); }));
    }
    for (auto& run : runs) {
        run.get();
    }
    Tally all;
    std::size_t left = 0;
    for (const auto& lane : lanes) {
        left += lane.check();
        all.done += lane.tally().done;
        all.failures += lane.tally().failures;
    }
    report(std::to_string(cycles * int(side_by_side)) + " cycles", all, 0, left);
}

TEST_CASE("addresses rest before they are given again") {
    const Host host;
    prepare(host);
    const auto stays = make_fleet(host, 1, {{"io.ocinet.network", "web"}});
    const auto address = [](const json& result) {
        return result["attachments"][0]["addresses"][0].get<std::string>();
    };
    std::vector<std::string> given = {address(stays[0]->attach())};
    // 192.0.2.2 to .30, and from the start again, without the one that is in use.
    for (int i = 0; i < 60; ++i) {
        const Container box(host, {{"io.ocinet.network", "web"}});
        given.push_back(address(box.attach()));
        box.detach();
    }
    for (std::size_t i = 0; i < given.size(); ++i) {
        const std::size_t last = i == 0 ? 2 : 3 + (i - 1) % 28;
        CHECK(given[i] == "192.0.2." + std::to_string(last) + "/27");
    }
}

} // namespace ocinet::test
