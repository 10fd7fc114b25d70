// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/kernel/refusal.h"

#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

void check_refusals(const std::vector<Refusal>& all) {
    const Host host;
    host.sh("mkdir -p /etc/ocinet/networks");
    const auto before = host.snapshot();
    for (const auto& refusal : all) {
        CAPTURE(refusal.title);
        const Container box(host, refusal.annotations);
        host.sh("rm -f /etc/ocinet/networks/web.json");
        if (refusal.network_file) {
            host.write("/etc/ocinet/networks/web.json", *refusal.network_file);
        }
        const Result result =
            run_hook(host, "createRuntime", refusal.change(box.state("createRuntime")), "/");
        CHECK(result.status == 1);
        CHECK(result.out.empty());
        CHECK_THAT(result.err, contains("ocinet: ") && contains(refusal.said));
        CHECK(difference(before, host.snapshot()) == no_difference);
        CHECK(box.sh("ls /proc/sys/net/ipv4/conf") == "all\ndefault\nlo\n");
        // What the runtime does next; it finds nothing to do.
        const Result stopped = box.hook("poststop");
        CHECK(stopped.status == 0);
        CHECK(stopped.err.empty());
    }
}

} // namespace ocinet::test
