// SPDX-License-Identifier: GPL-2.0-or-later
// The crown: any one system call of the shipped hook fails. The hook then succeeds all the same, or
// says so and leaves the host as it was, with nobody to help. So it does when one of its loader of
// the policy fails, or that is killed.
#include "tests/support/catch.h"

#include <sys/syscall.h>

#include <array>
#include <cerrno>

#include "netsetup/base/error.h"
#include "netsetup/base/text.h"
#include "tests/crown/course.h"
#include "tests/crown/report.h"
#include "tests/crown/sample.h"
#include "tests/crown/tracer.h"
#include "tests/support/rare_links.h"

namespace ocinet::test {

namespace {

using Kind = Interference::Kind;

struct Failing {
    const Setting* setting;
    Stage stage;
    Traced traced = Traced::hook;

    std::string name() const {
        return std::string(stage == Stage::attach ? "attach, " : "detach, ") + setting->name +
               (traced == Traced::loader ? ", the policy's loader" : "");
    }
};

// A system call and what is done to it.
std::vector<Interference> interferences_with(const std::vector<long>& calls, Traced traced) {
    std::vector<Interference> all;
    for (std::size_t at = 0; at < calls.size(); ++at) {
        for (const int error : errors_of(calls[at])) {
            all.push_back({Kind::fail, at, calls[at], error});
        }
        if (traced == Traced::loader) {
            all.push_back({Kind::kill, at, calls[at]});
        }
    }
    return all;
}

// A hosts file that cannot be opened is left alone: that is no reason to fail.
void judge_attached(Problems& problems, Course& course, const std::string& told) {
    course.expect_attached_but_for_hosts(problems, told);
    course.detach(problems, told + "attached, then ");
}

// What a tear-down could not do, the next one does, or the next sweep.
void judge_detached(Problems& problems, Course& course, const Result& result, bool sweep,
                    const std::string& told) {
    if (result.status != 0 && sweep) {
        course.scene().host().sh(shell_word(cli_program()) + " gc");
    } else if (result.status != 0) {
        course.scene().box().detach();
    }
    course.expect_after(problems, told + "then detached");
}

void judge(Problems& problems, Course& course, const Failing& failing, const Result& result,
           bool sweep) {
    const std::string told = "status " + std::to_string(result.status) + ", " + result.err;
    if (result.status != 0 &&
        (result.status > 128 || result.err.find("ocinet: ") == std::string::npos)) {
        problems.push_back("the hook: " + told);
    }
    if (failing.stage == Stage::detach) {
        judge_detached(problems, course, result, sweep, told);
    } else if (result.status == 0) {
        judge_attached(problems, course, told);
    } else {
        course.expect_before(problems, told);
    }
}

Problems fail_at(Course& course, const Failing& failing, const Interference& interference,
                 bool sweep) {
    Problems problems;
    try {
        course.begin();
        Scene& scene = course.scene();
        const auto trace = trace_hook(scene.host(), scene.box(), course.stage_name(), interference,
                                      failing.traced);
        judge(problems, course, failing, trace.result, sweep);
        if (const auto problem = scene.neighbour_problem(); !problem.empty()) {
            problems.push_back(problem);
        }
    } catch (const Error& caught) {
        problems.emplace_back(caught.what());
    }
    if (!problems.empty()) {
        course.give_up();
    }
    return problems;
}

std::vector<long> calls_of(Course& course, Traced traced) {
    if (traced == Traced::hook) {
        return course.calls();
    }
    course.begin();
    auto trace =
        trace_hook(course.scene().host(), course.scene().box(), course.stage_name(), {}, traced);
    course.give_up();
    return std::move(trace.calls);
}

template <typename Sweep>
void fail_each(Outcome& outcome, Course& course, const Failing& failing,
               const std::vector<Interference>& all, const std::vector<std::size_t>& chosen,
               Sweep sweep) {
    for (const auto index : chosen) {
        const auto& interference = all[index];
        ++outcome.points;
        outcome.add(interference.at, call_name(interference.call),
                    interference.kind == Kind::kill ? "killed" : errno_text(interference.error),
                    fail_at(course, failing, interference, sweep(interference)));
    }
}

Outcome fail_everywhere(const Failing& failing, std::size_t quick, std::size_t normal) {
    Course course(*failing.setting, failing.stage);
    const auto calls = calls_of(course, failing.traced);
    const auto all = interferences_with(calls, failing.traced);
    Outcome outcome{.name = failing.name(), .possible = calls.size()};
    fail_each(outcome, course, failing, all, sample(0, all.size(), quick, normal),
              [](const Interference& one) { return (one.at + seed()) % 2 == 0; });
    return outcome;
}

// What a hook once took for an answer: of its loader, that it had loaded nothing; of a process,
// that it lived; and what the last in a namespace once could not try again.
struct Once {
    const char* setting;
    Stage stage;
    long call;
    int error;
};

constexpr std::array once{Once{"cold", Stage::attach, SYS_read, EIO},
                          Once{"last of a namespace", Stage::detach, SYS_read, EIO},
                          Once{"last of a namespace", Stage::detach, SYS_pidfd_open, EMFILE},
                          Once{"last of a namespace", Stage::detach, SYS_unlinkat, EIO}};

Outcome fail_again(const Once& one) {
    const Failing failing{&setting_called(one.setting), one.stage};
    Course course(*failing.setting, failing.stage);
    auto all = interferences_with(course.calls(), failing.traced);
    std::erase_if(all, [&](const Interference& interference) {
        return interference.call != one.call || interference.error != one.error;
    });
    if (all.empty()) {
        throw Error(failing.name() + ": " + call_name(one.call) + " is not made any more");
    }
    Outcome outcome{.name = failing.name(), .possible = all.size()};
    // A sweep would help where the next tear-down must.
    fail_each(outcome, course, failing, all, sample(0, all.size(), 2, all.size()),
              [](const Interference&) { return false; });
    return outcome;
}

std::vector<Failing> failings_of(bool with_rare_links) {
    std::vector<Failing> failings;
    for (const auto& setting : all_settings()) {
        if (setting.has_rare_links == with_rare_links) {
            failings.push_back({&setting, Stage::attach});
            failings.push_back({&setting, Stage::detach});
        }
    }
    return failings;
}

// By default each setting in one of its two ways.
void fail_in(const std::vector<Failing>& failings) {
    const auto chosen = sample(0, failings.size(), 2, failings.size() / 2);
    report("failed", "system calls", chosen.size(),
           [&](std::size_t i) { return fail_everywhere(failings[chosen[i]], 1, 4); });
}

} // namespace

TEST_CASE("whichever system call fails, the hook succeeds or leaves the host as it was") {
    SKIP_IF_MISSING(missing_for_tracer());
    fail_in(failings_of(false));
}

TEST_CASE("whichever fails in a guest, the hook succeeds or leaves the host as it was", "[guest]") {
    SKIP_IF_MISSING(missing_for_tracer());
    SKIP_IF_MISSING(missing_for_rare_links());
    fail_in(failings_of(true));
}

TEST_CASE("whichever of the loader's fails, the hook succeeds or leaves the host as it was") {
    SKIP_IF_MISSING(missing_for_tracer());
    const std::vector<Failing> failings = {
        {&setting_called("cold, forwarding"), Stage::attach, Traced::loader},
        {&setting_called("both families, cold"), Stage::attach, Traced::loader}};
    report("failed", "system calls", failings.size(),
           [&](std::size_t i) { return fail_everywhere(failings[i], 1, 6); });
}

TEST_CASE("a call that fails is no answer") {
    SKIP_IF_MISSING(missing_for_tracer());
    report("failed", "calls", once.size(), [](std::size_t i) { return fail_again(once[i]); });
}

} // namespace ocinet::test
