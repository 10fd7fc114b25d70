// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "netsetup/record.h"

/// The three faces of ocinet-dhcp. The hook tells the first to start a client or to end it; who
/// keeps clients running (netsetup/supervisor.h) runs the second, which becomes the client; and the
/// client, busybox's udhcpc, runs the third whenever it gets, renews or loses an address.
///
/// udhcpc, because it is a single process that does nothing but DHCP and leaves it to us to
/// configure the interface: dhclient has ended (ISC, 2022), dhcpcd and networkd want to manage
/// interfaces, and keep state of their own.
namespace ocinet::dhcp {

/// In the client's environment, beside what udhcpc says in it: whose client it is.
inline constexpr const char* container_variable = "OCINET_CONTAINER";

/// Obeys the lines on stdin until its end: `N start INTERFACE MILLISECONDS`, `N stop INTERFACE`.
/// Answers each with a line: `N done`, or N, an error and, behind a tab, its hint.
void serve(const std::string& id);

/// Enters the container's network namespace, gives up privileges and becomes the client. Returns
/// when nobody wants one: the container is gone.
void become_client(const std::string& id, const std::string& interface);

/// The operation that wants a client on the container's interface; nothing when the container is
/// gone.
std::optional<ops::RunDhcpClient> wanted_client(const state::Directory& directory,
                                                const std::string& id,
                                                const std::string& interface);

/// `bound`, `renew`, `deconfig`, `leasefail`, `nak`: what happened to the client whose child we
/// are; the rest stands in the environment.
void handle_event(const std::string& event);

} // namespace ocinet::dhcp
