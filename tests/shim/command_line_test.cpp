// SPDX-License-Identifier: GPL-2.0-or-later
#include "shim/command_line.h"

#include "netsetup/base/text.h"
#include "tests/support/catch.h"

namespace ocinet::test {

namespace {

struct Case {
    std::string words;
    std::string command;
    std::string id;
    std::string bundle;
    std::string log;
    std::string log_format;
};

shim::CommandLine parsed(const std::string& text) {
    std::vector<std::string> words;
    for (const auto word : split(text, ' ')) {
        words.emplace_back(word);
    }
    return shim::parse_command_line(words);
}

constexpr const char* working_directory = "(none)";

} // namespace

TEST_CASE("what a command line of runc or crun says") {
    const std::string none = working_directory;
    const std::vector<Case> cases = {
        // containerd, dockerd
        {"--root /run/r --log /b/log.json --log-format json create --bundle /b --pid-file /p c1",
         "create", "c1", "/b", "/b/log.json", "json"},
        {"--root /run/r --log /b/log.json --log-format json --systemd-cgroup run --bundle /b "
         "--pid-file /p --console-socket /s c1",
         "run", "c1", "/b", "/b/log.json", "json"},
        {"--root /run/r --log /l --log-format json restore --image-path /i --work-path /w --bundle "
         "/b --detach --empty-ns network --pid-file /p c1",
         "restore", "c1", "/b", "/l", "json"},
        // Podman's conmon
        {"--cgroup-manager cgroupfs --root=/r --log-format=json --log=/l create --bundle /b "
         "--pid-file /p c1",
         "create", "c1", "/b", "/l", "json"},
        {"--systemd-cgroup --log=/l create --bundle=/b --pid-file=/p c1", "create", "c1", "/b",
         "/l", ""},
        // by hand
        {"run c1", "run", "c1", none, "", ""},
        {"create -b /b c1", "create", "c1", "/b", "", ""},
        {"create -b=/b c1", "create", "c1", "/b", "", ""},
        {"create -b/b c1", "create", "c1", "/b", "", ""},
        {"create -bundle /b c1", "create", "c1", "/b", "", ""},
        {"create -bundle=/b c1", "create", "c1", "/b", "", ""},
        {"create --bund /b c1", "create", "c1", "/b", "", ""},
        {"create --bundle /a -b /b c1", "create", "c1", "/b", "", ""},
        {"run -d --keep c1 -b /b", "run", "c1", "/b", "", ""},
        {"run -b /b -- c1", "run", "c1", "/b", "", ""},
        {"run -db /b c1", "run", "c1", "/b", "", ""},
        {"run -db/b c1", "run", "c1", "/b", "", ""},
        {"run -dh c1", "run", "c1", none, "", ""},
        // of a runtime that we do not know
        {"--platform systrap --log /l create --bundle /b c1", "create", "c1", "/b", "/l", ""},
        {"--network none --debug kill c1", "kill", "", none, "", ""},
        {"--platform systrap frobnicate c1", "c1", "", none, "", ""},
        // what only looks like it
        {"run -- c1 -b /b", "run", "c1", none, "", ""},
        {"create --pid-file --bundle c1", "create", "c1", none, "", ""},
        {"create --pid-file -b --bundle /b c1", "create", "c1", "/b", "", ""},
        {"--log create run c1", "run", "c1", none, "create", ""},
        {"--root run kill c1", "kill", "", none, "", ""},
        {"exec c1 create --bundle /b", "exec", "", none, "", ""},
        {"delete --force create", "delete", "", none, "", ""},
        {"--debug --version", "", "", none, "", ""},
        {"--log", "", "", none, "", ""},
        {"create --bundle", "create", "", none, "", ""},
        {"create --bundle= c1", "create", "c1", none, "", ""},
        {"create", "create", "", none, "", ""},
        {"-", "-", "", none, "", ""},
    };
    for (const auto& wanted : cases) {
        CAPTURE(wanted.words);
        const auto line = parsed(wanted.words);
        CHECK(line.command == wanted.command);
        CHECK(line.id == wanted.id);
        CHECK(line.bundle.value_or(working_directory) == wanted.bundle);
        CHECK(line.log == wanted.log);
        CHECK(line.log_format == wanted.log_format);
    }
    CHECK(shim::parse_command_line({}).command.empty());
}

TEST_CASE("crun's other name for config.json") {
    CHECK(parsed("run -f /x.json c1").config == "/x.json");
    CHECK(parsed("run --config=/x.json c1").config == "/x.json");
    CHECK(parsed("run --conf /x.json c1").config == "/x.json");
    CHECK(!parsed("run --con /x.json c1").config); // --console-socket begins so, too
}

TEST_CASE("a command's words, and the state's directory") {
    const auto line = parsed("--root /r kill c1 TERM");
    CHECK(line.root == "/r");
    CHECK(line.words == std::vector<std::string>{"c1", "TERM"});
}

TEST_CASE("what makes a container") {
    for (const std::string command : {"create", "run", "restore"}) {
        CHECK(parsed(command).makes_container());
    }
    for (const std::string command : {"start", "kill", "delete", "exec", "state", "ps", ""}) {
        CHECK(!parsed(command).makes_container());
    }
}

} // namespace ocinet::test
