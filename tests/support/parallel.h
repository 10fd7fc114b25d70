// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <nlohmann/json_fwd.hpp>

namespace ocinet::test {

/// Runs job(0) to job(count - 1), each in a child of the test, as many at a time as there are
/// processors: most of a test's time is the kernel's, which waits a lot. What a job gives is handed
/// to `done` in the test itself, in the order in which they end. Catch2's assertions do not work in
/// a job, and what it throws is thrown here as an Error.
void in_parallel(std::size_t count, const std::function<nlohmann::json(std::size_t)>& job,
                 const std::function<void(std::size_t, const nlohmann::json&)>& done);

} // namespace ocinet::test
