// SPDX-License-Identifier: GPL-2.0-or-later
#include "overlay/grants.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "netsetup/base/error.h"
#include "netsetup/packets.h"

namespace ocinet::overlay {

namespace {

std::set<IpAddress> parse_addresses(const nlohmann::json& texts) {
    std::set<IpAddress> addresses;
    for (const auto& text : texts) {
        const auto address = IpAddress::parse(text.get<std::string>());
        if (!address) {
            throw Error(text.dump() + " is no address");
        }
        addresses.insert(*address);
    }
    return addresses;
}

} // namespace

Grants::Grants(Loop& loop, const std::string& path, std::function<void()> changed)
    : loop_(loop), listener_(packets::listen(path)), changed_(std::move(changed)) {
    loop_.when_readable(listener_.get(), [this] { welcome(); });
}

void Grants::welcome() {
    Fd socket = packets::accept(listener_);
    if (socket) {
        const int fd = socket.get();
        clients_[fd].socket = std::move(socket);
        loop_.when_readable(fd, [this, fd] { hear(fd); });
    }
}

// One request a connection; what comes after it is its end.
void Grants::hear(int fd) {
    const auto found = clients_.find(fd);
    if (found == clients_.end()) {
        return; // it went with an event before this one
    }
    Client& client = found->second;
    try {
        const auto request = packets::receive(client.socket);
        if (request && client.network.empty()) {
            client.network = request->at("network");
            client.addresses = parse_addresses(request->at("addresses"));
        } else {
            loop_.forget(fd);
            clients_.erase(found);
        }
    } catch (const std::exception& error) { // whatever it is that came
        refuse(client, error.what());
    }
    changed_();
}

Asked Grants::asked() const {
    Asked asked;
    for (const auto& [fd, client] : clients_) {
        asked[client.network].insert(client.addresses.begin(), client.addresses.end());
    }
    asked.erase("");
    return asked;
}

void Grants::answer(const Verdict& verdict) {
    for (auto& [fd, client] : clients_) {
        if (client.waits()) {
            answer(client, verdict);
        }
    }
}

void Grants::answer(Client& client, const Verdict& verdict) {
    for (const auto& address : client.addresses) {
        const auto why = verdict(client.network, address);
        if (!why) {
            return;
        }
        if (!why->empty()) {
            refuse(client, address.text() + ": " + *why);
            return;
        }
    }
    client.is_answered = true;
    packets::answer(client.socket, nlohmann::json::object());
}

void Grants::give_up(std::chrono::milliseconds after, const std::string& why) {
    const auto now = Clock::now();
    for (auto& [fd, client] : clients_) {
        if (client.waits() && now - client.since > after) {
            refuse(client, why);
        }
    }
}

// It is not asked for any more.
void Grants::refuse(Client& client, const std::string& why) {
    packets::answer(client.socket, {{"error", why}});
    client.is_answered = true;
    client.addresses.clear();
}

} // namespace ocinet::overlay
