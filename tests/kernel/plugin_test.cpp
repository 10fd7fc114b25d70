// SPDX-License-Identifier: GPL-2.0-or-later
// How plugins of others are run, whoever wrote them: by one that is a script.
#include <csignal>
#include <nlohmann/json.hpp>

#include "tests/kernel/scene.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

/// A host with the network "web", whose one plugin writes down what it is told, below /run/told,
/// and does what is asked of it.
struct Scene {
    explicit Scene(const std::string& on_add = "", const std::string& on_status = "") {
        host.sh("mount -t tmpfs tmpfs /opt; mkdir -p /opt/cni/bin /run/told");
        host.write("/opt/cni/bin/script",
                   "#!/bin/sh\n"
                   "cat >/run/told/$CNI_COMMAND.json\n"
                   "tr '\\0' '\\n' </proc/$$/environ >/run/told/$CNI_COMMAND.environment\n"
                   "cat /proc/$$/status >/run/told/$CNI_COMMAND.status\n"
                   "(exec ls -l /proc/$$/fd >/run/told/$CNI_COMMAND.descriptors)\n"
                   "case $CNI_COMMAND in\n"
                   "ADD) " +
                       (on_add.empty() ? ":" : on_add) +
                       "; echo '{\"cniVersion\": \"1.1.0\"}';;\n"
                       "STATUS) " +
                       (on_status.empty() ? ":" : on_status) + ";;\nesac\n");
        host.sh("chmod +x /opt/cni/bin/script");
        host.write_network(
            "web", {{"driver", "cni"},
                    {"conflist", {{"cniVersion", "1.1.0"}, {"plugins", {{{"type", "script"}}}}}}});
    }

    bool was_told(const std::string& command) const {
        return host.run("test -e /run/told/" + command + ".json").status == 0;
    }
    json told(const std::string& command) const {
        return json::parse(host.read("/run/told/" + command + ".json"));
    }
    std::string read(const std::string& name) const { return host.read("/run/told/" + name); }

    Host host;
    Container box{host, {{"io.ocinet.network", "web"}}};
};

Result attach(const Scene& scene, const std::vector<std::string>& options = {}) {
    return call_hook(scene.host, scene.box.state("createRuntime").dump(), {.options = options});
}

std::string status_line(const Scene& scene, const std::string& key) {
    const std::string status = scene.read("ADD.status");
    const auto begin = status.find("\n" + key + ":\t") + key.size() + 3;
    return status.substr(begin, status.find('\n', begin) - begin);
}

// What ocinet-plugin answers to one order of a hook that is gone behind it; it was started for the
// script.
std::string answer(const Scene& scene, const std::string& program, const json& arguments,
                   const json& environment) {
    const json order{{"program", program}, {"arguments", arguments}, {"environment", environment},
                     {"input", "{}"},      {"kept", false},          {"milliseconds", 1000}};
    return scene.host
        .run("cat | " OCINET_PREFIX "/libexec/ocinet/ocinet-plugin c1 /opt/cni/bin/script",
             order.dump() + "\n")
        .out;
}

// What runs of the script on the machine, whose /proc a host has.
bool is_running(const Scene& scene) {
    return scene.host.run("grep -l " + scene.box.id() + " /proc/[0-9]*/environ").status == 0;
}

} // namespace

TEST_CASE("plugin: it has a clean environment, no descriptor of ours, and few privileges") {
    const Scene scene;
    scene.box.attach();
    CHECK(scene.read("ADD.environment") ==
          "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
          "CNI_COMMAND=ADD\nCNI_CONTAINERID=" +
              scene.box.id() + "\nCNI_IFNAME=eth0\nCNI_NETNS=/proc/" +
              std::to_string(scene.box.process()) +
              "/ns/net\nCNI_PATH=/opt/cni/bin:/usr/lib/cni:/usr/libexec/cni\n");
    // 0, 1, 2, and the script's own.
    CHECK(scene.host.run("[ $(grep -c -- '->' /run/told/ADD.descriptors) -le 4 ]").status == 0);
    // CAP_DAC_OVERRIDE, CAP_NET_ADMIN, CAP_NET_RAW, CAP_SYS_PTRACE, CAP_SYS_ADMIN.
    for (const char* set : {"CapPrm", "CapEff", "CapBnd"}) {
        CHECK(status_line(scene, set) == "0000000000283002");
    }
    CHECK(status_line(scene, "CapAmb") == "0000000000000000");
    CHECK(status_line(scene, "NoNewPrivs") == "1");
}

TEST_CASE("plugin: it is asked for its status first, and not called where that is bad") {
    SECTION("good") {
        const Scene scene;
        scene.box.attach();
        CHECK(scene.was_told("STATUS"));
        CHECK(scene.told("STATUS")["name"] == "web");
        CHECK_FALSE(scene.told("ADD").contains("prevResult"));
    }
    SECTION("bad") {
        const Scene scene("", R"(echo '{"code": 50, "msg": "no uplink", "details": "x"}'; exit 1)");
        const Result refused = attach(scene);
        CHECK(refused.status == 1);
        CHECK_THAT(refused.err, contains("plugin script, STATUS: no uplink: x"));
        CHECK_FALSE(scene.was_told("ADD"));
        CHECK(leftovers(scene.host).empty());
    }
}

TEST_CASE("plugin: what it said is told to it again when it is checked and when it goes") {
    const Scene scene;
    scene.box.attach();
    CHECK(scene.host.run(cli_program() + " check").status == 0);
    CHECK(scene.told("CHECK")["prevResult"] == json{{"cniVersion", "1.1.0"}});
    scene.box.detach();
    CHECK(scene.told("DEL")["prevResult"] == json{{"cniVersion", "1.1.0"}});
    CHECK(leftovers(scene.host).empty());
}

TEST_CASE("plugin: gc tells it which containers there are") {
    const Scene scene;
    scene.box.attach();
    scene.host.sh(cli_program() + " gc --dry-run");
    CHECK_FALSE(scene.was_told("GC"));
    scene.host.sh(cli_program() + " gc");
    CHECK(scene.told("GC")["cni.dev/valid-attachments"] ==
          json::array({{{"containerID", scene.box.id()}, {"ifname", "eth0"}}}));
    scene.box.detach();
    scene.host.sh(cli_program() + " gc");
    CHECK(scene.told("GC")["cni.dev/valid-attachments"] == json::array());
}

TEST_CASE("plugin: one that does not end is ended, with what it started") {
    const Scene scene("sleep 1000");
    const Result refused = attach(scene, {"--deadline", "1"});
    CHECK(refused.status == 1);
    CHECK_THAT(refused.err, contains("has not ended in time"));
    CHECK(scene.was_told("DEL"));
    CHECK_FALSE(is_running(scene));
    CHECK(leftovers(scene.host).empty());
}

TEST_CASE("plugin: one that says too much, or nothing that makes sense, is an error") {
    const std::string script = GENERATE(as<std::string>(), "yes", "echo; exit 0; echo",
                                        "echo ouch >&2; exit 3", "echo '[]'; exit 0");
    const Scene scene(script);
    const Result refused = attach(scene);
    CHECK(refused.status == 1);
    const std::string expected = script == "yes"                   ? "says more than 1048576 bytes"
                                 : script.starts_with("echo ouch") ? "ADD: status 3: ouch"
                                                                   : "what it says is no result";
    CHECK_THAT(refused.err, contains(expected));
    CHECK_FALSE(is_running(scene));
    CHECK(leftovers(scene.host).empty());
}

TEST_CASE("plugin: it ends with the hook, and what it did is undone after that") {
    const Scene scene("echo >/run/told/began; sleep 1000");
    Process hook = start_hook(scene.host, scene.box.state("createRuntime").dump(), {});
    REQUIRE(eventually([&] { return scene.host.run("test -e /run/told/began").status == 0; }));
    hook.signal(SIGKILL);
    CHECK(scene.host.run(cli_program() + " gc").status == 0);
    CHECK(scene.was_told("DEL"));
    CHECK_FALSE(is_running(scene));
    CHECK(leftovers(scene.host).empty());
}

TEST_CASE("plugin: it is not begun for a hook that is gone") {
    const Scene scene;
    CHECK_THAT(answer(scene, "/opt/cni/bin/script", json::array(), {{"CNI_COMMAND", "ADD"}}),
               contains("whoever asked for it is gone"));
    CHECK_FALSE(scene.was_told("ADD"));
}

TEST_CASE("plugin: it is told nothing but what CNI has") {
    const Scene scene;
    const std::string variable =
        GENERATE(as<std::string>(), "LD_PRELOAD=/run/x", "CNI_PATH=/usr/bin", "CNI_ARGS=x=y");
    const auto equals = variable.find('=');
    const json environment{{"CNI_COMMAND", "ADD"},
                           {variable.substr(0, equals), variable.substr(equals + 1)}};
    CHECK_THAT(answer(scene, "/opt/cni/bin/script", json::array(), environment),
               contains("a plugin is not told"));
    CHECK_FALSE(scene.was_told("ADD"));
}

TEST_CASE("plugin: a container whose plugin is gone for good can be forgotten") {
    Scene scene;
    scene.box.attach();
    const std::string forget = cli_program() + " gc --forget " + scene.box.id().substr(0, 12);
    CHECK_THAT(scene.host.run(forget).err, contains("lives: what it has is not forgotten"));
    scene.host.sh("rm /opt/cni/bin/script");
    scene.box.kill();
    CHECK(scene.host.run(cli_program() + " gc").status == 1);
    CHECK_FALSE(leftovers(scene.host).empty());
    const Result forgotten = scene.host.run(forget);
    CHECK(forgotten.status == 0);
    CHECK_THAT(forgotten.out, contains("forgotten, with what could not be removed"));
    CHECK_THAT(forgotten.err, contains("plugin script"));
    CHECK(leftovers(scene.host).empty());
    CHECK(scene.host.run(forget).status == 1);
}

TEST_CASE("plugin: what one that fails has started ends") {
    const Scene scene("sleep 1000 & exit 3");
    CHECK(attach(scene).status == 1);
    CHECK_FALSE(is_running(scene));
    CHECK(leftovers(scene.host).empty());
}

TEST_CASE("plugin: those before one that does not let go are told when it has") {
    const Scene scene;
    scene.host.write("/opt/cni/bin/second",
                     "#!/bin/sh\n[ ! -e /run/stuck ] || [ $CNI_COMMAND != DEL ] || exit 1\n"
                     "echo '{\"cniVersion\": \"1.0.0\", \"ips\": []}'\n");
    scene.host.sh("chmod +x /opt/cni/bin/second; : >/run/stuck");
    scene.host.write_network(
        "web",
        {{"driver", "cni"},
         {"conflist",
          {{"cniVersion", "1.0.0"}, {"plugins", {{{"type", "script"}}, {{"type", "second"}}}}}}});
    scene.box.attach();
    CHECK(scene.box.hook("poststop").status == 1);
    CHECK_FALSE(scene.was_told("DEL"));
    scene.host.sh("rm /run/stuck");
    CHECK(scene.host.run(cli_program() + " gc").status == 0);
    // What the last one said.
    CHECK(scene.told("DEL")["prevResult"].contains("ips"));
    CHECK(leftovers(scene.host).empty());
}

TEST_CASE("plugin: it runs what it was started for, and nothing else") {
    const Scene scene;
    CHECK_THAT(answer(scene, "/bin/sh", {"-c", ": >/run/done"}, json::object()),
               contains("/bin/sh is none of the plugins"));
    CHECK(scene.host.run("test -e /run/done").status != 0);
}

TEST_CASE("plugin: one that is gone keeps its container's record, and says why") {
    const Scene scene;
    scene.box.attach();
    scene.host.sh("mv /opt/cni/bin/script /opt/script");
    const Result refused = scene.box.hook("poststop");
    CHECK(refused.status == 1);
    CHECK_THAT(refused.err, contains("plugin script, DEL: status 127: it cannot be executed"));
    scene.host.sh("mv /opt/script /opt/cni/bin/script");
    CHECK(scene.host.run(cli_program() + " gc").status == 0);
    CHECK(leftovers(scene.host).empty());
}

} // namespace ocinet::test
