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
#include <optional>

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

// The system calls of one process.
class Calls {
public:
    Calls(const Interference& interference, bool from_start)
        : interference_(interference), begun_(from_start) {}

    void stopped(pid_t pid) {
        __ptrace_syscall_info info{};
        if (::ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) < 0) {
            return; // killed meanwhile
        }
        if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
            // The kernel's own second try: a write to ip_forward spins while others change links.
            if (!restarts_) {
                enter(pid, long(info.entry.nr), info.entry.args[0]);
            }
            return;
        }
        if (error_ != 0) {
            set_error(pid, error_);
            error_ = 0;
        }
        restarts_ = is_restart(long(info.exit.rval));
    }

    std::vector<long> made;

private:
    // ERESTARTSYS, -NOINTR, -NOHAND, _RESTARTBLOCK (include/linux/errno.h): seen by tracers alone.
    static bool is_restart(long result) { return result <= -512 && result >= -516; }

    void enter(pid_t pid, long number, std::uint64_t first_argument) {
        const bool reads_state = made.empty() && number == SYS_read && first_argument == 0;
        begun_ = begun_ || reads_state;
        if (!begun_ || reads_state || number == SYS_brk) {
            return;
        }
        made.push_back(number);
        if (made.size() != interference_.at + 1) {
            return;
        }
        if (interference_.kind == Interference::Kind::kill) {
            ::kill(pid, SIGKILL);
        } else if (interference_.kind == Interference::Kind::fail && number == interference_.call) {
            error_ = interference_.error;
            replace_call(pid, SYS_getpid); // which a filter of system calls lets pass
        }
    }

    Interference interference_;
    bool begun_;
    int error_ = 0;
    bool restarts_ = false;
};

struct Stopped {
    pid_t pid = 0;
    int status = 0;

    int signal() const { return WSTOPSIG(status); }
    int event() const { return status >> 16; }
};

// Until the end of the hook and of all that it left behind.
class Tracer {
public:
    Tracer(pid_t hook, const Interference& interference, Traced traced)
        : calls_(interference, traced == Traced::loader), hook_(hook), traced_(traced) {}

    // The hook's status as waitpid() gives it.
    int run() {
        begin();
        while (const auto stopped = wait()) {
            if (!WIFSTOPPED(stopped->status)) {
                hook_status_ = stopped->pid == hook_ ? stopped->status : hook_status_;
                continue;
            }
            if (stopped->signal() == call_stop) {
                calls_.stopped(stopped->pid);
            } else if (stopped->event() == PTRACE_EVENT_EXEC) {
                counted_ = stopped->pid;
            }
            resume(stopped->pid, signal_of(*stopped));
        }
        return hook_status_;
    }

    const std::vector<long>& calls() const { return calls_.made; }

private:
    static std::optional<Stopped> wait() {
        Stopped stopped;
        while ((stopped.pid = ::waitpid(-1, &stopped.status, __WALL)) < 0) {
            if (errno == ECHILD) {
                return std::nullopt;
            }
            if (errno != EINTR) {
                throw_errno("waitpid");
            }
        }
        return stopped;
    }

    void begin() {
        int status = 0;
        require(::waitpid(hook_, &status, 0), "waitpid"); // its exec
        if (!WIFSTOPPED(status)) {
            hook_status_ = status;
            return;
        }
        long options = PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD;
        if (traced_ == Traced::loader) {
            options |=
                PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;
        } else {
            counted_ = hook_;
        }
        require(::ptrace(PTRACE_SETOPTIONS, hook_, nullptr, options), "PTRACE_SETOPTIONS");
        resume(hook_, 0);
    }

    // What is to be delivered: not the stops of ptrace itself, one of which begins a new process.
    static long signal_of(const Stopped& stopped) {
        const int signal = stopped.signal();
        return signal == call_stop || signal == SIGTRAP || signal == SIGSTOP ? 0 : signal;
    }

    void resume(pid_t pid, long signal) const {
        const auto request = pid == counted_ ? PTRACE_SYSCALL : PTRACE_CONT;
        if (::ptrace(request, pid, nullptr, signal) != 0 && errno != ESRCH) {
            throw_errno("resume");
        }
    }

    Calls calls_;
    pid_t hook_;
    Traced traced_;
    /// The process whose calls count, once it is there.
    pid_t counted_ = 0;
    int hook_status_ = 0;
};

// In a process inside the host, whose output it gives to the hook.
json trace(const std::string& directory, const std::string& stage, const Interference& interference,
           Traced traced) {
    // What the hook leaves behind becomes ours, to be waited for.
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    ::alarm(most_seconds);
    const pid_t pid = ::fork();
    require(pid, "fork");
    if (pid == 0) {
        ::alarm(0);
        become_hook(directory, stage);
    }
    Tracer tracer(pid, interference, traced);
    const int status = tracer.run();
    return {{"status", WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status)},
            {"calls", tracer.calls()}};
}

} // namespace

Trace trace_hook(const Host& host, const Container& box, const std::string& stage,
                 const Interference& interference, Traced traced) {
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
        const std::string text = trace(directory, stage, interference, traced).dump();
        if (::write(to, text.data(), text.size()) != ssize_t(text.size())) {
            throw_errno("write " + report);
        }
    });
    Trace told;
    told.result = tracer.wait();
    if (told.result.status != 0) {
        throw Error("the tracer ended with status " + std::to_string(told.result.status) + ": " +
                    told.result.err);
    }
    const json answer = json::parse(read_text(report));
    told.result.status = answer["status"];
    told.calls = answer["calls"].get<std::vector<long>>();
    return told;
}

std::string missing_for_tracer() {
#if defined(__x86_64__) || defined(__aarch64__)
    return "";
#else
    return "system calls are traced on x86_64 and aarch64 only";
#endif
}

} // namespace ocinet::test
