// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "netsetup/netlink.h"
#include "netsetup/record.h"

/// The containers of this host, as their records tell: what the verbs that show them share. Nothing
/// of it takes a lock or needs more than to read /run/ocinet.
namespace ocinet::cli {

/// Nothing where nothing of ours ever was; throws Error where it may not be read.
std::optional<state::Directory> readable_state();

/// All records, by id. One that cannot be read is a warning on stderr.
std::vector<Record> read_records();

/// The record of the container that `text` means: its id, its name, or the beginning of one id
/// alone; in this order. Throws Error when there is none, or more than one.
Record find_record(const std::string& text);

/// io.ocinet.name of the container's bundle; empty where it has none, or is gone.
std::string name_of(const Record& record);

/// What its networks gave it.
std::vector<Attached> attachments_of(const Record& record);

/// left: it has ended, and others live in its network namespace.
enum class Life { attaching, running, left, removing, dead };
Life life_of(const Record& record, netlink::Socket& route);
const char* name_of(Life life);

/// When the record was written last, which for an attached container is the end of its set-up:
/// `2026-11-25T02:08:43Z`. Empty when it is gone.
std::string since(const std::string& id);

/// As Docker and Podman abbreviate ids.
std::string short_id(const std::string& id);

} // namespace ocinet::cli
