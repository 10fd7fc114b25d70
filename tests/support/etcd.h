// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/underlay.h"

namespace ocinet::test {

/// A real etcd on the switch of an underlay, its members at 192.0.2.100, 192.0.2.101, …
class Etcd {
public:
    struct Options {
        int members = 1;
        /// TLS with client certificates, and users: "h1" with the password "p1", and so on, each
        /// with a role that writes what is its host's, and what hosts share.
        bool secured = false;
    };

    explicit Etcd(const Underlay& net) : Etcd(net, Options()) {}
    Etcd(const Underlay& net, const Options& options);

    /// All members that do not run; waits until they answer.
    void start();
    /// As a crash does.
    void stop() { members_.clear(); }
    /// That member which leads.
    void kill_leader();
    /// Runs `etcdctl ARGUMENTS`, which must succeed.
    std::string ctl(const std::string& arguments, const std::string& stdin_text = "") const;
    /// The keys below /ocinet/PREFIX, without that.
    std::vector<std::string> keys(const std::string& prefix) const;
    std::string value(const std::string& key) const;
    /// All of them at once, below /ocinet/; 128 at most.
    void put(const std::map<std::string, std::string>& values) const;

    /// The member "etcd" of overlay.json, for the host of this number.
    nlohmann::json access(int host) const;
    std::string file(const std::string& name) const { return (data_.path() / name).string(); }

private:
    std::vector<std::string> urls() const;
    std::string tls_flags() const;
    void make_certificates() const;
    void make_users();

    const Underlay& net_;
    Options options_;
    bool has_users_ = false;
    TempDir data_;
    /// By their number.
    std::map<int, Process> members_;
};

/// Why there is none; empty when there is.
std::string missing_for_etcd();

/// The file of an overlay network with control=etcd, 10.95.0.0/16.
nlohmann::json network_of_etcd();

/// A shell command that makes what ocinet-overlay leaves for a hook on host "alpha", 192.0.2.1:
/// what etcd says of network "web", whose range there is 10.7.0.0/28, and where it is encrypted the
/// interface wg-ocinet.
std::string complete_web(bool encrypted);

/// ocinet-overlay on a host of the underlay, which takes part in the networks that etcd holds.
class OverlayHost {
public:
    /// Its files are written; it is not started yet.
    OverlayHost(const Underlay& net, const Etcd& etcd, int number);

    void write_config(const nlohmann::json& etcd) const;
    /// `as`: a program, and its arguments, that becomes it.
    void start(const std::string& as = "");
    /// SIGKILL.
    void kill() { process_.reset(); }
    bool running() const { return process_->running(); }
    /// SIGTERM; waits for its end.
    Result end();
    void signal(int number) const { process_->signal(number); }
    pid_t pid() const { return process_->pid(); }
    std::string log() const { return process_->err(); }
    bool says(const std::string& text) const;
    /// Waits until the network's completion is there.
    bool knows(const std::string& network) const;

    const Host& host;

private:
    int number_;
    std::optional<Process> process_;
};

} // namespace ocinet::test
