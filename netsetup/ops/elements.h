// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netsetup/nft.h"
#include "netsetup/operation.h"

/// What the operations on elements of the policy have in common.
namespace ocinet::ops {

/// Adding them, and taking them away.
Description describe_elements(const std::vector<nft::Element>& elements);

/// A line for each that is not in the kernel.
std::vector<std::string> missing_elements(const std::vector<nft::Element>& elements,
                                          netlink::Socket& netfilter);
/// A line for each that is.
std::vector<std::string> remaining_elements(const std::vector<nft::Element>& elements,
                                            netlink::Socket& netfilter);

} // namespace ocinet::ops
