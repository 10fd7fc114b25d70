// SPDX-License-Identifier: GPL-2.0-or-later
// ocinet check: compares what containers should have with what the kernel has. Its status:
//     0  no differences
//     1  something could not be checked
//     2  differences
//     3  there were differences, and all are repaired
#include <algorithm>
#include <memory>
#include <utility>

#include "cli/check_container.h"
#include "cli/print.h"
#include "cli/repair.h"
#include "cli/root.h"
#include "cli/verbs.h"
#include "netsetup/base/log.h"
#include "netsetup/ops/elements.h"
#include "netsetup/ops/forwarding.h"

namespace ocinet::cli {

namespace {

struct Options {
    std::vector<std::string> containers;
    bool repair = false;
    bool json = false;
};

struct Outcome {
    std::vector<Checked> checked;
    bool failed = false;

    bool repaired_any() const {
        return std::any_of(checked.begin(), checked.end(),
                           [](const Checked& one) { return !one.repaired.empty(); });
    }
    bool differs() const {
        return std::any_of(checked.begin(), checked.end(),
                           [](const Checked& one) { return !one.differences.empty(); });
    }
};

std::vector<std::string> ids_of(const std::vector<std::string>& containers, const Host& host) {
    std::vector<std::string> ids;
    for (const auto& text : containers) {
        ids.push_back(find_record(text).id);
    }
    if (containers.empty()) {
        ids = Record::list(host.directory);
        std::sort(ids.begin(), ids.end());
    }
    return ids;
}

// What is no container's: the guard of the networks that the host would route between, which stays
// after the last of them.
Checked check_guard(Host& host, bool mend) {
    Checked guard{.id = "host"};
    auto missing = ops::missing_elements(ops::guard_elements(host.directory), host.netfilter);
    if (mend && !missing.empty()) {
        reload_policy(host.directory, host.route, host.netfilter);
        guard.repaired = std::move(missing);
        return guard;
    }
    for (auto& text : missing) {
        guard.differences.push_back({std::move(text), ""});
    }
    return guard;
}

Outcome check_all(const std::vector<std::string>& ids, Host& host, bool mend) {
    Outcome outcome;
    for (const auto& id : ids) {
        try {
            if (auto one = check_container(id, host, mend)) {
                outcome.checked.push_back(std::move(*one));
            }
        } catch (Error& error) {
            log::error(error.in("container " + id));
            outcome.failed = true;
        }
    }
    return outcome;
}

// What a repair changed may be another container's, too (turning forwarding on turns it on for
// every bridge): what counts is how it looks afterwards.
Outcome repair_all(const std::vector<std::string>& ids, Host& host) {
    Outcome first = check_all(ids, host, true);
    if (!first.repaired_any()) {
        return first;
    }
    Outcome second = check_all(ids, host, true);
    for (const auto& before : first.checked) {
        for (auto& one : second.checked) {
            if (one.id == before.id) {
                one.repaired.insert(one.repaired.begin(), before.repaired.begin(),
                                    before.repaired.end());
            }
        }
    }
    return second;
}

void print_lines(const Outcome& outcome) {
    for (const auto& one : outcome.checked) {
        const std::string head =
            (one.name.empty() ? short_id(one.id) : one.name + " (" + short_id(one.id) + ")") + ": ";
        for (const auto& text : one.repaired) {
            print_line(head + text + ": repaired");
        }
        for (const auto& difference : one.differences) {
            print_line(
                head + difference.text +
                (difference.unrepaired.empty() ? "" : ": not repaired: " + difference.unrepaired));
        }
        if (one.differences.empty() && !one.note.empty()) {
            print_line(head + one.note);
        }
    }
    if (!outcome.differs() && !outcome.repaired_any() && !outcome.failed) {
        print_line("no differences in " + std::to_string(outcome.checked.size()) + " containers");
    }
}

void print_objects(const Outcome& outcome) {
    auto all = nlohmann::ordered_json::array();
    for (const auto& one : outcome.checked) {
        auto differences = nlohmann::ordered_json::array();
        for (const auto& difference : one.differences) {
            nlohmann::ordered_json object{{"difference", difference.text}};
            if (!difference.unrepaired.empty()) {
                object["not_repaired"] = difference.unrepaired;
            }
            differences.push_back(std::move(object));
        }
        all.push_back({{"id", one.id},
                       {"name", one.name},
                       {"state", name_of(one.life)},
                       {"note", one.note},
                       {"differences", differences},
                       {"repaired", one.repaired}});
    }
    print_json(all);
}

void run(const Options& options) {
    require_root("check", "it looks into the containers' network namespaces");
    Host host{.directory = state::Directory::open_or_imagine()};
    const auto ids = ids_of(options.containers, host);
    Outcome outcome = options.repair ? repair_all(ids, host) : check_all(ids, host, false);
    if (ids.empty()) { // each container's own check names it, too
        if (auto guard = check_guard(host, options.repair);
            !guard.differences.empty() || !guard.repaired.empty()) {
            outcome.checked.push_back(std::move(guard));
        }
    }
    if (options.json) {
        print_objects(outcome);
    } else {
        print_lines(outcome);
    }
    if (outcome.failed || outcome.differs() || outcome.repaired_any()) {
        throw CLI::RuntimeError(outcome.failed ? 1 : outcome.differs() ? 2 : 3);
    }
}

} // namespace

void add_check(CLI::App& app) {
    auto options = std::make_shared<Options>();
    auto* verb =
        app.add_subcommand("check", "Compare what containers should have with what the kernel has");
    verb->footer("Status 0: no differences; 1: something could not be checked; 2: differences; 3: "
                 "there were differences, and all are repaired.");
    verb->add_option("container", options->containers,
                     "Ids, beginnings of ids, or names; all where none is named");
    verb->add_flag("--repair", options->repair,
                   "Do again what the kernel lost, where that is safe");
    verb->add_flag("--json", options->json, "Print JSON");
    verb->callback([options] { run(*options); });
}

} // namespace ocinet::cli
