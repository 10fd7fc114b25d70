// SPDX-License-Identifier: GPL-2.0-or-later
// ocinet-runtime in the place of runc and crun: a bundle of which no engine knows that there are
// hooks.
#include "netsetup/base/text.h"
#include "tests/engines/engine.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

const std::string wrapper = wrapper_program();

const Annotations published = {{"io.ocinet.publish", "8080:80"}};

void check_ok(const Result& result) {
    CAPTURE(result.out, result.err);
    REQUIRE(result.status == 0);
}

json config_of(Engine& box) {
    return json::parse(read_text(box.bundle().path() + "/config.json"));
}

/// A runtime that tells how it was called.
struct Teller {
    Teller() {
        host.write("/run/teller",
                   "#!/bin/sh\nprintf '%s\\n' \"$0\" \"$@\"; echo --; tr '\\0' '\\n' "
                   "</proc/$$/environ; echo --; ls /proc/$$/fd; echo --; cat <&7; exit 42\n");
        host.sh("chmod 0755 /run/teller");
        host.write("/etc/ocinet/runtime.json", R"({"runtime": "/run/teller"})");
        host.sh("echo seven >/run/seven");
    }
    Result call(const std::string& program, const std::string& words) const {
        return host.run("cd / && exec env -i A=b 'C=d e' " + program + " " + words +
                        " 7</run/seven 2>/dev/null");
    }

    Host host;
};

} // namespace

TEMPLATE_TEST_CASE("ocinet-runtime gives a container that asks its network", "", Runc, Crun) {
    SKIP_IF_MISSING(missing_for(TestType::name));
    const Lab lab;
    wrap(lab.host, TestType::name);
    Engine box(lab.host, wrapper, published);
    check_ok(box.create());
    const json made = config_of(box);
    check_ok(box.start());
    check_network(lab, box);
    check_ok(box.remove_by_force());
    CHECK(leftovers(lab.host) == nothing_left);
    // The engine uses the bundle again as it finds it.
    box.bundle().config = made;
    check_ok(box.run_detached());
    CHECK(config_of(box) == made);
    check_network(lab, box);
    box.kill_init();
    check_ok(box.remove());
    CHECK(leftovers(lab.host) == nothing_left);
}

TEMPLATE_TEST_CASE("ocinet-runtime does not touch a container that asks for nothing", "", Runc,
                   Crun) {
    SKIP_IF_MISSING(missing_for(TestType::name));
    const Host host;
    wrap(host, TestType::name);
    Engine box(host, wrapper, {});
    box.bundle().set_args({"/bin/sh", "-c", "ip -o link; exit 7"});
    const Result result = box.run();
    CHECK(result.status == 7);
    CHECK_THAT(result.out, contains("lo") && !contains("eth0"));
    CHECK(config_of(box) == box.bundle().config);
}

TEMPLATE_TEST_CASE("a config.json that is a symlink is read, and not replaced", "", Runc, Crun) {
    SKIP_IF_MISSING(missing_for(TestType::name));
    const Host host;
    wrap(host, TestType::name);
    const bool asks = GENERATE(false, true);
    Engine box(host, wrapper, asks ? published : Annotations());
    box.bundle().set_args({"/bin/sh", "-c", "exit 7"});
    box.bundle().write();
    const std::string path = box.bundle().path() + "/config.json";
    host.sh("mv " + path + " " + path + ".real && ln -s config.json.real " + path);
    const Result result =
        host.run("cd " + box.bundle().path() + " && " + wrapper + " run " + box.id());
    CHECK(result.status == (asks ? 1 : 7));
    CHECK((result.err.find("is a symlink, which is not replaced") != std::string::npos) == asks);
    CHECK(host.sh("readlink " + path) == "config.json.real\n");
}

TEMPLATE_TEST_CASE("ocinet-runtime puts a container into the host's network where it may", "", Runc,
                   Crun) {
    SKIP_IF_MISSING(missing_for(TestType::name));
    const Host host;
    wrap(host, TestType::name);
    Engine box(host, wrapper, {{"io.ocinet.network", "host"}});
    box.bundle().set_args({"/bin/sh", "-c", "ip -o link"});
    const Result refused = box.run();
    CHECK(refused.status == 1);
    CHECK_THAT(refused.err, contains("\"host\", which is not allowed") &&
                                contains("\"host\": true in /etc/ocinet/ocinet.json"));
    CHECK(config_of(box) == box.bundle().config);
    host.write("/etc/ocinet/ocinet.json", R"({"host": true})");
    host.sh("ip link add seen type veth peer name other");
    const Result allowed = box.run();
    CAPTURE(allowed.err);
    CHECK(allowed.status == 0);
    CHECK_THAT(allowed.out, contains("seen"));
    // Not by its image: Podman's storage tells, tests/engines/podman_image.cpp.
}

TEMPLATE_TEST_CASE("ocinet-runtime gives `none` a namespace of its own", "", Runc, Crun) {
    SKIP_IF_MISSING(missing_for(TestType::name));
    const Host host;
    wrap(host, TestType::name);
    host.sh("ip link add seen type veth peer name other");
    Engine box(host, wrapper, {{"io.ocinet.network", "none"}});
    box.bundle().share_host_netns();
    box.bundle().set_args({"/bin/sh", "-c", "ip -o link"});
    const Result result = box.run();
    CAPTURE(result.err);
    CHECK(result.status == 0);
    CHECK_THAT(result.out, contains("lo") && !contains("seen"));
}

TEST_CASE("ocinet-runtime says what is wrong where the engine looks for it") {
    SKIP_IF_MISSING(missing_for("runc"));
    const Host host;
    wrap(host, "runc");
    Engine box(host, wrapper, {{"io.ocinet.netwrok", "web"}});
    box.bundle().write();
    const auto said = [&](const std::string& options) {
        host.sh("rm -f /run/log");
        const Result result = host.run(wrapper + " " + options + " create --bundle " +
                                       box.bundle().path() + " " + box.id());
        CHECK(result.status == 1);
        CHECK_THAT(result.err, contains("io.ocinet.netwrok"));
        return host.sh("cat /run/log");
    };
    const json line = json::parse(said("--log /run/log --log-format json"));
    CHECK(line["level"] == "error");
    CHECK_THAT(line["msg"], contains("ocinet: ") && contains("io.ocinet.netwrok"));
    CHECK_THAT(line["time"], contains("T") && contains("Z"));
    for (const std::string log : {"--log=/run/log", "--log file:/run/log"}) {
        CHECK_THAT(said(log), contains("time=\"") && contains("level=error msg=\"ocinet: "));
    }
    // What the runtime wrote there before stays.
    host.sh("echo before >/run/log");
    host.run(wrapper + " --log /run/log create --bundle " + box.bundle().path() + " x");
    CHECK_THAT(host.sh("cat /run/log"), contains("before\ntime="));
}

TEST_CASE("all else reaches the runtime as it was: words, environment, descriptors, status") {
    const Teller teller;
    for (const std::string words :
         {"--root /r --log /l kill c1 TERM", "exec --tty c1 create --bundle /x 'a b' ''",
          "--version", "", "ps c1 -- -ef", "create --bundle /nowhere c1", "run c1"}) {
        CAPTURE(words);
        const Result bare = teller.call("/run/teller", words);
        const Result wrapped = teller.call(wrapper, words);
        CHECK(bare.status == 42);
        CHECK_THAT(bare.out, contains("C=d e") && contains("seven"));
        CHECK(wrapped.status == 42);
        CHECK(wrapped.out == bare.out);
    }
}

TEST_CASE("a runtime that is not there, or is the wrapper itself, is named") {
    const Host host;
    host.write("/etc/ocinet/runtime.json", R"({"runtime": "/nowhere/runc"})");
    const Result missing = host.run(wrapper + " --version");
    CHECK(missing.status == 1);
    CHECK_THAT(missing.err, contains("exec /nowhere/runc") && contains("ENOENT"));
    host.write("/etc/ocinet/runtime.json", json{{"runtime", wrapper}}.dump());
    const Result itself = host.run(wrapper + " --version");
    CHECK(itself.status == 1);
    CHECK_THAT(itself.err, contains("ocinet-runtime itself"));
}

TEST_CASE("ocinet-runtime killed at any of its system calls leaves a whole config.json") {
    SKIP_IF_MISSING(missing_for("runc"));
    const Host host;
    wrap(host, "runc");
    Engine box(host, wrapper, published);
    const std::string config = box.bundle().path() + "/config.json";
    const auto trace = [&](const std::string& options) {
        box.bundle().write();
        return host.run("strace -qq " + options + " " + wrapper + " create --bundle " +
                        box.bundle().path() + " --pid-file /nowhere/pid " + box.id());
    };
    // Up to the runtime's first own call.
    const auto calls = [&] {
        trace("-o /run/calls");
        return host.sh("sed '/^execve(.*runc/q' /run/calls | grep -o '^[a-z0-9_]*'");
    }();
    const json old = box.bundle().config;
    const json made = config_of(box);
    REQUIRE(made != old);
    std::map<std::string, int> counts;
    for (const auto call : split(trim(calls), '\n')) {
        const std::string name(call);
        const std::string when = std::to_string(++counts[name]);
        CAPTURE(name, when);
        trace("-o /dev/null -e trace=" + name + " -e inject=" + name +
              ":signal=SIGKILL:when=" + when);
        const json left = json::parse(read_text(config));
        CHECK((left == old || left == made));
    }
    CHECK(counts.contains("renameat"));
}

} // namespace ocinet::test
