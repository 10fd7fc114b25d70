// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/capability.h>
#include <sched.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <vector>

#include "dhcp/dhcp.h"
#include "netsetup/acquire.h"
#include "netsetup/base/log.h"
#include "netsetup/base/paths.h"
#include "netsetup/base/program.h"
#include "netsetup/confine.h"
#include "netsetup/state/dhcp_leases.h"
#include "netsetup/state/locks.h"

namespace ocinet::dhcp {

namespace {

constexpr int grace_milliseconds = 5000;

// Makes us the interface's client; nothing when it has been stopped. One whose supervisor was
// killed before it wrote down whom it had started would go on beside us, and it must not give back
// what we are about to get.
std::optional<state::DhcpLease> take_over(const state::Directory& directory, const std::string& id,
                                          const std::string& interface) {
    state::Locks locks(directory);
    const auto held = locks.dhcp(id);
    auto lease = state::read_dhcp_lease(directory, id, interface);
    const auto self = identity_of(::getpid());
    if (!self) {
        throw Error("/proc does not know us");
    }
    if (lease) {
        if (const Fd earlier = open_process(lease->client)) {
            log::warning("an earlier client, process " + std::to_string(lease->client.pid) +
                         ", is ended");
            send_signal(earlier, SIGKILL);
            has_ended_within(lease->client, grace_milliseconds);
        }
        lease->client = *self; // it stays the same process
        state::write_dhcp_lease(directory, id, interface, *lease);
    }
    return lease;
}

// It asks once a second, sooner than people wait; a lost answer costs no more than that (RFC 2131,
// section 4.1, has four seconds, for the sake of networks with thousands that start at once).
std::vector<std::string> command_of(const std::string& interface, const state::DhcpLease& lease) {
    std::vector<std::string> words{
        "busybox", "udhcpc", "-f", "-R", "-i", interface, "-s", paths::dhcp_program(),
        "-t",      "4",      "-T", "1",  "-A", "1",       "-O", "staticroutes"};
    if (lease.address) {
        words.insert(words.end(), {"-r", lease.address->address.text()});
    }
    return words;
}

[[noreturn]] void execute(std::vector<std::string> words, const std::string& id) {
    const std::string program = find_program(words.front());
    std::string container = std::string(container_variable) + "=" + id;
    const std::array<char*, 2> environment{container.data(), nullptr};
    const auto arguments = argument_list(words);
    ::execve(program.c_str(), arguments.data(), environment.data());
    throw_errno("start " + program);
}

} // namespace

std::optional<ops::RunDhcpClient> wanted_client(const state::Directory& directory,
                                                const std::string& id,
                                                const std::string& interface) {
    const auto record = Record::load(directory, id);
    if (!record) {
        return std::nullopt;
    }
    for (const auto& step : record->plan.own) {
        const auto* op = std::get_if<ops::RunDhcpClient>(&step.operation);
        if (op && op->interface == interface) {
            return *op;
        }
    }
    return std::nullopt;
}

void become_client(const std::string& id, const std::string& interface) {
    const auto directory = state::Directory::open();
    const auto record = Record::load(directory, id);
    if (!record || !wanted_client(directory, id, interface)) {
        log::info("container " + id + " is gone");
        return;
    }
    const Fd netns = open_netns(*record);
    if (!netns) {
        log::info("the network of container " + id + " is gone");
        return;
    }
    const auto lease = take_over(directory, id, interface);
    if (!lease) {
        log::info("the client of " + interface + " has been stopped");
        return;
    }
    if (::setns(netns.get(), CLONE_NEWNET) != 0) {
        throw_errno("enter the network of container " + id);
    }
    // It opens packet sockets and the port 68; its child configures the interface and writes the
    // lease.
    const std::string leases = std::string(paths::state) + "/" + state::dhcp_directory_of(id);
    confine_program({CAP_NET_ADMIN, CAP_NET_BIND_SERVICE, CAP_NET_RAW}, leases.c_str());
    execute(command_of(interface, *lease), id);
}

} // namespace ocinet::dhcp
