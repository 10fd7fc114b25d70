// SPDX-License-Identifier: GPL-2.0-or-later
// `ocinet network` ls, inspect, rm, prune and exists.
#include "netsetup/base/text.h"
#include "tests/cli/scene.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

/// Two networks with files, of which one has a container.
class Networks {
public:
    Networks() {
        make_router(host);
        host.write_network(
            "web", {{"subnets", {{{"subnet", "10.91.1.0/24"}}}}, {"labels", {{"tier", "front"}}}});
        host.write_network("idle", {{"subnets", {{{"subnet", "10.91.2.0/24"}}}}});
        box.attach();
    }

    std::string files() const { return host.sh("ls /etc/ocinet/networks"); }

    Host host;
    Container box{host, {{"io.ocinet.network", "web"}, {"io.ocinet.name", "front"}}};
};

std::vector<std::string> words(const std::string& line) {
    std::vector<std::string> list;
    for (const auto word : split(line, ' ')) {
        if (!word.empty()) {
            list.emplace_back(word);
        }
    }
    return list;
}

} // namespace

TEST_CASE("ls shows networks, what they are, and who is on them") {
    const Networks scene;
    const std::string table = scene.host.sh(cli_program() + " network ls");
    const auto lines = split(table, '\n');
    using Words = std::vector<std::string>;
    CHECK(words(std::string(lines[0])) == Words{"NAME", "DRIVER", "SUBNETS", "CONTAINERS"});
    CHECK(words(std::string(lines[1])) == Words{"bridge", "bridge", "10.90.0.0/16"});
    CHECK(words(std::string(lines[2])) == Words{"host", "host"});
    CHECK(words(std::string(lines[3])) == Words{"idle", "bridge", "10.91.2.0/24"});
    CHECK(words(std::string(lines[4])) == Words{"none", "none"});
    CHECK(words(std::string(lines[5])) == Words{"web", "bridge", "10.91.1.0/24", "front",
                                                "(" + scene.box.id().substr(0, 12) + ")"});
    CHECK(scene.host.sh(cli_program() + " network ls -q") == "bridge\nhost\nidle\nnone\nweb\n");
}

TEST_CASE("ls --json has a shape of its own") {
    const Networks scene;
    const json all = ocinet_json(scene.host, "network ls --json");
    CHECK(all.size() == 5);
    CHECK(only_with(all, "name", "web") ==
          json{{"name", "web"},
               {"driver", "bridge"},
               {"network_interface", "oc-web"},
               {"subnets", {"10.91.1.0/24"}},
               {"file", "/etc/ocinet/networks/web.json"},
               {"containers", {{{"id", scene.box.id()}, {"name", "front"}}}},
               {"problems", json::array()}});
    CHECK(only_with(all, "name", "bridge")["file"] == "");
}

TEST_CASE("a file that cannot be understood is a warning, and the others are shown") {
    const Networks scene;
    scene.host.write("/etc/ocinet/networks/bad.json", R"({"colour":"red"})");
    const Result result = ocinet(scene.host, "network ls");
    CHECK(result.status == 0);
    CHECK_THAT(result.err, contains("warning") && contains("bad.json: colour: unknown key"));
    CHECK_THAT(result.out, contains("\nweb ") && contains("\nbad     ?"));
    const json all = ocinet_json(scene.host, "network ls --json");
    CHECK_THAT(only_with(all, "name", "bad")["problems"][0].get<std::string>(), contains("colour"));
}

TEST_CASE("inspect shows a network in Podman's words, and its containers") {
    const Networks scene;
    const json web = ocinet_json(scene.host, "network inspect web").at(0);
    CHECK(web["name"] == "web");
    CHECK(web["driver"] == "bridge");
    CHECK(web["network_interface"] == "oc-web");
    CHECK(web["subnets"] ==
          json{{{"subnet", "10.91.1.0/24"},
                {"gateway", "10.91.1.1"},
                {"lease_range", {{"start_ip", "10.91.1.1"}, {"end_ip", "10.91.1.254"}}}}});
    CHECK(web["labels"] == json{{"tier", "front"}});
    for (const char* key : {"ipv6_enabled", "internal", "dns_enabled"}) {
        CHECK(web[key] == false);
    }
    const json& user = web["containers"][scene.box.id()];
    CHECK(user["name"] == "front");
    CHECK(user["interfaces"]["eth0"]["addresses"] == json{"10.91.1.2/24"});
    CHECK(user["interfaces"]["eth0"]["gateways"] == json{"10.91.1.1"});
    CHECK_FALSE(user["interfaces"]["eth0"]["mac_address"].get<std::string>().empty());
}

TEST_CASE("inspect takes several names, built-in ones too, and tells which is none") {
    const Networks scene;
    const json all = ocinet_json(scene.host, "network inspect --json bridge none idle");
    CHECK(all.size() == 3);
    CHECK(all[2]["containers"] == json::object());
    const Result result = ocinet(scene.host, "network inspect nowhere web");
    CHECK(result.status == 1);
    CHECK_THAT(result.err, contains("no network \"nowhere\"") && contains("hint: "));
    CHECK(json::parse(result.out).size() == 1);
}

TEST_CASE("a bridge that is another's is a warning") {
    const Host host;
    host.write_network(
        "copied", {{"subnets", {{{"subnet", "10.89.0.0/24"}}}}, {"network_interface", "podman1"}});
    host.write("/etc/containers/networks/copied.json",
               R"({"name":"copied","network_interface":"podman1"})");
    host.write_network("mine", {{"subnets", {{{"subnet", "10.91.3.0/24"}}}}});
    host.sh("ip link add name oc-mine type bridge");
    for (const std::string verb : {"network ls", "network inspect copied mine"}) {
        CAPTURE(verb);
        const Result result = ocinet(host, verb);
        CHECK(result.status == 0);
        CHECK_THAT(result.err, contains("podman1 is that of Podman's network \"copied\""));
        CHECK_THAT(result.err,
                   contains("an interface oc-mine already, which is not this network's"));
    }
    // As the attachment says, too.
    const Container box(host, {{"io.ocinet.network", "mine"}});
    const Result refused = box.hook("createRuntime");
    CHECK(refused.status == 1);
    CHECK_THAT(refused.err, contains("an interface oc-mine already"));
}

TEST_CASE("a network in use is not removed, and its users are named") {
    const Networks scene;
    const Result result = ocinet(scene.host, "network rm web idle");
    CHECK(result.status == 1);
    CHECK(result.out == "idle\n");
    CHECK_THAT(result.err, contains("network \"web\" is used by front (" +
                                    scene.box.id().substr(0, 12) + ")") &&
                               contains("hint: stop it first"));
    CHECK(scene.files() == "web.json\n");
    scene.box.detach();
    CHECK(ocinet(scene.host, "network rm web").out == "web\n");
    CHECK(scene.files().empty());
}

TEST_CASE("a network whose only user is dead is removed") {
    Networks scene;
    scene.box.kill();
    CHECK(ocinet(scene.host, "network rm web").status == 0);
    CHECK(leftovers(scene.host) == nothing_left);
}

TEST_CASE("a network that a container uses whose record nobody understands is not removed") {
    const Networks scene;
    const std::string path = "/run/ocinet/containers/" + scene.box.id() + ".json";
    scene.host.write(path, "{\"version\":1000}");
    const Result result = ocinet(scene.host, "network rm web");
    CHECK(result.status == 1);
    CHECK_THAT(result.err, contains("used by a container whose record cannot be read"));
    CHECK(scene.files() == "idle.json\nweb.json\n");
}

TEST_CASE("what is built in, or not there, cannot be removed") {
    const Host host;
    const Result result = ocinet(host, "network rm --json bridge nowhere");
    CHECK(result.status == 1);
    CHECK(json::parse(result.out) == json::array());
    CHECK_THAT(result.err, contains("\"bridge\" is built in and cannot be removed") &&
                               contains("no network \"nowhere\""));
}

TEST_CASE("a file that replaces a built-in network can be removed") {
    const Host host;
    host.write_network("bridge", {{"subnets", {{{"subnet", "10.95.0.0/24"}}}}});
    CHECK(ocinet(host, "network rm bridge").status == 0);
    CHECK(ocinet_json(host, "network inspect bridge")[0]["subnets"][0]["subnet"] == "10.90.0.0/16");
}

TEST_CASE("prune removes what nobody uses, when it is told to") {
    const Networks scene;
    scene.host.write("/etc/ocinet/networks/bad.json", "{");
    const std::string all = scene.files();
    const Result unasked = ocinet(scene.host, "network prune </dev/null");
    CHECK(unasked.status == 1);
    CHECK_THAT(unasked.err, contains("to remove idle") && contains("hint: --force"));
    CHECK(scene.files() == all);
    // The built-in network would not go with its file, but change.
    scene.host.write_network("bridge", {{"subnets", {{{"subnet", "10.88.0.0/16"}}}}});
    CHECK(ocinet_json(scene.host, "network prune --force --json") == json{"idle"});
    CHECK(scene.files() == "bad.json\nbridge.json\nweb.json\n");
    CHECK(ocinet(scene.host, "network prune -f").out.empty());
}

TEST_CASE("prune asks on a terminal") {
    const std::string answer = GENERATE("y", "n", "");
    CAPTURE(answer);
    const Networks scene;
    const std::string said = scene.host.sh("echo '" + answer + "' | script -qec '" + cli_program() +
                                           " network prune' /dev/null");
    CHECK_THAT(said, contains("Remove the networks idle? [y/N]"));
    CHECK(scene.files() == (answer == "y" ? "web.json\n" : "idle.json\nweb.json\n"));
}

TEST_CASE("exists says so by its status") {
    const Networks scene;
    for (const std::string name : {"bridge", "host", "none", "web"}) {
        CAPTURE(name);
        const Result result = ocinet(scene.host, "network exists " + name);
        CHECK(result.status == 0);
        CHECK((result.out + result.err).empty());
    }
    for (const std::string name : {"nowhere", "../networks/web", "web.json"}) {
        CAPTURE(name);
        CHECK(ocinet(scene.host, "network exists " + name).status == 1);
    }
    CHECK(ocinet_json(scene.host, "network exists --json web") == true);
    CHECK(ocinet_json(scene.host, "network exists --json nowhere", 1) == false);
}

TEST_CASE("a network cannot be removed while a container is being attached to it") {
    const Networks scene;
    const Host& host = scene.host;
    // The attachment has the network's lock and waits for the host's.
    const Container late(host, {{"io.ocinet.network", "idle"}});
    Process lock = hold_lock(host, "host");
    Process attach = [&] {
        const std::string state = late.state("createRuntime").dump();
        return Process(
            [&] {
                host.enter();
                ::execl(hook_program().c_str(), "ocinet-hook", "createRuntime", nullptr);
            },
            state);
    }();
    wait_until_it_waits_for_a_lock(attach);
    Process remove = host.start("exec " + cli_program() + " network rm idle");
    wait_until_it_waits_for_a_lock(remove);
    lock.signal(9);
    CHECK(attach.wait().status == 0);
    const Result removed = remove.wait();
    CHECK(removed.status == 1);
    CHECK_THAT(removed.err, contains("is used by " + late.id().substr(0, 12)));
    CHECK(scene.files() == "idle.json\nweb.json\n");
}

TEST_CASE("a container is not attached to a network that was removed before it had its turn") {
    const Networks scene;
    const Host& host = scene.host;
    const Container late(host, {{"io.ocinet.network", "idle"}});
    Process lock = hold_lock(host, "idle");
    const std::string state = late.state("createRuntime").dump();
    Process attach(
        [&] {
            host.enter();
            ::execl(hook_program().c_str(), "ocinet-hook", "createRuntime", nullptr);
        },
        state);
    wait_until_it_waits_for_a_lock(attach);
    host.sh("rm /etc/ocinet/networks/idle.json");
    lock.signal(9);
    const Result result = attach.wait();
    CHECK(result.status == 1);
    CHECK_THAT(result.err, contains("no network \"idle\""));
    CHECK(host.run("ip link show oc-idle").status != 0);
}

} // namespace ocinet::test
