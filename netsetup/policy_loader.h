// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <vector>

#include "netsetup/base/fd.h"
#include "netsetup/nft.h"

namespace ocinet {

/// ocinet-policy, started while we still may start programs, told to load the policy's text when
/// the plan comes to it. It ends without doing anything when it is not told, also when we are
/// killed.
class PolicyLoader {
public:
    /// Throws Error when the program cannot be started.
    static PolicyLoader start();
    PolicyLoader(PolicyLoader&& other) noexcept;
    PolicyLoader(const PolicyLoader&) = delete;
    PolicyLoader& operator=(const PolicyLoader&) = delete;
    PolicyLoader& operator=(PolicyLoader&&) = delete;
    ~PolicyLoader();

    /// Loads the text and these elements in one transaction, and waits; throws Error with what nft
    /// said.
    void load(const std::vector<nft::Element>& elements);

private:
    PolicyLoader(pid_t pid, Fd order, Fd report);
    void finish();

    pid_t pid_;
    Fd order_;
    Fd report_;
};

} // namespace ocinet
