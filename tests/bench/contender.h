// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "tests/bench/host.h"
#include "tests/bench/process.h"

namespace ocinet::bench {

/// Host ports `first`, `first` + 1, … each published by itself, all of them to port 80.
struct Published {
    std::uint16_t first;
    int count = 1;
};

/// How far a contender goes within a benchmark of minutes; --full lets it go as far as the others.
struct Reach {
    int containers = 1000;
    int at_once = 500;
    int burst_rounds = 100;
    int ports = 5000;
};

/// One who gives containers their network. Every one does the same work: a veth pair on a bridge,
/// an address, a default route, masquerade, one published TCP port.
class Contender {
public:
    virtual ~Contender() = default;
    Contender() = default;
    Contender(const Contender&) = delete;
    Contender& operator=(const Contender&) = delete;

    virtual std::string name() const = 0;
    /// What exactly runs, in one line.
    virtual std::string description() const = 0;
    virtual std::string bridge() const = 0;
    /// Where the host itself finds published ports.
    virtual std::string gateway() const = 0;

    /// Once in a new host, not measured: what the contender expects to find there.
    virtual void prepare_host() const {}
    virtual Reach reach() const { return {}; }
    /// Somebody else's program: measured after ours, and its failures are not ours.
    virtual bool is_peer() const { return false; }
    virtual Command set_up(const Container& container, const Published& published) const = 0;
    Command set_up(const Container& container) const {
        return set_up(container, {container.port()});
    }
    /// Of a container that published its port(), and no more.
    virtual Command tear_down(const Container& container) const = 0;
    /// Why there is no tear-down once the container's netns is gone; nothing if there is.
    virtual std::optional<std::string> needs_netns() const { return std::nullopt; }
};

/// The floor program stands beside the benchmark: PREFIX/tests/ocinet-floor.
std::unique_ptr<Contender> floor_contender(const std::string& prefix);
/// PREFIX/libexec/ocinet/ocinet-hook
std::unique_ptr<Contender> ocinet_contender(const std::string& name, const std::string& prefix);
/// The distribution's.
std::unique_ptr<Contender> netavark_contender();
/// The distribution's plugins, run by PREFIX/tests/ocinet-cni-chain.
std::unique_ptr<Contender> cni_contender(const std::string& prefix);

} // namespace ocinet::bench
