// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/host.h"

namespace ocinet::test {

/// The plugins of Docker's of tests/docker-plugin, on a host: they end with this.
class DockerPlugins {
public:
    /// A network driver "go-net" and one of addresses, "go-ipam".
    explicit DockerPlugins(const Host& host);

    /// Starts it again where it runs: it knows of nothing then.
    void start(const std::string& name);
    void stop(const std::string& name) { running_.erase(name); }
    /// One that answers everything so.
    void start_parrot(const std::string& name, const std::string& text);

    /// What the first two hold, as they say it: null where they hold nothing.
    nlohmann::json held() const;

    /// A network file of go-net's, with a subnet; `go-ipam` gives its addresses where it is asked
    /// to.
    static nlohmann::json network(const nlohmann::json& options = nlohmann::json::object());
    static nlohmann::json network_with_ipam();

private:
    void run(const std::string& name, const std::string& kind, const std::string& last);

    const Host& host_;
    std::map<std::string, Process> running_;
};

} // namespace ocinet::test
