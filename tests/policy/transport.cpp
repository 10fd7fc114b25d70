// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/policy/transport.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

#include "netsetup/base/error.h"
#include "netsetup/base/fd.h"

namespace ocinet::test {

std::string missing_for_sctp() {
    static const bool there{Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_SCTP))};
    return there ? "" : "this kernel has no SCTP sockets";
}

const std::vector<Transport>& transports() {
    static const std::vector<Transport> all = [] {
        std::vector<Transport> list{{"tcp", SOCK_STREAM, IPPROTO_TCP},
                                    {"udp", SOCK_DGRAM, IPPROTO_UDP}};
        if (missing_for_sctp().empty()) {
            list.push_back({"sctp", SOCK_STREAM, IPPROTO_SCTP});
        }
        return list;
    }();
    return all;
}

const Transport& transport(const std::string& name) {
    const auto& all = transports();
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.name == name; });
    if (found == all.end()) {
        throw Error("no sockets of " + name);
    }
    return *found;
}

} // namespace ocinet::test
