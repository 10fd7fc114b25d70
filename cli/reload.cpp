// SPDX-License-Identifier: GPL-2.0-or-later
// ocinet reload: gives the containers their firewall back after somebody flushed the ruleset.
#include <memory>

#include "cli/print.h"
#include "cli/repair.h"
#include "cli/root.h"
#include "cli/verbs.h"
#include "netsetup/host.h"

namespace ocinet::cli {

namespace {

void run(bool json) {
    require_root("reload", "it loads the firewall's policy");
    Host host{.directory = state::Directory::open_or_imagine()};
    std::size_t elements = 0;
    {
        // Whoever puts shared elements into the policy, or loads it, has this lock; whoever removes
        // elements without it has said so in the record before.
        const auto lock = host.locks.host();
        elements = reload_policy(host.directory, host.route, host.netfilter);
    }
    if (json) {
        print_json({{"elements", elements}});
    } else if (elements == 0) {
        print_line("nothing to reload: no container needs the policy");
    } else {
        print_line("the policy is loaded, with " + std::to_string(elements) + " elements");
    }
}

} // namespace

void add_reload(CLI::App& app) {
    auto json = std::make_shared<bool>(false);
    auto* verb = app.add_subcommand("reload", "Rebuild the firewall from the containers' records");
    verb->add_flag("--json", *json, "Print JSON");
    verb->callback([json] { run(*json); });
}

} // namespace ocinet::cli
