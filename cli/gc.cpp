// SPDX-License-Identifier: GPL-2.0-or-later
// ocinet gc: takes back what dead containers left.
#include <cstdio>

#include "cli/verbs.h"
#include "netsetup/recover.h"

namespace ocinet::cli {

namespace {

void sweep() {
    Host host{.directory = state::Directory::open_or_imagine()};
    std::size_t failed = 0;
    remove_unfinished(host);
    for (const auto& id : Record::list(host.directory)) {
        try {
            const auto done = reclaim(id, host);
            if (!done) {
                continue;
            }
            std::printf("%s: %s: %s\n", id.c_str(), done->reason.c_str(),
                        done->failures.empty() ? "removed" : "not everything could be removed");
            for (const auto& failure : done->failures) {
                std::fprintf(stderr, "ocinet: container %s: %s\n", id.c_str(), failure.c_str());
            }
            failed += done->failures.empty() ? 0 : 1;
        } catch (const Error& error) {
            std::fprintf(stderr, "ocinet: container %s: %s\n", id.c_str(), error.what());
            ++failed;
        }
    }
    if (failed != 0) {
        throw Error(std::to_string(failed) + " containers could not be reclaimed");
    }
}

} // namespace

void add_gc(CLI::App& app) {
    app.add_subcommand("gc", "Remove what dead containers left behind")->callback(sweep);
}

} // namespace ocinet::cli
