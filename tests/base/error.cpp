// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/base/error.h"

#include <cerrno>

#include "netsetup/base/log.h"
#include "netsetup/base/paths.h"
#include "tests/base/caught.h"
#include "tests/support/catch.h"
#include "tests/support/process.h"

namespace ocinet {

namespace {

Error busy() {
    Error error = system_error(EBUSY, "ip link add name eth0");
    error.in("network \"lan\" (macvlan)").hint("look who has it").hint("an outer hint");
    return error;
}

// What the log writes to stderr, in a process of its own: the level is the program's.
std::string logged(log::Level level, log::Format format, const std::function<void()>& body) {
    test::Process child([&] {
        log::configure(level, format);
        body();
    });
    return child.wait().err;
}

} // namespace

TEST_CASE("an error number is told in words and by name") {
    CHECK(errno_text(EBUSY) == "Device or resource busy (EBUSY)");
    CHECK(errno_text(ENOENT) == "No such file or directory (ENOENT)");
    CHECK(errno_text(99999) == "Unknown error (99999)");
}

TEST_CASE("an error grows context on the way out, the innermost hint stays") {
    CHECK(busy().message() == "network \"lan\" (macvlan): ip link add name eth0: "
                              "Device or resource busy (EBUSY)");
    CHECK(busy().what() == busy().message());
    CHECK(busy().hint() == "look who has it");
    const auto error = test::caught([] {
        errno = EACCES;
        throw_errno("open x");
    });
    CHECK(error.message() == "open x: Permission denied (EACCES)");
    CHECK(error.hint().empty());
}

TEST_CASE("an error is printed in one line, and its hint in another") {
    using log::Format;
    using log::Level;
    const auto print = [] { log::error(busy()); };
    CHECK(logged(Level::warning, Format::text, print) ==
          "ocinet: network \"lan\" (macvlan): ip link add name eth0: "
          "Device or resource busy (EBUSY)\nhint: look who has it\n");
    CHECK(logged(Level::error, Format::json, print) ==
          R"x({"level":"error","msg":"network \"lan\" (macvlan): ip link add name eth0: )x"
          R"x(Device or resource busy (EBUSY)","hint":"look who has it"})x"
          "\n");
    // A file's name may be any bytes; the line must be JSON all the same.
    CHECK(logged(Level::error, Format::json, [] { log::error(Error("a\xff")); }) ==
          "{\"level\":\"error\",\"msg\":\"a\xef\xbf\xbd\"}\n");
}

TEST_CASE("messages below the level are not printed") {
    using log::Level;
    const auto all = [] {
        log::debug("d");
        log::info("i");
        log::warning("w");
        log::error(Error("e"));
    };
    struct Case {
        const char* level;
        const char* lines;
    };
    for (const auto& [level, lines] : {
             Case{"debug", "ocinet: d\nocinet: i\nocinet: warning: w\nocinet: e\n"},
             Case{"info", "ocinet: i\nocinet: warning: w\nocinet: e\n"},
             Case{"warning", "ocinet: warning: w\nocinet: e\n"},
             Case{"error", "ocinet: e\n"},
         }) {
        CAPTURE(level);
        CHECK(logged(log::parse_level(level).value(), log::Format::text, all) == lines);
    }
    CHECK_FALSE(log::parse_level("WARNING"));
    CHECK_FALSE(log::parse_level(""));
    CHECK(log::parse_format("json") == log::Format::json);
    CHECK_FALSE(log::parse_format("xml"));
}

TEST_CASE("a program finds its neighbours by its own place") {
    const std::string prefix = OCINET_PREFIX;
    CHECK(paths::policy_program() == prefix + "/libexec/ocinet/ocinet-policy");
    CHECK(paths::policy_text() == prefix + "/share/ocinet/policy.nft");
}

} // namespace ocinet
