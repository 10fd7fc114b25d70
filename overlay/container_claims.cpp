// SPDX-License-Identifier: GPL-2.0-or-later
#include "overlay/container_claims.h"

namespace ocinet::overlay {

namespace {

template <typename Index, typename Key, typename Found>
void forget(Index& index, const Key& key, Found found) {
    const auto [begin, end] = index.equal_range(key);
    for (auto at = begin; at != end; ++at) {
        if (at->second == found) {
            index.erase(at);
            return;
        }
    }
}

} // namespace

void ContainerClaims::put(const Whose& whose, ContainerClaim claim) {
    erase(whose);
    const Found found = all_.emplace(whose, std::move(claim)).first;
    by_mac_.emplace(found->second.mac, found);
    for (const auto& address : found->second.addresses) {
        by_address_.emplace(address, found);
    }
}

void ContainerClaims::erase(const Whose& whose) {
    const Found found = all_.find(whose);
    if (found == all_.end()) {
        return;
    }
    forget(by_mac_, found->second.mac, found);
    for (const auto& address : found->second.addresses) {
        forget(by_address_, address, found);
    }
    all_.erase(found);
}

// Each MAC address and each address is looked up once, however many have it.
std::set<Whose> ContainerClaims::around(const Whose& whose) const {
    std::set<Whose> seen{whose};
    std::set<Mac> macs;
    std::set<IpAddress> addresses;
    std::vector<Found> left;
    const auto take = [&](const auto& range) {
        for (auto at = range.first; at != range.second; ++at) {
            if (seen.insert(at->second->first).second) {
                left.push_back(at->second);
            }
        }
    };
    if (const Found found = all_.find(whose); found != all_.end()) {
        left.push_back(found);
    }
    while (!left.empty()) {
        const auto& claim = left.back()->second;
        left.pop_back();
        if (macs.insert(claim.mac).second) {
            take(by_mac_.equal_range(claim.mac));
        }
        for (const auto& address : claim.addresses) {
            if (addresses.insert(address).second) {
                take(by_address_.equal_range(address));
            }
        }
    }
    return seen;
}

} // namespace ocinet::overlay
