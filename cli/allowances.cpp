// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/allowances.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "netsetup/base/error.h"
#include "netsetup/base/file.h"
#include "netsetup/base/names.h"
#include "netsetup/base/program.h"
#include "netsetup/base/text.h"

namespace ocinet::cli {

namespace {

using foreign::Command;
using foreign::Owner;
using foreign::Remedy;
using nlohmann::json;

constexpr const char* journal_name = "allowances.json";
constexpr std::size_t longest_journal = 1 << 20;

// The journal stands where a hook with few privileges writes, too, and is run with all: no word of
// it may be one that we would not write.
bool may_be_run(const Command& command) {
    static const std::set<std::string> programs = {
        "firewall-cmd", "iptables-nft", "iptables-legacy", "ip6tables-nft", "ip6tables-legacy"};
    static const std::set<std::string> options = {
        "-I",          "-D",           "-C",
        "-i",          "-o",           "-m",
        "-j",          "--ctstate",    "DNAT,RELATED,ESTABLISHED",
        "--permanent", "--zone=ocinet"};
    const auto is_known = [&](const std::string& word) {
        const auto equals = word.find("-interface=");
        const bool names_interface = word.starts_with("--") && equals != std::string::npos;
        return options.contains(word) ||
               is_interface_name(names_interface ? word.substr(word.find('=') + 1) : word);
    };
    return !command.empty() && programs.contains(command.front()) &&
           std::all_of(command.begin() + 1, command.end(), is_known);
}

Command read_command(const json& words) {
    auto command = words.get<Command>();
    if (!may_be_run(command)) {
        throw Error(std::string("/run/ocinet/") + journal_name +
                    ": no command of ours: " + foreign::text_of(command));
    }
    return command;
}

std::vector<Remedy> read_journal(const state::Directory& directory) {
    const auto text = read_file(directory.root.get(), journal_name, longest_journal);
    std::vector<Remedy> entries;
    if (!text) {
        return entries;
    }
    try {
        for (const auto& entry : json::parse(*text)) {
            entries.push_back({.allow = read_command(entry.at("allow")),
                               .undo = read_command(entry.at("undo")),
                               .check = read_command(entry.at("check"))});
        }
    } catch (const json::exception& error) {
        throw Error(std::string("/run/ocinet/") + journal_name + ": " + error.what());
    }
    return entries;
}

void write_journal(const state::Directory& directory, const std::vector<Remedy>& entries) {
    if (entries.empty()) {
        state::remove_file(directory, journal_name);
        return;
    }
    json list = json::array();
    for (const auto& entry : entries) {
        list.push_back({{"allow", entry.allow}, {"undo", entry.undo}, {"check", entry.check}});
    }
    replace_file(directory.root.get(), journal_name, list.dump(2) + "\n", 0600);
}

void require(const Command& command) {
    const Ended ended = run_program(command);
    if (ended.status != 0) {
        throw Error(foreign::text_of(command) + ": status " + std::to_string(ended.status) + ": " +
                    std::string(trim(ended.said)));
    }
}

// Status 1 says that it is not; any other, as of a firewalld that does not run, that nobody knows.
bool in_effect(const Remedy& remedy) {
    const Ended ended = run_program(remedy.check);
    if (ended.status > 1) {
        throw Error(foreign::text_of(remedy.check) + ": status " + std::to_string(ended.status) +
                    ": " + std::string(trim(ended.said)));
    }
    return ended.status == 0;
}

void require_zone() {
    if (run_program({"firewall-cmd", "--info-zone=ocinet"}).status != 0) {
        throw Error("firewalld does not know the zone ocinet")
            .hint("it reads lib/firewalld/zones/ocinet.xml of our installation where the prefix is "
                  "/usr, or a copy in /etc/firewalld/zones; then: firewall-cmd --reload");
    }
}

} // namespace

std::vector<Command> allow(const state::Directory& directory,
                           const std::vector<foreign::Finding>& findings) {
    auto journal = read_journal(directory);
    std::vector<Command> done;
    for (const auto& finding : findings) {
        if (finding.owner == Owner::firewalld) {
            require_zone();
        }
        for (const auto& remedy : finding.remedies) {
            if (remedy.undo.empty() || in_effect(remedy)) {
                continue;
            }
            const bool is_known =
                std::any_of(journal.begin(), journal.end(),
                            [&](const auto& entry) { return entry.allow == remedy.allow; });
            if (!is_known) {
                journal.push_back(remedy);
                write_journal(directory, journal);
            }
            require(remedy.allow);
            done.push_back(remedy.allow);
        }
    }
    return done;
}

std::vector<Command> take_back(const state::Directory& directory) {
    auto journal = read_journal(directory);
    std::vector<Command> done;
    while (!journal.empty()) {
        const Remedy& newest = journal.back();
        if (in_effect(newest)) {
            require(newest.undo);
            done.push_back(newest.undo);
        }
        journal.pop_back();
        write_journal(directory, journal);
    }
    return done;
}

} // namespace ocinet::cli
