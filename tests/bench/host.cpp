// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/bench/host.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <string_view>

#include "netsetup/base/error.h"
#include "tests/bench/process.h"

namespace ocinet::bench {

namespace {

Fd open_namespace(const std::string& process, const std::string& kind) {
    const std::string path = "/proc/" + process + "/ns/" + kind;
    Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) {
        throw_errno(path);
    }
    return fd;
}

void enter_namespace(const Fd& fd, int kind) {
    if (setns(fd.get(), kind) != 0) {
        throw_errno("setns");
    }
}

void reap(pid_t pid) {
    while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
}

/// A child that runs `prepare`, which says what failed or nothing, then `wait` over and over until
/// it is killed. It allocates nothing that matters and never returns into our code.
pid_t start_child(const std::function<const char*()>& prepare, void (*wait)()) {
    std::array<int, 2> ready{};
    if (pipe2(ready.data(), O_CLOEXEC) != 0) {
        throw_errno("pipe2");
    }
    Fd reading(ready[0]);
    Fd writing(ready[1]);
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid < 0) {
        throw_errno("fork");
    }
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        const char* failure = prepare();
        std::array<char, 128> answer{};
        if (failure != nullptr) {
            const int error = errno;
            strncpy(answer.data(), failure, 100);
            memcpy(answer.data() + 120, &error, sizeof error);
        }
        const ssize_t written = write(writing.get(), answer.data(), answer.size());
        // Descriptors inherited from us would keep other hosts alive; 0 is the listening socket.
        close_range(1, ~0U, 0);
        while (failure == nullptr && written > 0 && getppid() == parent) {
            wait();
        }
        _exit(1);
    }
    writing.reset();
    std::array<char, 128> answer{};
    const ssize_t got = read(reading.get(), answer.data(), answer.size());
    if (got != ssize_t(answer.size()) || answer[0] != 0) {
        kill(pid, SIGKILL);
        reap(pid);
        int error = 0;
        memcpy(&error, answer.data() + 120, sizeof error);
        throw system_error(error, answer[0] != 0 ? answer.data() : "a child ended early");
    }
    return pid;
}

const char* raise_loopback() {
    const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    return ioctl(socket.get(), SIOCSIFFLAGS, &request) == 0 ? nullptr : "lo up";
}

/// An empty /run, and no configuration of the machine's ocinet if it has one.
const char* prepare_host() {
    if (unshare(CLONE_NEWNS | CLONE_NEWNET) != 0) {
        return "unshare a mount and a network namespace (are you root?)";
    }
    if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
        return "make all mounts private";
    }
    if (mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") != 0) {
        return "mount a tmpfs on /run";
    }
    if (mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) {
        return "mount sysfs";
    }
    if (access("/etc/ocinet", F_OK) == 0 &&
        mount("tmpfs", "/etc/ocinet", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") != 0) {
        return "mount a tmpfs on /etc/ocinet";
    }
    return raise_loopback();
}

const char* prepare_container() {
    if (unshare(CLONE_NEWNET) != 0) {
        return "unshare a network namespace";
    }
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_port = htons(80);
    if (socket < 0 || bind(socket, reinterpret_cast<sockaddr*>(&any), sizeof any) != 0 ||
        listen(socket, 16) != 0 || dup2(socket, 0) != 0) {
        return "listen on port 80";
    }
    return nullptr;
}

void sleep() {
    pause();
}

/// Else the socket's backlog is full after some twenty connections.
void take_connections() {
    if (const int connection = accept(0, nullptr, nullptr); connection >= 0) {
        close(connection);
    }
}

} // namespace

Machine::Machine() : net_(open_namespace("self", "net")), mount_(open_namespace("self", "mnt")) {
    struct stat status{};
    fstat(net_.get(), &status);
    device_ = status.st_dev;
    inode_ = status.st_ino;
}

void Machine::enter() const {
    enter_namespace(net_, CLONE_NEWNET);
    enter_namespace(mount_, CLONE_NEWNS);
}

bool Machine::is_here() const {
    struct stat status{};
    fstat(open_namespace("self", "net").get(), &status);
    return status.st_dev == device_ && status.st_ino == inode_;
}

Host::Host(const Machine& machine) : machine_(&machine) {
    machine.enter();
    const pid_t pid = start_child(prepare_host, sleep);
    net_ = open_namespace(std::to_string(pid), "net");
    mount_ = open_namespace(std::to_string(pid), "mnt");
    kill(pid, SIGKILL);
    reap(pid);
}

void Host::enter() const {
    enter_namespace(net_, CLONE_NEWNET);
    enter_namespace(mount_, CLONE_NEWNS);
    if (machine_->is_here()) {
        throw Error("this is the machine's own network namespace: refusing to touch it");
    }
}

std::set<std::string> Host::links() {
    std::set<std::string> names;
    struct if_nameindex* list = if_nameindex();
    for (const struct if_nameindex* link = list; link != nullptr && link->if_index != 0; ++link) {
        names.insert(link->if_name);
    }
    if_freenameindex(list);
    return names;
}

Container::Container(unsigned serial)
    : serial_(serial), pid_(start_child(prepare_container, take_connections)),
      netns_(open_namespace(std::to_string(pid_), "net")) {}

Container::Container(Container&& other) noexcept
    : serial_(other.serial_), pid_(std::exchange(other.pid_, -1)), netns_(std::move(other.netns_)) {
}

void Container::end_process() {
    if (pid_ > 0) {
        kill(pid_, SIGKILL);
        reap(pid_);
        pid_ = -1;
    }
}

void Container::end() {
    end_process();
    netns_.reset();
}

std::string Container::netns_path() const {
    return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(netns_.get());
}

std::string Container::id() const {
    // As long as the engines' own: it is copied into comments, aliases and names of chains.
    const std::string digits = std::to_string(serial_);
    return "c0" + std::string(62 - digits.size(), '0') + digits;
}

std::string Container::address(const std::string& network) const {
    const unsigned number = serial_ + 2; // .0.0 is the network, .0.1 the gateway
    return network + "." + std::to_string(number / 256) + "." + std::to_string(number % 256);
}

std::optional<std::string> Container::assigned_address() const {
    enter_namespace(netns_, CLONE_NEWNET);
    std::optional<std::string> found;
    ifaddrs* list = nullptr;
    getifaddrs(&list);
    for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
        if (entry->ifa_addr != nullptr && entry->ifa_addr->sa_family == AF_INET &&
            std::string_view(entry->ifa_name) == "eth0") {
            std::array<char, INET_ADDRSTRLEN> text{};
            const auto* address = reinterpret_cast<const sockaddr_in*>(entry->ifa_addr);
            found = inet_ntop(AF_INET, &address->sin_addr, text.data(), text.size());
        }
    }
    freeifaddrs(list);
    return found;
}

std::optional<double> connect_ms(const std::string& address, std::uint16_t port) {
    const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval patience{5, 0};
    setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    // Reset at the end: thousands of connections in TIME_WAIT would be a measurement of their own.
    const linger reset{1, 0};
    setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    sockaddr_in target{};
    target.sin_family = AF_INET;
    target.sin_port = htons(port);
    inet_pton(AF_INET, address.c_str(), &target.sin_addr);
    const double started = now_ms();
    if (connect(socket.get(), reinterpret_cast<sockaddr*>(&target), sizeof target) != 0) {
        return std::nullopt;
    }
    return now_ms() - started;
}

} // namespace ocinet::bench
