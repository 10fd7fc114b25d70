// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <exception>
#include <thread>

#include "netsetup/base/error.h"
#include "netsetup/base/file.h"
#include "tests/support/memory_file.h"

namespace ocinet::test {

namespace {

constexpr std::size_t output_limit = 64u << 20;

Fd open_input(const std::string& text) {
    return text.empty() ? Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC)) : memory_file(text);
}

// Through /proc, for an offset of our own: the child appends at the one it shares with its
// children.
std::string read_output(const Fd& file) {
    const std::string path = "/proc/self/fd/" + std::to_string(file.get());
    const Fd copy(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!copy) {
        throw_errno("open " + path);
    }
    return read_all(copy.get(), output_limit, path);
}

void become_child(const Fd& input, const Fd& out, const Fd& err, pid_t parent) {
    ::setsid();
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) {
        ::_exit(125); // the parent died before we asked to die with it
    }
    for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGSEGV, SIGFPE, SIGILL, SIGABRT, SIGBUS}) {
        std::signal(number, SIG_DFL); // Catch2 has handlers that would report a failed test
    }
    ::dup2(input.get(), STDIN_FILENO);
    ::dup2(out.get(), STDOUT_FILENO);
    ::dup2(err.get(), STDERR_FILENO);
    ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
}

std::string failure_of(const std::function<void()>& body) {
    try {
        body();
        return "";
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "unknown exception (Catch2's assertions do not work in a child: throw)";
    }
}

// Ends without destructors and atexit handlers: they belong to the parent.
[[noreturn]] void run_child(const std::function<void()>& body) {
    const std::string failure = failure_of(body);
    write_all(STDERR_FILENO, failure, "stderr");
    ::_exit(failure.empty() ? 0 : 125);
}

pid_t start_child(const std::function<void()>& body, const std::string& stdin_text, const Fd& out,
                  const Fd& err) {
    const Fd input = open_input(stdin_text);
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) {
        throw_errno("fork");
    }
    if (pid == 0) {
        become_child(input, out, err, parent);
        run_child(body);
    }
    return pid;
}

int wait_for(pid_t pid) {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

Fd pidfd_of_child(pid_t pid) {
    Fd pidfd(int(::syscall(SYS_pidfd_open, pid, 0)));
    if (!pidfd) {
        const Error error = system_error(errno, "pidfd_open");
        ::kill(pid, SIGKILL);
        wait_for(pid);
        throw error;
    }
    return pidfd;
}

} // namespace

Process::Process(const std::function<void()>& body, const std::string& stdin_text)
    : out_(memory_file()), err_(memory_file()), pid_(start_child(body, stdin_text, out_, err_)),
      pidfd_(pidfd_of_child(pid_)) {}

Process::Process(Process&& other) noexcept
    : out_(std::move(other.out_)), err_(std::move(other.err_)), pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::move(other.pidfd_)) {}

Process::~Process() {
    if (pid_ > 0) {
        ::kill(-pid_, SIGKILL);
        ::kill(pid_, SIGKILL); // it may not have come to setsid() yet
        reap();
    }
}

int Process::reap() {
    return wait_for(std::exchange(pid_, -1));
}

bool Process::ended_within(Milliseconds limit) const {
    pollfd wanted{pidfd_.get(), POLLIN, 0};
    return ::poll(&wanted, 1, int(limit.count())) > 0;
}

bool Process::running() const {
    return pid_ > 0 && !ended_within(0ms);
}

void Process::signal(int number) const {
    if (pid_ > 0) {
        ::kill(pid_, number);
    }
}

void Process::make_zombie() const {
    signal(SIGKILL);
    siginfo_t ignored{};
    while (::waitid(P_PID, id_t(pid_), &ignored, WEXITED | WNOWAIT) != 0) {
    }
}

Result Process::wait(Milliseconds limit) {
    if (pid_ < 0) {
        throw Error("this process was waited for before");
    }
    if (!ended_within(limit)) {
        ::kill(-pid_, SIGKILL);
        reap();
        throw Error("no end after " + std::to_string(limit.count()) + " ms; output:\n" + out() +
                    err());
    }
    const int status = reap();
    return {status, out(), err()};
}

void Process::wait_for_output(const std::string& text, Milliseconds limit) const {
    const auto written = [&] { return out().find(text) != std::string::npos; };
    const bool done = eventually([&] { return written() || !running(); }, limit);
    if (!written()) {
        throw Error(std::string(done ? "the process ended" : "time passed") + " without \"" + text +
                    "\" on stdout; output:\n" + out() + err());
    }
}

std::string Process::out() const {
    return read_output(out_);
}

std::string Process::err() const {
    return read_output(err_);
}

void exec_shell(const std::string& command) {
    const char* arguments[] = {"sh", "-c", command.c_str(), nullptr};
    const char* environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", nullptr};
    ::execve("/bin/sh", const_cast<char**>(arguments), const_cast<char**>(environment));
    throw_errno("exec /bin/sh");
}

bool eventually(const std::function<bool()>& condition, Milliseconds limit) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) {
            return false;
        }
        std::this_thread::sleep_for(5ms);
    }
    return true;
}

} // namespace ocinet::test
