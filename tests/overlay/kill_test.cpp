// SPDX-License-Identifier: GPL-2.0-or-later
// ocinet-overlay is killed at any of its system calls; the next one goes on where it was.
#include <csignal>
#include <iostream>
#include <map>
#include <regex>
#include <sstream>

#include "tests/crown/sample.h"
#include "tests/overlay/two_hosts.h"
#include "tests/support/temp_dir.h"

namespace ocinet::test {

namespace {

/// One of a program's system calls: the `count`th of that name.
struct Call {
    std::string name;
    int count = 0;
};

std::vector<Call> calls_in(const std::string& trace) {
    static const std::regex begin(R"(^\d+ +(\w+)\()");
    std::vector<Call> calls;
    std::map<std::string, int> counts;
    std::istringstream lines(trace);
    std::smatch found;
    for (std::string line; std::getline(lines, line);) {
        if (std::regex_search(line, found, begin)) {
            calls.push_back({found[1], ++counts[found[1]]});
        }
    }
    return calls;
}

/// Two hosts with a container each, of which the first one's program is killed; each time it has
/// all to do again that it ever does.
class Course {
public:
    Course() : here_(hosts_.net.container(1, "blue")), there_(hosts_.net.container(2, "blue")) {
        here_.attach();
        there_.attach();
        REQUIRE(comes_to_reach(here_, address_of(there_)));
        REQUIRE(comes_to_reach(there_, address_of(here_)));
        settled_ = state();
    }

    std::vector<Call> undisturbed() {
        const TempDir directory;
        lose_everything();
        hosts_.one.start("strace -f -qq -o " + (directory / "calls") + " ");
        REQUIRE(is_settled());
        hosts_.one.kill();
        return calls_in(read_text(directory / "calls"));
    }

    void kill_at(const Call& call) {
        lose_everything();
        hosts_.one.start("strace -f -qq -o /dev/null -e trace=" + call.name + " -e inject=" +
                         call.name + ":signal=SIGKILL:when=" + std::to_string(call.count) + " ");
        // It need not come so far: how often it reads depends on what comes at once.
        CHECK(eventually([&] { return !hosts_.one.running() || state() == settled_; }));
        hosts_.one.kill();
        hosts_.one.start();
        CHECK(is_settled());
        CHECK(state() == settled_);
        CHECK(comes_to_reach(here_, address_of(there_)));
        CHECK(comes_to_reach(there_, address_of(here_)));
    }

private:
    // The names of the keys, the files, and what the kernel knows.
    std::string state() const {
        std::string text = hosts_.one.host.sh(
            "cd /var/lib/ocinet/overlay && ls && cat instance && cat blue.json 2>&1; "
            "bridge fdb show dev vx-blue; ip neighbour show nud permanent");
        for (const auto& key : hosts_.etcd.keys("")) {
            text += key + "\n";
        }
        return text;
    }
    bool is_settled() const {
        return eventually([&] { return state() == settled_; });
    }

    // But for who is there, and the containers on the other host.
    void lose_everything() {
        hosts_.one.kill();
        hosts_.one.host.sh("rm -f /var/lib/ocinet/overlay/blue.json; "
                           "bridge fdb show dev vx-blue | grep 192.0.2.2 | while read mac rest; do "
                           "bridge fdb del $mac dev vx-blue; done");
        for (const char* below : {"networks/", "vnis/", "blocks/"}) {
            hosts_.etcd.ctl(std::string("del --prefix /ocinet/") + below);
        }
    }

    Two hosts_;
    Container here_;
    Container there_;
    std::string settled_;
};

} // namespace

TEST_CASE("etcd: killed anywhere, the next ocinet-overlay goes on where it was") {
    SKIP_IF_MISSING(missing_for_etcd());
    Course course;
    const auto calls = course.undisturbed();
    const auto chosen = sample(0, calls.size(), 2, 12);
    for (const auto at : chosen) {
        INFO("seed " << seed() << ", at " << at << " of " << calls.size() << ": " << calls[at].name
                     << " " << calls[at].count);
        course.kill_at(calls[at]);
    }
    std::cout << "ocinet-overlay killed at " << chosen.size() << " points of " << calls.size()
              << " system calls; seed " << seed() << std::endl;
}

} // namespace ocinet::test
