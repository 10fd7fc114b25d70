// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "tests/crown/course.h"

namespace ocinet::test {

/// What came of disturbing the hook in one setting: of so many points where it could have been
/// done, it was done at some, perhaps in several ways.
struct Outcome {
    std::string name;
    std::size_t possible = 0;
    std::size_t points = 0;
    /// A text for each point where something was wrong.
    std::vector<std::string> residues;

    /// Before the call or operation number `at`, called `name`; `what` was done, or came next.
    void add(std::size_t at, const std::string& name, const std::string& what,
             const Problems& problems);
};

/// Runs job(0) to job(count - 1) in parallel. What came of each is a line on stdout, and one of the
/// sum; each residue is a failure. `done`: killed, failed. `of`: system calls.
void report(const std::string& done, const std::string& of, std::size_t count,
            const std::function<Outcome(std::size_t)>& job);

} // namespace ocinet::test
