// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "netsetup/base/fd.h"

namespace ocinet::state {

/// /run/ocinet: what must be remembered between two calls of the hook. All of it is made of
/// directories, symlinks and small files, each changed by one atomic system call:
///     lock                       byte-range locks (locks.h)
///     containers/ID.json         one record a container (record.h)
///     users/THING/ID/            who uses a shared thing (users.h)
///     netns/COOKIE -> ID         whose attachment a network namespace has (share.h)
///     networks/NAME/definition -> HASH        (ops/policy.h)
///     networks/NAME/SUBNET/leases/ADDRESS -> ID      (leases.h)
///     ports/tcp/8080/ADDRESS -> ID            (ports.h)
///     dhcp/ID/INTERFACE.json     (dhcp_leases.h)
///     results/ID/INTERFACE.json, results/network:NAME/  (results.h)
///     allowances.json            what `ocinet doctor --fix` did to the firewalls of others
struct Directory {
    /// Makes what is missing; throws Error.
    static Directory open();
    /// Nothing where nothing of ours ever was.
    static std::optional<Directory> open_existing();
    /// For those who only look: an empty one that is nowhere where there is none yet.
    static Directory open_or_imagine();

    Fd root;
};

/// Opens a directory below another one; an empty Fd when it does not exist.
Fd open_directory(int parent, const char* name);

/// Makes a directory below /run/ocinet; one that is there already is success.
void make_directory(const Directory& directory, const std::string& path);

/// False when the directory is not empty; one that is gone already is success.
bool remove_directory(const Directory& directory, const std::string& path);

/// One that is gone already is success.
void remove_file(const Directory& directory, const std::string& path);

/// The names in a directory, none when it does not exist.
std::vector<std::string> names_in(const Directory& directory, const std::string& path);

/// The container's id that a symlink holds; nothing when there is none.
std::optional<std::string> read_owner(const Directory& directory, const std::string& path);

/// Makes a symlink that holds the container's id. False when another container's is there.
bool take_for(const Directory& directory, const std::string& path, const std::string& id);

/// Removes it again; false when it is another container's.
bool release_for(const Directory& directory, const std::string& path, const std::string& id);

} // namespace ocinet::state
