// SPDX-License-Identifier: GPL-2.0-or-later
// What /etc/ocinet/ocinet.json does not allow is refused before anything is touched, by the hook
// and by `ocinet plan`.
#include "tests/kernel/sample.h"
#include "tests/kernel/scene.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

struct Case {
    std::string settings;
    Annotations request;
    std::string said;
};

std::vector<Case> cases() {
    return {
        {R"({"networks": ["web"]})", on_bridge,
         "network \"bridge\" is not allowed by /etc/ocinet/ocinet.json\n"
         "hint: allowed are: web"},
        {R"({"host_addresses": ["127.0.0.0/8"]})", published,
         "/etc/ocinet/ocinet.json does not allow to publish on all addresses\n"
         "hint: allowed are: 127.0.0.0/8"},
        {R"({"port_range": "9000-9999"})", published,
         "published port 8080:80/tcp: /etc/ocinet/ocinet.json allows ports 9000-9999"},
        {R"({"port_ranges": "9000-9999"})", on_bridge,
         "/etc/ocinet/ocinet.json: port_ranges: unknown key"},
        {"{", on_bridge, "/etc/ocinet/ocinet.json is not valid JSON"},
    };
}

std::string plan_options(const Annotations& request) {
    std::string options;
    for (const auto& [key, value] : request) {
        options += " --" + key.substr(key.rfind('.') + 1) + " " + value;
    }
    return options;
}

} // namespace

TEST_CASE("what the administrator does not allow is refused") {
    const Case one = GENERATE(from_range(sampled(cases(), 2)));
    CAPTURE(one.settings);
    const Host host;
    host.write("/etc/ocinet/ocinet.json", one.settings);
    const Container box(host, one.request);
    const auto before = host.snapshot();
    const auto inside = box.snapshot();
    const Result result = box.hook("createRuntime");
    CHECK(result.status == 1);
    CHECK_THAT(result.err, contains(one.said));
    const Result planned = host.run(cli_program() + " plan" + plan_options(one.request));
    CHECK(planned.status == 1);
    CHECK_THAT(planned.err, contains(one.said));
    CHECK(difference(before, host.snapshot()) == no_difference);
    CHECK(difference(inside, box.snapshot()) == no_difference);
    // What was allowed when it was set up is taken away whatever is allowed now.
    host.sh("rm /etc/ocinet/ocinet.json");
    box.attach();
    host.write("/etc/ocinet/ocinet.json", one.settings);
    box.detach();
    CHECK(leftovers(host) == nothing_left);
}

TEST_CASE("what the administrator allows is done") {
    const Host host;
    host.write("/etc/ocinet/ocinet.json",
               R"({"networks": ["bridge"], "host_addresses": ["0.0.0.0"],
                   "port_range": "8000-9999", "host": false, "image_requests": false})");
    const Container box(host, published);
    box.attach();
    CHECK(differences(host, box).empty());
    box.detach();
    CHECK(leftovers(host) == nothing_left);
}

TEST_CASE("a port that is chosen is chosen from what the administrator allows") {
    const Host host;
    host.write("/etc/ocinet/ocinet.json", R"({"port_range": "7000-7001"})");
    Container box(host, {{"io.ocinet.publish", "80,81"}});
    const std::string ports = only_attachment(box.attach())["ports"].dump();
    CHECK_THAT(ports, contains(":7000\"") && contains(":7001\""));
    const Container other(host, {{"io.ocinet.publish", "80"}});
    const Result result = other.hook("createRuntime");
    CHECK(result.status == 1);
    CHECK_THAT(result.err, contains("no tcp port is free between 7000 and 7001"));
    const Result planned = host.run(cli_program() + " plan --publish 80");
    CHECK_THAT(planned.err, contains("no tcp port is free between 7000 and 7001"));
    crash(host, box);
    CHECK_THAT(other.attach().dump(), contains(":700"));
}

} // namespace ocinet::test
