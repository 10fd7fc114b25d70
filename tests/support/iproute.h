// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "netsetup/base/fd.h"
#include "tests/support/process.h"

namespace ocinet::test {

class Place;

/// ip(8) and bridge(8) inside a place, which wait for questions: their start costs ten times what
/// their answers do. Not for a place that is to end when its processes do: these live there.
class Iproute {
public:
    explicit Iproute(const Place& place);

    /// What they say of everything, by the names of snapshot.h, as they say it.
    nlohmann::json everything();

private:
    struct Query {
        const char* name;
        const char* command;
    };
    /// With `-batch -`: a line is a question, and its answer is a line.
    struct Program {
        std::vector<Query> queries;
        Fd questions;
        Fd answers;
        Process process;
        /// What came behind the last answer.
        std::string rest = {};

        std::string next_line();
    };

    static Program start(const Place& place, std::vector<const char*> arguments,
                         std::vector<Query> queries);

    std::vector<Program> programs_;
};

} // namespace ocinet::test
