// SPDX-License-Identifier: GPL-2.0-or-later
// Networks that Docker's plugins make, by two that are built on the library for such plugins.
#include <csignal>
#include <nlohmann/json.hpp>

#include "netsetup/base/text.h"
#include "tests/kernel/scene.h"
#include "tests/support/catch.h"
#include "tests/support/docker_plugins.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

struct Scene {
    explicit Scene(const json& file = DockerPlugins::network()) {
        host.write_network("web", file);
        before = host.snapshot();
    }

    Container container(const std::string& more = "", const std::string& publish = "") const {
        Annotations annotations{{"io.ocinet.network", "web" + more}};
        if (!publish.empty()) {
            annotations["io.ocinet.publish"] = publish;
        }
        return Container(host, annotations);
    }

    Result gc() const { return host.run(cli_program() + " gc"); }

    // How many things of this kind the plugins hold: "network", "endpoint", "address".
    std::size_t count(const std::string& kind) const {
        std::size_t found = 0;
        const json held = plugins.held();
        for (const auto& [key, value] : held.items()) {
            found += key.starts_with(kind + " ") ? 1 : 0;
        }
        return found;
    }

    // Neither on the host, nor with us, nor with the plugins.
    void check_nothing_left() const {
        CHECK(plugins.held() == json::object());
        CHECK(difference(before, host.snapshot()) == no_difference);
        CHECK(leftovers(host).empty());
    }

    Host host;
    DockerPlugins plugins{host};
    json before;
};

// Somebody of the machine's for a byte of this host's lock file.
bool waits_for_lock(const Scene& scene) {
    return scene.host
               .run("grep -- '-> POSIX' /proc/locks | "
                    "grep -q \"$(stat -c '%Hd %Ld %i' /run/ocinet/lock | "
                    "xargs printf '%02x:%02x:%d') \"")
               .status == 0;
}

int attendants_of(const Scene& scene, const Container& box) {
    return std::stoi(scene.host.sh("cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | "
                                   "grep -o '[o]cinet-plugin " +
                                   box.id() + " ' | wc -l"));
}

// What a plugin must say to be one.
const std::string good = R"({"Implements": ["NetworkDriver"], "Scope": "local", )";

bool has_route(const Place& place, const std::string& words) {
    return place.sh("ip route show").find(words) != std::string::npos;
}

} // namespace

TEST_CASE("docker plugin: it makes a container's interface, and takes it away") {
    const Scene scene(DockerPlugins::network({{"routes", "yes"}}));
    const Container box = scene.container(":mac=02:00:00:00:00:07,interface_name=lan");
    const json attached = only_attachment(box.attach());
    CHECK(attached["driver"] == "docker-plugin");
    CHECK(attached["interface"] == "lan");
    CHECK(attached["mac"] == "02:00:00:00:00:07");
    CHECK(attached["addresses"] == json{"10.7.0.2/24"});
    CHECK(attached["gateways"] == json{"10.7.0.1"});
    CHECK(link(box, "lan")["address"] == "02:00:00:00:00:07");
    CHECK(addresses(link(box, "lan")) == std::vector<std::string>{"10.7.0.2/24"});
    CHECK(addresses(link(box, "lan"), "inet6").empty());
    CHECK(has_route(box, "default via 10.7.0.1 dev lan"));
    CHECK(has_route(box, "192.0.2.0/24 via 10.7.0.1 dev lan"));
    CHECK(has_route(box, "198.51.100.0/24 dev lan scope link"));
    CHECK(reaches(box, "10.7.0.1"));
    CHECK(scene.host.run(cli_program() + " check").status == 0);
    box.detach();
    scene.check_nothing_left();
}

TEST_CASE("docker plugin: of its containers the first makes the network and the last takes it") {
    const Scene scene;
    const Container first = scene.container();
    const Container second = scene.container();
    first.attach();
    CHECK_THAT(scene.host.sh(cli_program() + " plan --network web"), !contains("CreateNetwork"));
    second.attach();
    CHECK(scene.count("network") == 1);
    CHECK(reaches(first, "10.7.0.3"));
    first.detach();
    CHECK(scene.count("network") == 1);
    CHECK(reaches(second, "10.7.0.1"));
    second.detach();
    scene.check_nothing_left();
}

TEST_CASE("docker plugin: another one gives the addresses") {
    const Scene scene(DockerPlugins::network_with_ipam());
    const Container box = scene.container();
    const json attached = only_attachment(box.attach());
    CHECK(attached["addresses"] == json{"10.7.0.2/24"});
    CHECK(attached["gateways"] == json{"10.7.0.1"});
    CHECK(reaches(box, "10.7.0.1"));
    const json held = scene.plugins.held();
    CHECK(held["pool 10.7.0.0/24"] == R"(here {"its":"own"})");
    CHECK(held["address 10.7.0.1"] == "com.docker.network.gateway");
    const Container fixed = scene.container(":ip=10.7.0.77");
    CHECK(only_attachment(fixed.attach())["addresses"] == json{"10.7.0.77/24"});
    const Container taken = scene.container(":ip=10.7.0.77");
    CHECK_THAT(refusal(scene.host, taken),
               contains("plugin go-ipam, IpamDriver.RequestAddress: address 10.7.0.77 is there"));
    CHECK(scene.count("address") == 3);
    fixed.detach();
    CHECK(scene.count("address") == 2);
    box.detach();
    scene.check_nothing_left();
}

TEST_CASE("docker plugin: subnets and addresses may be the plugins' own") {
    json file = DockerPlugins::network();
    file.erase("subnets");
    SECTION("the network's") {
        const Scene scene(file);
        const Container box = scene.container();
        CHECK(only_attachment(box.attach())["addresses"] == json{"10.61.0.1/24"});
        CHECK(addresses(link(box, "eth0")) == std::vector<std::string>{"10.61.0.1/24"});
        box.detach();
        scene.check_nothing_left();
    }
    SECTION("those of who gives addresses") {
        file["ipam_options"] = {{"driver", "go-ipam"}};
        const Scene scene(file);
        const Container box = scene.container();
        CHECK(only_attachment(box.attach())["addresses"] == json{"10.60.0.2/24"});
        CHECK(reaches(box, "10.60.0.1"));
        box.detach();
        scene.check_nothing_left();
    }
}

TEST_CASE("docker plugin: both families") {
    json file = DockerPlugins::network();
    file["subnets"].push_back({{"subnet", "fd07::/64"}});
    const Scene scene(file);
    const Container box = scene.container();
    const json attached = only_attachment(box.attach());
    CHECK(attached["addresses"] == json{"10.7.0.2/24", "fd07::2/64"});
    CHECK(attached["gateways"] == json{"10.7.0.1", "fd07::1"});
    CHECK(reaches(box, "fd07::1"));
    CHECK_THAT(box.sh("ip -6 route show default"), contains("via fd07::1 dev eth0"));
    box.detach();
    scene.check_nothing_left();
}

TEST_CASE("docker plugin: it is told of published ports, which are nobody else's") {
    const Scene scene;
    const Container box = scene.container("", "127.0.0.1:8080-8081:80-81,5353:53/udp");
    CHECK(only_attachment(box.attach())["ports"][0] == "80-81/tcp -> 127.0.0.1:8080-8081");
    json ports;
    const json held = scene.plugins.held();
    for (const auto& [key, value] : held.items()) {
        if (key.starts_with("ports ")) {
            ports = json::parse(value.get<std::string>());
        }
    }
    CHECK(ports.size() == 3);
    CHECK(ports[1] == json{{"Proto", 6},
                           {"IP", ""},
                           {"Port", 81},
                           {"HostIP", "127.0.0.1"},
                           {"HostPort", 8081},
                           {"HostPortEnd", 8081}});
    CHECK(ports[2]["Proto"] == 17);
    CHECK_THAT(refusal(scene.host, scene.container("", "8081:80")), contains("port 8081"));
    box.detach();
    scene.check_nothing_left();
}

TEST_CASE("docker plugin: what it says when it fails is said, and all is taken back") {
    for (const char* method :
         {"CreateNetwork", "CreateEndpoint", "Join", "ProgramExternalConnectivity"}) {
        json file = DockerPlugins::network_with_ipam();
        file["options"] = {{"fail", method}};
        const Scene scene(file);
        const Container box = scene.container("", "8080:80");
        CHECK_THAT(box.hook("createRuntime").err,
                   contains(std::string("plugin go-net, NetworkDriver.") + method +
                            ": it was told to fail"));
        scene.check_nothing_left();
    }
}

TEST_CASE("docker plugin: one that does not answer is not waited for") {
    for (const char* method : {"CreateNetwork", "Join"}) {
        const Scene scene(DockerPlugins::network({{"hang", method}}));
        const Container box = scene.container();
        const Result refused = call_hook(scene.host, box.state("createRuntime").dump(),
                                         {.options = {"--deadline", "4"}});
        CHECK(refused.status == 1);
        CHECK_THAT(refused.err, contains("has not ended in time and was killed"));
        CHECK(leftovers(scene.host).empty());
        CHECK(scene.count("endpoint") == 0);
    }
}

TEST_CASE("docker plugin: what it still does for a hook that was killed is taken back after that") {
    const Scene scene(DockerPlugins::network({{"hang", "Join"}}));
    const Container box = scene.container();
    Process hook = start_hook(scene.host, box.state("createRuntime").dump(), {});
    REQUIRE(eventually([&] { return scene.host.run("test -e /run/hung").status == 0; }));
    hook.signal(SIGKILL);
    hook.wait();
    Process gc = scene.host.start("exec " + cli_program() + " gc");
    CHECK(eventually([&] { return attendants_of(scene, box) == 2 && waits_for_lock(scene); }));
    scene.host.sh(": >/run/go-on");
    CHECK(gc.wait().status == 0);
    scene.host.sh("rm /run/go-on /run/hung");
    scene.check_nothing_left();
}

TEST_CASE("docker plugin: who speaks to it has no privileges, and nothing of its caller's") {
    const Scene scene;
    scene.host.sh("cp /usr/bin/curl /run/curl.real");
    scene.host.write("/run/curl", "#!/bin/sh\ncat /proc/self/status >/run/told.status\n"
                                  "tr '\\0' '\\n' </proc/$$/environ >/run/told.environment\n"
                                  "exec /run/curl.real \"$@\"\n");
    scene.host.sh("chmod +x /run/curl; mount --bind /run/curl /usr/bin/curl");
    const Container box = scene.container();
    box.attach();
    CHECK_THAT(scene.host.read("/run/told.status"), contains("CapEff:\t0000000000000000\n"));
    CHECK_THAT(scene.host.read("/run/told.status"), contains("CapPrm:\t0000000000000000\n"));
    CHECK(scene.host.read("/run/told.environment") ==
          "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n");
}

TEST_CASE("docker plugin: for one that has crashed nothing is kept that nobody was asked for") {
    for (const char* name : {"go-net", "go-ipam"}) {
        Scene scene(DockerPlugins::network_with_ipam());
        scene.plugins.stop(name); // its socket stays
        const Container box = scene.container("", "8080:80");
        CHECK_THAT(box.hook("createRuntime").err,
                   contains(std::string("plugin ") + name + ", Plugin.Activate: status 7"));
        scene.check_nothing_left();
    }
}

TEST_CASE("docker plugin: one that is away is told later") {
    Scene scene;
    Container box = scene.container();
    box.attach();
    scene.plugins.stop("go-net");
    const Result failed = box.hook("poststop");
    CHECK(failed.status == 1);
    CHECK_THAT(failed.err, contains("plugin go-net, NetworkDriver.Leave: "));
    CHECK(scene.gc().status != 0);
    // By now it has forgotten what it made.
    scene.plugins.start("go-net");
    box.kill();
    CHECK(scene.gc().status == 0);
    CHECK(leftovers(scene.host).empty());
    scene.container().attach();
}

TEST_CASE("docker plugin: a network whose plugin is gone for good can be forgotten") {
    Scene scene;
    Container box = scene.container("", "8080:80");
    box.attach();
    scene.plugins.stop("go-net");
    box.kill();
    CHECK(scene.gc().status == 1);
    CHECK(scene.host.run(cli_program() + " gc --forget " + box.id()).status == 0);
    // Another one has the network's name, its address and its port from now on.
    json file = DockerPlugins::network();
    file["plugin"] = "other";
    scene.host.write_network("web", file);
    scene.host.write("/etc/docker/plugins/other.spec", "unix:///run/docker/plugins/go-net.sock");
    scene.plugins.start("go-net");
    const Container other = scene.container(":ip=10.7.0.2", "8080:80");
    const Result attached = other.hook("createRuntime");
    CHECK(attached.status == 0);
    CHECK_THAT(attached.err, contains("what plugin go-net had of network web is forgotten"));
    other.detach();
    CHECK(leftovers(scene.host).empty());
}

TEST_CASE("docker plugin: a container that has ended is taken away without its namespace") {
    Scene scene(DockerPlugins::network_with_ipam());
    Container box = scene.container();
    box.attach();
    box.kill();
    CHECK(scene.gc().status == 0);
    CHECK(scene.plugins.held() == json::object());
    CHECK(leftovers(scene.host).empty());
    CHECK(eventually(
        [&] { return difference(scene.before, scene.host.snapshot()) == no_difference; }));
}

TEST_CASE("docker plugin: what it remembers from before the host was switched off is no obstacle") {
    const Scene scene;
    const Container box = scene.container();
    box.attach();
    scene.host.sh("rm -r /run/ocinet"); // as a reboot does
    const Container other = scene.container(":ip=10.7.0.9");
    other.attach();
    CHECK(scene.count("network") == 1);
}

TEST_CASE("docker plugin: what a killed set-up was given, and never heard of, is given back") {
    const char* method = GENERATE("RequestPool", "RequestAddress");
    const Scene scene(DockerPlugins::network_with_ipam());
    scene.host.write("/run/hang", method);
    const Container box = scene.container();
    Process hook = start_hook(scene.host, box.state("createRuntime").dump(), {});
    REQUIRE(eventually([&] { return scene.host.run("test -e /run/hung").status == 0; }));
    hook.signal(SIGKILL);
    hook.wait();
    scene.host.sh(": >/run/go-on");
    CHECK(scene.gc().status == 0);
    scene.host.sh("rm /run/go-on /run/hang /run/hung");
    scene.check_nothing_left();
}

TEST_CASE("docker plugin: another container makes what one that was killed did not") {
    const Scene scene(DockerPlugins::network_with_ipam());
    scene.host.write("/run/hang", "RequestPool");
    Container box = scene.container();
    Process hook = start_hook(scene.host, box.state("createRuntime").dump(), {});
    REQUIRE(eventually([&] { return scene.host.run("test -e /run/hung").status == 0; }));
    hook.signal(SIGKILL);
    hook.wait();
    box.kill();
    const Container other = scene.container();
    Process attaching = start_hook(scene.host, other.state("createRuntime").dump(), {});
    CHECK(eventually([&] { return attendants_of(scene, box) == 2 && waits_for_lock(scene); }));
    scene.host.sh(": >/run/go-on");
    CHECK(attaching.wait().status == 0);
    scene.host.sh("rm /run/go-on /run/hang /run/hung");
    CHECK(scene.gc().status == 0);
    CHECK(reaches(other, "10.7.0.1"));
    CHECK(scene.count("address") == 2);
    other.detach();
    scene.check_nothing_left();
}

TEST_CASE("docker plugin: no link that others need becomes a container's") {
    const auto [name, problem] = GENERATE(table<std::string, std::string>({
        {"up0", "by which the host's default route leads"},
        {"ours0", "which is no link of its own"},
        {"lo", "which is no link of its own"},
    }));
    json file = DockerPlugins::network();
    file["plugin"] = "parrot";
    Scene scene(file);
    scene.host.sh("ip link add up0 type veth peer name up1; "
                  "ip link add ours0 type bridge; ip link set ours0 alias ocinet:other:web; "
                  "ip link set up0 up; ip link set up1 up; ip address add 192.0.2.2/24 dev up0; "
                  "ip route add default via 192.0.2.1");
    scene.plugins.start_parrot("parrot",
                               good + R"("InterfaceName": {"SrcName": ")" + name + "\"}}");
    CHECK_THAT(scene.container().hook("createRuntime").err, contains(name + ", " + problem));
    CHECK(scene.host.run("ip link show " + name).status == 0);
}

TEST_CASE("docker plugin: its network is not another one while containers are on it") {
    const Scene scene;
    const Container first = scene.container();
    first.attach();
    scene.host.write_network("web", DockerPlugins::network({{"another", "option"}}));
    const Container second = scene.container();
    CHECK_THAT(refusal(scene.host, second), contains("as it was before its definition changed"));
    first.detach();
    second.attach();
}

TEST_CASE("docker plugin: a namespace that outlives its container gives the link back") {
    const Scene scene;
    scene.host.sh("ip netns add own");
    const json before = scene.host.snapshot();
    Container box = scene.container();
    box.use_netns("/run/netns/own");
    box.attach();
    box.detach();
    CHECK(scene.plugins.held() == json::object());
    CHECK(difference(before, scene.host.snapshot()) == no_difference);
    CHECK(scene.host.run("ip -n own link show eth0").status != 0);
}

TEST_CASE("docker plugin: what is missing in the container is found") {
    const Scene scene;
    const Container box = scene.container();
    box.attach();
    box.sh("ip address del 10.7.0.2/24 dev eth0");
    const Result checked = scene.host.run(cli_program() + " check");
    CHECK(checked.status != 0);
    CHECK_THAT(checked.out + checked.err, contains("eth0 lacks address 10.7.0.2/24"));
}

TEST_CASE("docker plugin: its network stands beside one of ours") {
    const Scene scene;
    const Container box(scene.host, {{"io.ocinet.network", "bridge;web"}});
    const json attached = box.attach()["attachments"];
    CHECK(attached[0]["gateways"] == json{"10.90.0.1"});
    CHECK(attached[1]["interface"] == "eth1");
    CHECK(has_route(box, "default via 10.90.0.1 dev eth0"));
    CHECK(reaches(box, "10.7.0.1"));
    box.detach();
    CHECK(leftovers(scene.host).empty());
}

// --- Plugins that do not do what they should

TEST_CASE("docker plugin: no answer makes anything of ours") {
    const auto [text, problem] = GENERATE(table<std::string, std::string>({
        {"", "its answer is no JSON object"},
        {"[1]", "its answer is no JSON object: [1]"},
        {"{}", "plugin parrot is no NetworkDriver: it says {}"},
        {R"({"Implements": ["VolumeDriver"]})", "is no NetworkDriver"},
        {R"({"Implements": ["NetworkDriver"], "Scope": "moon"})", "the scope \"moon\""},
        {R"({"Implements": ["NetworkDriver"], "Scope": "global"})", "the scope \"global\""},
        {R"({"Err": "not today\u001b[2J"})", "plugin parrot, Plugin.Activate: not today"},
        {R"({"Error": "not today"})", "plugin parrot, Plugin.Activate: not today"},
        {good + R"("x": 1})", "Join: it names no link"},
        {good + R"("InterfaceName": {"SrcName": "../x"}})", "Join: it names no link"},
        {good + R"("InterfaceName": {"SrcName": "nowhere"}})", "nowhere"},
        {good + R"("InterfaceName": {"SrcName": "spare0"}, "Gateway": "here"})",
         "its Gateway is \"here\""},
        {good + R"("StaticRoutes": [{"Destination": "x"}]})", "its Destination is \"x\""},
        {good + R"("StaticRoutes": ["x"]})", "its Destination is \"\""},
        {good + R"("Interface": {"Address": "10.9.0.9/24"}})", "10.9.0.9/24 of the Address 10.7"},
        {good + R"("Interface": {"MacAddress": "red"}})", "its MacAddress is \"red\""},
        {good + "\"x\": \"" + std::string(1 << 20, 'x') + "\"}", "says more than"},
    }));
    json file = DockerPlugins::network();
    file["plugin"] = "parrot";
    Scene scene(file);
    scene.host.sh("ip link add spare0 address 02:00:00:00:00:05 type veth peer name spare1 address "
                  "02:00:00:00:00:06; for i in spare0 spare1; do "
                  "echo 1 >/proc/sys/net/ipv6/conf/$i/disable_ipv6; done");
    scene.before = scene.host.snapshot();
    scene.plugins.start_parrot("parrot", text);
    const Container box = scene.container();
    const Result refused = box.hook("createRuntime");
    CHECK(refused.status == 1);
    CHECK_THAT(refused.err, contains(problem));
    CHECK_THAT(refused.err, !contains("\x1b"));
    CHECK(difference(scene.before, scene.host.snapshot()) == no_difference);
    CHECK(leftovers(scene.host).empty());
}

TEST_CASE("docker plugin: one that is not there is named, and so are the places") {
    json file = DockerPlugins::network();
    file["plugin"] = "weave";
    const Scene scene(file);
    const Result refused = scene.container().hook("createRuntime");
    CHECK_THAT(refused.err, contains("there is no plugin weave"));
    CHECK_THAT(refused.err, contains("/run/docker/plugins"));
}

} // namespace ocinet::test
