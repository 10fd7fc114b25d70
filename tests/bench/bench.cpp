// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a container's network costs: the floor, ocinet and the distribution's netavark side by side,
// each in a simulated host of its own. Prints; judges no time. Exit status 1 if something failed.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "netsetup/base/error.h"
#include "tests/bench/report.h"

namespace ocinet::bench {

namespace {

struct Options {
    std::string prefix;
    std::vector<std::string> only{"floor", "ocinet", "netavark"};
    std::vector<std::string> without;
    bool quick = false;
    Settings settings;
};

/// The build tree has the layout of the installed one, with this program in PREFIX/tests.
std::string own_prefix() {
    return std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path().string();
}

Contenders make_contenders(const Options& options) {
    const std::string prefix = std::filesystem::absolute(options.prefix).string();
    const auto contains = [](const std::vector<std::string>& names, const char* name) {
        return std::ranges::find(names, name) != names.end();
    };
    const auto wanted = [&](const char* name) {
        const bool in = contains(options.only, name) && !contains(options.without, name);
        if (!in) {
            std::printf("%s: left out as asked\n", name);
        }
        return in;
    };
    Contenders contenders;
    if (wanted("floor")) {
        contenders.push_back(floor_contender(own_prefix()));
    }
    if (wanted("ocinet")) {
        contenders.push_back(ocinet_contender(prefix));
    }
    if (wanted("netavark")) {
        contenders.push_back(netavark_contender());
    }
    return contenders;
}

void run_levels(const Machine& machine, const Contenders& contenders, const Settings& settings) {
    std::vector<Side> sides;
    for (const auto& contender : contenders) {
        sides.emplace_back(machine, *contender);
    }
    Table table;
    for (const int level : settings.levels) {
        std::fprintf(stderr, "measuring at %d …\n", level);
        table.push_back(measure_level(sides, level, settings));
    }
    print_levels(contenders, settings, table);
}

/// True if nothing went wrong. A peer's failures are counted and shown; they are not ours.
bool run_bursts(const Machine& machine, const Contenders& contenders, const Settings& settings) {
    bool clean = true;
    for (const bool warm : {false, true}) {
        std::vector<Burst> bursts(contenders.size());
        for (int round = 0; round < settings.burst_rounds; ++round) {
            for (std::size_t i = 0; i < contenders.size(); ++i) {
                measure_burst(machine, *contenders[i], warm, settings, bursts[i]);
            }
        }
        print_burst(contenders, settings,
                    warm ? "warm (one container stands)"
                         : "cold (nothing stands; the floor's bridge and table do)",
                    bursts);
        for (std::size_t i = 0; i < contenders.size(); ++i) {
            clean = clean && (contenders[i]->name() == "netavark" || bursts[i].clean());
        }
    }
    return clean;
}

void parse(CLI::App& app, Options& options) {
    Settings& settings = options.settings;
    const auto names = CLI::IsMember({"floor", "ocinet", "netavark"});
    app.add_option("--prefix", options.prefix, "tree with libexec/ocinet/ocinet-hook")
        ->default_str("the build tree of this program");
    app.add_option("--rounds", settings.rounds, "rounds at each level")->check(CLI::Range(1, 1000));
    app.add_option("--levels", settings.levels, "containers on the bridge, ascending")
        ->delimiter(',')
        ->check(CLI::Range(1, 1000));
    app.add_option("--burst", settings.burst, "how many at once; 0: no such rows")
        ->check(CLI::Range(0, 500));
    app.add_option("--burst-rounds", settings.burst_rounds)->check(CLI::Range(1, 100));
    app.add_option("--settle", settings.settle_ms, "milliseconds of rest before a measurement")
        ->check(CLI::Range(0, 10000));
    app.add_option("--only", options.only, "contenders: floor, ocinet, netavark")
        ->delimiter(',')
        ->check(names);
    app.add_option("--without", options.without, "contenders to leave out")
        ->delimiter(',')
        ->check(names);
    app.add_flag("--quick", options.quick, "levels 1 and 10, 3 rounds, 1 round at once");
}

int run_bench(const Options& options) {
    if (geteuid() != 0) {
        throw Error("must be root: it makes network and mount namespaces");
    }
    Settings settings = options.settings;
    if (options.quick) {
        settings.levels = {1, 10};
        settings.rounds = 3;
        settings.burst_rounds = 1;
    }
    std::ranges::sort(settings.levels);
    const Contenders contenders = make_contenders(options);
    const Machine machine;
    print_header(contenders, settings);
    run_levels(machine, contenders, settings);
    return settings.burst == 0 || run_bursts(machine, contenders, settings) ? 0 : 1;
}

} // namespace

} // namespace ocinet::bench

int main(int argc, char** argv) {
    namespace bench = ocinet::bench;
    bench::Options options;
    CLI::App app("Times the set-up and tear-down of a container's network");
    try {
        options.prefix = bench::own_prefix();
        bench::parse(app, options);
        app.parse(argc, argv);
        return bench::run_bench(options);
    } catch (const CLI::ParseError& error) {
        return app.exit(error);
    } catch (const std::exception& error) {
        std::fflush(stdout);
        std::fprintf(stderr, "ocinet-bench: %s\n", error.what());
        return 1;
    }
}
