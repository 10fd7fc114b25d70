// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <thread>
#include <vector>

#include "netsetup/base/fd.h"
#include "tests/base/caught.h"
#include "tests/base/random.h"
#include "tests/support/catch.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace ocinet {

namespace {

using test::contains;
using test::message_of;
using test::TempDir;
using test::write_text;

Fd open_directory(const TempDir& directory) {
    return Fd(::open(directory.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

bool is_open(int fd) {
    return ::fcntl(fd, F_GETFD) >= 0;
}

std::vector<std::string> names_in(const TempDir& directory) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory.path())) {
        names.push_back(entry.path().filename());
    }
    return names;
}

} // namespace

TEST_CASE("a descriptor is closed once, by its last owner") {
    int number = -1;
    {
        Fd first(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        number = first.get();
        Fd second(std::move(first));
        CHECK_FALSE(first); // NOLINT(bugprone-use-after-move): moved-from is empty, that is asked
        CHECK(second.get() == number);
        Fd third;
        third = std::move(second);
        CHECK(is_open(number));
    }
    CHECK_FALSE(is_open(number));
    Fd replaced(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    number = replaced.get();
    replaced.reset();
    CHECK_FALSE(is_open(number));
    CHECK_FALSE(replaced);
}

TEST_CASE("a file is read up to its bound") {
    const TempDir directory;
    write_text(directory / "file", std::string(1000, 'x'));
    CHECK(read_file(directory / "file", 1000) == std::string(1000, 'x'));
    CHECK_THAT(message_of([&] { read_file(directory / "file", 999); }),
               contains("/file is larger than 999 bytes"));
    write_text(directory / "empty", "");
    CHECK(read_file(directory / "empty", 10) == "");
    CHECK_FALSE(read_file(directory / "missing", 10));
    CHECK_FALSE(read_file(directory / "file/below", 10));
    // Larger than one read's buffer.
    write_text(directory / "large", std::string(1 << 20, 'y'));
    CHECK(read_file(directory / "large", 1 << 20)->size() == 1 << 20);
}

TEST_CASE("a stream is read to its end, up to its bound") {
    const auto from_pipe = [](std::size_t size, std::size_t limit) {
        std::array<int, 2> ends{};
        REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
        const Fd reader(ends[0]);
        Fd writer(ends[1]);
        // More than a pipe holds: write_all() must go on where a write was short.
        std::thread feeder([&writer, size] {
            write_all(writer.get(), std::string(size, 'z'), "the pipe");
            writer.reset();
        });
        std::string text;
        const auto message = message_of([&] { text = read_all(reader.get(), limit, "stdin"); });
        std::array<char, 65536> rest{};
        while (::read(reader.get(), rest.data(), rest.size()) > 0) {
        }
        feeder.join();
        return text.empty() ? message : std::to_string(text.size());
    };
    CHECK(from_pipe(200000, 200000) == "200000");
    CHECK(from_pipe(200001, 200000) == "stdin is larger than 200000 bytes");
    CHECK(from_pipe(100000000, 1 << 20) == "stdin is larger than 1048576 bytes");
    CHECK_THAT(message_of([] { read_all(-1, 10, "stdin"); }), contains("read stdin: "));
    CHECK_THAT(message_of([] { write_all(-1, "x", "the record"); }),
               contains("write the record: "));
}

TEST_CASE("what is no regular file is neither followed nor waited for") {
    const TempDir directory;
    write_text(directory / "file", "secret");
    REQUIRE(::symlink((directory / "file").c_str(), (directory / "link").c_str()) == 0);
    REQUIRE(::symlink("nowhere", (directory / "dangling").c_str()) == 0);
    REQUIRE(::mkfifo((directory / "fifo").c_str(), 0600) == 0);
    CHECK_THAT(message_of([&] { read_file(directory / "link", 100); }), contains("(ELOOP)"));
    CHECK_THAT(message_of([&] { read_file(directory / "dangling", 100); }), contains("(ELOOP)"));
    for (const auto& path :
         {directory / "fifo", directory.path().string(), std::string("/dev/zero")}) {
        const auto message = message_of([&, &name = path] { read_file(name, 100); });
        CHECK(message == path + " is not a regular file");
    }
}

TEST_CASE("a setting is a line, and is never created") {
    const TempDir directory;
    const Fd fd = open_directory(directory);
    write_text(directory / "conf/eth0/mtu", "1500\n");
    CHECK(read_setting(fd.get(), "conf/eth0/mtu") == "1500");
    CHECK_FALSE(read_setting(fd.get(), "conf/eth1/mtu"));
    write_setting(fd.get(), "conf/eth0/mtu", "9000");
    CHECK(read_setting(fd.get(), "conf/eth0/mtu") == "9000");
    CHECK_THAT(message_of([&] { write_setting(fd.get(), "conf/eth1", "1"); }),
               contains("open conf/eth1: No such file or directory (ENOENT)"));
    CHECK(names_in(directory) == std::vector<std::string>{"conf"});
}

TEST_CASE("a file is replaced by another, not written over") {
    const TempDir directory;
    const Fd fd = open_directory(directory);
    ::umask(022);
    replace_file(fd.get(), "record", "old", 0640);
    const Fd reader(::openat(fd.get(), "record", O_RDONLY | O_CLOEXEC));
    // What a killed writer left is no obstacle, and nothing of it survives.
    write_text(directory / "record.new", std::string(100, 'x'));
    replace_file(fd.get(), "record", "new", 0640);

    CHECK(read_file(directory / "record", 100) == "new");
    CHECK(read_all(reader.get(), 100, "record") == "old");
    CHECK(names_in(directory) == std::vector<std::string>{"record"});
    struct stat status{};
    replace_file(fd.get(), "secret", "", 0600);
    REQUIRE(::stat((directory / "secret").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0600);
    CHECK(status.st_size == 0);
}

TEST_CASE("a file is not replaced through a symlink") {
    const TempDir directory;
    const Fd fd = open_directory(directory);
    write_text(directory / "victim", "untouched");
    REQUIRE(::symlink("victim", (directory / "record.new").c_str()) == 0);
    CHECK_THAT(message_of([&] { replace_file(fd.get(), "record", "text", 0600); }),
               contains("(ELOOP)"));
    CHECK(read_file(directory / "victim", 100) == "untouched");

    // A symlink at the name itself is replaced like anything else.
    std::filesystem::remove(directory / "record.new");
    REQUIRE(::symlink("victim", (directory / "record").c_str()) == 0);
    replace_file(fd.get(), "record", "text", 0600);
    CHECK(read_file(directory / "record", 100) == "text");
    CHECK(read_file(directory / "victim", 100) == "untouched");
}

TEST_CASE("a reader sees the old file or the new one, never a part") {
    const TempDir directory;
    const Fd fd = open_directory(directory);
    const std::string old(100000, 'o');
    const std::string fresh(50000, 'n');
    replace_file(fd.get(), "record", old, 0600);
    test::Process writer([&] {
        while (true) {
            replace_file(fd.get(), "record", fresh, 0600);
            replace_file(fd.get(), "record", old, 0600);
        }
    });
    unsigned torn = 0;
    for (unsigned i = test::sample(500, 3000, 30000); i > 0; --i) {
        const auto seen = read_file(directory / "record", 1 << 20);
        torn += seen != old && seen != fresh ? 1 : 0;
    }
    CHECK(torn == 0);
    CHECK(writer.running());
}

} // namespace ocinet
