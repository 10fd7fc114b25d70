// SPDX-License-Identifier: GPL-2.0-or-later
#include "overlay/notify.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>

#include "netsetup/base/error.h"
#include "netsetup/base/fd.h"
#include "netsetup/base/log.h"

namespace ocinet::overlay {

void notify(std::string_view message) {
    const char* name = std::getenv("NOTIFY_SOCKET");
    const std::string_view path = name != nullptr ? name : "";
    sockaddr_un address{};
    if (path.size() < 2 || path.size() >= sizeof address.sun_path) {
        return;
    }
    address.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), static_cast<char*>(address.sun_path));
    if (path.front() == '@') { // an abstract one, unix(7)
        address.sun_path[0] = '\0';
    }
    const auto size = socklen_t(offsetof(sockaddr_un, sun_path) + path.size());
    const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket || ::sendto(socket.get(), message.data(), message.size(), MSG_NOSIGNAL,
                            reinterpret_cast<const sockaddr*>(&address), size) < 0) {
        log::debug("nobody hears " + std::string(message) + ": " + errno_text(errno));
    }
}

} // namespace ocinet::overlay
