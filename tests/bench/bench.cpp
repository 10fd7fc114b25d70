// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a container's network costs: the floor, ocinet and the distribution's netavark and CNI
// plugins side by side, each in a simulated host of its own. Prints; judges no time. Exit status 1
// if something failed.
#include <sys/resource.h>
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
    std::string before; ///< another prefix
    std::vector<std::string> only{"floor", "ocinet", "netavark", "cni"};
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
        contenders.push_back(ocinet_contender("ocinet", prefix));
        if (!options.before.empty()) {
            contenders.push_back(
                ocinet_contender("before", std::filesystem::absolute(options.before).string()));
        }
    }
    if (wanted("netavark")) {
        contenders.push_back(netavark_contender());
    }
    if (wanted("cni")) {
        contenders.push_back(cni_contender(own_prefix()));
    }
    return contenders;
}

// Peers after ours: every container's network namespace has entries of its own in the kernel's
// tables and makes the others' look-ups there longer; what one measures at 300 must not be the cost
// of another's 300.
void run_levels(const Machine& machine, const Contenders& contenders, const Settings& settings) {
    Table table(settings.levels.size(), std::vector<Times>(contenders.size()));
    for (const bool peers : {false, true}) {
        std::vector<Side> sides;
        std::vector<std::size_t> columns;
        for (std::size_t i = 0; i < contenders.size(); ++i) {
            if (contenders[i]->is_peer() == peers) {
                sides.emplace_back(machine, *contenders[i]);
                columns.push_back(i);
            }
        }
        for (std::size_t row = 0; row < table.size(); ++row) {
            std::fprintf(stderr, "measuring at %d …\n", settings.levels[row]);
            const auto times = measure_level(sides, settings.levels[row], settings);
            for (std::size_t i = 0; i < columns.size(); ++i) {
                table[row][columns[i]] = times[i];
            }
        }
        for (Side& side : sides) {
            side.wind_down();
        }
    }
    print_levels(contenders, settings, table);
}

/// True if nothing went wrong. A peer's failures are counted and shown; they are not ours.
bool run_bursts(const Machine& machine, const Contenders& contenders, int at_once, bool warm,
                const Settings& settings) {
    std::fprintf(stderr, "measuring %d at once, %s …\n", at_once, warm ? "warm" : "cold");
    std::vector<Burst> bursts(contenders.size());
    for (int round = 0; round < settings.burst_rounds; ++round) {
        for (std::size_t i = 0; i < contenders.size(); ++i) {
            if (at_once <= settings.reach(*contenders[i]).at_once &&
                round < settings.rounds_of(at_once, *contenders[i])) {
                measure_burst(machine, *contenders[i], at_once, warm, settings, bursts[i]);
            }
        }
    }
    print_burst(contenders, at_once,
                warm ? "warm (one container stands)"
                     : "cold (nothing stands; the floor's bridge and table do, and cni's bridge)",
                bursts);
    bool clean = true;
    for (std::size_t i = 0; i < contenders.size(); ++i) {
        clean = clean && (contenders[i]->is_peer() || bursts[i].clean());
    }
    return clean;
}

void run_ports(const Machine& machine, const Contenders& contenders, const Settings& settings) {
    PortTable table;
    for (const int ports : settings.ports) {
        std::fprintf(stderr, "measuring with %d published ports …\n", ports);
        table.push_back(measure_ports(machine, contenders, ports, settings));
    }
    print_ports(contenders, settings, table);
}

void parse(CLI::App& app, Options& options) {
    Settings& settings = options.settings;
    const auto names = CLI::IsMember({"floor", "ocinet", "netavark", "cni"});
    app.add_option("--prefix", options.prefix, "tree with libexec/ocinet/ocinet-hook")
        ->default_str("the build tree of this program");
    app.add_option("--rounds", settings.rounds, "rounds at each level")->check(CLI::Range(1, 1000));
    app.add_option("--levels", settings.levels, "containers on the bridge, ascending")
        ->delimiter(',')
        ->check(CLI::Range(1, 1000));
    app.add_option("--burst", settings.bursts, "how many at once; 0: no such rows")
        ->delimiter(',')
        ->check(CLI::Range(0, 500));
    app.add_option("--burst-rounds", settings.burst_rounds, "of up to 32 at once; fewer of more")
        ->check(CLI::Range(1, 100));
    app.add_option("--ports", settings.ports, "published ports of one container; 0: no such rows")
        ->delimiter(',')
        ->check(CLI::Range(0, 10000));
    app.add_option("--before", options.before, "another tree with an ocinet, measured beside it");
    app.add_option("--settle", settings.settle_ms, "milliseconds of rest before a measurement")
        ->check(CLI::Range(0, 10000));
    app.add_option("--only", options.only, "contenders: floor, ocinet, netavark, cni")
        ->delimiter(',')
        ->check(names);
    app.add_option("--without", options.without, "contenders to leave out")
        ->delimiter(',')
        ->check(names);
    app.add_flag("--full", settings.full,
                 "the slow peers, too, with all containers and ports: takes an hour");
    app.add_flag("--quick", options.quick,
                 "levels 1 and 10, 3 rounds, 32 at once a single time, 1 and 100 ports");
}

/// Thousands of containers are as many descriptors.
void raise_descriptor_limit() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int run_bench(const Options& options) {
    if (geteuid() != 0) {
        throw Error("must be root: it makes network and mount namespaces");
    }
    Settings settings = options.settings;
    if (options.quick) {
        settings.levels = {1, 10};
        settings.rounds = 3;
        settings.bursts = {32};
        settings.burst_rounds = 1;
        settings.ports = {1, 100};
        settings.port_rounds = 3;
    }
    std::ranges::sort(settings.levels);
    std::erase(settings.bursts, 0);
    std::erase(settings.ports, 0);
    raise_descriptor_limit();
    const Contenders contenders = make_contenders(options);
    const Machine machine;
    print_header(contenders, settings);
    run_levels(machine, contenders, settings);
    bool clean = true;
    for (const int at_once : settings.bursts) {
        for (const bool warm : {false, true}) {
            clean = run_bursts(machine, contenders, at_once, warm, settings) && clean;
        }
    }
    run_ports(machine, contenders, settings);
    return clean ? 0 : 1;
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
