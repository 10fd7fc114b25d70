// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/upper_link.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "netsetup/base/text.h"
#include "netsetup/json.h"
#include "netsetup/link.h"
#include "netsetup/ops/in_use.h"

namespace ocinet::ops {

OCINET_JSON(CreateUpperLink, kind, mode, flag, parent, temporary, name, mac, mtu, alias,
            broadcast_limit)

namespace {

const std::string in_container = "nsenter -t $PID -n ";

struct Word {
    const char* kind;
    const char* word;
    unsigned number;
};

constexpr std::array modes{Word{"macvlan", "private", MACVLAN_MODE_PRIVATE},
                           Word{"macvlan", "vepa", MACVLAN_MODE_VEPA},
                           Word{"macvlan", "bridge", MACVLAN_MODE_BRIDGE},
                           Word{"macvlan", "passthru", MACVLAN_MODE_PASSTHRU},
                           Word{"ipvlan", "l2", IPVLAN_MODE_L2},
                           Word{"ipvlan", "l3", IPVLAN_MODE_L3},
                           Word{"ipvlan", "l3s", IPVLAN_MODE_L3S}};
constexpr std::array flags{Word{"ipvlan", "bridge", 0}, Word{"ipvlan", "private", IPVLAN_F_PRIVATE},
                           Word{"ipvlan", "vepa", IPVLAN_F_VEPA}};

template <typename Words>
unsigned number_of(const Words& words, const std::string& kind, const std::string& wanted) {
    for (const auto& word : words) {
        if (kind == word.kind && wanted == word.word) {
            return word.number;
        }
    }
    throw Error("\"" + wanted + "\" is no mode of " + kind);
}

void put_data(netlink::Message& data, const CreateUpperLink& op) {
    const unsigned mode = number_of(modes, op.kind, op.mode);
    if (op.kind == "macvlan") {
        data.put_u32(IFLA_MACVLAN_MODE, mode);
        if (op.broadcast_limit) {
            data.put_u32(link::macvlan_broadcast_limit, std::uint32_t(*op.broadcast_limit));
        }
    } else {
        data.put_u16(IFLA_IPVLAN_MODE, std::uint16_t(mode));
        data.put_u16(IFLA_IPVLAN_FLAGS, std::uint16_t(number_of(flags, op.kind, op.flag)));
    }
}

// Made where it is wanted, but not with the name that is wanted: whoever finds that one must know
// that it is ours, and the kernel takes no alias here.
netlink::Message create(const CreateUpperLink& op, int parent, int netns) {
    netlink::Message message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
    message.header<ifinfomsg>().ifi_family = AF_UNSPEC;
    message.put_string(IFLA_IFNAME, op.temporary);
    message.put_u32(IFLA_LINK, std::uint32_t(parent));
    message.put_u32(IFLA_NET_NS_FD, std::uint32_t(netns));
    message.put_u32(IFLA_MTU, op.mtu);
    if (op.mac) {
        message.put(IFLA_ADDRESS, op.mac->bytes.data(), op.mac->bytes.size());
    }
    message.nest(IFLA_LINKINFO, [&](netlink::Message& info) {
        info.put_string(IFLA_INFO_KIND, op.kind);
        info.nest(IFLA_INFO_DATA, [&](netlink::Message& data) { put_data(data, op); });
    });
    return message;
}

// What the kernel means (drivers/net/macvlan.c, drivers/net/ipvlan/ipvlan_main.c). That a parent
// belongs to one of ours is known before.
void explain(netlink::Refused& refused, const CreateUpperLink& op) {
    switch (refused.error()) {
    case EBUSY:
        refused.hint(op.parent + " is another's: a port of a bridge or bond, or it carries " +
                     (op.kind == "macvlan" ? "ipvlan" : "macvlan") + " interfaces, or " +
                     "one in mode passthru, of another program's containers");
        break;
    case EINVAL:
        if (op.kind == "macvlan") {
            refused.hint(op.parent + " carries macvlan interfaces already, and mode passthru "
                                     "shares with none");
        }
        break;
    case EOPNOTSUPP:
        refused.hint("this kernel has no " + op.kind + ": it lacks CONFIG_" +
                     (op.kind == "macvlan" ? "MACVLAN" : "IPVLAN"));
        break;
    default: break;
    }
}

netlink::Message commit(const CreateUpperLink& op, int index) {
    netlink::Message message(RTM_SETLINK, 0);
    message.header<ifinfomsg>().ifi_index = index;
    message.put_string(IFLA_IFNAME, op.name);
    message.put_string(IFLA_IFALIAS, op.alias);
    message.command(1);
    return message;
}

void send_commit(const CreateUpperLink& op, int index, Context& context) {
    try {
        context.container->route.send(commit(op, index));
    } catch (netlink::Refused& refused) {
        if (refused.error() == EEXIST) {
            refused.hint("the container has an interface " + op.name +
                         " already: run it without another network (podman run --network none), "
                         "or choose another with interface_name=");
        }
        throw;
    }
}

// The kernel's default is 1, which it does not tell (drivers/net/macvlan.c: macvlan_fill_info()).
bool has_limit(const CreateUpperLink& op, const link::Link& link) {
    return !op.broadcast_limit || link.broadcast_limit.value_or(1) == *op.broadcast_limit;
}

// An older kernel does not know the attribute, and takes it in silence.
void require_limit(const CreateUpperLink& op, const link::Link& made) {
    if (!has_limit(op, made)) {
        throw Error("this kernel knows no bclim").hint("Linux 6.4 is the first that does");
    }
}

std::string words_of(const CreateUpperLink& op) {
    return "type " + op.kind + " mode " + op.mode + (op.flag.empty() ? "" : " " + op.flag) +
           (op.broadcast_limit ? " bclim " + std::to_string(*op.broadcast_limit) : "");
}

} // namespace

Description describe(const CreateUpperLink& op) {
    return {{"ip link add link " + op.parent + " name " + op.temporary +
                 (op.mac ? " address " + op.mac->text() : "") + " mtu " + std::to_string(op.mtu) +
                 " netns $PID " + words_of(op),
             in_container + "ip link set dev " + op.temporary + " name " + op.name + " alias " +
                 shell_word(op.alias)},
            {in_container + "ip link delete dev " + op.name}};
}

Needs needs(const CreateUpperLink&) {
    return {.container = true, .container_to_undo = true, .link_watch = true};
}

void apply(const CreateUpperLink& op, Context& context) {
    const int parent = link::required(context.route, op.parent).index;
    try {
        // A parent that carries one in mode passthru, or is wanted for one
        // (macvlan_common_newlink()).
        attempt_while_in_use(context, {EBUSY, EINVAL}, [&](bool) {
            context.route.send(create(op, parent, context.container->netns.get()));
        });
    } catch (netlink::Refused& refused) {
        explain(refused, op);
        throw;
    }
    const auto made = link::required(context.container->route, op.temporary);
    require_limit(op, made);
    send_commit(op, made.index, context);
}

// Without the namespace there is nothing to remove: the kernel removes the interface with it.
void undo(const CreateUpperLink& op, Context& context, Undo) {
    if (!context.container) {
        return;
    }
    auto& route = context.container->route;
    link::remove(route, op.temporary);
    // The container may have called it otherwise.
    for (const auto& found : link::with_alias(route, op.alias)) {
        link::remove(route, found.name);
    }
}

std::vector<std::string> remains(const CreateUpperLink& op, Context& context) {
    std::vector<std::string> left;
    if (context.container) {
        for (const auto& found : link::with_alias(context.container->route, op.alias)) {
            left.push_back("the container's " + found.name + " still exists");
        }
    }
    return left;
}

std::vector<std::string> check(const CreateUpperLink& op, Context& context) {
    const auto found = link::find(context.container->route, op.name);
    if (!found) {
        return {"the container's " + op.name + " is missing"};
    }
    const auto parent = link::find(context.route, op.parent);
    const std::string name = "the container's " + op.name;
    const bool is_mode = found->kind == op.kind &&
                         found->mode == number_of(modes, op.kind, op.mode) &&
                         (op.flag.empty() || found->flags == number_of(flags, op.kind, op.flag)) &&
                         has_limit(op, *found);
    Differences differences;
    differences.expect(is_mode, name + " is no link of " + words_of(op));
    differences.expect(parent && found->lower == parent->index,
                       name + " does not stand on " + op.parent);
    differences.expect(found->alias == op.alias, name + " has alias \"" + found->alias + "\"");
    differences.expect(!op.mac || found->mac == *op.mac,
                       name + " has address " + found->mac.text());
    differences.expect(found->mtu == op.mtu, name + " has mtu " + std::to_string(found->mtu));
    return std::move(differences).list();
}

} // namespace ocinet::ops
