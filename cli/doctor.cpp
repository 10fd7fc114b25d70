// SPDX-License-Identifier: GPL-2.0-or-later
// ocinet doctor: names the rules of others' firewalls that stop packets of our networks. Its
// status:
//     0  nothing is in the way
//     1  it could not be found out
//     2  something is in the way
#include <memory>

#include "cli/allowances.h"
#include "cli/containers.h"
#include "cli/print.h"
#include "cli/root.h"
#include "cli/verbs.h"
#include "netsetup/foreign/finding.h"
#include "netsetup/host.h"

namespace ocinet::cli {

namespace {

using foreign::Command;
using foreign::Finding;

struct Options {
    bool fix = false;
    bool undo = false;
    bool json = false;
};

struct Examined {
    std::vector<Finding> findings;
    /// Whose traffic was asked about.
    std::size_t containers = 0;
};

Examined find_obstacles() {
    auto route = netlink::Socket::open(NETLINK_ROUTE);
    auto netfilter = netlink::Socket::open(NETLINK_NETFILTER);
    const foreign::Others others(netfilter, route);
    Examined examined;
    for (const auto& record : read_records()) {
        const Life life = life_of(record, route);
        if (life == Life::running || life == Life::left) {
            foreign::merge(examined.findings, others.stopping(record.plan));
            ++examined.containers;
        }
    }
    return examined;
}

bool is_ours_to_fix(const Finding& finding) {
    return std::any_of(finding.remedies.begin(), finding.remedies.end(),
                       [](const foreign::Remedy& remedy) { return !remedy.undo.empty(); });
}

void print_lines(const Examined& examined, const std::vector<Command>& done,
                 const Options& options) {
    const auto& findings = examined.findings;
    for (const auto& command : done) {
        print_line("# " + foreign::text_of(command));
    }
    bool can_fix = false;
    for (const auto& finding : findings) {
        print_line(foreign::text_of(finding));
        can_fix = can_fix || is_ours_to_fix(finding);
    }
    if (can_fix && !options.fix) {
        print_line("`ocinet doctor --fix` does it for Docker and firewalld");
    }
    if (options.undo) {
        if (done.empty()) {
            print_line("nothing to take back");
        }
    } else if (examined.containers == 0) {
        print_line("nothing was examined: no container has a network of ours now");
    } else if (findings.empty()) {
        print_line("nothing is in the way");
    }
}

void print_object(const Examined& examined, const std::vector<Command>& done) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& finding : examined.findings) {
        auto commands = nlohmann::ordered_json::array();
        for (const auto& remedy : finding.remedies) {
            commands.push_back(foreign::text_of(remedy.allow));
        }
        list.push_back({{"network", finding.network},
                        {"owner", name_of(finding.owner)},
                        {"rule", finding.rule},
                        {"stops", finding.stopped},
                        {"commands", commands},
                        {"fixable", is_ours_to_fix(finding)}});
    }
    auto ran = nlohmann::ordered_json::array();
    for (const auto& command : done) {
        ran.push_back(foreign::text_of(command));
    }
    print_json({{"containers", examined.containers}, {"findings", list}, {"ran", ran}});
}

std::vector<Command> change(const Options& options, const std::vector<Finding>& findings) {
    if (options.fix) {
        const auto directory = state::Directory::open();
        state::Locks locks(directory);
        const auto lock = locks.allowances();
        return allow(directory, findings);
    }
    const auto directory = state::Directory::open_existing();
    if (!directory) {
        return {};
    }
    state::Locks locks(*directory);
    const auto lock = locks.allowances();
    return take_back(*directory);
}

void run(const Options& options) {
    require_root("doctor", "it reads the rules of all firewalls");
    Examined examined;
    std::vector<Command> done;
    if (!options.undo) {
        examined = find_obstacles();
    }
    if (options.undo || (options.fix && !examined.findings.empty())) {
        done = change(options, examined.findings);
    }
    if (!done.empty() && options.fix) {
        examined = find_obstacles();
    }
    if (options.json) {
        print_object(examined, done);
    } else {
        print_lines(examined, done, options);
    }
    if (!examined.findings.empty()) {
        throw CLI::RuntimeError(2);
    }
}

} // namespace

void add_doctor(CLI::App& app) {
    auto options = std::make_shared<Options>();
    auto* verb = app.add_subcommand(
        "doctor", "Name what of others' firewalls stops the traffic of our networks");
    verb->footer("It examines the networks that containers have now. Status 0: nothing is in the "
                 "way; 1: that could not be found out; 2: something "
                 "is. What --fix allows stays until --undo or a reboot, also when the network is "
                 "gone. firewalld keeps it beyond a reboot, when --undo knows it no more: "
                 "firewall-cmd --permanent --zone=ocinet --remove-interface=NAME");
    auto* fix = verb->add_flag("--fix", options->fix,
                               "Allow it, where the firewall is Docker's or firewalld's");
    verb->add_flag("--undo", options->undo, "Take back what --fix allowed")->excludes(fix);
    verb->add_flag("--json", options->json, "Print JSON");
    verb->callback([options] { run(*options); });
}

} // namespace ocinet::cli
