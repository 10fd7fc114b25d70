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
    std::vector<std::string> missing;
    for (const auto& element : nft::absent(netfilter, elements)) {
        missing.push_back("missing: " + nft::add_command(element));
    }
    return missing;
}

std::vector<std::string> remaining_elements(const std::vector<nft::Element>& elements,
                                            netlink::Socket& netfilter) {
    std::vector<std::string> remaining;
    for (const auto& element : nft::present(netfilter, elements)) {
        remaining.push_back("still in the firewall until `" + nft::delete_command(element) + "`");
    }
    return remaining;
}

} // namespace ocinet::ops
