// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>

#include "overlay/etcd/client.h"
#include "overlay/loop.h"

namespace ocinet::overlay {

/// The host's lease in etcd: what hangs on it is there for the others as long as this host is heard
/// of. One that is lost is taken anew.
class Lease {
public:
    struct Events {
        /// It is there, and has another number than before.
        std::function<void()> granted;
        std::function<void(const Error& error)> failed;
    };

    /// `ttl`: seconds. All of it must outlive this.
    Lease(Loop& loop, etcd::Client& client, std::int64_t ttl, Events events);

    void begin() { timer_.start(std::chrono::milliseconds(0)); }
    /// 0: none.
    std::int64_t id() const { return id_; }
    /// etcd does not know it any more.
    void lose();
    /// Gives it back, so that the others forget this host at once; none is taken any more.
    void end(const std::function<void()>& then);

private:
    void grant();
    void keep_alive();

    etcd::Client& client_;
    std::int64_t ttl_;
    Events events_;
    Timer timer_;
    std::int64_t id_ = 0;
    bool ended_ = false;
};

} // namespace ocinet::overlay
