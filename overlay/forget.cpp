// SPDX-License-Identifier: GPL-2.0-or-later
#include "overlay/forget.h"

#include <algorithm>
#include <optional>

#include "netsetup/base/names.h"
#include "overlay/etcd/protocol.h"
#include "overlay/keys.h"
#include "overlay/loop.h"

namespace ocinet::overlay {

namespace {

using nlohmann::json;

/// One question after the other, each answered before the next.
class Conversation {
public:
    explicit Conversation(const Config& config) : access_(config.etcd) {}

    json ask(const std::string& path, const json& request) {
        Loop loop;
        etcd::Client client(loop, access_);
        std::optional<json> answer;
        std::optional<Error> problem;
        client.call(
            path, request,
            [&](const json& said) {
                answer = said;
                loop.stop();
            },
            [&](const Error& error) {
                problem = error;
                loop.stop();
            });
        loop.run();
        if (problem) {
            throw Error(*problem);
        }
        return *answer;
    }

private:
    const etcd::Access& access_;
};

std::vector<etcd::KeyValue> blocks_of(Conversation& etcd, const std::string& prefix,
                                      const std::string& host) {
    const std::string below = prefix + "/blocks/";
    const json answer =
        etcd.ask("/v3/kv/range", {{"key", etcd::encoded(below)},
                                  {"range_end", etcd::encoded(etcd::end_of(below))}});
    std::vector<etcd::KeyValue> blocks;
    for (const auto& kv : answer.value("kvs", json::array())) {
        auto block = etcd::key_value(kv);
        const auto key = parse_key(prefix, block.key);
        if (key && key->kind == Key::Kind::block &&
            block.value.substr(0, block.value.find(' ')) == host) {
            blocks.push_back(std::move(block));
        }
    }
    return blocks;
}

} // namespace

std::vector<std::string> forget(const Config& config, const std::string& host) {
    if (!is_host_name(host)) {
        throw Error("\"" + host + "\" is no host's name");
    }
    const std::string self = to_text(config.prefix, {.kind = Key::Kind::host, .host = host});
    Conversation etcd(config);
    const auto blocks = blocks_of(etcd, config.prefix, host);
    if (blocks.empty()) {
        throw Error("no block is host \"" + host + "\"'s");
    }
    std::vector<std::string> gone;
    for (std::size_t at = 0; at < blocks.size(); at += etcd::most_operations) {
        json conditions = json::array({etcd::is_at(self, 0)});
        json operations = json::array();
        for (std::size_t i = at; i < std::min(blocks.size(), at + etcd::most_operations); ++i) {
            conditions.push_back(etcd::is_at(blocks[i].key, blocks[i].mod_revision));
            operations.push_back(etcd::erase(blocks[i].key));
            gone.push_back(blocks[i].key);
        }
        if (!etcd::has_succeeded(
                etcd.ask("/v3/kv/txn", etcd::transaction(conditions, operations)))) {
            throw Error("host \"" + host + "\" is there, or its blocks have changed meanwhile")
                .hint("stop ocinet-overlay on it, or take away its networks' files, first");
        }
    }
    return gone;
}

} // namespace ocinet::overlay
