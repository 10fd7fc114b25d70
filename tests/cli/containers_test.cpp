// SPDX-License-Identifier: GPL-2.0-or-later
// `ocinet` ps, inspect and port: which containers there are, and how they are named.
#include "netsetup/base/text.h"
#include "tests/cli/scene.h"
#include "tests/support/catch.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

/// A container with a name and ports on two networks, and one without either.
class Containers {
public:
    Containers() {
        host.write_network("web", {{"subnets", {{{"subnet", "10.91.1.0/24"}}}}});
        front.attach();
        plain.attach();
    }

    /// Another phase of the container's record.
    void set_phase(const Container& box, const std::string& phase) const {
        host.sh("sed -i 's/\"phase\":\"attached\"/\"phase\":\"" + phase +
                "\"/' /run/ocinet/containers/" + box.id() + ".json");
    }

    Host host;
    Container front{host,
                    "front-1a",
                    {{"io.ocinet.network", "bridge;web"},
                     {"io.ocinet.publish", "8080:80,9000-9002:9100-9102/udp"},
                     {"io.ocinet.name", "front"}}};
    Container plain{host, "plain-1a", {{"io.ocinet.network", "bridge"}}};
};

std::string state_of(const Host& host, const std::string& id) {
    return only_with(ocinet_json(host, "ps --json"), "id", id)["state"];
}

} // namespace

TEST_CASE("ps shows who has which network, addresses and ports") {
    const Containers scene;
    CHECK(ocinet_json(scene.host, "ps --json") ==
          json{{{"id", "front-1a"},
                {"name", "front"},
                {"state", "running"},
                {"pid", scene.front.process()},
                {"networks", {"bridge", "web"}},
                {"addresses", {"10.90.0.2/16", "10.91.1.2/24"}},
                {"ports", {"80/tcp -> 0.0.0.0:8080", "9100-9102/udp -> 0.0.0.0:9000-9002"}}},
               {{"id", "plain-1a"},
                {"name", ""},
                {"state", "running"},
                {"pid", scene.plain.process()},
                {"networks", {"bridge"}},
                {"addresses", {"10.90.0.3/16"}},
                {"ports", json::array()}}});
    const std::string table = scene.host.sh(cli_program() + " ps");
    CHECK_THAT(table, contains("CONTAINER ID  NAME   STATE") && contains("front-1a      front") &&
                          contains("10.91.1.2/24") && contains("80/tcp -> 0.0.0.0:8080\n"));
}

TEST_CASE("ps abbreviates ids as Docker does") {
    const Host host;
    const Container box(host, {{"io.ocinet.network", "none"}});
    box.attach();
    CHECK(ocinet(host, "ps -q").out == box.id().substr(0, 12) + "\n");
    CHECK(ocinet(host, "ps -q --no-trunc").out == box.id() + "\n");
    CHECK_THAT(ocinet(host, "ps").out, !contains(box.id()));
    CHECK_THAT(ocinet(host, "ps --no-trunc").out, contains(box.id()));
}

TEST_CASE("ps tells what became of a container") {
    Containers scene;
    scene.set_phase(scene.plain, "removing");
    CHECK(state_of(scene.host, "plain-1a") == "removing");
    scene.set_phase(scene.front, "attaching");
    CHECK(state_of(scene.host, "front-1a") == "attaching");
    const Container other(scene.host, "other", {{"io.ocinet.network", "bridge"}});
    other.attach();
    CHECK(state_of(scene.host, "other") == "running");
}

TEST_CASE("a container whose process has ended is dead") {
    Containers scene;
    scene.front.kill();
    CHECK(state_of(scene.host, "front-1a") == "dead");
    CHECK(state_of(scene.host, "plain-1a") == "running");
}

TEST_CASE("where nothing of ours ever was there are no containers") {
    const Host host;
    CHECK(ocinet_json(host, "ps --json") == json::array());
    CHECK(ocinet(host, "ps").out == "CONTAINER ID  NAME  STATE  PID  NETWORKS  ADDRESSES  PORTS\n");
    CHECK(host.run("ls /run/ocinet").status != 0);
}

TEST_CASE("a record that cannot be read is a warning") {
    const Containers scene;
    scene.host.write("/run/ocinet/containers/odd.json", "{\"version\":1000}");
    const Result result = ocinet(scene.host, "ps --json");
    CHECK(result.status == 0);
    CHECK(json::parse(result.out).size() == 2);
    CHECK_THAT(result.err, contains("warning: the record containers/odd.json"));
}

TEST_CASE("inspect tells all that is known of a container") {
    const Containers scene;
    const json all = ocinet_json(scene.host, "inspect front-1a plain-1a");
    REQUIRE(all.size() == 2);
    const json& front = all[0];
    CHECK(front["name"] == "front");
    CHECK(front["state"] == "running");
    CHECK(front["pid"] == scene.front.process());
    const json& attachment = front["attachments"][0];
    CHECK(attachment["network"] == "bridge");
    CHECK(attachment["driver"] == "bridge");
    CHECK(attachment["interface"] == "eth0");
    CHECK(attachment["addresses"] == json{"10.90.0.2/16"});
    CHECK(attachment["gateways"] == json{"10.90.0.1"});
    CHECK(attachment["ports"].size() == 2);
    CHECK(
        scene.host.run("ip link show " + attachment["host_interface"].get<std::string>()).status ==
        0);
    CHECK(front["attachments"][1]["interface"] == "eth1");
    // The time of the file itself, as date(1) tells it.
    CHECK(front["since"].get<std::string>() + "\n" ==
          scene.host.sh("date -u -r /run/ocinet/containers/front-1a.json +%Y-%m-%dT%H:%M:%SZ"));
}

TEST_CASE("a container is meant by its id, the beginning of it, or its name") {
    const Containers scene;
    const Container named(scene.host, "fr",
                          {{"io.ocinet.network", "none"}, {"io.ocinet.name", "plain-1"}});
    named.attach();
    const auto id_of = [&](const std::string& text) {
        return ocinet_json(scene.host, "inspect " + text)[0]["id"].get<std::string>();
    };
    CHECK(id_of("front-1a") == "front-1a");
    CHECK(id_of("fro") == "front-1a");
    CHECK(id_of("front") == "front-1a");
    // An id comes before the beginning of one, and a name does.
    CHECK(id_of("fr") == "fr");
    CHECK(id_of("plain-1") == "fr");
    CHECK(id_of("plain-1a") == "plain-1a");
    const Result both = ocinet(scene.host, "inspect f");
    CHECK(both.status == 1);
    CHECK_THAT(both.err, contains("\"f\" means more than one container: fr, front-1a"));
    for (const std::string nobody : {"nobody", "../front-1a"}) {
        const Result none = ocinet(scene.host, "inspect " + nobody);
        CHECK(none.status == 1);
        CHECK_THAT(none.err, contains("no container \"" + nobody + "\"") && contains("hint: "));
    }
}

TEST_CASE("port prints what `docker port` prints") {
    const Containers scene;
    CHECK(ocinet(scene.host, "port front").out == "80/tcp -> 0.0.0.0:8080\n"
                                                  "9100/udp -> 0.0.0.0:9000\n"
                                                  "9101/udp -> 0.0.0.0:9001\n"
                                                  "9102/udp -> 0.0.0.0:9002\n");
    CHECK(ocinet(scene.host, "port front 80").out == "0.0.0.0:8080\n");
    CHECK(ocinet(scene.host, "port front 80/tcp").out == "0.0.0.0:8080\n");
    CHECK(ocinet(scene.host, "port front 9101/udp").out == "0.0.0.0:9001\n");
    CHECK(ocinet(scene.host, "port plain-1a").out.empty());
    CHECK(ocinet_json(scene.host, "port front 9102/udp --json") ==
          json{{{"port", 9102},
                {"protocol", "udp"},
                {"host_address", "0.0.0.0"},
                {"host_port", 9002}}});
}

TEST_CASE("port says which port is not published") {
    const Containers scene;
    for (const std::string port : {"81", "80/udp", "9103/udp"}) {
        CAPTURE(port);
        const Result result = ocinet(scene.host, "port front " + port);
        CHECK(result.status == 1);
        CHECK(result.out.empty());
        CHECK_THAT(result.err, contains("container front does not publish port " + port));
    }
    CHECK_THAT(ocinet(scene.host, "port front http").err, contains("\"http\" is no port"));
}

TEST_CASE("ports of both families are published") {
    const Host host;
    host.write_network("six",
                       {{"subnets", {{{"subnet", "10.91.1.0/24"}}, {{"subnet", "fd00:91::/64"}}}}});
    const Container box(host, "six-1",
                        {{"io.ocinet.network", "six"}, {"io.ocinet.publish", "8080:80"}});
    box.attach();
    CHECK(ocinet(host, "port six-1").out == "80/tcp -> 0.0.0.0:8080\n80/tcp -> [::]:8080\n");
}

} // namespace ocinet::test
