// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/dockerd.h"

#include <csignal>

#include "netsetup/base/error.h"
#include "netsetup/base/text.h"

namespace ocinet::test {

Dockerd::Dockerd(const Host& host, std::string options)
    : host_(host), options_(std::move(options)) {
    start();
}

// Asked to end, it ends its containerd.
Dockerd::~Dockerd() {
    stop();
}

void Dockerd::start() {
    host_.sh("rm -f /run/docker.log");
    daemon_.emplace(host_.start(
        "exec dockerd --storage-driver vfs --exec-opt native.cgroupdriver=cgroupfs "
        "--data-root /run/docker-data --exec-root /run/docker --pidfile /run/docker.pid "
        "-H unix:///run/docker.sock " +
        options_ + " >/run/docker.log 2>&1"));
    const auto answers = [&] {
        return host_.run("grep -q 'API listen on' /run/docker.log").status == 0;
    };
    if (!eventually(answers, 60s)) {
        throw Error("dockerd does not start:\n" + host_.read("/run/docker.log"));
    }
}

void Dockerd::stop() {
    daemon_->signal(SIGTERM);
    daemon_->wait();
    daemon_.reset();
}

void Dockerd::restart() {
    stop();
    start();
}

Result Dockerd::run(const std::string& arguments) const {
    return host_.run("exec docker -H unix:///run/docker.sock " + arguments);
}

std::string Dockerd::must(const std::string& arguments) const {
    const Result result = run(arguments);
    if (result.status != 0) {
        throw Error("docker " + arguments + ": status " + std::to_string(result.status) + "\n" +
                    result.out + result.err);
    }
    return std::string(trim(result.out));
}

std::string missing_for_docker() {
    return Host().run("command -v dockerd").status == 0 ? "" : "no dockerd";
}

} // namespace ocinet::test
