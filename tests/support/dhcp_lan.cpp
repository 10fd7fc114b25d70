// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/dhcp_lan.h"

#include <filesystem>
#include <fstream>

#include "netsetup/base/error.h"
#include "netsetup/base/text.h"
#include "tests/support/temp_dir.h"

namespace ocinet::test {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

} // namespace

json DhcpLan::network() {
    return {{"driver", "macvlan"},
            {"network_interface", "lan0"},
            {"ipam_options", {{"driver", "dhcp"}}}};
}

DhcpLan::DhcpLan(const Host& host) : host_(host) {
    host.connect(router, "lan0", "192.0.2.10/24", "192.0.2.1/24");
    host.write_network("lan", network());
}

DhcpLan::~DhcpLan() {
    agent_.reset(); // which would start them again
    host_.run("cat /run/ocinet/dhcp/*/*.json | jq -r .client.pid | xargs -r kill -9");
}

void DhcpLan::start_server(const std::string& range, const std::string& options) {
    server_.emplace(router.start(
        "exec dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --interface=lan0 "
        "--bind-interfaces --user=root --pid-file= --dhcp-authoritative --no-ping --log-dhcp "
        "--log-facility=- --leasefile-ro --dhcp-option=option:router,192.0.2.1 --dhcp-range=" +
        range + ",2m " + options));
    if (!server_says("DHCP, sockets bound exclusively")) {
        throw Error("dnsmasq does not start: " + server_log());
    }
}

std::string DhcpLan::server_log() const {
    return server_ ? server_->err() : "";
}

bool DhcpLan::server_says(const std::string& text) const {
    return eventually([&] { return server_log().find(text) != std::string::npos; });
}

void DhcpLan::start_agent() {
    agent_.emplace(host_.start("exec " OCINET_PREFIX "/libexec/ocinet/ocinet-agent"));
    const auto is_ready = [&] { return host_.run("ss -lx | grep -q agent.sock").status == 0; };
    if (!eventually(is_ready)) {
        throw Error("ocinet-agent does not start: " + agent_->err());
    }
}

json DhcpLan::lease(const std::string& id) const {
    return json::parse(host_.ask([&] {
        const std::string path = "/run/ocinet/dhcp/" + id + "/eth0.json";
        return fs::exists(path) ? read_text(path) : "null";
    }));
}

void DhcpLan::change_lease(const std::string& id, const std::string& filter) const {
    const std::string path = "/run/ocinet/dhcp/" + id + "/eth0.json";
    host_.sh("jq '" + filter + "' " + path + " >/run/lease && cp /run/lease " + path);
}

bool DhcpLan::is_clean() const {
    return host_.sh("find /run/ocinet/dhcp /run/ocinet-agent -mindepth 1 2>/dev/null || true")
        .empty();
}

json dhcp_clients_of(const std::string& id) {
    json clients = json::array();
    const std::string mark = "OCINET_CONTAINER=" + id + '\0';
    for (const auto& entry : fs::directory_iterator("/proc")) {
        std::ifstream environment(entry.path() / "environ", std::ios::binary);
        const std::string text{std::istreambuf_iterator<char>(environment), {}};
        if (text.find(mark) != std::string::npos) {
            clients.push_back(entry.path().filename().string());
        }
    }
    return clients;
}

} // namespace ocinet::test
