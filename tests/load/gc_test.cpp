// SPDX-License-Identifier: GPL-2.0-or-later
// `ocinet gc` over and over while many attach: the living lose nothing, the dead are named.
#include <csignal>
#include <iterator>
#include <set>
#include <sstream>

#include "netsetup/base/text.h"
#include "tests/load/fleet.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

// Sweeps one after the other, each second one a dry run, until SIGTERM.
Process start_sweeping(const Host& host) {
    const std::string gc = shell_word(cli_program()) + " gc --json";
    Process sweeping = host.start("trap 'exit 0' TERM; while " + gc + " && " + gc +
                                  " --dry-run; do :; done; exit 1");
    sweeping.wait_for_output("]\n"); // it has begun
    return sweeping;
}

// What the sweeps said, one list each.
std::vector<json> stop_sweeping(Process& sweeping) {
    sweeping.signal(SIGTERM);
    const Result result = sweeping.wait();
    CHECK(result.status == 0);
    CHECK(result.err.empty());
    std::vector<json> all;
    std::istringstream out(result.out);
    while (out >> std::ws && !out.eof()) {
        json one;
        out >> one;
        all.push_back(std::move(one));
    }
    return all;
}

// The host and the containers have what these were told.
void expect_whole(const Host& host, const Fleet& fleet, const std::vector<Result>& results) {
    const auto told = attachments(results);
    CHECK(duplicates(told) == 0);
    REQUIRE(told.size() == fleet.size());
    for (std::size_t i = 0; i < fleet.size(); ++i) {
        CHECK_THAT(fleet[i]->sh("ip -o address show eth0"),
                   contains(" " + told[i]["addresses"][0].get<std::string>() + " "));
    }
    const Result check = host.run("exec " + shell_word(cli_program()) + " check");
    INFO(check.out << check.err);
    CHECK(check.status == 0);
}

} // namespace

TEST_CASE("sweeps take nothing from the living while 32 others attach") {
    const Host host;
    host.sh("echo 1 >/proc/sys/net/ipv4/ip_forward");
    const auto before = host.snapshot();
    const Annotations published{{"io.ocinet.publish", "80,53/udp"}};
    Fleet all = make_fleet(host, 8, published);
    auto results = hook_all(host, all, "createRuntime");
    Fleet dying = make_fleet(host, 8, published);
    CHECK(tally(hook_all(host, dying, "createRuntime")).messages.empty());

    Process sweeping = start_sweeping(host);
    std::set<std::string> ended;
    for (int round = sized(1, 4, 32); round > 0; --round) {
        const Fleet coming = make_fleet(host, bearable(32), published);
        CHECK(tally(hook_all(host, coming, "createRuntime")).messages.empty());
        CHECK(tally(hook_all(host, coming, "poststop")).messages.empty());
        for (const auto& container : coming) {
            ended.insert(container->id()); // before its poststop began
        }
    }
    for (auto& container : dying) {
        container->kill();
        ended.insert(container->id());
    }
    Fleet coming = make_fleet(host, bearable(32), published);
    auto said = hook_all(host, coming, "createRuntime");
    std::move(coming.begin(), coming.end(), std::back_inserter(all));
    std::move(said.begin(), said.end(), std::back_inserter(results));
    CHECK(tally(results).messages.empty());
    const auto sweeps = stop_sweeping(sweeping);
    // A set-up in passing may have been faster than they.
    CHECK(host.run("exec " + shell_word(cli_program()) + " gc").status == 0);
    for (const auto& one : sweeps) {
        for (const auto& told : one) {
            INFO(told.dump());
            CHECK(ended.contains(told["id"]));
        }
    }
    report(std::to_string(sweeps.size()) + " sweeps", tally(results), 0, 0);
    expect_whole(host, all, results);
    CHECK(tally(hook_all(host, all, "poststop")).messages.empty());
    CHECK(difference(before, host.snapshot()) == no_difference);
}

} // namespace ocinet::test
