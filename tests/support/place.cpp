// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/place.h"

#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <exception>
#include <thread>

#include "netsetup/base/error.h"
#include "netsetup/base/fd.h"
#include "netsetup/base/file.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

void refuse_namespace(ino_t outside) {
    if (netns_of("thread-self") == outside) {
        throw Error("still in the network namespace of the test: refused");
    }
}

// Not PR_SET_PDEATHSIG: that fires when the starting thread ends, and threads make containers too.
[[noreturn]] void wait_for_end_of(const Fd& test) {
    ::prctl(PR_SET_PDEATHSIG, 0);
    pollfd ended{test.get(), POLLIN, 0};
    while (::poll(&ended, 1, -1) < 0) {
    }
    ::_exit(0);
}

Process start_holder(const std::function<void()>& set_up, int ready) {
    const ino_t outside = netns_of("self");
    return Process([&, outside] {
        const Fd test(int(::syscall(SYS_pidfd_open, ::getppid(), 0)));
        if (!test) {
            throw_errno("pidfd_open");
        }
        set_up();
        refuse_namespace(outside);
        ::eventfd_write(ready, 1);
        wait_for_end_of(test);
    });
}

} // namespace

Process hold(const std::function<void()>& set_up) {
    const Fd ready(::eventfd(0, EFD_CLOEXEC));
    if (!ready) {
        throw_errno("eventfd");
    }
    Process holder = start_holder(set_up, ready.get());
    std::array<pollfd, 2> news{pollfd{ready.get(), POLLIN, 0}, pollfd{holder.pidfd(), POLLIN, 0}};
    while (::poll(news.data(), news.size(), -1) < 0) {
    }
    if (news[0].revents == 0) {
        throw Error("cannot enter namespaces: " + holder.wait().err);
    }
    return holder;
}

ino_t netns_of(const std::string& process) {
    struct stat status{};
    const std::string path = "/proc/" + process + "/ns/net";
    if (::stat(path.c_str(), &status) != 0) {
        throw_errno("stat " + path);
    }
    return status.st_ino;
}

void raise_link(const std::string& name) {
    const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    name.copy(request.ifr_name, IFNAMSIZ - 1);
    if (::ioctl(socket.get(), SIOCGIFFLAGS, &request) != 0) {
        throw_errno("flags of " + name);
    }
    request.ifr_flags = short(request.ifr_flags | IFF_UP);
    if (::ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0) {
        throw_errno("raise " + name);
    }
}

Place::Place(const std::function<void()>& set_up)
    : holder_(hold(set_up)), netns_(netns_of(std::to_string(holder_.pid()))) {}

void Place::enter() const {
    const ino_t outside = netns_of("thread-self");
    if (::setns(holder_.pidfd(), CLONE_NEWNET | CLONE_NEWNS) != 0) {
        throw_errno("setns");
    }
    refuse_namespace(outside);
    if (::chdir("/") != 0) {
        throw_errno("chdir /");
    }
}

Process Place::start(const std::function<void()>& function) const {
    return Process([&] {
        enter();
        function();
    });
}

Process Place::start(const std::string& command) const {
    return start([&] { exec_shell(command); });
}

Result Place::run(const std::string& command, const std::string& stdin_text) const {
    Process process(
        [&] {
            enter();
            exec_shell(command);
        },
        stdin_text);
    return process.wait();
}

std::string Place::sh(const std::string& command, const std::string& stdin_text) const {
    const Result result = run(command, stdin_text);
    if (result.status != 0) {
        throw Error(command + "\nstatus " + std::to_string(result.status) + "\n" + result.out +
                    result.err);
    }
    return result.out;
}

void Place::in(const std::function<void()>& function) const {
    ask([&] {
        function();
        return std::string();
    });
}

std::string Place::ask(const std::function<std::string()>& function) const {
    Process process = start([&] { write_all(STDOUT_FILENO, function(), "stdout"); });
    const Result result = process.wait();
    if (result.status != 0) {
        throw Error(result.status == 125 ? result.err
                                         : "status " + std::to_string(result.status) + ": " +
                                               result.out + result.err);
    }
    return result.out;
}

std::string Place::visit(const std::function<std::string()>& function) const {
    std::string told;
    std::exception_ptr problem;
    std::thread([&] {
        try {
            // Else setns(2) refuses a mount namespace: working directories would be in two.
            if (::unshare(CLONE_FS) != 0) {
                throw_errno("unshare");
            }
            enter();
            told = function();
        } catch (...) {
            problem = std::current_exception();
        }
    }).join();
    if (problem) {
        std::rethrow_exception(problem);
    }
    return told;
}

nlohmann::json Place::snapshot() const {
    return take_snapshot(*this);
}

void Place::kill() {
    if (holder_.pid() > 0) {
        holder_.signal(SIGKILL);
        holder_.wait();
    }
}

} // namespace ocinet::test
