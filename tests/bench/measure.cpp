// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/bench/measure.h"

#include <time.h>

#include <algorithm>
#include <map>

#include "netsetup/base/error.h"

namespace ocinet::bench {

namespace {

using Links = std::set<std::string>;

void sleep_ms(int ms) {
    const timespec pause{ms / 1000, (ms % 1000) * 1000000L};
    nanosleep(&pause, nullptr);
}

Links minus(const Links& links, const Links& others) {
    Links rest;
    std::ranges::set_difference(links, others, std::inserter(rest, rest.end()));
    return rest;
}

/// The kernel removes a dead netns, and with it the host's end of the pair, in its own time.
void wait_until_gone(const Links& links) {
    const double deadline = now_ms() + 5000;
    while (std::ranges::any_of(
        links, [now = Host::links()](const std::string& link) { return now.contains(link); })) {
        if (now_ms() > deadline) {
            throw Error("a dead container's host link does not go away");
        }
        sleep_ms(2);
    }
}

/// A second try, which counts as lost: with thousands of containers the kernel's table of
/// neighbours, one for all network namespaces (gc_thresh3), is full at times.
double first_connection(const Contender& contender, const Container& container) {
    const double started = now_ms();
    for (int attempt = 0; attempt < 2; ++attempt) {
        if (const auto ms = connect_ms(contender.gateway(), container.port())) {
            return attempt == 0 ? *ms : now_ms() - started;
        }
    }
    throw Error(contender.name() + ": set-up succeeded, but " + contender.gateway() + ":" +
                std::to_string(container.port()) + " takes no connection");
}

} // namespace

int Settings::rounds_of(int at_once, const Contender& contender) const {
    const int fitting = at_once > 32 ? std::max(2, burst_rounds * 32 / at_once) : burst_rounds;
    return std::min({fitting, burst_rounds, reach(contender).burst_rounds});
}

Side::Side(const Machine& machine, const Contender& contender)
    : contender_(&contender), host_(machine) {
    host_.enter();
    contender.prepare_host();
}

Container Side::new_container() {
    return Container(next_serial_++);
}

void Side::bring_up(int count) {
    host_.enter();
    while (int(standing_.size()) < count) {
        standing_.push_back(new_container());
        run_or_throw(contender_->set_up(standing_.back()), contender_->name());
    }
}

void Side::wind_down() {
    host_.enter();
    const std::size_t count = standing_.size();
    standing_.clear();
    sleep_ms(int(count) * 3);
}

Side::Trial Side::trial(Netns at_tear_down, int settle_ms) {
    host_.enter();
    const Links before = Host::links();
    Container container = new_container();
    const Command set_up = contender_->set_up(container);
    const Command tear_down = contender_->tear_down(container);
    Trial trial;
    sleep_ms(settle_ms);
    trial.set_up = run_or_throw(set_up, contender_->name());
    trial.connect = first_connection(*contender_, container);
    if (at_tear_down == Netns::gone) {
        Links own = minus(Host::links(), before);
        own.erase(contender_->bridge());
        container.end();
        wait_until_gone(own);
    } else {
        container.end_process();
    }
    sleep_ms(settle_ms);
    trial.tear_down = run_or_throw(tear_down, contender_->name());
    const Links left = minus(Host::links(), before);
    if (!left.empty()) {
        throw Error(contender_->name() + ": tear-down succeeded, but left link " + *left.begin());
    }
    return trial;
}

std::vector<Times> measure_level(std::vector<Side>& sides, int level, const Settings& settings) {
    const auto takes_part = [&](const Side& side) {
        return level <= settings.reach(side.contender()).containers;
    };
    for (Side& side : sides) {
        if (takes_part(side)) {
            side.bring_up(level - 1);
        }
    }
    std::vector<Times> times(sides.size());
    for (int round = 0; round < settings.rounds; ++round) {
        for (std::size_t i = 0; i < sides.size(); ++i) {
            if (!takes_part(sides[i])) {
                continue;
            }
            const Side::Trial trial = sides[i].trial(Side::Netns::alive, settings.settle_ms);
            times[i].set_up.add(trial.set_up);
            times[i].alive.add(trial.tear_down);
            times[i].connect.add(trial.connect);
        }
        for (std::size_t i = 0; i < sides.size(); ++i) {
            if (takes_part(sides[i]) && !sides[i].contender().needs_netns()) {
                const Side::Trial trial = sides[i].trial(Side::Netns::gone, settings.settle_ms);
                times[i].set_up.add(trial.set_up);
                times[i].gone.add(trial.tear_down);
                times[i].connect.add(trial.connect);
            }
        }
    }
    return times;
}

namespace {

/// All commands at once: the wall time of all, and how each one went.
struct Together {
    double ms = 0;
    std::vector<Outcome> outcomes;
};

Together run_together(const std::vector<Command>& commands) {
    std::vector<Process> processes;
    processes.reserve(commands.size());
    for (const Command& command : commands) {
        processes.emplace_back(command);
    }
    Together together;
    const double started = now_ms();
    for (Process& process : processes) {
        process.start();
    }
    for (Process& process : processes) {
        together.outcomes.push_back(process.wait());
    }
    together.ms = now_ms() - started;
    return together;
}

int count_failures(const Together& together, const std::vector<Command>& commands,
                   std::string& first_error) {
    int failures = 0;
    for (std::size_t i = 0; i < commands.size(); ++i) {
        if (!together.outcomes[i].ok()) {
            ++failures;
            if (first_error.empty()) {
                first_error = commands[i].text() + ": " + together.outcomes[i].text();
            }
        }
    }
    return failures;
}

/// Looked up in the containers, not in what the contender says.
void inspect(const Side& side, const std::vector<Container>& containers, const Together& together,
             Burst& result) {
    std::map<std::string, int> seen;
    for (std::size_t i = 0; i < containers.size(); ++i) {
        if (!together.outcomes[i].ok()) {
            continue;
        }
        side.enter();
        if (!connect_ms(side.contender().gateway(), containers[i].port())) {
            ++result.unanswered;
        }
        if (const auto address = containers[i].assigned_address(); address) {
            result.duplicates += seen[*address]++ > 0 ? 1 : 0;
        }
    }
    side.enter();
}

} // namespace

void measure_burst(const Machine& machine, const Contender& contender, int at_once, bool warm,
                   const Settings& settings, Burst& result) {
    Side side(machine, contender);
    side.bring_up(warm ? 1 : 0);
    const Links before = Host::links();
    std::vector<Container> containers;
    std::vector<Command> set_ups;
    std::vector<Command> tear_downs;
    containers.reserve(std::size_t(at_once));
    for (int i = 0; i < at_once; ++i) {
        containers.push_back(side.new_container());
        set_ups.push_back(contender.set_up(containers.back()));
        tear_downs.push_back(contender.tear_down(containers.back()));
    }
    sleep_ms(settings.settle_ms);
    const Together up = run_together(set_ups);
    result.set_up.add(up.ms);
    result.attached += at_once;
    result.failed += count_failures(up, set_ups, result.first_error);
    inspect(side, containers, up, result);

    for (Container& container : containers) {
        container.end_process();
    }
    sleep_ms(settings.settle_ms);
    const Together down = run_together(tear_downs);
    result.tear_down.add(down.ms);
    result.tear_downs_failed += count_failures(down, tear_downs, result.first_error);
    Links left = minus(Host::links(), before);
    left.erase(contender.bridge());
    result.links_left += int(left.size());
    containers.clear();
    side.wind_down();
    sleep_ms(at_once * 3); // what is left of their network namespaces is the kernel's work
}

namespace {

constexpr std::uint16_t first_port = 20000;

/// A contender, and one container of its with all the ports.
struct Publisher {
    Side side;
    Container container;
    PortTimes* times;
};

void connect_many(Publisher& publisher, std::uint16_t port, bool counts) {
    constexpr int connections = 100;
    const Contender& contender = publisher.side.contender();
    publisher.side.enter();
    for (int i = 0; i < connections; ++i) {
        const std::optional<double> ms = connect_ms(contender.gateway(), port);
        if (!ms) {
            throw Error(contender.name() + ": port " + std::to_string(port) +
                        " takes no connection");
        }
        if (counts) {
            publisher.times->connect_us.add(*ms * 1000);
        }
    }
}

} // namespace

std::vector<PortTimes> measure_ports(const Machine& machine,
                                     const std::vector<std::unique_ptr<Contender>>& contenders,
                                     int ports, const Settings& settings) {
    std::vector<PortTimes> times(contenders.size());
    std::vector<Publisher> publishers;
    for (std::size_t i = 0; i < contenders.size(); ++i) {
        const Contender& contender = *contenders[i];
        if (ports <= settings.reach(contender).ports) {
            Side side(machine, contender);
            Container container = side.new_container();
            const Command set_up = contender.set_up(container, {first_port, ports});
            sleep_ms(settings.settle_ms);
            times[i].set_up.add(run_or_throw(set_up, contender.name()));
            publishers.push_back({std::move(side), std::move(container), &times[i]});
        }
    }
    // The first round warms up.
    for (int round = 0; round <= settings.port_rounds; ++round) {
        for (Publisher& publisher : publishers) {
            connect_many(publisher, std::uint16_t(first_port + ports - 1), round > 0);
        }
    }
    return times;
}

} // namespace ocinet::bench
