// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/recover.h"

#include <algorithm>
#include <iterator>
#include <ranges>
#include <set>

#include "netsetup/acquire.h"
#include "netsetup/base/log.h"
#include "netsetup/executor.h"
#include "netsetup/link.h"
#include "netsetup/ops/forwarding.h"
#include "netsetup/share.h"
#include "netsetup/state/dhcp_leases.h"
#include "netsetup/state/results.h"

namespace ocinet {

namespace {

// Two for each that comes: whatever dies is found faster than new ones come.
constexpr std::size_t containers_in_passing = 2;

void tell(const std::optional<Reclaimed>& done) {
    if (!done) {
        return;
    }
    log::info("reclaimed container " + done->id + ": " + done->reason);
    for (const auto& failure : done->failures) {
        log::warning("container " + done->id + ": " + failure);
    }
}

// False when the record does not tell that it is being removed: it is one of a roll-back, or there
// is no room to say so. Going on needs none.
bool mark_as_removing(Record& record, Host& host) {
    if (record.phase == Record::Phase::attaching || record.phase == Record::Phase::removing) {
        return record.phase == Record::Phase::removing;
    }
    record.phase = Record::Phase::removing;
    try {
        record.save_phase(host.directory);
        return true;
    } catch (const Error& error) {
        log::warning(error.message());
        return false;
    }
}

} // namespace

namespace {

// Those of the container's own steps that end programs, or the others.
std::vector<Step> own_steps(const Plan& plan, bool of_programs) {
    std::vector<Step> steps;
    std::copy_if(plan.own.begin(), plan.own.end(), std::back_inserter(steps),
                 [&](const Step& step) {
                     const Needs wanted = needs(step.operation);
                     return (wanted.dhcp || !wanted.plugins.empty()) == of_programs;
                 });
    return steps;
}

// Of an attachment that plugins made, those before the one that failed are told later, when that
// one has let go: it may still need what they have.
std::vector<std::string> undo_programs(const Plan& plan, Context& context, Undo why, Rest rest) {
    std::vector<std::string> failures;
    std::set<std::string> stuck;
    for (const auto& step : std::views::reverse(own_steps(plan, true))) {
        if (stuck.contains(step.attachment) && rest == Rest::kept) {
            continue;
        }
        for (auto& failure : undo_step(step, context, why)) {
            failures.push_back(std::move(failure));
            stuck.insert(step.attachment);
        }
    }
    return failures;
}

} // namespace

namespace {

// What plugins said of it: the next container of this id has nothing to do with that.
void forget_results(const Record& record, const state::Directory& directory) {
    if (needs(record.plan).plugins.empty()) {
        return;
    }
    for (const auto& attached : record.plan.attached) {
        if (!attached.interface.empty()) {
            state::remove_result(directory, record.id, attached.interface);
        }
    }
    state::remove_result(directory, record.id, state::kept_answer);
}

} // namespace

std::vector<std::string> remove_attachment(Record& record, Host& host, Context& context,
                                           Rest rest) {
    using Phase = Record::Phase;
    const Undo why = record.phase == Phase::attaching ? Undo::roll_back : Undo::tear_down;
    // A program takes its time to end: nobody else waits for it.
    auto failures = undo_programs(record.plan, context, why, rest);
    bool is_stuck = !failures.empty() && rest == Rest::kept;
    const auto add = [&](const std::vector<std::string>& more) {
        failures.insert(failures.end(), more.begin(), more.end());
        is_stuck = is_stuck || !more.empty();
    };
    // Who loads the policy anew puts back, under the locks, what the records tell. It must not find
    // one whose elements are being taken away.
    auto held = host.locks.shared(record.networks);
    if (mark_as_removing(record, host)) {
        held.clear();
    }
    add(undo_steps(own_steps(record.plan, false), context, why));
    if (held.empty()) {
        held = host.locks.shared(record.networks);
    }
    // What is still there is still in use: its address and its ports, which were taken before it,
    // must not be another's yet.
    for (const auto& step : std::views::reverse(record.plan.shared)) {
        if (!is_stuck) {
            add(undo_step(step, context, why));
        }
    }
    held.clear();
    if (!is_stuck) {
        forget_results(record, host.directory);
        share::release(host.directory, record);
        record.remove(host.directory);
    }
    return failures;
}

namespace {

// What stands in the container's namespace alone, a macvlan, counts as there: it cannot be seen.
bool has_link(const Record& record, netlink::Socket& route) {
    const auto is_there = [&](const Attached& attached) {
        return attached.host_interface.empty()
                   ? !attached.interface.empty()
                   : link::find(route, attached.host_interface).has_value();
    };
    return std::any_of(record.plan.attached.begin(), record.plan.attached.end(), is_there);
}

} // namespace

std::optional<std::string> abandoned(const Record& record, Host& host) {
    using Phase = Record::Phase;
    if (record.phase == Phase::attaching) {
        return "its set-up did not come to an end";
    }
    if (record.phase == Phase::removing) {
        return "its tear-down did not come to an end";
    }
    if (!has_ended(record, host.directory, host.route)) {
        return std::nullopt;
    }
    return "its process " + std::to_string(record.process.pid) + " is gone";
}

bool has_ended(const Record& record, const state::Directory& directory, netlink::Socket& route) {
    if (is_alive(record.process)) {
        return false;
    }
    if (!record.joined.empty()) {
        return true;
    }
    if (share::living_owner(directory, record)) {
        return false;
    }
    // A namespace that the runtime made ends with the container; the kernel removes its links a
    // moment later. In a given one others may live. That it has a name counts as long as poststop
    // has not come.
    const bool left = record.phase == Record::Phase::left;
    return record.given_netns.empty() || !has_link(record, route) ||
           !(left ? share::is_needed(directory, record)
                  : is_held(record.netns, state::dhcp_clients(directory, record.id)));
}

namespace {

Reclaimed reclaim_abandoned(Record& record, const std::string& reason, Host& host,
                            Rest rest = Rest::kept) {
    Reclaimed done{record.id, reason, {}};
    if (record.joined.empty()) {
        Context context = acquire_for_undo(host, record);
        done.failures = remove_attachment(record, host, context, rest);
    } else {
        share::leave(host.directory, record);
    }
    return done;
}

} // namespace

std::optional<Reclaimed> reclaim(const std::string& id, Host& host) {
    const auto lock = host.locks.try_container(id);
    if (!lock) {
        return std::nullopt;
    }
    auto record = Record::load(host.directory, id);
    const auto reason = record ? abandoned(*record, host) : std::nullopt;
    if (!reason) {
        return std::nullopt;
    }
    return reclaim_abandoned(*record, *reason, host);
}

Reclaimed forget(const std::string& id, Host& host) {
    const auto lock = host.locks.container(id);
    auto record = Record::load(host.directory, id);
    if (!record) {
        throw Error("there is no record of a container " + id);
    }
    const auto reason = abandoned(*record, host);
    if (!reason) {
        throw Error("container " + id + " lives: what it has is not forgotten");
    }
    return reclaim_abandoned(*record, *reason, host, Rest::forgotten);
}

bool make_way(const std::string& id, Host& host) {
    const auto lock = host.locks.container(id);
    auto record = Record::load(host.directory, id);
    if (!record) {
        return true; // it was on its way out
    }
    const auto reason = abandoned(*record, host);
    if (!reason) {
        return false;
    }
    const Reclaimed done = reclaim_abandoned(*record, *reason, host);
    tell(done);
    return done.failures.empty();
}

namespace {

// Who was killed between joining a namespace and writing its record.
void forget_unfinished_joiners(Host& host) {
    const auto ids = Record::list(host.directory);
    const std::set<std::string> recorded(ids.begin(), ids.end());
    for (const auto& joiner : share::joiners(host.directory)) {
        if (recorded.contains(joiner.id)) {
            continue;
        }
        const auto lock = host.locks.try_container(joiner.id);
        if (lock && !Record::load(host.directory, joiner.id)) {
            share::forget(host.directory, joiner);
        }
    }
}

} // namespace

void remove_unfinished(Host& host) {
    for (const auto& id : Record::unfinished(host.directory)) {
        if (const auto lock = host.locks.try_container(id)) {
            Record::remove_unfinished(host.directory, id);
        }
    }
    forget_unfinished_joiners(host);
    const auto lock = host.locks.host();
    ops::forget_unfinished_marks(host.directory);
}

namespace {

// A plugin takes its time, and this call's deadline is another container's.
bool has_plugins(const std::string& id, Host& host) {
    const auto record = Record::load(host.directory, id);
    return record && !needs(record->plan).plugins.empty();
}

} // namespace

void reclaim_some(Host& host) {
    for (const auto& id : Record::some(host.directory, containers_in_passing)) {
        try {
            // Most of them live: that is seen without a lock and without their plan.
            const auto holder = Record::holder(host.directory, id);
            if ((!holder || !is_alive(*holder)) && !has_plugins(id, host)) {
                tell(reclaim(id, host));
            }
        } catch (const Error& error) {
            // Somebody else's record must not stop this container.
            log::warning("container " + id + ": " + error.message());
        }
    }
}

} // namespace ocinet
