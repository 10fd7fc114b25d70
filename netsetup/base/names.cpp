// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/base/names.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "netsetup/base/error.h"

namespace ocinet {

namespace {

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool consists_of(std::string_view name, std::string_view others) {
    return std::all_of(name.begin(), name.end(), [&](char c) {
        return is_alphanumeric(c) || others.find(c) != std::string_view::npos;
    });
}

} // namespace

bool is_interface_name(std::string_view name) {
    return !name.empty() && name.size() <= max_interface_name && name != "." && name != ".." &&
           name != "all" && name != "default" && name.front() != '-' && consists_of(name, "_.-");
}

bool is_network_name(std::string_view name) {
    return !name.empty() && name.size() <= max_network_name && is_alphanumeric(name.front()) &&
           consists_of(name, "_.-");
}

bool is_container_id(std::string_view id) {
    // runc's `[\w+-\.]` holds the range from '+' to '.', and so ',' (libcontainer's idRegex).
    return !id.empty() && id.size() <= max_container_id && id != "." && id != ".." &&
           consists_of(id, "_.-+,");
}

bool is_host_name(std::string_view name) {
    return !name.empty() && name.size() <= 253 && is_alphanumeric(name.front()) &&
           consists_of(name, "_.-");
}

std::string link_alias(std::string_view container_id, std::string_view network) {
    return "ocinet:" + std::string(container_id) + ":" + std::string(network);
}

std::optional<std::string> network_of_alias(std::string_view alias) {
    constexpr std::string_view head = "ocinet::";
    return alias.starts_with(head) ? std::optional(std::string(alias.substr(head.size())))
                                   : std::nullopt;
}

std::uint64_t stable_hash(std::string_view text) {
    std::uint64_t hash = 14695981039346656037U;
    for (const char c : text) {
        hash = (hash ^ std::uint8_t(c)) * 1099511628211U;
    }
    return hash;
}

// Plugins call links by an id's first characters, which the hash alone has in common for names that
// differ at their end.
std::string long_id(std::string_view text) {
    return NameSource(stable_hash(text)).long_id();
}

NameSource NameSource::from_kernel() {
    std::uint64_t seed = 0;
    if (::getrandom(&seed, sizeof seed, 0) != ssize_t(sizeof seed)) {
        throw_errno("getrandom");
    }
    return NameSource(seed);
}

std::string NameSource::link_name() {
    const char* letters = "abcdefghijklmnopqrstuvwxyz234567";
    std::uint64_t bits = next();
    std::string name = "oc";
    for (int i = 0; i < 13; ++i, bits >>= 5) {
        name += letters[bits & 31];
    }
    return name;
}

std::string NameSource::long_id() {
    std::string id;
    for (int part = 0; part < 4; ++part) {
        std::array<char, 17> digits{};
        std::snprintf(digits.data(), digits.size(), "%016llx",
                      static_cast<unsigned long long>(next()));
        id += digits.data();
    }
    return id;
}

// splitmix64 (Steele, Lea, Flood 2014): one step a number, every seed good.
std::uint64_t NameSource::next() {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
}

} // namespace ocinet
