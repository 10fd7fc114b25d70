// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/container.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>

#include "netsetup/base/error.h"
#include "netsetup/base/text.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

// Runs in a child that is inside the host already.
void make_container() {
    if (::unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC) != 0) {
        throw_errno("unshare");
    }
    // The host's /run is not the container's.
    if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", "/run", "tmpfs", 0, nullptr) != 0) {
        throw_errno("mount /run");
    }
    raise_link("lo");
}

} // namespace

Container::Container(const Host& host, const Annotations& annotations)
    : Container(host, unique_id(), annotations) {}

Container::Container(const Host& host, std::string id, const Annotations& annotations)
    : Place([&] {
          host.enter();
          make_container();
      }),
      host_(host), id_(std::move(id)), bundle_(annotations) {}

void Container::use_netns(const std::string& path) {
    given_netns_ = path;
    bundle_.set_netns(path);
    bundle_.write();
}

void Container::use_host_netns() {
    given_netns_ = "/proc/self/ns/net";
    bundle_.share_host_netns();
    bundle_.write();
}

// The container's own namespaces, but for the one that was given.
void Container::enter_with_given_netns() const {
    host_.enter();
    const Fd netns(::open(given_netns_.c_str(), O_RDONLY | O_CLOEXEC));
    if (!netns) {
        throw_errno("open " + given_netns_);
    }
    enter();
    if (::setns(netns.get(), CLONE_NEWNET) != 0) {
        throw_errno("setns " + given_netns_);
    }
}

pid_t Container::process() const {
    if (!process_) {
        process_.emplace(hold([&] { given_netns_.empty() ? enter() : enter_with_given_netns(); }));
    }
    return process_->pid();
}

json Container::state(const std::string& stage) const {
    json state = {{"ociVersion", "1.0.2"}, {"id", id_}, {"bundle", bundle_.path()}};
    if (stage == "poststop") {
        state["status"] = "stopped";
        if (process_ && process_->running()) {
            process_.reset();
        }
    } else {
        state["status"] = "creating";
        state["pid"] = process();
    }
    if (bundle_.config.contains("annotations")) {
        state["annotations"] = bundle_.config["annotations"];
    }
    return state;
}

Result Container::hook(const std::string& stage) const {
    return run_hook(host_, stage, state(stage).dump(), bundle_.path());
}

json Container::attach() const {
    const Result result = hook("createRuntime");
    if (result.status != 0) {
        throw Error("createRuntime: status " + std::to_string(result.status) + "\n" + result.out +
                    result.err);
    }
    return json::parse(result.out);
}

void Container::kill() {
    process_.reset();
    Place::kill();
}

void Container::make_zombie() {
    process();
    process_->make_zombie();
    Place::kill();
}

void Container::detach() const {
    const Result result = hook("poststop");
    if (result.status != 0) {
        throw Error("poststop: status " + std::to_string(result.status) + "\n" + result.out +
                    result.err);
    }
}

Result run_hook(const Host& host, const std::string& stage, const std::string& state,
                const std::string& directory) {
    const std::string program = hook_program();
    const char* environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", nullptr};
    Process hook(
        [&] {
            host.enter();
            if (::chdir(directory.c_str()) != 0) {
                throw_errno("chdir " + directory);
            }
            const char* arguments[] = {program.c_str(), stage.c_str(), nullptr};
            ::execve(program.c_str(), const_cast<char**>(arguments),
                     const_cast<char**>(environment));
            throw_errno("exec " + program);
        },
        state);
    return hook.wait();
}

std::string unique_id() {
    static std::atomic<unsigned> count = 0;
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return "octest-" + std::to_string(::getpid()) + "-" + std::to_string(now / 1s) + "-" +
           std::to_string(++count);
}

} // namespace ocinet::test
