// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include "tests/support/host.h"

namespace ocinet::test {

/// The real containerd on a simulated host, with its data in the host's /run. Ends all of its
/// containers when it goes out of scope.
class Containerd {
public:
    explicit Containerd(const Host& host);
    Containerd(const Containerd&) = delete;
    Containerd& operator=(const Containerd&) = delete;
    ~Containerd();

    /// `ctr ARGUMENTS`.
    Result ctr(const std::string& arguments) const;

private:
    const Host& host_;
    std::optional<Process> daemon_;
};

} // namespace ocinet::test
