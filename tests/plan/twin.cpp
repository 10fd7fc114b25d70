// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/plan/twin.h"

#include <algorithm>

#include "netsetup/base/text.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

// The kernel detects duplicate addresses in its own time, and the routes to an address come then.
void skip_duplicate_address_detection(const Place& place) {
    place.sh("for i in all default; do echo 0 >/proc/sys/net/ipv6/conf/$i/accept_dad; done");
}

nlohmann::json kernel_of(const Place& place) {
    eventually([&] { return place.sh("ip -6 address show tentative").empty(); });
    auto snapshot = place.snapshot();
    snapshot.erase("run");
    return snapshot;
}

// The neighbour is on the same network and asks for nothing more.
Annotations neighbours(const PlanCase& wanted) {
    return {{"io.ocinet.network", wanted.network.is_null() ? "bridge" : "web"}};
}

} // namespace

Twin::Twin(const PlanCase& wanted, const std::string& id) {
    skip_duplicate_address_detection(host_);
    // An interface towards the outside: one that is guarded when forwarding is turned on.
    host_.sh("ip link add up0 address 02:00:00:00:00:01 type veth peer name up1 address "
             "02:00:00:00:00:02; for i in up0 up1; do s=/proc/sys/net/ipv6/conf/$i/disable_ipv6; "
             "[ ! -e $s ] || echo 1 >$s; ip link set $i up; done; "
             "ip address add 192.0.2.1/24 dev up0");
    if (wanted.forwarding) {
        host_.sh("echo 1 >/proc/sys/net/ipv4/ip_forward");
    }
    if (wanted.has_docker_plugins) {
        docker_ = std::make_unique<DockerPlugins>(host_);
    }
    if (!wanted.network.is_null()) {
        host_.write_network("web", wanted.network);
    }
    if (wanted.warm) {
        neighbour_ = std::make_unique<Container>(host_, id + "-neighbour", neighbours(wanted));
        neighbour_->attach();
    }
    host_.sh(wanted.on_host.empty() ? ":" : wanted.on_host);
    box_ = std::make_unique<Container>(host_, id, wanted.annotations);
    skip_duplicate_address_detection(*box_);
    box_->sh(wanted.in_container.empty() ? ":" : wanted.in_container);
    write_text(box_->bundle().hosts_path(), wanted.hosts);
}

std::string Twin::plan(const std::string& options) const {
    return host_.sh(shell_word(cli_program()) + " plan " + shell_word(box_->bundle().path()) +
                    " --id " + shell_word(box_->id()) + " --pid " + std::to_string(box_->pid()) +
                    " " + options);
}

void Twin::run_script(const std::string& script) const {
    host_.sh("sh -e", script);
}

nlohmann::json Twin::kernel() const {
    return {{"host", kernel_of(host_)}, {"container", kernel_of(*box_)}, {"plugins", held()}};
}

nlohmann::json Twin::held() const {
    nlohmann::json held = nlohmann::json::array();
    const nlohmann::json all = docker_ ? docker_->held() : nlohmann::json::object();
    for (const auto& [key, value] : all.items()) {
        const bool is_endpoints = key.starts_with("endpoint") || key.find(" of ") != key.npos;
        held.push_back({is_endpoints ? key.substr(0, key.rfind(' ')) : key,
                        key.starts_with("sandbox") ? nlohmann::json() : value});
    }
    std::sort(held.begin(), held.end());
    return held;
}

std::string Twin::hosts() const {
    return read_text(box_->bundle().hosts_path());
}

std::string Twin::files_in_run() const {
    return host_.sh("cd /run; find . | sort; find . -type f | sort | xargs -r md5sum");
}

} // namespace ocinet::test
