// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/engines/podman.h"

#include "netsetup/base/error.h"
#include "netsetup/base/text.h"
#include "tests/kernel/sample.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

// Without CAP_SYS_RESOURCE root cannot raise its limits to Podman's defaults.
std::string containers_conf(const std::string& runtime, bool hooks_d) {
    const std::string hooks = hooks_d ? OCINET_PREFIX "/share/containers/oci/hooks.d" : "/run/none";
    return "[containers]\n"
           "default_ulimits = [\"nofile=1024:1024\", \"nproc=1024:1024\"]\n"
           // crun drops what a hook says, unless it is told where to put it.
           "annotations = [\"run.oci.hooks.stderr=/run/podman/said\"]\n"
           "[engine]\n"
           "hooks_dir = [\"" +
           hooks +
           "\"]\n"
           "runtime = \"" +
           runtime +
           "\"\n"
           "cgroup_manager = \"cgroupfs\"\n"
           "events_logger = \"file\"\n"
           "image_copy_tmp_dir = \"/run/podman\"\n";
}

constexpr const char* storage_conf = "[storage]\n"
                                     "driver = \"overlay\"\n"
                                     "graphroot = \"/run/podman/storage\"\n"
                                     "runroot = \"/run/podman/run\"\n";

} // namespace

Podman::Podman(const Host& host, const std::string& runtime, bool hooks_d) : host_(host) {
    host.write("/etc/containers/containers.conf", containers_conf(runtime, hooks_d));
    host.write("/etc/containers/storage.conf", storage_conf);
    host.write("/etc/containers/policy.json",
               R"({"default": [{"type": "insecureAcceptAnything"}]})");
    // Podman's locks are in /dev/shm, and all Podmans of the machine would share them; below
    // /var/lib is a cache whose place cannot be chosen.
    host.sh("mkdir -p /run/podman /var/lib/containers && mount -t tmpfs tmpfs /dev/shm && "
            "mount -t tmpfs tmpfs /var/lib/containers");
    const Bundle bundle;
    bundle.make_rootfs();
    host.sh("tar -C " + bundle.path() + "/rootfs -c . | podman import -c 'ENV PATH=/bin' - web:1");
}

Podman::~Podman() {
    try {
        run("pod rm --all --force --time 0");
        run("rm --all --force --time 0");
    } catch (const std::exception&) {
        // The test has failed with more to say than this.
        return;
    }
}

Result Podman::run(const std::string& arguments) const {
    return host_.run("exec podman " + arguments);
}

std::string Podman::must(const std::string& arguments) const {
    const Result result = run(arguments);
    if (result.status != 0) {
        throw Error("podman " + arguments + ": status " + std::to_string(result.status) + "\n" +
                    result.out + said(result));
    }
    return std::string(trim(result.out));
}

std::string Podman::said(const Result& result) const {
    return result.err + host_.run("cat /run/podman/said; rm -f /run/podman/said").out;
}

std::string Podman::serve(const std::string& name, const std::string& options) const {
    return must("run --detach --name " + name + " " + options + " web:1 " +
                join(web_server(), " "));
}

std::vector<std::string> runtimes_of_this_run() {
    return sampled<std::string>({"runc", "crun"}, 2);
}

std::string missing_for_podman(const std::string& runtime) {
    std::string reason = missing_for(runtime);
    return !reason.empty() ? reason : missing_for("podman");
}

std::vector<std::string> left_at_last(const Host& host) {
    eventually([&] { return leftovers(host) == nothing_left; });
    return leftovers(host);
}

std::vector<std::string> left_after_sweep(const Host& host) {
    eventually([&] {
        host.sh(cli_program() + " gc");
        return leftovers(host) == nothing_left;
    });
    return leftovers(host);
}

} // namespace ocinet::test
