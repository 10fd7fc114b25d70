// SPDX-License-Identifier: GPL-2.0-or-later
// `ocinet check`: what it finds, what it repairs, and how it ends.
#include <regex>

#include "tests/cli/scene.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

constexpr int well = 0;
constexpr int error = 1;
constexpr int differs = 2;
constexpr int repaired = 3;

/// Two containers on two networks, on a host that forwards because of them.
class Damaged {
public:
    Damaged() {
        host.sh("ip link add name out0 type bridge"); // is guarded
        host.write_network("web", {{"subnets", {{{"subnet", "10.91.1.0/24"}}}}});
        const json first = box.attach();
        host_end = first["attachments"][0]["host_interface"];
        other.attach();
    }

    void damage(std::string command, const Place& where) const {
        where.sh(std::regex_replace(command, std::regex("HOST_END"), host_end));
    }
    int check(const std::string& arguments = "") const {
        return ocinet(host, "check " + arguments).status;
    }

    Host host;
    Container box{host, {{"io.ocinet.publish", "8080:80,9000-9002:9000-9002/udp"}}};
    Container other{host, {{"io.ocinet.network", "web"}}};
    std::string host_end;
};

struct Damage {
    const char* command;
    // What a difference must say.
    const char* named;
};

} // namespace

TEST_CASE("check finds nothing where nothing is wrong") {
    const Damaged scene;
    const Result result = ocinet(scene.host, "check");
    CHECK(result.status == well);
    CHECK(result.out == "no differences in 2 containers\n");
    CHECK(result.err.empty());
    CHECK(scene.check("--repair") == well);
    CHECK(scene.check(scene.box.id()) == well);
    const json all = ocinet_json(scene.host, "check --json");
    CHECK(all.size() == 2);
    CHECK(only_with(all, "id", scene.box.id()) == json{{"id", scene.box.id()},
                                                       {"name", ""},
                                                       {"state", "running"},
                                                       {"note", ""},
                                                       {"differences", json::array()},
                                                       {"repaired", json::array()}});
}

TEST_CASE("what the host lost is named, and given back") {
    const Damage damage = GENERATE(values<Damage>({
        {"rm /run/ocinet/networks/bridge/10.90.0.0/leases/10.90.0.2", "leased to nobody"},
        {"rm /run/ocinet/ports/tcp/8080/0.0.0.0", "8080"},
        {"nft delete table inet ocinet", "table inet or bridge ocinet is missing"},
        {"nft flush ruleset", "table inet or bridge ocinet is missing"},
        {"nft delete element inet ocinet bridges '{ ocinet0 }'", "bridges"},
        {"nft delete element inet ocinet masq4 '{ 10.90.0.0/16 }'", "masq4"},
        {"nft delete element inet ocinet guarded4 '{ out0 }'", "guarded4"},
        {"nft delete element inet ocinet any4 '{ tcp . 8080 }'", "any4"},
        {"nft delete element inet ocinet any4 '{ tcp . 8080 }' && nft add element inet ocinet any4 "
         "'{ tcp . 8080 : 10.90.0.9 . 80 }'",
         "any4"},
        {"nft delete element inet ocinet range4 '{ udp . 9000-9002 }'", "range4"},
        {"echo 0 >/proc/sys/net/ipv4/ip_forward", "forwarding is off"},
        {"ip link set ocinet0 down", "bridge ocinet0 is down"},
        {"ip link set ocinet0 mtu 1400", "mtu 1400"},
        {"ip link set ocinet0 address 02:00:00:00:00:01", "02:00:00:00:00:01"},
        {"ip address flush dev ocinet0", "lacks address 10.90.0.1/16"},
        {"echo 0 >/proc/sys/net/ipv4/conf/ocinet0/route_localnet", "route_localnet"},
        {"ip link delete ocinet0", "bridge ocinet0 is missing"},
        {"ip link set HOST_END down", "is down"},
        {"ip link set HOST_END nomaster", "no port of ocinet0"},
        {"ip link set HOST_END mtu 1400", "mtu 1400"},
        {"bridge link set dev HOST_END hairpin off", "hairpin"},
    }));
    CAPTURE(damage.command);
    const Damaged scene;
    const json before = scene.host.snapshot();
    scene.damage(damage.command, scene.host);
    const Result found = ocinet(scene.host, "check");
    CHECK(found.status == differs);
    CHECK_THAT(found.out, contains(damage.named) && contains("network \"bridge\" (bridge): ") &&
                              !contains("repaired"));
    const Result mended = ocinet(scene.host, "check --repair");
    INFO(mended.out + mended.err);
    CHECK(mended.status == repaired);
    CHECK_THAT(mended.out, contains(damage.named) && contains(": repaired"));
    CHECK(scene.check() == well);
    CHECK(difference(before, scene.host.snapshot()) == no_difference);
}

TEST_CASE("what is inside a container, or gone with its link, is named and left alone") {
    const bool inside = GENERATE(true, false);
    const Damage damage = inside ? GENERATE(values<Damage>({
                                       {"ip link set eth0 down", "eth0 is down"},
                                       {"ip address delete 10.90.0.2/16 dev eth0", "10.90.0.2/16"},
                                       {"ip route delete default", "0.0.0.0/0"},
                                       {"ip link set lo down", "lo is down"},
                                   }))
                                 : Damage{"ip link delete HOST_END", "is missing"};
    CAPTURE(damage.command);
    const Damaged scene;
    scene.damage(damage.command, inside ? static_cast<const Place&>(scene.box) : scene.host);
    CHECK(scene.check() == differs);
    const Result result = ocinet(scene.host, "check --repair");
    CHECK(result.status == differs);
    CHECK_THAT(result.out, contains(damage.named) && contains("not repaired: ") &&
                               contains("start the container again"));
    const json one =
        only_with(ocinet_json(scene.host, "check --repair --json", differs), "id", scene.box.id());
    CHECK_THAT(one["differences"][0]["not_repaired"].get<std::string>(), contains("start the"));
    CHECK(one["repaired"] == json::array());
    // The neighbour has nothing to do with it.
    CHECK(scene.check(scene.other.id()) == well);
}

TEST_CASE("what another container has by now is not taken from it") {
    const Damaged scene;
    scene.host.sh("ln -sfn other /run/ocinet/networks/bridge/10.90.0.0/leases/10.90.0.2");
    const Result result = ocinet(scene.host, "check --repair");
    CHECK(result.status == differs);
    CHECK_THAT(result.out, contains("container other has it by now"));
    CHECK(scene.host.sh("readlink /run/ocinet/networks/bridge/10.90.0.0/leases/10.90.0.2") ==
          "other\n");
}

TEST_CASE("an interface of somebody else's in a bridge's place is left alone") {
    const Damaged scene;
    scene.host.sh("ip link delete ocinet0 && ip link add name ocinet0 type bridge");
    const Result result = ocinet(scene.host, "check --repair");
    CHECK(result.status == differs);
    CHECK_THAT(result.out, contains("the host's interface ocinet0 is not this network's"));
    CHECK_THAT(scene.host.sh("ip link show ocinet0"), !contains("alias") && contains("state DOWN"));
}

TEST_CASE("a repaired network carries packets again") {
    const Damaged scene;
    const Container neighbour(scene.host, {{"io.ocinet.network", "bridge"}});
    neighbour.attach();
    scene.host.sh("ip link delete ocinet0 && nft flush ruleset");
    CHECK(scene.check("--repair") == repaired);
    for (const std::string address : {"10.90.0.3", "10.90.0.1"}) {
        CHECK(scene.box.run(static_busybox() + " ping -c 1 -W 5 " + address).status == 0);
    }
    // What was made again is taken away like what was made at first.
    neighbour.detach();
    scene.box.detach();
    CHECK(scene.host.run("ip link show ocinet0").status != 0);
}

TEST_CASE("check looks at those that are named, and at no others") {
    const Damaged scene;
    scene.host.sh("ip link set oc-web down");
    CHECK(scene.check(scene.box.id()) == well);
    CHECK(scene.check(scene.other.id()) == differs);
    CHECK(scene.check("nobody") == error);
    CHECK_THAT(ocinet(scene.host, "check nobody").err, contains("no container \"nobody\""));
}

TEST_CASE("a dead container is no difference, a half-removed one is") {
    Damaged scene;
    scene.box.kill();
    const Result dead = ocinet(scene.host, "check");
    CHECK(dead.status == well);
    CHECK_THAT(dead.out, contains("is gone: `ocinet gc` takes back what it has"));
    scene.host.sh(
        "sed -i 's/\"phase\":\"attached\"/\"phase\":\"removing\"/' /run/ocinet/containers/" +
        scene.other.id() + ".json");
    const Result half = ocinet(scene.host, "check --repair");
    CHECK(half.status == differs);
    CHECK_THAT(half.out, contains("its tear-down did not come to an end") && contains("ocinet gc"));
}

TEST_CASE("a record that cannot be read is an error, and the others are looked at") {
    const Damaged scene;
    scene.host.write("/run/ocinet/containers/odd.json", "{");
    scene.host.sh("ip link set oc-web down");
    const Result result = ocinet(scene.host, "check");
    CHECK(result.status == error);
    CHECK_THAT(result.err, contains("container odd: "));
    CHECK_THAT(result.out, contains("oc-web is down"));
}

TEST_CASE("check without repair changes nothing") {
    const Damaged scene;
    scene.host.sh(
        "nft flush ruleset; ip link set ocinet0 down; echo 0 >/proc/sys/net/ipv4/ip_forward");
    const json before = scene.host.snapshot();
    CHECK(scene.check() == differs);
    CHECK(difference(before, scene.host.snapshot()) == no_difference);
}

TEST_CASE("the host's guard is missed after the last container, too") {
    const Host host;
    host.sh("ip link add name out0 type bridge");
    const Container box(host, {{"io.ocinet.network", "bridge"}});
    box.attach();
    box.detach();
    CHECK(ocinet(host, "check").status == 0);
    host.sh("nft flush ruleset");
    const Result found = ocinet(host, "check");
    CHECK(found.status == 2);
    CHECK_THAT(found.out, contains("host: missing: nft add element inet ocinet guarded4"));
    CHECK(ocinet(host, "check --repair").status == 3);
    CHECK_THAT(host.sh("nft list ruleset"), contains("out0"));
    CHECK(ocinet(host, "check").status == 0);
}

} // namespace ocinet::test
