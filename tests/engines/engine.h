// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/container.h"
#include "tests/support/host.h"

namespace ocinet::test {

// A test case for each of them: TEMPLATE_TEST_CASE("…", "", Runc, Crun).
struct Runc {
    static constexpr const char* name = "runc";
};
struct Crun {
    static constexpr const char* name = "crun";
};

/// Two hosts on one wire, 192.0.2.1 and 192.0.2.2: containers run on the first, the second knows
/// no route to them and serves a page that tells who asked.
class Lab {
public:
    Lab();

    /// What `place` fetches from /cgi-bin/who of `address`, as soon as there is a server.
    static std::string page(const Place& place, const std::string& address);

    Host host;
    Host outside;

private:
    Process server_;
};

/// A container of a real runtime, deleted by force at the latest when this goes out of scope.
class Engine {
public:
    Engine(const Host& host, std::string runtime, const Annotations& annotations);
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    ~Engine();

    /// To be changed before create() and run(), which write it.
    Bundle& bundle() { return bundle_; }
    const std::string& id() const { return id_; }

    Result create() const { return begin("create"); }
    Result start() const { return command("start " + id_); }
    /// Waits for the container's end; its output is the result's.
    Result run() const { return begin("run"); }
    Result run_detached() const { return begin("run --detach"); }
    Process run_in_background() const;
    Result remove() const { return command("delete " + id_); }
    Result remove_by_force() const { return command("delete --force " + id_); }
    /// Kills the container's init as anybody might, past the runtime, and waits until it knows.
    void kill_init() const;
    /// Runs a program in the container; throws Error if it fails.
    std::string exec(const std::string& command_line) const;
    /// "created", "running" or "stopped", as the runtime says; empty when it knows no such
    /// container.
    std::string status() const { return state().value("status", ""); }

    /// What our hook said where the runtime does not show it: crun drops a hook's stderr.
    std::string hook_errors(const Result& result) const;

private:
    nlohmann::json state() const;
    Result begin(const std::string& verb) const;
    Result command(const std::string& arguments) const;
    std::string command_line(const std::string& arguments) const;

    const Host& host_;
    std::string runtime_;
    std::string id_;
    Bundle bundle_;
};

/// ocinet-runtime's place in the build tree; `wrap` makes it wrap that runtime on the host.
std::string wrapper_program();
void wrap(const Host& host, const std::string& runtime);

/// Why the runtime cannot be tested here; empty when it can.
std::string missing_for(const std::string& runtime);

/// The program of a container that serves /cgi-bin/who on port 80.
std::vector<std::string> web_server();

/// Checks the whole of a container's network: address, route, name, both ways of traffic. The
/// container is a web_server() with 8080:80 published.
void check_network(const Lab& lab, const Engine& container);

} // namespace ocinet::test
