// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/endpoints.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <optional>
#include <span>

#include "netsetup/attributes.h"
#include "netsetup/neighbour.h"
#include "netsetup/routes.h"

namespace ocinet::endpoints {

namespace {

// The kernel's answers must fit into a socket's buffer, 208 KiB by default, of which each takes
// about one.
constexpr std::size_t largest_batch = 64;

struct Table {
    /// The VXLAN device's own entries: behind which host.
    std::map<Mac, IpAddress> hosts;
    /// The bridge's, behind its port; the same MAC addresses where all is well.
    std::map<Mac, bool> port;
    std::map<IpAddress, Mac> neighbours;
};

Table table_of(const std::vector<Endpoint>& endpoints) {
    Table table;
    for (const auto& endpoint : endpoints) {
        table.hosts[endpoint.mac] = endpoint.host;
        table.port[endpoint.mac] = true;
        for (const auto& address : endpoint.addresses) {
            table.neighbours[address] = endpoint.mac;
        }
    }
    return table;
}

// An entry of the device's own, or of the bridge's for this port of it. The zero address, to which
// floods go, is none of ours.
void take_forwarding(const nlmsghdr& answer, int vxlan, Table& table) {
    const auto& entry = netlink::header_of<ndmsg>(answer);
    const auto mac = neighbour::mac_in(answer);
    if (entry.ndm_ifindex != vxlan || !mac || *mac == Mac()) {
        return;
    }
    const auto host = netlink::address_of(netlink::attribute(answer, sizeof entry, NDA_DST));
    if ((entry.ndm_flags & NTF_SELF) != 0 && host) {
        table.hosts[*mac] = *host;
    } else if ((entry.ndm_flags & NTF_SELF) == 0 && (entry.ndm_state & NUD_PERMANENT) == 0) {
        table.port[*mac] = (entry.ndm_state & NUD_NOARP) != 0;
    }
}

void take_neighbour(const nlmsghdr& answer, int bridge, Table& table) {
    const auto& entry = netlink::header_of<ndmsg>(answer);
    const auto address = netlink::address_of(netlink::attribute(answer, sizeof entry, NDA_DST));
    const auto mac = neighbour::mac_in(answer);
    if (entry.ndm_ifindex == bridge && address && mac && neighbour::is_ours(answer)) {
        table.neighbours[*address] = *mac;
    }
}

// A list may lack what others' changes pushed aside while it was read: its reader counts entries
// (net/bridge/br_fdb.c: br_fdb_dump(), net/core/neighbour.c: neigh_dump_table()).
void list_forwarding(netlink::Socket& socket, int vxlan, Table& table) {
    netlink::Message forwarding(RTM_GETNEIGH, 0);
    auto& header = forwarding.header<ndmsg>();
    header.ndm_family = AF_BRIDGE;
    header.ndm_ifindex = vxlan;
    socket.dump(std::move(forwarding),
                [&](const nlmsghdr& answer) { take_forwarding(answer, vxlan, table); });
}

Table list(netlink::Socket& socket, const Links& links) {
    Table table;
    list_forwarding(socket, links.vxlan, table);
    for (const int family : {AF_INET, AF_INET6}) {
        netlink::Message neighbours(RTM_GETNEIGH, 0);
        neighbours.header<ndmsg>().ndm_family = std::uint8_t(family);
        neighbours.put_u32(NDA_IFINDEX, std::uint32_t(links.bridge));
        socket.dump(std::move(neighbours),
                    [&](const nlmsghdr& answer) { take_neighbour(answer, links.bridge, table); });
    }
    return table;
}

void send(netlink::Socket& socket, std::vector<netlink::Message>& messages,
          const netlink::Socket::Answer& answer = {}) {
    std::span<netlink::Message> left(messages);
    while (!left.empty()) {
        const auto batch = left.first(std::min(left.size(), largest_batch));
        socket.send(batch, answer);
        left = left.subspan(batch.size());
    }
}

// What is there of the wanted, each asked about.
Table look_up(netlink::Socket& socket, const Links& links, const Table& wanted) {
    std::vector<netlink::Message> requests;
    for (const auto& [mac, host] : wanted.hosts) {
        for (const std::uint8_t whose : {NTF_SELF, NTF_MASTER}) {
            requests.push_back(neighbour::ask_forwarding(mac, links.vxlan, whose));
        }
    }
    for (const auto& [address, mac] : wanted.neighbours) {
        requests.push_back(neighbour::ask_address(address, links.bridge));
    }
    Table table;
    send(socket, requests, [&](const nlmsghdr& answer) {
        if (netlink::header_of<ndmsg>(answer).ndm_family == AF_BRIDGE) {
            take_forwarding(answer, links.vxlan, table);
        } else {
            take_neighbour(answer, links.bridge, table);
        }
    });
    return table;
}

/// What differs between two maps: `gone` of what is there alone, `put` of what is wanted and is not
/// there, or not so.
template <typename Key, typename Value, typename Gone, typename Put>
void compare(const std::map<Key, Value>& there, const std::map<Key, Value>& wanted, Gone gone,
             Put put) {
    for (const auto& [key, value] : there) {
        if (!wanted.contains(key)) {
            gone(key, value);
        }
    }
    for (const auto& [key, value] : wanted) {
        const auto found = there.find(key);
        if (found == there.end() || found->second != value) {
            put(key, value);
        }
    }
}

// Who is gone is not answered for any more, before the way to it goes; and who has come is answered
// for once there is a way.
class Changes {
public:
    explicit Changes(const Links& links) : links_(links) {}

    void between(const Table& there, const Table& wanted) {
        const auto ignore = [](const auto&, const auto&) {};
        compare(
            there.neighbours, wanted.neighbours,
            [&](const IpAddress& address, const Mac& mac) {
                forget(neighbour::of_address(RTM_DELNEIGH, 0, address, mac, links_.bridge));
            },
            ignore);
        compare(
            there.hosts, wanted.hosts,
            [&](const Mac& mac, const IpAddress& host) {
                auto message = neighbour::forwarding(RTM_DELNEIGH, 0, mac, links_.vxlan, NTF_SELF);
                message.put(NDA_DST, host.data(), host.size());
                forget(std::move(message));
            },
            [&](const Mac& mac, const IpAddress& host) {
                auto message = neighbour::forwarding(RTM_NEWNEIGH, neighbour::replace, mac,
                                                     links_.vxlan, NTF_SELF);
                message.put(NDA_DST, host.data(), host.size());
                messages.push_back(std::move(message));
            });
        compare(
            there.port, wanted.port,
            [&](const Mac& mac, bool) {
                forget(neighbour::forwarding(RTM_DELNEIGH, 0, mac, links_.vxlan, NTF_MASTER));
            },
            [&](const Mac& mac, bool) {
                messages.push_back(neighbour::forwarding(RTM_NEWNEIGH, neighbour::replace, mac,
                                                         links_.vxlan, NTF_MASTER));
            });
        compare(there.neighbours, wanted.neighbours, ignore,
                [&](const IpAddress& address, const Mac& mac) {
                    messages.push_back(neighbour::of_address(RTM_NEWNEIGH, neighbour::replace,
                                                             address, mac, links_.bridge));
                });
    }

    std::vector<netlink::Message> messages;

private:
    void forget(netlink::Message message) {
        message.allow(ENOENT);
        messages.push_back(std::move(message));
    }

    Links links_;
};

std::size_t change_table(netlink::Socket& socket, const Links& links, const Table& there,
                         const Table& wanted) {
    Changes changes(links);
    changes.between(there, wanted);
    send(socket, changes.messages);
    return changes.messages.size();
}

} // namespace

std::vector<std::string> commands(const Endpoint& endpoint, const std::string& vxlan,
                                  const std::string& bridge) {
    const std::string mac = endpoint.mac.text();
    std::vector<std::string> commands{"bridge fdb replace " + mac + " dev " + vxlan + " dst " +
                                          endpoint.host.text() + " self permanent",
                                      "bridge fdb replace " + mac + " dev " + vxlan +
                                          " master static"};
    for (const auto& address : endpoint.addresses) {
        commands.push_back("ip neighbour replace " + address.text() + " lladdr " + mac + " dev " +
                           bridge + " nud permanent protocol " +
                           std::to_string(route::our_protocol));
    }
    return commands;
}

std::size_t synchronise(netlink::Socket& socket, const Links& links,
                        const std::vector<Endpoint>& wanted) {
    return change_table(socket, links, list(socket, links), table_of(wanted));
}

std::size_t change(netlink::Socket& socket, const Links& links, const std::vector<Endpoint>& known,
                   const std::vector<Endpoint>& wanted) {
    return change_table(socket, links, table_of(known), table_of(wanted));
}

std::set<IpAddress> hosts(netlink::Socket& socket, int vxlan) {
    Table table;
    list_forwarding(socket, vxlan, table);
    std::set<IpAddress> hosts;
    for (const auto& [mac, host] : table.hosts) {
        hosts.insert(host);
    }
    return hosts;
}

std::vector<std::string> differences(netlink::Socket& socket, const Links& links,
                                     const std::vector<Endpoint>& wanted) {
    std::vector<std::string> found;
    const Table expected = table_of(wanted);
    const Table there = look_up(socket, links, expected);
    const auto ignore = [](const auto&, const auto&) {};
    compare(there.hosts, expected.hosts, ignore, [&](const Mac& mac, const IpAddress& host) {
        found.push_back(mac.text() + " is not sent to host " + host.text());
    });
    compare(there.port, expected.port, ignore, [&](const Mac& mac, bool) {
        found.push_back(mac.text() + " is not behind the tunnel");
    });
    compare(there.neighbours, expected.neighbours, ignore,
            [&](const IpAddress& address, const Mac& mac) {
                found.push_back("neighbour " + address.text() + " is not " + mac.text());
            });
    return found;
}

} // namespace ocinet::endpoints
