// SPDX-License-Identifier: GPL-2.0-or-later
#include "hook/detach.h"

#include <unistd.h>

#include <climits>

#include "netsetup/acquire.h"
#include "netsetup/base/log.h"
#include "netsetup/base/names.h"
#include "netsetup/confine.h"
#include "netsetup/recover.h"
#include "netsetup/share.h"

namespace ocinet::hook {

namespace {

constexpr int moment_milliseconds = 2000;

// Closing an nf_tables socket after a deletion waits for the kernel's grace period, some 15 ms. A
// child that has nothing but this socket waits in our place: closing is all that it does.
void leave_waiting_to_child(const netlink::Socket& netfilter) {
    const pid_t child = ::fork();
    if (child == 0) {
        const unsigned kept = unsigned(netfilter.fd());
        if (kept > 0) {
            ::close_range(0, kept - 1, 0);
        }
        ::close_range(kept + 1, UINT_MAX, 0);
        ::_exit(0);
    }
    if (child < 0) {
        log::debug("no child to wait for the kernel: " + errno_text(errno));
    }
}

// The record that holds the container's attachment: its own, or that of the container it joined,
// locked. Nothing when that one has ended, or has begun anew somewhere else.
std::optional<Record> holder_of(const Record& record, Host& host,
                                std::optional<state::Locks::Held>& lock) {
    if (record.joined.empty()) {
        return record;
    }
    lock.emplace(host.locks.container(record.joined));
    auto holder = Record::load(host.directory, record.joined);
    return holder && holder->netns == record.netns ? std::move(holder) : std::nullopt;
}

// A set-up or tear-down that was cut off is not worth keeping, whoever is there.
bool is_kept(const Record& holder, Host& host) {
    using Phase = Record::Phase;
    return (holder.phase == Phase::attached || holder.phase == Phase::left) &&
           share::is_needed(host.directory, holder);
}

void remove_all(Record& holder, Host& host, Context& context) {
    const auto failures = remove_attachment(holder, host, context);
    leave_waiting_to_child(host.netfilter);
    for (const auto& failure : failures) {
        log::warning(failure);
    }
    if (!failures.empty()) {
        throw Error("container " + holder.id + ": not everything could be removed")
            .hint("`ocinet gc` tries again");
    }
}

// Decides with all privileges, who lives in a namespace is not for everybody to see, and acts with
// few.
void end(Record& record, Host& host) {
    std::optional<state::Locks::Held> lock;
    auto holder = holder_of(record, host, lock);
    std::optional<Context> context;
    if (holder && !is_kept(*holder, host)) {
        context.emplace(acquire_for_undo(host, *holder));
    }
    confine(Confined::detach);
    if (context) {
        remove_all(*holder, host, *context);
    }
    if (!record.joined.empty()) {
        // Last: where something was left, the next tear-down finds by it what to remove.
        share::leave(host.directory, record);
    } else if (!context) {
        record.phase = Record::Phase::left;
        record.save_phase(host.directory);
    }
    log::info("container " + record.id +
              (context ? ": removed" : ": others use its network namespace, what it has stays"));
}

} // namespace

void detach(const oci::State& state, Deadline deadline) {
    if (is_network_foreign()) {
        return; // a rootless container, which got nothing of us
    }
    auto directory = state::Directory::open_existing();
    if (!directory || !is_container_id(state.id)) {
        log::debug("container " + state.id + " has nothing of ours");
        return;
    }
    Host host{.directory = std::move(*directory), .deadline = deadline};
    const auto lock = host.locks.container(state.id);
    auto record = Record::load(host.directory, state.id);
    if (!record) {
        log::debug("container " + state.id + " has nothing of ours");
        return;
    }
    // runc runs poststop also for a container whose set-up we refused because its id is taken. One
    // that was just killed may take a moment to end.
    if (record->phase == Record::Phase::attached &&
        !has_ended_within(record->process, moment_milliseconds)) {
        log::warning("container " + state.id + " runs, its process is " +
                     std::to_string(record->process.pid) + ": its network stays");
        return;
    }
    end(*record, host);
}

} // namespace ocinet::hook
