// SPDX-License-Identifier: GPL-2.0-or-later
// Containers whose addresses a DHCP server of the parent's network gives.
#include <csignal>
#include <ctime>

#include "netsetup/agent_socket.h"
#include "netsetup/base/error.h"
#include "tests/kernel/scene.h"
#include "tests/support/catch.h"
#include "tests/support/dhcp_lan.h"
#include "tests/support/snapshot.h"
#include "tests/support/temp_dir.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

const std::string range = "192.0.2.50,192.0.2.59";

bool lives(pid_t pid) {
    return ::kill(pid, 0) == 0;
}

// `ocinet ps` as a user sees it.
json addresses_shown(const Host& host) {
    return json::parse(host.sh(cli_program() + " ps --json")).at(0).at("addresses");
}

struct DhcpScene {
    DhcpScene() = default;
    /// With server and agent.
    explicit DhcpScene(const std::string& leased, const std::string& options = "") {
        lan.start_server(leased, options);
        lan.start_agent();
    }

    Container container() const { return Container(host, {{"io.ocinet.network", "lan"}}); }

    Host host;
    DhcpLan lan{host};
};

Result failed_attach(const DhcpScene& scene, const Container& box) {
    const auto before = scene.host.snapshot();
    Result result =
        call_hook(scene.host, box.state("createRuntime").dump(), {.options = {"--deadline", "2"}});
    CHECK(result.status == 1);
    CHECK(difference(before, scene.host.snapshot()) == no_difference);
    CHECK(scene.lan.is_clean());
    return result;
}

} // namespace

TEST_CASE("an address of DHCP's is renewed, and given back") {
    DhcpScene scene(range);
    const Container box = scene.container();
    const json attached = only_attachment(box.attach());
    const std::string address = attached["addresses"][0];
    CHECK(address.starts_with("192.0.2.5"));
    CHECK(addresses(link(box, "eth0")) == std::vector{address});
    CHECK(attached["gateways"] == json({"192.0.2.1"}));
    CHECK(reaches(box, "192.0.2.1"));
    CHECK(ip(box, "route show default")[0]["gateway"] == "192.0.2.1");
    CHECK(addresses_shown(scene.host) == json({address}));
    CHECK(differences(scene.host, box).empty());

    scene.lan.change_lease(box.id(), ".expires = 1");
    box.sh("ip address change " + address + " dev eth0 valid_lft 9 preferred_lft 9");
    ::kill(scene.lan.client(box.id()), SIGUSR1); // as after half of the lease's time
    const auto acknowledged = [&] {
        const auto log = scene.lan.server_log();
        return log.find("DHCPACK") != log.rfind("DHCPACK");
    };
    CHECK(eventually(acknowledged));
    CHECK(eventually([&] { return scene.lan.lease(box.id())["expires"] > std::time(nullptr); }));
    CHECK(addresses(link(box, "eth0")) == std::vector{address});
    CHECK(link(box, "eth0")["addr_info"][0]["valid_life_time"] > 60);

    const pid_t client = scene.lan.client(box.id());
    box.detach();
    CHECK_FALSE(lives(client));
    CHECK(scene.lan.server_says("DHCPRELEASE"));
    CHECK(scene.lan.is_clean());
    CHECK(leftovers(scene.host) == nothing_left);
}

TEST_CASE("the DHCP client has few capabilities") {
    DhcpScene scene(range);
    const Container box = scene.container();
    box.attach();
    // CAP_NET_BIND_SERVICE, CAP_NET_ADMIN, CAP_NET_RAW
    const std::string status =
        read_text("/proc/" + std::to_string(scene.lan.client(box.id())) + "/status");
    for (const char* set : {"CapPrm", "CapEff", "CapBnd"}) {
        CHECK(status.find(std::string(set) + ":\t0000000000003400\n") != std::string::npos);
    }
    CHECK(status.find("NoNewPrivs:\t1\n") != std::string::npos);
    CHECK(netns_of(std::to_string(scene.lan.client(box.id()))) == box.netns());
    box.detach();
}

TEST_CASE("routes that DHCP gives") {
    DhcpScene scene(range, "--dhcp-option=121,198.51.100.0/24,192.0.2.7,0.0.0.0/0,203.0.113.1");
    const Container box = scene.container();
    box.attach();
    CHECK(ip(box, "route show 198.51.100.0/24")[0]["gateway"] == "192.0.2.7");
    // Not the router's, which classless routes replace; and a neighbour, in no subnet.
    CHECK(ip(box, "route show default")[0]["gateway"] == "203.0.113.1");
    CHECK(ip(box, "route show default").size() == 1);
    CHECK(differences(scene.host, box).empty());
    box.detach();
    CHECK(scene.lan.is_clean());
}

TEST_CASE("a silent DHCP server is an error, and nothing is left") {
    DhcpScene scene;
    scene.lan.start_agent();
    const Container box = scene.container();
    const Result result = failed_attach(scene, box);
    CHECK(result.err.find("no address came from DHCP in time: no server answers") !=
          std::string::npos);
    CHECK(result.err.find("hint: is there a DHCP server") != std::string::npos);
}

TEST_CASE("nobody waits for a container that waits for DHCP") {
    DhcpScene scene;
    scene.lan.start_agent();
    scene.host.write_network("web",
                             {{"driver", "bridge"}, {"subnets", {{{"subnet", "10.7.0.0/24"}}}}});
    const Container waiting = scene.container();
    const Process hook = start_hook(scene.host, waiting.state("createRuntime").dump(), {});
    CHECK(eventually([&] { return !scene.lan.lease(waiting.id()).is_null(); }));
    const Container other(scene.host, {{"io.ocinet.network", "web"}});
    other.attach();
    other.detach();
    CHECK(hook.running());
    // It is killed meanwhile: what it began is found and taken back.
    hook.make_zombie();
    CHECK(eventually([&] { return scene.lan.client(waiting.id()) != 0; }));
    scene.host.sh(cli_program() + " gc");
    CHECK(scene.lan.is_clean());
    CHECK(leftovers(scene.host) == nothing_left);
}

TEST_CASE("a server that refuses gets asked anew") {
    DhcpScene scene(range);
    const Container box = scene.container();
    box.attach();
    scene.lan.stop_server();
    scene.lan.start_server("192.0.2.80,192.0.2.89");
    ::kill(scene.lan.client(box.id()), SIGUSR1);
    CHECK(scene.lan.server_says("DHCPNAK"));
    const auto has_other = [&] {
        const auto now = addresses(link(box, "eth0"));
        return now.size() == 1 && now[0].starts_with("192.0.2.8");
    };
    CHECK(eventually(has_other));
    CHECK(eventually([&] { return reaches(box, "192.0.2.1"); }));
    CHECK(addresses_shown(scene.host) == json(addresses(link(box, "eth0"))));
    CHECK(differences(scene.host, box).empty());
    box.detach();
    CHECK(scene.lan.is_clean());
}

TEST_CASE("a DHCP client that dies is started again") {
    const int signal = GENERATE(SIGKILL, SIGTERM); // with that one it gives its address back
    CAPTURE(signal);
    DhcpScene scene(range);
    const Container box = scene.container();
    box.attach();
    const pid_t first = scene.lan.client(box.id());
    ::kill(first, signal);
    CHECK(eventually([&] { return scene.lan.client(box.id()) != first; }));
    CHECK(eventually([&] { return differences(scene.host, box).empty(); }));
    box.detach();
    CHECK(scene.lan.is_clean());
}

TEST_CASE("an address stays while client and server are gone") {
    DhcpScene scene(range);
    const Container box = scene.container();
    box.attach();
    const auto before = addresses(link(box, "eth0"));
    const pid_t first = scene.lan.client(box.id());
    scene.lan.stop_server();
    ::kill(first, SIGKILL);
    CHECK(eventually([&] { return scene.lan.client(box.id()) != first; }));
    CHECK(addresses(link(box, "eth0")) == before);
    CHECK(scene.lan.lease(box.id())["address"] == before.front());
    scene.lan.start_server(range);
    CHECK(scene.lan.server_says("DHCPACK"));
    CHECK(addresses(link(box, "eth0")) == before);
    box.detach();
    CHECK(scene.lan.is_clean());
}

TEST_CASE("a lease that nobody renews ends, and the next server's is taken") {
    DhcpScene scene(range);
    const Container box = scene.container();
    box.attach();
    scene.lan.stop_server();
    scene.lan.change_lease(box.id(), ".expires = 1");
    ::kill(scene.lan.client(box.id()), SIGUSR2); // it lets go, and with USR1 asks anew
    ::kill(scene.lan.client(box.id()), SIGUSR1);
    CHECK(eventually([&] { return scene.lan.lease(box.id())["address"].is_null(); }));
    CHECK(eventually([&] { return scene.lan.lease(box.id())["problem"] == "no server answers"; }));
    CHECK(addresses(link(box, "eth0")).empty());
    CHECK(addresses_shown(scene.host) == json::array());
    CHECK_FALSE(differences(scene.host, box).empty());
    scene.lan.start_server(range);
    CHECK(eventually([&] { return differences(scene.host, box).empty(); }));
    box.detach();
    CHECK(scene.lan.is_clean());
}

TEST_CASE("routes of DHCP's that are there already, or that nobody asked for") {
    // The subnet's own, twice the same destination, and the default route by halves.
    const std::string offer = "--dhcp-option=121,192.0.2.0/24,0.0.0.0,198.51.100.0/24,192.0.2.7,"
                              "198.51.100.0/24,192.0.2.8,0.0.0.0/1,192.0.2.7,128.0.0.0/1,192.0.2.7";
    DhcpScene scene(range, offer);
    auto file = DhcpLan::network();
    const auto routes = [](const Container& box) {
        std::vector<std::string> found;
        for (const auto& route : ip(box, "route show proto dhcp")) {
            found.push_back(route["dst"]);
        }
        return found;
    };
    file["options"]["no_default_route"] = "true";
    scene.host.write_network("lan", file);
    const Container box = scene.container();
    box.attach();
    CHECK(routes(box) == std::vector<std::string>{"198.51.100.0/24"});
    box.detach();
    file["internal"] = true;
    scene.host.write_network("lan", file);
    const Container shut = scene.container();
    shut.attach();
    CHECK(routes(shut).empty());
    shut.detach();
    CHECK(scene.lan.is_clean());
}

TEST_CASE("ocinet-agent runs DHCP clients and nothing else") {
    DhcpScene scene(range);
    for (const char* command :
         {R"(["/bin/touch","/run/touched"])", R"(["/bin/sh","client","c1","eth0"])", "[]",
          R"([")" OCINET_PREFIX R"(/libexec/ocinet/ocinet-dhcp","serve","c1","eth0"])",
          R"([")" OCINET_PREFIX R"(/libexec/ocinet/ocinet-dhcp","client","../c1","eth0"])"}) {
        CAPTURE(command);
        const std::string said = scene.host.ask([&] {
            try {
                agent::ask({{"start", {{"name", "x"}, {"command", json::parse(command)}}}});
            } catch (const Error& error) {
                return error.message();
            }
            return std::string("started");
        });
        CHECK_THAT(said, Catch::EndsWith("a DHCP client's name and command are wanted"));
    }
    CHECK(scene.host.run("test -e /run/touched").status != 0);
    CHECK(scene.lan.is_clean());
}

TEST_CASE("a DHCP client that cannot run is told from a silent server") {
    DhcpScene scene(range);
    scene.host.sh("mount --bind /bin/false /bin/busybox");
    const Result result = failed_attach(scene, scene.container());
    CHECK_THAT(result.err, contains("its client does not run") && contains("ocinet-dhcp-"));
}

TEST_CASE("a route of DHCP's that the kernel refuses is an error, and nothing is left") {
    DhcpScene scene("192.0.2.50,192.0.2.50", "--dhcp-option=121,0.0.0.0/0,192.0.2.255");
    const Container box = scene.container();
    const Result result = failed_attach(scene, box);
    CHECK_THAT(result.err, contains("DHCP gave 192.0.2.50/24, but "));
}

TEST_CASE("the agent adopts what an earlier one left") {
    DhcpScene scene(range);
    const Container lasting = scene.container();
    const Container dying = scene.container();
    lasting.attach();
    dying.attach();
    const pid_t client = scene.lan.client(lasting.id());
    const pid_t dead = scene.lan.client(dying.id());
    scene.lan.kill_agent();
    ::kill(dead, SIGKILL);
    CHECK(lives(client));
    scene.lan.start_agent();
    CHECK(scene.lan.client(lasting.id()) == client);
    CHECK(eventually([&] {
        return scene.lan.client(dying.id()) != dead && lives(scene.lan.client(dying.id()));
    }));
    ::kill(client, SIGKILL); // and it sees it die
    CHECK(eventually([&] {
        return scene.lan.client(lasting.id()) != client && lives(scene.lan.client(lasting.id()));
    }));
    CHECK(eventually([&] { return differences(scene.host, lasting).empty(); }));
    lasting.detach();
    dying.detach();
    CHECK(scene.lan.is_clean());
}

TEST_CASE("without agent and systemd there is no DHCP") {
    DhcpScene scene;
    scene.lan.start_server(range);
    const Container box = scene.container();
    const Result result = failed_attach(scene, box);
    CHECK(result.err.find("neither systemd nor ocinet-agent runs") != std::string::npos);
}

TEST_CASE("a container ends while there is no agent") {
    DhcpScene scene(range);
    const Container box = scene.container();
    box.attach();
    const pid_t client = scene.lan.client(box.id());
    scene.lan.kill_agent();
    box.detach();
    CHECK_FALSE(lives(client));
    CHECK(scene.lan.server_says("DHCPRELEASE"));
    CHECK(leftovers(scene.host) == nothing_left);
    CHECK(scene.lan.is_clean());
}

TEST_CASE("a dead container's DHCP client goes with it") {
    DhcpScene scene(range);
    Container box = scene.container();
    box.attach();
    const pid_t client = scene.lan.client(box.id());
    box.kill(); // its client holds its network namespace
    scene.host.sh(cli_program() + " gc");
    CHECK_FALSE(lives(client));
    CHECK(scene.lan.is_clean());
    CHECK(leftovers(scene.host) == nothing_left);
}

TEST_CASE("what a DHCP server says is not believed") {
    DhcpScene scene(range);
    const Container box = scene.container();
    box.attach();
    const auto before = addresses(link(box, "eth0"));
    std::string be_the_client;
    const auto say = [&](const std::string& id, const std::string& words) {
        return scene.host.run(be_the_client + "nsenter --net=/proc/" + std::to_string(box.pid()) +
                              "/ns/net env interface=eth0 OCINET_CONTAINER=" + id + " " + words +
                              " " OCINET_PREFIX "/libexec/ocinet/ocinet-dhcp bound; exit $?");
    };
    // As the child of a client that was killed.
    CHECK(say(box.id(), "ip=192.0.2.70 mask=24").status == 0);
    CHECK(addresses(link(box, "eth0")) == before);

    const std::string lease = "/run/ocinet/dhcp/" + box.id() + "/eth0.json";
    be_the_client = "jq .client.pid=$$ " + lease + " >/run/lease && cp /run/lease " + lease + "; ";
    for (const char* address : {"127.0.0.1", "224.0.0.5", "0.0.0.0", "255.255.255.255", "0.1.2.3",
                                "fd00::5", "x", "192.0.2.70/24", "''"}) {
        CAPTURE(address);
        CHECK(say(box.id(), std::string("mask=24 ip=") + address).status == 1);
        CHECK(addresses(link(box, "eth0")) == before);
    }
    CHECK(say("another", "ip=192.0.2.70 mask=24").status == 0); // whom nobody knows
    CHECK(say("../../etc", "ip=192.0.2.70 mask=24").status == 1);
    CHECK(addresses(link(box, "eth0")) == before);
    // What else is malformed is as if it had not been said.
    CHECK(say(box.id(), "ip=192.0.2.70 mask=24 lease=x router='y 192.0.2.1' dns='9.9.9.9 z' "
                        "staticroutes='1.2.3.0/33 192.0.2.9 x' domain=$(printf '\\377')")
              .status == 0);
    CHECK(addresses(link(box, "eth0")) == std::vector<std::string>{"192.0.2.70/24"});
    CHECK(scene.lan.lease(box.id())["dns_servers"] == json({"9.9.9.9"}));
    box.detach();
    CHECK(scene.lan.is_clean());
}

} // namespace ocinet::test
