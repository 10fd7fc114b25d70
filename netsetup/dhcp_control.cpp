// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/dhcp_control.h"

#include "netsetup/base/error.h"
#include "netsetup/base/log.h"
#include "netsetup/base/paths.h"

namespace ocinet {

DhcpControl DhcpControl::open(const std::string& container_id) {
    return DhcpControl(Attendant::start({paths::dhcp_program(), "serve", container_id}));
}

void DhcpControl::start(const std::string& interface, std::chrono::milliseconds patience) {
    order("start " + interface + " " + std::to_string(patience.count()));
}

void DhcpControl::stop(const std::string& interface) {
    order("stop " + interface);
}

// Answered by its number and "done", or what went wrong and, behind a tab, what to do about it.
// What comes before is what it has to say besides, or the rest of an answer that could not be read
// to its end.
void DhcpControl::order(const std::string& words) {
    const std::string number = std::to_string(++orders_) + " ";
    program_.tell(number + words + "\n");
    std::string answer = program_.answer();
    while (!answer.starts_with(number)) {
        log::warning("ocinet-dhcp: " + answer);
        answer = program_.answer();
    }
    answer.erase(0, number.size());
    if (answer == "done") {
        return;
    }
    const auto tab = answer.find('\t');
    Error error(answer.substr(0, tab));
    if (tab != std::string::npos) {
        error.hint(answer.substr(tab + 1));
    }
    throw error;
}

} // namespace ocinet
