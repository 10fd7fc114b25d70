// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/host.h"

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "netsetup/base/error.h"
#include "netsetup/base/text.h"

namespace ocinet::test {

namespace {

namespace fs = std::filesystem;

void mount_one(const std::string& source, const std::string& target, const char* type,
               unsigned long flags, const std::string& options = "") {
    if (::mount(source.c_str(), target.c_str(), type, flags, options.c_str()) != 0) {
        throw_errno("mount " + source + " on " + target);
    }
}

void unmount(const std::string& target) {
    if (::umount2(target.c_str(), MNT_DETACH) != 0) {
        throw_errno("umount " + target);
    }
}

// sysfs shows the network namespace of whoever mounts it, and the cgroup mounts lie below it.
void renew_sys(const std::string& scratch) {
    const std::string cgroups = scratch + "/cgroup";
    fs::create_directory(cgroups);
    mount_one("/sys/fs/cgroup", cgroups, nullptr, MS_BIND | MS_REC);
    unmount("/sys");
    mount_one("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC);
    mount_one(cgroups, "/sys/fs/cgroup", nullptr, MS_BIND | MS_REC);
    unmount(cgroups);
    // crun refuses a hybrid of both cgroup versions; without this mount it sees plain version 1.
    if (::umount2("/sys/fs/cgroup/unified", MNT_DETACH) != 0 && errno != ENOENT &&
        errno != EINVAL) {
        throw_errno("umount /sys/fs/cgroup/unified");
    }
}

void renew_run() {
    mount_one("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755");
    fs::create_directory("/run/netns");
    fs::create_directory("/run/lock");
}

// An upper layer on tmpfs: the machine's /etc is read through it and never written.
void cover_etc(const std::string& scratch) {
    fs::create_directory(scratch + "/etc");
    fs::create_directory(scratch + "/etc.work");
    mount_one("overlay", "/etc", "overlay", 0,
              "lowerdir=/etc,upperdir=" + scratch + "/etc,workdir=" + scratch + "/etc.work");
}

void make_host(const std::string& scratch) {
    if (::unshare(CLONE_NEWNET | CLONE_NEWNS) != 0) {
        throw_errno("unshare");
    }
    mount_one("none", "/", nullptr, MS_REC | MS_PRIVATE);
    mount_one("tmpfs", scratch, "tmpfs", 0, "mode=755");
    renew_sys(scratch);
    renew_run();
    cover_etc(scratch);
    raise_link("lo");
}

// FNV-1a; locally administered, unicast.
std::string mac_of(const std::string& name, unsigned end) {
    std::uint32_t hash = 2166136261U;
    for (const char c : name) {
        hash = (hash ^ std::uint8_t(c)) * 16777619U;
    }
    char text[18];
    std::snprintf(text, sizeof text, "02:%02x:%02x:%02x:%02x:%02x", end & 0xff, hash >> 24,
                  (hash >> 16) & 0xff, (hash >> 8) & 0xff, hash & 0xff);
    return text;
}

// Without duplicate address detection the link-local address is final at once.
void raise_end(const Host& host, const std::string& name, const std::string& address) {
    const std::string word = shell_word(name);
    const std::string setting = "/proc/sys/net/ipv6/conf/" + word + "/accept_dad";
    host.sh("[ ! -e " + setting + " ] || echo 0 >" + setting +
            (address.empty() ? "" : "; ip address add " + shell_word(address) + " dev " + word) +
            "; ip link set " + word + " up");
}

// The kernel reports a carrier, and gives the link-local address, from a work queue.
void wait_for_carrier(const Host& host, const std::string& name) {
    const std::string word = shell_word(name);
    const std::string settled = "[ \"$(cat /sys/class/net/" + word + "/operstate)\" = up ] && " +
                                "{ [ ! -e /proc/net/if_inet6 ] || grep -q '^fe80.* " + name +
                                "$' /proc/net/if_inet6; }";
    if (!eventually([&] { return host.run(settled).status == 0; })) {
        throw Error("no carrier on " + name);
    }
}

} // namespace

Host::Host() : Host(TempDir()) {}

Host::Host(TempDir directory)
    : Place([&] { make_host(directory.path().string()); }), directory_(std::move(directory)) {}

void Host::connect(const Host& other, const std::string& name, const std::string& address,
                   const std::string& other_address) const {
    const std::string word = shell_word(name);
    sh("ip link add " + word + " address " + mac_of(name, 1) + " type veth peer name " + word +
       " address " + mac_of(name, 2) + " netns " + std::to_string(other.pid()));
    raise_end(*this, name, address);
    raise_end(other, name, other_address);
    wait_for_carrier(*this, name);
    wait_for_carrier(other, name);
}

void Host::write(const std::string& path, std::string_view text) const {
    in([&] { write_text(path, text); });
}

std::string Host::read(const std::string& path) const {
    return ask([&] { return read_text(path); });
}

void Host::write_network(const std::string& name, const nlohmann::json& network) const {
    write("/etc/ocinet/networks/" + name + ".json", network.dump(2) + "\n");
}

std::string missing_for_host() {
    if (::geteuid() != 0) {
        return "not root";
    }
    try {
        const Host probe;
    } catch (const std::exception& error) {
        return error.what();
    }
    return "";
}

bool is_guest() {
    return std::getenv("OCINET_GUEST") != nullptr; // tests/vm/init.sh sets it
}

std::vector<std::string> options_for_slowness() {
    return is_guest() ? std::vector<std::string>{"--deadline", "60"} : std::vector<std::string>{};
}

} // namespace ocinet::test
