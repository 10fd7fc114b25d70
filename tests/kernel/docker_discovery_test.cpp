// SPDX-License-Identifier: GPL-2.0-or-later
// How a plugin of Docker's is found by its name.
#include "netsetup/docker_discovery.h"

#include "netsetup/base/text.h"
#include "tests/support/catch.h"
#include "tests/support/docker_plugins.h"

namespace ocinet::test {

namespace {

// How curl would be called; or what is wrong.
std::string found(const Host& host) {
    return host.ask([]() -> std::string {
        try {
            const auto plugin = docker_plugin::find("weave");
            return plugin ? plugin->program + " " + join(plugin->options, " ") + " " + plugin->url
                          : "none";
        } catch (const Error& error) {
            return error.message();
        }
    });
}

const std::string file = "/etc/docker/plugins/weave";

} // namespace

TEST_CASE("a plugin of Docker's is found by its socket, then by a file that holds its address") {
    const Host host;
    CHECK(found(host) == "none");
    host.write(file + "/weave.json", R"({"Name": "x", "Addr": "tcp://127.0.0.1:7000"})");
    CHECK(found(host) == "/usr/bin/curl  http://127.0.0.1:7000");
    host.write(file + ".spec", " unix:///run/else/where.sock \n");
    CHECK(found(host) == "/usr/bin/curl --unix-socket /run/else/where.sock http://plugin");
    host.write("/run/docker/plugins/weave.sock", "which is none");
    CHECK(found(host) == "/usr/bin/curl --unix-socket /run/else/where.sock http://plugin");
    DockerPlugins plugins(host);
    plugins.start_parrot("weave", "{}");
    CHECK(found(host) ==
          "/usr/bin/curl --unix-socket /run/docker/plugins/weave.sock http://plugin");
}

TEST_CASE("a plugin of Docker's proves who it is where its file says how") {
    const auto [tls, expected] = GENERATE(table<std::string, std::string>({
        {"", "--insecure"},
        {R"(, "TLSConfig": {"CertFile": "/c", "KeyFile": "/k"})", "--insecure --cert /c --key /k"},
        {R"(, "TLSConfig": {"CAFile": "/a"})", "--cacert /a"},
        {R"(, "TLSConfig": {"CAFile": "/a", "CertFile": "/c", "KeyFile": "/k"})",
         "--cacert /a --cert /c --key /k"},
        {R"(, "TLSConfig": {"CAFile": "/a", "InsecureSkipVerify": true})",
         "--insecure --cacert /a"},
    }));
    const Host host;
    host.write(file + ".json", R"({"Addr": "https://[::1]:7000")" + tls + "}");
    CHECK(found(host) == "/usr/bin/curl " + expected + " https://[::1]:7000");
}

TEST_CASE("a file that holds no address of a plugin's is an error that names it") {
    const std::string address =
        GENERATE(as<std::string>(), "", "weave", "unix://relative", "tcp://", "file:///etc/passwd",
                 "http://x/y", "https://a/../b");
    const Host host;
    host.write(file + ".spec", address);
    CHECK(found(host) == file + ".spec: \"" + address + "\" is no plugin's address");
    host.sh("rm " + file + ".spec");
    host.write(file + ".json", "[]");
    CHECK(found(host) == file + ".json: no JSON object with a text \"Addr\"");
}

TEST_CASE("without curl no plugin of Docker's is reached, and that is said") {
    const Host host;
    host.write(file + ".spec", "tcp://127.0.0.1:7000");
    host.sh("mkdir /run/bin; mount --bind /run/bin /usr/bin");
    CHECK_THAT(found(host), contains("there is no curl"));
}

} // namespace ocinet::test
