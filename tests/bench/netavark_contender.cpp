// SPDX-License-Identifier: GPL-2.0-or-later
#include <unistd.h>

#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "netsetup/base/error.h"
#include "tests/bench/contender.h"

namespace ocinet::bench {

namespace {

using nlohmann::json;

constexpr std::array places = {"/usr/lib/podman/netavark", "/usr/libexec/podman/netavark"};
constexpr const char* config_directory = "/run/netavark";

std::string find_program() {
    for (const char* place : places) {
        if (access(place, X_OK) == 0) {
            return place;
        }
    }
    throw Error(
        "netavark: not installed (apt-get install netavark iptables, or --without netavark)");
}

/// What a program says of its version; stderr is what a Process keeps.
std::string version(const std::string& program) {
    const std::string text = run({{"/bin/sh", "-c", program + " --version >&2"}, ""}).errors;
    return text.substr(0, text.find('\n'));
}

/// netavark as Podman calls it. Its address comes from Podman's IPAM, so here it is handed one.
class NetavarkContender : public Contender {
public:
    NetavarkContender() : program_(find_program()) {}
    std::string name() const override { return "netavark"; }
    std::string description() const override {
        return version(program_) + " with its default firewall driver (" + version("iptables") +
               "); addresses are handed to it";
    }
    std::string bridge() const override { return "podman1"; }
    std::string gateway() const override { return "10.88.0.1"; }
    std::optional<std::string> needs_netns() const override {
        return "netavark teardown opens the container's netns first and fails without it";
    }

    void prepare_host() const override { std::filesystem::create_directories(config_directory); }
    Reach reach() const override {
        return {.containers = 300, .at_once = 128, .burst_rounds = 1, .ports = 1000};
    }
    bool is_peer() const override { return true; }
    using Contender::set_up;
    Command set_up(const Container& container, const Published& published) const override {
        return call("setup", container, published);
    }
    Command tear_down(const Container& container) const override {
        return call("teardown", container, {container.port()});
    }

private:
    Command call(const char* verb, const Container& container, const Published& published) const {
        return {{program_, "--config", config_directory, verb, container.netns_path()},
                options(container, published)};
    }
    std::string options(const Container& container, const Published& published) const {
        const json subnet = {{"subnet", "10.88.0.0/16"}, {"gateway", gateway()}};
        const json network = {{"name", "bench"},
                              {"id", std::string(64, 'b')},
                              {"driver", "bridge"},
                              {"network_interface", bridge()},
                              {"subnets", json::array({subnet})},
                              {"ipv6_enabled", false},
                              {"internal", false},
                              {"dns_enabled", false},
                              {"ipam_options", {{"driver", "host-local"}}}};
        const json attachment = {{"interface_name", "eth0"},
                                 {"static_ips", json::array({container.address("10.88")})}};
        json ports = json::array();
        for (int i = 0; i < published.count; ++i) {
            ports.push_back({{"host_ip", ""},
                             {"host_port", published.first + i},
                             {"container_port", 80},
                             {"range", 1},
                             {"protocol", "tcp"}});
        }
        const json options = {{"container_id", container.id()},
                              {"container_name", container.id()},
                              {"networks", {{"bench", attachment}}},
                              {"network_info", {{"bench", network}}},
                              {"port_mappings", ports}};
        return options.dump();
    }
    std::string program_;
};

} // namespace

std::unique_ptr<Contender> netavark_contender() {
    return std::make_unique<NetavarkContender>();
}

} // namespace ocinet::bench
