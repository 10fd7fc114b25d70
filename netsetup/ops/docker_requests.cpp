// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/docker_requests.h"

#include <nlohmann/json.hpp>

#include "netsetup/base/json_text.h"

namespace ocinet::ops {

using nlohmann::json;

namespace {

// libnetwork's name of its own, for pools that are no plugin's.
constexpr const char* own_space = "LocalDefault";

constexpr const char* gateway_label = "com.docker.network.gateway";

std::string gateway_of(const EnsureDockerNetwork::Pool& pool) {
    return pool.gateway && pool.subnet ? Prefix{*pool.gateway, pool.subnet->length}.text() : "";
}

} // namespace

json pool_request(const EnsureDockerNetwork& op, const EnsureDockerNetwork::Pool& pool,
                  const std::string& space) {
    return {{"AddressSpace", space},
            {"Pool", pool.subnet ? pool.subnet->text() : ""},
            {"SubPool", ""},
            {"Options", json::parse(op.ipam_options)},
            {"V6", pool.ipv6}};
}

json gateway_request(const std::string& pool_id, const EnsureDockerNetwork::Pool& pool) {
    return {{"PoolID", pool_id},
            {"Address", pool.gateway ? pool.gateway->text() : ""},
            {"Options", {{"RequestAddressType", gateway_label}}}};
}

bool is_for_gateway(const json& request) {
    const auto options = request.find("Options");
    return options != request.end() && text_in(*options, "RequestAddressType") == gateway_label;
}

std::string gateway_in(const json& answer) {
    const auto data = answer.find("Data");
    return data != answer.end() ? text_in(*data, gateway_label) : "";
}

std::vector<MadeDockerNetwork::Pool> own_pools(const EnsureDockerNetwork& op) {
    std::vector<MadeDockerNetwork::Pool> pools;
    for (const auto& pool : op.pools) {
        pools.push_back({.space = own_space,
                         .subnet = pool.subnet ? pool.subnet->text() : "",
                         .gateway = gateway_of(pool),
                         .ipv6 = pool.ipv6});
    }
    return pools;
}

json network_request(const EnsureDockerNetwork& op,
                     const std::vector<MadeDockerNetwork::Pool>& pools) {
    json request{{"NetworkID", op.id},
                 {"Options", json::parse(op.options)},
                 {"IPv4Data", json::array()},
                 {"IPv6Data", json::array()}};
    for (const auto& pool : pools) {
        request[pool.ipv6 ? "IPv6Data" : "IPv4Data"].push_back({{"AddressSpace", pool.space},
                                                                {"Pool", pool.subnet},
                                                                {"Gateway", pool.gateway},
                                                                {"AuxAddresses", json::object()}});
    }
    return request;
}

// Some give an address to a MAC address.
json address_request(const DockerEndpoint& op, const DockerEndpoint::Pool& pool,
                     const std::string& pool_id) {
    json options = json::object();
    if (op.mac) {
        options["com.docker.network.endpoint.macaddress"] = op.mac->text();
    }
    return {{"PoolID", pool_id},
            {"Address", pool.wanted ? pool.wanted->text() : ""},
            {"Options", options}};
}

json endpoint_ids(const DockerEndpoint& op) {
    return {{"NetworkID", op.network_id}, {"EndpointID", op.id}};
}

json endpoint_request(const DockerEndpoint& op, const std::vector<AddressText>& addresses) {
    json interface{{"Address", ""}, {"AddressIPv6", ""}, {"MacAddress", ""}};
    for (const auto& address : addresses) {
        interface[address.ipv6 ? "AddressIPv6" : "Address"] = address.text;
    }
    if (op.mac) {
        interface["MacAddress"] = op.mac->text();
    }
    json request = endpoint_ids(op);
    request["Interface"] = interface;
    request["Options"] = json::parse(op.options);
    return request;
}

json join_request(const DockerEndpoint& op, const std::string& netns) {
    json request = endpoint_ids(op);
    request["SandboxKey"] = netns;
    request["Options"] = json::object();
    return request;
}

json publish_request(const DockerEndpoint& op) {
    json request = endpoint_ids(op);
    request["Options"] = json::parse(op.options);
    return request;
}

std::vector<AddressText> texts_of(const std::vector<Prefix>& addresses) {
    std::vector<AddressText> texts;
    for (const auto& address : addresses) {
        texts.push_back({address.text(), !address.address.is_v4()});
    }
    return texts;
}

} // namespace ocinet::ops
