// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <string_view>
#include <vector>

#include "netsetup/base/deadline.h"
#include "netsetup/base/error.h"
#include "netsetup/base/pipe.h"
#include "netsetup/base/program.h"
#include "netsetup/state/results.h"
#include "plugin/plugin.h"

namespace ocinet::plugin {

namespace {

constexpr const char* search_path =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// Of a pipe the other end is a plugin's: it finds it as programs do.
void unblock(const Fd& own_end) {
    if (::fcntl(own_end.get(), F_SETFL, O_NONBLOCK) != 0) {
        throw_errno("fcntl");
    }
}

bool has_given_up_capabilities() {
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    const std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
    return ::syscall(SYS_capset, &header, none.data()) == 0;
}

// In the child, with nothing but system calls: all memory has been taken before.
[[noreturn]] void become(const Order& order, char* const* arguments, char* const* environment,
                         const std::array<int, 3>& descriptors) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL); // of one whom nobody could kill any more
    for (const int signal : ignored_signals) {
        std::signal(signal, SIG_DFL);
    }
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    for (int i = 0; i < int(descriptors.size()); ++i) {
        if (::dup2(descriptors[std::size_t(i)], i) < 0) {
            ::_exit(127);
        }
    }
    // What it gives up it does not get back as root: no_new_privs is set (capabilities(7)).
    if (order.remote && !has_given_up_capabilities()) {
        ::_exit(127);
    }
    ::execve(order.program.c_str(), arguments, environment);
    const int error = errno;
    constexpr std::string_view words = "it cannot be executed";
    const ssize_t written = ::write(STDERR_FILENO, words.data(), words.size());
    ::_exit(written < 0 || error != ENOENT ? 126 : 127); // as a shell does
}

class Running {
public:
    explicit Running(const Order& order) : order_(order) { start(); }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() {
        if (pid_ > 0) {
            end_group();
        }
    }

    Ended finish() {
        const Fd pidfd(int(::syscall(SYS_pidfd_open, pid_, 0)));
        if (!pidfd) {
            throw_errno("pidfd_open");
        }
        while (!step(pidfd.get())) {
        }
        hear(out_, ended_.out);
        hear(err_, ended_.err);
        ended_.status = status();
        if (ended_.status == 0) {
            ::waitpid(pid_, nullptr, 0);
            pid_ = 0;
        } else {
            end_group();
        }
        return std::move(ended_);
    }

private:
    void start() {
        Pipe in = Pipe::open();
        Pipe out = Pipe::open();
        Pipe err = Pipe::open();
        unblock(in.write);
        unblock(out.read);
        unblock(err.read);
        std::vector<std::string> words{order_.program};
        words.insert(words.end(), order_.arguments.begin(), order_.arguments.end());
        std::vector<std::string> variables{search_path};
        for (const auto& [key, value] : order_.environment) {
            variables.push_back(key + "=" + value);
        }
        const auto arguments = argument_list(words);
        const auto environment = argument_list(variables);
        pid_ = ::fork();
        if (pid_ < 0) {
            throw_errno("fork");
        }
        if (pid_ == 0) {
            become(order_, arguments.data(), environment.data(),
                   {in.read.get(), out.write.get(), err.write.get()});
        }
        ::setpgid(pid_, pid_); // here, too: whoever comes second changes nothing
        in_ = std::move(in.write);
        out_ = std::move(out.read);
        err_ = std::move(err.read);
    }

    // True when it has ended.
    bool step(int pidfd) {
        std::array<pollfd, 5> fds{
            {{.fd = order_.remote ? -1 : STDIN_FILENO, .events = 0, .revents = 0},
             {.fd = pidfd, .events = POLLIN, .revents = 0},
             {.fd = out_.get(), .events = POLLIN, .revents = 0},
             {.fd = err_.get(), .events = POLLIN, .revents = 0},
             {.fd = in_.get(), .events = POLLOUT, .revents = 0}}};
        const auto left =
            order_.deadline.patience(Deadline::Milliseconds(0), Deadline::Milliseconds(INT_MAX));
        const int ready = ::poll(fds.data(), fds.size(), int(left.count()));
        if (ready < 0 && errno != EINTR) {
            throw_errno("poll");
        }
        if (ready == 0) {
            throw Error(order_.program + " has not ended in time and was killed");
        }
        if (ready > 0 && (fds[0].revents & (POLLHUP | POLLERR)) != 0) {
            throw Error("whoever asked for it is gone");
        }
        if (fds[2].revents != 0) {
            hear(out_, ended_.out);
        }
        if (fds[3].revents != 0) {
            hear(err_, ended_.err);
        }
        if (fds[4].revents != 0) {
            tell();
        }
        return fds[1].revents != 0;
    }

    // What has come by now.
    void hear(Fd& from, std::string& said) const {
        std::array<char, 4096> part{};
        ssize_t got = 0;
        while (from && (got = ::read(from.get(), part.data(), part.size())) > 0) {
            said.append(part.data(), std::size_t(got));
            if (said.size() > state::largest_result) {
                throw Error(order_.program + " says more than " +
                            std::to_string(state::largest_result) + " bytes");
            }
        }
        if (got == 0) {
            from.reset();
        }
    }

    // One that does not want to hear it all is not to be told.
    void tell() {
        const std::size_t size = order_.input.size() - told_;
        const ssize_t written = ::write(in_.get(), order_.input.data() + told_, size);
        told_ += written > 0 ? std::size_t(written) : 0;
        const bool may_go_on = written >= 0 || errno == EAGAIN || errno == EINTR;
        if (told_ == order_.input.size() || !may_go_on) {
            in_.reset();
        }
    }

    // It is still to be waited for after that, so that its number is nobody else's.
    int status() const {
        siginfo_t info{};
        if (::waitid(P_PID, id_t(pid_), &info, WEXITED | WNOWAIT) != 0) {
            throw_errno("waitid");
        }
        return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
    }

    // What it started becomes our child when its own parent ends.
    void end_group() {
        ::kill(-pid_, SIGKILL);
        while (::waitpid(-pid_, nullptr, 0) > 0 || errno == EINTR) {
        }
        pid_ = 0;
    }

    const Order& order_;
    pid_t pid_ = 0;
    Fd in_;
    Fd out_;
    Fd err_;
    std::size_t told_ = 0;
    Ended ended_;
};

} // namespace

Ended run(const Order& order) {
    return Running(order).finish();
}

} // namespace ocinet::plugin
