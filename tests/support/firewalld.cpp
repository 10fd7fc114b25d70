// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/firewalld.h"

#include <csignal>

#include "netsetup/base/error.h"

namespace ocinet::test {

namespace {

// Everybody on the bus is root.
constexpr const char* bus_configuration = R"(<busconfig>
  <type>system</type>
  <listen>unix:path=/run/dbus/system_bus_socket</listen>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>
  </policy>
</busconfig>
)";

Process start_bus(const Host& host) {
    host.write("/run/dbus/bus.conf", bus_configuration);
    Process bus = host.start("exec dbus-daemon --nofork --print-address=1 "
                             "--config-file=/run/dbus/bus.conf");
    bus.wait_for_output("unix:path=");
    return bus;
}

Process start_daemon(const Host& host, const std::string& backend) {
    host.sh("sed -i 's/^FirewallBackend=.*/FirewallBackend=" + backend +
            "/' /etc/firewalld/firewalld.conf");
    return host.start("exec firewalld --nofork --nopid --log-file /run/firewalld.log");
}

} // namespace

Firewalld::Firewalld(const Host& host, const std::string& backend)
    : bus_(start_bus(host)), daemon_(start_daemon(host, backend)) {
    if (!eventually([&] { return host.run("firewall-cmd --state").status == 0; })) {
        throw Error("firewalld does not start:\n" + daemon_.out() + daemon_.err());
    }
}

void Firewalld::stop() {
    daemon_.signal(SIGTERM);
    daemon_.wait();
}

std::string missing_for_firewalld() {
    return Host().run("command -v firewalld && command -v dbus-daemon").status == 0
               ? ""
               : "no firewalld";
}

} // namespace ocinet::test
