// SPDX-License-Identifier: GPL-2.0-or-later
#include "agent/agent.h"

#include <sys/epoll.h>
#include <sys/signalfd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "agent/helpers.h"
#include "netsetup/agent_socket.h"
#include "netsetup/base/error.h"
#include "netsetup/packets.h"

namespace ocinet::agent {

namespace {

Fd make_epoll() {
    Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll) {
        throw_errno("epoll_create1");
    }
    return epoll;
}

Fd take_signals() {
    sigset_t ends;
    ::sigemptyset(&ends);
    ::sigaddset(&ends, SIGTERM);
    ::sigaddset(&ends, SIGINT);
    ::sigprocmask(SIG_BLOCK, &ends, nullptr);
    Fd signals(::signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals) {
        throw_errno("signalfd");
    }
    return signals;
}

class Agent {
public:
    Agent()
        : signals_(take_signals()), epoll_(make_epoll()), listener_(listen()),
          helpers_(epoll_.get()) {
        watch(signals_);
        watch(listener_);
    }

    void run() {
        while (!ended_) {
            std::array<epoll_event, 16> events{};
            const int found =
                ::epoll_wait(epoll_.get(), events.data(), int(events.size()), helpers_.tend());
            if (found < 0 && errno != EINTR) {
                throw_errno("epoll_wait");
            }
            for (int i = 0; i < found; ++i) {
                handle(events[std::size_t(i)].data.fd);
            }
        }
    }

private:
    void watch(const Fd& fd) const {
        epoll_event event{.events = EPOLLIN, .data = {.fd = fd.get()}};
        if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd.get(), &event) != 0) {
            throw_errno("epoll_ctl");
        }
    }

    void handle(int fd) {
        if (fd == signals_.get()) {
            ended_ = true;
        } else if (fd == listener_.get()) {
            welcome();
        } else if (!helpers_.has_ended(fd)) {
            hear(fd);
        }
    }

    void welcome() {
        Fd client = packets::accept(listener_);
        if (client) {
            watch(client);
            const int fd = client.get();
            clients_[fd] = std::make_shared<Fd>(std::move(client));
        }
    }

    // One request a connection. Who waits for an answer to come is not listened to any more.
    void hear(int fd) {
        const auto found = clients_.find(fd);
        if (found == clients_.end()) {
            return; // it went with an event before this one
        }
        const auto client = found->second;
        ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
        clients_.erase(found);
        try {
            if (const auto request = packets::receive(*client)) {
                obey(*request, client);
            }
        } catch (const std::exception& error) { // whatever it is that came
            packets::answer(*client, {{"error", error.what()}});
        }
    }

    void obey(const nlohmann::json& request, const std::shared_ptr<Fd>& client) {
        const auto done = [client] { packets::answer(*client, nlohmann::json::object()); };
        if (request.contains("start")) {
            const auto& start = request.at("start");
            helpers_.start(start.at("name"), start.at("command"));
            done();
        } else if (request.contains("stop")) {
            helpers_.stop(request.at("stop").at("name"), done);
        } else {
            throw Error(R"(neither "start" nor "stop")");
        }
    }

    Fd signals_;
    Fd epoll_;
    Fd listener_;
    Helpers helpers_;
    std::map<int, std::shared_ptr<Fd>> clients_;
    bool ended_ = false;
};

} // namespace

void serve() {
    Agent().run();
}

} // namespace ocinet::agent
