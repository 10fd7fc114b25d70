// SPDX-License-Identifier: GPL-2.0-or-later
// The units that are installed for systemd, and what they are for: a host where the ruleset is
// flushed, and containers that nobody cleans up after.
#include <sstream>

#include "netsetup/base/error.h"
#include "netsetup/base/text.h"
#include "tests/cli/scene.h"
#include "tests/support/catch.h"
#include "tests/support/firewalld.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

const Annotations publishing = {{"io.ocinet.publish", "8080:80"}};

// Where Debian has it, with its name of /usr being one or two.
constexpr const char* packaged = "/lib/systemd/system/nftables.service";

const std::string page_address = "http://192.0.2.1:8080/debian_version";

/// Everything that is installed, below a directory of the test's.
class Installed {
public:
    Installed() {
        const std::string log = root_ / "log";
        const std::string command =
            "cmake --install " OCINET_PREFIX " --prefix " + prefix() + " >" + log + " 2>&1";
        if (std::system(command.c_str()) != 0) {
            throw Error(command + ":\n" + read_text(log));
        }
    }

    std::string prefix() const { return root_ / "usr"; }
    std::string units() const { return prefix() + "/lib/systemd/system"; }
    std::string drop_in() const { return units() + "/nftables.service.d/ocinet.conf"; }

private:
    TempDir root_;
};

// The values of a unit file's key, in their order.
std::vector<std::string> values(const std::string& file, const std::string& key) {
    std::vector<std::string> found;
    std::istringstream lines(read_text(file));
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(key + "=")) {
            found.push_back(line.substr(key.size() + 1));
        }
    }
    return found;
}

// The only value.
std::string value(const std::string& file, const std::string& key) {
    const auto all = values(file, key);
    if (all.size() != 1) {
        throw Error(file + " has not one " + key);
    }
    return all.front();
}

// What systemd runs one after the other (systemd.service(5)); `-` is for a failure that does not
// count, and ours must not fail here.
void run_commands(const Host& host, const std::vector<std::string>& commands) {
    REQUIRE_FALSE(commands.empty());
    for (const auto& command : commands) {
        const Result result = host.run(command.substr(command.starts_with('-') ? 1 : 0));
        INFO(command << "\n" << result.out << result.err);
        CHECK(result.status == 0);
    }
}

/// nftables.service as its package and our drop-in make it.
class Nftables {
public:
    Nftables(const Host& host, const Installed& installed)
        : host_(host), drop_in_(installed.drop_in()) {}

    void start() const { run("ExecStart", "ExecStartPost"); }
    void reload() const { run("ExecReload", "ExecReload"); }
    void stop() const { run("ExecStop", "ExecStopPost"); }

private:
    void run(const std::string& theirs, const std::string& ours) const {
        run_commands(host_, values(packaged, theirs));
        CHECK_THAT(host_.sh("nft list tables"), !contains("ocinet")); // or it shows nothing
        run_commands(host_, values(drop_in_, ours));
    }

    const Host& host_;
    std::string drop_in_;
};

/// Containers on two networks, and a neighbour of the host that reads a page of one of them.
class Served {
public:
    Served() {
        host.connect(outside, "lan0", "192.0.2.1/24", "192.0.2.2/24");
        host.write_network(
            "lone", {{"subnets", {{{"subnet", "10.91.1.0/24"}}}}, {"options", {{"icc", "false"}}}});
        first.attach();
        second.attach();
        if (!eventually([&] { return first.run("busybox nc 127.0.0.1 80").status == 0; })) {
            throw Error("httpd does not start:\n" + server.err());
        }
    }

    std::string page() const {
        return outside.run("timeout 5 busybox wget -qO- " + page_address).out;
    }

    Host host;
    Host outside;
    Container first{host, publishing};
    Container second{host, {{"io.ocinet.network", "lone"}, {"io.ocinet.publish", "81"}}};
    Process server = first.start("exec busybox httpd -f -p 80 -h /etc");
    const std::string wanted = read_text("/etc/debian_version");
};

// All of our two tables.
json own_tables(const Host& host) {
    const json state = host.snapshot();
    json found = json::array();
    for (const auto& object : state["nft"]) {
        const auto& what = object.begin().value();
        if (what.value("table", what.value("name", "")) == "ocinet") {
            found.push_back(object);
        }
    }
    return found;
}

} // namespace

TEST_CASE("the units run what is installed") {
    const Installed installed;
    const std::string program = installed.prefix() + "/bin/ocinet";
    CHECK(value(installed.units() + "/ocinet-gc.service", "ExecStart") == program + " gc");
    for (const auto* key : {"ExecStartPost", "ExecReload", "ExecStopPost"}) {
        CHECK(value(installed.drop_in(), key) == "-" + program + " reload");
    }
    CHECK(Host().run(program + " --version").status == 0);
}

TEST_CASE("systemd takes the units as they are meant") {
    const Installed installed;
    const Host host;
    for (const auto* unit :
         {"ocinet-gc.service", "ocinet-gc.timer", "nftables.service", "ocinet-overlay.service"}) {
        CAPTURE(unit);
        // The colon: systemd's own directories, too.
        const Result result = host.run("SYSTEMD_UNIT_PATH=" + installed.units() +
                                       ": systemd-analyze verify --man=no " + unit);
        CHECK(result.status == 0);
        CHECK(result.err.empty());
    }
}

TEST_CASE("nftables.service flushes everything, and the containers have their firewall again") {
    const Installed installed;
    const Served scene;
    const Nftables service(scene.host, installed);
    const json before = own_tables(scene.host);
    REQUIRE_FALSE(before.empty());
    REQUIRE(scene.page() == scene.wanted);
    for (const auto act : {&Nftables::start, &Nftables::reload, &Nftables::stop}) {
        (service.*act)();
        CHECK(difference(before, own_tables(scene.host)) == no_difference);
        CHECK(scene.page() == scene.wanted);
        CHECK(ocinet(scene.host, "check").status == 0);
    }
}

TEST_CASE("firewalld leaves our tables alone, and no unit is needed for it") {
    SKIP_IF_MISSING(missing_for_firewalld());
    const std::string backend = GENERATE("nftables", "iptables");
    CAPTURE(backend);
    const Served scene;
    const json before = own_tables(scene.host);
    REQUIRE_FALSE(before.empty());
    Firewalld firewalld(scene.host, backend);
    CHECK(difference(before, own_tables(scene.host)) == no_difference);
    for (const auto* command : {"firewall-cmd --reload", "firewall-cmd --complete-reload"}) {
        scene.host.sh(command);
        CHECK(difference(before, own_tables(scene.host)) == no_difference);
        CHECK(scene.page() == scene.wanted);
    }
    firewalld.stop();
    CHECK(difference(before, own_tables(scene.host)) == no_difference);
    CHECK(scene.page() == scene.wanted);
    // What somebody flushes while firewalld is there comes back beside it.
    scene.host.sh("nft flush ruleset");
    CHECK(ocinet(scene.host, "reload").status == 0);
    CHECK(difference(before, own_tables(scene.host)) == no_difference);
}

} // namespace ocinet::test
