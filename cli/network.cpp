// SPDX-License-Identifier: GPL-2.0-or-later
// ocinet network: the networks of this host, by verbs of its own.
#include "cli/verbs.h"

namespace ocinet::cli {

void add_network(CLI::App& app) {
    auto* network = app.add_subcommand("network", "Show and change the networks of this host");
    network->require_subcommand(1);
    add_network_create(*network);
    add_network_ls(*network);
    add_network_inspect(*network);
    add_network_rm(*network);
    add_network_prune(*network);
    add_network_exists(*network);
}

} // namespace ocinet::cli
