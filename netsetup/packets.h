// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "netsetup/base/fd.h"

/// A socket of a program of ours: of the type SOCK_SEQPACKET (unix(7)), root's and its owner's
/// alone. A packet is a request in JSON, and so is its answer: {}, or {"error": TEXT}.
namespace ocinet::packets {

inline constexpr std::size_t largest = 65536;

/// Nothing when nobody listens there. `patience`: for an answer. Throws Error.
std::optional<Fd> connect(const std::string& path, std::chrono::milliseconds patience);
/// Asks and waits; throws Error with what `who` says is wrong, or that it says nothing.
void ask(const Fd& socket, const nlohmann::json& request, const std::string& who);

/// The other end; what it accepts does not block. Who listens there already is put out, so that the
/// caller must know that nobody does. Throws Error.
Fd listen(const std::string& path);
/// Nobody, when he is gone already.
Fd accept(const Fd& listener);
/// Nothing when who asks has gone, or has not asked yet. Throws what parsing it throws, and Error.
std::optional<nlohmann::json> receive(const Fd& client);
void answer(const Fd& client, const nlohmann::json& json);

} // namespace ocinet::packets
