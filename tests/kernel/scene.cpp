// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/kernel/scene.h"

#include <fcntl.h>
#include <unistd.h>

#include "netsetup/acquire.h"
#include "netsetup/base/error.h"
#include "netsetup/base/text.h"
#include "netsetup/executor.h"
#include "netsetup/record.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> list;
    list.reserve(texts.size() + 1);
    for (auto& text : texts) {
        list.push_back(text.data());
    }
    list.push_back(nullptr);
    return list;
}

std::vector<std::string> lines(const std::string& text) {
    std::vector<std::string> list;
    for (const auto line : split(text, '\n')) {
        if (!line.empty()) {
            list.emplace_back(line);
        }
    }
    return list;
}

} // namespace

json ip(const Place& place, const std::string& command) {
    const std::string answer = place.sh("ip -j " + command);
    return trim(answer).empty() ? json::array() : json::parse(answer);
}

json link(const Place& place, const std::string& name) {
    json found = ip(place, "-d address show dev " + shell_word(name)).at(0);
    // A container's /sys shows the host's links: sysfs shows those of whoever mounts it.
    const std::string type = place.sh("unshare --mount sh -c 'mount -t sysfs sysfs /mnt && cat "
                                      "/mnt/class/net/" +
                                      shell_word(name) + "/addr_assign_type'");
    found["addr_assign_type"] = std::stoi(type);
    return found;
}

std::vector<std::string> addresses(const json& link, const std::string& family) {
    std::vector<std::string> list;
    for (const auto& address : link["addr_info"]) {
        if (address["family"] == family) {
            list.push_back(address["local"].get<std::string>() + "/" +
                           std::to_string(address["prefixlen"].get<int>()));
        }
    }
    return list;
}

std::string setting(const Place& place, const std::string& path) {
    return place.ask([&] { return std::string(trim(read_text("/proc/sys/net/" + path))); });
}

std::vector<std::string> differences(const Host& host, const Container& container) {
    const std::string found = host.ask([&] {
        ocinet::Host product;
        const auto stored = Record::load(product.directory, container.id());
        if (!stored) {
            throw Error("no record of container " + container.id());
        }
        const std::string netns = "/proc/" + std::to_string(container.pid()) + "/ns/net";
        Context context =
            acquire(product, *stored, Fd(::open(netns.c_str(), O_RDONLY | O_CLOEXEC)));
        return join(check_steps(stored->plan.shared, context), "\n") + "\n" +
               join(check_steps(stored->plan.own, context), "\n");
    });
    return lines(found);
}

json record(const Host& host, const std::string& id) {
    return json::parse(host.read("/run/ocinet/containers/" + id + ".json"));
}

void exec_hook(const Call& call) {
    std::vector<std::string> arguments = {"ocinet-hook", call.stage};
    arguments.insert(arguments.end(), call.options.begin(), call.options.end());
    std::vector<std::string> environment = call.environment;
    const std::string program = hook_program();
    const auto argv = pointers(arguments);
    const auto envp = pointers(environment);
    call.prepare();
    ::execve(program.c_str(), argv.data(), envp.data());
    ::_exit(126); // stderr may be closed
}

Process start_hook(const Host& host, const std::string& state, const Call& call) {
    return Process(
        [&] {
            host.enter();
            exec_hook(call);
        },
        state);
}

Result call_hook(const Host& host, const std::string& state, const Call& call) {
    return start_hook(host, state, call).wait();
}

void crash(const Host& host, Container& container) {
    std::vector<std::string> ends;
    const json stored = record(host, container.id());
    for (const auto& attached : stored["plan"]["attached"]) {
        ends.push_back(attached["host_interface"]);
    }
    container.kill();
    for (const auto& name : ends) {
        if (!eventually(
                [&] { return name.empty() || host.run("ip link show dev " + name).status != 0; })) {
            throw Error("the link " + name + " of a dead container stays");
        }
    }
}

std::string refusal(const Host& host, const Container& container) {
    const auto before = host.snapshot();
    const Result result = call_hook(host, container.state("createRuntime").dump(), {});
    CHECK(result.status == 1);
    CHECK(difference(before, host.snapshot()) == no_difference);
    return result.err;
}

bool reaches(const Place& place, const std::string& address) {
    return place.run("busybox ping -c1 -W1 " + address).status == 0;
}

json only_attachment(const json& result) {
    if (result.at("attachments").size() != 1) {
        throw Error("not one attachment: " + result.dump());
    }
    return result["attachments"][0];
}

Process hold_netns(const Host& host, const Container& container) {
    Process holder = host.start("exec 9</proc/" + std::to_string(container.pid()) +
                                "/ns/net; echo ready; exec sleep 100");
    holder.wait_for_output("ready");
    return holder;
}

int attach_after(const Host& host, const Container& container, const Process& holder) {
    Process hook = start_hook(host, container.state("createRuntime").dump(), {});
    const std::string path = "/run/ocinet/containers/" + container.id() + ".json";
    eventually([&] { return !hook.running() || host.run("test -e " + path).status == 0; });
    holder.make_zombie();
    return hook.wait().status;
}

} // namespace ocinet::test
