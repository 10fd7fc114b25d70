// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/temp_dir.h"

namespace ocinet::test {

using Annotations = std::map<std::string, std::string>;

/// An OCI bundle in a directory of its own: change `config`, then write(). As made it is one that
/// runc and crun run: a busybox below rootfs once make_rootfs() was called, namespaces of its own,
/// and a hosts file of the engine's mounted at /etc/hosts.
class Bundle {
    TempDir directory_; // first: config names files in it

public:
    explicit Bundle(const Annotations& annotations = {});

    std::string path() const { return directory_.path().string(); }
    /// The engine's file behind the container's /etc/hosts.
    std::string hosts_path() const { return directory_ / "hosts"; }

    nlohmann::json config;

    /// The program of the container and its arguments.
    void set_args(const std::vector<std::string>& args);
    /// Uses the network namespace at `path` instead of a new one.
    void set_netns(const std::string& path);
    /// Leaves the network namespace out: the container shares the host's.
    void share_host_netns();
    void remove_hosts_mount();
    /// Lists `ocinet-hook STAGE` at `stage` and at poststop; seconds is the hooks' timeout.
    void add_our_hooks(const std::string& stage = "createRuntime", int seconds = 20);
    void add_hook(const std::string& stage, const std::string& program,
                  const std::vector<std::string>& args, int seconds = 20);

    /// Fills rootfs with busybox and its applets, and /www/cgi-bin/who: it tells who asks, and
    /// whom.
    void make_rootfs() const;
    /// Writes config.json.
    void write() const;
};

/// The hook's and the command's place in the build tree, which is laid out as when installed.
std::string hook_program();
std::string cli_program();

/// busybox, if it is there and static: a rootfs holds no libraries. Empty when not.
std::string static_busybox();

} // namespace ocinet::test
