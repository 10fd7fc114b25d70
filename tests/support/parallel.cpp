// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/parallel.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <list>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "netsetup/base/error.h"
#include "netsetup/base/file.h"
#include "tests/support/process.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

struct Running {
    std::size_t index;
    Process process;
};

std::list<Running>::iterator wait_for_one(std::list<Running>& running) {
    std::vector<pollfd> ends;
    for (const auto& one : running) {
        ends.push_back({one.process.pidfd(), POLLIN, 0});
    }
    while (::poll(ends.data(), ends.size(), -1) < 0) {
    }
    const auto ended =
        std::find_if(ends.begin(), ends.end(), [](const pollfd& end) { return end.revents != 0; });
    return std::next(running.begin(), ended - ends.begin());
}

} // namespace

void in_parallel(std::size_t count, const std::function<json(std::size_t)>& job,
                 const std::function<void(std::size_t, const json&)>& done) {
    const std::size_t most = std::max(1U, std::thread::hardware_concurrency());
    std::list<Running> running;
    std::size_t next = 0;
    while (next < count || !running.empty()) {
        while (next < count && running.size() < most) {
            const std::size_t index = next++;
            running.push_back({index, Process([&job, index] {
                                   const std::string text = job(index).dump(
                                       -1, ' ', true, json::error_handler_t::replace);
                                   write_all(STDOUT_FILENO, text, "stdout");
                               })});
        }
        const auto ended = wait_for_one(running);
        const Result result = ended->process.wait();
        const std::size_t index = ended->index;
        running.erase(ended);
        if (result.status != 0) {
            throw Error("job " + std::to_string(index) + ": status " +
                        std::to_string(result.status) + ": " + result.err);
        }
        done(index, json::parse(result.out));
    }
}

} // namespace ocinet::test
