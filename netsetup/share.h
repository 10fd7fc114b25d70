// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "netsetup/record.h"

/// Containers that share one network namespace (pods, `--network container:`) are owners of one
/// attachment. The first one's record holds its plan; the others join it, and the last one that
/// ends takes it away, as if it were the first.
///     netns/COOKIE -> ID       whose record holds the namespace's attachment
///     users/netns-COOKIE/ID/   who joined it
/// The lock of the container that the link names guards both, and that container's record.
namespace ocinet::share {

/// The container whose record holds the namespace's attachment.
std::optional<std::string> holder(const state::Directory& directory, const NetnsIdentity& netns);

/// Makes the record its namespace's. False when another one is it.
bool claim(const state::Directory& directory, const Record& record);

/// Forgets that the record was its namespace's, and who joined it. Idempotent.
void release(const state::Directory& directory, const Record& record);

/// Makes the container an owner of what `holder` has attached, and saves its record.
void join(const state::Directory& directory, Record& record, const Record& holder);

/// Takes back join(), and removes the record. Idempotent; needs only the container's own lock.
void leave(const state::Directory& directory, const Record& record);

/// One that joined a namespace; `path` says so.
struct Joiner {
    std::string id;
    std::string path;
};
std::vector<Joiner> joiners(const state::Directory& directory);
/// The caller holds its lock, and has found no record.
void forget(const state::Directory& directory, const Joiner& joiner);

/// An owner that lives: the record's container, or one that joined it. Throws Error when that is
/// not to be found out: who is taken for dead loses its network.
std::optional<std::string> living_owner(const state::Directory& directory, const Record& record);

/// Whether somebody needs the attachment: an owner, or a process that never asked us (a pod's infra
/// container, a container joined by `--network container:`) and lives in a namespace that was
/// given. One that the runtime made for a container ends with it, as far as we are concerned.
/// `except`: a process that does not count.
bool is_needed(const state::Directory& directory, const Record& record, pid_t except = 0);

} // namespace ocinet::share
