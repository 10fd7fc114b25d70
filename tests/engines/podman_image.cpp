// SPDX-License-Identifier: GPL-2.0-or-later
// An image must not choose its network: Podman gives a container the annotations of its image.
#include "tests/engines/podman.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

// Builds it as people do, and takes it through a registry's form: an archive.
void add_asking_image(const Podman& podman) {
    podman.host().write("/run/build/Containerfile", "FROM localhost/web:1\nLABEL a=b\n");
    podman.must("build --quiet --network none --annotation io.ocinet.publish=8080:80 "
                "--tag asking:1 /run/build");
    podman.must("save --quiet --format oci-archive --output /run/asking.tar asking:1");
    podman.must("rmi asking:1");
    podman.must("load --quiet --input /run/asking.tar");
}

// Podman 5 keeps them from the container, which so asks for nothing.
bool passes_annotations_on(const Podman& podman) {
    podman.must("create --name probe --network none asking:1 true");
    const std::string of_container =
        podman.must("inspect --format '{{.Config.Annotations}}' probe");
    podman.must("rm probe");
    return of_container.find("io.ocinet.publish") != std::string::npos;
}

const std::string run_asking = "run --network none --hostname box --name box ";

} // namespace

TEST_CASE("podman: an image that asks for its network is refused") {
    const std::string runtime = GENERATE(from_range(runtimes_of_this_run()));
    CAPTURE(runtime);
    SKIP_IF_MISSING(missing_for_podman(runtime));
    const Host host;
    const Podman podman(host, runtime);
    add_asking_image(podman);
    const bool passed_on = passes_annotations_on(podman);
    const auto before = host.snapshot();
    // What the user asks for does not make it better.
    for (const std::string asked : {"", "--annotation io.ocinet.network=bridge "}) {
        CAPTURE(asked);
        const Result result = podman.run(run_asking + asked + "asking:1 true");
        if (asked.empty() && !passed_on) {
            CHECK(result.status == 0);
            podman.must("rm --force box");
            CHECK(difference(before, host.snapshot()) == no_difference);
            continue;
        }
        CHECK(result.status == 126);
        CHECK_THAT(podman.said(result),
                   contains("the container's image asks for a network, by its own annotations "
                            "io.ocinet.publish") &&
                       contains("\"image_requests\": true in /etc/ocinet/ocinet.json"));
        const std::string bundle = podman.must("inspect --format '{{.StaticDir}}' box");
        CHECK_THAT(host.run(cli_program() + " plan " + bundle).err,
                   contains("the container's image asks for a network"));
        podman.must("rm --force box");
        CHECK(difference(before, host.snapshot()) == no_difference);
    }
    // The same container in the words of the user.
    CHECK(podman.must("run --rm --network none --annotation io.ocinet.publish=8080:80 web:1 "
                      "sh -c 'cd /sys/class/net; echo *'") == "eth0 lo");
}

TEST_CASE("podman: an image may ask where the administrator says so") {
    const std::string runtime = GENERATE(from_range(runtimes_of_this_run()));
    CAPTURE(runtime);
    SKIP_IF_MISSING(missing_for_podman(runtime));
    const Lab lab;
    const Podman podman(lab.host, runtime);
    add_asking_image(podman);
    if (!passes_annotations_on(podman)) {
        SKIP("this Podman keeps an image's annotations from the container");
    }
    lab.host.write("/etc/ocinet/ocinet.json", R"({"image_requests": true})");
    podman.must(run_asking + "--detach asking:1 /bin/httpd -f -p 0.0.0.0:80 -h /www");
    CHECK(Lab::page(lab.outside, "192.0.2.1:8080") == "box serves 192.0.2.2\n");
    podman.must("rm --force --time 0 box");
    CHECK(left_at_last(lab.host) == nothing_left);
}

TEST_CASE("podman: a container without an image may ask") {
    const std::string runtime = GENERATE(from_range(runtimes_of_this_run()));
    CAPTURE(runtime);
    SKIP_IF_MISSING(missing_for_podman(runtime));
    const Host host;
    const Podman podman(host, runtime);
    const Bundle bundle;
    bundle.make_rootfs();
    CHECK(podman
              .must("run --rm --network none --annotation io.ocinet.network=bridge --rootfs " +
                    bundle.path() + "/rootfs /bin/ip -4 address show eth0")
              .find("inet 10.90.0.") != std::string::npos);
    CHECK(left_at_last(host) == nothing_left);
}

} // namespace ocinet::test
