// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <string>

#include "netsetup/attendant.h"

namespace ocinet {

/// ocinet-dhcp, which starts and ends the DHCP clients of one container when it is told: they are
/// others' to keep running (supervisor.h), and to reach those takes sockets and programs.
class DhcpControl {
public:
    /// Throws Error when the program cannot be started.
    static DhcpControl open(const std::string& container_id);

    /// Waits for the first address; throws Error when none came within that time. The client may
    /// run then all the same.
    void start(const std::string& interface, std::chrono::milliseconds patience);
    /// Waits for its end. Throws Error; one that does not run is success.
    void stop(const std::string& interface);

private:
    explicit DhcpControl(Attendant program) : program_(std::move(program)) {}
    void order(const std::string& words);

    Attendant program_;
    int orders_ = 0;
};

} // namespace ocinet
