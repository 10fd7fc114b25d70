// SPDX-License-Identifier: GPL-2.0-or-later
// The ground that the other tests stand on: what a Host promises, and that a snapshot sees a
// change.
#include "tests/support/catch.h"

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <memory>

#include "netsetup/base/error.h"
#include "tests/support/container.h"
#include "tests/support/host.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

// A zombie does not: who reaps it, and when, is not ours to say.
bool runs(pid_t pid) {
    const std::string path = "/proc/" + std::to_string(pid) + "/stat";
    try {
        return read_text(path).find(") Z ") == std::string::npos;
    } catch (const Error&) {
        return false;
    }
}

bool exists(const std::string& path) {
    struct stat status{};
    return ::lstat(path.c_str(), &status) == 0;
}

struct NoPlace : Place {
    NoPlace() : Place([] {}) {}
};

} // namespace

TEST_CASE("a place in the network namespace of the test is refused") {
    REQUIRE_THROWS_WITH(NoPlace(), contains("refused"));
}

TEST_CASE("run gives status, output and input") {
    const Host host;
    const Result result = host.run("cat; echo $HOME >&2; pwd; exit 7", "text\n");
    CHECK(result.status == 7);
    CHECK(result.out == "text\n/\n");
    CHECK(result.err == "/root\n");
    CHECK(host.run("kill -9 $$").status == 137);
    CHECK(host.run("env").out.find("OCINET") == std::string::npos);
}

TEST_CASE("sh throws with the command's output") {
    const Host host;
    CHECK(host.sh("echo yes") == "yes\n");
    REQUIRE_THROWS_WITH(host.sh("echo because >&2; false"), contains("because"));
}

TEST_CASE("in runs a function inside and brings its exception's text") {
    const Host host;
    host.in([&] {
        if (netns_of("self") != host.netns()) {
            throw Error("elsewhere");
        }
    });
    REQUIRE_THROWS_WITH(host.in([] { throw Error("no such thing"); }), contains("no such thing"));
    CHECK(host.ask([] { return std::string("found"); }) == "found");
}

TEST_CASE("a host is apart from the machine") {
    const bool had_etc = exists("/etc/ocinet");
    const bool had_run = exists("/run/ocinet");
    const ino_t machine = netns_of("self");
    const std::string forward = "/proc/sys/net/ipv4/ip_forward";
    const std::string forwarding = read_text(forward);
    const Host host;
    CHECK(host.netns() != machine);
    CHECK(host.sh("ls -A /run") == "lock\nnetns\n");
    CHECK(host.sh("ls /sys/class/net") == "lo\n");
    CHECK(host.sh("cat /sys/class/net/lo/flags") == "0x9\n");
    host.write_network("web", {{"driver", "bridge"}});
    host.sh("mkdir /run/ocinet; echo 1 >/proc/sys/net/ipv4/ip_forward; nft add table inet ocinet");
    CHECK(host.read("/etc/ocinet/networks/web.json") == "{\n  \"driver\": \"bridge\"\n}\n");
    CHECK(exists("/etc/ocinet") == had_etc);
    CHECK(exists("/run/ocinet") == had_run);
    CHECK(read_text(forward) == forwarding);
    CHECK(netns_of("self") == machine);
}

TEST_CASE("a host has cgroups that runtimes accept") {
    const Host host;
    CHECK(host.run("ls /sys/fs/cgroup").out.size() > 1);
    CHECK(host.run("mountpoint -q /sys/fs/cgroup/unified").status != 0);
}

TEST_CASE("a host ends with its processes and its directory") {
    auto host = std::make_unique<Host>();
    auto sleeper = std::make_unique<Process>(host->start("sleep 1000 & echo $!; wait"));
    sleeper->wait_for_output("\n");
    const pid_t grandchild = std::stoi(sleeper->out());
    const pid_t holder = host->pid();
    CHECK(runs(grandchild));
    sleeper.reset();
    host.reset();
    CHECK_FALSE(runs(holder));
    CHECK(eventually([&] { return !runs(grandchild); }));
}

TEST_CASE("hosts are joined by connect") {
    const Host left;
    const Host right;
    left.connect(right, "up0", "192.0.2.1/24", "192.0.2.2/24");
    const Process server = right.start("exec busybox nc -l -p 7000 -e echo hello");
    std::string answer;
    CHECK(eventually([&] {
        answer = left.run("timeout 2 busybox nc 192.0.2.2 7000 </dev/null").out;
        return !answer.empty();
    }));
    CHECK(answer == "hello\n");
}

TEST_CASE("a snapshot is equal for twins") {
    const Host peer;
    const Host left;
    const Host right;
    for (const Host* host : {&left, &right}) {
        const std::string random = host == &left ? "ocabcdefghijklm" : "ocnopqrstuvwxyz";
        // The index of the link, the order of elements and of addresses differ.
        host->sh(host == &right ? "ip link add gone0 type veth peer name gone1; ip link del gone0"
                                : "true");
        host->sh("ip link add " + random + " address 02:00:00:00:00:01 type bridge");
        host->sh("ip link set " + random + " up alias ocinet:box:web");
        host->sh("nft 'add table inet ocinet; add set inet ocinet s { type ipv4_addr; }; add chain "
                 "inet ocinet c { type filter hook input priority 0; }; add rule inet ocinet c "
                 "counter'");
        host->sh(host == &left ? "nft 'add element inet ocinet s { 192.0.2.1 }; add element inet "
                                 "ocinet s { 192.0.2.2 }'"
                               : "nft add element inet ocinet s '{ 192.0.2.2, 192.0.2.1 }'");
        host->sh("mkdir -p /run/ocinet/web; echo " + random + " >/run/ocinet/web/box");
        host->sh("touch /run/ocinet/lock");
    }
    left.sh("timeout 1 busybox nc 127.0.0.1 1 || true");
    CHECK(difference(left.snapshot(), right.snapshot()) == no_difference);
    CHECK(left.snapshot()["links"].contains("oc<ocinet:box:web>"));
    CHECK(left.snapshot()["run"] ==
          nlohmann::json{{"/run/ocinet/web/box", "oc<ocinet:box:web>\n"}});
}

TEST_CASE("a snapshot shows each kind of change") {
    const auto change = GENERATE(
        as<std::string>{}, "ip link set v0 mtu 1400", "ip link set v0 up", "ip link del v0",
        "ip address add 192.0.2.1/32 dev lo", "ip route add blackhole 192.0.2.0/24",
        "ip -6 route add blackhole 2001:db8::/32", "ip rule add pref 5 table 7",
        "ip neighbour add 192.0.2.9 lladdr 02:00:00:00:00:09 dev v0",
        "ip neighbour add proxy 192.0.2.9 dev v0", "bridge link set dev v1 hairpin on",
        "bridge fdb add 02:00:00:00:00:07 dev v1 master static", "ip link set v0 alias x",
        "nft add element inet t s '{ 192.0.2.2 }'", "nft add rule inet t c drop",
        "nft add table inet u", "echo 1 >/proc/sys/net/ipv4/ip_forward",
        "echo 1 >/proc/sys/net/ipv4/conf/v0/route_localnet",
        "echo 1 >/proc/sys/net/ipv6/conf/v0/disable_ipv6",
        "echo 0 >/proc/sys/net/ipv6/conf/v0/accept_ra", "mkdir /run/ocinet; echo >/run/ocinet/a",
        "mkdir /run/ocinet; touch /run/ocinet/a", "mkdir /run/ocinet; ln -s x /run/ocinet/lock");
    const Host host;
    host.sh("ip link add v0 type veth peer name v1; ip link add br0 type bridge; "
            "ip link set v1 master br0; nft 'add table inet t; add set inet t s { type ipv4_addr; "
            "}; add chain inet t c { type filter hook input priority 0; }'");
    const auto before = host.snapshot();
    CHECK(difference(before, host.snapshot()) == no_difference);
    host.sh(change);
    CAPTURE(change);
    CHECK((host.snapshot() != before)); // in parentheses: else a failure prints both
}

TEST_CASE("leftovers names what is left") {
    const Host host;
    CHECK(leftovers(host) == nothing_left);
    host.sh("mkdir -p /run/ocinet/networks; touch /run/ocinet/lock; echo up0 "
            ">/run/ocinet/forwarding; nft 'add table inet ocinet; "
            "add set inet ocinet guarded { type ifname; elements = { \"lo\" }; }'");
    CHECK(leftovers(host) == nothing_left);
    host.sh("touch /run/ocinet/networks/box; ip link add ocinet0 type bridge; "
            "nft 'add map inet ocinet any4 { type inet_service : ipv4_addr; elements = { 80 : "
            "10.90.0.2 }; }'");
    CHECK(leftovers(host).size() == 3);
}

TEST_CASE("random MAC addresses can be named by their links") {
    const Host left;
    const Host right;
    left.sh("ip link add br0 address 02:00:00:00:00:01 type bridge");
    right.sh("ip link add br0 address 02:00:00:00:00:02 type bridge");
    CHECK((left.snapshot() != right.snapshot()));
    CHECK(difference(without_macs(left.snapshot()), without_macs(right.snapshot())) ==
          no_difference);
}

TEST_CASE("a container is a process with a network namespace of its own on its host") {
    const Host host;
    Container box(host, {{"io.ocinet.network", "bridge"}});
    CHECK(box.netns() != host.netns());
    CHECK(box.netns() != netns_of("self"));
    CHECK(box.sh("cat /proc/net/dev | grep -c :") == "1\n");
    CHECK(box.snapshot()["links"]["lo"][0]["flags"] == nlohmann::json{"LOOPBACK", "UP"});
    const auto created = box.state("createRuntime");
    CHECK(created["pid"] == box.process());
    CHECK(netns_of(std::to_string(box.process())) == box.netns());
    CHECK(created["annotations"]["io.ocinet.network"] == "bridge");
    const pid_t first = box.process();
    CHECK_FALSE(box.state("poststop").contains("pid"));
    CHECK(::kill(first, 0) != 0);
    CHECK(box.sh("cat /proc/net/dev | grep -c :") == "1\n"); // the namespaces outlive it
    CHECK(read_text(box.bundle().hosts_path()) == "127.0.0.1\tlocalhost\n");
    const pid_t pid = box.process();
    CHECK(pid != first);
    box.make_zombie();
    CHECK(read_text("/proc/" + std::to_string(pid) + "/stat").find(") Z ") != std::string::npos);
    box.kill();
    CHECK(::kill(pid, 0) != 0);
}

TEST_CASE("a bundle follows what is asked of it") {
    Bundle bundle;
    CHECK_FALSE(bundle.config.contains("annotations"));
    bundle.set_netns("/run/netns/x");
    bundle.remove_hosts_mount();
    bundle.add_our_hooks("prestart", 3);
    bundle.write();
    const auto written = nlohmann::json::parse(read_text(bundle.path() + "/config.json"));
    CHECK(written["linux"]["namespaces"].back() ==
          nlohmann::json{{"type", "network"}, {"path", "/run/netns/x"}});
    CHECK(written["mounts"].size() == 3);
    CHECK(written["hooks"]["prestart"][0]["args"] == nlohmann::json{"ocinet-hook", "prestart"});
    CHECK(written["hooks"]["poststop"][0]["timeout"] == 3);
}

TEST_CASE("a process that does not end is ended") {
    const Host host;
    Process sleeper = host.start("echo started; exec sleep 1000");
    sleeper.wait_for_output("started");
    CHECK(sleeper.running());
    REQUIRE_THROWS_WITH(sleeper.wait(50ms), contains("started"));
    CHECK_FALSE(sleeper.running());
}

} // namespace ocinet::test
