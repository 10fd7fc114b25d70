// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <nlohmann/json.hpp>

#include "netsetup/base/error.h"
#include "netsetup/base/fd.h"
#include "netsetup/base/text.h"
#include "tests/policy/frames.h"

namespace ocinet::test {

namespace {

constexpr std::size_t addresses = 12; // of a frame; what is behind tells which it is
constexpr std::size_t vlan_tag = 4;   // which the kernel takes out of a frame that it hands over

Fd packet_socket() {
    Fd socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL)));
    sockaddr_ll eth0{};
    eth0.sll_family = AF_PACKET;
    eth0.sll_protocol = htons(ETH_P_ALL);
    eth0.sll_ifindex = int(::if_nametoindex("eth0"));
    if (!socket || ::bind(socket.get(), reinterpret_cast<sockaddr*>(&eth0), sizeof eth0) != 0) {
        throw_errno("packet socket on eth0");
    }
    return socket;
}

std::string behind_addresses(const std::string& frame) {
    const bool tagged = frame.compare(addresses, 2, "\x81\0", 2) == 0;
    return frame.substr(addresses + (tagged ? vlan_tag : 0));
}

// Prints the number of each frame that comes, until one of the last two does.
void listen(const std::vector<Frame>& frames) {
    const Fd socket = packet_socket();
    std::cout << "ready" << std::endl;
    std::array<char, 4096> buffer{};
    for (std::size_t number = 0; number + 2 < frames.size();) {
        sockaddr_ll from{};
        socklen_t size = sizeof from;
        const ssize_t got = ::recvfrom(socket.get(), buffer.data(), buffer.size(), 0,
                                       reinterpret_cast<sockaddr*>(&from), &size);
        if (got < ssize_t(addresses) || from.sll_pkttype == PACKET_OUTGOING) {
            continue;
        }
        const std::string rest(buffer.data() + addresses, std::size_t(got) - addresses);
        const auto found = std::find_if(frames.begin(), frames.end(), [&](const Frame& frame) {
            return behind_addresses(frame.bytes) == rest;
        });
        if (found != frames.end()) {
            number = std::size_t(found - frames.begin());
            std::cout << "\n" << number << std::flush;
        }
    }
}

} // namespace

void send_frames(const std::vector<Frame>& frames) {
    // From one processor, whose queue keeps their order: when the last has come, all have.
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(std::size_t(::sched_getcpu()), &one);
    if (::sched_setaffinity(0, sizeof one, &one) != 0) {
        throw_errno("sched_setaffinity");
    }
    const Fd socket = packet_socket();
    for (const auto& frame : frames) {
        if (::send(socket.get(), frame.bytes.data(), frame.bytes.size(), 0) < 0) {
            throw_errno("send " + frame.name);
        }
    }
}

std::vector<std::string> arrivals(const Place& from, const Place& to,
                                  const std::vector<Frame>& frames) {
    std::vector<Frame> all = frames;
    // Two that are honest, and of different protocols: one comes whatever rule is missing.
    const auto end_with = [&](const std::string& name) {
        all.push_back(*std::find_if(frames.begin(), frames.end(),
                                    [&](const Frame& frame) { return frame.name == name; }));
        all.back().bytes.back() = '!';
    };
    end_with("IPv4");
    end_with("ARP request");
    Process listener = to.start([&] { listen(all); });
    listener.wait_for_output("ready");
    from.in([&] { send_frames(all); });
    std::vector<std::string> names;
    const std::string out = listener.wait().out;
    for (const auto line : split(out, '\n')) {
        if (const auto number = parse_number(line, 0, all.size() - 3)) {
            names.push_back(all[*number].name);
        }
    }
    return names;
}

Identity identity_of(const Place& place, const std::string& interface) {
    const auto link = nlohmann::json::parse(place.sh("ip -j address show dev " + interface)).at(0);
    Identity identity;
    identity.mac = Mac::parse(link.at("address").get<std::string>()).value();
    for (const auto& info : link.at("addr_info")) {
        const auto address = IpAddress::parse(info.at("local").get<std::string>()).value();
        if (address.is_v4()) {
            identity.ipv4 = address;
        } else if (info.at("scope") == "global") {
            identity.ipv6 = address;
        } else {
            identity.link_local = address;
        }
    }
    return identity;
}

std::string wrong_arrivals(const Place& host, const std::string& bridge, const Place& mallory,
                           const Place& alice) {
    const auto frames = frames_of(identity_of(mallory, "eth0"), identity_of(alice, "eth0"),
                                  identity_of(host, bridge));
    const auto came = arrivals(mallory, alice, frames);
    std::string wrong;
    for (const auto& frame : frames) {
        const auto count = std::count(came.begin(), came.end(), frame.name);
        if (count != (frame.honest ? 1 : 0)) {
            wrong += frame.name + ": " + std::to_string(count) + " came\n";
        }
    }
    return wrong;
}

} // namespace ocinet::test
