// SPDX-License-Identifier: GPL-2.0-or-later
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "netsetup/base/error.h"
#include "tests/bench/contender.h"

namespace ocinet::bench {

namespace {

using nlohmann::json;

/// The chain that containerd, CRI-O and older Podmans give their containers.
class CniContender : public Contender {
public:
    explicit CniContender(const std::string& prefix)
        : program_(prefix + "/tests/ocinet-cni-chain") {
        for (const char* plugin : {"bridge", "host-local", "portmap", "firewall"}) {
            if (access((std::string("/usr/lib/cni/") + plugin).c_str(), X_OK) != 0) {
                throw Error("cni: no /usr/lib/cni/" + std::string(plugin) +
                            " (apt-get install containernetworking-plugins, or --without cni)");
            }
        }
    }
    std::string name() const override { return "cni"; }
    std::string description() const override {
        return "CNI bridge + host-local, portmap, firewall, one after the other; iptables";
    }
    std::string bridge() const override { return "cni0"; }
    std::string gateway() const override { return "10.92.0.1"; }
    /// Each of its set-ups is some thirty processes, and each port of its portmap a few more.
    Reach reach() const override {
        return {.containers = 100, .at_once = 32, .burst_rounds = 1, .ports = 100};
    }

    /// The plugin makes the bridge, and never removes it: so it stands from the beginning. It
    /// takes the addresses of its ports otherwise.
    void prepare_host() const override {
        run_or_throw(
            {{"/bin/sh", "-c", "ip link add cni0 address 02:fc:00:00:00:02 type bridge"}, ""},
            "cni: bridge");
    }
    bool is_peer() const override { return true; }
    using Contender::set_up;
    Command set_up(const Container& container, const Published& published) const override {
        return call("ADD", container, published);
    }
    Command tear_down(const Container& container) const override {
        return call("DEL", container, {container.port()});
    }

private:
    Command call(const char* verb, const Container& container, const Published& published) const {
        return {{program_, verb, container.id(), container.netns_path(), "eth0"}, list(published)};
    }
    std::string list(const Published& published) const {
        const json range = {{"subnet", "10.92.0.0/16"}, {"gateway", gateway()}};
        const json route = {{"dst", "0.0.0.0/0"}};
        const json ipam = {{"type", "host-local"},
                           {"dataDir", "/run/cni/networks"},
                           {"ranges", json::array({json::array({range})})},
                           {"routes", json::array({route})}};
        const json bridge_plugin = {{"type", "bridge"}, {"bridge", bridge()},  {"isGateway", true},
                                    {"ipMasq", true},   {"hairpinMode", true}, {"ipam", ipam}};
        const json portmap = {{"type", "portmap"}, {"capabilities", {{"portMappings", true}}}};
        const json firewall = {{"type", "firewall"}, {"backend", "iptables"}};
        json ports = json::array();
        for (int i = 0; i < published.count; ++i) {
            ports.push_back(
                {{"hostPort", published.first + i}, {"containerPort", 80}, {"protocol", "tcp"}});
        }
        const json list = {{"cniVersion", "0.4.0"},
                           {"name", "bench"},
                           {"plugins", json::array({bridge_plugin, portmap, firewall})},
                           {"runtimeConfig", {{"portMappings", ports}}}};
        return list.dump();
    }
    std::string program_;
};

} // namespace

std::unique_ptr<Contender> cni_contender(const std::string& prefix) {
    return std::make_unique<CniContender>(prefix);
}

} // namespace ocinet::bench
