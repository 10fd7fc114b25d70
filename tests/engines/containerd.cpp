// SPDX-License-Identifier: GPL-2.0-or-later
// containerd and its ctr, with ocinet-runtime as the binary of its runc shim.
#include <csignal>

#include "netsetup/base/error.h"
#include "tests/engines/engine.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

/// containerd on the host, with its data in the host's /run.
class Containerd {
public:
    explicit Containerd(const Host& host) : host_(host) {
        host.write(
            "/run/containerd.toml",
            "version = 2\nroot = \"/run/containerd/root\"\nstate = \"/run/containerd/state\"\n"
            "disabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n"
            "[grpc]\naddress = \"/run/containerd.sock\"\n");
        daemon_.emplace(
            host.start("exec containerd --config /run/containerd.toml >/run/containerd.log 2>&1"));
        if (!eventually([&] { return ctr("version").status == 0; }, 60s)) {
            throw Error("containerd does not start:\n" + host.read("/run/containerd.log"));
        }
    }
    Containerd(const Containerd&) = delete;
    Containerd& operator=(const Containerd&) = delete;
    ~Containerd() {
        ctr("task kill --signal KILL " + id);
        eventually([&] { return ctr("container rm " + id).status == 0; }, 5s);
        daemon_->signal(SIGTERM);
        daemon_->wait();
    }

    Result ctr(const std::string& arguments) const {
        return host_.run("exec ctr --address /run/containerd.sock " + arguments);
    }
    Result run(const std::string& options, const std::string& rootfs,
               const std::string& program) const {
        return ctr("run " + options + " --rootfs --runc-binary " + wrapper_program() + " " +
                   rootfs + " " + id + " " + program);
    }

    const std::string id = unique_id();

private:
    const Host& host_;
    std::optional<Process> daemon_;
};

std::string missing() {
    const std::string reason = missing_for("runc");
    return reason.empty() ? missing_for("containerd") : reason;
}

const std::string server = "/bin/httpd -f -p 0.0.0.0:80 -h /www";

} // namespace

TEST_CASE("containerd: a container has its network for its life, by annotations and by labels") {
    SKIP_IF_MISSING(missing());
    const std::string word = GENERATE("--annotation", "--label");
    CAPTURE(word);
    const Lab lab;
    wrap(lab.host, "runc");
    const Bundle bundle;
    bundle.make_rootfs();
    const Containerd containerd(lab.host);
    const std::string rootfs = bundle.path() + "/rootfs";
    const Result result =
        containerd.run("--detach " + word + " io.ocinet.publish=8080:80", rootfs, server);
    CAPTURE(result.err);
    REQUIRE(result.status == 0);
    CHECK_THAT(Lab::page(lab.outside, "192.0.2.1:8080"), contains(" serves 192.0.2.2\n"));
    CHECK_THAT(containerd.ctr("task exec --exec-id x " + containerd.id + " /bin/ip route").out,
               contains("default via 10.90.0.1 dev eth0"));
    CHECK(containerd.ctr("task kill --signal KILL " + containerd.id).status == 0);
    CHECK(eventually([&] { return containerd.ctr("task rm " + containerd.id).status == 0; }));
    CHECK(leftovers(lab.host) == nothing_left);
}

TEST_CASE("containerd: its user sees what was wrong") {
    SKIP_IF_MISSING(missing());
    const Host host;
    wrap(host, "runc");
    const Bundle bundle;
    bundle.make_rootfs();
    const Containerd containerd(host);
    const Result result = containerd.run("--rm --annotation io.ocinet.network=bridge:ip=nonsense",
                                         bundle.path() + "/rootfs", "/bin/true");
    CHECK(result.status != 0);
    CHECK_THAT(result.err, contains("ocinet: ") && contains("nonsense: not an IP address"));
    CHECK(leftovers(host) == nothing_left);
}

} // namespace ocinet::test
