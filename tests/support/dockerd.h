// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include "tests/support/host.h"

namespace ocinet::test {

/// The real dockerd on a simulated host, with a containerd of its own, and with its data in the
/// host's /run.
class Dockerd {
public:
    /// `options` are words for dockerd's command line.
    explicit Dockerd(const Host& host, std::string options = "");
    Dockerd(const Dockerd&) = delete;
    Dockerd& operator=(const Dockerd&) = delete;
    ~Dockerd();

    /// `docker ARGUMENTS`.
    Result run(const std::string& arguments) const;
    /// The same, for what must succeed; gives its stdout without the last newline.
    std::string must(const std::string& arguments) const;
    /// Ends the daemon, and starts it anew with what it kept.
    void restart();

private:
    void start();
    void stop();

    const Host& host_;
    std::string options_;
    std::optional<Process> daemon_;
};

/// Why there is none here; empty when there is.
std::string missing_for_docker();

} // namespace ocinet::test
