// SPDX-License-Identifier: GPL-2.0-or-later
#include <sys/stat.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "dhcp/dhcp.h"
#include "netsetup/base/log.h"
#include "netsetup/base/names.h"
#include "netsetup/supervisor.h"

namespace {

constexpr const char* usage = "usage: ocinet-dhcp serve CONTAINER\n"
                              "       ocinet-dhcp client CONTAINER INTERFACE\n"
                              "The hook and the DHCP clients of containers run it.\n";

int run(const std::vector<std::string>& words) {
    namespace dhcp = ocinet::dhcp;
    if (words.size() == 2 && words[0] == "serve" && ocinet::is_container_id(words[1])) {
        dhcp::serve(words[1]);
    } else if (words.size() == 3 && words[0] == "client" && ocinet::is_container_id(words[1]) &&
               ocinet::is_interface_name(words[2])) {
        dhcp::become_client(words[1], words[2]);
        return ocinet::supervisor::not_needed;
    } else if (words.size() == 1) {
        dhcp::handle_event(words[0]);
    } else {
        std::fputs(usage, stderr);
        return 2;
    }
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    ::umask(0);
    std::signal(SIGPIPE, SIG_IGN);
    try {
        return run({argv + 1, argv + argc});
    } catch (const ocinet::Error& error) {
        ocinet::log::error(error);
    } catch (const std::exception& error) {
        ocinet::log::error(ocinet::Error(error.what()));
    }
    return 1;
}
