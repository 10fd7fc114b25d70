// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "netsetup/base/fd.h"

namespace ocinet::bench {

/// The machine that the benchmark was started on. Nothing is ever attached in its network
/// namespace.
class Machine {
public:
    Machine();
    /// Back to the namespaces that we came from.
    void enter() const;
    /// True while this process is in the machine's own network namespace.
    bool is_here() const;

private:
    Fd net_;
    Fd mount_;
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

/// A host of a contender's own: a network and a mount namespace with an empty /run and /etc/ocinet.
/// Descriptors hold it; it goes when they do and when its containers have ended.
class Host {
public:
    explicit Host(const Machine& machine);
    /// Moves this process into the host; refuses to stay in the machine's netns.
    void enter() const;

    /// Names of the links of the netns that this process is in.
    static std::set<std::string> links();

private:
    const Machine* machine_;
    Fd net_;
    Fd mount_;
};

/// A container as far as its network is concerned: a process in a netns of its own that listens on
/// port 80 and drops what comes. Ended by the destructor. Made in the host that was entered last.
class Container {
public:
    explicit Container(unsigned serial);
    Container(Container&& other) noexcept;
    Container& operator=(Container&&) = delete;
    Container(const Container&) = delete;
    Container& operator=(const Container&) = delete;
    ~Container() { end(); }

    /// Kills the process and reaps it; its netns is held.
    void end_process();
    /// Ends the process, and the netns with it.
    void end();
    pid_t pid() const { return pid_; }
    /// Good as long as the netns is.
    std::string netns_path() const;
    /// Counts the containers of one host: the source of addresses, ports and names.
    unsigned serial() const { return serial_; }
    std::string id() const;
    std::uint16_t port() const { return std::uint16_t(10000 + serial_); }
    /// `network` is two bytes, as in "10.88": .0.2 for the first container.
    std::string address(const std::string& network) const;
    /// The address that eth0 really has. Leaves this process in the container's netns.
    std::optional<std::string> assigned_address() const;

private:
    unsigned serial_;
    pid_t pid_ = -1;
    Fd netns_;
};

/// Milliseconds until `address`:`port` took a connection from the netns of this process; nothing if
/// it took none. The patience is enough for a lost ARP request or SYN, which come again after 1 s.
std::optional<double> connect_ms(const std::string& address, std::uint16_t port);

} // namespace ocinet::bench
