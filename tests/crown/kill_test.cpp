// SPDX-License-Identifier: GPL-2.0-or-later
// The crown: the shipped hook is killed at any of its system calls, and what comes next, `ocinet
// gc` or the next set-up of the same container, leaves nothing of it.
#include "tests/support/catch.h"

#include "netsetup/base/error.h"
#include "netsetup/base/text.h"
#include "tests/crown/course.h"
#include "tests/crown/report.h"
#include "tests/crown/sample.h"
#include "tests/crown/tracer.h"
#include "tests/support/rare_links.h"

namespace ocinet::test {

namespace {

// What a container's network namespace is afterwards: a runtime that was killed, too, leaves it
// alive for a while.
enum class Netns { alive, dead };
enum class Recovery { sweep, set_up };

struct Killing {
    const Setting* setting;
    Stage stage;
    Netns netns;

    std::string name() const {
        return std::string(stage == Stage::attach ? "attach, " : "detach, ") + setting->name +
               (netns == Netns::dead ? ", its namespace dead" : "");
    }
};

void sweep(Problems& problems, const Scene& scene) {
    const Result result = scene.host().run(shell_word(cli_program()) + " gc");
    if (result.status != 0 || !result.err.empty()) {
        problems.push_back("gc: status " + std::to_string(result.status) + " " + result.err);
    }
}

// A namespace that several share is dead when they all are.
void recover_all(Problems& problems, Course& course, Recovery recovery) {
    Scene& scene = course.scene();
    if (recovery == Recovery::sweep) {
        sweep(problems, scene);
        course.expect_nobody(problems, "then gc");
    }
    scene.renew_box();
    scene.box().attach();
    scene.box().detach();
    sweep(problems, scene); // a companion's remains are nobody's who comes
    course.expect_nobody(problems, "then a set-up, a tear-down and gc");
    course.give_up();
}

void recover_by_sweep(Problems& problems, Course& course, const Killing& killing) {
    Scene& scene = course.scene();
    const bool attached = scene.phase() == "attached";
    sweep(problems, scene);
    if (killing.stage == Stage::detach) {
        if (killing.netns == Netns::alive && killing.setting->companion == Companion::follows) {
            course.expect_attached(problems, "then gc"); // the companion has it
        }
        course.expect_after(problems, "then gc");
    } else if (attached && killing.netns == Netns::alive) {
        // It came to its end: nobody's to sweep.
        course.expect_attached(problems, "attached, then gc");
        course.detach(problems, "attached, gc, then ");
    } else if (attached) {
        course.expect_after(problems, "attached, then gc");
    } else {
        course.expect_before(problems, "then gc");
    }
    if (killing.netns == Netns::dead) {
        scene.renew_box();
    }
    course.expect_repeats(problems, "then gc and a set-up, ");
}

void recover(Problems& problems, Course& course, const Killing& killing, Recovery recovery) {
    if (killing.netns == Netns::dead && killing.setting->companion != Companion::none) {
        recover_all(problems, course, recovery);
    } else if (recovery == Recovery::sweep) {
        recover_by_sweep(problems, course, killing);
    } else {
        if (killing.netns == Netns::dead) {
            course.scene().renew_box();
        }
        course.expect_repeats(problems, "then a set-up, ");
    }
}

Problems kill_at(Course& course, const Killing& killing, std::size_t call, Recovery recovery) {
    Problems problems;
    try {
        course.begin();
        Scene& scene = course.scene();
        if (killing.stage == Stage::detach && killing.netns == Netns::dead) {
            scene.kill_box();
        }
        trace_hook(scene.host(), scene.box(), course.stage_name(),
                   {Interference::Kind::kill, call});
        if (killing.stage == Stage::attach && killing.netns == Netns::dead) {
            scene.kill_box();
        }
        if (const auto problem = scene.neighbour_problem(); !problem.empty()) {
            problems.push_back(problem);
        }
        recover(problems, course, killing, recovery);
    } catch (const Error& error) {
        problems.emplace_back(error.what());
    }
    if (!problems.empty()) {
        course.give_up();
    }
    return problems;
}

// By turns: neighbouring calls leave much the same behind.
Recovery recovery_at(std::size_t index) {
    return (index + seed()) % 2 == 0 ? Recovery::sweep : Recovery::set_up;
}

Outcome kill_everywhere(const Killing& killing) {
    Course course(*killing.setting, killing.stage);
    const auto& calls = course.calls();
    Outcome outcome{.name = killing.name(), .possible = calls.size()};
    for (const auto at : sample(0, calls.size(), 1, 5)) {
        ++outcome.points;
        const Recovery recovery = recovery_at(at);
        outcome.add(at, call_name(calls[at]),
                    recovery == Recovery::sweep ? "then gc" : "then a set-up",
                    kill_at(course, killing, at, recovery));
    }
    return outcome;
}

std::vector<Killing> killings_of(bool with_rare_links) {
    std::vector<Killing> killings;
    for (const auto& setting : all_settings()) {
        if (setting.has_rare_links != with_rare_links) {
            continue;
        }
        for (const auto stage : {Stage::attach, Stage::detach}) {
            for (const auto netns : {Netns::alive, Netns::dead}) {
                killings.push_back({&setting, stage, netns});
            }
        }
    }
    return killings;
}

// By default each setting in one of its four ways.
void kill_in(const std::vector<Killing>& killings) {
    const auto chosen = sample(0, killings.size(), 4, killings.size() / 4);
    report("killed", "system calls", chosen.size(),
           [&](std::size_t i) { return kill_everywhere(killings[chosen[i]]); });
}

} // namespace

TEST_CASE("killed anywhere, nothing stays after the next gc or set-up") {
    SKIP_IF_MISSING(missing_for_tracer());
    kill_in(killings_of(false));
}

TEST_CASE("killed anywhere in a guest, nothing stays after the next gc or set-up", "[guest]") {
    SKIP_IF_MISSING(missing_for_tracer());
    SKIP_IF_MISSING(missing_for_rare_links());
    kill_in(killings_of(true));
}

} // namespace ocinet::test
