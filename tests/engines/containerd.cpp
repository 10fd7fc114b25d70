// SPDX-License-Identifier: GPL-2.0-or-later
// containerd and its ctr, with ocinet-runtime as the binary of its runc shim.
#include "tests/support/containerd.h"
#include "tests/engines/engine.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

std::string missing() {
    const std::string reason = missing_for("runc");
    return reason.empty() ? missing_for("containerd") : reason;
}

Result run(const Containerd& containerd, const std::string& options, const Bundle& bundle,
           const std::string& id, const std::string& program) {
    return containerd.ctr("run " + options + " --rootfs --runc-binary " + wrapper_program() + " " +
                          bundle.path() + "/rootfs " + id + " " + program);
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
    const std::string id = unique_id();
    const Result result =
        run(containerd, "--detach " + word + " io.ocinet.publish=8080:80", bundle, id, server);
    CAPTURE(result.err);
    REQUIRE(result.status == 0);
    CHECK_THAT(Lab::page(lab.outside, "192.0.2.1:8080"), contains(" serves 192.0.2.2\n"));
    // By way of a file: ctr may lose what a process says that ends at once.
    CHECK(containerd.ctr("task exec --exec-id x " + id + " /bin/sh -c '/bin/ip route >/tmp/route'")
              .status == 0);
    CHECK_THAT(read_text(bundle.path() + "/rootfs/tmp/route"),
               contains("default via 10.90.0.1 dev eth0"));
    CHECK(containerd.ctr("task kill --signal KILL " + id).status == 0);
    CHECK(eventually([&] { return containerd.ctr("task rm " + id).status == 0; }));
    CHECK(leftovers(lab.host) == nothing_left);
}

TEST_CASE("containerd: its user sees what was wrong") {
    SKIP_IF_MISSING(missing());
    const Host host;
    wrap(host, "runc");
    const Bundle bundle;
    bundle.make_rootfs();
    const Containerd containerd(host);
    const Result result = run(containerd, "--rm --annotation io.ocinet.network=bridge:ip=nonsense",
                              bundle, unique_id(), "/bin/true");
    CHECK(result.status != 0);
    CHECK_THAT(result.err, contains("ocinet: ") && contains("nonsense: not an IP address"));
    CHECK(leftovers(host) == nothing_left);
}

} // namespace ocinet::test
