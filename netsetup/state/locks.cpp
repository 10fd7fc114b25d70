// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/state/locks.h"

#include <fcntl.h>
#include <sys/time.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>

#include "netsetup/base/error.h"
#include "netsetup/base/file.h"
#include "netsetup/base/names.h"

namespace ocinet::state {

namespace {

constexpr Deadline::Milliseconds least_patience = std::chrono::seconds(1);
constexpr Deadline::Milliseconds most_patience = std::chrono::seconds(10);
constexpr Deadline::Milliseconds plugins_patience = std::chrono::seconds(60); // plugin_patience()

// Cut to what an off_t can hold. Two names on one byte would only wait for each other.
off_t byte_of(const LockName& name) {
    return off_t(stable_hash(name.text()) >> 2);
}

struct flock range(short type, off_t byte) {
    struct flock lock{};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    lock.l_start = byte;
    lock.l_len = 1;
    return lock;
}

// While it lives, SIGALRM interrupts a waiting system call once, after the given time.
class Alarm {
public:
    explicit Alarm(Deadline::Milliseconds time) {
        struct sigaction action{};
        action.sa_handler = [](int) {}; // no SA_RESTART: the wait must end
        ::sigaction(SIGALRM, &action, &before_);
        sigset_t alarm;
        sigemptyset(&alarm);
        sigaddset(&alarm, SIGALRM);
        ::sigprocmask(SIG_UNBLOCK, &alarm, &mask_before_); // the caller may have blocked it
        // Again every second: a signal that comes just before the wait begins is lost.
        const itimerval timer{.it_interval = {1, 0},
                              .it_value = {time.count() / 1000, time.count() % 1000 * 1000}};
        ::setitimer(ITIMER_REAL, &timer, nullptr);
    }
    Alarm(const Alarm&) = delete;
    Alarm& operator=(const Alarm&) = delete;
    ~Alarm() {
        const itimerval off{};
        ::setitimer(ITIMER_REAL, &off, nullptr);
        ::sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
        ::sigaction(SIGALRM, &before_, nullptr);
    }

private:
    struct sigaction before_{};
    sigset_t mask_before_{};
};

std::string holder_of(int file, off_t byte) {
    auto lock = range(F_WRLCK, byte);
    if (::fcntl(file, F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) {
        return "a process that is gone now";
    }
    const auto pid = std::to_string(lock.l_pid);
    const auto name = read_setting(AT_FDCWD, "/proc/" + pid + "/comm");
    return "process " + pid + (name ? " (" + *name + ")" : "");
}

} // namespace

Locks::Locks(const Directory& directory, Deadline deadline)
    : file_(
          ::openat(directory.root.get(), "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)),
      deadline_(deadline) {
    if (!file_) {
        throw_errno("open the lock file");
    }
}

Locks::Held::~Held() {
    if (locks_) {
        locks_->release(name_);
    }
}

void Locks::release(const LockName& name) {
    auto lock = range(F_UNLCK, byte_of(name));
    ::fcntl(file_.get(), F_SETLK, &lock);
    order_.released(name);
}

Locks::Held Locks::taken(LockName name) {
    order_.taken(name);
    return {*this, std::move(name)};
}

Locks::Held Locks::take(LockName name) {
    order_.check(name);
    const off_t byte = byte_of(name);
    auto lock = range(F_WRLCK, byte);
    if (::fcntl(file_.get(), F_SETLK, &lock) == 0) {
        return taken(std::move(name));
    }
    const auto patience = deadline_.patience(
        least_patience, name.kind == LockKind::plugin_network ? plugins_patience : most_patience);
    const Alarm alarm(patience);
    if (::fcntl(file_.get(), F_SETLKW, &lock) == 0) {
        return taken(std::move(name));
    }
    if (errno == EINTR) {
        const auto seconds = std::chrono::round<std::chrono::seconds>(patience).count();
        throw Error("gave up after " + std::to_string(seconds) + " s on the lock \"" + name.text() +
                    "\", held by " + holder_of(file_.get(), byte));
    }
    throw_errno("lock \"" + name.text() + "\"");
}

std::vector<Locks::Held> Locks::shared(const std::vector<std::string>& networks) {
    std::vector<Held> held;
    for (const auto& name : networks) {
        held.push_back(network(name));
    }
    held.push_back(host());
    return held;
}

std::optional<Locks::Held> Locks::try_container(const std::string& id) {
    LockName name{LockKind::container, id};
    order_.check_try(name);
    auto lock = range(F_WRLCK, byte_of(name));
    if (::fcntl(file_.get(), F_SETLK, &lock) == 0) {
        return taken(std::move(name));
    }
    if (errno == EAGAIN || errno == EACCES) {
        return std::nullopt;
    }
    throw_errno("lock \"" + name.text() + "\"");
}

} // namespace ocinet::state
