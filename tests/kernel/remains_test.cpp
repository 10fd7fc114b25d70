// SPDX-License-Identifier: GPL-2.0-or-later
// poststop does not believe its own undo: what is there afterwards it names, and fails.
#include <sys/syscall.h>

#include <functional>
#include <set>

#include "tests/kernel/sample.h"
#include "tests/kernel/scene.h"
#include "tests/kernel/trace.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

// Somebody puts a thing back as soon as poststop has taken it away. Commands know it by the
// variables of describe_scene().
struct Remains {
    std::string title;
    std::string is_there;
    std::string put_back;
    std::string said;
    // Otherwise its tables and their elements go with it.
    bool last_container = true;
};

const std::vector<Remains> all_remains = {
    {"a published port", "nft get element inet ocinet any4 '{ tcp . 8080 }'",
     "nft add element inet ocinet any4 '{ tcp . 8080 : 10.90.0.2 . 80 }'",
     "network \"bridge\" (bridge): still in the firewall until `nft delete element inet ocinet "
     "any4 '{ tcp . 8080 }'`"},
    {"what the container's frames may say",
     "nft get element bridge ocinet macs \"{ $END . $MAC }\"",
     "nft add element bridge ocinet macs \"{ $END . $MAC }\"",
     "still in the firewall until `nft delete element bridge ocinet macs"},
    {"an element of the network", "nft get element inet ocinet bridges '{ ocinet0 }'",
     "nft add element inet ocinet bridges '{ ocinet0 }'",
     "still in the firewall until `nft delete element inet ocinet bridges", false},
    {"the table", "nft list table inet ocinet", "nft add table inet ocinet",
     "table inet ocinet is still loaded, though no container uses it"},
    {"the other table", "nft list table bridge ocinet", "nft add table bridge ocinet",
     "table bridge ocinet is still loaded, though no container uses it"},
    {"the bridge", "ip link show ocinet0",
     "ip link add ocinet0 address $BRIDGE_MAC type bridge && "
     "ip link set ocinet0 alias \"$BRIDGE_ALIAS\"",
     "bridge ocinet0 still exists, though no container uses it"},
    {"the host's end", "ip link show $END",
     "ip link add $END address $END_MAC type bridge && ip link set $END alias \"$END_ALIAS\"",
     " still exists"},
    {"the address's lease", "test -L $LEASE", "ln -s $ID $LEASE",
     "address 10.90.0.2 is still leased to the container"},
    {"the port's lease", "test -L $PORT", "ln -s $ID $PORT",
     "tcp port 8080 is still leased to the container"},
};

std::string variable(const std::string& name, const std::string& value) {
    return name + "='" + value + "'\n";
}

// What a container on the default network has, as variables of the shell.
std::string describe_scene(const Host& host, Container& box) {
    const auto attached = record(host, box.id())["plan"]["attached"][0];
    const std::string end = attached["host_interface"];
    const auto end_link = link(host, end);
    const auto bridge = link(host, "ocinet0");
    const auto one_link_below = [&](const std::string& directory) {
        const std::string path = host.sh("find /run/ocinet/" + directory + " -type l");
        REQUIRE(path.find('\n') == path.size() - 1);
        return path.substr(0, path.size() - 1);
    };
    return variable("ID", box.id()) + variable("END", end) + variable("MAC", attached["mac"]) +
           variable("END_MAC", end_link["address"]) + variable("END_ALIAS", end_link["ifalias"]) +
           variable("BRIDGE_MAC", bridge["address"]) + variable("BRIDGE_ALIAS", bridge["ifalias"]) +
           variable("LEASE", one_link_below("networks/bridge/10.90.0.0/leases")) +
           variable("PORT", one_link_below("ports")) + variable("HOSTS", box.bundle().hosts_path());
}

bool may_remove(const Stop& stop) {
    static const std::set<std::uint64_t> calls = {SYS_sendmsg, SYS_unlinkat, SYS_ftruncate};
    return !stop.before && calls.contains(stop.number);
}

// Runs poststop, and puts a thing back as soon as it is gone.
Result poststop_beside_somebody(const Host& host, const Container& box,
                                const std::function<bool()>& is_there,
                                const std::function<void()>& put_back) {
    REQUIRE(is_there());
    bool was_put_back = false;
    Result result = trace_hook(host, box.state("poststop").dump(), {.stage = "poststop"},
                               [&](const Stop& stop) {
                                   if (!was_put_back && may_remove(stop) && !is_there()) {
                                       put_back();
                                       was_put_back = true;
                                   }
                               });
    REQUIRE(was_put_back);
    return result;
}

void check_that_it_keeps_the_record(const Host& host, const Container& box, const Result& result) {
    CHECK(result.status == 1);
    CHECK_THAT(result.err, contains("not everything could be removed"));
    CHECK(record(host, box.id())["phase"] == "removing");
}

} // namespace

TEST_CASE("poststop names what is there again") {
    const Remains remains = GENERATE(from_range(sampled(all_remains, 4)));
    CAPTURE(remains.title);
    const Host host;
    Container box(host, {{"io.ocinet.publish", "8080:80"}});
    box.attach();
    const std::string scene = describe_scene(host, box);
    const Container neighbour(host, {{"io.ocinet.network", "web"}});
    if (!remains.last_container) {
        host.write_network("web", {{"subnets", {{{"subnet", "10.7.0.0/24"}}}}});
        neighbour.attach();
    }
    const auto is_there = [&] { return host.run(scene + remains.is_there).status == 0; };
    const Result result =
        poststop_beside_somebody(host, box, is_there, [&] { host.sh(scene + remains.put_back); });
    CHECK_THAT(result.err, contains(remains.said));
    check_that_it_keeps_the_record(host, box, result);
    CHECK(host.run(cli_program() + " gc").status == 0);
    CHECK_FALSE(is_there());
    if (!remains.last_container) {
        neighbour.detach();
    }
    CHECK(leftovers(host) == nothing_left);
}

TEST_CASE("poststop leaves a link that somebody took over, and keeps its address from others") {
    const Host host;
    Container box(host, {{"io.ocinet.network", "bridge:host_interface_name=web0"},
                         {"io.ocinet.publish", "8080:80"}});
    box.attach();
    const std::string scene = describe_scene(host, box);
    host.sh(scene + "ip link set $END alias 'my own'");
    const Result result = box.hook("poststop");
    CHECK_THAT(result.err, contains(" stays, somebody gave it the alias \"my own\": `ip link "
                                    "delete dev "));
    check_that_it_keeps_the_record(host, box, result);
    CHECK(host.run(scene + "ip link show $END && test -L $LEASE").status == 0);
    const Result swept = host.run(cli_program() + " gc");
    CHECK(swept.status == 1);
    CHECK_THAT(swept.err, contains("somebody gave it the alias"));
    host.sh(scene + "ip link delete dev $END");
    CHECK(host.run(cli_program() + " gc").status == 0);
    CHECK(leftovers(host) == nothing_left);
}

// Its container may still live, and write.
TEST_CASE("lines that somebody puts back into a hosts file are named, and keep nothing") {
    const Host host;
    Container box(host, on_bridge);
    box.attach();
    const std::string file = box.bundle().hosts_path();
    const std::string line = "10.90.0.2 box # ocinet bridge\n";
    const Result result = poststop_beside_somebody(
        host, box, [&] { return read_text(file).find(line) != std::string::npos; },
        [&] { write_text(file, line); });
    CHECK(result.status == 0);
    CHECK_THAT(result.err, contains("still has lines that end in \"ocinet bridge\""));
    CHECK(leftovers(host) == nothing_left);
}

// The elements of a container's port are known by its name.
TEST_CASE("what is tried again takes nothing from a container with the same interface name") {
    const Host host;
    const std::string chosen = "bridge:host_interface_name=web0";
    Container first(host, {{"io.ocinet.network", chosen}});
    first.attach();
    const std::string bridge = link(host, "ocinet0")["address"];
    const Result result = poststop_beside_somebody(
        host, first, [&] { return host.run("ip link show ocinet0").status == 0; },
        [&] {
            host.sh("ip link add ocinet0 address " + bridge +
                    " type bridge && ip link set ocinet0 alias ocinet::bridge");
        });
    check_that_it_keeps_the_record(host, first, result);
    const Container second(host, {{"io.ocinet.network", chosen}});
    second.attach();
    CHECK(first.hook("poststop").status == 0);
    CHECK(differences(host, second).empty());
    second.detach();
    CHECK(leftovers(host) == nothing_left);
}

TEST_CASE("poststop asks the kernel as often, however many ports there are") {
    const auto calls_with = [](const std::string& ports) {
        const Host host;
        const Container box(host, {{"io.ocinet.publish", ports}});
        box.attach();
        std::size_t calls = 0;
        const Result result = trace_hook(
            host, box.state("poststop").dump(), {.stage = "poststop"},
            [&](const Stop& stop) { calls += stop.before && stop.number == SYS_sendmsg ? 1 : 0; });
        CHECK(result.status == 0);
        return calls;
    };
    CHECK(calls_with("8080-8089:80-89") == calls_with("8080:80"));
}

} // namespace ocinet::test
