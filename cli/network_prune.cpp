// SPDX-License-Identifier: GPL-2.0-or-later
// ocinet network prune: removes all networks that nobody uses.
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <memory>

#include "cli/containers.h"
#include "cli/network_removal.h"
#include "cli/networks.h"
#include "cli/print.h"
#include "cli/root.h"
#include "cli/verbs.h"
#include "netsetup/base/log.h"
#include "netsetup/base/text.h"

namespace ocinet::cli {

namespace {

struct Options {
    bool force = false;
    bool json = false;
};

// Not those whose file cannot be understood: who is mending it may want it back. Nor the file of
// the built-in network, which would not go but change.
std::vector<std::string> unused_networks() {
    const auto users = users_of_networks(read_records());
    std::vector<std::string> names;
    for (const auto& known : known_networks()) {
        const bool is_built_in = oci::built_in_network(known.name).has_value();
        if (!is_built_in && !known.file.empty() && known.network && !users.contains(known.name)) {
            names.push_back(known.name);
        }
    }
    return names;
}

bool is_confirmed(const std::vector<std::string>& names) {
    if (::isatty(STDIN_FILENO) == 0) {
        throw Error("nobody is there to be asked whether to remove " + join(names, ", "))
            .hint("--force removes them unasked");
    }
    std::fprintf(stderr, "Remove the networks %s? [y/N] ", join(names, ", ").c_str());
    std::string answer;
    std::getline(std::cin, answer);
    const std::string word = lower_case(trim(answer));
    return word == "y" || word == "yes";
}

void run(const Options& options) {
    require_root("network prune", "it removes files of /etc/ocinet/networks");
    const auto names = unused_networks();
    auto removed = nlohmann::ordered_json::array();
    bool all = true;
    if (!names.empty() && (options.force || is_confirmed(names))) {
        Host host{.directory = state::Directory::open_or_imagine()};
        for (const auto& name : names) {
            try {
                remove_network(name, host);
                removed.push_back(name);
            } catch (const Error& error) {
                log::error(error); // somebody uses it by now
                all = false;
            }
        }
    }
    if (options.json) {
        print_json(removed);
    } else {
        for (const auto& name : removed) {
            print_line(name.get<std::string>());
        }
    }
    if (!all) {
        throw CLI::RuntimeError(1);
    }
}

} // namespace

void add_network_prune(CLI::App& network) {
    auto options = std::make_shared<Options>();
    auto* verb = network.add_subcommand("prune", "Remove all networks that no container uses");
    verb->add_flag("-f,--force", options->force, "Do not ask");
    verb->add_flag("--json", options->json, "Print JSON");
    verb->callback([options] { run(*options); });
}

} // namespace ocinet::cli
