// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/state/ports.h"

#include <vector>

#include "netsetup/base/error.h"
#include "netsetup/base/text.h"

namespace ocinet::state {

namespace {

std::string ports_of(const PortClaim& claim) {
    return "ports/" + claim.protocol;
}

std::string ranges_of(const PortClaim& claim) {
    return "ports/" + claim.protocol + "-ranges";
}

// ports/tcp/8080 or ports/tcp-ranges/9000-9010
std::string directory_of(const PortClaim& claim) {
    const auto first = std::to_string(claim.first);
    return claim.count == 1 ? ports_of(claim) + "/" + first
                            : ranges_of(claim) + "/" + first + "-" +
                                  std::to_string(claim.first + claim.count - 1);
}

// The owner of an address below `path` that overlaps the claim's.
std::optional<std::string> owner_below(const Directory& directory, const std::string& path,
                                       const PortClaim& claim) {
    for (const auto& name : names_in(directory, path)) {
        const auto address = IpAddress::parse(name);
        if (!address) {
            throw Error(path + "/" + name + " is not a claim of ours");
        }
        if (claim.covers(*address)) {
            return read_owner(directory, path + "/" + name);
        }
    }
    return std::nullopt;
}

// True when a directory's name, "8080" or "9000-9010", shares a port with the claim.
bool overlaps(const std::string& name, const PortClaim& claim) {
    const auto ends = split(name, '-');
    const auto first = parse_number(ends.front(), 1, 65535);
    const auto last = parse_number(ends.back(), 1, 65535);
    return first && last && *first < std::uint64_t(claim.first) + claim.count &&
           claim.first <= *last;
}

std::optional<std::string> owner_among(const Directory& directory, const std::string& path,
                                       const PortClaim& claim) {
    for (const auto& name : names_in(directory, path)) {
        if (overlaps(name, claim)) {
            if (auto owner = owner_below(directory, path + "/" + name, claim)) {
                return owner;
            }
        }
    }
    return std::nullopt;
}

} // namespace

std::optional<std::string> port_owner(const Directory& directory, const PortClaim& claim) {
    auto owner = claim.count == 1 ? owner_below(directory, directory_of(claim), claim)
                                  : owner_among(directory, ports_of(claim), claim);
    return owner ? owner : owner_among(directory, ranges_of(claim), claim);
}

void take_ports(const Directory& directory, const PortClaim& claim, const std::string& id) {
    const std::string path = directory_of(claim);
    make_directory(directory, path.substr(0, path.rfind('/')));
    make_directory(directory, path);
    if (!take_for(directory, path + "/" + claim.address.text(), id)) {
        throw Error(path + " is published by another container");
    }
}

void release_ports(const Directory& directory, const PortClaim& claim, const std::string& id) {
    const std::string path = directory_of(claim);
    if (release_for(directory, path + "/" + claim.address.text(), id)) {
        remove_directory(directory, path);
        remove_directory(directory, path.substr(0, path.rfind('/')));
    }
}

} // namespace ocinet::state
