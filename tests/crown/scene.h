// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/crown/settings.h"
#include "tests/support/container.h"
#include "tests/support/dhcp_lan.h"
#include "tests/support/docker_plugins.h"
#include "tests/support/host.h"
#include "tests/support/iproute.h"

namespace ocinet::test {

inline const std::string no_problem;

/// A host with an uplink, perhaps a neighbour and a companion, and the container that a test is
/// about. Its id and address are the same in every scene, so that states compare.
class Scene {
public:
    explicit Scene(Setting setting);

    const Setting& setting() const { return setting_; }
    const Host& host() const { return host_; }
    Container& box() { return *box_; }
    /// Another container with the same id, in another namespace; the one before stays as it is
    /// until `forget_dead`.
    void renew_box();
    void forget_dead() { dead_.clear(); }
    /// Ends all that lives in the container's network namespace and waits until it is gone.
    void kill_box();

    /// Attaches a companion that is there before the container, where it is not attached.
    void before_attach();
    /// What a companion does between the container's attachment and its end.
    void before_detach();
    /// A companion that is left is the last, and ends.
    void after_detach();

    /// All that must be as before: the host's kernel, the files and directories of /run/ocinet, the
    /// hosts files. Where in an address map the next search begins is left out: it is a hint, and
    /// moves on. So is by which process a companion lives.
    nlohmann::json everything() const;
    /// What an attached container is to the kernel, and its hosts file: without the records, which
    /// hold what is another each time.
    nlohmann::json kernel() const;
    /// What is wrong with the neighbour; empty when it serves, or when there is none.
    std::string neighbour_problem() const;

    /// `attaching`, `attached`, `left` or `removing`; empty without a record.
    std::string phase() const;

private:
    void add_neighbour();
    std::unique_ptr<Container> make_container(const std::string& id) const;
    bool have_links_helpers() const;
    void wait_for_links_of_dead() const;
    /// How many interfaces the host has that are no bridges.
    std::size_t links() const;

    Setting setting_;
    Host host_;
    /// Asked in functions that change nothing.
    mutable Iproute iproute_;
    std::unique_ptr<Container> neighbour_;
    std::unique_ptr<Process> server_;
    std::string id_;
    std::size_t links_before_ = 0;
    std::unique_ptr<Container> companion_;
    std::unique_ptr<DhcpLan> lan_;
    std::unique_ptr<DockerPlugins> docker_;
    bool companion_attached_ = false;
    std::unique_ptr<Container> box_;
    std::vector<std::unique_ptr<Container>> dead_;
};

} // namespace ocinet::test
