// SPDX-License-Identifier: GPL-2.0-or-later
// Containers that share one network namespace are owners of one attachment; the last one that ends
// takes it away. Those who live in the namespace and never asked us do not lose it either.
#include <fcntl.h>
#include <sys/mount.h>

#include <csignal>
#include <memory>
#include <set>

#include "netsetup/base/error.h"
#include "netsetup/netns.h"
#include "tests/kernel/guest.h"
#include "tests/kernel/sample.h"
#include "tests/kernel/scene.h"
#include "tests/kernel/trace.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

const std::string own = "/run/netns/own";

std::string netns_of(const Container& box) {
    return "/proc/" + std::to_string(box.process()) + "/ns/net";
}

std::string eth0_of(const Host& host) {
    return host.sh("ip -n own -j address show eth0");
}

json parts_but_run(const Host& host) {
    json state = host.snapshot();
    state.erase("run");
    return state;
}

// A process of a pod's infra container: it holds the namespace and has never heard of us.
Process infra(const Host& host) {
    Process process =
        host.start("exec nsenter --net=/run/netns/own sh -c 'echo ready; exec sleep 1000'");
    process.wait_for_output("ready");
    return process;
}

} // namespace

TEST_CASE("gc forgets who was killed while it joined, and nobody else") {
    const Host host;
    host.sh("ip netns add own");
    Guest first(host, own, published);
    Guest second(host, own, on_bridge);
    first.attach();
    second.attach();
    const std::string list = "cd /run/ocinet/users && ls netns-*";
    CHECK(host.sh(list) == second.id() + "\n");
    host.sh("cd /run/ocinet/users && mkdir $(echo netns-*)/killed bridge-x bridge-x/other");
    CHECK(host.sh(list) == "killed\n" + second.id() + "\n");
    CHECK(host.run(cli_program() + " gc").status == 0);
    CHECK(host.sh(list) == second.id() + "\n");
    host.sh("cd /run/ocinet/users && rmdir bridge-x/other bridge-x");
    second.end();
    first.end();
    CHECK(leftovers(host) == nothing_left);
}

TEST_CASE("the last owner takes the attachment away, whoever it is") {
    const bool first_goes_first = GENERATE(true, false);
    CAPTURE(first_goes_first);
    const Host host;
    host.sh("ip netns add own");
    Guest first(host, own, published);
    Guest second(host, own, on_bridge);
    const json result = first.attach();
    const auto before = parts_but_run(host);
    const std::string inside = eth0_of(host);
    CHECK(second.attach()["attachments"] == result["attachments"]);
    (first_goes_first ? first : second).end();
    CHECK(difference(before, parts_but_run(host)) == no_difference);
    CHECK(eth0_of(host) == inside);
    host.sh(cli_program() + " gc");
    CHECK(difference(before, parts_but_run(host)) == no_difference);
    (first_goes_first ? second : first).end();
    CHECK(leftovers(host) == nothing_left);
    CHECK_THAT(host.sh("ip -n own link"), !contains("eth0"));
}

TEST_CASE("a container joins one whose namespace its runtime made") {
    const Host host;
    auto box = std::make_unique<Container>(host, published);
    const json result = box->attach();
    Guest joiner(host, netns_of(*box), published);
    CHECK(joiner.attach()["attachments"] == result["attachments"]);
    SECTION("and ends before it") {
        joiner.end();
        CHECK(differences(host, *box).empty());
        box->detach();
    }
    SECTION("and ends after it") {
        box->detach();
        CHECK(record(host, box->id())["phase"] == "left");
        host.sh(cli_program() + " gc");
        CHECK(differences(host, *box).empty());
        joiner.end();
    }
    SECTION("and both crash") {
        joiner.kill();
        crash(host, *box);
        host.sh(cli_program() + " gc");
    }
    SECTION("which ends after it crashed") {
        joiner.kill();
        box->detach();
        CHECK(host.sh("ls /run/ocinet/containers") == joiner.id() + ".json\n");
        host.sh(cli_program() + " gc");
    }
    CHECK(leftovers(host) == nothing_left);
}

TEST_CASE("one who only lives in a container's own namespace keeps nothing") {
    const Host host;
    const Container box(host, on_bridge);
    box.attach();
    const Guest silent(host, netns_of(box), {});
    box.detach();
    CHECK(leftovers(host) == nothing_left);
}

TEST_CASE("what is there already may be asked for in other words") {
    const Annotations request = GENERATE(from_range(sampled<Annotations>(
        {{{"io.ocinet.network", "bridge"}},
         {{"io.ocinet.network", "bridge:ip=10.90.7.7,mac=02:00:00:00:00:07,interface_name=eth0"}},
         {{"io.ocinet.publish", "8080:80"}},
         {{"io.ocinet.publish", "80"}},
         {{"io.ocinet.publish", "9000-9002:9000-9002/udp,8080:80"}},
         {{"io.ocinet.name", "other"}}},
        3)));
    const Host host;
    host.sh("ip netns add own");
    Guest first(host, own,
                {{"io.ocinet.network", "bridge:ip=10.90.7.7,mac=02:00:00:00:00:07"},
                 {"io.ocinet.publish", "8080:80,9000-9002:9000-9002/udp"}});
    Guest second(host, own, request);
    CHECK(second.id() != first.id());
    const json result = first.attach();
    CHECK(second.attach()["attachments"] == result["attachments"]);
}

TEST_CASE("what is not there is refused, and the owner named") {
    struct Case {
        Annotations request;
        std::string said;
    };
    const auto [request, said] = GENERATE(from_range(sampled<Case>(
        {{{{"io.ocinet.network", "none"}}, "network \"none\""},
         {{{"io.ocinet.network", "web"}}, "network \"web\""},
         {{{"io.ocinet.network", "bridge:ip=10.90.7.8"}}, "ip=10.90.7.8"},
         {{{"io.ocinet.network", "bridge:mac=02:00:00:00:00:08"}}, "mac=02:00:00:00:00:08"},
         {{{"io.ocinet.network", "bridge:interface_name=eth1"}}, "interface_name=eth1"},
         {{{"io.ocinet.publish", "8081:80"}}, "published port 8081:80"},
         {{{"io.ocinet.publish", "8080:81"}}, "published port 8080:81"},
         {{{"io.ocinet.publish", "8080:80/udp"}}, "published port 8080:80/udp"},
         {{{"io.ocinet.publish", "127.0.0.1:8080:80"}}, "published port 127.0.0.1:8080:80"},
         {{{"io.ocinet.publish", "8"}}, "published port 8"}},
        3)));
    const Host host;
    host.sh("ip netns add own");
    host.write_network("web", {{"subnets", {{{"subnet", "10.7.0.0/24"}}}}});
    const Guest first(host, own, published);
    first.attach();
    const auto before = host.snapshot();
    const std::string inside = eth0_of(host);
    const Guest second(host, own, request);
    const Result result = second.hook("createRuntime");
    CHECK(result.status == 1);
    CHECK_THAT(result.err, contains("ocinet: " + said) && contains("container " + first.id()) &&
                               contains("hint: "));
    CHECK(difference(before, host.snapshot()) == no_difference);
    CHECK(second.hook("poststop").err.empty());
    CHECK(difference(before, host.snapshot()) == no_difference);
    CHECK(eth0_of(host) == inside);
}

TEST_CASE("a given namespace in which others live keeps its attachment") {
    const Host host;
    host.sh("ip netns add own");
    Process holder = infra(host);
    auto first = std::make_unique<Guest>(host, own, published);
    const std::string id = first->id();
    const json result = first->attach();
    const auto before = parts_but_run(host);
    const std::string inside = eth0_of(host);
    first->end();
    CHECK(record(host, id)["phase"] == "left");
    host.sh(cli_program() + " gc");
    CHECK(difference(before, parts_but_run(host)) == no_difference);
    SECTION("the same container comes back") {
        Guest again(host, own, published, id);
        CHECK(again.attach()["attachments"] == result["attachments"]);
        CHECK(record(host, id)["phase"] == "attached");
        CHECK(record(host, id)["process"]["pid"] == again.process());
        holder.signal(SIGKILL);
        holder.wait();
        CHECK(eth0_of(host) == inside);
        again.end();
    }
    SECTION("the same container comes back and wants something else") {
        Guest again(host, own, {{"io.ocinet.publish", "8081:80"}}, id);
        CHECK_THAT(again.attach().dump(), contains("8081") && !contains("8080"));
        holder.signal(SIGKILL);
        holder.wait();
        again.end();
    }
    SECTION("another one joins") {
        Guest other(host, own, on_bridge);
        CHECK(other.attach()["attachments"] == result["attachments"]);
        holder.signal(SIGKILL);
        holder.wait();
        host.sh(cli_program() + " gc");
        CHECK(eth0_of(host) == inside);
        other.end();
    }
    SECTION("another one wants something else, and no owner lives") {
        Guest other(host, own, {{"io.ocinet.publish", "8081:80"}});
        CHECK_THAT(other.attach().dump(), contains("8081") && !contains("8080"));
        CHECK(host.sh("ls /run/ocinet/containers") == other.id() + ".json\n");
        holder.signal(SIGKILL);
        holder.wait();
        other.end();
    }
    SECTION("nobody lives there any more") {
        holder.signal(SIGKILL);
        holder.wait();
        host.sh(cli_program() + " gc");
        CHECK_THAT(host.sh("ip -n own link"), !contains("eth0"));
    }
    SECTION("it ends") {
        host.sh("umount /run/netns/own && rm /run/netns/own");
        holder.signal(SIGKILL);
        holder.wait();
        // The kernel removes the link a moment later; gc does not need to wait for that.
        host.sh(cli_program() + " gc");
    }
    CHECK(leftovers(host) == nothing_left);
}

TEST_CASE("a container that comes back gets its lines in a new hosts file") {
    const Host host;
    host.sh("ip netns add own");
    Process holder = infra(host);
    Guest box(host, own, {{"io.ocinet.name", "box"}});
    box.attach();
    const std::string hosts = box.hosts();
    CHECK_THAT(hosts, contains("10.90.0.2 box # ocinet bridge\n"));
    box.end();
    box.restart();
    CHECK_THAT(box.hosts(), !contains("box"));
    box.attach();
    CHECK(box.hosts() == hosts);
}

// Its links outlive it a moment, which is no reason to refuse what was its.
TEST_CASE("a given namespace that is ending holds nothing") {
    const Host host;
    int refused = 0;
    std::string said;
    for (int i = 0; i < 10; ++i) {
        host.sh("ip netns add own");
        Guest dead(host, own, published);
        dead.attach();
        host.sh("umount /run/netns/own && rm /run/netns/own");
        dead.kill();
        const Container box(host, published);
        const Result result = box.hook("createRuntime");
        refused += result.status == 0 ? 0 : 1;
        said += result.err;
        box.detach();
        CHECK(dead.hook("poststop").status == 0);
    }
    INFO(said);
    CHECK(refused == 0);
    CHECK(leftovers(host) == nothing_left);
}

TEST_CASE("many that start in one namespace at once share one attachment") {
    const Host host;
    host.sh("ip netns add own");
    std::vector<std::unique_ptr<Guest>> guests;
    std::vector<Process> hooks;
    for (int i = 0; i < 6; ++i) {
        guests.push_back(std::make_unique<Guest>(host, own, published));
    }
    for (const auto& guest : guests) {
        hooks.push_back(start_hook(host, guest->state("createRuntime").dump(), {}));
    }
    std::string said;
    std::set<std::string> results;
    for (auto& hook : hooks) {
        const Result result = hook.wait();
        said += result.err;
        results.insert(result.out.empty() ? "" : json::parse(result.out)["attachments"].dump());
    }
    CHECK(said.empty());
    CHECK(results.size() == 1);
    CHECK(json::parse(host.sh("ip -j link show master ocinet0")).size() == 1);
    for (const auto& guest : guests) {
        CHECK_THAT(host.sh("ip -n own address show eth0"), contains("inet 10.90.0."));
        guest->end();
    }
    CHECK(leftovers(host) == nothing_left);
}

TEST_CASE("the first container begins anew elsewhere while a joiner lives") {
    const Host host;
    const std::string id = unique_id();
    auto first = std::make_unique<Container>(host, id, published);
    first->attach();
    Guest joiner(host, netns_of(*first), on_bridge);
    joiner.attach();
    first->kill();
    const Container second(host, id, published);
    second.attach();
    CHECK(differences(host, second).empty());
    joiner.end();
    CHECK(differences(host, second).empty());
    second.detach();
    CHECK(leftovers(host) == nothing_left);
}

TEST_CASE("what was cut off in the namespace is cleared away by the next one") {
    const std::string phase = GENERATE("attaching", "removing");
    CAPTURE(phase);
    const Host host;
    host.sh("ip netns add own");
    Guest first(host, own, published);
    first.attach();
    json cut = record(host, first.id());
    cut["phase"] = phase;
    host.write("/run/ocinet/containers/" + first.id() + ".json", cut.dump());
    Guest second(host, own, {{"io.ocinet.publish", "8080:81"}});
    second.attach();
    CHECK(host.sh("ls /run/ocinet/containers") == second.id() + ".json\n");
    first.kill();
    second.end();
    CHECK(leftovers(host) == nothing_left);
}

TEST_CASE("a joining container's hook is killed anywhere") {
    const std::string stage = GENERATE("createRuntime", "poststop");
    CAPTURE(stage);
    const Host host;
    const Container box(host, published);
    box.attach();
    const auto call = [&](Guest& joiner, int victim) {
        int stops = 0;
        trace_hook(host, joiner.state(stage).dump(), {.stage = stage}, [&](const Stop& stop) {
            if (++stops == victim) {
                ::kill(stop.pid, SIGKILL);
            }
        });
        return stops;
    };
    const auto prepared = [&] {
        auto joiner = std::make_unique<Guest>(host, netns_of(box), published);
        if (stage == "poststop") {
            joiner->attach();
            joiner->kill();
        }
        return joiner;
    };
    const auto whole = prepared();
    const int stops = call(*whole, -1);
    CHECK(stops > 100);
    whole->end();
    std::vector<int> victims;
    for (int i = 1; i <= stops; ++i) {
        victims.push_back(i);
    }
    for (const int victim : sampled(victims, 20, 4)) {
        CAPTURE(victim);
        const auto joiner = prepared();
        call(*joiner, victim);
        joiner->kill();
        host.sh(cli_program() + " gc");
        CHECK(host.sh("ls /run/ocinet/containers") == box.id() + ".json\n");
        CHECK(differences(host, box).empty());
    }
    box.detach();
    CHECK(leftovers(host) == nothing_left);
}

TEST_CASE("a namespace is held by its name, whatever had its number before") {
    const Host host;
    host.sh("ip netns add own; ip netns add 'a name'");
    const auto seen = host.ask([] {
        const auto identity_at = [](const char* path) {
            return identify(Fd(::open(path, O_RDONLY | O_CLOEXEC)).get());
        };
        const NetnsIdentity named = identity_at("/run/netns/own");
        NetnsIdentity dead = named; // the kernel soon gives its inode number to another one
        dead.cookie += 1000000;
        json verdicts{{"named", is_held(named, {})},
                      {"dead", is_held(dead, {})},
                      {"named with a space", is_held(identity_at("/run/netns/a name"), {})}};
        if (::mount("tmpfs", "/run/netns", "tmpfs", 0, nullptr) != 0) {
            throw_errno("mount");
        }
        verdicts["hidden"] = is_held(named, {});
        return verdicts.dump();
    });
    CHECK(json::parse(seen) ==
          json{{"named", true}, {"dead", false}, {"named with a space", true}, {"hidden", true}});
}

} // namespace ocinet::test
