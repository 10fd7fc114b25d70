// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/kernel/trace.h"

#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <map>
#include <set>

#include "netsetup/base/error.h"

namespace ocinet::test {

namespace {

constexpr int at_system_call = SIGTRAP | 0x80; // PTRACE_O_TRACESYSGOOD

long request(int what, pid_t pid, std::uintptr_t address, std::uintptr_t data) {
    return ::ptrace(static_cast<__ptrace_request>(what), pid, address, data);
}

// All processes of the traced session: they share the first one's process group.
class Tracer {
public:
    Tracer(pid_t first, const std::function<void(const Stop&)>& look)
        : first_(first), look_(look) {}

    void run() {
        await_start();
        while (true) {
            siginfo_t news{};
            // Looked at only: the first one's end is left for Process to reap.
            if (::waitid(P_PGID, id_t(first_), &news, WEXITED | WSTOPPED | WNOWAIT | __WALL) != 0) {
                if (errno == EINTR) {
                    continue;
                }
                return;
            }
            if (news.si_code != CLD_TRAPPED && news.si_code != CLD_STOPPED) {
                if (news.si_pid == first_) {
                    finish_others();
                    return;
                }
                ::waitpid(news.si_pid, nullptr, __WALL);
                known_.erase(news.si_pid);
                continue;
            }
            serve(news.si_pid);
        }
    }

private:
    void await_start() {
        int status = 0;
        if (::waitpid(first_, &status, __WALL) != first_ || !WIFSTOPPED(status)) {
            throw Error("the traced program did not stop before its start");
        }
        known_.insert(first_);
        request(PTRACE_SETOPTIONS, first_, 0,
                PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                    PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL);
        request(PTRACE_SYSCALL, first_, 0, 0);
    }

    // One stop of one process, consumed; false when that was its end.
    bool serve(pid_t pid) {
        int status = 0;
        if (::waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status)) {
            known_.erase(pid);
            return false;
        }
        const bool is_new = known_.insert(pid).second;
        const int signal = WSTOPSIG(status);
        int deliver = 0;
        if (signal == at_system_call) {
            report(pid);
        } else if (status >> 16 == 0 && (!is_new || signal != SIGSTOP)) {
            deliver = signal; // neither an event of the trace's nor a child's first stop
        }
        request(PTRACE_SYSCALL, pid, 0, std::uintptr_t(deliver));
        return true;
    }

    void finish_others() {
        const std::set<pid_t> others = known_;
        for (const pid_t pid : others) {
            while (pid != first_ && serve(pid)) {
            }
        }
    }

    void report(pid_t pid) {
        struct __ptrace_syscall_info info{};
        if (request(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, std::uintptr_t(&info)) <= 0) {
            if (errno == ESRCH) {
                return; // killed meanwhile, as the loader is with its hook: its end comes next
            }
            throw_errno("PTRACE_GET_SYSCALL_INFO");
        }
        if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
            Stop stop{.pid = pid, .before = true, .number = info.entry.nr};
            for (std::size_t i = 0; i < stop.arguments.size(); ++i) {
                stop.arguments[i] = info.entry.args[i];
            }
            calls_[pid] = stop;
        }
        const auto call = calls_.find(pid);
        if (call != calls_.end()) { // a new process comes out of a call that it did not begin
            look_(call->second);
            call->second.before = false;
        }
    }

    pid_t first_;
    const std::function<void(const Stop&)>& look_;
    std::set<pid_t> known_;
    std::map<pid_t, Stop> calls_;
};

} // namespace

std::string path_of(const Stop& stop) {
    if (stop.number != SYS_openat && stop.number != SYS_execve) {
        return "";
    }
    // What is mapped may end behind the path: the kernel reads as far as that.
    std::string text(4096, '\0');
    const auto address = stop.arguments[stop.number == SYS_openat ? 1 : 0];
    const iovec here{text.data(), text.size()};
    const std::size_t first_page = text.size() - address % text.size();
    const std::array<iovec, 2> there{
        iovec{reinterpret_cast<void*>(address), first_page},
        iovec{reinterpret_cast<void*>(address + first_page), text.size() - first_page}};
    const ssize_t got = ::process_vm_readv(stop.pid, &here, 1, there.data(), there.size(), 0);
    text.resize(got < 0 ? 0 : std::size_t(got));
    return text.substr(0, text.find('\0'));
}

Result trace_hook(const Host& host, const std::string& state, const Call& call,
                  const std::function<void(const Stop&)>& look) {
    Call traced = call;
    const auto more = options_for_slowness();
    traced.options.insert(traced.options.begin(), more.begin(), more.end());
    traced.prepare = [&] {
        call.prepare();
        request(PTRACE_TRACEME, 0, 0, 0);
        ::raise(SIGSTOP);
    };
    Process process = start_hook(host, state, traced);
    Tracer(process.pid(), look).run();
    return process.wait();
}

} // namespace ocinet::test
