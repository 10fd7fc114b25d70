// SPDX-License-Identifier: GPL-2.0-or-later
// Podman with ocinet-runtime as its runtime, and no hooks.d.
#include "tests/engines/podman.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

const std::string published =
    "--network none --hostname box --annotation io.ocinet.publish=8080:80 ";

bool is_reached(const Lab& lab) {
    return Lab::page(lab.outside, "192.0.2.1:8080") == "box serves 192.0.2.2\n";
}

} // namespace

TEST_CASE("podman: ocinet-runtime gives a container its network for its life") {
    const std::string runtime = GENERATE(from_range(runtimes_of_this_run()));
    const bool hooks_d = GENERATE(false, true); // with both, one hook is not run twice
    CAPTURE(runtime, hooks_d);
    SKIP_IF_MISSING(missing_for_podman(runtime));
    const Lab lab;
    wrap(lab.host, runtime);
    const Podman podman(lab.host, wrapper_program(), hooks_d);
    podman.serve("box", published + "--init");
    CHECK(is_reached(lab));
    podman.must("restart --time 0 box");
    CHECK(is_reached(lab));
    podman.must("stop --time 0 box");
    CHECK(left_at_last(lab.host) == nothing_left);
    podman.must("start box");
    CHECK(is_reached(lab));
    podman.must("kill box");
    CHECK(left_at_last(lab.host) == nothing_left);
    podman.must("start box");
    podman.must("rm --force --time 0 box");
    CHECK(left_at_last(lab.host) == nothing_left);
}

TEST_CASE(
    "podman: ocinet-runtime puts a container into the host's network, but not for its image") {
    const std::string runtime = GENERATE(from_range(runtimes_of_this_run()));
    CAPTURE(runtime);
    SKIP_IF_MISSING(missing_for_podman(runtime));
    const Host host;
    wrap(host, runtime);
    host.write("/etc/ocinet/ocinet.json", R"({"host": true})");
    host.sh("ip link add seen type veth peer name other");
    const Podman podman(host, wrapper_program(), false);
    CHECK_THAT(podman.must("run --rm --network none --annotation io.ocinet.network=host web:1 ip "
                           "-o link"),
               contains("seen"));
    host.write("/run/build/Containerfile", "FROM localhost/web:1\nLABEL a=b\n");
    podman.must("build --quiet --network none --annotation io.ocinet.network=host --tag asking:1 "
                "/run/build");
    const Result asked = podman.run("run --rm --network none asking:1 ip -o link");
    CAPTURE(asked.err);
    CHECK_THAT(asked.out, !contains("seen"));
    // Podman 5 keeps an image's annotations from the container, which so asks for nothing.
    CHECK((asked.status == 0 ||
           asked.err.find("the container's image asks for a network") != std::string::npos));
}

} // namespace ocinet::test
