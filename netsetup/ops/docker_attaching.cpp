// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/docker_attaching.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>

#include "netsetup/base/json_text.h"
#include "netsetup/base/names.h"
#include "netsetup/base/text.h"
#include "netsetup/json.h"
#include "netsetup/link.h"
#include "netsetup/ops/docker_calls.h"
#include "netsetup/ops/docker_requests.h"
#include "netsetup/routes.h"
#include "netsetup/state/results.h"

namespace ocinet::ops {

OCINET_JSON(MadeDockerEndpoint::Lease, pool, address)
OCINET_JSON(MadeDockerEndpoint, leased, created, joined, source, link, interfaces)

namespace {

using nlohmann::json;

constexpr const char* owner = "ocinet:"; // of names.h: link_alias()

// libnetwork's types.StaticRoute: by way of somebody, or of the link alone.
constexpr int by_next_hop = 0;
// As with libnetwork, ProgramExternalConnectivity need not be there: CreateEndpoint told of ports.
constexpr int unknown_method = 404;

class Attaching {
public:
    Attaching(const DockerEndpoint& op, Context& context)
        : op_(op), context_(context), commands_(op), mac_(op.mac) {
        link_.name = op.interface;
        link_.addresses = op.addresses;
    }

    void attach() {
        save();
        if (op_.ipam) {
            lease_all();
        }
        create();
        const json joined = call(commands_.join, "Join", join_request(op_, context_.netns_path));
        made_.joined = true;
        save();
        at_command(commands_.join, [&] { add_routes(joined); });
        at_command(commands_.find_link, [&] { find_link(joined); });
        place();
        at_command(commands_.configure, [&] { ops::apply(link_, context_); });
        if (op_.publishes) {
            at_command(commands_.publish, [&] { publish(); });
        }
    }

private:
    json call(int command, const std::string& method, const json& body) {
        return at_command(command, [&] {
            return docker_call(op_.plugin, "NetworkDriver." + method, body, context_);
        });
    }

    void save() { write_made(op_, made_, context_); }

    template <typename Value>
    Value parsed(const std::string& text, const char* method, const char* key) const {
        const auto value = Value::parse(text);
        if (!value) {
            throw Error("plugin " + op_.plugin.name + ", " + method + ": its " + key + " is \"" +
                        printable(text) + "\"");
        }
        return *value;
    }

    // An address of each pool.
    void lease_all() {
        const auto network = made_docker_network(context_.state, op_.network);
        if (!network || network->pools.size() != op_.pools.size()) {
            throw Error("what plugins said of network " + op_.network + " is missing");
        }
        for (std::size_t i = 0; i < op_.pools.size(); ++i) {
            at_command(int(i), [&] { lease(op_.pools[i], network->pools[i].id); });
        }
    }

    void lease(const DockerEndpoint::Pool& pool, const std::string& id) {
        const json given = docker_lease(*op_.ipam, "IpamDriver.RequestAddress",
                                        address_request(op_, pool, id), context_);
        const std::string address = text_in(given, "Address");
        made_.leased.push_back({id, address});
        save();
        forget_kept_answer(context_);
        link_.addresses.push_back(parsed<Prefix>(address, "RequestAddress", "Address"));
    }

    // What it was not told it may choose itself, and nothing else.
    void create() {
        const json request = endpoint_request(op_, texts_of(link_.addresses));
        const json said = call(commands_.create, "CreateEndpoint", request);
        made_.created = true;
        save();
        const auto interface = said.find("Interface");
        if (interface == said.end()) {
            return;
        }
        for (const char* key : {"Address", "AddressIPv6", "MacAddress"}) {
            const std::string chosen = text_in(*interface, key);
            const std::string asked = request["Interface"][key];
            if (!chosen.empty() && chosen != asked) {
                at_command(commands_.create, [&] { take(key, chosen, asked); });
            }
        }
    }

    void take(const std::string& key, const std::string& chosen, const std::string& asked) {
        if (!asked.empty()) {
            throw Error("plugin " + op_.plugin.name + ", CreateEndpoint: it made " +
                        printable(chosen) + " of the " + key + " " + asked);
        }
        if (key == "MacAddress") {
            mac_ = parsed<Mac>(chosen, "CreateEndpoint", "MacAddress");
        } else {
            link_.addresses.push_back(parsed<Prefix>(chosen, "CreateEndpoint", key.c_str()));
        }
    }

    void add_gateway(const json& joined, const char* key, bool wanted, int family) {
        const std::string text = text_in(joined, key);
        if (text.empty()) {
            return;
        }
        gateways_.push_back(parsed<IpAddress>(text, "Join", key));
        if (wanted) {
            link_.routes.push_back({.destination = {IpAddress::any(family), 0},
                                    .gateway = gateways_.back(),
                                    .metric = op_.metric});
        }
    }

    void add_static_route(const json& route) {
        const auto destination =
            parsed<Prefix>(text_in(route, "Destination"), "Join", "Destination");
        ConfigureLink::Route own{.destination = {destination.network(), destination.length}};
        if (route.value("RouteType", json(by_next_hop)) == by_next_hop) {
            own.gateway = parsed<IpAddress>(text_in(route, "NextHop"), "Join", "NextHop");
        }
        link_.routes.push_back(own);
    }

    void add_routes(const json& joined) {
        const auto routes = joined.find("StaticRoutes");
        if (routes != joined.end() && routes->is_array()) {
            for (const auto& route : *routes) {
                add_static_route(route);
            }
        }
        add_gateway(joined, "Gateway", op_.default_route4, AF_INET);
        add_gateway(joined, "GatewayIPv6", op_.default_route6, AF_INET6);
        // Whom the link itself leads to comes before who is behind them.
        std::stable_partition(link_.routes.begin(), link_.routes.end(),
                              [](const auto& route) { return !route.gateway; });
        link_.ipv6 = std::any_of(link_.addresses.begin(), link_.addresses.end(),
                                 [](const Prefix& one) { return !one.address.is_v4(); });
    }

    // One that others need is named by mistake.
    void refuse_link(const link::Link& found) {
        for (const int family : {AF_INET, AF_INET6}) {
            if (route::default_route_link(context_.route, family) == found.index) {
                throw Error("plugin " + op_.plugin.name + ", Join: it names " + found.name +
                            ", by which the host's default route leads");
            }
        }
        if (found.alias.starts_with(owner) || found.loopback) {
            throw Error("plugin " + op_.plugin.name + ", Join: it names " + found.name +
                        ", which is no link of its own");
        }
    }

    void find_link(const json& joined) {
        const auto names = joined.find("InterfaceName");
        const std::string name = names != joined.end() ? text_in(*names, "SrcName") : "";
        if (!is_interface_name(name)) {
            throw Error("plugin " + op_.plugin.name +
                        ", Join: it names no link: " + printable(joined.dump()));
        }
        found_ = link::required(context_.route, name);
        refuse_link(found_);
    }

    // The way back is kept before the link is marked, and it is marked before it goes: whatever
    // fails, it is found.
    void place() {
        made_.source = found_.name;
        made_.link = link_;
        made_.interfaces = {
            {op_.interface,
             {{"mac_address", (mac_ ? *mac_ : found_.mac).text()}, {"subnets", subnets()}}}};
        save();
        auto mark = link::name(found_.index, found_.name, op_.alias);
        if (mac_ && *mac_ != found_.mac) {
            mark.put(IFLA_ADDRESS, mac_->bytes.data(), mac_->bytes.size());
        }
        mark.command(commands_.mark_link);
        context_.route.send(std::move(mark));
        auto move = link::name(found_.index, op_.interface, op_.alias);
        move.put_u32(IFLA_NET_NS_FD, std::uint32_t(context_.container->netns.get()));
        move.command(commands_.move_link);
        context_.route.send(std::move(move));
    }

    json subnets() const {
        json subnets = json::array();
        for (const auto& address : link_.addresses) {
            subnets.push_back({{"ipnet", address.text()}});
            for (const auto& gateway : gateways_) {
                if (gateway.family() == address.address.family()) {
                    subnets.back()["gateway"] = gateway.text();
                }
            }
        }
        return subnets;
    }

    void publish() {
        try {
            docker_call(op_.plugin, "NetworkDriver.ProgramExternalConnectivity",
                        publish_request(op_), context_);
        } catch (const docker_plugin::Refused& refused) {
            if (refused.status() != unknown_method) {
                throw;
            }
        }
    }

    const DockerEndpoint& op_;
    Context& context_;
    EndpointCommands commands_;
    std::optional<Mac> mac_;
    std::vector<IpAddress> gateways_;
    ConfigureLink link_;
    link::Link found_;
    MadeDockerEndpoint made_;
};

} // namespace

void write_made(const DockerEndpoint& op, const MadeDockerEndpoint& made, Context& context) {
    state::write_result(context.state, op.container, op.interface, json(made).dump());
}

void make_endpoint(const DockerEndpoint& op, Context& context) {
    Attaching(op, context).attach();
}

} // namespace ocinet::ops
