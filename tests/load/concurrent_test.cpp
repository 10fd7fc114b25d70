// SPDX-License-Identifier: GPL-2.0-or-later
// Many attach and detach at the same moment.
#include <algorithm>
#include <set>

#include "tests/load/fleet.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

const auto many = bearable(std::size_t(sized(24, 64, 128)));

// Forwarding is on already: who turns it on remembers it until the next boot.
void prepare(const Host& host) {
    host.sh("echo 1 >/proc/sys/net/ipv4/ip_forward");
}

std::size_t count_lines(const std::string& text) {
    return std::size_t(std::count(text.begin(), text.end(), '\n'));
}

void check_in_kernel(const Host& host, const Fleet& fleet, const std::vector<json>& attached) {
    REQUIRE(attached.size() == fleet.size());
    for (std::size_t i = 0; i < fleet.size(); ++i) {
        const std::string address = attached[i]["addresses"][0];
        CHECK_THAT(fleet[i]->sh("ip -o -4 address show eth0"), contains(" " + address + " "));
    }
    CHECK(count_lines(host.sh("bridge link show")) == fleet.size());
}

void remove_all(const Host& host, Fleet& fleet, bool alive, const std::string& what) {
    if (!alive) {
        for (auto& container : fleet) {
            container->kill();
        }
    }
    const Tally detached = tally(hook_all(host, fleet, "poststop"));
    const auto left = leftovers(host);
    report(what, detached, 0, left.size());
    INFO(detached.messages);
    CHECK(detached.failures == 0);
    CHECK(left == nothing_left);
}

} // namespace

TEST_CASE("all attach at once on a cold network, all detach at once, twice") {
    const Host host;
    prepare(host);
    const auto before = host.snapshot();
    for (const bool alive : {true, false}) {
        const std::string kind = alive ? "living" : "killed";
        Fleet fleet = make_fleet(host, many, {{"io.ocinet.publish", "80,53/udp"}});
        const auto results = hook_all(host, fleet, "createRuntime");
        const Tally attached = tally(results);
        const auto all = attachments(results);
        const int twice = duplicates(all);
        report("attaches at once", attached, twice, 0);
        INFO(attached.messages);
        CHECK(attached.failures == 0);
        CHECK(twice == 0);
        check_in_kernel(host, fleet, all);
        remove_all(host, fleet, alive, "detaches at once, " + kind);
        CHECK(difference(before, host.snapshot()) == no_difference);
    }
}

TEST_CASE("half attaches while the other half detaches") {
    const Host host;
    prepare(host);
    const auto before = host.snapshot();
    Fleet first = make_fleet(host, many / 2, {{"io.ocinet.publish", "80"}});
    CHECK(tally(hook_all(host, first, "createRuntime")).failures == 0);
    Fleet second = make_fleet(host, many / 2, {{"io.ocinet.publish", "80"}});
    // The last user's release and the next one's set-up meet: the bridge and the table must be
    // there for those who stay.
    std::vector<Process> hooks;
    for (std::size_t i = 0; i < many / 2; ++i) {
        hooks.push_back(start_hook(host, *first[i], "poststop"));
        hooks.push_back(start_hook(host, *second[i], "createRuntime"));
    }
    std::vector<Result> results;
    for (auto& hook : hooks) {
        results.push_back(hook.wait());
    }
    const Tally both = tally(results);
    INFO(both.messages);
    CHECK(both.failures == 0);
    std::vector<Result> attached;
    for (std::size_t i = 1; i < results.size(); i += 2) {
        attached.push_back(results[i]);
    }
    const auto all = attachments(attached);
    report("attaches and detaches at once", both, duplicates(all), 0);
    CHECK(duplicates(all) == 0);
    check_in_kernel(host, second, all);
    remove_all(host, second, true, "detaches at once");
    CHECK(difference(before, host.snapshot()) == no_difference);
}

TEST_CASE("the last container goes while the first one comes") {
    const Host host;
    prepare(host);
    const auto before = host.snapshot();
    Tally all;
    Fleet leaving = make_fleet(host, 1, {{"io.ocinet.publish", "8080:80"}});
    leaving[0]->attach();
    const int rounds = sized(10, 100, 1000);
    for (int round = 0; round < rounds; ++round) {
        const std::string port = round % 2 == 0 ? "8081:80" : "8080:80";
        Fleet coming = make_fleet(host, 1, {{"io.ocinet.publish", port}});
        Process out = start_hook(host, *leaving[0], "poststop");
        Process in = start_hook(host, *coming[0], "createRuntime");
        all.count(out.wait());
        all.count(in.wait());
        const std::string bridge =
            host.sh("ip -o -4 address show ocinet0; nft list set inet ocinet bridges");
        CHECK_THAT(bridge, contains("10.90.0.1/16") && contains("\"ocinet0\""));
        leaving = std::move(coming);
    }
    leaving[0]->detach();
    const auto left = leftovers(host);
    report("last goes, first comes", all, 0, left.size());
    INFO(all.messages);
    CHECK(all.failures == 0);
    CHECK(difference(before, host.snapshot()) == no_difference);
}

TEST_CASE("several networks at once") {
    const Host host;
    prepare(host);
    const auto before = host.snapshot();
    Fleet fleet;
    for (std::size_t network = 0; network < 4; ++network) {
        const std::string name = "net" + std::to_string(network);
        host.write_network(
            name, {{"subnets", {{{"subnet", "10." + std::to_string(network) + ".0.0/24"}}}},
                   {"internal", network == 3}});
        for (auto& container : make_fleet(host, many / 4, {{"io.ocinet.network", name}})) {
            fleet.push_back(std::move(container));
        }
    }
    const auto results = hook_all(host, fleet, "createRuntime");
    const Tally attached = tally(results);
    const auto all = attachments(results);
    report("attaches at once in 4 networks", attached, duplicates(all), 0);
    INFO(attached.messages);
    CHECK(attached.failures == 0);
    CHECK(duplicates(all) == 0);
    for (std::size_t i = 0; i < all.size(); ++i) {
        CHECK_THAT(all[i]["addresses"][0].get<std::string>(),
                   contains("10." + std::to_string(i / (many / 4)) + ".0."));
    }
    check_in_kernel(host, fleet, all);
    remove_all(host, fleet, false, "detaches at once in 4 networks");
    CHECK(difference(before, host.snapshot()) == no_difference);
}

TEST_CASE("more attach at once than there are addresses") {
    const Host host;
    prepare(host);
    const std::size_t enough = many / 4 * 3;
    host.write_network("web", {{"subnets",
                                {{{"subnet", "192.0.2.0/24"},
                                  {"lease_range",
                                   {{"start_ip", "192.0.2.101"},
                                    {"end_ip", "192.0.2." + std::to_string(100 + enough)}}}}}}});
    Fleet fleet = make_fleet(host, many, {{"io.ocinet.network", "web"}});
    for (int round = 1; round <= 2; ++round) {
        CAPTURE(round);
        const auto results = hook_all(host, fleet, "createRuntime");
        const auto all = attachments(results);
        const Tally attached = tally(results);
        report("attaches at once, a quarter too many", attached, duplicates(all), 0);
        CHECK(all.size() == enough);
        CHECK(duplicates(all) == 0);
        CHECK(attached.failures == int(many - enough));
        for (const auto& result : results) {
            if (result.status != 0) {
                CHECK_THAT(result.err, contains("no address is free between 192.0.2.101"));
            }
        }
        remove_all(host, fleet, true, "detaches at once, a quarter never attached");
    }
}

TEST_CASE("many want the same port, and the same address") {
    const Host host;
    prepare(host);
    const Annotations request = GENERATE(Annotations{{"io.ocinet.publish", "8080:80"}},
                                         Annotations{{"io.ocinet.network", "bridge:ip=10.90.9.9"}});
    Fleet fleet = make_fleet(host, many / 2, request);
    const auto results = hook_all(host, fleet, "createRuntime");
    std::string winner;
    for (std::size_t i = 0; i < results.size(); ++i) {
        if (results[i].status == 0) {
            CHECK(winner.empty());
            winner = fleet[i]->id();
        }
    }
    REQUIRE_FALSE(winner.empty());
    for (const auto& result : results) {
        if (result.status != 0) {
            CHECK_THAT(result.err, contains("container " + winner));
        }
    }
    remove_all(host, fleet, true, "detaches at once, one attached");
}

TEST_CASE("the hook is called many times at once for one container") {
    const Host host;
    const Container box(host, {{"io.ocinet.publish", "80"}});
    std::vector<Process> hooks;
    for (int i = 0; i < 16; ++i) {
        hooks.push_back(start_hook(host, box, i % 2 == 0 ? "prestart" : "createRuntime"));
    }
    std::set<std::string> answers;
    for (auto& hook : hooks) {
        const Result result = hook.wait();
        CHECK(result.status == 0);
        CHECK(result.err.empty());
        answers.insert(result.out);
    }
    CHECK(answers.size() == 1);
    CHECK(count_lines(host.sh("bridge link show")) == 1);
    box.detach();
    CHECK(leftovers(host) == nothing_left);
}

} // namespace ocinet::test
