// SPDX-License-Identifier: GPL-2.0-or-later
// The container's /etc/hosts: written where it is the engine's and the container's alone, left
// alone, and said so, anywhere else.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <filesystem>
#include <functional>

#include "netsetup/base/error.h"
#include "tests/kernel/sample.h"
#include "tests/kernel/scene.h"
#include "tests/support/catch.h"

namespace ocinet::test {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

const std::string engines_line = "127.0.0.1\tlocalhost\n";
const std::string own_lines =
    "10.90.0.2 box # ocinet bridge\n"
    "10.90.0.1 host.containers.internal host.docker.internal # ocinet bridge\n";

json& hosts_mount(Container& box) {
    for (auto& mount : box.bundle().config["mounts"]) {
        if (mount["destination"] == "/etc/hosts") {
            return mount;
        }
    }
    throw Error("the bundle has no mount at /etc/hosts");
}

void mount_file(Container& box, const std::string& source) {
    hosts_mount(box)["source"] = source;
    box.bundle().write();
}

Result attach_with_notes(const Host& host, const Container& box) {
    return call_hook(host, box.state("createRuntime").dump(), {.options = {"--log-level", "info"}});
}

// What stands in its way, and a word of what the hook says of it. `victim` is a file that must
// stay as it is: whatever the bundle names, it leads there.
struct Obstacle {
    std::string title;
    std::string said;
    std::function<void(const Host&, Container&, const TempDir&)> prepare;
    std::function<std::string(const Host&, Container&, const TempDir&)> victim;
};

std::string bundles_file(const Host&, Container& box, const TempDir&) {
    return read_text(box.bundle().hosts_path());
}

std::string file_elsewhere(const Host&, Container&, const TempDir& elsewhere) {
    return read_text(elsewhere / "file");
}

std::vector<Obstacle> obstacles() {
    return {
        {"mounted read-only", "read-only",
         [](const Host&, Container& box, const TempDir&) {
             hosts_mount(box)["options"] = {"rbind", "ro"};
             box.bundle().write();
         },
         bundles_file},
        {"a symlink", "ELOOP",
         [](const Host&, Container& box, const TempDir& elsewhere) {
             fs::remove(box.bundle().hosts_path());
             fs::create_symlink(elsewhere / "file", box.bundle().hosts_path());
         },
         file_elsewhere},
        {"two links", "several links",
         [](const Host&, Container& box, const TempDir&) {
             fs::create_hard_link(box.bundle().hosts_path(), box.bundle().path() + "/other");
         },
         bundles_file},
        {"a FIFO", "not a regular file",
         [](const Host&, Container& box, const TempDir&) {
             fs::remove(box.bundle().hosts_path());
             REQUIRE(::mkfifo(box.bundle().hosts_path().c_str(), 0600) == 0);
         },
         [](const Host&, Container&, const TempDir&) { return engines_line; }},
        {"a device", "not a regular file",
         [](const Host&, Container& box, const TempDir&) {
             fs::remove(box.bundle().hosts_path());
             REQUIRE(::mknod(box.bundle().hosts_path().c_str(), S_IFCHR | 0600, makedev(1, 5)) ==
                     0);
         },
         [](const Host&, Container&, const TempDir&) { return engines_line; }},
        {"a directory", "EISDIR",
         [](const Host&, Container& box, const TempDir&) {
             fs::remove(box.bundle().hosts_path());
             fs::create_directory(box.bundle().hosts_path());
         },
         [](const Host&, Container&, const TempDir&) { return engines_line; }},
        {"missing", "ENOENT",
         [](const Host&, Container& box, const TempDir&) { fs::remove(box.bundle().hosts_path()); },
         [](const Host&, Container&, const TempDir&) { return engines_line; }},
        {"the host's own, mounted below the bundle", "the host's own",
         [](const Host& host, Container& box, const TempDir&) {
             host.write("/etc/hosts", engines_line);
             host.sh("mount --bind /etc/hosts " + box.bundle().hosts_path());
         },
         [](const Host& host, Container&, const TempDir&) { return host.read("/etc/hosts"); }},
        {"the host's own, by name", "does not belong",
         [](const Host& host, Container& box, const TempDir&) {
             host.write("/etc/hosts", engines_line);
             mount_file(box, "/etc/hosts");
         },
         [](const Host& host, Container&, const TempDir&) { return host.read("/etc/hosts"); }},
        {"somebody else's", "does not belong",
         [](const Host&, Container& box, const TempDir& elsewhere) {
             mount_file(box, elsewhere / "file");
         },
         file_elsewhere},
        {"somebody else's, by way of ..", "does not belong",
         [](const Host&, Container& box, const TempDir& elsewhere) {
             mount_file(box, box.bundle().path() + "/../" + elsewhere.path().filename().string() +
                                 "/file");
         },
         file_elsewhere},
    };
}

} // namespace

TEST_CASE("the container's own line and the names of its host") {
    const Host host;
    Container box(host, {{"io.ocinet.network", "bridge"}, {"io.ocinet.name", "db"}});
    struct stat before{};
    REQUIRE(::stat(box.bundle().hosts_path().c_str(), &before) == 0);
    box.attach();
    CHECK(read_text(box.bundle().hosts_path()) ==
          engines_line +
              "10.90.0.2 db box # ocinet bridge\n"
              "10.90.0.1 host.containers.internal host.docker.internal # ocinet bridge\n");
    struct stat after{};
    REQUIRE(::stat(box.bundle().hosts_path().c_str(), &after) == 0);
    // The container sees the file through its mount: a new one in its place would not be seen.
    CHECK(after.st_ino == before.st_ino);
    CHECK(after.st_mode == before.st_mode);
    box.detach();
    CHECK(read_text(box.bundle().hosts_path()) == engines_line);
}

TEST_CASE("a hosts file below a directory of the container's id is the container's") {
    const Host host;
    // As an engine makes one.
    Container box(host, std::string(56, 'a') + std::to_string(10000000 + ::getpid()), on_bridge);
    const TempDir engine;
    const std::string file = engine / (box.id() + "/userdata/hosts");
    write_text(file, "# no newline at the end");
    mount_file(box, file);
    box.attach();
    CHECK(read_text(file) == "# no newline at the end\n" + own_lines);
    box.detach();
    CHECK(read_text(file) == "# no newline at the end\n");
}

TEST_CASE("a hosts file named relative to the bundle") {
    const Host host;
    Container box(host, on_bridge);
    mount_file(box, "hosts");
    box.attach();
    CHECK(read_text(box.bundle().hosts_path()) == engines_line + own_lines);
}

TEST_CASE("what others wrote into the hosts file meanwhile stays") {
    const Host host;
    Container box(host, on_bridge);
    box.attach();
    const std::string file = box.bundle().hosts_path();
    write_text(file, "192.0.2.1 mine\n" + own_lines + "192.0.2.2 behind\n");
    box.detach();
    CHECK(read_text(file) == "192.0.2.1 mine\n192.0.2.2 behind\n");
}

TEST_CASE("a hosts file that became a symlink is not written through at detach") {
    const Host host;
    Container box(host, on_bridge);
    box.attach();
    const TempDir elsewhere;
    const std::string text = "192.0.2.1 mine\n" + own_lines;
    write_text(elsewhere / "file", text);
    fs::remove(box.bundle().hosts_path());
    fs::create_symlink(elsewhere / "file", box.bundle().hosts_path());
    box.detach();
    CHECK(read_text(elsewhere / "file") == text);
}

TEST_CASE("a hosts file that is gone does not keep a container from being detached") {
    const Host host;
    Container box(host, on_bridge);
    box.attach();
    fs::remove(box.bundle().hosts_path());
    box.detach();
    CHECK_FALSE(fs::exists(box.bundle().hosts_path()));
}

TEST_CASE("a container without a hosts mount") {
    const Host host;
    Container box(host, on_bridge);
    box.bundle().remove_hosts_mount();
    box.bundle().write();
    const Result result = attach_with_notes(host, box);
    CHECK(result.status == 0);
    CHECK(result.err.find("hosts") == std::string::npos); // the image's own file: no news
    CHECK(read_text(box.bundle().hosts_path()) == engines_line);
}

TEST_CASE("a hosts file that is not ours to write is left alone") {
    const Obstacle obstacle = GENERATE(from_range(sampled(obstacles(), 3)));
    CAPTURE(obstacle.title);
    const Host host;
    Container box(host, on_bridge);
    const TempDir elsewhere;
    write_text(elsewhere / "file", engines_line);
    obstacle.prepare(host, box, elsewhere);
    const Result result = attach_with_notes(host, box);
    CHECK(result.status == 0);
    CHECK_THAT(result.err, contains("/etc/hosts is left alone") && contains(obstacle.said));
    CHECK(obstacle.victim(host, box, elsewhere) == engines_line);
    CHECK(differences(host, box).empty());
    box.detach();
    CHECK(obstacle.victim(host, box, elsewhere) == engines_line);
}

} // namespace ocinet::test
