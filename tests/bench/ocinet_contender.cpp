// SPDX-License-Identifier: GPL-2.0-or-later
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "netsetup/base/error.h"
#include "tests/bench/contender.h"

namespace ocinet::bench {

namespace {

using nlohmann::json;

/// The hook as a runtime calls it: stage in argv, state on stdin, config.json in the bundle.
class OcinetContender : public Contender {
public:
    OcinetContender(std::string name, const std::string& prefix)
        : name_(std::move(name)), program_(prefix + "/libexec/ocinet/ocinet-hook") {
        if (access(program_.c_str(), X_OK) != 0) {
            throw_errno(name_ + ": " + program_);
        }
    }
    std::string name() const override { return name_; }
    std::string description() const override {
        return program_ + " createRuntime / poststop, network \"bridge\"";
    }
    std::string bridge() const override { return "ocinet0"; }
    std::string gateway() const override { return "10.90.0.1"; }

    using Contender::set_up;
    Command set_up(const Container& container, const Published& published) const override {
        write_bundle(container, published);
        return {{program_, "createRuntime"},
                state(container, published, "creating", container.pid())};
    }
    Command tear_down(const Container& container) const override {
        return {{program_, "poststop"}, state(container, {container.port()}, "stopped", 0)};
    }

private:
    static std::string bundle(const Container& container) {
        return "/run/bundles/" + container.id();
    }
    static json annotations(const Published& published) {
        std::string ports;
        for (int i = 0; i < published.count; ++i) {
            ports += (i == 0 ? "" : ",") + std::to_string(published.first + i) + ":80";
        }
        return {{"io.ocinet.network", "bridge"}, {"io.ocinet.publish", ports}};
    }
    static std::string state(const Container& container, const Published& published,
                             const char* status, pid_t pid) {
        const json state = {{"ociVersion", "1.0.2"},
                            {"id", container.id()},
                            {"status", status},
                            {"pid", pid},
                            {"bundle", bundle(container)},
                            {"annotations", annotations(published)}};
        return state.dump();
    }
    static void write_bundle(const Container& container, const Published& published) {
        const json process = {
            {"args", json::array({"sh"})}, {"cwd", "/"}, {"user", {{"uid", 0}, {"gid", 0}}}};
        const json netns = {{"type", "network"}};
        const json config = {{"ociVersion", "1.0.2"},
                             {"process", process},
                             {"root", {{"path", "rootfs"}}},
                             {"hostname", container.id()},
                             {"mounts", json::array()},
                             {"linux", {{"namespaces", json::array({netns})}}},
                             {"annotations", annotations(published)}};
        std::filesystem::create_directories(bundle(container) + "/rootfs");
        const std::string path = bundle(container) + "/config.json";
        std::ofstream file(path);
        if (!(file << config.dump())) {
            throw_errno(path);
        }
    }
    std::string name_;
    std::string program_;
};

} // namespace

std::unique_ptr<Contender> ocinet_contender(const std::string& name, const std::string& prefix) {
    return std::make_unique<OcinetContender>(name, prefix);
}

} // namespace ocinet::bench
