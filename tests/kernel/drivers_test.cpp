// SPDX-License-Identifier: GPL-2.0-or-later
// Which containers get what: networks without an interface of ours, containers that do not ask,
// containers for which the hook is called twice.
#include <csignal>

#include "tests/kernel/scene.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

bool made_state(const Host& host) {
    return host.run("test -e /run/ocinet").status == 0;
}

// All but what is below /run/ocinet.
json kernel_part(json snapshot) {
    snapshot.erase("run");
    return snapshot;
}

// A container's process that shares the host's network namespace.
class Sharer {
public:
    Sharer(const Host& host, const Annotations& annotations)
        : host_(host), bundle_(annotations), process_(host.start("echo ready; exec sleep 1000")) {
        bundle_.share_host_netns();
        bundle_.write();
        process_.wait_for_output("ready");
    }

    Result hook(const std::string& stage) const {
        json state = {{"ociVersion", "1.0.2"},
                      {"id", id_},
                      {"bundle", bundle_.path()},
                      {"status", stage == "poststop" ? "stopped" : "creating"}};
        if (stage != "poststop") {
            state["pid"] = process_.pid();
        }
        return run_hook(host_, stage, state.dump(), bundle_.path());
    }
    void kill() {
        process_.signal(SIGKILL);
        process_.wait();
    }

private:
    const Host& host_;
    std::string id_ = unique_id();
    Bundle bundle_;
    Process process_;
};

} // namespace

TEST_CASE("network none: lo, and nothing else anywhere") {
    const Host host;
    const Container box(host, {{"io.ocinet.network", "none"}});
    const auto before = host.snapshot();
    box.sh("ip link set lo down");
    const json attached = only_attachment(box.attach());
    CHECK(attached["network"] == "none");
    CHECK(attached["interface"].get<std::string>().empty());
    CHECK(attached["addresses"].empty());
    CHECK(ip(box, "link show").size() == 1);
    CHECK(differences(host, box).empty());
    CHECK(difference(kernel_part(before), kernel_part(host.snapshot())) == no_difference);
    box.detach();
    CHECK(difference(before, host.snapshot()) == no_difference);
    CHECK(ip(box, "link show").size() == 1);
}

TEST_CASE("network host: the host's namespace as it is") {
    const Host host;
    Sharer box(host, {{"io.ocinet.network", "host"}});
    const auto before = host.snapshot();
    const Result attached = box.hook("createRuntime");
    INFO(attached.err);
    REQUIRE(attached.status == 0);
    CHECK(only_attachment(json::parse(attached.out))["driver"] == "host");
    CHECK(difference(kernel_part(before), kernel_part(host.snapshot())) == no_difference);
    box.kill();
    const Result detached = box.hook("poststop");
    CHECK(detached.status == 0);
    CHECK(detached.err.empty());
    CHECK(difference(before, host.snapshot()) == no_difference);
}

TEST_CASE("network host for a container with a namespace of its own says what to do") {
    const Host host;
    const Container box(host, {{"io.ocinet.network", "host"}});
    const auto before = host.snapshot();
    const Result result = box.hook("createRuntime");
    CHECK(result.status == 1);
    CHECK(result.out.empty());
    CHECK_THAT(result.err, contains("network \"host\" (host)") && contains("of its own") &&
                               contains("hint: ") && contains("linux.namespaces"));
    CHECK(difference(before, host.snapshot()) == no_difference);
}

TEST_CASE("a container in the host's namespace is given no other network") {
    const std::string network = GENERATE("bridge", "none");
    CAPTURE(network);
    const Host host;
    const Sharer box(host, {{"io.ocinet.network", network}});
    const auto before = host.snapshot();
    const Result result = box.hook("createRuntime");
    CHECK(result.status == 1);
    CHECK_THAT(result.err, contains("shares the host's network namespace") && contains("hint: "));
    CHECK(difference(before, host.snapshot()) == no_difference);
}

TEST_CASE("a container that asks for nothing is left alone") {
    const Annotations annotations =
        GENERATE(Annotations{}, Annotations{{"org.example.network", "web"}},
                 Annotations{{"io.ocinetwork", "web"}});
    const Host host;
    const Container box(host, annotations);
    const auto before = host.snapshot();
    const auto inside = box.snapshot();
    for (const char* stage : {"prestart", "createRuntime", "poststop"}) {
        CAPTURE(stage);
        const Result result = box.hook(stage);
        CHECK(result.status == 0);
        CHECK(result.out.empty());
        CHECK(result.err.empty());
        CHECK_FALSE(made_state(host));
    }
    CHECK(difference(before, host.snapshot()) == no_difference);
    CHECK(difference(inside, box.snapshot()) == no_difference);
}

TEST_CASE("annotations of the state count as those of config.json") {
    const Host host;
    const Container box(host);
    json state = box.state("createRuntime");
    state["annotations"]["io.ocinet.network"] = "none";
    const Result result = run_hook(host, "createRuntime", state.dump(), "/");
    CHECK(result.status == 0);
    CHECK(only_attachment(json::parse(result.out))["network"] == "none");
}

TEST_CASE("prestart and createRuntime attach once") {
    const Host host;
    const Container box(host, published);
    const Result first = box.hook("prestart");
    REQUIRE(first.status == 0);
    const auto after_first = host.snapshot();
    const auto inside = box.snapshot();
    const Result second = box.hook("createRuntime");
    CHECK(second.status == 0);
    CHECK(second.err.empty());
    CHECK(second.out == first.out);
    CHECK(difference(after_first, host.snapshot()) == no_difference);
    CHECK(difference(inside, box.snapshot()) == no_difference);
    box.detach();
    CHECK(leftovers(host) == nothing_left);
}

TEST_CASE("poststop after a detach, and without any attach, is success") {
    const Host host;
    const Container box(host, published);
    const Container never(host, published);
    box.attach();
    box.detach();
    for (const Container* one : {&box, &never}) {
        const Result result = one->hook("poststop");
        CHECK(result.status == 0);
        CHECK(result.err.empty());
    }
    CHECK(leftovers(host) == nothing_left);
}

} // namespace ocinet::test
