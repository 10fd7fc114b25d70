// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/crown/scene.h"

namespace ocinet::test {

/// What is wrong at one point, a line each.
using Problems = std::vector<std::string>;

enum class Stage { attach, detach };

/// One setting in which one call of the hook is disturbed again and again: the scene before each,
/// and the states between which it moves when nothing goes wrong.
class Course {
public:
    /// Goes through it undisturbed.
    Course(const Setting& setting, Stage stage);

    /// The hook's system calls when nothing happens to it.
    const std::vector<long>& calls() const { return calls_; }
    Scene& scene() { return *scene_; }
    const std::string& stage_name() const { return stage_name_; }

    /// To where the call is made next. The scene goes on where it is at its beginning.
    void begin();
    /// The scene is not what it was: the next point has another one.
    void give_up() { scene_.reset(); }

    /// The scene must be in one of the states; where it is not, that is said of `when`.
    void expect_before(Problems& problems, const std::string& when) const;
    void expect_attached(Problems& problems, const std::string& when) const;
    void expect_attached_but_for_hosts(Problems& problems, const std::string& when) const;
    /// Nobody is attached, not even a companion.
    void expect_nobody(Problems& problems, const std::string& when) const;
    /// After a detachment: what is left to a companion goes with it.
    void expect_after(Problems& problems, const std::string& when);
    /// Detaches an attached container.
    void detach(Problems& problems, const std::string& when);
    /// Attaches and detaches.
    void expect_repeats(Problems& problems, const std::string& when);

private:
    void renew_scene();

    Setting setting_;
    Stage stage_;
    std::string stage_name_;
    std::vector<long> calls_;
    std::unique_ptr<Scene> scene_;
    nlohmann::json nobody_;
    nlohmann::json before_;
    nlohmann::json attached_;
    nlohmann::json after_;
    bool comes_back_ = false;
    /// The scene has gone through its course since it began.
    bool moved_ = false;
};

void expect(Problems& problems, const std::string& when, const nlohmann::json& wanted,
            const nlohmann::json& found);

} // namespace ocinet::test
