// SPDX-License-Identifier: GPL-2.0-or-later
// poststop when the world has moved on: what is gone is gone, the rest is removed all the same.
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <functional>
#include <sstream>
#include <thread>

#include "netsetup/base/file.h"
#include "tests/kernel/guest.h"
#include "tests/kernel/sample.h"
#include "tests/kernel/scene.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

struct Gone {
    std::string title;
    std::function<void(const Host&, Container&)> remove;
    // False where with it went the knowledge of what there is to remove.
    bool leaves_nothing = true;
};

std::function<void(const Host&, Container&)> on_host(const std::string& command) {
    return [command](const Host& host, Container& box) {
        const json stored = record(host, box.id());
        host.sh("END=" + stored["plan"]["attached"][0]["host_interface"].get<std::string>() +
                " ID=" + box.id() + "\n" + command);
    };
}

std::vector<Gone> all_gone() {
    return {
        {"nothing", [](const Host&, Container&) {}},
        {"the container", [](const Host& host, Container& box) { crash(host, box); }},
        {"the container, this moment", [](const Host&, Container& box) { box.kill(); }},
        {"the container, a zombie", [](const Host&, Container& box) { box.make_zombie(); }},
        {"the host's end", on_host("ip link delete $END")},
        {"the container's end", [](const Host&, Container& box) { box.sh("ip link delete eth0"); }},
        {"the bridge", on_host("ip link delete ocinet0")},
        {"bridge and host's end", on_host("ip link delete $END; ip link delete ocinet0")},
        {"the table", on_host("nft delete table inet ocinet")},
        {"the ruleset", on_host("nft flush ruleset")},
        {"an element", on_host("nft delete element inet ocinet any4 '{ tcp . 8080 }'")},
        {"the elements of the network",
         on_host("nft flush set inet ocinet bridges; nft flush set inet ocinet masq4")},
        {"the address's lease", on_host("rm /run/ocinet/networks/bridge/10.90.0.0/leases/*")},
        {"all leases", on_host("rm -r /run/ocinet/networks")},
        {"the address map", on_host("rm /run/ocinet/networks/bridge/10.90.0.0/map")},
        {"the port's lease", on_host("rm -r /run/ocinet/ports")},
        {"the users", on_host("rm -r /run/ocinet/users")},
        {"the lock file", on_host("rm /run/ocinet/lock")},
        {"the rotation", on_host("rm -f /run/ocinet/rotation")},
        {"the bundle", [](const Host&, Container& box) { fs::remove_all(box.bundle().path()); }},
        {"config.json",
         [](const Host&, Container& box) { fs::remove(box.bundle().path() + "/config.json"); }},
        {"forwarding", on_host("echo 0 >/proc/sys/net/ipv4/ip_forward")},
        {"everything in the kernel",
         on_host("ip link delete $END; ip link delete ocinet0; nft flush ruleset")},
        {"the record", on_host("rm /run/ocinet/containers/$ID.json"), false},
        {"all records", on_host("rm -r /run/ocinet"), false},
    };
}

} // namespace

TEST_CASE("poststop with something gone") {
    const Gone gone = GENERATE(from_range(sampled(all_gone(), 5)));
    CAPTURE(gone.title);
    const Host host;
    Container box(host, published);
    const Container neighbour(host, {{"io.ocinet.network", "none"}});
    box.attach();
    gone.remove(host, box);
    // A bundle that is gone is no working directory either.
    for (int round = 1; round <= 2; ++round) {
        const Result result = run_hook(host, "poststop", box.state("poststop").dump());
        CHECK(result.status == 0);
        CHECK(result.out.empty());
        CHECK(result.err.empty());
    }
    if (gone.leaves_nothing) {
        CHECK(leftovers(host) == nothing_left);
    }
}

TEST_CASE("poststop leaves the neighbours alone") {
    const Host host;
    const Container first(host, published);
    const Container second(host, {{"io.ocinet.publish", "8081:80,9003-9004:9003-9004/udp"}});
    second.attach();
    const auto before = host.snapshot();
    const auto inside = second.snapshot();
    first.attach();
    first.detach();
    CHECK(differences(host, second).empty());
    CHECK(difference(inside, second.snapshot()) == no_difference);
    const auto after = host.snapshot();
    for (const auto& [part, state] : before.items()) {
        if (part != "run") { // where the next address is looked for has moved
            CHECK(difference(state, after[part]) == no_difference);
        }
    }
}

// runc runs poststop also for a container whose set-up we refused, because its id is taken.
TEST_CASE("a living container keeps its network") {
    const Host host;
    const Container box(host, published);
    box.attach();
    const json state = {
        {"ociVersion", "1.0.2"}, {"id", box.id()}, {"bundle", "/another"}, {"status", "stopped"}};
    const Result result = run_hook(host, "poststop", state.dump());
    CHECK(result.status == 0);
    CHECK_THAT(result.err, contains("runs, its process is " + std::to_string(box.process())));
    CHECK(differences(host, box).empty());
    // One that is about to end is waited for.
    Process ending = start_hook(host, state.dump(), {.stage = "poststop"});
    REQUIRE(eventually([&] { return host.run("ls /run/ocinet/lock").status == 0; }));
    box.state("poststop");
    const Result removed = ending.wait();
    CHECK(removed.status == 0);
    CHECK(removed.err.empty());
    CHECK(leftovers(host) == nothing_left);
}

// The first thread of a process may end before the others: the process says "zombie", and lives.
TEST_CASE("a container whose first thread has ended keeps its network") {
    const Host host;
    const Container box(host, published);
    const Process process = box.start([] {
        std::thread([] {
            write_all(STDOUT_FILENO, "ready", "stdout");
            ::pause();
        }).detach();
        ::syscall(SYS_exit, 0);
    });
    process.wait_for_output("ready");
    const std::string stat = "/proc/" + std::to_string(process.pid()) + "/stat";
    REQUIRE(eventually([&] { return read_text(stat).find(") Z ") != std::string::npos; }));
    box.attach();
    // As it would be had that process been the container's from the start.
    json stored = record(host, box.id());
    const std::string text = read_text(stat);
    std::istringstream fields(text.substr(text.rfind(')') + 2));
    std::string start_time;
    for (int field = 3; field <= 22; ++field) {
        fields >> start_time;
    }
    stored["process"] = {{"pid", process.pid()}, {"start_time", std::stoull(start_time)}};
    host.write("/run/ocinet/containers/" + box.id() + ".json", stored.dump());
    CHECK(host.sh(cli_program() + " gc") == "nothing to remove\n");
    CHECK(differences(host, box).empty());
}

TEST_CASE("a bridge that is not ours any more stays") {
    const Host host;
    const Container box(host, on_bridge);
    box.attach();
    host.sh("ip link set ocinet0 alias mine");
    const Result result = box.hook("poststop");
    CHECK(result.status == 0);
    CHECK_THAT(result.err, contains("bridge ocinet0 stays: somebody gave it the alias \"mine\""));
    CHECK(host.run("ip link show ocinet0").status == 0);
}

TEST_CASE("a network namespace that outlives its container is left as it was") {
    const Host host;
    host.sh("ip netns add own && ip -n own link set lo up");
    const auto links = [&] { return host.sh("ip -n own -j -d address show"); };
    const std::string before = links();
    for (int round = 1; round <= 2; ++round) {
        CAPTURE(round);
        Guest guest(host, "/run/netns/own", published);
        REQUIRE(guest.hook("createRuntime").status == 0);
        CHECK_THAT(host.sh("ip -n own address show eth0"), contains("inet 10.90.0."));
        guest.kill();
        const Result result = guest.hook("poststop");
        CHECK(result.status == 0);
        CHECK(result.err.empty());
        CHECK(links() == before);
        CHECK(leftovers(host) == nothing_left);
    }
}

TEST_CASE("routes that lead nowhere do not stay in a namespace that outlives its container") {
    const std::string end = GENERATE("poststop", "another's set-up", "a failed set-up");
    CAPTURE(end);
    const Host host;
    host.sh("ip netns add own && ip -n own link set lo up && ip -n own -6 route add blackhole "
            "fd09:9::/32");
    const auto routes = [&] { return host.sh("ip -n own route; ip -n own -6 route"); };
    const std::string before = routes();
    nlohmann::json holes = {{{"destination", "192.0.2.0/24"}, {"route_type", "blackhole"}},
                            {{"destination", "fd09:8::/32"}, {"route_type", "unreachable"}}};
    if (end == "a failed set-up") { // the last one is another's
        holes.push_back({{"destination", "fd09:9::/32"}, {"route_type", "blackhole"}});
    }
    host.write_network(
        "web",
        {{"subnets", {{{"subnet", "10.7.0.0/24"}}, {{"subnet", "fd07::/64"}}}}, {"routes", holes}});
    Guest guest(host, "/run/netns/own", {{"io.ocinet.network", "web"}});
    const Result attached = guest.hook("createRuntime");
    CHECK((attached.status == 0) == (end != "a failed set-up"));
    guest.kill();
    if (end != "a failed set-up") {
        CHECK_THAT(routes(),
                   contains("blackhole 192.0.2.0/24") && contains("unreachable fd09:8::/32"));
    }
    if (end == "another's set-up") {
        Guest other(host, "/run/netns/own", {{"io.ocinet.network", "web"}});
        other.attach();
        other.end();
    } else {
        CHECK(guest.hook("poststop").status == 0);
    }
    CHECK(routes() == before);
    CHECK(leftovers(host) == nothing_left);
}

// Nobody lives there, so that nobody misses what the first one had.
TEST_CASE("a lasting namespace is taken over from a container that is not torn down") {
    const Host host;
    host.sh("ip netns add own");
    Guest first(host, "/run/netns/own", published);
    REQUIRE(first.hook("createRuntime").status == 0);
    first.kill();
    Guest other(host, "/run/netns/own", {{"io.ocinet.publish", "8081:80"}});
    const Result attached = other.hook("createRuntime");
    CHECK(attached.err.empty());
    CHECK(attached.status == 0);
    CHECK_THAT(attached.out, contains("8081"));
    CHECK(host.sh("ls /run/ocinet/containers") == other.id() + ".json\n");
    CHECK(first.hook("poststop").status == 0);
    CHECK_THAT(host.sh("ip -n own address show eth0"), contains("inet 10.90.0."));
    other.kill();
    CHECK(other.hook("poststop").status == 0);
    CHECK(leftovers(host) == nothing_left);
}

} // namespace ocinet::test
