// SPDX-License-Identifier: GPL-2.0-or-later
// Containers of Podman's that share a network namespace: pods, --network container:, --network ns:.
#include "tests/engines/podman.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

const std::string published = "--annotation io.ocinet.publish=8080:80 ";
const std::string on_bridge = "--annotation io.ocinet.network=bridge ";

void check_serves(const Lab& lab, const std::string& as) {
    CHECK(Lab::page(lab.outside, "192.0.2.1:8080") == as + " serves 192.0.2.2\n");
}

// Podman runs the poststop hook of a container that a command ended a moment after the command.
bool comes_to(const Host& host, const std::string& phase, const std::string& id) {
    return eventually([&] {
        return host.run(R"(grep -q '"phase":")" + phase + R"("' /run/ocinet/containers/)" + id +
                        ".json")
                   .status == 0;
    });
}

bool is_forgotten(const Host& host, const std::string& id) {
    return eventually(
        [&] { return host.run("ls /run/ocinet/containers/" + id + ".json").status != 0; });
}

} // namespace

TEST_CASE("podman: a pod's members come and go") {
    const std::string runtime = GENERATE(from_range(runtimes_of_this_run()));
    CAPTURE(runtime);
    SKIP_IF_MISSING(missing_for_podman(runtime));
    const Lab lab;
    const Podman podman(lab.host, runtime);
    podman.must("pod create --name pod --network none");
    const std::string web = podman.serve("web", "--pod pod " + published);
    const std::string other =
        podman.must("run --detach --pod pod --name other " + published + "web:1 sleep 1000");
    podman.must("run --detach --pod pod --name silent web:1 sleep 1000");
    check_serves(lab, "pod");
    CHECK(podman.must("exec silent wget -qO- http://192.0.2.2/cgi-bin/who") ==
          "outside serves 192.0.2.1");
    podman.must("stop --time 0 other");
    CHECK(is_forgotten(lab.host, other));
    check_serves(lab, "pod");
    // The first one goes: the infra container and `silent` live in the namespace.
    podman.must("stop --time 0 web");
    CHECK(comes_to(lab.host, "left", web));
    CHECK_THAT(lab.host.sh(cli_program() + " ps"), contains(" left "));
    CHECK(podman.must("exec silent wget -qO- http://192.0.2.2/cgi-bin/who") ==
          "outside serves 192.0.2.1");
    podman.must("start web");
    check_serves(lab, "pod");
    podman.must("restart --time 0 web");
    check_serves(lab, "pod");
    podman.must("rm --force --time 0 web");
    podman.serve("third", "--pod pod " + published);
    check_serves(lab, "pod");
    podman.must("pod stop --time 0 pod");
    // The infra container, which ended last, has no hooks.
    CHECK(left_after_sweep(lab.host) == nothing_left);
    podman.must("pod start pod");
    check_serves(lab, "pod");
    podman.must("pod rm --force --time 0 pod");
    CHECK(left_after_sweep(lab.host) == nothing_left);
}

TEST_CASE("podman: what a pod's members ask for must agree") {
    const std::string runtime = GENERATE(from_range(runtimes_of_this_run()));
    CAPTURE(runtime);
    SKIP_IF_MISSING(missing_for_podman(runtime));
    const Lab lab;
    const Podman podman(lab.host, runtime);
    podman.must("pod create --name pod --network none");
    const std::string web = podman.serve("web", "--pod pod " + published);
    const Result refused =
        podman.run("run --pod pod --name other --annotation io.ocinet.publish=8081:80 web:1 true");
    CHECK(refused.status == 126);
    CHECK_THAT(podman.said(refused),
               contains("published port 8081:80") && contains("container " + web));
    check_serves(lab, "pod");
    podman.must("pod rm --force --time 0 pod");
    CHECK(left_after_sweep(lab.host) == nothing_left);
}

TEST_CASE("podman: a container in another one's network") {
    const std::string runtime = GENERATE(from_range(runtimes_of_this_run()));
    CAPTURE(runtime);
    SKIP_IF_MISSING(missing_for_podman(runtime));
    const Lab lab;
    const Podman podman(lab.host, runtime);
    const std::string box = podman.serve("box", "--network none --hostname box " + published);
    const std::string joiner = podman.must("run --detach --name joiner --network container:box " +
                                           on_bridge + "web:1 sleep 1000");
    podman.must("run --detach --name silent --network container:box web:1 sleep 1000");
    check_serves(lab, "box");
    SECTION("the joiner ends first") {
        podman.must("rm --force --time 0 joiner");
        CHECK(is_forgotten(lab.host, joiner));
        check_serves(lab, "box");
        podman.must("stop --time 0 box");
    }
    SECTION("the joiner ends last") {
        podman.must("stop --time 0 box");
        CHECK(comes_to(lab.host, "left", box));
        CHECK(podman.must("exec joiner wget -qO- http://192.0.2.2/cgi-bin/who") ==
              "outside serves 192.0.2.1");
        podman.must("stop --time 0 joiner");
    }
    SECTION("the first one begins anew, in a new namespace") {
        podman.must("restart --time 0 box");
        check_serves(lab, "box");
        podman.must("restart --time 0 joiner");
        check_serves(lab, "box");
        CHECK(podman.must("exec joiner wget -qO- http://127.0.0.1/cgi-bin/who") ==
              "box serves 127.0.0.1");
        podman.must("stop --time 0 joiner box");
    }
    CHECK(left_at_last(lab.host) == nothing_left);
}

TEST_CASE("podman: a namespace that has a name") {
    const std::string runtime = GENERATE(from_range(runtimes_of_this_run()));
    CAPTURE(runtime);
    SKIP_IF_MISSING(missing_for_podman(runtime));
    const Lab lab;
    const Podman podman(lab.host, runtime);
    lab.host.sh("ip netns add own");
    podman.serve("box", "--network ns:/run/netns/own --hostname box " + published);
    check_serves(lab, "box");
    podman.must("stop --time 0 box");
    CHECK(left_at_last(lab.host) == nothing_left);
    CHECK_THAT(lab.host.sh("ip -n own link"), !contains("eth0"));
    podman.must("start box");
    check_serves(lab, "box");
    podman.must("rm --force --time 0 box");
    CHECK(left_at_last(lab.host) == nothing_left);
}

TEST_CASE("podman: kube play") {
    const std::string runtime = GENERATE(from_range(runtimes_of_this_run()));
    CAPTURE(runtime);
    SKIP_IF_MISSING(missing_for_podman(runtime));
    const Lab lab;
    const Podman podman(lab.host, runtime);
    lab.host.write("/run/pod.yaml", R"(apiVersion: v1
kind: Pod
metadata:
  name: pod
  annotations:
    io.ocinet.publish: "8080:80"
spec:
  containers:
  - name: web
    image: localhost/web:1
    command: [/bin/httpd, -f, -p, "0.0.0.0:80", -h, /www]
  - name: other
    image: localhost/web:1
    command: [/bin/sleep, "1000"]
)");
    podman.must("kube play --network none /run/pod.yaml");
    check_serves(lab, "pod");
    CHECK(podman.must("exec pod-other wget -qO- http://192.0.2.2/cgi-bin/who") ==
          "outside serves 192.0.2.1");
    podman.must("kube down /run/pod.yaml");
    CHECK(left_after_sweep(lab.host) == nothing_left);
}

} // namespace ocinet::test
