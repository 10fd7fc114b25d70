// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/docker_plugins.h"

#include "netsetup/base/error.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

const std::string program = OCINET_PREFIX "/tests/docker-plugin";

std::string state_of(const std::string& name) {
    return "/run/" + name + ".json";
}

} // namespace

DockerPlugins::DockerPlugins(const Host& host) : host_(host) {
    host.sh("mkdir -p /run/docker/plugins");
    start("go-net");
    start("go-ipam");
}

void DockerPlugins::start(const std::string& name) {
    run(name, name == "go-ipam" ? "ipam" : "network", state_of(name));
}

void DockerPlugins::start_parrot(const std::string& name, const std::string& text) {
    host_.write(state_of(name), text);
    run(name, "parrot", state_of(name));
}

void DockerPlugins::run(const std::string& name, const std::string& kind, const std::string& last) {
    const std::string socket = "/run/docker/plugins/" + name + ".sock";
    stop(name);
    host_.sh("rm -f " + socket);
    const auto started = running_.emplace(
        name, host_.start("exec " + program + " " + kind + " " + socket + " " + last));
    const auto answers = [&] {
        return host_.run("curl -s --unix-socket " + socket + " -d {} http://x/Plugin.Activate")
                   .status == 0;
    };
    if (!eventually(answers)) {
        throw Error(program + " does not start (tests/docker-plugin/build.sh makes it): " +
                    started.first->second.err());
    }
}

json DockerPlugins::held() const {
    json held;
    for (const char* name : {"go-net", "go-ipam"}) {
        held.update(json::parse(host_.read(state_of(name))));
    }
    return held;
}

json DockerPlugins::network(const json& options) {
    return {{"driver", "docker-plugin"},
            {"plugin", "go-net"},
            {"subnets", {{{"subnet", "10.7.0.0/24"}}}},
            {"options", options}};
}

json DockerPlugins::network_with_ipam() {
    json file = network();
    file["ipam_options"] = {{"driver", "go-ipam"}, {"its", "own"}};
    return file;
}

} // namespace ocinet::test
