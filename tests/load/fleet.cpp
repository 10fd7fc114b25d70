// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/load/fleet.h"

#include <sys/eventfd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <set>

#include "netsetup/base/error.h"
#include "netsetup/base/fd.h"
#include "netsetup/base/text.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

std::string command_of(const std::string& stage) {
    return "exec " + shell_word(hook_program()) + " " + stage + " " +
           join(options_for_slowness(), " ");
}

} // namespace

int sized(int quick, int standard, int lengthy) {
    const char* size = std::getenv("OCINET_TESTS");
    const std::string name = size ? size : "default";
    return name == "quick" ? quick : name == "long" ? lengthy : standard;
}

std::size_t bearable(std::size_t count) {
    return is_guest() ? count / 4 : count;
}

unsigned seed() {
    const char* given = std::getenv("OCINET_SEED");
    const unsigned chosen =
        given ? unsigned(std::strtoul(given, nullptr, 10)) : unsigned(std::time(nullptr));
    std::printf("OCINET_SEED=%u\n", chosen);
    return chosen;
}

Fleet make_fleet(const Host& host, std::size_t count, const Annotations& annotations) {
    Fleet fleet;
    for (std::size_t i = 0; i < count; ++i) {
        fleet.push_back(std::make_unique<Container>(host, annotations));
    }
    return fleet;
}

Call hook_call(const Container& container, const std::string& stage) {
    return {command_of(stage), container.state(stage).dump()};
}

Process start_hook(const Host& host, const Container& container, const std::string& stage) {
    const Call call = hook_call(container, stage);
    return Process(
        [&] {
            host.enter();
            exec_shell(call.command);
        },
        call.stdin_text);
}

std::vector<Result> run_at_once(const Host& host, const std::vector<Call>& calls) {
    const Fd gate(::eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE));
    const Fd ready(::eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE));
    std::vector<Process> processes;
    for (const auto& call : calls) {
        processes.emplace_back(
            [&] {
                host.enter();
                eventfd_t ignored = 0;
                ::eventfd_write(ready.get(), 1);
                ::eventfd_read(gate.get(), &ignored);
                exec_shell(call.command);
            },
            call.stdin_text);
    }
    for (std::size_t i = 0; i < calls.size(); ++i) {
        eventfd_t ignored = 0;
        ::eventfd_read(ready.get(), &ignored);
    }
    ::eventfd_write(gate.get(), calls.size());
    std::vector<Result> results;
    results.reserve(processes.size());
    for (auto& process : processes) {
        results.push_back(process.wait());
    }
    return results;
}

std::vector<Result> hook_all(const Host& host, const Fleet& fleet, const std::string& stage) {
    std::vector<Call> calls;
    for (const auto& container : fleet) {
        calls.push_back(hook_call(*container, stage));
    }
    return run_at_once(host, calls);
}

void Tally::count(const Result& result) {
    ++done;
    if (result.status != 0 || !result.err.empty()) {
        ++failures;
        messages += "status " + std::to_string(result.status) + ": " + result.out + result.err;
    }
}

Tally tally(const std::vector<Result>& results) {
    Tally all;
    for (const auto& result : results) {
        all.count(result);
    }
    return all;
}

std::vector<json> attachments(const std::vector<Result>& results) {
    std::vector<json> all;
    for (const auto& result : results) {
        if (result.status == 0) {
            const json answer = json::parse(result.out);
            all.insert(all.end(), answer["attachments"].begin(), answer["attachments"].end());
        }
    }
    return all;
}

int duplicates(const std::vector<json>& attachments) {
    std::set<std::string> seen;
    int found = 0;
    const auto look = [&](const std::string& text) { found += seen.insert(text).second ? 0 : 1; };
    for (const auto& attached : attachments) {
        look("mac " + attached["mac"].get<std::string>());
        look("link " + attached["host_interface"].get<std::string>());
        for (const std::string address : attached["addresses"]) {
            look("address " + address);
        }
        for (const std::string port : attached["ports"]) {
            // "80/tcp -> 0.0.0.0:8080"
            const auto slash = port.find('/');
            look("port " + port.substr(slash));
        }
    }
    return found;
}

void report(const std::string& what, const Tally& tally, int duplicates, std::size_t leftovers) {
    std::printf("%s: %d operations, %d failures, %d duplicates, %zu leftovers\n", what.c_str(),
                tally.done, tally.failures, duplicates, leftovers);
}

std::string hidden_state(const Host& host) {
    const std::string own = "net:[" + std::to_string(host.netns()) + "]";
    // Without those that do the counting: a shell and its children of this moment.
    return host.sh(
        "count=0; for process in /proc/[0-9]*; do [ \"$(readlink $process/ns/net)\" != '" + own +
        "' ] || count=$((count + 1)); done 2>/dev/null\n" +
        "echo processes $count; echo netlink $(wc -l </proc/net/netlink)\n"
        "echo mounts $(wc -l </proc/self/mountinfo)\n"
        "echo inodes of /run $(($(stat -f -c '%c - %d' /run)))");
}

} // namespace ocinet::test
