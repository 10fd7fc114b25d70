// SPDX-License-Identifier: GPL-2.0-or-later
// What is left once we are confined: system calls and paths. What capabilities are is read from the
// shipped programs in privileges_test.cpp.
#include "netsetup/confine.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>

#include "netsetup/base/error.h"
#include "tests/kernel/trace.h"
#include "tests/support/catch.h"
#include "tests/support/replace_call.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

constexpr int killed_by_filter = 128 + SIGSYS;

// How a confined process ends that does this.
int status_after(const Host& host, Confined who, const std::function<void()>& act) {
    Process process = host.start([&] {
        confine(who);
        act();
        ::_exit(0);
    });
    return process.wait().status;
}

[[noreturn]] void open_and_tell(const std::string& path, int flags) {
    const int file = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
    ::_exit(file >= 0 ? 0 : errno);
}

// The errno of opening it when confined, 0 when it is open.
int error_of_opening(const Host& host, Confined who, const std::string& path, int flags) {
    return status_after(host, who, [&] { open_and_tell(path, flags); });
}

int error_of_opening_by_program(const Host& host, const std::string& path, int flags) {
    Process process = host.start([&] {
        confine_program({CAP_NET_RAW}, "/run/ocinet");
        open_and_tell(path, flags);
    });
    return process.wait().status;
}

// The hook's first system call after it was confined is this one instead.
int status_with_call(const Host& host, const Container& box, long number) {
    pid_t hook = 0; // ocinet-policy is confined before it
    bool confined = false;
    bool done = false;
    const auto look = [&](const Stop& stop) {
        hook = hook == 0 ? stop.pid : hook;
        if (stop.pid != hook) {
            return;
        }
        confined = confined || (stop.number == SYS_seccomp && !stop.before);
        if (confined && stop.before && !done) {
            done = true;
            replace_call(stop.pid, number);
        }
    };
    return trace_hook(host, box.state("createRuntime").dump(), {}, look).status;
}

} // namespace

TEST_CASE("a confined hook that makes another system call is killed, and leaves nothing to keep") {
    const Host host;
    for (const long number : {SYS_execve, SYS_ptrace, SYS_mount, SYS_setns, SYS_unshare, SYS_bpf,
                              SYS_kill, SYS_open_by_handle_at, SYS_init_module, SYS_socket,
                              SYS_clone, SYS_clone3, SYS_prctl, SYS_io_uring_setup}) {
        INFO("system call " << number);
        const Container box(host, published);
        CHECK(status_with_call(host, box, number) == killed_by_filter);
        CHECK(host.run(cli_program() + " gc").status == 0);
        CHECK(leftovers(host) == nothing_left);
    }
}

TEST_CASE("what a listed system call may be asked is limited") {
    const Host host;
    host.sh("mkdir -p /run/ocinet");
    CHECK(status_after(host, Confined::policy, [] { ::socket(AF_NETLINK, SOCK_RAW, 0); }) == 0);
    CHECK(status_after(host, Confined::policy, [] { ::socket(AF_INET, SOCK_STREAM, 0); }) ==
          killed_by_filter);
    CHECK(status_after(host, Confined::policy, [] { ::socket(AF_UNIX, SOCK_STREAM, 0); }) ==
          killed_by_filter);
    for (const auto who : {Confined::attach, Confined::detach, Confined::policy}) {
        CHECK(status_after(host, who, [] { ::fcntl(STDIN_FILENO, F_GETFL); }) == 0);
        CHECK(status_after(host, who, [] { ::fcntl(STDIN_FILENO, F_SETOWN, 1); }) ==
              killed_by_filter);
        CHECK(status_after(host, who, [] { ::fcntl(STDIN_FILENO, F_SETSIG, SIGKILL); }) ==
              killed_by_filter);
        const auto map = [](int protection) {
            return [protection] {
                ::mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            };
        };
        CHECK(status_after(host, who, map(PROT_READ | PROT_WRITE)) == 0);
        CHECK(status_after(host, who, map(PROT_READ | PROT_EXEC)) == killed_by_filter);
        CHECK(status_after(host, who, [] { ::fork(); }) ==
              (who == Confined::detach ? 0 : killed_by_filter));
    }
    CHECK(status_after(host, Confined::detach, [] {
              ::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
          }) == killed_by_filter);
}

TEST_CASE("paths that no operation needs are out of reach, also for root's files") {
    const Host host;
    host.sh("mkdir -p /run/ocinet && echo 1 >/run/ocinet/lease");
    const long landlock_version =
        ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (landlock_version <= 0) {
        SKIP("this kernel has no Landlock");
    }
    const auto hook = Confined::attach;
    CHECK(error_of_opening(host, hook, "/run/ocinet/lease", O_RDWR | O_TRUNC) == 0);
    CHECK(error_of_opening(host, hook, "/run/ocinet/new", O_WRONLY | O_CREAT) == 0);
    CHECK(error_of_opening(host, hook, "/proc/sys/net/ipv4/ip_forward", O_WRONLY) == 0);
    CHECK(error_of_opening(host, hook, "/proc/self/stat", O_RDONLY) == 0);
    CHECK(error_of_opening(host, hook, "/proc/sys/kernel/core_pattern", O_WRONLY) == EACCES);
    CHECK(error_of_opening(host, hook, "/etc/passwd", O_RDONLY) == EACCES);
    CHECK(error_of_opening(host, hook, "/etc", O_RDONLY | O_DIRECTORY) == EACCES);
    CHECK(error_of_opening(host, hook, "/tmp/ocinet-test-confined", O_WRONLY | O_CREAT) == EACCES);
    CHECK(error_of_opening(host, Confined::policy, "/run/ocinet/lease", O_RDONLY) == 0);
    CHECK(error_of_opening(host, Confined::policy, "/run/ocinet/lease", O_WRONLY) == EACCES);
    CHECK(error_of_opening(host, Confined::policy, "/run/ocinet/lease", O_RDONLY | O_TRUNC) ==
          (landlock_version >= 3 ? EACCES : 0));
    CHECK(error_of_opening(host, Confined::policy, "/run/ocinet/other", O_WRONLY | O_CREAT) ==
          EACCES);
    CHECK(error_of_opening_by_program(host, "/run/ocinet/new", O_WRONLY | O_CREAT) == 0);
    CHECK(error_of_opening_by_program(host, "/etc/passwd", O_RDONLY) == 0);
    CHECK(error_of_opening_by_program(host, "/proc/sys/net/ipv4/ip_forward", O_WRONLY) == EACCES);
    CHECK(error_of_opening_by_program(host, "/run/other", O_WRONLY | O_CREAT) == EACCES);
}

// As the profile of a container in which we run: it answers EPERM to what it does not know.
void forbid_landlock() {
    std::array<sock_filter, 4> code{{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_landlock_create_ruleset, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    }};
    const sock_fprog program{.len = code.size(), .filter = code.data()};
    if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        throw_errno("PR_SET_SECCOMP");
    }
}

TEST_CASE("a seccomp filter that keeps Landlock from us keeps nothing else") {
    const Host host;
    const Container box(host, on_bridge);
    for (const char* stage : {"createRuntime", "poststop"}) {
        const Result result = call_hook(
            host, box.state(stage).dump(),
            {.stage = stage, .options = {"--log-level", "debug"}, .prepare = forbid_landlock});
        CHECK(result.status == 0);
        CHECK_THAT(result.err, contains("no Landlock here"));
    }
    CHECK(leftovers(host) == nothing_left);
}

TEST_CASE("--show-privileges prints the list that the filters are made of") {
    const Host host;
    const Result shown = host.run(hook_program() + " --show-privileges");
    CHECK(shown.status == 0);
    CHECK_THAT(shown.out, contains("CAP_NET_ADMIN"));
    for (const auto who : {Confined::attach, Confined::detach, Confined::policy}) {
        const auto calls = system_calls_of(who);
        CHECK(std::is_sorted(calls.begin(), calls.end()));
        for (const auto& call : calls) {
            CHECK_THAT(shown.out, contains(call));
        }
    }
}

} // namespace ocinet::test
