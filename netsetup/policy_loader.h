// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <utility>
#include <vector>

#include "netsetup/attendant.h"
#include "netsetup/nft.h"

namespace ocinet {

/// ocinet-policy, told to load the policy's text when the plan comes to it.
class PolicyLoader {
public:
    /// Throws Error when the program cannot be started.
    static PolicyLoader start();

    /// Loads the text and these elements in one transaction, and waits; throws Error with what nft
    /// said.
    void load(const std::vector<nft::Element>& elements);

private:
    explicit PolicyLoader(Attendant program) : program_(std::move(program)) {}

    Attendant program_;
};

} // namespace ocinet
