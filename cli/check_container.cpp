// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/check_container.h"

#include <algorithm>

#include "cli/repair.h"
#include "netsetup/acquire.h"
#include "netsetup/executor.h"
#include "netsetup/recover.h"

namespace ocinet::cli {

namespace {

// A process with the record's identity: not another one of the same id.
Context open_container(const Record& record, Host& host) {
    // Nothing of it may be missing for a tear-down either, so that what is gone is left out.
    Context context = acquire_for_undo(host, record);
    if (needs(record.plan).container && is_alive(record.process)) {
        auto process = ContainerProcess::open(record.process.pid);
        if (process.identity == record.process) {
            context.container = ContainerNetns::open(std::move(process.netns));
        }
    }
    return context;
}

bool runs_plugins(const Step& step) {
    return !needs(step.operation).plugins.empty();
}

bool can_check(const Step& step, const Context& context) {
    return (context.container || !needs(step.operation).container) &&
           (!context.netns_path.empty() || !runs_plugins(step));
}

void repair_step(const Step& step, std::vector<std::string> found, Context& context,
                 Checked& checked) {
    std::string unrepaired;
    std::vector<std::string> still = found;
    try {
        unrepaired = repair(step.operation, context);
        still = check_steps({step}, context);
    } catch (const Error& error) {
        unrepaired = error.message();
    }
    for (auto& text : found) {
        if (std::find(still.begin(), still.end(), text) == still.end()) {
            checked.repaired.push_back(std::move(text));
        }
    }
    for (auto& text : still) {
        checked.differences.push_back(
            {std::move(text), unrepaired.empty() ? "start the container again" : unrepaired});
    }
}

void check_step(const Step& step, Context& context, bool mend, Checked& checked) {
    auto found = check_steps({step}, context);
    if (mend && !found.empty()) {
        repair_step(step, std::move(found), context, checked);
        return;
    }
    for (auto& text : found) {
        checked.differences.push_back({std::move(text), ""});
    }
}

// One by one, in the order in which they were done: a repaired bridge can take its port.
void check_some(const std::vector<const Step*>& steps, Context& context, bool mend,
                Checked& checked) {
    for (const auto* step : steps) {
        if (can_check(*step, context)) {
            check_step(*step, context, mend, checked);
        } else {
            checked.note = "its process is gone: what is inside it was not checked";
        }
    }
}

void check_plan(const Record& record, Host& host, bool mend, Checked& checked) {
    Context context = open_container(record, host);
    std::vector<const Step*> steps;
    std::vector<const Step*> of_plugins;
    for (const auto* list : {&record.plan.shared, &record.plan.own}) {
        for (const auto& step : *list) {
            (runs_plugins(step) ? of_plugins : steps).push_back(&step);
        }
    }
    {
        // So that others do not change what is shared while it is looked at.
        const auto held = host.locks.shared(record.networks);
        check_some(steps, context, mend, checked);
    }
    context.deadline = Deadline::in(std::chrono::seconds(5)); // poststop may wait for us
    check_some(of_plugins, context, mend, checked);
}

} // namespace

std::optional<Checked> check_container(const std::string& id, Host& host, bool mend) {
    const auto lock = host.locks.container(id);
    const auto record = Record::load(host.directory, id);
    if (!record) {
        return std::nullopt;
    }
    Checked checked{.id = id, .name = name_of(*record), .life = life_of(*record, host.route)};
    if (const auto reason = abandoned(*record, host)) {
        checked.note = *reason + ": `ocinet gc` takes back what it has";
        // The end of a container is no difference: its poststop may be on its way. But with its
        // lock in our hands nobody is at work on one that is half-done.
        if (checked.life != Life::dead) {
            checked.differences.push_back({checked.note, mend ? "`ocinet gc` does" : ""});
        }
        return checked;
    }
    try {
        check_plan(*record, host, mend, checked);
    } catch (const Error&) {
        if (!abandoned(*record, host)) {
            throw;
        }
        // It ended while it was looked at.
        checked = {.id = id, .name = checked.name, .life = Life::dead, .note = "it has just ended"};
    }
    return checked;
}

} // namespace ocinet::cli
