// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/bench/report.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <optional>

namespace ocinet::bench {

namespace {

using Column = Samples Times::*;

std::optional<std::size_t> index_of(const Contenders& contenders, const std::string& name) {
    for (std::size_t i = 0; i < contenders.size(); ++i) {
        if (contenders[i]->name() == name) {
            return i;
        }
    }
    return std::nullopt;
}

/// A ratio of two medians that is worth a column: who over whom.
struct Ratio {
    std::string title;
    std::size_t over;
    std::size_t under;
};

std::vector<Ratio> ratios(const Contenders& contenders) {
    const auto floor = index_of(contenders, "floor");
    const auto ocinet = index_of(contenders, "ocinet");
    std::vector<Ratio> list;
    for (std::size_t i = 0; i < contenders.size(); ++i) {
        const std::string name = contenders[i]->name();
        if (floor && (name == "ocinet" || name == "before")) {
            list.push_back({name + "/floor", i, *floor});
        }
    }
    for (const char* other : {"netavark", "cni", "before"}) {
        if (const auto over = index_of(contenders, other); over && ocinet) {
            list.push_back({std::string(other) + "/ocinet", *over, *ocinet});
        }
    }
    return list;
}

void print_times(const Samples& samples) {
    if (samples.empty()) {
        std::printf("  %20s", "-");
    } else {
        std::printf("  %10.1f (%7.1f)", samples.median(), samples.p90());
    }
}

void print_ratio(const Samples& over, const Samples& under) {
    if (over.empty() || under.empty()) {
        std::printf("  %15s", "-");
    } else {
        std::printf("  %14.1fx", over.median() / under.median());
    }
}

void print_column(const char* title, Column column, const Contenders& contenders,
                  const Settings& settings, const Table& table) {
    const std::vector<Ratio> list = ratios(contenders);
    std::printf("\n%s\n%5s", title, "L");
    for (const auto& contender : contenders) {
        std::printf("  %20s", contender->name().c_str());
    }
    for (const Ratio& ratio : list) {
        std::printf("  %15s", ratio.title.c_str());
    }
    std::printf("\n");
    for (std::size_t row = 0; row < table.size(); ++row) {
        std::printf("%5d", settings.levels[row]);
        for (const Times& times : table[row]) {
            print_times(times.*column);
        }
        for (const Ratio& ratio : list) {
            print_ratio(table[row][ratio.over].*column, table[row][ratio.under].*column);
        }
        std::printf("\n");
    }
}

/// The kernel lets a new bridge port forward in its own time, a moment after "up": what is sent
/// before that is lost, and comes again a second later.
void print_connections(const Contenders& contenders, const Settings& settings, const Table& table) {
    constexpr double lost = 500;
    std::printf("\nfirst connection to the published port right after set-up: median ms, and how "
                "many lost their\nfirst packet (over %.0f ms)\n%5s",
                lost, "L");
    for (const auto& contender : contenders) {
        std::printf("  %20s", contender->name().c_str());
    }
    std::printf("\n");
    for (std::size_t row = 0; row < table.size(); ++row) {
        std::printf("%5d", settings.levels[row]);
        for (const Times& times : table[row]) {
            if (times.connect.empty()) {
                std::printf("  %20s", "-");
                continue;
            }
            std::printf("  %9.2f %4zu/%-5zu", times.connect.median(),
                        times.connect.count_over(lost), times.connect.count());
        }
        std::printf("\n");
    }
}

/// How much dearer each level is than the one of 10 containers (the first that is not 1).
void print_growth(const Contenders& contenders, const Settings& settings, const Table& table) {
    std::size_t from = 0;
    while (from < table.size() && settings.levels[from] < 10) {
        ++from;
    }
    if (from + 1 >= table.size()) {
        return;
    }
    const auto print = [&](const char* what, std::size_t i, Column column) {
        std::printf("  %-9s %-24s", contenders[i]->name().c_str(), what);
        for (std::size_t row = from + 1; row < table.size(); ++row) {
            const Samples& small = table[from][i].*column;
            const Samples& large = table[row][i].*column;
            if (small.empty() || large.empty()) {
                std::printf("  %6s", "-");
            } else {
                std::printf("  %5.2fx", large.median() / small.median());
            }
        }
        std::printf("\n");
    };
    std::printf("\ngrowth from %d containers to %24s", settings.levels[from], "");
    for (std::size_t row = from + 1; row < table.size(); ++row) {
        std::printf("  %6d", settings.levels[row]);
    }
    std::printf("\n");
    for (std::size_t i = 0; i < contenders.size(); ++i) {
        print("set-up", i, &Times::set_up);
        print("tear-down (netns gone)", i, &Times::gone);
        print("tear-down (netns alive)", i, &Times::alive);
    }
}

std::string load() {
    double average = 0;
    return getloadavg(&average, 1) == 1 ? std::to_string(average).substr(0, 4) : "?";
}

} // namespace

void print_header(const Contenders& contenders, const Settings& settings) {
    utsname system{};
    uname(&system);
    std::printf("kernel %s, %ld processors, load %s, %d rounds\n", system.release,
                sysconf(_SC_NPROCESSORS_ONLN), load().c_str(), settings.rounds);
    std::printf("one attach: veth pair, bridge port, address, default route, masquerade, one "
                "published TCP port;\neach one is proven by a connection to that port\n"
                "times: posix_spawn to wait of one process, milliseconds: median (p90)\n");
    for (const auto& contender : contenders) {
        std::printf("  %-10s %s\n", contender->name().c_str(), contender->description().c_str());
    }
    std::fflush(stdout);
}

void print_levels(const Contenders& contenders, const Settings& settings, const Table& table) {
    print_column("set-up of the L-th container (L = 1 makes the bridge too, but for the floor)",
                 &Times::set_up, contenders, settings, table);
    print_column("tear-down, netns gone: poststop after the runtime's delete", &Times::gone,
                 contenders, settings, table);
    for (const auto& contender : contenders) {
        if (const auto reason = contender->needs_netns(); reason) {
            std::printf("      %s: none: %s\n", contender->name().c_str(), reason->c_str());
        }
    }
    print_column("tear-down, netns alive", &Times::alive, contenders, settings, table);
    print_connections(contenders, settings, table);
    print_growth(contenders, settings, table);
    std::fflush(stdout);
}

void print_burst(const Contenders& contenders, int at_once, const char* kind,
                 const std::vector<Burst>& bursts) {
    std::printf("\n%d at once, %s: wall time of all\n", at_once, kind);
    std::printf("%12s  %18s  %18s  %8s  %10s  %10s  %10s  %6s\n", "", "set-up", "tear-down",
                "failed", "unanswered", "duplicates", "down fails", "links");
    for (std::size_t i = 0; i < bursts.size(); ++i) {
        const Burst& burst = bursts[i];
        if (burst.set_up.empty()) {
            std::printf("%12s  %8s\n", contenders[i]->name().c_str(), "-");
            continue;
        }
        std::printf("%12s  %8.1f (%7.1f)  %8.1f (%7.1f)  %3d/%-4d  %10d  %10d  %10d  %6d\n",
                    contenders[i]->name().c_str(), burst.set_up.median(), burst.set_up.p90(),
                    burst.tear_down.median(), burst.tear_down.p90(), burst.failed, burst.attached,
                    burst.unanswered, burst.duplicates, burst.tear_downs_failed, burst.links_left);
    }
    for (std::size_t i = 0; i < bursts.size(); ++i) {
        if (!bursts[i].first_error.empty()) {
            std::printf("  first failure of %s: %s\n", contenders[i]->name().c_str(),
                        bursts[i].first_error.c_str());
        }
    }
    std::fflush(stdout);
}

void print_ports(const Contenders& contenders, const Settings& settings, const PortTable& table) {
    std::printf(
        "\none container with many published ports: median us of a connection from the host "
        "itself to the\nlast one, against the first row; ms of the set-up\n%5s",
        "ports");
    for (const auto& contender : contenders) {
        std::printf("  %26s", contender->name().c_str());
    }
    std::printf("\n");
    for (std::size_t row = 0; row < table.size(); ++row) {
        std::printf("%5d", settings.ports[row]);
        for (std::size_t i = 0; i < contenders.size(); ++i) {
            const PortTimes& times = table[row][i];
            if (times.connect_us.empty()) {
                std::printf("  %26s", "-");
                continue;
            }
            const double us = times.connect_us.median();
            std::printf("  %7.1f %6.2fx %8.1f ms", us, us / table.front()[i].connect_us.median(),
                        times.set_up.median());
        }
        std::printf("\n");
    }
    std::fflush(stdout);
}

} // namespace ocinet::bench
