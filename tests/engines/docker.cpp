// SPDX-License-Identifier: GPL-2.0-or-later
// Docker, with ocinet-runtime as one of its runtimes.
#include "netsetup/base/text.h"
#include "tests/engines/engine.h"
#include "tests/support/dockerd.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

const std::string with_wrapper = "--add-runtime ocinet=" + wrapper_program();
// Docker's firewall forwards nothing that it does not know: see the last test.
const std::string without_firewall = with_wrapper + " --iptables=false";
const std::string on_bridge = "--runtime ocinet --network none --label io.ocinet.network=bridge "
                              "--label io.ocinet.publish=8080:80 ";

std::string missing() {
    const std::string reason = missing_for("runc");
    return reason.empty() ? missing_for_docker() : reason;
}

/// Two hosts, one of which runs Docker, with an image "web" that serves a page.
struct DockerLab {
    explicit DockerLab(const std::string& options = without_firewall)
        : docker(prepared(), options) {
        const Bundle bundle;
        bundle.make_rootfs();
        lab.host.sh("tar -C " + bundle.path() +
                    "/rootfs -c . | docker -H unix:///run/docker.sock "
                    "import -c 'ENV PATH=/bin' - web");
    }
    ~DockerLab() { docker.run("rm -f $(docker -H unix:///run/docker.sock ps -aq)"); }
    DockerLab(const DockerLab&) = delete;
    DockerLab& operator=(const DockerLab&) = delete;

    const Host& prepared() const {
        wrap(lab.host, "runc");
        return lab.host;
    }
    std::string serve(const std::string& options) const {
        return docker.must("run -d " + options + " web " + join(web_server(), " "));
    }
    /// What the other host gets at the published port.
    std::string page() const { return Lab::page(lab.outside, "192.0.2.1:8080"); }
    bool is_reached() const { return page().ends_with(" serves 192.0.2.2\n"); }
    std::vector<std::string> left() const {
        eventually([&] { return leftovers(lab.host) == nothing_left; });
        return leftovers(lab.host);
    }

    Lab lab;
    Dockerd docker;
};

} // namespace

TEST_CASE("docker: a container has its network for its life, by its labels") {
    SKIP_IF_MISSING(missing());
    const DockerLab lab;
    lab.serve("--name box " + on_bridge);
    CHECK(lab.is_reached());
    CHECK_THAT(lab.docker.must("exec box ip route"), contains("default via 10.90.0.1 dev eth0"));
    lab.docker.must("restart -t 0 box");
    CHECK(lab.is_reached());
    lab.docker.must("stop -t 0 box");
    CHECK(lab.left() == nothing_left);
    lab.docker.must("start box");
    CHECK(lab.is_reached());
    lab.docker.must("kill box");
    CHECK(lab.left() == nothing_left);
    lab.docker.must("start box");
    lab.docker.must("rm -f box");
    CHECK(lab.left() == nothing_left);
}

TEST_CASE("docker: the daemon starts anew while a container lives") {
    SKIP_IF_MISSING(missing());
    DockerLab lab(without_firewall + " --live-restore");
    lab.serve("--name box " + on_bridge);
    REQUIRE(lab.is_reached());
    lab.docker.restart();
    CHECK(lab.is_reached());
    lab.docker.must("rm -f box");
    CHECK(lab.left() == nothing_left);
}

TEST_CASE("docker: what an image's LABEL says is no request") {
    SKIP_IF_MISSING(missing());
    const DockerLab lab;
    lab.lab.host.write("/run/image/Dockerfile", "FROM web\nLABEL io.ocinet.network=bridge "
                                                "io.ocinet.publish=8080:80\nLABEL other=x\n");
    lab.docker.must("build -t asks /run/image");
    const std::string look = " asks ip -o link";
    const std::string none = "run --rm --runtime ocinet --network none ";
    CHECK_THAT(lab.docker.must(none + look), contains("lo") && !contains("eth0"));
    // The user asks for himself, also for what the image asks.
    CHECK_THAT(lab.docker.must(none + "--label io.ocinet.network=bridge:default_route" + look),
               contains("eth0"));
    lab.lab.host.write("/etc/ocinet/ocinet.json", R"({"image_requests": true})");
    CHECK_THAT(lab.docker.must(none + look), contains("eth0"));
    CHECK(lab.left() == nothing_left);
}

TEST_CASE("docker: a container with files of its user's has its network by its labels") {
    SKIP_IF_MISSING(missing());
    const DockerLab lab;
    lab.lab.host.write("/run/hosts", "127.0.0.1 mine\n");
    lab.serve("--name box -v /run/hosts:/etc/hosts " + on_bridge);
    CHECK(lab.is_reached());
}

TEST_CASE("docker: the host's network is Docker's to give, and nothing of the host is changed") {
    SKIP_IF_MISSING(missing());
    const DockerLab lab;
    const Host& host = lab.lab.host;
    host.write("/etc/ocinet/ocinet.json", R"({"host": true})");
    lab.docker.must("run --rm web true"); // docker0 keeps what its first port brought it
    const auto before = host.snapshot();
    for (const std::string network : {"", "--network none "}) {
        const Result result = lab.docker.run("run --rm --runtime ocinet " + network +
                                             "--label io.ocinet.network=host web true");
        CHECK(result.status != 0);
        CHECK_THAT(result.err, contains("docker run --network host"));
    }
    CHECK(difference(before, host.snapshot()) == no_difference);
}

TEST_CASE("docker: a container that has Docker's network, too, is refused") {
    SKIP_IF_MISSING(missing());
    const DockerLab lab;
    for (const std::string network : {"bridge", "none"}) {
        const Result result = lab.docker.run(
            "run --rm --runtime ocinet --label io.ocinet.network=" + network + " web true");
        CHECK(result.status != 0);
        CHECK_THAT(result.err, contains("docker run --network none"));
    }
    CHECK(lab.left() == nothing_left);
}

TEST_CASE("docker: a container that cannot have its network says why, and leaves nothing") {
    SKIP_IF_MISSING(missing());
    const DockerLab lab;
    // By the wrapper, and by the hook.
    for (const std::string network : {"bridge:ip=nonsense", "nowhere"}) {
        const Result result = lab.docker.run(
            "run --rm --runtime ocinet --network none --label io.ocinet.network=" + network +
            " web true");
        CAPTURE(network, result.err);
        CHECK(result.status != 0);
        CHECK_THAT(result.err, contains(network == "nowhere" ? "no network \"nowhere\""
                                                             : "nonsense: not an IP address"));
    }
    CHECK(lab.left() == nothing_left);
}

TEST_CASE("docker: with ocinet-runtime as the default one, others' containers are as ever") {
    SKIP_IF_MISSING(missing());
    const DockerLab lab(with_wrapper + " --default-runtime ocinet");
    CHECK_THAT(lab.docker.must("run --rm web ip -4 address show eth0"), contains("172.17."));
    CHECK(lab.docker.run("run --rm web sh -c 'exit 7'").status == 7);
    // Also where our own files are not right.
    lab.lab.host.write("/etc/ocinet/ocinet.json", "{");
    CHECK(lab.docker.run("run --rm web sh -c 'exit 7'").status == 7);
    lab.docker.must("run -d --name other web sleep 1000");
    lab.lab.host.write("/etc/ocinet/runtime.json", "{");
    lab.docker.must("rm -f other");
    lab.lab.host.sh("rm /etc/ocinet/ocinet.json");
    wrap(lab.lab.host, "runc");
    lab.serve("--name box --network none --label io.ocinet.publish=8080:80");
    CHECK(lab.lab.host.run(cli_program() + " doctor --fix").status == 0);
    CHECK(lab.is_reached());
}

} // namespace ocinet::test
