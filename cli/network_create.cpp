// SPDX-License-Identifier: GPL-2.0-or-later
// ocinet network create: writes a network's file.
#include <sys/socket.h>

#include <ctime>
#include <memory>

#include "cli/free_subnet.h"
#include "cli/network_file.h"
#include "cli/print.h"
#include "cli/root.h"
#include "cli/verbs.h"
#include "drivers/requests.h"
#include "netsetup/base/new_file.h"
#include "netsetup/base/utc.h"
#include "netsetup/host.h"

namespace ocinet::cli {

namespace {

struct Options {
    NetworkOptions network;
    /// One that is there already is success.
    bool ignore = false;
    bool json = false;
};

// What of the host a new network must not collide with.
struct Surroundings {
    std::vector<KnownNetwork> networks;
    std::vector<ForeignNetwork> podmans;
    std::vector<InUse> in_use;
};

Surroundings look_around(Host& host) {
    Surroundings around{.networks = known_networks(), .podmans = podmans_networks()};
    around.in_use = prefixes_in_use(host.route, around.networks, around.podmans);
    return around;
}

void refuse_driver(const NetworkOptions& options) {
    if (options.driver == "host" || options.driver == "none") {
        throw Error("the network \"" + options.driver + "\" is built in: there is no second one");
    }
    drivers::driver_for({.network = {.name = options.name, .driver = options.driver}});
}

constexpr const char* this_host = "this host";

// With what etcd is to say of an overlay's, as it might be.
nlohmann::json as_it_will_be(nlohmann::json json) {
    if (!oci::is_completed(json)) {
        return json;
    }
    if (!json.contains("subnets")) {
        json["subnets"] = {{{"subnet", "10.0.0.0/8"}}};
    }
    nlohmann::json ranges = nlohmann::json::array();
    for (const auto& subnet : json["subnets"]) {
        ranges.push_back(subnet["subnet"]);
    }
    json["hosts"] = {{{"name", this_host}, {"address", "192.0.2.1"}, {"ranges", ranges}}};
    json["options"].emplace("vni", "1");
    return json;
}

// What the driver would say to a container that asks for the network: better now than then.
void refuse_what_cannot_serve(const oci::Network& network) {
    const auto requests =
        drivers::requests_for({.id = "container", .bundle = {}, .host_name = this_host},
                              {.attachments = {{.network = network.name}}}, {network});
    drivers::driver_for(requests.front()).query(requests.front());
}

void refuse_collisions(const oci::Network& network, const Surroundings& around, Host& host) {
    if (network.driver != "bridge" || !network.managed) {
        return; // its subnet and its bridge are somebody's already, as they should be
    }
    for (const auto& subnet : network.subnets) {
        if (const auto other = collision(subnet.subnet, around.in_use)) {
            throw Error("subnet " + subnet.subnet.text() + " overlaps " + other->prefix.text() +
                        ", " + other->what)
                .hint("without --subnet a free one is chosen");
        }
    }
    for (const auto& other : around.networks) {
        if (other.network && other.network->interface == network.interface) {
            throw Error("network \"" + other.name + "\" has a bridge " + network.interface)
                .hint("choose another with --interface-name");
        }
    }
    const auto problems = bridge_problems(network, around.podmans, host.route);
    if (!problems.empty()) {
        throw Error(problems.front()).hint("choose another with --interface-name");
    }
}

nlohmann::ordered_json make_network(const NetworkOptions& options, Host& host) {
    refuse_driver(options);
    const Surroundings around = look_around(host);
    NameSource random = NameSource::from_kernel();
    auto json = network_json(options, [&](int family) {
        return family == AF_INET ? free_ipv4_subnet(around.in_use)
                                 : free_ipv6_subnet(around.in_use, random);
    });
    json["created"] = utc_text(std::time(nullptr));
    const auto network = oci::parse_network(as_it_will_be(json).dump(), options.name,
                                            "network \"" + options.name + "\"");
    refuse_what_cannot_serve(network);
    refuse_collisions(network, around, host);
    if (!network.interface.empty()) { // said, so that it stays what it is
        json["network_interface"] = network.interface;
    }
    return json;
}

void run(const Options& options) {
    const std::string& name = options.network.name;
    if (!is_network_name(name)) {
        throw Error("\"" + name + "\" is no network's name")
            .hint("at most " + std::to_string(max_network_name) +
                  " letters, digits, '_.-', of which the first is a letter or a digit");
    }
    require_root("network create", "it writes the network's file");
    Host host;
    // The host's lock, too: nobody else chooses the same subnet meanwhile.
    const auto held = host.locks.shared({name});
    if (const auto found = find_network(name)) {
        if (!options.ignore) {
            throw Error("network \"" + name + "\" exists already")
                .hint(found->file.empty() ? "it is built in" : "its file is " + found->file);
        }
        print_line(name);
        return;
    }
    const auto json = make_network(options.network, host);
    if (!create_file(network_file(name), json.dump(4) + "\n", 0644)) {
        throw Error("somebody else has just made " + network_file(name));
    }
    if (options.json) {
        print_json(json);
    } else {
        print_line(name);
    }
}

} // namespace

void add_network_create(CLI::App& network) {
    auto options = std::make_shared<Options>();
    NetworkOptions& wanted = options->network;
    auto* verb = network.add_subcommand("create", "Make a network");
    const auto add = [&](const char* names, auto& value, const char* description) {
        return verb->add_option(names, value, description);
    };
    // One value each time, so that NAME can stand behind it.
    const auto repeat = [&](const char* names, std::vector<std::string>& values,
                            const char* description) {
        add(names, values, description)->expected(1)->take_all();
    };
    add("name", wanted.name, "The network's name")->required();
    add("-d,--driver", wanted.driver, "Its driver")->capture_default_str();
    repeat("--subnet", wanted.subnets, "10.1.0.0/24, fd00::/64; without it a free one is chosen");
    repeat("--gateway", wanted.gateways, "The host's address in one of the subnets");
    repeat("--ip-range", wanted.ip_ranges,
           "The addresses that are given out: a prefix, or START-END");
    repeat("-o,--opt", wanted.options, "An option of the driver's: mtu=1400, isolate=strict, …");
    repeat("--label", wanted.labels, "KEY=VALUE, kept for whoever reads it");
    repeat("--route", wanted.routes, "A route of the containers': DESTINATION,GATEWAY[,METRIC]");
    add("--interface-name", wanted.interface,
        "What the bridge is called; of macvlan and ipvlan the host's interface");
    add("--ipam-driver", wanted.ipam_driver,
        "Who gives the addresses: host-local, static, dhcp, none");
    verb->add_flag("--internal", wanted.internal, "No way out, and none in");
    verb->add_flag("--ipv6", wanted.ipv6, "IPv6, too; without an IPv6 subnet a free one is chosen");
    verb->add_flag("--disable-dns", wanted.disable_dns,
                   "As without it: containers do not find each other by name");
    verb->add_flag("--ignore", options->ignore, "A network of this name may be there already");
    verb->add_flag("--json", options->json, "Print the network's file");
    verb->callback([options] { run(*options); });
}

} // namespace ocinet::cli
