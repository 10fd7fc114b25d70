// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/engines/engine.h"

#include <csignal>
#include <filesystem>
#include <utility>

#include "netsetup/base/error.h"
#include "netsetup/base/text.h"

namespace ocinet::test {

namespace {

constexpr const char* who = "#!/bin/sh\n"
                            "printf 'Content-Type: text/plain\\r\\n\\r\\n'\n"
                            "echo \"outside serves $REMOTE_ADDR\"\n";

Process serve(const Host& host) {
    host.write("/run/www/cgi-bin/who", who);
    host.sh("chmod 0755 /run/www/cgi-bin/who");
    return host.start("exec " + static_busybox() + " httpd -f -p 0.0.0.0:80 -h /run/www");
}

} // namespace

Lab::Lab() : server_(serve(outside)) {
    host.connect(outside, "up0", "192.0.2.1/24", "192.0.2.2/24");
    const std::string answer = page(host, "192.0.2.2");
    if (answer != "outside serves 192.0.2.1\n") {
        throw Error("the two hosts do not see each other: " + answer);
    }
}

std::string Lab::page(const Place& place, const std::string& address) {
    std::string text;
    const std::string fetch =
        "timeout 2 " + static_busybox() + " wget -qO- http://" + address + "/cgi-bin/who";
    eventually([&] {
        const Result result = place.run(fetch);
        text = result.out;
        return result.status == 0;
    });
    return text;
}

Engine::Engine(const Host& host, std::string runtime, const Annotations& annotations)
    : host_(host), runtime_(std::move(runtime)), id_(unique_id()), bundle_(annotations) {
    bundle_.make_rootfs();
    bundle_.set_args(web_server());
    bundle_.config["annotations"]["run.oci.hooks.stderr"] = bundle_.path() + "/hook-errors";
}

Engine::~Engine() {
    try {
        remove_by_force();
    } catch (const std::exception&) {
        // The test has failed with more to say than this.
        return;
    }
}

std::string Engine::command_line(const std::string& arguments) const {
    return "cd " + bundle_.path() + " && exec " + runtime_ + " " + arguments;
}

Result Engine::command(const std::string& arguments) const {
    return host_.run(command_line(arguments));
}

Result Engine::begin(const std::string& verb) const {
    bundle_.write();
    return command(verb + " " + id_);
}

Process Engine::run_in_background() const {
    bundle_.write();
    return host_.start(command_line("run " + id_));
}

nlohmann::json Engine::state() const {
    const Result result = command("state " + id_);
    return result.status == 0 ? nlohmann::json::parse(result.out) : nlohmann::json::object();
}

void Engine::kill_init() const {
    const pid_t init = state().at("pid");
    if (::kill(init, SIGKILL) != 0) {
        throw_errno("kill");
    }
    // The runtime is no daemon: it sees the end when it is asked.
    const auto ended = [&] { return status().empty() || status() == "stopped"; };
    if (!eventually(ended)) {
        throw Error("the container outlives its init");
    }
}

std::string Engine::exec(const std::string& command_line_inside) const {
    const Result result = command("exec " + id_ + " " + command_line_inside);
    if (result.status != 0) {
        throw Error(command_line_inside + ": " + result.out + result.err);
    }
    return result.out;
}

std::string Engine::hook_errors(const Result& result) const {
    const std::string path = bundle_.path() + "/hook-errors";
    return result.err + (std::filesystem::exists(path) ? read_text(path) : "");
}

std::string wrapper_program() {
    return OCINET_PREFIX "/bin/ocinet-runtime";
}

void wrap(const Host& host, const std::string& runtime) {
    const std::string path = std::string(trim(host.sh("command -v " + runtime)));
    host.write("/etc/ocinet/runtime.json", nlohmann::json{{"runtime", path}}.dump());
}

std::string missing_for(const std::string& runtime) {
    std::string reason = missing_for_host();
    if (!reason.empty()) {
        return reason;
    }
    if (static_busybox().empty()) {
        return "no static busybox";
    }
    return Host().run("command -v " + runtime).status == 0 ? "" : "no " + runtime;
}

std::vector<std::string> web_server() {
    return {"/bin/httpd", "-f", "-p", "0.0.0.0:80", "-h", "/www"};
}

void check_network(const Lab& lab, const Engine& container) {
    CHECK_THAT(container.exec("ip -4 address show eth0"),
               contains("inet 10.90.0.") && contains("/16 "));
    CHECK_THAT(container.exec("ip route"), contains("default via 10.90.0.1 dev eth0"));
    CHECK_THAT(container.exec("ip link show lo"), contains("UP"));
    CHECK_THAT(container.exec("cat /etc/hosts"),
               contains("10.90.0.") && contains("box") && contains("host.containers.internal"));
    CHECK(Lab::page(lab.outside, "192.0.2.1:8080") == "box serves 192.0.2.2\n");
    CHECK_THAT(Lab::page(lab.host, "127.0.0.1:8080"), contains("box serves "));
    // 192.0.2.2 has no route back to 10.90.0.0/16: an answer says that the source was rewritten.
    CHECK(container.exec("wget -qO- http://192.0.2.2/cgi-bin/who") == "outside serves 192.0.2.1\n");
}

} // namespace ocinet::test
