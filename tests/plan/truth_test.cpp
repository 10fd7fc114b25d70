// SPDX-License-Identifier: GPL-2.0-or-later
// The plan tells the truth: its commands, run by sh, leave what the hook leaves; their inverse
// takes it back; printing it changes nothing.
#include "tests/support/catch.h"

#include <algorithm>
#include <regex>

#include "netsetup/base/error.h"
#include "netsetup/base/text.h"
#include "tests/crown/sample.h"
#include "tests/plan/twin.h"
#include "tests/support/rare_links.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

std::string without_random_names(const std::string& text) {
    static const std::regex name("\\boc[a-z2-7]{13}\\b|(\"EndpointID\":\")[0-9a-f]{64}");
    return std::regex_replace(text, name, "$1<>");
}

std::string script_of(const json& plan, const Container& box) {
    std::string script = "PID=" + std::to_string(box.pid()) + "\n";
    for (const auto& step : plan["steps"]) {
        for (const auto& command : step["apply"]) {
            script += command.get<std::string>() + "\n";
        }
    }
    return script;
}

std::string inverse_of(const json& plan, const Container& box) {
    std::string script = "PID=" + std::to_string(box.pid()) + "\n";
    for (auto step = plan["steps"].rbegin(); step != plan["steps"].rend(); ++step) {
        for (const auto& command : (*step)["undo"]) {
            script += command.get<std::string>() + "\n";
        }
    }
    return script;
}

// The lines that sh runs.
std::string commands_in(const std::string& script) {
    std::string commands;
    for (const auto line : split(script, '\n')) {
        const auto word = trim(line.substr(0, line.find("  # ")));
        if (!word.empty() && !word.starts_with('#')) {
            commands += std::string(word) + "\n";
        }
    }
    return commands;
}

const std::string no_failure;

// The error's text; empty for success.
std::string failure_of(const std::function<void()>& action) {
    try {
        action();
        return "";
    } catch (const Error& error) {
        return error.what();
    }
}

void compare_with_hook(const PlanCase& wanted, const std::string& id) {
    Twin hooked(wanted, id);
    Twin planned(wanted, id);
    REQUIRE(difference(hooked.kernel(), planned.kernel()) == no_difference);
    const std::string script = planned.plan();
    CAPTURE(script);
    CHECK(failure_of([&] { planned.run_script(script); }) == no_failure);
    CHECK(failure_of([&] { hooked.box().attach(); }) == no_failure);
    CHECK(difference(hooked.kernel(), planned.kernel()) == no_difference);
    CHECK(hooked.hosts() == planned.hosts());
}

void take_back(const PlanCase& wanted, const std::string& id) {
    Twin twin(wanted, id);
    const json before = twin.kernel();
    const std::string text = twin.plan();
    const std::string files = twin.files_in_run();
    const json plan = json::parse(twin.plan("--json"));
    CHECK(files == twin.files_in_run());
    CHECK(difference(before, twin.kernel()) == no_difference);
    // One plan, whichever way it is printed, but for the random names.
    const std::string script = script_of(plan, twin.box());
    CHECK(without_random_names(commands_in(text)) == without_random_names(commands_in(script)));
    if (!wanted.has_inverse) {
        return;
    }
    const std::string inverse = inverse_of(plan, twin.box());
    CAPTURE(script, inverse);
    // As in one shell: what plugins answered is in variables.
    CHECK(failure_of([&] { twin.run_script(script + "set >/run/variables\n"); }) == no_failure);
    CHECK((twin.kernel() != before));
    CHECK(failure_of([&] { twin.run_script(". /run/variables\n" + inverse); }) == no_failure);
    CHECK(difference(before, twin.kernel()) == no_difference);
}

// All of them; a quick run takes some, by default a run takes a third.
std::vector<PlanCase> chosen_cases() {
    std::vector<PlanCase> chosen;
    for (const auto index : sample(0, plan_cases().size(), 6, plan_cases().size() / 3)) {
        chosen.push_back(plan_cases()[index]);
    }
    return chosen;
}

} // namespace

TEST_CASE("the plan's commands leave what the hook leaves") {
    for (const auto& wanted : chosen_cases()) {
        INFO("case: " << wanted.name << ", seed " << seed());
        compare_with_hook(wanted, unique_id());
    }
}

TEST_CASE("printing a plan changes nothing, and its inverse takes it back") {
    for (const auto& wanted : chosen_cases()) {
        INFO("case: " << wanted.name << ", seed " << seed());
        take_back(wanted, unique_id());
    }
}

TEST_CASE("links that not every kernel makes have a true plan", "[guest]") {
    SKIP_IF_MISSING(missing_for_rare_links());
    for (const auto& wanted : cases_with_rare_links()) {
        INFO("case: " << wanted.name);
        compare_with_hook(wanted, unique_id());
        take_back(wanted, unique_id());
    }
}

TEST_CASE("on a host without any state, printing a plan makes none") {
    Twin twin({.name = "cold", .annotations = {{"io.ocinet.network", "bridge"}}}, unique_id());
    REQUIRE(twin.host().sh("ls /run") == "lock\nnetns\n");
    twin.plan();
    CHECK(twin.host().sh("ls /run") == "lock\nnetns\n");
}

// They would not forward to each other any more: nothing from the containers would come out.
TEST_CASE("interfaces of ours are not guarded when forwarding is turned on again") {
    Twin twin({.name = "forwarding was turned off",
               .annotations = {{"io.ocinet.network", "bridge"}},
               .warm = true,
               .on_host = "echo 0 >/proc/sys/net/ipv4/ip_forward"},
              unique_id());
    twin.box().attach();
    const std::string guarded = twin.host().sh("nft list set inet ocinet guarded4");
    CHECK_THAT(guarded, contains("\"up0\""));
    CHECK_THAT(guarded, !contains("\"oc"));
}

TEST_CASE("a random port is chosen in the plan") {
    Twin twin({.name = "random port", .annotations = {{"io.ocinet.publish", ":80,53/udp"}}},
              unique_id());
    const json plan = json::parse(twin.plan("--json"));
    twin.run_script(script_of(plan, twin.box()));
    const std::string elements = twin.host().sh("nft list map inet ocinet any4");
    for (const std::string text : plan["attachments"][0]["ports"]) {
        const std::string protocol = text.starts_with("80/tcp") ? "tcp" : "udp";
        CHECK_THAT(elements, contains(protocol + " . " + text.substr(text.rfind(':') + 1)));
    }
    CHECK(plan["attachments"][0]["ports"].size() == 2);
}

TEST_CASE("a container of the largest id and a network of the longest name have a true plan") {
    const std::string name = "n" + std::string(62, 'e');
    const std::string id = "i" + std::string(150, 'd');
    const PlanCase wanted{
        .name = "long",
        .annotations = {{"io.ocinet.network", name}, {"io.ocinet.publish", "8080:80"}}};
    const json file = {{"subnets", {{{"subnet", "10.7.0.0/24"}}}}};
    Twin hooked(wanted, id);
    Twin planned(wanted, id);
    hooked.host().write_network(name, file);
    planned.host().write_network(name, file);
    planned.run_script(planned.plan());
    hooked.box().attach();
    CHECK(difference(hooked.kernel(), planned.kernel()) == no_difference);
}

} // namespace ocinet::test
