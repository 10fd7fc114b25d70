// SPDX-License-Identifier: GPL-2.0-or-later
#include "overlay/local.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "netsetup/base/error.h"
#include "netsetup/base/file.h"
#include "netsetup/base/names.h"
#include "netsetup/base/paths.h"
#include "netsetup/base/text.h"
#include "netsetup/record.h"
#include "oci-config/json.h"
#include "oci-config/network.h"

namespace ocinet::overlay {

namespace {

constexpr std::size_t largest_network_file = 1 << 20;
constexpr std::string_view suffix = ".json";

std::optional<std::uint64_t> read_number(oci::ObjectReader& option, const char* key,
                                         std::uint64_t least, std::uint64_t most) {
    const auto text = option.text(key);
    const auto number = text ? parse_number(*text, least, most) : std::nullopt;
    if (text && !number) {
        throw option.wrong(key, "\"" + *text + "\" is not between " + std::to_string(least) +
                                    " and " + std::to_string(most));
    }
    return number;
}

int add_watch(const Fd& notify, const std::string& path, std::uint32_t events) {
    const int watch = ::inotify_add_watch(notify.get(), path.c_str(), events | IN_ONLYDIR);
    if (watch < 0) {
        throw_errno("watch " + path);
    }
    return watch;
}

std::optional<LocalContainer> container_of(const Attached& attached) {
    const auto mac = Mac::parse(attached.mac);
    if (attached.driver != "overlay" || !mac) {
        return std::nullopt;
    }
    LocalContainer container{.mac = *mac};
    for (const auto& text : attached.addresses) {
        if (const auto address = IpAddress::parse(text.substr(0, text.find('/')))) {
            container.addresses.push_back(*address);
        }
    }
    return container;
}

// It need not be ours to write: a user of our own reads it (systemd/tmpfiles.conf).
state::Directory open_state() {
    auto existing = state::Directory::open_existing();
    auto directory = existing ? std::move(*existing) : state::Directory::open();
    state::make_directory(directory, "containers");
    return directory;
}

std::string id_of(std::string_view name) {
    return name.ends_with(suffix) ? std::string(name.substr(0, name.size() - suffix.size())) : "";
}

} // namespace

std::optional<LocalNetwork> parse_local_network(const std::string& text, const std::string& name,
                                                const std::string& file) {
    const auto json = oci::parse_json(text, file);
    if (!oci::is_completed(json)) {
        return std::nullopt;
    }
    oci::ObjectReader reader(json, file);
    oci::ObjectReader option(*reader.object("options"), file + ": options");
    LocalNetwork network;
    network.control = *oci::parse_control(option.text("control").value());
    network.interface = reader.text("network_interface").value_or(oci::default_interface(name));
    const auto* subnets = reader.array("subnets");
    for (const auto& item : subnets ? *subnets : nlohmann::json::array()) {
        network.subnets.push_back(oci::read_subnet(
            item, file + ": subnets[" + std::to_string(network.subnets.size()) + "]"));
    }
    if (const auto word = option.text("encrypted")) {
        if (*word != "true" && *word != "false") {
            throw option.wrong("encrypted", "\"" + *word + "\" is neither true nor false");
        }
        network.encrypted = *word == "true";
    }
    network.vni = read_number(option, "vni", 1, most_vni);
    network.port = read_number(option, "port", 1, 65535);
    network.block_size = read_number(option, "block_size", oci::smallest_block, oci::largest_block);
    if (network.block_size && !oci::is_block_size(*network.block_size)) {
        throw option.wrong("block_size", "not a power of two");
    }
    return network;
}

Local::Local() : state_(open_state()), notify_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
    if (!notify_) {
        throw_errno("inotify_init1");
    }
    // Before it is read: what changes meanwhile is read twice.
    networks_watch_ = add_watch(notify_, paths::networks,
                                IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE);
    containers_watch_ =
        add_watch(notify_, std::string(paths::state) + "/containers", IN_MOVED_TO | IN_DELETE);
    read_networks();
    read_containers();
}

std::set<std::string> Local::refresh() {
    alignas(inotify_event) std::array<char, 65536> buffer;
    auto ids = std::exchange(unread_, {});
    bool networks_changed = std::exchange(networks_unread_, false);
    bool all = false;
    ssize_t size = 0;
    while ((size = ::read(notify_.get(), buffer.data(), buffer.size())) > 0) {
        for (ssize_t at = 0; at < size;) {
            const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
            all = all || (event->mask & IN_Q_OVERFLOW) != 0;
            networks_changed = networks_changed || event->wd == networks_watch_;
            if (event->wd == containers_watch_ && event->len != 0) {
                ids.insert(id_of(event->name));
            }
            at += ssize_t(sizeof *event) + event->len;
        }
    }
    if (networks_changed || all) {
        read_networks();
    }
    if (all) {
        read_containers();
    } else {
        ids.erase("");
        for (const auto& id : ids) {
            read_container(id);
        }
    }
    return std::exchange(changed_, {});
}

void Local::take_all_as_changed() {
    for (const auto& [name, network] : networks) {
        changed_.insert(name);
    }
}

void Local::read_networks() {
    take_all_as_changed();
    const auto before = std::exchange(networks, {});
    std::erase_if(problems, [](const auto& problem) { return problem.first.starts_with('/'); });
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(paths::networks, error)) {
        const std::string name = id_of(entry.path().filename().string());
        const std::string file = entry.path().string();
        if (!is_network_name(name)) {
            continue;
        }
        try {
            const auto text = read_file(file, largest_network_file);
            const auto network = text ? parse_local_network(*text, name, file) : std::nullopt;
            if (network) {
                networks[name] = *network;
            }
        } catch (const Error& problem) {
            problems[file] = problem.message();
            networks_unread_ = true;
            if (const auto known = before.find(name); known != before.end()) {
                networks.insert(*known);
            }
        }
    }
    if (error) {
        throw system_error(error.value(), std::string("read ") + paths::networks);
    }
    take_all_as_changed();
}

void Local::read_containers() {
    std::set<std::string> ids;
    for (const auto& [name, there] : containers) {
        for (const auto& [id, container] : there) {
            ids.insert(id);
        }
    }
    for (auto& id : Record::list(state_)) {
        ids.insert(std::move(id));
    }
    for (const auto& id : ids) {
        read_container(id);
    }
}

// Records are replaced as a whole: without its lock what is read is what was true a moment ago, and
// what changes it is heard of.
void Local::read_container(const std::string& id) {
    problems.erase(id);
    try {
        take(id, Record::load(state_, id));
    } catch (const Error& problem) {
        problems[id] = problem.message();
        unread_.insert(id);
    }
}

void Local::take(const std::string& id, const std::optional<Record>& record) {
    for (auto& [name, there] : containers) {
        if (there.erase(id) != 0) {
            changed_.insert(name);
        }
    }
    if (!record) {
        return;
    }
    for (const auto& attached : record->plan.attached) {
        if (auto container = container_of(attached)) {
            container->is_attached = record->phase != Record::Phase::removing &&
                                     record->phase != Record::Phase::attaching;
            containers[attached.network][id] = *container;
            changed_.insert(attached.network);
        }
    }
}

} // namespace ocinet::overlay
