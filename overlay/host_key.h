// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include "netsetup/base/address.h"
#include "netsetup/wireguard.h"

/// By which hosts know each other in encrypted networks.
namespace ocinet::overlay {

/// In base64, as `wg show` writes keys.
std::string to_text(const wireguard::Key& key);
/// Nothing for what is no key.
std::optional<wireguard::Key> parse_host_key(const std::string& text);

/// The host's address inside the encrypted network of hosts, fd6f:6369::/32: what is behind are the
/// first 96 bits of its public key, so that nobody gives these addresses out, and nobody takes
/// another's.
IpAddress inner_address(const wireguard::Key& public_key);
inline constexpr unsigned inner_length = 32;

/// This host's private key: it is made once, and never leaves the file. Throws Error.
wireguard::Key own_key(const std::string& directory);

} // namespace ocinet::overlay
