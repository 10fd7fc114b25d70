// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/container.h"
#include "tests/support/docker_plugins.h"
#include "tests/support/host.h"

namespace ocinet::test {

/// What a container asks for, and the host that it meets.
struct PlanCase {
    std::string name;
    Annotations annotations;
    /// The file of the network "web"; null: none.
    nlohmann::json network = nullptr;
    bool forwarding = false;
    /// Another container of the same network is there.
    bool warm = false;
    /// Shell commands: on the host and in the container, before the container is attached.
    std::string on_host = {};
    std::string in_container = {};
    /// The engine's file, mounted at /etc/hosts.
    std::string hosts = "127.0.0.1\tlocalhost\n";
    /// Docker's plugins run on the host.
    bool has_docker_plugins = false;
    /// The plan's inverse brings everything back; false where it mends what it found.
    bool has_inverse = true;
};

const std::vector<PlanCase>& plan_cases();
/// Those whose links not every kernel makes (tests/support/rare_links.h).
std::vector<PlanCase> cases_with_rare_links();

/// A host as a case wants it, with a container that is not attached yet. Twins look alike.
class Twin {
public:
    Twin(const PlanCase& wanted, const std::string& id);

    const Host& host() const { return host_; }
    Container& box() { return *box_; }

    /// `ocinet plan` for the container, which must succeed.
    std::string plan(const std::string& options = "") const;
    /// Runs a script on the host with `sh -e`; throws Error with its output.
    void run_script(const std::string& script) const;

    /// The kernel's state of host and container: snapshots without /run/ocinet.
    nlohmann::json kernel() const;
    /// The engine's file behind the container's /etc/hosts.
    std::string hosts() const;
    /// Every file below /run, with its content.
    std::string files_in_run() const;
    /// What Docker's plugins hold, but for the names and places that a plan draws, or a host has.
    nlohmann::json held() const;

private:
    Host host_;
    std::unique_ptr<DockerPlugins> docker_;
    std::unique_ptr<Container> neighbour_;
    std::unique_ptr<Container> box_;
};

} // namespace ocinet::test
