// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/repair.h"

#include <sys/socket.h>

#include "drivers/parts/forwarding.h"
#include "netsetup/base/names.h"
#include "netsetup/host_view.h"
#include "netsetup/link.h"
#include "netsetup/peers.h"
#include "netsetup/reconnect.h"
#include "netsetup/wanted_elements.h"

namespace ocinet::cli {

namespace {

constexpr const char* start_again = "start the container again";

// What is inside the container it may have changed itself; and of what is not named below nobody
// has said that it can safely be done again.
template <typename Op>
std::string repair(const Op&, Context&) {
    return start_again;
}

// One with another value is there under the same key: it goes first.
void put_back(const std::vector<nft::Element>& elements, Context& context) {
    const auto missing = nft::absent(context.netfilter, elements);
    nft::remove(context.netfilter, missing);
    nft::add(context.netfilter, missing);
}

std::string taken_by(const std::string& owner) {
    return "container " + owner + " has it by now: " + start_again;
}

std::string repair(const ops::TakeAddress& op, Context& context) {
    const auto owner = state::lease_owner(context.state, op.range, op.address);
    if (owner) {
        return taken_by(*owner);
    }
    apply(op, context);
    return "";
}

std::string repair(const ops::TakePorts& op, Context& context) {
    const auto owner = state::port_owner(context.state, op.claim);
    if (owner) {
        return taken_by(*owner);
    }
    apply(op, context);
    return "";
}

std::string repair(const ops::EnsurePolicy&, Context& context) {
    reload_policy(context.state, context.route, context.netfilter);
    return "";
}

// As a container would that is attached now: it may be that others have turned it off, and that the
// host has other interfaces than it had, which it must not route between.
std::string repair(const ops::EnableForwarding& op, Context& context) {
    NameSource names = NameSource::from_kernel();
    const HostView view = look({.forwarding4 = !op.ipv6, .forwarding6 = op.ipv6}, context.state,
                               context.route, context.netfilter, names);
    const auto wanted = drivers::wanted_forwarding(view, op.ipv6 ? AF_INET6 : AF_INET);
    if (wanted.turn_on) {
        apply(wanted, context);
    }
    put_back(ops::guard_elements(context.state), context);
    return "";
}

// A link that all containers of a network share, brought to what it should be.
template <typename Op>
std::string make_again(Op op, const char* kind, Context& context) {
    const auto found = link::find(context.route, op.name);
    if (found && (found->kind != kind || found->alias != link_alias("", op.network))) {
        return "the host's interface " + op.name + " is not this network's";
    }
    op.found = found ? Op::Found::incomplete : Op::Found::absent;
    // The record knows of none that was being made: nobody else would remove it.
    link::remove(context.route, op.temporary);
    try {
        apply(op, context);
    } catch (const Error&) {
        link::remove(context.route, op.temporary);
        throw;
    }
    return "";
}

std::string repair(const ops::EnsureBridge& op, Context& context) {
    return make_again(op, "bridge", context);
}

std::string repair(const ops::EnsureVxlan& op, Context& context) {
    return make_again(op, "vxlan", context);
}

std::string repair(const ops::KnowEndpoints& op, Context& context) {
    apply(op, context);
    return "";
}

std::string repair(const ops::AdvertiseContainer& op, Context& context) {
    apply(op, context);
    return "";
}

std::string repair(const ops::ShareElements& op, Context& context) {
    put_back(op.elements, context);
    return "";
}

std::string repair(const ops::OwnElements& op, Context& context) {
    put_back(op.elements, context);
    return "";
}

std::string repair(const ops::PublishPorts& op, Context& context) {
    if (!ops::holds_claims(op, context.state, context.container_id)) {
        return "the container does not hold these ports any more";
    }
    put_back(op.elements, context);
    apply(op, context); // flows of UDP that began meanwhile end
    return "";
}

std::string repair(const ops::AccessVlan& op, Context& context) {
    apply(op, context);
    return "";
}

// With the sub-interface goes all that stands on it, the container's interface too.
std::string repair(ops::EnsureVlan op, Context& context) {
    const auto found = link::find(context.route, op.name);
    if (!found || found->alias != link_alias("", op.name)) {
        return start_again;
    }
    op.found = true;
    apply(op, context);
    return "";
}

std::string repair(ops::EnsureHostLink op, Context& context) {
    const auto found = link::find(context.route, op.name);
    op.found = found && found->alias == link_alias("", op.network);
    if (found && !op.found) {
        return "the host's interface " + op.name + " is not this network's";
    }
    apply(op, context);
    return "";
}

std::string repair(const ops::AddHostRoute& op, Context& context) {
    apply(op, context);
    return "";
}

std::string repair(const ops::CreateVeth& op, Context& context) {
    return reconnect(op, context.route)
               ? ""
               : "a new link would be another than the container's: " + std::string(start_again);
}

} // namespace

std::string repair(const Operation& operation, Context& context) {
    return std::visit([&](const auto& op) { return repair(op, context); }, operation);
}

std::size_t reload_policy(const state::Directory& directory, netlink::Socket& route,
                          netlink::Socket& netfilter) {
    const auto elements = wanted_elements(directory, route);
    if (!elements.empty()) {
        PolicyLoader::start().load(elements);
        peers::settle(route, netfilter, elements);
    }
    return elements.size();
}

} // namespace ocinet::cli
