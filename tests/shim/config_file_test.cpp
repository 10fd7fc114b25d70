// SPDX-License-Identifier: GPL-2.0-or-later
#include "shim/config_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <filesystem>

#include "netsetup/base/error.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace ocinet::test {

namespace {

namespace fs = std::filesystem;
using shim::ConfigFile;

struct Bundle {
    explicit Bundle(const std::string& text = "{}") { write_text(path, text); }

    std::vector<std::string> files() const {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(directory.path())) {
            names.push_back(entry.path().filename());
        }
        return names;
    }

    TempDir directory;
    std::string path = directory / "config.json";
};

std::string problem_of(const std::string& path) {
    try {
        const ConfigFile file(path);
        return "none";
    } catch (const Error& error) {
        return error.what();
    }
}

} // namespace

TEST_CASE("a replaced config.json keeps its mode, owner and attributes") {
    const Bundle bundle("old");
    REQUIRE(::chown(bundle.path.c_str(), 1234, 5678) == 0);
    REQUIRE(::chmod(bundle.path.c_str(), 02640) == 0);
    REQUIRE(::setxattr(bundle.path.c_str(), "trusted.label", "a\0b", 3, 0) == 0);
    const Fd reader(::open(bundle.path.c_str(), O_RDONLY | O_CLOEXEC));
    ConfigFile(bundle.path).replace("new");
    CHECK(read_text(bundle.path) == "new");
    // Whoever had it open has the old one, whole.
    char old[4] = {};
    CHECK(::read(reader.get(), old, sizeof old) == 3);
    CHECK(std::string(old) == "old");
    struct stat status{};
    REQUIRE(::stat(bundle.path.c_str(), &status) == 0);
    CHECK(status.st_uid == 1234);
    CHECK(status.st_gid == 5678);
    CHECK((status.st_mode & 07777) == 02640);
    char value[8] = {};
    CHECK(::getxattr(bundle.path.c_str(), "trusted.label", value, sizeof value) == 3);
    CHECK(std::string(value, 3) == std::string("a\0b", 3));
    CHECK(bundle.files() == std::vector<std::string>{"config.json"});
}

TEST_CASE("a config.json that is no regular file is not replaced, and not waited for") {
    const Bundle bundle;
    const std::string other = bundle.directory / "other.json";
    fs::rename(bundle.path, other);
    fs::create_symlink(other, bundle.path);
    CHECK_THROWS_WITH(ConfigFile(bundle.path).replace("new"),
                      bundle.path + " is a symlink, which is not replaced");
    CHECK(read_text(other) == "{}");
    CHECK(fs::is_symlink(bundle.path));
    fs::remove(bundle.path);
    REQUIRE(::mkfifo(bundle.path.c_str(), 0600) == 0);
    CHECK(problem_of(bundle.path) == bundle.path + " is no regular file");
    fs::remove(bundle.path);
    fs::create_directory(bundle.path);
    CHECK(problem_of(bundle.path) == bundle.path + " is no regular file");
    fs::remove(bundle.path);
    CHECK_THAT(problem_of(bundle.path), contains("ENOENT"));
    // What leads to the bundle may be one: engines have such.
    const TempDir elsewhere;
    fs::create_directory_symlink(bundle.directory.path(), elsewhere / "bundle");
    write_text(bundle.path, "{}");
    CHECK(problem_of((elsewhere / "bundle") + "/config.json") == "none");
}

TEST_CASE("who cannot replace a config.json leaves the old one and nothing beside it") {
    const Bundle bundle("old");
    const ConfigFile file(bundle.path);
    // A directory in its place cannot be replaced by a file.
    fs::remove(bundle.path);
    fs::create_directory(bundle.path);
    CHECK_THROWS_AS(file.replace("new"), Error);
    CHECK(bundle.files() == std::vector<std::string>{"config.json"});
    CHECK(fs::is_directory(bundle.path));
}

TEST_CASE("what a predecessor left is not in the way") {
    const Bundle bundle("old");
    const std::string left = ".config.json.ocinet-" + std::to_string(::getpid());
    fs::create_symlink("config.json", bundle.directory / left);
    ConfigFile(bundle.path).replace("new");
    CHECK(read_text(bundle.path) == "new");
    CHECK(bundle.files() == std::vector<std::string>{"config.json"});
}

} // namespace ocinet::test
