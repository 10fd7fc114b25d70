// SPDX-License-Identifier: GPL-2.0-or-later
// What an attach and a detach ask of the kernel does not depend on how many containers there are.
// Counted, not timed.
#include <cstdio>
#include <map>
#include <set>
#include <sstream>

#include "netsetup/base/error.h"
#include "netsetup/base/text.h"
#include "tests/load/fleet.h"
#include "tests/support/catch.h"

namespace ocinet::test {

namespace {

using Calls = std::map<std::string, int>;

// The allocator's; and how a read of some bytes is cut into pieces is the kernel's.
const std::set<std::string> not_counted = {"brk",     "mmap",     "munmap",         "mremap",
                                           "madvise", "mprotect", "restart_syscall"};

// Lines such as `4711 openat(AT_FDCWD, …) = 3`; what is cut in two has its name in the first half.
Calls parse(const std::string& trace) {
    Calls calls;
    std::istringstream lines(trace);
    for (std::string line; std::getline(lines, line);) {
        const auto begin = line.find_first_not_of("0123456789 ");
        const auto parenthesis = line.find('(', begin == std::string::npos ? 0 : begin);
        if (begin == std::string::npos || parenthesis == std::string::npos ||
            line.compare(begin, 3, "---") == 0 || line.compare(begin, 3, "+++") == 0 ||
            line.compare(begin, 4, "<...") == 0) {
            continue;
        }
        const std::string name = line.substr(begin, parenthesis - begin);
        if (!not_counted.contains(name)) {
            ++calls[name];
        }
    }
    return calls;
}

Calls calls_of(const Host& host, const Container& box, const std::string& stage) {
    const TempDir directory;
    const std::string file = directory / "trace";
    const Result result =
        host.run("exec strace -f -qq -o " + file + " " + shell_word(hook_program()) + " " + stage,
                 box.state(stage).dump());
    if (result.status != 0) {
        throw Error(stage + ": " + result.err);
    }
    return parse(read_text(file));
}

int total(const Calls& calls) {
    int sum = 0;
    for (const auto& [name, count] : calls) {
        sum += count;
    }
    return sum;
}

std::string changes(const Calls& before, const Calls& after) {
    Calls all = before;
    all.insert(after.begin(), after.end());
    std::string text;
    for (const auto& entry : all) {
        const std::string& name = entry.first;
        const auto count = [&](const Calls& calls) {
            return calls.contains(name) ? calls.at(name) : 0;
        };
        if (count(before) != count(after)) {
            text += name + " " + std::to_string(count(before)) + " -> " +
                    std::to_string(count(after)) + "\n";
        }
    }
    return text;
}

struct Cost {
    Calls attach;
    Calls detach;
};

Cost cost(const Host& host) {
    const Container box(host, {{"io.ocinet.publish", "8080:80,53:53/udp"}});
    Cost found;
    // A set-up looks at two other containers' records in passing, in rotation: from the start.
    host.sh("rm -f /run/ocinet/rotation");
    found.attach = calls_of(host, box, "createRuntime");
    found.detach = calls_of(host, box, "poststop");
    return found;
}

void attach_all(const Host& host, const Fleet& fleet) {
    const Tally attached = tally(hook_all(host, fleet, "createRuntime"));
    INFO(attached.messages);
    REQUIRE(attached.failures == 0);
}

} // namespace

TEST_CASE("an attach makes the same system calls with few containers and with many") {
    const Host host;
    const auto first = make_fleet(host, 1, {{"io.ocinet.publish", "80,53/udp"}});
    attach_all(host, first);
    const Cost with_1 = cost(host);
    const auto few = make_fleet(host, 8, {{"io.ocinet.publish", "80,53/udp"}});
    attach_all(host, few);
    const Cost with_9 = cost(host);
    const std::size_t many = std::size_t(sized(64, 200, 500));
    std::vector<Fleet> more;
    const std::size_t group = bearable(32);
    while (more.size() * group < many) {
        more.push_back(make_fleet(host, group, {{"io.ocinet.publish", "80,53/udp"}}));
        attach_all(host, more.back());
    }
    const Cost with_many = cost(host);
    std::printf("system calls of an attach with 1, 9 and %zu containers: %d, %d, %d; of a detach: "
                "%d, %d, %d\n",
                9 + more.size() * group, total(with_1.attach), total(with_9.attach),
                total(with_many.attach), total(with_1.detach), total(with_9.detach),
                total(with_many.detach));
    CHECK(changes(with_9.attach, with_many.attach).empty());
    CHECK(changes(with_9.detach, with_many.detach).empty());
    CHECK(changes(with_1.detach, with_9.detach).empty());
    // Where there is but one other, a set-up has fewer records to look at.
    CHECK(total(with_9.attach) - total(with_1.attach) <= 3 * 20);
    for (const char* netlink : {"sendmsg", "sendto", "socket", "setns"}) {
        const auto count = [&](const Calls& calls) {
            return calls.contains(netlink) ? calls.at(netlink) : 0;
        };
        CAPTURE(netlink);
        CHECK(count(with_1.attach) == count(with_many.attach));
    }
}

} // namespace ocinet::test
