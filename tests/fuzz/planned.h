// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "netsetup/plan.h"
#include "oci-config/annotations.h"
#include "oci-config/bundle.h"
#include "oci-config/network.h"

namespace ocinet::fuzz {

/// What container c1 gets on a host that has nothing of ours yet; throws Error where that is
/// refused.
Plan planned(const oci::Bundle& bundle, const oci::ContainerRequest& wanted,
             const std::vector<oci::Network>& networks);

/// That the journal can hold the plan, whose commands and needs can be told.
void check_plan(const Plan& plan);

} // namespace ocinet::fuzz
