// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/share.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "netsetup/base/log.h"
#include "netsetup/state/dhcp_leases.h"
#include "netsetup/state/users.h"

namespace ocinet::share {

namespace {

const std::string prefix = "netns-";

std::string link_of(const NetnsIdentity& netns) {
    return "netns/" + std::to_string(netns.cookie);
}

std::string thing_of(const NetnsIdentity& netns) {
    return prefix + std::to_string(netns.cookie);
}

std::string users_of(const NetnsIdentity& netns) {
    return "users/" + thing_of(netns);
}

// One whose record is damaged is taken for a living one: it must not lose its network.
bool lives(const state::Directory& directory, const std::string& id, const Record& holder) {
    std::optional<Record> record;
    try {
        record = Record::load(directory, id);
    } catch (const DamagedRecord& damaged) {
        log::warning(damaged.message());
        return true;
    }
    return record && record->joined == holder.id && record->netns == holder.netns &&
           is_alive(record->process);
}

} // namespace

std::optional<std::string> holder(const state::Directory& directory, const NetnsIdentity& netns) {
    return netns.cookie == 0 ? std::nullopt : state::read_owner(directory, link_of(netns));
}

bool claim(const state::Directory& directory, const Record& record) {
    return record.netns.cookie == 0 || state::take_for(directory, link_of(record.netns), record.id);
}

void release(const state::Directory& directory, const Record& record) {
    if (record.netns.cookie == 0 || holder(directory, record.netns) != record.id) {
        return;
    }
    for (const auto& id : state::names_in(directory, users_of(record.netns))) {
        state::remove_directory(directory, users_of(record.netns) + "/" + id);
    }
    state::remove_directory(directory, users_of(record.netns));
    state::release_for(directory, link_of(record.netns), record.id);
}

void join(const state::Directory& directory, Record& record, const Record& holder) {
    record.joined = holder.id;
    record.phase = Record::Phase::attached;
    state::join(directory, thing_of(record.netns), record.id);
    try {
        record.save(directory);
    } catch (const Error&) {
        leave(directory, record);
        throw;
    }
}

void leave(const state::Directory& directory, const Record& record) {
    state::remove_directory(directory, users_of(record.netns) + "/" + record.id);
    record.remove(directory);
}

std::vector<Joiner> joiners(const state::Directory& directory) {
    std::vector<Joiner> all;
    for (const auto& thing : state::names_in(directory, "users")) {
        if (!thing.starts_with(prefix)) {
            continue;
        }
        for (const auto& id : state::names_in(directory, "users/" + thing)) {
            all.push_back({id, "users/" + thing + "/" + id});
        }
    }
    return all;
}

void forget(const state::Directory& directory, const Joiner& joiner) {
    state::remove_directory(directory, joiner.path);
}

std::optional<std::string> living_owner(const state::Directory& directory, const Record& record) {
    if (is_alive(record.process)) {
        return record.id;
    }
    if (record.netns.cookie != 0) {
        for (const auto& id : state::names_in(directory, users_of(record.netns))) {
            if (lives(directory, id, record)) {
                return id;
            }
        }
    }
    return std::nullopt;
}

bool is_needed(const state::Directory& directory, const Record& record, pid_t except) {
    if (living_owner(directory, record)) {
        return true;
    }
    if (record.given_netns.empty() || record.netns.cookie == 0) {
        return false;
    }
    auto ours = state::dhcp_clients(directory, record.id);
    ours.push_back(except);
    return is_inhabited(record.netns, ours);
}

} // namespace ocinet::share
