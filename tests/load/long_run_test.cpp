// SPDX-License-Identifier: GPL-2.0-or-later
// Over and over: nothing may pile up.
#include <poll.h>

#include <array>
#include <future>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "netsetup/base/error.h"
#include "tests/load/fleet.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

constexpr std::size_t workers = 4;
constexpr std::size_t most_containers = 24;

void prepare(const Host& host) {
    host.sh("echo 1 >/proc/sys/net/ipv4/ip_forward");
    host.write_network("web", {{"subnets", {{{"subnet", "192.0.2.0/27"}}}}});
    host.write_network("inner",
                       {{"subnets", {{{"subnet", "198.51.100.0/27"}}}}, {"internal", true}});
}

// Attaches, detaches and crashes in random order, four at work at any time.
class Churn {
public:
    Churn(const Host& host, unsigned seed) : host_(host), random_(seed) {}

    void run(int operations) {
        for (int started = 0; started < operations; ++started) {
            start_one(free_worker());
        }
        for (auto& worker : workers_) {
            if (worker) {
                finish(worker);
            }
        }
    }

    // Half of those that are left get their poststop, the others a sweep.
    void end_all() {
        for (auto& [name, box] : attached_) {
            if (below(2) == 0) {
                box.container->detach();
            } else {
                box.container->kill();
            }
        }
        attached_.clear();
    }

    const Tally& tally() const { return tally_; }
    int duplicates() const { return duplicates_; }
    int crashes() const { return crashes_; }

private:
    struct Box {
        std::unique_ptr<Container> container;
        std::vector<std::string> held; // addresses and ports
    };
    struct Work {
        Process process;
        bool attaches = false;
        Box box;
    };
    using Worker = std::optional<Work>;

    std::size_t below(std::size_t limit) { return std::size_t(random_()) % limit; }

    Worker& free_worker() {
        std::array<pollfd, workers> ends{};
        for (std::size_t i = 0; i < workers; ++i) {
            if (!workers_[i]) {
                return workers_[i];
            }
            ends[i] = {workers_[i]->process.pidfd(), POLLIN, 0};
        }
        while (::poll(ends.data(), ends.size(), -1) < 0) {
        }
        for (std::size_t i = 0; i < workers; ++i) {
            if (ends[i].revents != 0) {
                finish(workers_[i]);
                return workers_[i];
            }
        }
        throw Error("no worker is free");
    }

    void start_one(Worker& worker) {
        const bool attaches =
            attached_.empty() || (attached_.size() < most_containers && below(5) < 3);
        Box box;
        if (attaches) {
            box.container = std::make_unique<Container>(host_, any_request());
        } else {
            auto chosen = attached_.begin();
            std::advance(chosen, below(attached_.size()));
            box = std::move(chosen->second);
            attached_.erase(chosen);
            forget(box); // from here on it may be given to another one
            crash_some(box);
        }
        Process process =
            start_hook(host_, *box.container, attaches ? "createRuntime" : "poststop");
        worker.emplace(Work{std::move(process), attaches, std::move(box)});
    }

    Annotations any_request() {
        static const std::array<const char*, 3> networks{"bridge", "web", "inner"};
        const std::size_t chosen = below(networks.size());
        Annotations request{{"io.ocinet.network", networks[chosen]}};
        if (chosen != 2 && below(2) == 0) {
            request["io.ocinet.publish"] = "80,53/udp,7000-7002:7000-7002";
            if (below(4) != 0) {
                request["io.ocinet.publish"] = "80,53/udp";
            } else if (range_is_taken_) {
                request.erase("io.ocinet.publish");
            } else {
                range_is_taken_ = true; // for good: its owner may be alive
            }
        }
        return request;
    }

    // A container that died: its end comes before poststop, as with a real runtime.
    void crash_some(Box& box) {
        if (below(2) == 0) {
            box.container->kill();
            ++crashes_;
        }
    }

    void finish(Worker& worker) {
        Work work = std::move(*worker);
        worker.reset();
        const Result result = work.process.wait();
        tally_.count(result);
        if (work.attaches && result.status == 0) {
            for (const auto& attached : attachments({result})) {
                remember(work.box, attached);
            }
            const std::string id = work.box.container->id();
            attached_.emplace(id, std::move(work.box));
        }
    }

    void remember(Box& box, const json& attached) {
        std::vector<std::string> held{attached["addresses"][0], attached["mac"],
                                      attached["host_interface"]};
        for (const std::string port : attached["ports"]) {
            held.push_back(port.substr(port.find('/')));
        }
        for (const auto& thing : held) {
            duplicates_ += owners_.emplace(thing, box.container->id()).second ? 0 : 1;
        }
        box.held = std::move(held);
    }

    void forget(const Box& box) {
        for (const auto& thing : box.held) {
            owners_.erase(thing);
        }
    }

    const Host& host_;
    std::mt19937 random_;
    std::array<Worker, workers> workers_;
    std::map<std::string, Box> attached_;
    std::map<std::string, std::string> owners_;
    Tally tally_;
    int duplicates_ = 0;
    int crashes_ = 0;
    bool range_is_taken_ = false;
};

// A dead container's link goes a moment after its process.
void sweep(const Host& host) {
    const bool swept = eventually([&] {
        host.sh(cli_program() + " gc");
        return host.sh("ls /run/ocinet/containers").empty();
    });
    CHECK(swept);
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

TEST_CASE("attaches, detaches and crashes in any order, four at a time") {
    const Host host;
    prepare(host);
    const auto before = host.snapshot();
    Churn churn(host, seed());
    churn.run(sized(60, 800, 8000));
    churn.end_all();
    sweep(host);
    const auto left = leftovers(host);
    report("churn with " + std::to_string(churn.crashes()) + " crashes", churn.tally(),
           churn.duplicates(), left.size());
    INFO(churn.tally().messages);
    CHECK(churn.tally().failures == 0);
    CHECK(churn.duplicates() == 0);
    CHECK(left == nothing_left);
    CHECK(difference(before, host.snapshot()) == no_difference);
}

TEST_CASE("containers attached and detached again and again leave nothing") {
    constexpr std::size_t side_by_side = 8;
    const int cycles = sized(32, 1000, 10000) / int(side_by_side);
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
