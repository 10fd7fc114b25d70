// SPDX-License-Identifier: GPL-2.0-or-later
#include "hook/join.h"

#include <algorithm>

#include "drivers/parts/publish.h"
#include "netsetup/acquire.h"
#include "netsetup/attachments.h"
#include "netsetup/confine.h"
#include "netsetup/executor.h"
#include "netsetup/recover.h"
#include "netsetup/share.h"

namespace ocinet::hook {

namespace {

// What of an attachment to a network the namespace does not have.
std::string missing_of(const oci::Attachment& wanted, const std::vector<Attached>& all) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const Attached& attached) {
        return attached.network == wanted.network;
    });
    if (found == all.end()) {
        return "network \"" + wanted.network + "\"";
    }
    for (const auto& address : wanted.addresses) {
        const auto is_it = [&](const std::string& has) {
            return has.starts_with(address.text() + "/");
        };
        if (std::none_of(found->addresses.begin(), found->addresses.end(), is_it)) {
            return "ip=" + address.text();
        }
    }
    if (wanted.mac && wanted.mac->text() != found->mac) {
        return "mac=" + wanted.mac->text();
    }
    if (!wanted.interface.empty() && wanted.interface != found->interface) {
        return "interface_name=" + wanted.interface;
    }
    return "";
}

// Any host port will do where none is named, and either family where no host address is.
bool is_published(const oci::PortMapping& port, const std::vector<Attached>& all) {
    const bool any = port.host_port == 0;
    for (const bool ipv6 : {false, true}) {
        if (port.host_address && port.host_address->is_v4() == ipv6) {
            continue;
        }
        std::string text = drivers::published_texts({{port, !ipv6, ipv6}}).front();
        if (any) {
            text.resize(text.rfind(':') + 1);
        }
        const auto holds = [&](const Attached& attached) {
            return std::any_of(
                attached.ports.begin(), attached.ports.end(),
                [&](const std::string& has) { return any ? has.starts_with(text) : has == text; });
        };
        if (std::any_of(all.begin(), all.end(), holds)) {
            return true;
        }
    }
    return false;
}

// The first thing that is asked for and not there; empty when all is.
std::string missing(const oci::ContainerRequest& wanted, const std::vector<Attached>& all) {
    for (const auto& attachment : wanted.attachments) {
        if (auto what = missing_of(attachment, all); !what.empty()) {
            return what;
        }
    }
    for (const auto& port : wanted.publish) {
        if (!is_published(port, all)) {
            return "published port " + port.text();
        }
    }
    return "";
}

void remove_remains(Record& holder, Host& host) {
    Context context = acquire_for_undo(host, holder);
    const auto failures = remove_attachment(holder, host, context);
    if (!failures.empty()) {
        throw Error("the remains of container " + holder.id +
                    " in this network namespace: " + failures.front());
    }
}

// The container has been here before, and others kept its network for it. Its engine has written it
// a new hosts file meanwhile.
void come_back(Record& record, Record holder, Host& host) {
    holder.process = record.process;
    holder.bundle = record.bundle;
    holder.phase = Record::Phase::attached;
    record = std::move(holder);
    Context context = acquire_for_undo(host, record);
    confine(Confined::attach);
    for (const auto& step : record.plan.own) {
        const auto* hosts = std::get_if<ops::AddHosts>(&step.operation);
        if (hosts && context.files.contains(hosts->file)) {
            const auto failures = undo_step(step, context, Undo::tear_down);
            if (!failures.empty()) {
                throw Error(failures.front());
            }
            apply_steps({step}, context);
        }
    }
    record.save(host.directory);
}

} // namespace

bool join(Record& record, const oci::ContainerRequest& wanted, Host& host) {
    const auto id = share::holder(host.directory, record.netns);
    if (!id) {
        return false;
    }
    std::optional<state::Locks::Held> lock;
    if (*id != record.id) {
        lock.emplace(host.locks.container(*id));
    }
    auto holder = Record::load(host.directory, *id);
    if (!holder || holder->netns != record.netns) {
        return false; // it ended while we waited for its lock
    }
    const bool whole = !abandoned(*holder, host);
    const auto lacking = missing(wanted, attachments_of(host.directory, *holder));
    if (whole && lacking.empty() && share::is_needed(host.directory, *holder, record.process.pid)) {
        if (*id == record.id) {
            come_back(record, std::move(*holder), host);
            return true;
        }
        record.plan.attached = holder->plan.attached;
        confine(Confined::attach);
        share::join(host.directory, record, *holder);
        return true;
    }
    if (const auto owner = share::living_owner(host.directory, *holder); whole && owner) {
        throw Error(lacking + ": the container shares its network namespace with container " +
                    *owner + ", which is attached without")
            .hint("containers of one network namespace share one attachment, and any of them may "
                  "start first: give all of them the same annotations");
    }
    remove_remains(*holder, host);
    return false;
}

} // namespace ocinet::hook
