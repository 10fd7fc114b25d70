// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "netsetup/host.h"
#include "netsetup/record.h"

/// Taking attachments away again: one way for roll-back, poststop and the sweep.
namespace ocinet {

/// What becomes of what cannot be undone.
enum class Rest {
    /// The record stays, so that it is tried again.
    kept,
    /// The record goes all the same, if it is programs' of others.
    forgotten,
};

/// Undoes the record's plan and removes the record. The caller holds the container's lock and no
/// other. Returns what could not be undone, a line each.
std::vector<std::string> remove_attachment(Record& record, Host& host, Context& context,
                                           Rest rest = Rest::kept);

/// Why a record is nobody's any more; nothing while its container lives. The caller holds the
/// container's lock, so that its writer is known to be gone.
std::optional<std::string> abandoned(const Record& record, Host& host);

/// Whether an attached container has ended: its process is gone, and nobody holds a network
/// namespace that it was given.
bool has_ended(const Record& record, const state::Directory& directory, netlink::Socket& route);

/// What a sweep did, or would do, with one container.
struct Reclaimed {
    std::string id;
    std::string reason;
    std::vector<std::string> failures;
};

/// Reclaims the container's attachments if nobody needs them any more. Nothing when it lives, or
/// when another process is at work on it.
std::optional<Reclaimed> reclaim(const std::string& id, Host& host);

/// The same for good, whatever cannot be undone: a plugin that never takes back what it made keeps
/// it. Throws Error where there is no such record, or its container lives.
Reclaimed forget(const std::string& id, Host& host);

/// As reclaim() for a container that has something which is wanted: waits for the process that is
/// at work on it. True when it has nothing any more.
bool make_way(const std::string& id, Host& host);

/// Removes what writers left who were killed before their record, or their mark that we turned
/// forwarding on, had its name.
void remove_unfinished(Host& host);

/// A few containers, others each time: what a set-up does for the host in passing.
void reclaim_some(Host& host);

} // namespace ocinet
