// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/crown/course.h"

#include <filesystem>

#include "netsetup/base/error.h"
#include "tests/crown/tracer.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

std::vector<long> undisturbed(const Scene& scene, const Container& box, const std::string& stage) {
    const auto traced = trace_hook(scene.host(), box, stage, {});
    if (traced.result.status != 0) {
        throw Error("the traced hook failed: " + traced.result.err);
    }
    return traced.calls;
}

} // namespace

void expect(Problems& problems, const std::string& when, const json& wanted, const json& found) {
    if (wanted != found) {
        problems.push_back(when + ":\n" + difference(wanted, found));
    }
}

Course::Course(const Setting& setting, Stage stage)
    : setting_(setting), stage_(stage),
      stage_name_(stage == Stage::attach ? "createRuntime" : "poststop") {
    renew_scene();
    nobody_ = scene_->everything();
    scene_->before_attach();
    before_ = scene_->everything();
    if (stage == Stage::attach) {
        calls_ = undisturbed(*scene_, scene_->box(), stage_name_);
    } else {
        scene_->box().attach();
    }
    attached_ = scene_->kernel();
    scene_->before_detach();
    if (stage == Stage::attach) {
        scene_->box().detach();
    } else {
        calls_ = undisturbed(*scene_, scene_->box(), stage_name_);
    }
    scene_->after_detach();
    after_ = scene_->everything();
    scene_->before_attach();
    const json again = scene_->everything();
    comes_back_ = again == before_;
    if (!comes_back_ && !setting_.neighbour.empty()) {
        // The next scene's neighbour would be another one.
        throw Error(setting_.name + " does not come back:\n" + difference(before_, again));
    }
    moved_ = true;
}

void Course::renew_scene() {
    scene_.reset();
    scene_ = std::make_unique<Scene>(setting_);
}

void Course::begin() {
    if (!scene_ || (moved_ && !comes_back_)) {
        renew_scene();
    }
    moved_ = stage_ == Stage::detach;
    scene_->before_attach();
    // Else each attachment would look at other records in passing: calls would not keep their
    // numbers.
    scene_->host().in([] { std::filesystem::remove("/run/ocinet/rotation"); });
    if (stage_ == Stage::detach) {
        scene_->box().attach();
        scene_->before_detach();
    }
}

void Course::expect_before(Problems& problems, const std::string& when) const {
    expect(problems, when, before_, scene_->everything());
}

void Course::expect_nobody(Problems& problems, const std::string& when) const {
    expect(problems, when, nobody_, scene_->everything());
}

void Course::expect_attached(Problems& problems, const std::string& when) const {
    expect(problems, when, attached_, scene_->kernel());
}

void Course::expect_attached_but_for_hosts(Problems& problems, const std::string& when) const {
    json found = scene_->kernel();
    if (found["hosts"] == before_["hosts"]) {
        found["hosts"] = attached_["hosts"];
    }
    expect(problems, when, attached_, found);
}

void Course::expect_after(Problems& problems, const std::string& when) {
    moved_ = true;
    scene_->after_detach();
    expect(problems, when, after_, scene_->everything());
}

void Course::detach(Problems& problems, const std::string& when) {
    scene_->before_detach();
    scene_->box().detach();
    expect_after(problems, when + "detached");
}

void Course::expect_repeats(Problems& problems, const std::string& when) {
    try {
        scene_->before_attach();
        scene_->box().attach();
        expect_attached(problems, when + "attached");
        detach(problems, when + "attached and ");
        if (const auto problem = scene_->neighbour_problem(); !problem.empty()) {
            problems.push_back(when + problem);
        }
    } catch (const Error& error) {
        problems.push_back(when + error.what());
    }
}

} // namespace ocinet::test
