// SPDX-License-Identifier: GPL-2.0-or-later
// ocinet network rm: removes networks that nobody uses.
#include <memory>

#include "cli/network_removal.h"
#include "cli/print.h"
#include "cli/root.h"
#include "cli/verbs.h"
#include "netsetup/base/log.h"

namespace ocinet::cli {

namespace {

struct Options {
    std::vector<std::string> names;
    bool json = false;
};

void run(const Options& options) {
    require_root("network rm", "it removes files of /etc/ocinet/networks");
    Host host{.directory = state::Directory::open_or_imagine()};
    auto removed = nlohmann::ordered_json::array();
    for (const auto& name : options.names) {
        try {
            remove_network(name, host);
            removed.push_back(name);
        } catch (const Error& error) {
            log::error(error);
        }
    }
    for (const auto& name : options.json ? nlohmann::ordered_json::array() : removed) {
        print_line(name.get<std::string>());
    }
    if (options.json) {
        print_json(removed);
    }
    if (removed.size() != options.names.size()) {
        throw CLI::RuntimeError(1); // each has been told
    }
}

} // namespace

void add_network_rm(CLI::App& network) {
    auto options = std::make_shared<Options>();
    auto* verb = network.add_subcommand("rm", "Remove networks that no container uses");
    verb->add_option("name", options->names, "The networks' names")->required();
    verb->add_flag("--json", options->json, "Print JSON");
    verb->callback([options] { run(*options); });
}

} // namespace ocinet::cli
