// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/plan.h"

#include <algorithm>
#include <iterator>

#include "netsetup/base/error.h"
#include "netsetup/base/json_text.h"
#include "netsetup/base/names.h"
#include "netsetup/json.h"

namespace ocinet {

namespace {

// The operation among the variant's alternatives that the journal calls `name`.
template <std::size_t Index = 0>
Operation operation_from(const std::string& name, const nlohmann::json& json) {
    if constexpr (Index < std::variant_size_v<Operation>) {
        using Candidate = std::variant_alternative_t<Index, Operation>;
        if (name == Candidate::journal_name) {
            return json.get<Candidate>();
        }
        return operation_from<Index + 1>(name, json);
    } else {
        throw Error("unknown operation \"" + name + "\"");
    }
}

// What comes from a record becomes part of paths, and is undone with more privileges than its
// writer had. What we wrote consists of names.
void require(bool is_name, const std::string& text) {
    if (!is_name) {
        throw Error("\"" + text + "\" in a record is no name");
    }
}

// A link of others' may be called what ours may not (net/core/dev.c: dev_valid_name).
void require_link_names(const std::vector<std::string>& names) {
    for (const auto& name : names) {
        require(name.find('/') == std::string::npos && name != "." && name != "..", name);
    }
}

void require_names(const ops::TakeAddress& op) {
    require(is_network_name(op.range.network), op.range.network);
}
void require_names(const ops::TakePorts& op) {
    require(is_network_name(op.claim.protocol), op.claim.protocol);
}
void require_names(const ops::EnableForwarding& op) {
    require_link_names(op.forwarded);
    require_link_names(op.heeding_routers);
}
void require_names(const ops::EnsureBridge& op) {
    require(is_network_name(op.network), op.network);
    require_link_names({op.name, op.temporary});
}
void require_names(const ops::ShareElements& op) {
    require(is_network_name(op.network), op.network);
}
void require_names(const ops::PublishPorts& op) {
    for (const auto& claim : op.claims) {
        require(is_network_name(claim.protocol), claim.protocol);
    }
}
void require_names(const ops::CreateVeth& op) {
    require_link_names({op.name, op.temporary, op.peer});
}
void require_names(const ops::UseParent& op) {
    require_link_names({op.parent});
    require(is_network_name(op.as), op.as);
}
void require_names(const ops::EnsureVlan& op) {
    require_link_names({op.name, op.temporary, op.parent});
}
void require_names(const ops::EnsureHostLink& op) {
    require(is_network_name(op.network), op.network);
    require_link_names({op.name, op.temporary, op.parent});
}
void require_names(const ops::EnsureVxlan& op) {
    require(is_network_name(op.network), op.network);
    require_link_names({op.name, op.temporary, op.bridge});
}
void require_names(const ops::RunDhcpClient& op) {
    require_link_names({op.interface});
}
void require_names(const ops::ConfigureLink& op) {
    require_link_names({op.name});
}
void require_object(const std::string& text) {
    if (parse_object(text).is_null()) {
        throw Error("what a plugin reads is in a record no JSON object");
    }
}
// The program, which is executed, is as trusted as the record.
void require_plugin(const std::string& container, const std::string& interface,
                    const std::string& program, const std::string& input) {
    require(is_container_id(container), container);
    require_link_names({interface});
    require(program.starts_with('/'), program);
    require_object(input);
}
void require_names(const ops::CniPlugin& op) {
    require_plugin(op.container, op.interface, op.program, op.config);
}
void require_names(const ops::NetavarkPlugin& op) {
    require_plugin(op.container, op.interface, op.program, op.input);
}
void require_plugin(const docker_plugin::Plugin& plugin) {
    require(plugin.program.starts_with('/'), plugin.program);
}
void require_names(const ops::EnsureDockerNetwork& op) {
    require(is_network_name(op.network), op.network);
    require_plugin(op.plugin);
    require_object(op.options);
    require_object(op.ipam_options);
    if (op.ipam) {
        require_plugin(*op.ipam);
    }
}
void require_names(const ops::DockerEndpoint& op) {
    require(is_container_id(op.container), op.container);
    require(is_network_name(op.network), op.network);
    require(is_interface_name(op.interface), op.interface);
    require_plugin(op.plugin);
    require_object(op.options);
    if (op.ipam) {
        require_plugin(*op.ipam);
    }
}
// Only lines that we mark are taken out of a file.
void require_names(const ops::AddHosts& op) {
    require(op.mark.starts_with("ocinet "), op.mark);
}
template <typename Op>
void require_names(const Op&) {} // the rest have nothing that becomes part of a path

template <typename Item>
void move_to_end(std::vector<Item>& to, std::vector<Item>& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

template <typename Once>
bool are_both(const Operation& a, const Operation& b) {
    return std::holds_alternative<Once>(a) && std::holds_alternative<Once>(b);
}

// The two would do the same: load the same policy, which would take away what the first one's
// network had put into it, turn the same switch, make the same sub-interface.
bool is_the_same(const Operation& a, const Operation& b) {
    if (are_both<ops::EnableForwarding>(a, b)) {
        return std::get<ops::EnableForwarding>(a).ipv6 == std::get<ops::EnableForwarding>(b).ipv6;
    }
    if (are_both<ops::EnsureVlan>(a, b)) {
        return std::get<ops::EnsureVlan>(a).name == std::get<ops::EnsureVlan>(b).name;
    }
    return are_both<ops::EnsurePolicy>(a, b) || are_both<ops::RaiseLoopback>(a, b);
}

void append_new(std::vector<Step>& to, std::vector<Step>& from) {
    for (auto& step : from) {
        const bool is_there = std::any_of(to.begin(), to.end(), [&](const Step& earlier) {
            return is_the_same(earlier.operation, step.operation);
        });
        if (!is_there) {
            to.push_back(std::move(step));
        }
    }
}

} // namespace

void append(Plan& plan, Plan more) {
    append_new(plan.shared, more.shared);
    append_new(plan.own, more.own);
    move_to_end(plan.attached, more.attached);
    move_to_end(plan.notes, more.notes);
}

Description describe(const Operation& operation) {
    return std::visit([](const auto& op) { return describe(op); }, operation);
}

Needs needs(const Operation& operation) {
    return std::visit([](const auto& op) { return needs(op); }, operation);
}

Needs needs(const Plan& plan) {
    Needs all;
    for (const auto* steps : {&plan.shared, &plan.own}) {
        for (const auto& step : *steps) {
            const Needs one = needs(step.operation);
            all.container = all.container || one.container;
            all.container_to_undo = all.container_to_undo || one.container_to_undo;
            all.policy_loader = all.policy_loader || one.policy_loader;
            all.link_watch = all.link_watch || one.link_watch;
            all.dhcp = all.dhcp || one.dhcp;
            all.files.insert(all.files.end(), one.files.begin(), one.files.end());
            all.plugins.insert(all.plugins.end(), one.plugins.begin(), one.plugins.end());
        }
    }
    return all;
}

void to_json(nlohmann::json& json, const Step& step) {
    std::visit(
        [&](const auto& op) {
            json = {{"attachment", step.attachment}, {"operation", op.journal_name}, {"with", op}};
        },
        step.operation);
}

void from_json(const nlohmann::json& json, Step& step) {
    step.attachment = json.at("attachment").get<std::string>();
    step.operation = operation_from(json.at("operation").get<std::string>(), json.at("with"));
    std::visit([](const auto& op) { require_names(op); }, step.operation);
}

OCINET_JSON(Attached, network, driver, interface, host_interface, mac, addresses, gateways, ports)
OCINET_JSON(Plan, shared, own, attached, notes)

} // namespace ocinet
