// SPDX-License-Identifier: GPL-2.0-or-later
// ocinet ps: the containers that have a network of ours, and what they have.
#include <memory>

#include "cli/containers.h"
#include "cli/print.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace ocinet::cli {

namespace {

struct Options {
    bool quiet = false;
    bool whole_ids = false;
    bool json = false;
};

// What a container has, of all its networks.
struct Summary {
    std::vector<std::string> networks;
    std::vector<std::string> addresses;
    std::vector<std::string> ports;
};

Summary summary_of(const Record& record) {
    Summary summary;
    for (const auto& attached : attachments_of(record)) {
        summary.networks.push_back(attached.network);
        summary.addresses.insert(summary.addresses.end(), attached.addresses.begin(),
                                 attached.addresses.end());
        summary.ports.insert(summary.ports.end(), attached.ports.begin(), attached.ports.end());
    }
    return summary;
}

Cell state_cell(Life life) {
    switch (life) {
    case Life::running: return {name_of(life), Colour::green};
    case Life::dead: return {name_of(life), Colour::red};
    case Life::attaching:
    case Life::left:
    case Life::removing: break;
    }
    return {name_of(life), Colour::yellow};
}

void print_table(const std::vector<Record>& records, netlink::Socket& route, bool whole_ids) {
    Table table{
        .header = {"CONTAINER ID", "NAME", "STATE", "PID", "NETWORKS", "ADDRESSES", "PORTS"}};
    for (const auto& record : records) {
        const Summary summary = summary_of(record);
        table.rows.push_back({whole_ids ? record.id : short_id(record.id), name_of(record),
                              state_cell(life_of(record, route)),
                              std::to_string(record.process.pid), summary.networks,
                              summary.addresses, summary.ports});
    }
    print_text(format(table, terminal()));
}

void print_objects(const std::vector<Record>& records, netlink::Socket& route) {
    auto all = nlohmann::ordered_json::array();
    for (const auto& record : records) {
        const Summary summary = summary_of(record);
        all.push_back({{"id", record.id},
                       {"name", name_of(record)},
                       {"state", name_of(life_of(record, route))},
                       {"pid", record.process.pid},
                       {"networks", summary.networks},
                       {"addresses", summary.addresses},
                       {"ports", summary.ports}});
    }
    print_json(all);
}

void run(const Options& options) {
    const auto records = read_records();
    netlink::Socket route = netlink::Socket::open(NETLINK_ROUTE);
    if (options.json) {
        print_objects(records, route);
    } else if (options.quiet) {
        for (const auto& record : records) {
            print_line(options.whole_ids ? record.id : short_id(record.id));
        }
    } else {
        print_table(records, route, options.whole_ids);
    }
}

} // namespace

void add_ps(CLI::App& app) {
    auto options = std::make_shared<Options>();
    auto* verb = app.add_subcommand("ps", "Show the containers that have a network");
    verb->add_flag("-q,--quiet", options->quiet, "Only the ids");
    verb->add_flag("--no-trunc", options->whole_ids, "Whole ids");
    verb->add_flag("--json", options->json, "Print JSON");
    verb->callback([options] { run(*options); });
}

} // namespace ocinet::cli
