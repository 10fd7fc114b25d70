// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/bench/contender.h"
#include "tests/bench/samples.h"

namespace ocinet::bench {

struct Settings {
    std::vector<int> levels{1, 10, 100, 300, 1000};
    int rounds = 15;
    std::vector<int> bursts{32, 128};
    /// Of up to 32 at once; fewer of more.
    int burst_rounds = 5;
    std::vector<int> ports{1, 100, 1000, 5000};
    int port_rounds = 10;
    /// Slow contenders go as far as the others.
    bool full = false;
    /// The kernel goes on with a dead netns after the process that ended it: let it finish first.
    int settle_ms = 40;

    Reach reach(const Contender& contender) const { return full ? Reach{} : contender.reach(); }
    int rounds_of(int at_once, const Contender& contender) const;
};

/// A contender in a host of its own, with the containers that stand there.
class Side {
public:
    Side(const Machine& machine, const Contender& contender);

    const Contender& contender() const { return *contender_; }
    /// Not measured: containers until `count` of them stand.
    void bring_up(int count);

    enum class Netns { gone, alive };
    struct Trial {
        double set_up = 0;
        double connect = 0;
        double tear_down = 0;
    };
    /// One container more, and away again.
    Trial trial(Netns at_tear_down, int settle_ms);

    /// A container that the contender has not heard of yet.
    Container new_container();
    /// Ends all that stands, and lets the kernel finish with it.
    void wind_down();
    void enter() const { host_.enter(); }

private:
    const Contender* contender_;
    Host host_;
    unsigned next_serial_ = 0;
    std::vector<Container> standing_;
};

/// What was measured of one contender at one level.
struct Times {
    Samples set_up;
    Samples connect; ///< first connection to the published port, right after set-up
    Samples gone;
    Samples alive;
};

/// Round for round each contender within its reach once, so that whatever slows the machine slows
/// all of them. A contender that fails throws.
std::vector<Times> measure_level(std::vector<Side>& sides, int level, const Settings& settings);

/// What became of many containers that were attached and detached at once.
struct Burst {
    Samples set_up;
    Samples tear_down;
    int attached = 0; ///< how many were tried
    int failed = 0;
    int unanswered = 0; ///< set up, but the published port takes no connection
    int duplicates = 0;
    int tear_downs_failed = 0;
    int links_left = 0;
    std::string first_error;

    bool clean() const {
        return failed + unanswered + duplicates + tear_downs_failed + links_left == 0;
    }
};

/// `warm`: one container stands already, so bridge and table are there.
void measure_burst(const Machine& machine, const Contender& contender, int at_once, bool warm,
                   const Settings& settings, Burst& result);

/// One container with many published ports. Empty for a contender that does not reach so far.
struct PortTimes {
    Samples set_up;
    Samples connect_us; ///< from the host itself to the last one of the ports
};

std::vector<PortTimes> measure_ports(const Machine& machine,
                                     const std::vector<std::unique_ptr<Contender>>& contenders,
                                     int ports, const Settings& settings);

} // namespace ocinet::bench
