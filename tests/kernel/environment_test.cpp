// SPDX-License-Identifier: GPL-2.0-or-later
// Whatever a runtime starts the hook with: environment, directory, descriptors, signals, limits.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <functional>

#include "netsetup/base/error.h"
#include "netsetup/base/fd.h"
#include "tests/kernel/sample.h"
#include "tests/kernel/scene.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

struct Condition {
    std::string title;
    std::function<void()> prepare = [] {};
    std::vector<std::string> environment = {};
    // Where nobody can read what the hook says.
    bool silent = false;
};

void close_all(std::initializer_list<int> descriptors) {
    for (const int fd : descriptors) {
        ::close(fd);
    }
}

void require(bool holds, const char* what) {
    if (!holds) {
        throw_errno(what);
    }
}

// As a sloppy parent does: files, sockets and a directory, none of them close-on-exec.
void open_odd_descriptors() {
    for (int i = 0; i < 100; ++i) {
        require(::open("/dev/null", O_RDWR) >= 0, "open /dev/null");
    }
    require(::open("/", O_RDONLY | O_DIRECTORY) >= 0, "open /");
    int ends[2];
    require(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
    require(::dup2(ends[0], 1000) == 1000, "dup2");
    require(::socket(AF_NETLINK, SOCK_RAW, 0) >= 0, "socket");
}

void enter_vanished_directory() {
    char path[] = "/tmp/ocinet-test.XXXXXX";
    require(::mkdtemp(path) && ::chdir(path) == 0 && ::rmdir(path) == 0, "vanish");
}

void use_broken_pipe(int descriptor) {
    int ends[2];
    require(::pipe(ends) == 0 && ::dup2(ends[1], descriptor) == descriptor, "pipe");
    close_all({ends[0], ends[1]});
}

void use_full_device(int descriptor) {
    const int full = ::open("/dev/full", O_WRONLY);
    require(full >= 0 && ::dup2(full, descriptor) == descriptor, "/dev/full");
}

void block_all_signals() {
    sigset_t all;
    ::sigfillset(&all);
    require(::sigprocmask(SIG_BLOCK, &all, nullptr) == 0, "sigprocmask");
}

void ignore_all_signals() {
    for (int number = 1; number < 32; ++number) {
        std::signal(number, SIG_IGN);
    }
}

void limit_descriptors() {
    const rlimit few{32, 32};
    require(::setrlimit(RLIMIT_NOFILE, &few) == 0, "setrlimit");
}

std::vector<Condition> conditions() {
    return {
        {"an empty environment"},
        {"an image's environment",
         [] {},
         {"PATH=/no/such:.", "HOME=", "LANG=tr_TR.UTF-8", "LC_ALL=xx", "TMPDIR=/no/such",
          "XDG_RUNTIME_DIR=/no/such", "LD_BIND_NOW=", "OCINET_STATE=/tmp", "=", "noequals"}},
        {"a cwd that is gone", enter_vanished_directory},
        {"a cwd below /proc", [] { require(::chdir("/proc/self/fd") == 0, "chdir"); }},
        {"stdout closed", [] { close_all({1}); }, {}, true},
        {"stderr closed", [] { close_all({2}); }},
        {"stdout and stderr closed", [] { close_all({1, 2}); }, {}, true},
        {"odd descriptors", open_odd_descriptors},
        {"nobody reads stdout", [] { use_broken_pipe(1); }, {}, true},
        {"nobody reads stdout or stderr",
         [] {
             use_broken_pipe(1);
             use_broken_pipe(2);
         },
         {},
         true},
        {"stdout is full", [] { use_full_device(1); }, {}, true},
        {"SIGCHLD ignored", [] { std::signal(SIGCHLD, SIG_IGN); }},
        {"SIGPIPE ignored", [] { std::signal(SIGPIPE, SIG_IGN); }},
        {"all signals ignored", ignore_all_signals},
        {"all signals blocked", block_all_signals},
        {"umask 077", [] { ::umask(077); }},
        {"umask 0", [] { ::umask(0); }},
        {"few descriptors", limit_descriptors},
        {"another group", [] { require(::setgid(12345) == 0, "setgid"); }},
    };
}

} // namespace

TEST_CASE("attach and poststop in any environment") {
    const Condition condition = GENERATE(from_range(sampled(conditions(), 4)));
    CAPTURE(condition.title);
    const Host host;
    const Container box(host, published);
    Call call{.environment = condition.environment, .prepare = condition.prepare};
    const Result attached = call_hook(host, box.state("createRuntime").dump(), call);
    CHECK(attached.status == 0);
    CHECK(attached.err.empty());
    if (!condition.silent) {
        CHECK(json::parse(attached.out)["id"] == box.id());
    }
    CHECK(differences(host, box).empty());
    // Nobody but root and our group may read what is there.
    CHECK(host.sh("find /run/ocinet ! -type l -perm /027 ! -type d; "
                  "find /run/ocinet -type d -perm /027")
              .empty());
    call.stage = "poststop";
    const Result detached = call_hook(host, box.state("poststop").dump(), call);
    CHECK(detached.status == 0);
    CHECK(detached.err.empty());
    CHECK(leftovers(host) == nothing_left);
}

TEST_CASE("a stdin that has no state in it is an error and nothing else") {
    struct Input {
        std::string title;
        std::function<void()> prepare;
        bool silent = false;
    };
    const auto input = GENERATE(from_range(sampled(
        std::vector<Input>{
            {"closed", [] { close_all({0}); }},
            {"closed, stdout too", [] { close_all({0, 1}); }},
            {"closed, stderr too", [] { close_all({0, 2}); }, true},
            {"all closed", [] { close_all({0, 1, 2}); }, true},
            {"a directory",
             [] {
                 close_all({0});
                 require(::open("/", O_RDONLY | O_DIRECTORY) == 0, "open /");
             }},
            {"write-only",
             [] {
                 close_all({0});
                 require(::open("/dev/null", O_WRONLY) == 0, "open /dev/null");
             }},
            {"without an end",
             [] {
                 close_all({0});
                 require(::open("/dev/zero", O_RDONLY) == 0, "open /dev/zero");
                 const rlimit enough{1 << 30, 1 << 30}; // for a hook that would read on and on
                 require(::setrlimit(RLIMIT_AS, &enough) == 0, "setrlimit");
             }},
        },
        3)));
    CAPTURE(input.title);
    const std::string stage = GENERATE("createRuntime", "poststop");
    CAPTURE(stage);
    const Host host;
    const Container box(host, published);
    box.attach();
    const auto before = host.snapshot();
    const Result result =
        call_hook(host, box.state(stage).dump(), {.stage = stage, .prepare = input.prepare});
    CHECK(result.status == 1); // an end by a signal would be more
    CHECK(result.out.empty());
    if (!input.silent) {
        CHECK_THAT(result.err, contains("ocinet: ") && contains("the container's state on stdin"));
    }
    CHECK(difference(before, host.snapshot()) == no_difference);
}

TEST_CASE("a state that comes byte by byte") {
    const Host host;
    const Container box(host, published);
    const std::string state = box.state("createRuntime").dump();
    Process hook = start_hook(host, "", {.prepare = [&state] {
                                  int ends[2];
                                  require(::pipe(ends) == 0, "pipe");
                                  if (::fork() == 0) {
                                      ::close(ends[0]);
                                      for (const char& byte : state) {
                                          require(::write(ends[1], &byte, 1) == 1, "write");
                                      }
                                      ::_exit(0);
                                  }
                                  ::close(ends[1]);
                                  require(::dup2(ends[0], 0) == 0, "dup2");
                              }});
    CHECK(hook.wait().status == 0);
    CHECK(differences(host, box).empty());
}

TEST_CASE("arguments that are not ours") {
    struct Words {
        std::vector<std::string> words;
        std::string said;
    };
    const auto given = GENERATE(from_range(sampled(
        std::vector<Words>{
            {{"poststart"}, "unknown stage \"poststart\""},
            {{""}, "stage"},
            {{"createRuntime", "more"}, "more"},
            {{"createRuntime", "--log-level", "loud"}, "loud"},
            {{"createRuntime", "--log-format", "xml"}, "xml"},
            {{"createRuntime", "--no-such-option"}, "no-such-option"},
        },
        3)));
    const Host host;
    const Container box(host, published);
    const auto before = host.snapshot();
    Call call{.stage = given.words.front(),
              .options = {given.words.begin() + 1, given.words.end()}};
    CAPTURE(given.words);
    const Result result = call_hook(host, box.state("createRuntime").dump(), call);
    CHECK(result.status != 0);
    CHECK(result.status < 128);
    CHECK_THAT(result.err, contains(given.said));
    CHECK(difference(before, host.snapshot()) == no_difference);
}

TEST_CASE("messages as text and as JSON") {
    const Host host;
    const Container box(host, {{"io.ocinet.network", "nowhere"}});
    const std::string state = box.state("createRuntime").dump();
    const Result text = call_hook(host, state, {});
    CHECK_THAT(text.err, contains("ocinet: no network \"nowhere\"") && contains("\nhint: "));
    const Result json_lines = call_hook(host, state, {.options = {"--log-format", "json"}});
    const json line = json::parse(json_lines.err);
    CHECK(line["level"] == "error");
    CHECK_THAT(line["msg"].get<std::string>(), contains("no network \"nowhere\""));
    CHECK_THAT(line["hint"].get<std::string>(), contains("bridge, host, none"));
}

TEST_CASE("--log-level debug prints each operation as its command") {
    const Host host;
    const Container box(host, published);
    const Result result =
        call_hook(host, box.state("createRuntime").dump(), {.options = {"--log-level", "debug"}});
    CHECK(result.status == 0);
    for (const char* command : {"ip link add name oc", "nft add element inet ocinet any4",
                                "ip route add default via 10.90.0.1", "net.ipv4.ip_forward=1"}) {
        CHECK_THAT(result.err, contains(command));
    }
}

} // namespace ocinet::test
