// SPDX-License-Identifier: GPL-2.0-or-later
#include "hook/attach.h"

#include <unistd.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "drivers/requests.h"
#include "hook/grants.h"
#include "hook/join.h"
#include "netsetup/acquire.h"
#include "netsetup/attachments.h"
#include "netsetup/base/file.h"
#include "netsetup/base/log.h"
#include "netsetup/base/names.h"
#include "netsetup/base/paths.h"
#include "netsetup/confine.h"
#include "netsetup/executor.h"
#include "netsetup/foreign/finding.h"
#include "netsetup/recover.h"
#include "netsetup/share.h"
#include "oci-config/image.h"
#include "oci-config/settings.h"

namespace ocinet::hook {

namespace {

using LockList = std::vector<state::Locks::Held>;
using Phase = Record::Phase;

oci::Annotations merged(oci::Annotations of_bundle, const oci::Annotations& of_state) {
    for (const auto& [key, value] : of_state) {
        of_bundle[key] = value;
    }
    return of_bundle;
}

// It is attached by now, whatever cannot be said of it.
std::vector<Attached> attachments_to_show(const state::Directory& directory, const Record& record) {
    try {
        return attachments_of(directory, record);
    } catch (const Error& error) {
        log::warning("what DHCP gave cannot be read: " + error.message());
        return record.plan.attached;
    }
}

void print_result(const state::Directory& directory, const Record& record) {
    const nlohmann::json result{{"id", record.id},
                                {"attachments", attachments_to_show(directory, record)},
                                {"notes", record.plan.notes}};
    const std::string text = result.dump() + "\n";
    // Nobody needs to read it: a closed stdout is no reason to take the network away again.
    if (::write(STDOUT_FILENO, text.data(), text.size()) < 0) {
        log::debug("nobody reads the result");
    }
}

// Ascending, each once: the order in which locks are taken.
std::vector<std::string> network_names(const oci::ContainerRequest& wanted) {
    std::vector<std::string> names;
    for (const auto& attachment : wanted.attachments) {
        names.push_back(attachment.network);
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

// Frees what dead containers hold of what is wanted, asking each of them once; false when none of
// it could be freed.
bool free_from_owners(const std::vector<HostView::Conflict>& conflicts, Host& host,
                      std::set<std::string>& asked) {
    bool freed = false;
    for (const auto& conflict : conflicts) {
        if (!conflict.owner.empty() && asked.insert(conflict.owner).second) {
            freed = make_way(conflict.owner, host) || freed;
        }
        if (!conflict.of_anybody) {
            continue;
        }
        for (const auto& id : Record::list(host.directory)) {
            if (asked.insert(id).second) {
                const auto done = reclaim(id, host);
                freed = freed || (done && done->failures.empty());
            }
        }
    }
    return freed;
}

using MakeRequests = std::function<std::vector<drivers::Request>()>;

// Looks and plans under the locks, which stay with the caller: while it holds them the plan fits.
// So do the networks' files, which are read under them: one may be removed before.
Plan make_plan(Host& host, const MakeRequests& make_requests, const Record& record,
               const oci::Settings& settings, NameSource& names, LockList& held) {
    std::set<std::string> asked{record.id}; // whose lock is held already, and would be given up
    while (true) {
        held = host.locks.shared(record.networks);
        const auto requests = make_requests();
        auto planned = drivers::plan_all(requests, [&](HostQuery query) {
            if (const auto& range = settings.port_range) {
                query.free_ports = {range->first, range->last};
            }
            return look(query, host.directory, host.route, host.netfilter, names);
        });
        if (planned.conflicts.empty()) {
            return std::move(planned.plan);
        }
        held.clear();
        if (!free_from_owners(planned.conflicts, host, asked)) {
            throw drivers::conflict_error(requests, planned.conflicts);
        }
    }
}

// What became of an earlier container of this id: attached and the same (we are called twice), dead
// and now forgotten, or alive: two runtimes, or two roots of one, know no ids of each other. What a
// dead one has in the namespace of this one, because others live there, is kept: see join().
bool is_attached_already(const Record& wanted, Host& host) {
    auto record = Record::load(host.directory, wanted.id);
    if (!record) {
        return false;
    }
    if (record->phase == Phase::attached && record->process == wanted.process) {
        print_result(host.directory, *record);
        return true;
    }
    if (record->phase == Phase::attached && is_alive(record->process)) {
        throw Error("a container with the id " + record->id +
                    " is running already, its process is " + std::to_string(record->process.pid))
            .hint("containers of all runtimes on a host need ids of their own");
    }
    if (!record->joined.empty()) {
        share::leave(host.directory, *record);
        return false;
    }
    if (record->netns == wanted.netns && share::holder(host.directory, wanted.netns) == wanted.id) {
        return false;
    }
    Context context = acquire_for_undo(host, *record);
    const auto failures = remove_attachment(*record, host, context);
    if (!failures.empty()) {
        throw Error("the remains of an earlier container with this id: " + failures.front());
    }
    return false;
}

void roll_back(Record& record, Host& host, Context& context) {
    try {
        for (const auto& failure : remove_attachment(record, host, context)) {
            log::warning("left behind: " + failure);
        }
    } catch (const Error& error) {
        // Why the set-up failed is what the caller must hear.
        log::warning("not undone, `ocinet gc` tries again: " + error.message());
    }
}

void apply_all(Record& record, Host& host, Context& context, LockList held) {
    try {
        record.save(host.directory);
        if (!share::claim(host.directory, record)) {
            throw Error("another container is being attached in the same network namespace");
        }
        apply_steps(record.plan.shared, context);
        held.clear();
        apply_steps(record.plan.own, context);
        record.phase = Phase::attached;
        record.save_phase(host.directory);
    } catch (...) {
        held.clear();
        record.phase = Phase::attaching;
        roll_back(record, host, context);
        throw;
    }
}

void refuse_rootless() {
    if (is_network_foreign()) {
        throw Error(
            "this is a rootless container: the host's network is not its engine's to change")
            .hint("use the engine's own network for it (podman run --network pasta, or "
                  "slirp4netns), or run it as root");
    }
}

// As a runtime runs the hooks of the list createContainer: there the host's network would be the
// container's, and the container's process any.
void refuse_inside_container() {
    if (!is_proc_ours()) {
        throw Error("the hook runs inside the container's namespaces")
            .hint("list it under createRuntime (or prestart): those run in the host's");
    }
}

// While they can still be read. An accept of ours cannot undo a drop of theirs, and they may have
// their reasons: it is said, and no error.
void name_obstacles(Plan& plan, Host& host) {
    try {
        const foreign::Others others(host.netfilter, host.route);
        for (const auto& finding : others.stopping(plan)) {
            plan.notes.push_back(foreign::text_of(finding));
            log::warning(plan.notes.back());
        }
    } catch (const std::exception& error) { // whatever stands in their rules
        log::warning(std::string("the firewalls of others cannot be looked at: ") + error.what());
    }
}

Record new_record(const oci::State& state, const oci::Bundle& bundle,
                  const ContainerProcess& process, const oci::ContainerRequest& wanted) {
    return {.id = state.id,
            .process = process.identity,
            .given_netns = bundle.network_path,
            .netns = process.in_host_network ? NetnsIdentity() : identify(process.netns.get()),
            .bundle = state.bundle,
            .networks = network_names(wanted)};
}

// Two that are started in one namespace, one after the other: the second joins the first. Nobody
// else can be in one that the runtime has just made.
LockList own_locks(const Record& record, Host& host) {
    LockList held;
    if (!record.given_netns.empty() && record.netns.cookie != 0) {
        held.push_back(host.locks.netns(record.netns.cookie));
    }
    held.push_back(host.locks.container(record.id));
    return held;
}

} // namespace

void attach(const oci::State& state, Deadline deadline) {
    const oci::Bundle bundle = oci::read_bundle(state.bundle);
    const auto wanted = oci::parse_request(merged(bundle.annotations, state.annotations));
    if (!wanted) {
        return;
    }
    if (!is_container_id(state.id)) {
        throw Error("\"" + state.id + "\" is no container's id that we can take")
            .hint("at most " + std::to_string(max_container_id) + " letters, digits, '_.-+,'");
    }
    refuse_rootless();
    refuse_inside_container();
    const auto settings = oci::load_settings(paths::settings);
    const auto image_note = oci::check_image(settings, bundle);
    oci::check_allowed(settings, *wanted);
    ContainerProcess process = ContainerProcess::open(state.pid);
    NameSource names = NameSource::from_kernel();
    drivers::ContainerFacts facts{.id = state.id,
                                  .bundle = bundle,
                                  .in_host_network = process.in_host_network,
                                  .host_name = oci::own_name(settings),
                                  .policy_file = paths::policy_text(),
                                  .seed = names.seed()};
    const auto make_requests = [&] {
        return drivers::requests_for(facts, *wanted,
                                     oci::load_networks(wanted->attachments, paths::networks));
    };
    const auto requests = make_requests(); // what is wrong is said before anything of ours is made
    Record record = new_record(state, bundle, process, *wanted);
    Host host{.deadline = deadline};
    const auto own = own_locks(record, host);
    if (is_attached_already(record, host)) {
        return;
    }
    if (join(record, *wanted, host)) {
        print_result(host.directory, record);
        return;
    }
    reclaim_some(host);
    const Grants grants = ask_for_addresses(requests, deadline);
    facts.granted = grants.addresses;

    LockList held;
    record.plan = make_plan(host, make_requests, record, settings, names, held);
    if (!image_note.empty()) {
        record.plan.notes.push_back(image_note);
    }
    for (const auto& note : record.plan.notes) {
        log::info(note);
    }
    name_obstacles(record.plan, host);
    Context context = acquire(host, record, std::move(process.netns));
    confine(Confined::attach);
    apply_all(record, host, context, std::move(held));
    print_result(host.directory, record);
}

} // namespace ocinet::hook
