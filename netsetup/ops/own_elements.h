// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netsetup/nft.h"
#include "netsetup/operation.h"

namespace ocinet::ops {

/// Elements of the policy that are the container's alone, because the name of its link is in their
/// keys. In place before the link is raised.
struct OwnElements {
    static constexpr const char* journal_name = "own-elements";

    std::vector<nft::Element> elements;
};
OCINET_OPERATION(OwnElements)

} // namespace ocinet::ops
