// SPDX-License-Identifier: GPL-2.0-or-later
// The crown: the shipped hook is killed at any of its system calls, and what comes next, `ocinet
// gc` or the next set-up of the same container, leaves nothing of it.
#include "tests/support/catch.h"

#include <map>

#include "netsetup/base/error.h"
#include "netsetup/base/text.h"
#include "tests/crown/sample.h"
#include "tests/crown/scene.h"
#include "tests/crown/tracer.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;
using Neighbour = Setting::Neighbour;

// A namespace may outlive its container.
enum class Target { attach, detach_netns_alive, detach_netns_dead };
enum class Recovery { sweep, set_up };

struct Killing {
    std::string name;
    Setting setting;
    Target target;
};

// What is wrong at one point, a line each.
using Problems = std::vector<std::string>;

void expect(Problems& problems, const std::string& when, const json& wanted, const json& found) {
    if (wanted != found) {
        problems.push_back(when + ":\n" + difference(wanted, found));
    }
}

// Attaches and detaches normally, from wherever the scene is now.
void expect_normal_course(Problems& problems, Scene& scene, const References& normal,
                          const std::string& when) {
    try {
        scene.box().attach();
        expect(problems, when + "attached", normal.attached, scene.kernel());
        scene.box().detach();
        expect(problems, when + "attached and detached", normal.after, scene.everything());
    } catch (const Error& error) {
        problems.push_back(when + error.what());
    }
}

void sweep(Problems& problems, const Scene& scene) {
    const Result result = scene.host().run(shell_word(cli_program()) + " gc");
    if (result.status != 0 || !result.err.empty()) {
        problems.push_back("gc: status " + std::to_string(result.status) + " " + result.err);
    }
}

void recover(Problems& problems, Scene& scene, const References& normal, Target target,
             Recovery recovery) {
    if (recovery == Recovery::set_up) {
        if (target == Target::detach_netns_dead) {
            scene.renew_box();
        }
        expect_normal_course(problems, scene, normal, "then a set-up, ");
        return;
    }
    const std::string phase = scene.phase();
    sweep(problems, scene);
    if (phase == "attached" && target == Target::attach) {
        // It came to its end: nobody's to sweep.
        expect(problems, "attached, then gc", normal.attached, scene.kernel());
        scene.box().detach();
        expect(problems, "attached, gc, then detached", normal.after, scene.everything());
        return;
    }
    expect(problems, "then gc", target == Target::attach ? normal.before : normal.after,
           scene.everything());
    if (target == Target::detach_netns_dead) {
        scene.renew_box();
    }
    expect_normal_course(problems, scene, normal, "then gc and a set-up, ");
}

class Run {
public:
    explicit Run(const Killing& killing) : killing_(killing) {
        renew_scene();
        normal_ = look_at_normal_course(*scene_);
    }

    // The hook's system calls when nothing happens to it.
    std::vector<long> count_calls() {
        prepare();
        const auto traced = trace_hook(scene_->host(), scene_->box(), stage(), {});
        if (traced.result.status != 0) {
            throw Error("the traced hook failed: " + traced.result.err);
        }
        scene_.reset();
        return traced.calls;
    }

    Problems kill_at(std::size_t call, Recovery recovery) {
        Problems problems;
        try {
            prepare();
            trace_hook(scene_->host(), scene_->box(), stage(), {Interference::Kind::kill, call});
            recover(problems, *scene_, normal_, killing_.target, recovery);
            if (const auto problem = scene_->neighbour_problem(); !problem.empty()) {
                problems.push_back(problem);
            }
            scene_->forget_dead();
        } catch (const Error& error) {
            problems.emplace_back(error.what());
        }
        if (!problems.empty()) {
            scene_.reset();
        }
        return problems;
    }

private:
    std::string stage() const {
        return killing_.target == Target::attach ? "createRuntime" : "poststop";
    }

    // A scene goes on to the next point where it comes back to its beginning.
    void prepare() {
        const bool comes_back =
            killing_.setting.forwards || killing_.setting.neighbour != Neighbour::none;
        if (!scene_ || !comes_back) {
            renew_scene();
            if (comes_back) {
                normal_ = look_at_normal_course(*scene_);
            }
        }
        if (killing_.target != Target::attach) {
            scene_->box().attach();
        }
        if (killing_.target == Target::detach_netns_dead) {
            scene_->kill_box();
        }
    }

    void renew_scene() {
        scene_.reset();
        scene_ = std::make_unique<Scene>(killing_.setting);
    }

    Killing killing_;
    std::unique_ptr<Scene> scene_;
    References normal_;
};

const std::vector<Killing> killings = {
    {"attach, cold", {.name = "cold"}, Target::attach},
    {"attach, cold, forwarding", {.name = "cold", .forwards = true}, Target::attach},
    {"attach, warm", {.name = "warm", .neighbour = Neighbour::same_network}, Target::attach},
    {"attach, second network",
     {.name = "second", .neighbour = Neighbour::other_network},
     Target::attach},
    {"detach, last container", {.name = "cold"}, Target::detach_netns_alive},
    {"detach, last container, dead", {.name = "cold", .forwards = true}, Target::detach_netns_dead},
    {"detach, warm",
     {.name = "warm", .neighbour = Neighbour::same_network},
     Target::detach_netns_alive},
    {"detach, warm, dead",
     {.name = "warm", .neighbour = Neighbour::same_network},
     Target::detach_netns_dead},
};

std::vector<Recovery> recoveries_at(std::size_t index) {
    if (scale() == Scale::everything) {
        return {Recovery::sweep, Recovery::set_up};
    }
    return {(index + seed()) % 2 == 0 ? Recovery::sweep : Recovery::set_up};
}

// The report: one line on stdout, and each problem as a failure.
class Report {
public:
    Report(std::string name, std::vector<long> calls)
        : name_(std::move(name)), calls_(std::move(calls)) {}

    void add(std::size_t point, const Problems& problems) {
        if (problems.empty()) {
            return;
        }
        const std::string call = call_name(calls_.at(point));
        ++residues_[call];
        INFO(name_ << ": killed before system call " << point << " of " << calls_.size() << ", "
                   << call << "; seed " << seed());
        for (const auto& problem : problems) {
            FAIL_CHECK(problem);
        }
    }

    void finish(std::size_t points) const {
        CHECK(residues_.empty());
        std::cout << "killed in " << name_ << ": " << points << " points of " << calls_.size()
                  << " system calls, seed " << seed();
        for (const auto& [call, count] : residues_) {
            std::cout << "; " << count << " residues before " << call;
        }
        std::cout << std::endl;
    }

private:
    std::string name_;
    std::vector<long> calls_;
    std::map<std::string, std::size_t> residues_;
};

void kill_everywhere(const Killing& killing) {
    Run run(killing);
    const auto calls = run.count_calls();
    const auto points = sample(0, calls.size(), 1, 30);
    Report report(killing.name, calls);
    for (std::size_t i = 0; i < points.size(); ++i) {
        for (const auto recovery : recoveries_at(i)) {
            report.add(points[i], run.kill_at(points[i], recovery));
        }
    }
    report.finish(points.size());
}

} // namespace

TEST_CASE("killed anywhere, nothing stays after the next gc or set-up") {
    SKIP_IF_MISSING(missing_for_tracer());
    for (const auto& killing : killings) {
        kill_everywhere(killing);
    }
}

} // namespace ocinet::test
