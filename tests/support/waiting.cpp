// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/waiting.h"

#include <sstream>

#include "tests/support/temp_dir.h"

namespace ocinet::test {

// The kernel lists who waits behind "->" (proc(5), /proc/locks).
bool waits_for_lock(const Process& process) {
    const std::string own = " " + std::to_string(process.pid()) + " ";
    std::istringstream locks(read_text("/proc/locks"));
    for (std::string line; std::getline(locks, line);) {
        if (line.find("-> POSIX") != std::string::npos && line.find(own) != std::string::npos) {
            return true;
        }
    }
    return false;
}

} // namespace ocinet::test
