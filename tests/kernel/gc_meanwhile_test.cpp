// SPDX-License-Identifier: GPL-2.0-or-later
// `ocinet gc` at every moment of a set-up: a container that is half-made is nobody's to sweep.
#include <algorithm>
#include <optional>

#include "netsetup/base/text.h"
#include "tests/crown/sample.h"
#include "tests/kernel/trace.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"
#include "tests/support/waiting.h"

namespace ocinet::test {

namespace {

/// Sweeps beside a hook that stands still.
class Sweeps {
public:
    Sweeps(const Host& host, const Container& box) : host_(host), box_(box) {}

    void one_more() {
        count_half_made();
        // One that waits for a lock of the hook's goes on when the hook does. Until it has, the
        // others only look, which needs no lock.
        if (waiting_ && !waiting_->running()) {
            expect_nothing(*waiting_);
            waiting_.reset();
        }
        Process sweep =
            host_.start("exec " + shell_word(cli_program()) + (waiting_ ? " gc --dry-run" : " gc"));
        CHECK(eventually([&] { return !sweep.running() || waits_for_lock(sweep); }));
        if (sweep.running()) {
            waiting_.emplace(std::move(sweep));
        } else {
            expect_nothing(sweep);
        }
    }

    void finish() {
        if (waiting_) {
            expect_nothing(*waiting_);
        }
    }

    /// How many there were while the record of a set-up was there that was not at its end.
    int half_made = 0;

private:
    void count_half_made() {
        const std::string record = "/run/ocinet/containers/" + box_.id() + ".json";
        half_made += host_.run("grep -q attaching " + record).status == 0 ? 1 : 0;
    }

    static void expect_nothing(Process& sweep) {
        const Result result = sweep.wait();
        CHECK(result.status == 0);
        CHECK(result.out == "nothing to remove\n");
        CHECK(result.err.empty());
    }

    const Host& host_;
    const Container& box_;
    std::optional<Process> waiting_;
};

// The hook's system calls, counted, when nothing happens beside it.
std::size_t count_calls(const Host& host, const Container& box, const Call& call) {
    std::size_t count = 0;
    trace_hook(host, box.state(call.stage).dump(), call,
               [&](const Stop& stop) { count += stop.before ? 1 : 0; });
    return count;
}

// Without /run/ocinet, which remembers the address that was given last.
nlohmann::json kernel_of(const Host& host) {
    auto state = host.snapshot();
    state.erase("run");
    return state;
}

} // namespace

TEST_CASE("a sweep takes nothing from a container that is being attached, at any moment of it") {
    const Host host;
    const Container neighbour(host, {{"io.ocinet.publish", "80"}});
    const Container box(host, published);
    const bool cold = GENERATE(true, false);
    CAPTURE(cold, seed());
    if (!cold) {
        neighbour.attach();
    }
    host.sh("echo 1 >/proc/sys/net/ipv4/ip_forward");
    const auto before = kernel_of(host);
    const Call call{.options = {"--deadline", "3600"}}; // all those sweeps take a while
    const std::size_t calls = count_calls(host, box, call);
    box.detach();
    const auto points = sample(0, calls, 20, 60);
    Sweeps sweeps(host, box);
    std::size_t at = 0;
    const auto look = [&](const Stop& stop) {
        if (stop.before && std::find(points.begin(), points.end(), at++) != points.end()) {
            sweeps.one_more();
        }
    };
    const Result result = trace_hook(host, box.state("createRuntime").dump(), call, look);
    sweeps.finish();
    CHECK(result.status == 0);
    CHECK(result.err.empty());
    CHECK(sweeps.half_made > 0);
    CHECK(differences(host, box).empty());
    if (!cold) {
        CHECK(differences(host, neighbour).empty());
    }
    box.detach();
    CHECK(difference(before, kernel_of(host)) == no_difference);
    if (!cold) {
        neighbour.detach();
    }
    CHECK(leftovers(host) == nothing_left);
}

} // namespace ocinet::test
