// SPDX-License-Identifier: GPL-2.0-or-later
// Attaches, detaches and crashes in any order.
#include <poll.h>

#include <array>
#include <map>
#include <optional>
#include <random>

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

} // namespace ocinet::test
