// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/crown/tracer.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "netsetup/base/error.h"
#include "tests/support/replace_call.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

// Ends a hook that hangs, and with it the test: far more than the slowest machine needs.
constexpr unsigned most_seconds = 100;
constexpr int call_stop = SIGTRAP | 0x80; // PTRACE_O_TRACESYSGOOD

void require(long result, const char* what) {
    if (result < 0) {
        throw_errno(what);
    }
}

// The hook's end of the fork: stdin, stdout and stderr are the caller's.
[[noreturn]] void become_hook(const std::string& directory, const std::string& stage) {
    ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    const std::string program = hook_program();
    const char* arguments[] = {"ocinet-hook", stage.c_str(), nullptr};
    const char* environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", nullptr};
    if (::chdir(directory.c_str()) == 0) {
        ::execve(program.c_str(), const_cast<char**>(arguments), const_cast<char**>(environment));
    }
    ::_exit(126);
}

// The stopped process is at the exit of a system call; makes it return -error.
void set_error(pid_t pid, int error) {
#if defined(__x86_64__)
    user_regs_struct registers{};
    require(::ptrace(PTRACE_GETREGS, pid, nullptr, &registers), "PTRACE_GETREGS");
    registers.rax = static_cast<unsigned long long>(-error);
    require(::ptrace(PTRACE_SETREGS, pid, nullptr, &registers), "PTRACE_SETREGS");
#elif defined(__aarch64__)
    user_regs_struct registers{};
    iovec vector{&registers, sizeof registers};
    require(::ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &vector), "PTRACE_GETREGSET");
    registers.regs[0] = static_cast<unsigned long long>(-error);
    require(::ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &vector), "PTRACE_SETREGSET");
#else
    (void)pid;
    (void)error;
#endif
}

// Counts the system calls of the hook alone: its children are none of ours.
class Tracer {
public:
    Tracer(pid_t pid, const Interference& interference) : pid_(pid), interference_(interference) {}

    // To the hook's end; its status as waitpid() gives it.
    int run() {
        int status = wait(); // the exec
        if (!WIFSTOPPED(status)) {
            return status;
        }
        require(
            ::ptrace(PTRACE_SETOPTIONS, pid_, nullptr, PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD),
            "PTRACE_SETOPTIONS");
        long signal = 0;
        while (true) {
            if (::ptrace(PTRACE_SYSCALL, pid_, nullptr, signal) != 0 && errno != ESRCH) {
                throw_errno("PTRACE_SYSCALL");
            }
            status = wait();
            if (!WIFSTOPPED(status)) {
                return status;
            }
            signal = WSTOPSIG(status) == call_stop ? 0 : WSTOPSIG(status);
            if (signal == 0) {
                stopped_at_call();
            }
        }
    }

    std::vector<long> calls;

private:
    int wait() const {
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0) {
            if (errno != EINTR) {
                throw_errno("waitpid");
            }
        }
        return status;
    }

    void stopped_at_call() {
        __ptrace_syscall_info info{};
        if (::ptrace(PTRACE_GET_SYSCALL_INFO, pid_, sizeof info, &info) < 0) {
            return; // killed meanwhile
        }
        if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
            // The kernel's own second try: a write to ip_forward spins while others change links.
            if (!restarts_) {
                enter(long(info.entry.nr), info.entry.args[0]);
            }
            return;
        }
        if (error_ != 0) {
            set_error(pid_, error_);
            error_ = 0;
        }
        restarts_ = is_restart(long(info.exit.rval));
    }

    // ERESTARTSYS, -NOINTR, -NOHAND, _RESTARTBLOCK (include/linux/errno.h): seen by tracers alone.
    static bool is_restart(long result) { return result <= -512 && result >= -516; }

    void enter(long number, std::uint64_t first_argument) {
        const bool reads_state = calls.empty() && number == SYS_read && first_argument == 0;
        has_read_state_ = has_read_state_ || reads_state;
        if (!has_read_state_ || reads_state || number == SYS_brk) {
            return;
        }
        calls.push_back(number);
        if (calls.size() != interference_.at + 1) {
            return;
        }
        if (interference_.kind == Interference::Kind::kill) {
            ::kill(pid_, SIGKILL);
        } else if (interference_.kind == Interference::Kind::fail) {
            error_ = interference_.error_of(number);
            if (error_ != 0) {
                replace_call(pid_, SYS_getpid); // which a filter of system calls lets pass
            }
        }
    }

    pid_t pid_;
    Interference interference_;
    bool has_read_state_ = false;
    int error_ = 0;
    bool restarts_ = false;
};

// In a process inside the host, whose output it gives to the hook.
json trace(const std::string& directory, const std::string& stage,
           const Interference& interference) {
    // What the hook leaves behind becomes ours, to be waited for.
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    ::alarm(most_seconds);
    const pid_t pid = ::fork();
    require(pid, "fork");
    if (pid == 0) {
        ::alarm(0);
        become_hook(directory, stage);
    }
    Tracer tracer(pid, interference);
    const int status = tracer.run();
    while (::waitpid(-1, nullptr, 0) > 0 || errno == EINTR) {
    }
    return {{"status", WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status)},
            {"calls", tracer.calls}};
}

} // namespace

Traced trace_hook(const Host& host, const Container& box, const std::string& stage,
                  const Interference& interference) {
    const TempDir files;
    const std::string report = files / "report";
    write_text(report, "");
    const json state_text = box.state(stage);
    const std::string directory = state_text["bundle"];
    write_text(files / "state", state_text.dump());
    Process tracer = host.start([&] {
        const int to = ::open(report.c_str(), O_WRONLY | O_CLOEXEC);
        const int state = ::open((files / "state").c_str(), O_RDONLY | O_CLOEXEC);
        if (to < 0 || state < 0 || ::dup2(state, STDIN_FILENO) < 0) {
            throw_errno("open " + report);
        }
        const std::string text = trace(directory, stage, interference).dump();
        if (::write(to, text.data(), text.size()) != ssize_t(text.size())) {
            throw_errno("write " + report);
        }
    });
    Traced traced;
    traced.result = tracer.wait();
    if (traced.result.status != 0) {
        throw Error("the tracer ended with status " + std::to_string(traced.result.status) + ": " +
                    traced.result.err);
    }
    const json told = json::parse(read_text(report));
    traced.result.status = told["status"];
    traced.calls = told["calls"].get<std::vector<long>>();
    return traced;
}

std::string missing_for_tracer() {
#if defined(__x86_64__) || defined(__aarch64__)
    return "";
#else
    return "system calls are traced on x86_64 and aarch64 only";
#endif
}

} // namespace ocinet::test
