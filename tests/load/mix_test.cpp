// SPDX-License-Identifier: GPL-2.0-or-later
// Attach, detach, gc, reload and check, 64 at the same moment, and containers that die unseen.
#include <array>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include "netsetup/base/text.h"
#include "tests/load/fleet.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

const std::size_t at_once = bearable(64);
constexpr std::size_t most_containers = 96;

void prepare(const Host& host) {
    host.sh("echo 1 >/proc/sys/net/ipv4/ip_forward");
    host.write_network("web", {{"subnets", {{{"subnet", "192.0.2.0/25"}}}}});
    host.write_network("inner",
                       {{"subnets", {{{"subnet", "198.51.100.0/25"}}}}, {"internal", true}});
}

// Each as "THING ID": an address, or a port as the hook's result has it.
using Owned = std::set<std::string>;

// What an attached container said that it has.
Owned owned_by(const std::string& id, const Result& result) {
    Owned owned;
    for (const auto& attached : attachments({result})) {
        for (const std::string address : attached["addresses"]) {
            owned.insert(address.substr(0, address.find('/')) + " " + id);
        }
        for (const std::string port : attached["ports"]) {
            owned.insert(port.substr(port.find('/')) + " " + id); // 80/tcp -> 0.0.0.0:8080
        }
    }
    return owned;
}

// What /run/ocinet says whose it is.
Owned owned_on(const Host& host) {
    Owned owned;
    std::istringstream links(
        host.sh("cd /run/ocinet && find networks/*/*/leases ports -type l -printf '%p %l\\n'"));
    for (std::string path, id; links >> path >> id;) {
        std::istringstream words(path);
        std::vector<std::string> parts;
        for (std::string part; std::getline(words, part, '/');) {
            parts.push_back(part);
        }
        const bool is_port = parts[0] == "ports"; // ports/tcp/8080/0.0.0.0
        owned.insert(
            (is_port ? "/" + parts[1] + " -> " + parts[3] + ":" + parts[2] : parts.back()) + " " +
            id);
    }
    return owned;
}

class Mix {
public:
    Mix(const Host& host, unsigned seed) : host_(host), random_(seed) {}

    // Operations of which `at_once` begin together, until there were so many.
    void run(int operations) {
        while (tally_.done < operations) {
            lose_some();
            wave();
        }
    }

    /// Those that live, and what they have.
    Owned owned() const {
        Owned all;
        for (const auto& [id, box] : attached_) {
            all.insert(box.owned.begin(), box.owned.end());
        }
        return all;
    }

    // Half of those that are left get their poststop, the others a sweep.
    void end_all() {
        for (auto& [id, box] : attached_) {
            if (below(2) == 0) {
                tally_.count(box.container->hook("poststop"));
            } else {
                box.container->kill();
            }
        }
        attached_.clear();
    }

    const Tally& tally() const { return tally_; }
    int duplicates() const { return duplicates_; }
    std::string counts() const {
        std::string text = std::to_string(dead_.size()) + " dead unseen";
        for (const auto& [verb, count] : counts_) {
            text += ", " + std::to_string(count) + " " + verb;
        }
        return text;
    }

private:
    struct Box {
        std::unique_ptr<Container> container;
        Owned owned;
    };
    struct Work {
        std::string verb;
        Box box; // of the hook's calls
        bool is_gone = false;
    };

    std::size_t below(std::size_t limit) { return std::size_t(random_()) % limit; }

    Box take_any() {
        auto chosen = attached_.begin();
        std::advance(chosen, below(attached_.size()));
        Box box = std::move(chosen->second);
        attached_.erase(chosen);
        return box;
    }

    // Containers that end without poststop, which a sweep or another's set-up finds.
    void lose_some() {
        for (std::size_t i = below(4); i > 0 && !attached_.empty(); --i) {
            dead_.insert(take_any().container->id());
        }
    }

    Work any_work(std::size_t attaching) {
        static const std::array<const char*, 5> verbs{"gc --json", "gc --dry-run --json", "reload",
                                                      "check", "check"};
        const bool full = attached_.size() + attaching >= most_containers;
        Work work;
        if (below(4) == 0) {
            work.verb = verbs[below(verbs.size())];
        } else if (attached_.empty() || (!full && below(5) < 3)) {
            work.verb = "attach";
            work.box.container = any_idle();
        } else {
            work.verb = "detach";
            work.box = take_any();
            work.is_gone = below(8) == 0;
        }
        if (work.is_gone) {
            work.box.container->kill(); // its end comes before poststop, as with a real runtime
        }
        return work;
    }

    // One that was attached before, or a new one. Most come again: the kernel holds its lock on
    // links while it takes a namespace apart, and it is not for this that all others should wait.
    std::unique_ptr<Container> any_idle() {
        if (idle_.empty() || (idle_.size() < most_containers && below(4) == 0)) {
            return std::make_unique<Container>(host_, any_request());
        }
        std::swap(idle_[below(idle_.size())], idle_.back());
        auto chosen = std::move(idle_.back());
        idle_.pop_back();
        return chosen;
    }

    Annotations any_request() {
        static const std::array<const char*, 4> networks{"bridge", "web", "inner", "inner;web"};
        const std::size_t chosen = below(networks.size());
        Annotations request{{"io.ocinet.network", networks[chosen]}};
        if (chosen != 2 && below(2) == 0) {
            request["io.ocinet.publish"] = "80,53/udp";
        }
        return request;
    }

    Call call_of(const Work& work) const {
        if (!work.box.container) {
            return {"exec " + shell_word(cli_program()) + " " + work.verb, ""};
        }
        Call call =
            hook_call(*work.box.container, work.verb == "attach" ? "createRuntime" : "poststop");
        // How long 64 take is not asked here, but whether one waits for ever.
        call.command += " --deadline 600";
        return call;
    }

    void wave() {
        std::vector<Work> works;
        std::vector<Call> calls;
        std::size_t attaching = 0;
        while (works.size() < at_once) {
            works.push_back(any_work(attaching));
            attaching += works.back().verb == "attach" ? 1 : 0;
            calls.push_back(call_of(works.back()));
        }
        const auto results = run_at_once(host_, calls);
        for (std::size_t i = 0; i < works.size(); ++i) {
            finish(works[i], results[i]);
        }
        count_duplicates();
        check_swept();
    }

    void finish(Work& work, const Result& result) {
        tally_.count(result);
        ++counts_[work.verb];
        if (work.verb.starts_with("gc")) {
            for (const auto& told : json::parse(result.out)) {
                swept_.insert(told["id"]);
            }
        }
        if (work.verb == "attach" && result.status == 0) {
            const std::string id = work.box.container->id();
            work.box.owned = owned_by(id, result);
            attached_.emplace(id, std::move(work.box));
        } else if (work.box.container && !work.is_gone) {
            idle_.push_back(std::move(work.box.container));
        }
    }

    // A sweep told of nobody who lives.
    void check_swept() {
        for (const auto& id : swept_) {
            CAPTURE(id);
            CHECK_FALSE(attached_.contains(id));
        }
        swept_.clear();
    }

    // Two that live and have the same.
    void count_duplicates() {
        std::set<std::string> things;
        for (const auto& one : owned()) {
            duplicates_ += things.insert(one.substr(0, one.rfind(' '))).second ? 0 : 1;
        }
    }

    const Host& host_;
    std::mt19937 random_;
    std::map<std::string, Box> attached_;
    std::vector<std::unique_ptr<Container>> idle_;
    std::set<std::string> dead_;
    std::set<std::string> swept_; // in this wave
    std::map<std::string, int> counts_;
    Tally tally_;
    int duplicates_ = 0;
};

Tally sweep(const Host& host) {
    return tally({host.run("exec " + shell_word(cli_program()) + " gc")});
}

} // namespace

TEST_CASE("attach, detach, gc, reload and check, 64 at a time") {
    const Host host;
    prepare(host);
    const auto before = host.snapshot();
    Mix mix(host, seed());
    mix.run(sized(128, 512, 5000));
    const Tally swept = sweep(host);
    CHECK(swept.messages.empty());
    // No lease was lost, none is held for nobody.
    CHECK(json(owned_on(host)) == json(mix.owned()));
    const Result check = host.run("exec " + shell_word(cli_program()) + " check");
    INFO(check.out << check.err);
    CHECK(check.status == 0);
    mix.end_all();
    CHECK(sweep(host).messages.empty());
    const auto left = leftovers(host);
    report("64 at a time, " + mix.counts(), mix.tally(), mix.duplicates(), left.size());
    INFO(mix.tally().messages);
    CHECK(mix.tally().failures == 0);
    CHECK(mix.duplicates() == 0);
    CHECK(left == nothing_left);
    CHECK(difference(before, host.snapshot()) == no_difference);
}

} // namespace ocinet::test
