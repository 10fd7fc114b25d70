// SPDX-License-Identifier: GPL-2.0-or-later
#include "overlay/lease.h"

#include <nlohmann/json.hpp>

#include "netsetup/base/error.h"
#include "netsetup/base/log.h"
#include "overlay/etcd/protocol.h"

namespace ocinet::overlay {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds retry_pause(500);

} // namespace

Lease::Lease(Loop& loop, etcd::Client& client, std::int64_t ttl, Events events)
    : client_(client), ttl_(ttl), events_(std::move(events)),
      timer_(loop, [this] { id_ == 0 ? grant() : keep_alive(); }) {}

void Lease::grant() {
    if (ended_) {
        return;
    }
    client_.call(
        "/v3/lease/grant", {{"TTL", std::to_string(ttl_)}},
        [this](const nlohmann::json& answer) {
            id_ = etcd::number(answer, "ID");
            timer_.start(milliseconds(ttl_ * 1000 / 3));
            events_.granted();
        },
        [this](const Error& error) {
            events_.failed(error);
            timer_.start(retry_pause);
        });
}

void Lease::keep_alive() {
    client_.call(
        "/v3/lease/keepalive", {{"ID", std::to_string(id_)}},
        [this](const nlohmann::json& answer) {
            if (etcd::number(answer.at("result"), "TTL") == 0) {
                lose();
                return;
            }
            timer_.start(milliseconds(ttl_ * 1000 / 3));
        },
        [this](const Error& error) {
            events_.failed(error);
            timer_.start(retry_pause);
        });
}

void Lease::lose() {
    log::warning("etcd has not heard of this host for too long: it says anew what is here");
    id_ = 0;
    timer_.start(milliseconds(0));
}

void Lease::end(const std::function<void()>& then) {
    ended_ = true;
    timer_.stop();
    if (id_ == 0) {
        then();
        return;
    }
    client_.call(
        "/v3/lease/revoke", {{"ID", std::to_string(id_)}},
        [then](const nlohmann::json&) { then(); },
        [this, then](const Error& error) {
            log::warning("the others will forget this host in " + std::to_string(ttl_) +
                         " s: " + error.message());
            then();
        });
    id_ = 0;
}

} // namespace ocinet::overlay
