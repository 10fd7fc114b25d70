// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "tests/support/bundle.h"
#include "tests/support/host.h"
#include "tests/support/place.h"

namespace ocinet::test {

/// What a hook sees of a container that a runtime has just created, without a runtime: a process
/// in network, mount, UTS and IPC namespaces of its own on a host, lo up, and its bundle. Costs two
/// milliseconds or so where a real one costs a hundred.
class Container : public Place {
public:
    explicit Container(const Host& host, const Annotations& annotations = {});
    Container(const Host& host, std::string id, const Annotations& annotations);

    /// Its processes live in a namespace that was there before: one that the host sees at `path`,
    /// or the host's own. Before the first of them is started.
    void use_netns(const std::string& path);
    void use_host_netns();

    const std::string& id() const { return id_; }
    Bundle& bundle() { return bundle_; }

    /// The container's first process, which a runtime names to the hooks: not the holder, so that
    /// the namespaces can outlive it. Started where there is none.
    pid_t process() const;

    /// The OCI state that runc 1.1 hands to a hook of this stage, and the container's process as it
    /// then is: running; at poststop ended, and without a pid in the state.
    nlohmann::json state(const std::string& stage) const;
    /// Runs the built hook on the host as a runtime does: state on stdin, the bundle as cwd.
    Result hook(const std::string& stage) const;

    /// hook("createRuntime"), which must succeed; gives its result.
    nlohmann::json attach() const;
    /// hook("poststop"), which must succeed.
    void detach() const;

    /// Ends the container with its namespaces.
    void kill();
    /// The same, but its process stays a zombie until kill(), poststop or the destructor.
    void make_zombie();

private:
    void enter_with_given_netns() const;

    const Host& host_;
    std::string id_;
    Bundle bundle_;
    /// Where the host sees the network namespace that was given; empty: it has its own.
    std::string given_netns_;
    mutable std::optional<Process> process_;
};

/// Runs the built hook with any state, or none at all.
Result run_hook(const Host& host, const std::string& stage, const std::string& state,
                const std::string& directory = "/");

/// A container id that no other test on this machine uses: hosts share the machine's cgroups.
std::string unique_id();

} // namespace ocinet::test
