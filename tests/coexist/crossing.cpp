// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/coexist/crossing.h"

#include <regex>

#include "netsetup/base/error.h"
#include "netsetup/base/text.h"
#include "tests/policy/echo.h"
#include "tests/policy/probe.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

constexpr Milliseconds patience = 1s;

} // namespace

Crossing::Crossing() {
    host.connect(lan, "lan0", "192.0.2.1/24", "192.0.2.2/24");
    // A host that forwards already: nothing of ours stays on it.
    host.sh(
        "ip address add 2001:db8:1::1/64 dev lan0 nodad;"
        "ip route add default via 192.0.2.2; ip route add default via 2001:db8:1::2;"
        "echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding");
    lan.sh("ip address add 2001:db8:1::2/64 dev lan0 nodad");
    host.write_network("bridge",
                       {{"network_interface", "ocinet0"},
                        {"subnets", {{{"subnet", "10.90.0.0/16"}}, {{"subnet", "fd00:90::/64"}}}}});
}

std::string Crossing::attach() {
    const Result hook = box.hook("createRuntime");
    if (hook.status != 0) {
        throw Error("createRuntime: " + hook.err);
    }
    result = json::parse(hook.out);
    neighbour.attach();
    servers_.push_back(serve(lan, "lan", {{.port = 80}}));
    servers_.push_back(serve(box, "box", {{.port = 80}}));
    return hook.err;
}

std::vector<std::string> Crossing::broken(int family) {
    const bool v4 = family == 4;
    const auto probe = [&](const char* address4, const char* address6, std::uint16_t port) {
        return std::vector<Probe>{{.protocol = "tcp",
                                   .address = v4 ? address4 : address6,
                                   .port = port,
                                   .patience = patience}};
    };
    // On a bridge the firewall may have stopped neighbour solicitations too
    // (bridge-nf-call-ip6tables), and the next is due only a second after the last, all of a
    // probe's patience.
    neighbour.sh("ip neighbour flush all");
    Process out = start_probes(box, probe("192.0.2.2", "2001:db8:1::2", 80));
    Process in = start_probes(lan, probe("192.0.2.1", "2001:db8:1::1", 8080));
    Process beside = start_probes(neighbour, probe("10.90.0.11", "fd00:90::11", 80));
    std::vector<std::string> failed;
    if (collect_answers(out).front() != (v4 ? "lan 192.0.2.1" : "lan 2001:db8:1::1")) {
        failed.emplace_back("out");
    }
    if (collect_answers(in).front() != (v4 ? "box 192.0.2.2" : "box 2001:db8:1::2")) {
        failed.emplace_back("in");
    }
    if (collect_answers(beside).front() != (v4 ? "box 10.90.0.12" : "box fd00:90::12")) {
        failed.emplace_back("beside");
    }
    return failed;
}

std::vector<std::string> Crossing::filtered(std::vector<std::string> ways) const {
    const std::string setting = "cat /proc/sys/net/bridge/bridge-nf-call-iptables";
    if (host.run(setting).out != "1\n") {
        std::erase(ways, "beside");
    }
    return ways;
}

Result doctor(const Host& host, const std::string& options) {
    return host.run("exec " + shell_word(cli_program()) + " doctor " + options);
}

json findings(const Host& host) {
    const Result result = doctor(host, "--json");
    if (result.status != 0 && result.status != 2) {
        throw Error("doctor: status " + std::to_string(result.status) + "\n" + result.err);
    }
    json found = json::parse(result.out).at("findings");
    if (found.empty() != (result.status == 0)) {
        throw Error("doctor: status " + std::to_string(result.status) + "\n" + result.out);
    }
    return found;
}

void run_named_commands(const Host& host, const json& findings) {
    for (const auto& finding : findings) {
        for (const auto& command : finding.at("commands")) {
            host.sh(command);
        }
    }
}

void load_nft(const Host& host, const std::string& rules) {
    // nft wants the end of a block on a line of its own.
    static const std::regex block_end(R"(\s*\}(?=\s*(\}|chain|table|$)))");
    host.sh("nft -f -", std::regex_replace(rules, block_end, "\n}\n"));
}

std::string rules_of_others(const Host& host) {
    return host.sh(R"(nft --stateless list tables | grep -v ' ocinet$' | while read -r words; do
            nft --stateless list $words 2>/dev/null
        done
        for save in iptables-legacy-save ip6tables-legacy-save; do
            $save 2>/dev/null | sed -e '/^#/d' -e 's/\[[0-9:]*\]//'
        done)");
}

std::string missing_for_iptables(const std::string& program) {
    return Host().run(program + " -L").status == 0 ? "" : program + " does not work on this kernel";
}

} // namespace ocinet::test
