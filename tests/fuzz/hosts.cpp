// SPDX-License-Identifier: GPL-2.0-or-later
// A container's /etc/hosts, which the container may write, between our coming and going.
#include <sys/mman.h>
#include <unistd.h>

#include "netsetup/base/file.h"
#include "netsetup/ops/hosts_file.h"
#include "tests/fuzz/oracle.h"
#include "tests/fuzz/targets.h"
#include "tests/netsetup/state_directory.h"

namespace ocinet::fuzz {

namespace {

// Sockets that are opened and never used: a context has them.
struct Place {
    test::StateDirectory state;
    netlink::Socket route = netlink::Socket::open(NETLINK_ROUTE);
    state::Locks locks{state.directory};
    netlink::Socket netfilter = netlink::Socket::open(NETLINK_NETFILTER);
};

std::string read_whole(int fd) {
    ::lseek(fd, 0, SEEK_SET);
    return read_all(fd, 1 << 24, "hosts");
}

} // namespace

void fuzz_hosts(const std::string& input) {
    static Place place;
    const ops::AddHosts op{
        .file = "/hosts", .lines = {"10.1.0.5 c1", "10.1.0.1 host"}, .mark = "ocinet web"};
    Context context{.container_id = "c1",
                    .state = place.state.directory,
                    .locks = place.locks,
                    .route = place.route,
                    .netfilter = place.netfilter};
    const int hosts = ::memfd_create("hosts", MFD_CLOEXEC);
    context.files.emplace(op.file, Fd(hosts));
    write_all(hosts, input, "hosts");
    const auto undone = [&] {
        undo(op, context, Undo::tear_down);
        return read_whole(hosts);
    };
    apply(op, context);
    require(read_whole(hosts).starts_with(input), "lines are put behind those that are there");
    require(check(op, context).empty(), "lines that were put there are there");
    const auto rest = undone();
    require(undone() == rest, "an undo is idempotent");
    require(rest.size() <= input.size() + 1, "our lines go with us");
    apply(op, context);
    require(undone() == rest, "what was there before stays");
}

} // namespace ocinet::fuzz
