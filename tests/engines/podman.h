// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "tests/engines/engine.h"

namespace ocinet::test {

/// Podman on a simulated host, with a storage of its own in the host's /run, our files in hooks.d,
/// and the image `web`: busybox and a page, see Bundle::make_rootfs(). Removes all of its pods and
/// containers when it goes out of scope.
class Podman {
public:
    /// Without `hooks_d` in hooks.d nothing is, and the runtime is to be a wrapper of ours.
    Podman(const Host& host, const std::string& runtime, bool hooks_d = true);
    Podman(const Podman&) = delete;
    Podman& operator=(const Podman&) = delete;
    ~Podman();

    /// `podman ARGUMENTS`.
    Result run(const std::string& arguments) const;
    /// The same, for what must succeed; gives its stdout without the last newline.
    std::string must(const std::string& arguments) const;
    /// What it said, and what our hooks said since the last time.
    std::string said(const Result& result) const;
    /// Starts container `name` with the web server in it, which serves as host `name`; `options`
    /// are of `podman run`.
    std::string serve(const std::string& name, const std::string& options) const;

    const Host& host() const { return host_; }

private:
    const Host& host_;
};

/// runc and crun; with OCINET_TESTS=quick one of them, chosen by the run's seed.
std::vector<std::string> runtimes_of_this_run();

/// Why Podman cannot be tested here; empty when it can.
std::string missing_for_podman(const std::string& runtime);

/// Podman runs poststop hooks a moment after the command that ended the container: waits for it.
std::vector<std::string> left_at_last(const Host& host);

/// The same after `ocinet gc`, where Podman runs no poststop hook.
std::vector<std::string> left_after_sweep(const Host& host);

} // namespace ocinet::test
