// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/iproute.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "netsetup/base/error.h"
#include "netsetup/base/file.h"
#include "netsetup/base/text.h"
#include "tests/support/place.h"

namespace ocinet::test {

namespace {

std::pair<Fd, Fd> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw_errno("pipe2");
    }
    return {Fd(ends[0]), Fd(ends[1])};
}

[[noreturn]] void become(std::vector<const char*> arguments, const Fd& input, const Fd& output) {
    arguments.push_back(nullptr);
    const char* environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", nullptr};
    if (::dup2(input.get(), STDIN_FILENO) < 0 || ::dup2(output.get(), STDOUT_FILENO) < 0) {
        throw_errno("dup2");
    }
    ::execvpe(arguments[0], const_cast<char**>(arguments.data()), const_cast<char**>(environment));
    throw_errno(arguments[0]);
}

} // namespace

Iproute::Program Iproute::start(const Place& place, std::vector<const char*> arguments,
                                std::vector<Query> queries) {
    auto [input, questions] = make_pipe();
    auto [answers, output] = make_pipe();
    Process process =
        place.start([&, &input = input, &output = output] { become(arguments, input, output); });
    return {std::move(queries), std::move(questions), std::move(answers), std::move(process)};
}

Iproute::Iproute(const Place& place) {
    // "address show" is first: it brings the names of the links up to date, which ip keeps. bridge
    // would keep the name of a link that is renamed between two snapshots, for `fdb` and `master`.
    programs_.push_back(start(place, {"ip", "-j", "-d", "-batch", "-"},
                              {{"links", "address show"},
                               {"routes", "route show table all"},
                               {"rules", "rule show"},
                               {"neighbours", "neighbour show nud permanent"},
                               {"proxies", "neighbour show proxy"}}));
    programs_.push_back(
        start(place, {"ip", "-6", "-j", "-d", "-batch", "-"}, {{"rules6", "rule show"}}));
    programs_.push_back(start(place, {"bridge", "-j", "-d", "-batch", "-"},
                              {{"bridge", "link show"}, {"fdb", "fdb show"}}));
}

std::string Iproute::Program::next_line() {
    std::size_t end = 0;
    while ((end = rest.find('\n')) == std::string::npos) {
        std::array<char, 65536> buffer;
        const ssize_t size = ::read(answers.get(), buffer.data(), buffer.size());
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size <= 0) {
            throw Error("ip or bridge gives no answer: " + process.wait().err);
        }
        rest.append(buffer.data(), std::size_t(size));
    }
    std::string line = rest.substr(0, end);
    rest.erase(0, end + 1);
    return line;
}

nlohmann::json Iproute::everything() {
    nlohmann::json said;
    for (auto& program : programs_) {
        for (const auto& query : program.queries) {
            if (!trim(program.rest).empty()) {
                throw Error("ip or bridge gave more than one answer: " + program.rest);
            }
            write_all(program.questions.get(), std::string(query.command) + "\n", "ip or bridge");
            std::string line;
            while (trim(line).empty()) {
                line = program.next_line();
            }
            said[query.name] = nlohmann::json::parse(line);
        }
    }
    return said;
}

} // namespace ocinet::test
