// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/cli/scene.h"

#include <unistd.h>

#include <iostream>

#include "netsetup/base/error.h"
#include "netsetup/base/text.h"
#include "netsetup/state/locks.h"
#include "tests/support/waiting.h"

namespace ocinet::test {

using nlohmann::json;

Result ocinet(const Host& host, const std::string& arguments) {
    return host.run("exec " + shell_word(cli_program()) + " " + arguments);
}

json ocinet_json(const Host& host, const std::string& arguments, int status) {
    const Result result = ocinet(host, arguments);
    if (result.status != status) {
        throw Error("ocinet " + arguments + ": status " + std::to_string(result.status) + "\n" +
                    result.out + result.err);
    }
    return json::parse(result.out);
}

json only_with(const json& list, const std::string& key, const std::string& value) {
    json found;
    for (const auto& one : list) {
        if (one.at(key) == value) {
            found.push_back(one);
        }
    }
    if (found.size() != 1) {
        throw Error("not one with " + key + " " + value + ": " + list.dump());
    }
    return found[0];
}

void make_router(const Host& host) {
    host.sh(
        "echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding");
}

void wait_until_it_waits_for_a_lock(const Process& process) {
    if (!eventually([&] { return waits_for_lock(process); })) {
        throw Error("process " + std::to_string(process.pid()) + " waits for no lock:\n" +
                    process.out() + process.err());
    }
}

Process hold_lock(const Host& host, const std::string& name) {
    Process holder = host.start([name] {
        const auto directory = state::Directory::open();
        state::Locks locks(directory);
        const auto held = name == "host" ? locks.host() : locks.network(name);
        std::cout << "held" << std::endl;
        while (true) {
            ::pause();
        }
    });
    holder.wait_for_output("held");
    return holder;
}

} // namespace ocinet::test
