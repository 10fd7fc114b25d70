// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/containers.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "netsetup/attachments.h"
#include "netsetup/base/log.h"
#include "netsetup/base/names.h"
#include "netsetup/base/text.h"
#include "netsetup/base/utc.h"
#include "netsetup/recover.h"
#include "oci-config/bundle.h"

namespace ocinet::cli {

namespace {

constexpr std::size_t short_id_size = 12;

std::vector<std::string> sorted_ids(const state::Directory& directory) {
    auto ids = Record::list(directory);
    std::sort(ids.begin(), ids.end());
    return ids;
}

Error no_such_container(const std::string& text) {
    return Error("no container \"" + text + "\" has a network of ours")
        .hint("`ocinet ps` shows those that have");
}

} // namespace

std::optional<state::Directory> readable_state() {
    try {
        return state::Directory::open_existing();
    } catch (Error& error) {
        throw error.hint("root and the group of /run/ocinet may read it");
    }
}

std::vector<Record> read_records() {
    std::vector<Record> records;
    const auto directory = readable_state();
    for (const auto& id : directory ? sorted_ids(*directory) : std::vector<std::string>()) {
        try {
            // One that is gone by now has been detached meanwhile.
            if (auto record = Record::load(*directory, id)) {
                records.push_back(std::move(*record));
            }
        } catch (const Error& error) {
            log::warning(error.message());
        }
    }
    return records;
}

Record find_record(const std::string& text) {
    const auto directory = readable_state();
    if (!directory || !is_container_id(text)) {
        throw no_such_container(text);
    }
    if (auto record = Record::load(*directory, text)) {
        return *record;
    }
    std::vector<Record> named;
    std::vector<Record> begun;
    for (auto& record : read_records()) {
        if (name_of(record) == text) {
            named.push_back(std::move(record));
        } else if (record.id.starts_with(text)) {
            begun.push_back(std::move(record));
        }
    }
    auto& meant = named.empty() ? begun : named;
    if (meant.empty()) {
        throw no_such_container(text);
    }
    if (meant.size() > 1) {
        std::vector<std::string> ids;
        for (const auto& record : meant) {
            ids.push_back(record.id);
        }
        throw Error("\"" + text + "\" means more than one container: " + join(ids, ", "));
    }
    return std::move(meant.front());
}

std::string name_of(const Record& record) {
    // The record does not tell: the bundle does, as long as the container has one.
    try {
        const auto bundle = oci::read_bundle(record.bundle);
        const auto found = bundle.annotations.find("io.ocinet.name");
        return found != bundle.annotations.end() && is_host_name(found->second) ? found->second
                                                                                : "";
    } catch (const Error& error) {
        log::debug("container " + record.id + " has no name: " + error.message());
        return "";
    }
}

std::vector<Attached> attachments_of(const Record& record) {
    const auto directory = readable_state();
    return directory ? ocinet::attachments_of(*directory, record) : record.plan.attached;
}

Life life_of(const Record& record, netlink::Socket& route) {
    switch (record.phase) {
    case Record::Phase::attaching: return Life::attaching;
    case Record::Phase::removing: return Life::removing;
    case Record::Phase::attached:
    case Record::Phase::left: break;
    }
    const auto directory = readable_state();
    if (!directory || has_ended(record, *directory, route)) {
        return Life::dead;
    }
    return is_alive(record.process) ? Life::running : Life::left;
}

const char* name_of(Life life) {
    switch (life) {
    case Life::attaching: return "attaching";
    case Life::removing: return "removing";
    case Life::dead: return "dead";
    case Life::left: return "left";
    case Life::running: break;
    }
    return "running";
}

std::string since(const std::string& id) {
    const auto directory = readable_state();
    const std::string path = "containers/" + id + ".json";
    struct stat status{};
    if (!directory ||
        ::fstatat(directory->root.get(), path.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        if (directory && errno != ENOENT) {
            throw_errno("stat " + path);
        }
        return "";
    }
    return utc_text(status.st_mtim.tv_sec);
}

std::string short_id(const std::string& id) {
    return id.substr(0, short_id_size);
}

} // namespace ocinet::cli
