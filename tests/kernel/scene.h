// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/container.h"
#include "tests/support/host.h"
#include "tests/support/place.h"

// What the tests of the hook on a host ask again and again.
namespace ocinet::test {

inline const Annotations on_bridge = {{"io.ocinet.network", "bridge"}};
inline const Annotations published = {{"io.ocinet.publish", "8080:80,9000-9002:9000-9002/udp"}};

/// `ip -j COMMAND`.
nlohmann::json ip(const Place& place, const std::string& command);

/// The link as `ip -j -d address show` tells it, with `addr_assign_type` of sysfs beside it: 3, the
/// kernel's NET_ADDR_SET, keeps udev from giving it another MAC address.
nlohmann::json link(const Place& place, const std::string& name);

/// "10.90.0.2/16" of each IPv4 address, or each IPv6 one where family is "inet6".
std::vector<std::string> addresses(const nlohmann::json& link, const std::string& family = "inet");

/// A file below /proc/sys/net, in the place's network namespace.
std::string setting(const Place& place, const std::string& path);

/// Where the host and the container differ from the container's record: the `check` of each of its
/// operations, in-process, with the descriptors that acquire() opens. Throws Error without a
/// record.
std::vector<std::string> differences(const Host& host, const Container& container);

/// The container's record, as it stands below /run/ocinet.
nlohmann::json record(const Host& host, const std::string& id);

/// Runs the hook as a runtime does, not by way of a shell: `prepare` runs in it last of all.
struct Call {
    std::string stage = "createRuntime";
    std::vector<std::string> options = {};
    std::vector<std::string> environment = {};
    std::function<void()> prepare = [] {};
};
Result call_hook(const Host& host, const std::string& state, const Call& call);
/// The same for those who do not wait for its end.
Process start_hook(const Host& host, const std::string& state, const Call& call);

/// Replaces the process by the hook; never returns.
[[noreturn]] void exec_hook(const Call& call);

/// What the hook says of a container whose set-up it must refuse, and nothing on the host changed.
std::string refusal(const Host& host, const Container& container);

/// Ends the container as a crash does, without poststop, and waits until the kernel has removed its
/// end of the network.
void crash(const Host& host, Container& container);

/// Whether an echo request is answered within a second.
bool reaches(const Place& place, const std::string& address);

/// The result's only attachment.
nlohmann::json only_attachment(const nlohmann::json& result);

/// Keeps the container's network namespace, as a busy kernel does, until it is ended.
Process hold_netns(const Host& host, const Container& container);
/// The status of the hook that attaches the container and has to wait for the end of `holder`,
/// which comes once the hook is at work.
int attach_after(const Host& host, const Container& container, const Process& holder);

} // namespace ocinet::test
