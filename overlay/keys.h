// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "netsetup/base/address.h"

/// What stands where in etcd, below a prefix (/ocinet):
///
///     networks/NAME                    what all hosts agree on: see Definition
///     vnis/NUMBER                      the network that has it
///     blocks/NAME/ADDRESS-LENGTH       HOST INSTANCE, whose containers have these addresses
///     hosts/HOST/self                  {"instance": …, "address": …}
///     hosts/HOST/containers/NAME/ID    {"mac": …, "addresses": […]}
///
/// What is below hosts/ carries the host's lease, and goes with it. The rest stays: addresses that
/// were given out must not be given out again because a host was away.
namespace ocinet::overlay {

struct Key {
    enum class Kind { network, vni, block, host, container };

    Kind kind = Kind::network;
    /// As far as the kind has them.
    std::string network = {};
    std::string host = {};
    std::string container = {};
    Prefix block = {};
    std::uint32_t vni = 0;
};

std::string to_text(const std::string& prefix, const Key& key);
/// Nothing for what is none of these.
std::optional<Key> parse_key(const std::string& prefix, const std::string& text);

} // namespace ocinet::overlay
