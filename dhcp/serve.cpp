// SPDX-License-Identifier: GPL-2.0-or-later
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <iostream>

#include "dhcp/dhcp.h"
#include "netsetup/base/names.h"
#include "netsetup/base/paths.h"
#include "netsetup/base/program.h"
#include "netsetup/base/text.h"
#include "netsetup/state/dhcp_leases.h"
#include "netsetup/state/locks.h"
#include "netsetup/supervisor.h"

namespace ocinet::dhcp {

namespace {

constexpr int grace_milliseconds = 5000;

// Short enough for a unit, and nobody else's.
std::string helper_name(const std::string& id, const std::string& interface) {
    std::string name = "dhcp-" + id.substr(0, 12) + "-" + interface + "-";
    for (char& c : name) {
        c = c == '+' || c == ',' ? '_' : c;
    }
    std::array<char, 17> hash{};
    std::snprintf(hash.data(), hash.size(), "%016llx",
                  static_cast<unsigned long long>(stable_hash(id + " " + interface)));
    return name + hash.data();
}

// Tells when a file in the directory has been replaced.
class Watch {
public:
    explicit Watch(const std::string& directory) : inotify_(::inotify_init1(IN_CLOEXEC)) {
        if (!inotify_ || ::inotify_add_watch(inotify_.get(), directory.c_str(), IN_MOVED_TO) < 0) {
            throw_errno("watch " + directory);
        }
    }

    /// Until something happened or the deadline is there. False when our caller is gone.
    bool wait(const Deadline& deadline) {
        std::array<pollfd, 2> fds{{{.fd = inotify_.get(), .events = POLLIN, .revents = 0},
                                   {.fd = STDIN_FILENO, .events = 0, .revents = 0}}};
        const auto patience =
            deadline.patience(Deadline::Milliseconds(0), Deadline::Milliseconds(INT_MAX));
        if (::poll(fds.data(), fds.size(), int(patience.count())) < 0 && errno != EINTR) {
            throw_errno("poll");
        }
        std::array<char, 4096> events{};
        if (fds[0].revents != 0 && ::read(inotify_.get(), events.data(), events.size()) < 0) {
            throw_errno("read what happened");
        }
        return fds[1].revents == 0;
    }

private:
    Fd inotify_;
};

class Server {
public:
    explicit Server(std::string id) : id_(std::move(id)), directory_(state::Directory::open()) {}

    void start(const std::string& interface, Deadline::Milliseconds patience) {
        find_program("busybox"); // else its supervisor would try in vain
        const auto deadline = Deadline::in(patience);
        std::optional<Watch> watch;
        {
            // Who was killed may have left one of us at work: whoever undoes what it did waits for
            // that.
            state::Locks locks(directory_, deadline);
            const auto held = locks.dhcp(id_);
            // So that there is a directory to watch; and what is in it is this client's.
            state::create_dhcp_lease(directory_, id_, interface);
            watch.emplace(std::string(paths::state) + "/" + state::dhcp_directory_of(id_));
            supervisor::start({.name = helper_name(id_, interface),
                               .description = "DHCP client of container " + id_ + ", " + interface,
                               .command = {paths::dhcp_program(), "client", id_, interface}},
                              deadline);
        }
        wait_for_lease(interface, deadline, *watch);
    }

    void stop(const std::string& interface) {
        state::Locks locks(directory_);
        const auto held = locks.dhcp(id_);
        supervisor::stop(helper_name(id_, interface));
        if (const auto lease = state::read_dhcp_lease(directory_, id_, interface)) {
            end_client(lease->client);
        }
        state::remove_dhcp_lease(directory_, id_, interface);
    }

private:
    void wait_for_lease(const std::string& interface, const Deadline& deadline, Watch& watch) {
        std::string problem = "no server answers";
        while (!deadline.has_passed()) {
            const auto lease = state::read_dhcp_lease(directory_, id_, interface);
            if (lease && lease->address && lease->problem.empty()) {
                return;
            }
            if (lease && lease->address) {
                throw Error("DHCP gave " + lease->address->text() + ", but " + lease->problem);
            }
            if (lease && !lease->problem.empty()) {
                problem = lease->problem;
            }
            if (!watch.wait(deadline)) {
                return; // there is nobody to tell
            }
        }
        const auto lease = state::read_dhcp_lease(directory_, id_, interface);
        // Whether it is there at this moment says little: one that ends at once is started again.
        if (!lease || !lease->heard) {
            throw Error("no address came from DHCP in time: its client does not run")
                .hint("what it said is in the journal of the unit ocinet-" +
                      helper_name(id_, interface) + ", or where ocinet-agent's stderr goes");
        }
        throw Error("no address came from DHCP in time: " + problem)
            .hint("is there a DHCP server on the parent's network? the network's "
                  "ipam_options.driver may be host-local, static or none instead");
    }

    // One that nobody supervised any more, as its supervisor is gone.
    static void end_client(const ProcessIdentity& client) {
        const Fd pidfd = open_process(client);
        if (!pidfd) {
            return;
        }
        send_signal(pidfd, SIGTERM);
        if (has_ended_within(client, grace_milliseconds)) {
            return;
        }
        send_signal(pidfd, SIGKILL);
        if (!has_ended_within(client, grace_milliseconds)) {
            throw Error("the DHCP client, process " + std::to_string(client.pid) +
                        ", does not end");
        }
    }

    std::string id_;
    state::Directory directory_;
};

void obey(Server& server, const std::string& line) {
    const auto words = split(line, ' ');
    if (words.size() == 4 && words[1] == "start" && is_interface_name(words[2])) {
        const auto patience = parse_number(words[3], 0, INT_MAX);
        if (patience) {
            server.start(std::string(words[2]), Deadline::Milliseconds(*patience));
            return;
        }
    } else if (words.size() == 3 && words[1] == "stop" && is_interface_name(words[2])) {
        server.stop(std::string(words[2]));
        return;
    }
    throw Error("\"" + printable(line) + "\" is no order");
}

} // namespace

void serve(const std::string& id) {
    Server server(id);
    for (std::string line; std::getline(std::cin, line);) {
        std::string answer = "done";
        try {
            obey(server, line);
        } catch (const Error& error) {
            answer = printable(error.message());
            if (!error.hint().empty()) {
                answer += "\t" + printable(error.hint());
            }
        } catch (const std::exception& error) { // what ocinet-agent said is no JSON, say
            answer = printable(error.what());
        }
        std::cout << line.substr(0, line.find(' ')) << ' ' << answer << std::endl;
    }
}

} // namespace ocinet::dhcp
