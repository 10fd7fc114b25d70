// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/container.h"
#include "tests/support/host.h"

namespace ocinet::test {

inline const std::string no_problem;

/// What a host is like before the container that a test is about.
struct Setting {
    std::string name;
    /// It forwards already. If not, a normal detachment leaves it forwarding and guarded, on
    /// purpose (netsetup/ops/forwarding.h); only a roll-back goes back.
    bool forwards = false;
    enum class Neighbour {
        none,
        /// Serves a page on a published port all the time.
        same_network,
        other_network,
    } neighbour = Neighbour::none;
};

/// A host with an uplink, perhaps a neighbour, and a container that publishes tcp and udp and has
/// a hosts file. Its id and address are the same in every scene, so that states compare.
class Scene {
public:
    explicit Scene(Setting setting);

    const Setting& setting() const { return setting_; }
    const Host& host() const { return host_; }
    Container& box() { return *box_; }
    /// Another container with the same id; the one before stays as it is until `forget_dead`.
    void renew_box();
    void forget_dead() { dead_.clear(); }
    /// Ends the container's process and waits until its network namespace is gone.
    void kill_box();

    /// All that must be as before: the host's kernel, the files and directories of /run/ocinet, the
    /// hosts files. Where in an address map the next search begins is left out: it is a hint, and
    /// moves on.
    nlohmann::json everything() const;
    /// What an attached container is to the kernel, and its hosts file: without the records, which
    /// hold what is another each time.
    nlohmann::json kernel() const;
    /// What is wrong with the neighbour; empty when it serves, or when there is none.
    std::string neighbour_problem() const;

    /// `attaching`, `attached` or `removing`; empty without a record.
    std::string phase() const;

private:
    void add_neighbour();

    Setting setting_;
    Host host_;
    std::unique_ptr<Container> neighbour_;
    std::unique_ptr<Process> server_;
    std::string id_;
    std::unique_ptr<Container> box_;
    std::vector<std::unique_ptr<Container>> dead_;
};

/// The states between which a scene moves when nothing goes wrong.
struct References {
    nlohmann::json before;
    /// Of kernel().
    nlohmann::json attached;
    /// After a normal detachment.
    nlohmann::json after;
};

/// Attaches and detaches once.
References look_at_normal_course(Scene& scene);

} // namespace ocinet::test
