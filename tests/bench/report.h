// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <vector>

#include "tests/bench/measure.h"

namespace ocinet::bench {

using Contenders = std::vector<std::unique_ptr<Contender>>;

/// times[level][contender], in the order of Settings::levels and of the contenders.
using Table = std::vector<std::vector<Times>>;

void print_header(const Contenders& contenders, const Settings& settings);
void print_levels(const Contenders& contenders, const Settings& settings, const Table& table);
void print_burst(const Contenders& contenders, int at_once, const char* kind,
                 const std::vector<Burst>& bursts);

/// times[ports][contender], in the order of Settings::ports and of the contenders.
using PortTable = std::vector<std::vector<PortTimes>>;
void print_ports(const Contenders& contenders, const Settings& settings, const PortTable& table);

} // namespace ocinet::bench
