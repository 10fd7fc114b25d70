// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ocinet {

/// IFNAMSIZ less the final NUL (include/uapi/linux/if.h).
inline constexpr std::size_t max_interface_name = 15;

/// A network's name goes with a container's 64-character id into an nft comment of 128 characters.
inline constexpr std::size_t max_network_name = 63;

/// A container's id goes with its network's name into a link's alias: IFALIASZ, 256 with the NUL.
inline constexpr std::size_t max_container_id = 180;

/// As the kernel's dev_valid_name(), and not the name of the settings for all interfaces: no '/',
/// no ':', no white space, not "." or ".."; and no character that would need quoting in a shell or
/// an nft script.
bool is_interface_name(std::string_view name);

/// Letters, digits, '_', '.', '-'; begins with a letter or digit: safe as a file's name.
bool is_network_name(std::string_view name);
bool is_container_id(std::string_view id);

/// What may stand as a name in a line of a hosts file: letters, digits, '_', '.', '-'; begins with
/// a letter or digit; 253 at most. Wider than RFC 1123, as containers' names are.
bool is_host_name(std::string_view name);

/// The alias that marks a link as ours: `ocinet:<container id>:<network>`; a link that containers
/// share has no id. IFLA_IFALIAS is the kernel's only free text on a link.
std::string link_alias(std::string_view container_id, std::string_view network);

/// The network of a link that containers share; nothing for any other alias.
std::optional<std::string> network_of_alias(std::string_view alias);

/// The same number for the same text in every version: FNV-1a, which spreads, and hides nothing.
std::uint64_t stable_hash(std::string_view text);

/// The same 64 hexadecimal digits for the same text, as engines call a network.
std::string long_id(std::string_view text);

/// A source of names that nobody else has chosen. Drivers draw from one that is handed to them, so
/// that they stay functions of their input; the same seed gives the same names.
class NameSource {
public:
    explicit NameSource(std::uint64_t seed) : state_(seed) {}
    /// Seeded by the kernel.
    static NameSource from_kernel();

    /// A number for a source of its own.
    std::uint64_t seed() { return next(); }
    /// `oc` and 13 characters: 64 random bits.
    std::string link_name();
    /// 64 hexadecimal digits.
    std::string long_id();
    /// A number below `limit`.
    std::uint64_t below(std::uint64_t limit) { return next() % limit; }

private:
    std::uint64_t next();
    std::uint64_t state_;
};

} // namespace ocinet
