// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/policy/probe.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <thread>

#include "netsetup/base/error.h"
#include "netsetup/base/fd.h"
#include "netsetup/base/file.h"
#include "tests/policy/socket_address.h"
#include "tests/policy/transport.h"

namespace ocinet::test {

namespace {

using Clock = std::chrono::steady_clock;

Answer failure() {
    if (errno == ECONNREFUSED) {
        return "refused";
    }
    // EINPROGRESS: a connect() that came to the end of its patience. EHOSTUNREACH: the kernel came
    // to the end of its own, three seconds for a neighbour that does not answer, of which an
    // earlier probe of the same neighbour may have used up most.
    const bool waited = errno == EAGAIN || errno == EINPROGRESS || errno == EHOSTUNREACH;
    return waited ? "silence" : errno_text(errno);
}

void set_patience(const Fd& socket, Milliseconds patience) {
    const timeval time{patience / 1s, (patience % 1s) / std::chrono::microseconds(1)};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

bool is_v6(const Probe& probe) {
    return probe.address.find(':') != std::string::npos;
}

void bind_source(const Fd& socket, const Probe& probe) {
    if (probe.source.empty() && probe.source_port == 0) {
        return;
    }
    const int on = 1;
    const std::string any = is_v6(probe) ? "::" : "0.0.0.0";
    const auto source =
        socket_address(probe.source.empty() ? any : probe.source, probe.source_port);
    const int level = is_v6(probe) ? IPPROTO_IPV6 : IPPROTO_IP;
    // Transparent: may send from an address that the place does not have.
    if (::setsockopt(socket.get(), level, is_v6(probe) ? IPV6_TRANSPARENT : IP_TRANSPARENT, &on,
                     sizeof on) != 0 ||
        ::bind(socket.get(), source.generic(), source.size) != 0) {
        throw_errno("bind " + probe.source + ":" + std::to_string(probe.source_port));
    }
}

Transport icmp_transport(const Probe& probe) {
    return {"icmp", SOCK_RAW, is_v6(probe) ? int(IPPROTO_ICMPV6) : int(IPPROTO_ICMP)};
}

Fd open_socket(const Probe& probe) {
    const Transport way =
        probe.protocol == "icmp" ? icmp_transport(probe) : transport(probe.protocol);
    Fd socket(::socket(is_v6(probe) ? AF_INET6 : AF_INET, way.type | SOCK_CLOEXEC, way.protocol));
    if (!socket) {
        throw_errno("socket");
    }
    set_patience(socket, probe.patience);
    bind_source(socket, probe);
    return socket;
}

Answer receive(const Fd& socket) {
    std::array<char, 256> text{};
    const ssize_t size = ::recv(socket.get(), text.data(), text.size(), 0);
    return size < 0 ? failure() : Answer(text.data(), std::size_t(size));
}

Answer exchange(const Fd& socket, const Probe& probe) {
    if (probe.protocol == "udp") {
        std::string packet = probe.word + " ";
        packet.resize(std::max(packet.size(), probe.size), '.');
        if (::send(socket.get(), packet.data(), packet.size(), 0) < 0) {
            return failure();
        }
    }
    return receive(socket);
}

std::uint16_t checksum(const icmphdr& header) {
    const std::uint32_t sum = header.type + header.un.echo.id + header.un.echo.sequence;
    return std::uint16_t(~((sum & 0xffff) + (sum >> 16)));
}

// What differs between ICMP and ICMPv6 here: the numbers, and that a raw IPv6 socket gives no IP
// header and lets the kernel make the checksum (RFC 3542, section 3). The echo's header is the
// same.
struct Icmp {
    std::uint8_t echo;
    std::uint8_t reply;
    std::size_t offset;
};

Icmp icmp_of(const Probe& probe) {
    return is_v6(probe) ? Icmp{ICMP6_ECHO_REQUEST, ICMP6_ECHO_REPLY, 0}
                        : Icmp{ICMP_ECHO, ICMP_ECHOREPLY, sizeof(iphdr)};
}

// A raw socket sees every ICMP packet of the place: the answer is the one with our id.
Answer ping(const Fd& socket, const Probe& probe, std::uint16_t id) {
    const Icmp icmp = icmp_of(probe);
    icmphdr request{};
    request.type = icmp.echo;
    request.un.echo.id = id;
    request.checksum = checksum(request);
    if (::send(socket.get(), &request, sizeof request, 0) < 0) {
        return failure();
    }
    const auto deadline = Clock::now() + probe.patience;
    while (Clock::now() < deadline) {
        std::array<char, 256> packet{};
        const ssize_t size = ::recv(socket.get(), packet.data(), packet.size(), 0);
        if (size < 0) {
            return failure();
        }
        const auto* reply = reinterpret_cast<const icmphdr*>(packet.data() + icmp.offset);
        if (size >= ssize_t(icmp.offset + sizeof(icmphdr)) && reply->type == icmp.reply &&
            reply->un.echo.id == id) {
            return "echo";
        }
    }
    return "silence";
}

Answer attempt(const Probe& probe, std::uint16_t id) {
    try {
        const Fd socket = open_socket(probe);
        const auto address = socket_address(probe.address, probe.port);
        if (::connect(socket.get(), address.generic(), address.size) != 0) {
            return failure();
        }
        return probe.protocol == "icmp" ? ping(socket, probe, id) : exchange(socket, probe);
    } catch (const Error& error) {
        return error.message();
    }
}

} // namespace

Process start_probes(const Place& place, const std::vector<Probe>& probes) {
    // An id of an earlier probe's would continue its flow.
    static std::uint16_t used_ids = 0;
    const std::uint16_t first_id = used_ids;
    used_ids = std::uint16_t(used_ids + probes.size());
    return place.start([&] {
        std::vector<Answer> answers(probes.size());
        std::vector<std::thread> threads;
        threads.reserve(probes.size());
        for (std::size_t i = 0; i < probes.size(); ++i) {
            threads.emplace_back(
                [&, i] { answers[i] = attempt(probes[i], std::uint16_t(first_id + i)); });
        }
        for (auto& thread : threads) {
            thread.join();
        }
        write_all(STDOUT_FILENO, nlohmann::json(answers).dump(), "stdout");
    });
}

std::vector<Answer> collect_answers(Process& process) {
    const Result result = process.wait();
    if (result.status != 0) {
        throw Error("the probes failed: " + result.err);
    }
    return nlohmann::json::parse(result.out).get<std::vector<Answer>>();
}

Answer ask_one(const Place& place, const Probe& probe) {
    Process process = start_probes(place, {probe});
    return collect_answers(process).front();
}

} // namespace ocinet::test
