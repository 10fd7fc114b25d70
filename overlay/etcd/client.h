// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "netsetup/base/error.h"
#include "overlay/loop.h"

namespace ocinet::etcd {

/// How etcd is reached, and as whom.
struct Access {
    /// Of its members, like https://192.0.2.9:2379; one at least.
    std::vector<std::string> endpoints;
    /// Files, PEM; empty: the system's authorities, no certificate of our own.
    std::string ca;
    std::string certificate;
    std::string key;
    /// Empty: nobody is logged in.
    std::string user;
    std::string password;
};

/// Asks etcd v3 by its JSON gateway, in a Loop. A member that does not answer within a second, or
/// has no leader, is left for the next one; who all fail, that is an Error. An answer that was lost
/// may have been carried out: what is asked must bear to be asked twice.
class Client {
public:
    using Then = std::function<void(const nlohmann::json& answer)>;
    using Otherwise = std::function<void(const Error& error)>;

    Client(overlay::Loop& loop, Access access);
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    ~Client();

    /// `path` like /v3/kv/range. One of both is called, from the loop.
    void call(const std::string& path, const nlohmann::json& request, Then then,
              Otherwise otherwise);

    /// Whether it listens on.
    using Message = std::function<bool(const nlohmann::json& message)>;
    /// /v3/watch: `message` gets each of its messages; `ended` is called once, when nothing comes
    /// any more. etcd ends it where the member has lost its leader; a connection on which nothing
    /// is acknowledged for five seconds ends, too.
    void watch(const nlohmann::json& request, Message message, Otherwise ended);

private:
    struct Transfer;

    using Owned = std::unique_ptr<Transfer>;

    void begin(Owned transfer);
    void send(Owned transfer);
    void log_in();
    void finished(Transfer& which, CURLcode code);
    void refused(Owned transfer, long status);
    void try_next(Owned transfer, const std::string& why);
    Owned take(const Transfer& which);
    void hear_streams();

    overlay::Loop& loop_;
    Access access_;
    /// Of the endpoints.
    std::size_t current_ = 0;
    std::string token_;
    std::list<Owned> running_;
    /// For a token.
    std::list<Owned> waiting_;
    bool logging_in_ = false;
    /// libcurl must not be called from within its calls.
    overlay::Timer streamed_;
};

} // namespace ocinet::etcd
