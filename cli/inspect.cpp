// SPDX-License-Identifier: GPL-2.0-or-later
// ocinet inspect: all that is known of containers, as JSON.
#include <memory>

#include "cli/containers.h"
#include "cli/print.h"
#include "cli/verbs.h"

namespace ocinet::cli {

namespace {

nlohmann::ordered_json to_object(const Record& record, netlink::Socket& route) {
    auto attachments = nlohmann::ordered_json::array();
    for (const auto& attached : attachments_of(record)) {
        attachments.push_back({{"network", attached.network},
                               {"driver", attached.driver},
                               {"interface", attached.interface},
                               {"host_interface", attached.host_interface},
                               {"mac", attached.mac},
                               {"addresses", attached.addresses},
                               {"gateways", attached.gateways},
                               {"ports", attached.ports}});
    }
    return {{"id", record.id},
            {"name", name_of(record)},
            {"state", name_of(life_of(record, route))},
            {"since", since(record.id)},
            {"pid", record.process.pid},
            {"bundle", record.bundle},
            {"attachments", attachments},
            {"notes", record.plan.notes}};
}

void run(const std::vector<std::string>& containers) {
    netlink::Socket route = netlink::Socket::open(NETLINK_ROUTE);
    auto all = nlohmann::ordered_json::array();
    for (const auto& text : containers) {
        all.push_back(to_object(find_record(text), route));
    }
    print_json(all);
}

} // namespace

void add_inspect(CLI::App& app) {
    auto containers = std::make_shared<std::vector<std::string>>();
    auto* verb = app.add_subcommand("inspect", "Show all that is known of containers, as JSON");
    verb->add_option("container", *containers, "Ids, beginnings of ids, or names")->required();
    verb->add_flag_function("--json", [](std::int64_t) {}, "JSON is what is printed anyway");
    verb->callback([containers] { run(*containers); });
}

} // namespace ocinet::cli
