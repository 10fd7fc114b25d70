// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/foreign/questions.h"

#include <netinet/in.h>

#include <algorithm>

#include "netsetup/base/text.h"

namespace ocinet::foreign {

namespace {

// No link has it: a bridge that is not there yet is in no rule by its index.
constexpr std::uint32_t nobodys_index = INT32_MAX;

const Interface none{.name = "", .index = 0};

std::uint8_t number_of(const std::string& protocol) {
    return protocol == "tcp" ? IPPROTO_TCP : protocol == "udp" ? IPPROTO_UDP : IPPROTO_SCTP;
}

template <typename Operation, typename Visit>
void for_each(const Plan& plan, Visit visit) {
    for (const auto* steps : {&plan.shared, &plan.own}) {
        for (const auto& step : *steps) {
            if (const auto* found = std::get_if<Operation>(&step.operation)) {
                visit(*found);
            }
        }
    }
}

// Asks for one network.
class Asker {
public:
    Asker(const Plan& plan, const ops::EnsureBridge& bridge, const Surroundings& surroundings)
        : plan_(plan), bridge_op_(bridge), surroundings_(surroundings) {
        const auto index = surroundings.indexes.find(bridge.name);
        bridge_ = {bridge.name,
                   index == surroundings.indexes.end() ? nobodys_index : index->second};
        asked_.network = bridge.network;
        asked_.bridge = bridge.name;
    }

    Questions ask() {
        for_each<ops::ConfigureLink>(plan_, [&](const ops::ConfigureLink& link) {
            for (const auto& container : link.addresses) {
                if (const auto* gateway = gateway_of(container.address)) {
                    ask_about(container.address, *gateway);
                }
            }
        });
        for_each<ops::PublishPorts>(plan_, [&](const ops::PublishPorts& ports) {
            for (const auto& element : ports.elements) {
                ask_about_port(element);
            }
        });
        return std::move(asked_);
    }

private:
    // The bridge's address in the container's subnet; nullptr for an address on another network.
    const IpAddress* gateway_of(const IpAddress& container) const {
        for (const auto& address : bridge_op_.addresses) {
            if (address.contains(container)) {
                return &address.address;
            }
        }
        return nullptr;
    }

    bool is_in(const char* set) const {
        bool found = false;
        for_each<ops::ShareElements>(plan_, [&](const ops::ShareElements& share) {
            for (const auto& element : share.elements) {
                found = found || (element.set == set && element.key.front() == bridge_op_.name);
            }
        });
        return found;
    }

    std::optional<Interface> uplink(int family) const {
        const auto found = surroundings_.uplinks.find(family);
        return found == surroundings_.uplinks.end() ? std::nullopt : std::optional(found->second);
    }

    // What a container sends when it opens a connection. By TCP: a firewall that lets some of ICMP
    // through is in the way all the same.
    Packet sent_by(const IpAddress& container, std::optional<Interface> out) const {
        return {.family = container.family(),
                .in = bridge_,
                .out = std::move(out),
                .source = container,
                .protocol = IPPROTO_TCP,
                .connection = Packet::Connection{}};
    }

    // As it comes in, before connection tracking knows it and translates its destination.
    static Packet arriving(Packet packet) {
        packet.hook = Hook::prerouting;
        packet.out = none;
        packet.destination.reset();
        packet.port.reset();
        packet.connection.reset();
        return packet;
    }

    void ask_about(const IpAddress& container, const IpAddress& gateway) {
        const int family = container.family();
        const Packet outgoing = sent_by(container, uplink(family));
        if (!is_in("internals")) {
            const Packet answer{.family = family,
                                .in = uplink(family),
                                .out = bridge_,
                                .destination = container,
                                .protocol = IPPROTO_TCP,
                                .connection =
                                    Packet::Connection{.established = true, .reply = true}};
            asked_.always.push_back(
                {"outgoing connections", {arriving(outgoing), outgoing, arriving(answer), answer}});
        }
        if (!is_in("limited")) {
            Packet local = sent_by(container, none);
            local.hook = Hook::input;
            local.destination = gateway;
            asked_.always.push_back({"connections to the host", {local}});
        }
        const auto& filtered = surroundings_.filtered_on_bridges;
        if (is_in("same") &&
            std::find(filtered.begin(), filtered.end(), family) != filtered.end()) {
            const Packet beside = sent_by(container, bridge_);
            asked_.always.push_back(
                {"connections between its containers", {arriving(beside), beside}});
        }
    }

    // `any4 { tcp . 8080 : 10.90.0.2 . 80 }`, `arange4 { 192.0.2.1 . tcp . 9000-9002 : 10.90.0.2 }`
    void ask_about_port(const nft::Element& element) {
        const auto container =
            element.value.empty() ? std::nullopt : IpAddress::parse(element.value.front());
        if (!container || !gateway_of(*container) || element.key.size() < 2) {
            return;
        }
        // Behind an address of its own a port is reached by whichever link has it; one of the
        // loopback's never by way of a forward hook.
        const auto host_address =
            element.key.size() > 2 ? IpAddress::parse(element.key.front()) : std::nullopt;
        if (host_address && host_address->is_loopback()) {
            return;
        }
        const auto in = host_address ? std::nullopt : uplink(container->family());
        const std::string& port = element.key.back();
        const std::string& protocol = element.key[element.key.size() - 2];
        const std::uint8_t number = number_of(protocol);
        std::optional<std::uint16_t> inner;
        if (element.value.size() > 1) {
            inner = std::uint16_t(parse_number(element.value.back(), 1, UINT16_MAX).value_or(0));
        }
        if (std::none_of(asked_.any_port.begin(), asked_.any_port.end(), [&](const auto& asked) {
                return asked.packets.front().family == container->family() &&
                       asked.packets.front().protocol == number &&
                       asked.packets.front().in.has_value() == in.has_value();
            })) {
            asked_.any_port.push_back(
                {"published ports", packets_of_port(*container, in, number, {})});
        }
        asked_.ports.push_back(
            {std::string("published port") + (inner ? " " : "s ") + port + "/" + protocol,
             packets_of_port(*container, in, number, inner)});
    }

    std::vector<Packet> packets_of_port(const IpAddress& container,
                                        const std::optional<Interface>& in, std::uint8_t protocol,
                                        std::optional<std::uint16_t> port) const {
        const Packet request{.family = container.family(),
                             .in = in,
                             .out = bridge_,
                             .destination = container,
                             .protocol = protocol,
                             .port = port,
                             .connection = Packet::Connection{.dnat = true}};
        Packet answer = sent_by(container, in);
        answer.protocol = protocol;
        answer.connection = {.established = true, .reply = true, .dnat = true};
        return {arriving(request), request, arriving(answer), answer};
    }

    const Plan& plan_;
    const ops::EnsureBridge& bridge_op_;
    const Surroundings& surroundings_;
    Interface bridge_;
    Questions asked_;
};

} // namespace

std::vector<Questions> questions_of(const Plan& plan, const Surroundings& surroundings) {
    std::vector<Questions> all;
    for_each<ops::EnsureBridge>(plan, [&](const ops::EnsureBridge& bridge) {
        all.push_back(Asker(plan, bridge, surroundings).ask());
    });
    return all;
}

} // namespace ocinet::foreign
