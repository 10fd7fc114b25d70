// SPDX-License-Identifier: GPL-2.0-or-later
// What the commands print on a terminal, and what bash completes.
#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>

#include "netsetup/base/text.h"
#include "tests/cli/scene.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace ocinet::test {

namespace {

namespace fs = std::filesystem;

/// One container, whose row is wider than a small terminal.
class Shown {
public:
    Shown() { box.attach(); }

    /// On a terminal of 60 columns, with these words before the command.
    std::string on_terminal(const std::string& before, const std::string& command) const {
        return host.sh("script -qec 'stty cols 60; " + before + " " + cli_program() + " " +
                       command + "' /dev/null");
    }

    Host host;
    Container box{host, {{"io.ocinet.publish", "8080:80"}, {"io.ocinet.name", "a-long-name"}}};
};

std::string completion_file() {
    return (fs::path(__FILE__).parent_path().parent_path().parent_path() /
            "cli/completion/ocinet.bash")
        .string();
}

// What bash offers for the words of a command line, the last of which is being written.
std::set<std::string> completions(const Host& host, const std::vector<std::string>& words) {
    std::string script = ". " + shell_word(completion_file()) + "; COMP_WORDS=(";
    for (const auto& word : words) {
        script += shell_word(word) + " ";
    }
    script += "); COMP_CWORD=" + std::to_string(words.size() - 1) +
              "; _ocinet; printf '%s\\n' \"${COMPREPLY[@]}\"";
    std::istringstream lines(host.sh("PATH=" + shell_word(OCINET_PREFIX "/bin") +
                                     ":$PATH bash -c " + shell_word(script)));
    std::set<std::string> offered;
    for (std::string line; std::getline(lines, line);) {
        offered.insert(line);
    }
    return offered;
}

// The first word of each line below `heading`, of what --help prints.
std::set<std::string> in_help(const std::string& help, const std::string& heading) {
    std::set<std::string> words;
    std::istringstream lines(help);
    bool below = false;
    for (std::string line; std::getline(lines, line);) {
        if (line.empty()) {
            below = false;
        } else if (line.starts_with(heading)) {
            below = true;
        } else if (below && line.starts_with("  ") && line[2] != ' ') {
            words.insert(line.substr(2, line.find(' ', 2) - 2));
        }
    }
    return words;
}

// `-q,--quiet` is --quiet to who completes it.
std::set<std::string> long_names(const std::set<std::string>& options) {
    std::set<std::string> names;
    for (const auto& option : options) {
        names.insert(option.substr(option.find("--")));
    }
    return names;
}

std::set<std::string> verbs_of(const Host& host, const std::string& verb) {
    std::set<std::string> verbs;
    for (auto name : in_help(ocinet(host, verb + " --help").out, "Subcommands:")) {
        name.erase(std::remove(name.begin(), name.end(), ','), name.end()); // `ls, list`
        verbs.insert(name);
    }
    return verbs;
}

} // namespace

TEST_CASE("a table fits the terminal") {
    const Shown scene;
    CHECK_THAT(ocinet(scene.host, "ps").out, contains("80/tcp -> 0.0.0.0:8080\n"));
    std::istringstream lines(scene.on_terminal("NO_COLOR=1", "ps"));
    int count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
        std::string text(trim(line));
        // "…" is one column in three bytes.
        while (text.find("…") != std::string::npos) {
            text.replace(text.find("…"), std::string("…").size(), ".");
        }
        CHECK(text.size() <= 60);
    }
    CHECK(count == 2);
}

TEST_CASE("colours are for terminals, and not for who does not want them") {
    const Shown scene;
    const std::string green = "\033[32mrunning";
    CHECK_THAT(scene.on_terminal("TERM=xterm", "ps"), contains(green));
    CHECK_THAT(scene.on_terminal("TERM=xterm NO_COLOR=", "ps"), contains(green));
    CHECK_THAT(scene.on_terminal("TERM=xterm NO_COLOR=1", "ps"), !contains("\033"));
    CHECK_THAT(scene.on_terminal("TERM=dumb", "ps"), !contains("\033"));
    CHECK_THAT(scene.on_terminal("TERM=xterm", "ps --json"), !contains("\033"));
    CHECK_THAT(ocinet(scene.host, "ps").out, !contains("\033"));
}

TEST_CASE("what cannot be printed is an error") {
    const Shown scene;
    const Result result = ocinet(scene.host, "ps --json >/dev/full");
    CHECK(result.status == 1);
    CHECK_THAT(result.err, contains("write to stdout: No space left on device (ENOSPC)"));
}

TEST_CASE("bash completes all verbs and all their options") {
    const Host host;
    const auto verbs = verbs_of(host, "");
    REQUIRE(verbs.size() > 5);
    CHECK(completions(host, {"ocinet", ""}) == verbs);
    std::vector<std::vector<std::string>> lines;
    for (const auto& verb : verbs) {
        if (verb != "network" && verb != "overlay") {
            lines.push_back({"ocinet", verb, "-"});
            continue;
        }
        const auto below = verbs_of(host, verb);
        CHECK(completions(host, {"ocinet", verb, ""}) == below);
        for (const auto& one : below) {
            lines.push_back({"ocinet", verb, one, "-"});
        }
    }
    for (const auto& line : lines) {
        const std::string command = join({line.begin() + 1, line.end() - 1}, " ");
        CAPTURE(command);
        CHECK(completions(host, line) ==
              long_names(in_help(ocinet(host, command + " --help").out, "Options:")));
    }
}

TEST_CASE("bash completes the names of networks and the ids of containers") {
    const Shown scene;
    scene.host.write_network("web", {{"subnets", {{{"subnet", "10.91.1.0/24"}}}}});
    using Offered = std::set<std::string>;
    CHECK(completions(scene.host, {"ocinet", "network", "rm", "w"}) == Offered{"web"});
    CHECK(completions(scene.host, {"ocinet", "port", ""}) == Offered{scene.box.id().substr(0, 12)});
    CHECK(completions(scene.host, {"ocinet", "ch"}) == Offered{"check"});
}

} // namespace ocinet::test
