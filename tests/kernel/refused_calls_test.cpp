// SPDX-License-Identifier: GPL-2.0-or-later
// Callers that do not make sense: states, processes, bundles.
#include "tests/kernel/refusal.h"
#include "tests/kernel/sample.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

Refusal changed(const std::string& title, const std::string& said,
                const std::function<std::string(const json&)>& change) {
    return {.title = title, .said = said, .change = change};
}

Refusal member(const std::string& key, const json& value, const std::string& said) {
    return changed(key + " " + value.dump().substr(0, 60), said, [key, value](json state) {
        state[key] = value;
        return state.dump();
    });
}

std::vector<Refusal> states() {
    const std::string on_stdin = "the container's state on stdin";
    const std::string not_json = on_stdin + " is not valid JSON";
    const auto always = [](const std::string& text) {
        return [text](const json&) { return text; };
    };
    return {
        changed("empty", not_json, always("")),
        changed("a word", not_json, always("state")),
        changed("cut off", not_json,
                [](const json& state) { return state.dump().substr(0, state.dump().size() - 1); }),
        changed("two objects", not_json,
                [](const json& state) { return state.dump() + state.dump(); }),
        changed("no UTF-8", not_json, always("{\"id\":\"\xff\"}")),
        changed("an array", on_stdin + " is not a JSON object", always("[]")),
        changed("null", on_stdin + " is not a JSON object", always("null")),
        changed("deeply nested", on_stdin,
                always(std::string(500000, '[') + std::string(500000, ']'))),
        changed("larger than 1 MiB", "larger than 1048576 bytes",
                [](json state) {
                    state["annotations"]["org.example"] = std::string(1 << 20, 'x');
                    return state.dump();
                }),
        member("id", "", "id: missing"),
        member("id", "../../etc/passwd", "is no container's id that we can take"),
        member("id", "a b", "is no container's id that we can take"),
        member("id", std::string(181, 'x'), "is no container's id that we can take"),
        member("id", 7, "id: not a string"),
        member("status", "running", "status: \"running\", expected creating or created"),
        member("status", "", "status: "),
        member("pid", 0, "pid: missing"),
        member("pid", nullptr, "pid: missing"),
        member("pid", -1, "pid: not a process id"),
        member("pid", 1LL << 40, "pid: not a process id"),
        member("pid", "1", "pid: not a whole number"),
        member("pid", 1.5, "pid: not a whole number"),
        member("bundle", "", "bundle: not an absolute path"),
        member("bundle", "relative", "bundle: not an absolute path"),
        member("bundle", "/nowhere/at/all", "no config.json in the bundle /nowhere/at/all"),
        member("bundle", "/proc", "no config.json in the bundle /proc"),
        member("annotations", {{"io.ocinet.network", 7}},
               "annotations: io.ocinet.network: not a string"),
        member("annotations", "text", "annotations: not an object"),
    };
}

} // namespace

TEST_CASE("a malformed state is refused") {
    check_refusals(sampled(states(), 5));
}

TEST_CASE("what is no container's process is refused") {
    const Host host;
    Container box(host, on_bridge);
    const auto before = host.snapshot();
    const auto refused = [&](const json& pid, const std::string& said) {
        CAPTURE(said);
        json state = box.state("createRuntime");
        state["pid"] = pid;
        const Result result = run_hook(host, "createRuntime", state.dump());
        CHECK(result.status == 1);
        CHECK_THAT(result.err, contains(said));
        CHECK(difference(before, host.snapshot()) == no_difference);
    };
    const pid_t gone = [] {
        Process child([] {});
        const pid_t pid = child.pid();
        child.wait();
        return pid;
    }();
    refused(gone, "the container's process " + std::to_string(gone) + " is gone");
    refused(host.pid(), "shares the host's network namespace");
    const pid_t dead = box.process();
    box.make_zombie();
    refused(dead, "the container's process " + std::to_string(dead) + " is a zombie");
}

TEST_CASE("a thread of the kernel is refused") {
    const Host host;
    if (host.run("cat /proc/2/comm").out != "kthreadd\n") {
        SKIP("none is to be seen from this process namespace");
    }
    const Container box(host, on_bridge);
    json state = box.state("createRuntime");
    state["pid"] = 2;
    const Result result = run_hook(host, "createRuntime", state.dump());
    CHECK(result.status == 1);
    CHECK_THAT(result.err, contains("process 2 is a thread of the kernel"));
    CHECK(host.run("test -e /run/ocinet").status != 0);
}

TEST_CASE("a config.json that cannot be read is refused") {
    struct Damage {
        std::string command;
        std::string said;
    };
    const auto damage = GENERATE(from_range(sampled(
        std::vector<Damage>{
            {"rm config.json", "no config.json in the bundle "},
            {"rm config.json; mkdir config.json", "config.json is not a regular file"},
            {"rm config.json; mkfifo config.json", "config.json is not a regular file"},
            {"mv config.json other; ln -s other config.json", "config.json"},
            {"echo '{' >config.json", "config.json is not valid JSON"},
            {"echo '[]' >config.json", "config.json is not a JSON object"},
            {"truncate -s 17M config.json", "config.json is larger than 16777216 bytes"},
        },
        3)));
    CAPTURE(damage.command);
    const Host host;
    Container box(host, on_bridge);
    host.sh("cd " + box.bundle().path() + "; " + damage.command);
    const auto before = host.snapshot();
    const Result result = box.hook("createRuntime");
    CHECK(result.status == 1);
    CHECK_THAT(result.err, contains("ocinet: ") && contains(damage.said));
    CHECK(difference(before, host.snapshot()) == no_difference);
    CHECK(host.run("test -e /run/ocinet").status != 0);
}

} // namespace ocinet::test
