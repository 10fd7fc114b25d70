// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "netsetup/base/address.h"
#include "netsetup/base/deadline.h"
#include "netsetup/dhcp_control.h"
#include "netsetup/link_watch.h"
#include "netsetup/netlink.h"
#include "netsetup/netns.h"
#include "netsetup/plugins.h"
#include "netsetup/policy_loader.h"
#include "netsetup/state/directory.h"
#include "netsetup/state/locks.h"

/// What every operation is made of. An operation is a plain struct in ops/ with a journal_name,
/// which never changes its meaning, and with these functions beside it, declared in one line by
/// OCINET_OPERATION and found by overload:
///
///     Description describe(const Op&);                what it equals, as commands
///     Needs needs(const Op&);                         what must be opened before
///     void apply(const Op&, Context&);                throws Error
///     void undo(const Op&, Context&, Undo);           idempotent: "already gone" is success
///     std::vector<std::string> remains(const Op&, Context&);   what undo() left, and why
///     std::vector<std::string> check(const Op&, Context&);     differences to the kernel
///
/// and nlohmann's to_json and from_json, because the journal is the list of operations itself.
// NOLINTBEGIN(bugprone-macro-parentheses): a type cannot stand in parentheses
#define OCINET_OPERATION(Op)                                                                       \
    Description describe(const Op& op);                                                            \
    Needs needs(const Op& op);                                                                     \
    void apply(const Op& op, Context& context);                                                    \
    void undo(const Op& op, Context& context, Undo why);                                           \
    std::vector<std::string> remains(const Op& op, Context& context);                              \
    std::vector<std::string> check(const Op& op, Context& context);                                \
    void to_json(nlohmann::json& json, const Op& op);                                              \
    void from_json(const nlohmann::json& json, Op& op);
// NOLINTEND(bugprone-macro-parentheses)

namespace ocinet {

/// Commands that a person can run to the same effect, and those that take it back, each list in the
/// order in which it is run. `$PID` is the container's process. What has no effect in the kernel is
/// a comment: `# lease …`.
struct Description {
    std::vector<std::string> apply;
    std::vector<std::string> undo;
};

/// What CAP_NET_ADMIN alone could not open any more.
struct Needs {
    /// The sockets inside the container's network namespace.
    bool container = false;
    /// The same to undo, in a namespace that outlives the container.
    bool container_to_undo = false;
    bool policy_loader = false;
    bool link_watch = false;
    /// To apply and to undo.
    bool dhcp = false;
    /// Regular files that are written, by path.
    std::vector<std::string> files;
    /// Programs of others', by path: to apply and to undo.
    std::vector<std::string> plugins;
};

/// Why an operation is undone.
enum class Undo {
    /// The attachment failed half-way: everything goes back to what it was.
    roll_back,
    /// The container ended.
    tear_down,
};

/// Collects what check() finds: `expect(is_up, "link eth0 is down")`.
class Differences {
public:
    void expect(bool holds, const std::string& otherwise) {
        if (!holds) {
            list_.push_back(otherwise);
        }
    }
    std::vector<std::string> list() && { return std::move(list_); }

private:
    std::vector<std::string> list_;
};

/// All that an operation may touch, opened before the process gave up its privileges.
struct Context {
    std::string container_id;
    const state::Directory& state;
    state::Locks& locks;
    /// The host's.
    netlink::Socket& route;
    netlink::Socket& netfilter;
    Deadline deadline = Deadline::never();
    std::optional<ContainerNetns> container = {};
    std::optional<PolicyLoader> policy_loader = {};
    std::optional<LinkWatch> link_watch = {};
    std::optional<DhcpControl> dhcp = {};
    std::optional<Plugins> plugins = {};
    /// A path of the container's network namespace, the same one as long as it lives; empty when it
    /// has none any more.
    std::string netns_path = {};
    std::map<std::string, Fd> files = {};
};

} // namespace ocinet
