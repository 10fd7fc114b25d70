// SPDX-License-Identifier: GPL-2.0-or-later
// Rootless Podman: its hooks are root in a user namespace of their own, but not over the network.
#include "tests/engines/podman.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

// A user of the host with room for a user namespace, the hook where he can run it, and our files in
// his hooks.d. The vfs driver needs neither fuse nor a session.
constexpr const char* add_user = R"(
set -e
echo 'octest:x:4711:4711::/run/home:/bin/sh' >>/etc/passwd
echo 'octest:x:4711:' >>/etc/group
echo 'octest:200000:65536' >>/etc/subuid
echo 'octest:200000:65536' >>/etc/subgid
mkdir -p /run/user/4711 /run/home /run/prefix/libexec/ocinet /run/hooks.d
chown 4711:4711 /run/user/4711 /run/home
cp $PREFIX/libexec/ocinet/ocinet-hook /run/prefix/libexec/ocinet/
for stage in createRuntime poststop; do
    sed "s|$PREFIX/|/run/prefix/|" $PREFIX/share/containers/oci/hooks.d/ocinet-$stage.json \
        >/run/hooks.d/ocinet-$stage.json
done
sed -i 's|^hooks_dir.*|hooks_dir = ["/run/hooks.d"]|; s|/run/podman|/run/home|' \
    /etc/containers/containers.conf
printf '[storage]\ndriver = "vfs"\n' >/etc/containers/storage.conf
mount -o remount,mode=1777 /dev/shm
)";

Result as_user(const Host& host, const std::string& command) {
    return host.run("cd /run/home && export HOME=/run/home XDG_RUNTIME_DIR=/run/user/4711 && "
                    "exec setpriv --reuid 4711 --regid 4711 --clear-groups sh -c \"" +
                    command + "\"");
}

} // namespace

TEST_CASE("podman: rootless, it says what to use instead") {
    const std::string runtime = GENERATE(from_range(runtimes_of_this_run()));
    CAPTURE(runtime);
    auto reason = missing_for_podman(runtime);
    if (reason.empty()) {
        reason = missing_for("newuidmap");
    }
    if (!reason.empty()) {
        SKIP(reason);
    }
    const Host host;
    const Podman podman(host, runtime);
    host.sh("PREFIX=" OCINET_PREFIX + std::string(add_user));
    const Bundle bundle;
    bundle.make_rootfs();
    host.sh("tar -C " + bundle.path() + "/rootfs -cf /run/web.tar .");
    const Result imported = as_user(host, "podman import -c 'ENV PATH=/bin' /run/web.tar web:1");
    INFO(imported.err);
    REQUIRE(imported.status == 0);
    const auto before = host.snapshot();
    const Result result = as_user(host, "podman run --name box --network none --annotation "
                                        "io.ocinet.network=bridge web:1 true");
    CHECK(result.status == 126);
    CHECK_THAT(result.err + host.run("cat /run/home/said").out,
               contains("ocinet: this is a rootless container") &&
                   contains("podman run --network pasta"));
    CHECK(as_user(host, "podman rm --force --time 0 box").status == 0);
    const Result silent = as_user(host, "podman run --rm --network none web:1 "
                                        "sh -c 'cd /sys/class/net; echo *'");
    CHECK(silent.out == "lo\n");
    CHECK(difference(before, host.snapshot()) == no_difference);
    CHECK(host.run("ls -d /run/ocinet").status != 0);
}

} // namespace ocinet::test
