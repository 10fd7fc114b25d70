// SPDX-License-Identifier: GPL-2.0-or-later
#include "hook/detach.h"

#include <unistd.h>

#include <climits>

#include "netsetup/acquire.h"
#include "netsetup/base/log.h"
#include "netsetup/base/names.h"
#include "netsetup/confine.h"
#include "netsetup/recover.h"

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

} // namespace

void detach(const oci::State& state) {
    auto directory = state::Directory::open_existing();
    if (!directory || !is_container_id(state.id)) {
        log::debug("container " + state.id + " has nothing of ours");
        return;
    }
    Host host{.directory = std::move(*directory)};
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
    Context context = acquire_for_undo(host, state.id, record->plan);
    confine();
    const auto failures = remove_attachment(*record, host, context);
    leave_waiting_to_child(host.netfilter);
    for (const auto& failure : failures) {
        log::warning(failure);
    }
    log::info("container " + state.id + ": removed");
    if (!failures.empty()) {
        throw Error("container " + state.id + ": not everything could be removed")
            .hint("`ocinet gc` tries again");
    }
}

} // namespace ocinet::hook
