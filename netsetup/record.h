// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "netsetup/netns.h"
#include "netsetup/plan.h"
#include "netsetup/process.h"
#include "netsetup/state/directory.h"

namespace ocinet {

/// A record that was read and cannot be understood: no later try will either.
struct DamagedRecord : Error {
    using Error::Error;
};

/// What is known of one container: containers/ID.json, replaced as a whole. It is the journal, too:
/// it holds the complete plan before the plan's first operation touches anything, and every undo is
/// idempotent, so that whoever finds it knows how to go back from wherever its writer was killed.
/// The caller holds the container's lock; whoever can take it knows that no writer is left.
struct Record {
    static constexpr int current_version = 3;

    enum class Phase {
        /// Being set up: to be rolled back when its writer is gone.
        attaching,
        attached,
        /// Its container has ended, but others use its network namespace (netsetup/share.h).
        left,
        /// Being torn down: to be finished when its writer is gone.
        removing,
    };

    int version = current_version;
    std::string id;
    Phase phase = Phase::attaching;
    ProcessIdentity process;
    /// The path by which the network namespace was given: it may outlive the container's process.
    /// Empty: the runtime made it.
    std::string given_netns;
    /// Nothing for a container in the host's.
    NetnsIdentity netns;
    /// The container whose attachment this one shares; then its own plan has no steps.
    std::string joined;
    std::string bundle;
    /// Whose locks guard the plan's shared steps.
    std::vector<std::string> networks;
    Plan plan;

    /// Nothing when there is no record; throws DamagedRecord, or Error when it cannot be read.
    static std::optional<Record> load(const state::Directory& directory, const std::string& id);
    /// The process of a container that is attached, read without its plan; nothing for any other.
    static std::optional<ProcessIdentity> holder(const state::Directory& directory,
                                                 const std::string& id);
    void save(const state::Directory& directory) const;
    /// The same for a record whose plan is the one that was saved before, in a tenth of the time.
    void save_phase(const state::Directory& directory) const;
    void remove(const state::Directory& directory) const;
    /// All containers' ids.
    static std::vector<std::string> list(const state::Directory& directory);
    /// Containers whose record was being written when its writer was killed: what it left has no
    /// name of a record yet.
    static std::vector<std::string> unfinished(const state::Directory& directory);
    static void remove_unfinished(const state::Directory& directory, const std::string& id);
    /// At most `count` ids, the next ones at each call: a rotation over all of them, whose cost
    /// does not grow with their number.
    static std::vector<std::string> some(const state::Directory& directory, std::size_t count);
};

void to_json(nlohmann::json& json, const Record::Phase& phase);
void from_json(const nlohmann::json& json, Record::Phase& phase);

} // namespace ocinet
