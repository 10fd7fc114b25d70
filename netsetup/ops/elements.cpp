// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/elements.h"

namespace ocinet::ops {

Description describe_elements(const std::vector<nft::Element>& elements) {
    Description description;
    for (const auto& element : elements) {
        description.apply.push_back(nft::add_command(element));
        description.undo.push_back(nft::delete_command(element));
    }
    return description;
}

std::vector<std::string> missing_elements(const std::vector<nft::Element>& elements,
                                          netlink::Socket& netfilter) {
    Differences differences;
    for (const auto& element : elements) {
        differences.expect(nft::contains(netfilter, element),
                           "missing: " + nft::add_command(element));
    }
    return std::move(differences).list();
}

} // namespace ocinet::ops
