// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/record.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "netsetup/base/file.h"
#include "netsetup/json.h"

namespace ocinet {

OCINET_JSON(NetnsIdentity, cookie, inode)

namespace {

constexpr std::array phases{std::pair(Record::Phase::attaching, "attaching"),
                            std::pair(Record::Phase::attached, "attached"),
                            std::pair(Record::Phase::left, "left"),
                            std::pair(Record::Phase::removing, "removing")};

} // namespace

// nlohmann's own macro for enumerations takes an unknown word for the first value.
void to_json(nlohmann::json& json, const Record::Phase& phase) {
    for (const auto& [value, word] : phases) {
        if (value == phase) {
            json = word;
        }
    }
}

void from_json(const nlohmann::json& json, Record::Phase& phase) {
    const auto text = json.get<std::string>();
    for (const auto& [value, word] : phases) {
        if (text == word) {
            phase = value;
            return;
        }
    }
    throw Error("unknown phase \"" + text + "\"");
}

// All but the plan.
OCINET_JSON(Record, version, id, phase, process, given_netns, netns, joined, bundle, networks)

namespace {

constexpr std::size_t largest_record = 16 << 20;
// The plan is nearly all of a record, and stands last in a file of ours: who wants to know the
// rest, or to change the phase, need not understand it. Where the rest, whose keys are sorted, ends
// in another way the file is read as a whole. Within a string the quotes would have backslashes.
const std::string plan_key = ",\"plan\":";
const std::string before_plan =
    ",\"version\":" + std::to_string(Record::current_version) + plan_key;
constexpr std::string_view suffix = ".json";

// Below /run/ocinet.
std::string file_of(const std::string& id) {
    return "containers/" + id + std::string(suffix);
}

// Empty where there is no state yet.
Fd records(const state::Directory& directory) {
    return state::open_directory(directory.root.get(), "containers");
}

} // namespace

namespace {

// The text of a record's file; nothing when there is none.
std::optional<std::string> read_record(const state::Directory& directory, const std::string& id) {
    if (!records(directory)) {
        return std::nullopt;
    }
    return read_file(directory.root.get(), file_of(id), largest_record);
}

// `get` makes of the parsed record what is wanted.
template <typename Get>
auto parse_record(const std::string& id, const std::string& text, Get get) {
    try {
        const auto json = nlohmann::json::parse(text);
        int version = 0;
        read_member(json, "version", version);
        if (version != Record::current_version) {
            throw Error("it has version " + std::to_string(version) + ", this program knows " +
                        std::to_string(Record::current_version))
                .hint(version > Record::current_version ? "use the newer ocinet" : "");
        }
        // Whoever undid it would undo the other container's.
        if (const std::string of = json.at("id"); of != id) {
            throw Error("it is that of container " + of);
        }
        if (const ProcessIdentity process = json.at("process"); process.pid <= 0) {
            throw Error(std::to_string(process.pid) + " is no process id");
        }
        return get(json);
    } catch (const Error& error) {
        DamagedRecord damaged("the record " + file_of(id) + ": " + error.message());
        damaged.hint(error.hint());
        throw damaged;
    } catch (const nlohmann::json::exception& error) {
        throw DamagedRecord("the record " + file_of(id) + " is damaged: " + error.what());
    }
}

void write_record(const state::Directory& directory, const Record& record, std::string_view plan) {
    std::string text;
    try {
        text = nlohmann::json(record).dump();
    } catch (const nlohmann::json::exception& error) {
        throw Error("a record cannot be written: " + std::string(error.what()));
    }
    text.pop_back();
    text.append(plan_key).append(plan);
    if (text.size() > largest_record) {
        throw Error("the record of container " + record.id + " would have " +
                    std::to_string(text.size()) + " bytes, more than " +
                    std::to_string(largest_record));
    }
    const Fd parent = records(directory);
    replace_file(parent.get(), record.id + std::string(suffix), text, 0640);
}

} // namespace

std::optional<Record> Record::load(const state::Directory& directory, const std::string& id) {
    const auto text = read_record(directory, id);
    if (!text) {
        return std::nullopt;
    }
    return parse_record(id, *text, [&](const nlohmann::json& json) {
        auto record = json.get<Record>();
        json.at("plan").get_to(record.plan);
        return record;
    });
}

std::optional<ProcessIdentity> Record::holder(const state::Directory& directory,
                                              const std::string& id) {
    auto text = read_record(directory, id);
    if (!text) {
        return std::nullopt;
    }
    if (const auto end = text->find(before_plan); end != std::string::npos) {
        text->replace(end + before_plan.size() - plan_key.size(), std::string::npos, "}");
    }
    return parse_record(id, *text, [](const nlohmann::json& json) {
        const bool is_attached = json.at("phase").get<Phase>() == Phase::attached;
        return is_attached ? std::optional(json.at("process").get<ProcessIdentity>())
                           : std::nullopt;
    });
}

void Record::save(const state::Directory& directory) const {
    std::string text;
    try {
        text = nlohmann::json(plan).dump() + "}\n";
    } catch (const nlohmann::json::exception& error) {
        throw Error("a record cannot be written: " + std::string(error.what()));
    }
    write_record(directory, *this, text);
}

void Record::save_phase(const state::Directory& directory) const {
    const auto text = read_record(directory, id);
    const auto end = text ? text->find(before_plan) : std::string::npos;
    if (end == std::string::npos) {
        save(directory);
    } else {
        write_record(directory, *this, std::string_view(*text).substr(end + before_plan.size()));
    }
}

void Record::remove(const state::Directory& directory) const {
    const Fd parent = records(directory);
    // The temporary name too: its writer may have been killed before the rename.
    for (const auto& name : {id + std::string(suffix) + ".new", id + std::string(suffix)}) {
        if (::unlinkat(parent.get(), name.c_str(), 0) != 0 && errno != ENOENT) {
            throw_errno("remove " + name);
        }
    }
}

namespace {

// "ID.json" -> "ID"; nothing for other names.
std::optional<std::string> id_of(std::string_view name) {
    if (name.size() <= suffix.size() || !name.ends_with(suffix)) {
        return std::nullopt;
    }
    return std::string(name.substr(0, name.size() - suffix.size()));
}

} // namespace

std::vector<std::string> Record::list(const state::Directory& directory) {
    std::vector<std::string> ids;
    for (const auto& name : state::names_in(directory, "containers")) {
        if (auto id = id_of(name)) {
            ids.push_back(std::move(*id));
        }
    }
    return ids;
}

std::vector<std::string> Record::unfinished(const state::Directory& directory) {
    const std::string tail = std::string(suffix) + ".new";
    std::vector<std::string> ids;
    for (const auto& name : state::names_in(directory, "containers")) {
        if (name.size() > tail.size() && name.ends_with(tail)) {
            ids.push_back(name.substr(0, name.size() - tail.size()));
        }
    }
    return ids;
}

void Record::remove_unfinished(const state::Directory& directory, const std::string& id) {
    const std::string path = "containers/" + id + std::string(suffix) + ".new";
    if (::unlinkat(directory.root.get(), path.c_str(), 0) != 0 && errno != ENOENT) {
        throw_errno("remove " + path);
    }
}

std::vector<std::string> Record::some(const state::Directory& directory, std::size_t count) {
    // Where the last call ended: an offset that the kernel gave for the directory. readdir() would
    // read far ahead; a small buffer makes the kernel stop early.
    const Fd rotation(::openat(directory.root.get(), "rotation",
                               O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!rotation) {
        throw_errno("open the file rotation");
    }
    off_t offset = 0;
    if (::pread(rotation.get(), &offset, sizeof offset, 0) < 0) {
        throw_errno("read the file rotation");
    }
    const Fd parent = records(directory);
    alignas(dirent64) std::array<char, 1024> buffer;
    ssize_t size = 0;
    // At the end, or at a place that is none: from the beginning.
    if (::lseek(parent.get(), offset, SEEK_SET) >= 0) {
        size = ::getdents64(parent.get(), buffer.data(), buffer.size());
    }
    if (size <= 0 && ::lseek(parent.get(), 0, SEEK_SET) == 0) {
        size = ::getdents64(parent.get(), buffer.data(), buffer.size());
    }
    if (size < 0) {
        throw_errno("read the directory of records");
    }
    std::vector<std::string> ids;
    offset = 0;
    ssize_t at = 0;
    while (at < size && ids.size() < count) {
        const auto* entry = reinterpret_cast<const dirent64*>(buffer.data() + at);
        if (auto id = id_of(entry->d_name)) {
            ids.push_back(std::move(*id));
        }
        offset = entry->d_off;
        at += entry->d_reclen;
    }
    // There was room for one more, so this was the last: from the beginning next time.
    if (at >= size && std::size_t(size) + sizeof(dirent64) <= buffer.size()) {
        offset = 0;
    }
    if (::pwrite(rotation.get(), &offset, sizeof offset, 0) != ssize_t(sizeof offset)) {
        throw_errno("write the file rotation");
    }
    return ids;
}

} // namespace ocinet
