// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "netsetup/base/address.h"

namespace ocinet::overlay {

struct ContainerClaim {
    Mac mac;
    std::vector<IpAddress> addresses;
    std::int64_t create_revision = 0;
};

/// Host and id.
using Whose = std::pair<std::string, std::string>;

/// What all hosts say of their containers on one network, and whose sayings concern each other.
class ContainerClaims {
public:
    const std::map<Whose, ContainerClaim>& all() const { return all_; }

    void put(const Whose& whose, ContainerClaim claim);
    void erase(const Whose& whose);

    /// Whether somebody says that he has it.
    bool has(const IpAddress& address) const { return by_address_.contains(address); }
    /// It, and all who say that they have a MAC address or an address of its own, or of one of
    /// these: nobody else's place depends on what it says.
    std::set<Whose> around(const Whose& whose) const;

private:
    using Found = std::map<Whose, ContainerClaim>::const_iterator;

    std::map<Whose, ContainerClaim> all_;
    std::multimap<Mac, Found> by_mac_;
    std::multimap<IpAddress, Found> by_address_;
};

} // namespace ocinet::overlay
