// SPDX-License-Identifier: GPL-2.0-or-later
// A hook that is killed leaves the policy's loader behind, perhaps with its order already given.
// Its locks are gone: what the loader did now would hit whoever came next.
#include "tests/support/catch.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "netsetup/base/error.h"
#include "netsetup/base/fd.h"
#include "netsetup/base/paths.h"
#include "tests/support/host.h"

namespace ocinet::test {

namespace {

// Stands for the hook: starts the loader, says its process id, waits. Its stdin is the loader's.
[[noreturn]] void stand_for_hook(int order) {
    const std::string program = paths::policy_program();
    const std::string text = paths::policy_text();
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::dup2(order, STDIN_FILENO);
        ::execl(program.c_str(), "ocinet-policy", text.c_str(), nullptr);
        ::_exit(127);
    }
    const std::string line = std::to_string(pid) + "\n";
    if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) {
        ::_exit(1);
    }
    while (true) {
        ::pause();
    }
}

// The process sleeps in read(0, …): `0 0x0 …` on x86_64, `63 0x0 …` on aarch64.
bool waits_for_order(const std::string& pid) {
    const std::string call = std::to_string(SYS_read) + " 0x0 ";
    return read_text("/proc/" + pid + "/syscall").starts_with(call);
}

} // namespace

TEST_CASE("a loader whose hook was killed loads nothing") {
    const Host host;
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    const Fd read_end(ends[0]);
    const Fd order(ends[1]);
    Process hook = host.start([&] { stand_for_hook(read_end.get()); });
    hook.wait_for_output("\n");
    const std::string pid = hook.out().substr(0, hook.out().find('\n'));
    REQUIRE(eventually([&] { return waits_for_order(pid); }));
    const Fd loader(int(::syscall(SYS_pidfd_open, std::stoi(pid), 0)));
    REQUIRE(bool(loader));
    // The hook's process group is not its children's: only the hook is hit.
    hook.signal(SIGKILL);
    hook.wait();
    // It may be gone already, and the pipe with it: that is as good.
    CHECK(::write(order.get(), "go\n", 3) != 0);

    eventually([&] { return ::syscall(SYS_pidfd_send_signal, loader.get(), 0, nullptr, 0) != 0; });
    const std::string tables = host.sh("nft list tables");
    CHECK(tables.empty());
}

} // namespace ocinet::test
