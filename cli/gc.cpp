// SPDX-License-Identifier: GPL-2.0-or-later
// ocinet gc: takes back what dead containers left.
#include <memory>

#include "cli/collect_plugins.h"
#include "cli/containers.h"
#include "cli/print.h"
#include "cli/root.h"
#include "cli/verbs.h"
#include "netsetup/base/log.h"
#include "netsetup/recover.h"

namespace ocinet::cli {

namespace {

struct Options {
    bool dry_run = false;
    bool json = false;
    std::string forgotten;
};

// What became of one container, or would.
std::optional<Reclaimed> sweep(const std::string& id, Host& host, bool dry_run) {
    if (!dry_run) {
        return reclaim(id, host);
    }
    const auto lock = host.locks.try_container(id);
    const auto record = lock ? Record::load(host.directory, id) : std::nullopt;
    const auto reason = record ? abandoned(*record, host) : std::nullopt;
    return reason ? std::optional(Reclaimed{id, *reason, {}}) : std::nullopt;
}

void print_text(const Reclaimed& done, bool dry_run) {
    print_line(done.id + ": " + done.reason + ": " +
               (dry_run                 ? "would be removed"
                : done.failures.empty() ? "removed"
                                        : "not everything could be removed"));
}

nlohmann::ordered_json to_object(const Reclaimed& done, bool dry_run) {
    return {{"id", done.id},
            {"reason", done.reason},
            {"removed", !dry_run && done.failures.empty()},
            {"failures", done.failures}};
}

void forget_one(const std::string& name) {
    const std::string id = find_record(name).id;
    Host host;
    const auto done = forget(id, host);
    for (const auto& failure : done.failures) {
        log::warning("container " + id + ": " + failure);
    }
    print_line(id + ": " + done.reason + ": " +
               (done.failures.empty() ? "removed" : "forgotten, with what could not be removed"));
}

void run(const Options& options) {
    require_root("gc", "it removes links and firewall elements");
    if (!options.forgotten.empty()) {
        forget_one(options.forgotten);
        return;
    }
    Host host{.directory = state::Directory::open_or_imagine()};
    if (!options.dry_run) {
        remove_unfinished(host);
    }
    auto all = nlohmann::ordered_json::array();
    std::size_t failed = 0;
    for (const auto& id : Record::list(host.directory)) {
        try {
            const auto done = sweep(id, host, options.dry_run);
            if (!done) {
                continue;
            }
            all.push_back(to_object(*done, options.dry_run));
            if (!options.json) {
                print_text(*done, options.dry_run);
            }
            for (const auto& failure : done->failures) {
                log::error(Error("container " + id + ": " + failure));
            }
            failed += done->failures.empty() ? 0 : 1;
        } catch (Error& error) {
            log::error(error.in("container " + id));
            ++failed;
        }
    }
    if (!options.dry_run) {
        failed += collect_plugins(host);
    }
    if (options.json) {
        print_json(all);
    } else if (all.empty() && failed == 0) {
        print_line("nothing to remove");
    }
    if (failed != 0) {
        throw Error(std::to_string(failed) + " containers could not be reclaimed");
    }
}

} // namespace

void add_gc(CLI::App& app) {
    auto options = std::make_shared<Options>();
    auto* verb = app.add_subcommand("gc", "Remove what dead containers left behind");
    verb->add_flag("-n,--dry-run", options->dry_run, "Only say what would be removed, and why");
    verb->add_flag("--json", options->json, "Print JSON");
    verb->add_option("--forget", options->forgotten,
                     "Remove this dead container's record, too, whatever its plugins do not take "
                     "back")
        ->type_name("CONTAINER")
        ->excludes("--dry-run")
        ->excludes("--json");
    verb->callback([options] { run(*options); });
}

} // namespace ocinet::cli
