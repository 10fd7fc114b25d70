// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/kernel/guest.h"

#include <csignal>

#include "netsetup/base/error.h"

namespace ocinet::test {

Guest::Guest(const Host& host, std::string netns, const Annotations& annotations, std::string id)
    : host_(host), id_(std::move(id)), bundle_(annotations), netns_(std::move(netns)) {
    bundle_.set_netns(netns_);
    bundle_.write();
    restart();
}

void Guest::restart() {
    write_text(bundle_.hosts_path(), "127.0.0.1\tlocalhost\n");
    process_.emplace(
        host_.start("exec nsenter --net=" + netns_ + " sh -c 'echo ready; exec sleep 1000'"));
    process_->wait_for_output("ready");
}

nlohmann::json Guest::state(const std::string& stage) const {
    nlohmann::json state = {{"ociVersion", "1.0.2"},
                            {"id", id_},
                            {"bundle", bundle_.path()},
                            {"status", stage == "poststop" ? "stopped" : "creating"}};
    if (stage != "poststop") {
        state["pid"] = process_->pid();
    }
    return state;
}

Result Guest::hook(const std::string& stage) const {
    return run_hook(host_, stage, state(stage).dump(), "/");
}

nlohmann::json Guest::attach() const {
    const Result result = hook("createRuntime");
    if (result.status != 0 || !result.err.empty()) {
        throw Error("createRuntime: status " + std::to_string(result.status) + "\n" + result.out +
                    result.err);
    }
    return nlohmann::json::parse(result.out);
}

std::string Guest::hosts() const {
    return read_text(bundle_.hosts_path());
}

void Guest::kill() {
    if (!process_->running()) {
        return;
    }
    process_->signal(SIGKILL);
    process_->wait();
}

void Guest::end() {
    kill();
    const Result result = hook("poststop");
    if (result.status != 0 || !result.err.empty()) {
        throw Error("poststop: status " + std::to_string(result.status) + "\n" + result.out +
                    result.err);
    }
}

} // namespace ocinet::test
