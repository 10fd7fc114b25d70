// SPDX-License-Identifier: GPL-2.0-or-later
// ocinet network ls: the networks of this host.
#include <memory>

#include "cli/containers.h"
#include "cli/foreign_networks.h"
#include "cli/networks.h"
#include "cli/print.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "netsetup/base/log.h"

namespace ocinet::cli {

namespace {

struct Options {
    bool quiet = false;
    bool json = false;
};

struct Row {
    KnownNetwork known;
    std::vector<User> users;
    /// Why a container could not be attached to it.
    std::vector<std::string> problems;
};

std::vector<Row> rows() {
    auto users = users_of_networks(read_records());
    const auto podmans = podmans_networks();
    netlink::Socket route = netlink::Socket::open(NETLINK_ROUTE);
    std::vector<Row> all;
    for (auto& known : known_networks()) {
        Row row{.users = users[known.name]};
        row.problems = known.network ? bridge_problems(*known.network, podmans, route)
                                     : std::vector{known.problem};
        row.known = std::move(known);
        all.push_back(std::move(row));
    }
    return all;
}

std::vector<std::string> subnet_texts(const KnownNetwork& known) {
    std::vector<std::string> texts;
    for (const auto& subnet : known.network ? known.network->subnets : std::vector<oci::Subnet>()) {
        texts.push_back(subnet.subnet.text());
    }
    return texts;
}

void print_table(const std::vector<Row>& all) {
    Table table{.header = {"NAME", "DRIVER", "SUBNETS", "CONTAINERS"}};
    for (const auto& row : all) {
        std::vector<std::string> users;
        for (const auto& user : row.users) {
            users.push_back(text_of(user));
        }
        table.rows.push_back(
            {row.problems.empty() ? Cell(row.known.name) : Cell(row.known.name, Colour::red),
             row.known.network ? row.known.network->driver : "?", subnet_texts(row.known), users});
    }
    print_text(format(table, terminal()));
    for (const auto& row : all) {
        for (const auto& problem : row.problems) {
            log::warning(problem);
        }
    }
}

void print_objects(const std::vector<Row>& all) {
    auto objects = nlohmann::ordered_json::array();
    for (const auto& row : all) {
        auto users = nlohmann::ordered_json::array();
        for (const auto& user : row.users) {
            users.push_back({{"id", user.id}, {"name", user.name}});
        }
        objects.push_back(
            {{"name", row.known.name},
             {"driver", row.known.network ? row.known.network->driver : ""},
             {"network_interface", row.known.network ? row.known.network->interface : ""},
             {"subnets", subnet_texts(row.known)},
             {"file", row.known.file},
             {"containers", users},
             {"problems", row.problems}});
    }
    print_json(objects);
}

void run(const Options& options) {
    if (options.quiet) {
        for (const auto& known : known_networks()) {
            print_line(known.name);
        }
        return;
    }
    const auto all = rows();
    if (options.json) {
        print_objects(all);
    } else {
        print_table(all);
    }
}

} // namespace

void add_network_ls(CLI::App& network) {
    auto options = std::make_shared<Options>();
    auto* verb = network.add_subcommand("ls", "Show the networks of this host");
    verb->alias("list");
    verb->add_flag("-q,--quiet", options->quiet, "Only the names");
    verb->add_flag("--json", options->json, "Print JSON");
    verb->callback([options] { run(*options); });
}

} // namespace ocinet::cli
