// SPDX-License-Identifier: GPL-2.0-or-later
// ocinet network exists: status 0 when there is a network of this name, 1 when not.
#include <memory>

#include "cli/networks.h"
#include "cli/print.h"
#include "cli/verbs.h"

namespace ocinet::cli {

namespace {

struct Options {
    std::string name;
    bool json = false;
};

void run(const Options& options) {
    const bool exists = find_network(options.name).has_value();
    if (options.json) {
        print_json(exists);
    }
    if (!exists) {
        throw CLI::RuntimeError(1);
    }
}

} // namespace

void add_network_exists(CLI::App& network) {
    auto options = std::make_shared<Options>();
    auto* verb = network.add_subcommand("exists", "Say by the exit status whether there is one");
    verb->add_option("name", options->name, "The network's name")->required();
    verb->add_flag("--json", options->json, "Print JSON");
    verb->callback([options] { run(*options); });
}

} // namespace ocinet::cli
