// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/crown/report.h"

#include <nlohmann/json.hpp>

#include "tests/crown/sample.h"
#include "tests/support/catch.h"
#include "tests/support/parallel.h"

namespace ocinet::test {

// NOLINTNEXTLINE(misc-use-internal-linkage): by argument-dependent look-up
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Outcome, name, possible, points, residues)

void Outcome::add(std::size_t at, const std::string& before, const std::string& what,
                  const Problems& problems) {
    if (problems.empty()) {
        return;
    }
    std::string text = "at " + std::to_string(at) + " of " + std::to_string(possible) + ", " +
                       before + ", " + what;
    for (const auto& problem : problems) {
        text += "\n" + problem;
    }
    residues.push_back(std::move(text));
}

namespace {

std::string sum_of(const Outcome& outcome, const std::string& of) {
    return "at " + std::to_string(outcome.points) + " points of " +
           std::to_string(outcome.possible) + " " + of;
}

} // namespace

void report(const std::string& done, const std::string& of, std::size_t count,
            const std::function<Outcome(std::size_t)>& job) {
    Outcome sum;
    const std::string with_seed = "; seed " + std::to_string(seed()); // the jobs' is this one
    in_parallel(
        count, [&](std::size_t index) { return nlohmann::json(job(index)); },
        [&](std::size_t, const nlohmann::json& json) {
            const auto one = json.get<Outcome>();
            std::cout << done << " in " << one.name << " " << sum_of(one, of) << ": "
                      << one.residues.size() << " residues" << std::endl;
            for (const auto& residue : one.residues) {
                FAIL_CHECK(done << " in " << one.name << " " << residue << with_seed);
            }
            sum.points += one.points;
            sum.possible += one.possible;
            sum.residues.insert(sum.residues.end(), one.residues.begin(), one.residues.end());
        });
    std::cout << done << " " << sum_of(sum, of) << " in " << count
              << " settings: " << sum.residues.size() << " residues" << with_seed << std::endl;
    CHECK(sum.points > 0);
}

} // namespace ocinet::test
