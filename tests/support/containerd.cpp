// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/containerd.h"

#include <csignal>

#include "netsetup/base/error.h"
#include "tests/support/waiting.h"

namespace ocinet::test {

Containerd::Containerd(const Host& host) : host_(host) {
    host.write("/run/containerd.toml",
               "version = 2\nroot = \"/run/containerd/root\"\nstate = \"/run/containerd/state\"\n"
               "disabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n"
               "[grpc]\naddress = \"/run/containerd/containerd.sock\"\n");
    daemon_.emplace(
        host.start("exec containerd --config /run/containerd.toml >/run/containerd.log 2>&1"));
    if (!eventually([&] { return ctr("version").status == 0; }, 60s)) {
        throw Error("containerd does not start:\n" + host.read("/run/containerd.log"));
    }
}

Containerd::~Containerd() {
    host_.run("for id in $(ctr task ls -q); do ctr task rm --force $id; done; "
              "for id in $(ctr container ls -q); do ctr container rm $id; done");
    daemon_->signal(SIGTERM);
    daemon_->wait();
}

Result Containerd::ctr(const std::string& arguments) const {
    return host_.run("exec ctr " + arguments);
}

} // namespace ocinet::test
