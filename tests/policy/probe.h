// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/place.h"

namespace ocinet::test {

/// One attempt to reach something.
struct Probe {
    /// tcp, udp, sctp or icmp
    std::string protocol;
    std::string address;
    std::uint16_t port = 0;
    /// A UDP packet's first word, by which a server's log tells it from others.
    std::string word;
    /// How long silence is waited for.
    Milliseconds patience = 300ms;
    /// A source address of another's; empty for the place's own.
    std::string source;
    /// 0: the kernel chooses. The same port again continues a UDP flow.
    std::uint16_t source_port = 0;
    /// A UDP packet's least size.
    std::size_t size = 0;
};

/// What became of a probe: the server's answer (echo.h), "echo" for ICMP, "refused" when somebody
/// said no, "silence", or another error's text.
using Answer = std::string;

/// Makes all attempts at once, from inside `place`. collect_answers() gives them in order.
Process start_probes(const Place& place, const std::vector<Probe>& probes);
std::vector<Answer> collect_answers(Process& process);

Answer ask_one(const Place& place, const Probe& probe);

} // namespace ocinet::test
