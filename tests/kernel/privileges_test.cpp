// SPDX-License-Identifier: GPL-2.0-or-later
// From the moment on at which the first thing changes, the shipped programs hold CAP_NET_ADMIN and
// nothing else. Read from the living processes, at each of their system calls.
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <filesystem>
#include <iterator>
#include <map>
#include <set>

#include "netsetup/base/text.h"
#include "tests/kernel/trace.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

using Status = std::map<std::string, std::string>;

Status status_of(pid_t pid) {
    Status status;
    const std::string text = read_text("/proc/" + std::to_string(pid) + "/status");
    for (const auto line : split(text, '\n')) {
        const auto colon = line.find(':');
        if (colon != std::string_view::npos) {
            status[std::string(line.substr(0, colon))] = trim(line.substr(colon + 1));
        }
    }
    return status;
}

const std::string no_excess;

constexpr const char* filter_mode = "2"; // SECCOMP_MODE_FILTER

// Empty when it holds CAP_NET_ADMIN (12) alone and can never gain more.
std::string excess_of(pid_t pid) {
    const Status status = status_of(pid);
    std::string excess;
    for (const auto& [name, wanted] : Status{{"CapInh", "0000000000000000"},
                                             {"CapPrm", "0000000000001000"},
                                             {"CapEff", "0000000000001000"},
                                             {"CapBnd", "0000000000001000"},
                                             {"CapAmb", "0000000000000000"},
                                             {"NoNewPrivs", "1"},
                                             {"Seccomp", filter_mode}}) {
        if (status.at(name) != wanted) {
            excess += name + " " + status.at(name) + "; ";
        }
    }
    return excess;
}

std::size_t descriptors_of(pid_t pid) {
    const std::filesystem::directory_iterator begin("/proc/" + std::to_string(pid) + "/fd");
    return std::size_t(std::distance(begin, std::filesystem::directory_iterator()));
}

// Watches each process of a call of the hook.
struct Watch {
    // Called once, when the hook has confined itself.
    std::function<void()> confined = [] {};

    std::set<pid_t> seen;
    std::map<pid_t, std::string> name; // of those that are confined
    // System calls after the filter of system calls was installed: the last step of confining.
    std::map<pid_t, int> calls_confined;
    std::map<pid_t, std::size_t> descriptors_at_exit;
    std::string excess;
    pid_t hook = 0;

    void operator()(const Stop& stop) {
        if (hook == 0) {
            hook = stop.pid;
        }
        if (stop.before && stop.number == SYS_exit_group) {
            descriptors_at_exit[stop.pid] = descriptors_of(stop.pid);
        }
        const bool is_last_step = stop.number == SYS_seccomp && !stop.before;
        // A child of the confined hook is born so; ocinet-policy was there before.
        const bool is_born_so = seen.insert(stop.pid).second && calls_confined.contains(hook);
        if (is_last_step || is_born_so) {
            note_confined(stop.pid);
        } else if (!calls_confined.contains(stop.pid)) {
            return;
        }
        ++calls_confined[stop.pid];
        if (const std::string found = excess_of(stop.pid); !found.empty() && excess.empty()) {
            excess =
                name[stop.pid] + " at system call " + std::to_string(stop.number) + ": " + found;
        }
    }

private:
    void note_confined(pid_t pid) {
        name[pid] = status_of(pid).at("Name");
        if (pid == hook && !calls_confined.contains(pid)) {
            confined();
        }
    }
};

// The number of watched processes called so; each made at least `calls` system calls confined.
int confined_processes(const Watch& watch, const std::string& name, int calls) {
    int count = 0;
    for (const auto& [pid, own] : watch.name) {
        count += own == name && watch.calls_confined.at(pid) >= calls ? 1 : 0;
    }
    return count;
}

} // namespace

TEST_CASE("createRuntime and ocinet-policy hold CAP_NET_ADMIN alone before anything changes") {
    const Host host;
    const Container box(host, published);
    const auto before = host.snapshot();
    const auto inside_before = box.snapshot();
    Watch watch;
    std::string changed = "never confined";
    watch.confined = [&] {
        changed = difference(before, host.snapshot()) + difference(inside_before, box.snapshot());
    };
    const Result result = trace_hook(host, box.state("createRuntime").dump(), {}, std::ref(watch));
    INFO(result.err);
    CHECK(result.status == 0);
    CHECK(changed == no_difference);
    CHECK(watch.excess == no_excess);
    CHECK(confined_processes(watch, "ocinet-hook", 50) == 1);
    CHECK(confined_processes(watch, "ocinet-policy", 20) == 1);
    CHECK(watch.name.size() == 2); // no other process works for us
    CHECK(differences(host, box).empty());
    box.detach();
    CHECK(leftovers(host) == nothing_left);
}

TEST_CASE("a failing createRuntime rolls back with CAP_NET_ADMIN alone") {
    const Host host;
    const Container box(host, published);
    box.sh("ip link add eth0 type bridge");
    const auto before = host.snapshot();
    Watch watch;
    const Result result = trace_hook(host, box.state("createRuntime").dump(), {}, std::ref(watch));
    CHECK(result.status == 1);
    CHECK_THAT(result.err, contains("eth0"));
    CHECK(watch.excess == no_excess);
    CHECK(confined_processes(watch, "ocinet-hook", 50) == 1);
    CHECK(difference(before, host.snapshot()) == no_difference);
}

TEST_CASE("poststop holds CAP_NET_ADMIN alone before anything changes") {
    const Host host;
    const Container box(host, published);
    box.attach();
    const auto before = host.snapshot();
    Watch watch;
    std::string changed = "never confined";
    watch.confined = [&] { changed = difference(before, host.snapshot()); };
    const Result result =
        trace_hook(host, box.state("poststop").dump(), {.stage = "poststop"}, std::ref(watch));
    INFO(result.err);
    CHECK(result.status == 0);
    CHECK(changed == no_difference);
    CHECK(watch.excess == no_excess);
    CHECK(confined_processes(watch, "ocinet-hook", 20) >= 1);
    // What outlives it keeps the caller waiting for nothing: one descriptor, the socket to close.
    for (const auto& [pid, descriptors] : watch.descriptors_at_exit) {
        CHECK((pid == watch.hook || descriptors == 1));
    }
    CHECK(leftovers(host) == nothing_left);
}

TEST_CASE("what is inherited is given up, too") {
    const Host host;
    const Container box(host, on_bridge);
    Watch watch;
    // As from a caller with inheritable and ambient capabilities.
    const Call call{.prepare = [] {
        if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 21, 0, 0) != 0) {
            // CAP_SYS_ADMIN must be inheritable first
            struct {
                std::uint32_t version = 0x20080522;
                int pid = 0;
            } header;
            std::uint32_t data[6] = {};
            ::syscall(SYS_capget, &header, data);
            data[2] |= 1U << 21;
            ::syscall(SYS_capset, &header, data);
            ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 21, 0, 0);
        }
    }};
    const Result result =
        trace_hook(host, box.state("createRuntime").dump(), call, std::ref(watch));
    CHECK(result.status == 0);
    CHECK(watch.excess == no_excess);
    CHECK(confined_processes(watch, "ocinet-hook", 50) == 1);
}

} // namespace ocinet::test
