// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "netsetup/endpoints.h"
#include "overlay/definition.h"
#include "overlay/etcd/protocol.h"
#include "overlay/keys.h"

namespace ocinet::overlay {

/// What etcd says, understood. Nobody is believed beyond what is his to say: a container's
/// addresses lie in its host's blocks, a block is one of the network's and not within one that was
/// taken before, a host's address is another's than ours. What breaks a rule is left out, and named
/// among the problems. A definition and a block do not change: one that was written over is not
/// believed.
class View {
public:
    /// `self`: this host's name; `address`: from which its tunnels lead.
    View(std::string prefix, std::string self, IpAddress address);

    /// Of all keys.
    const std::string& prefix() const { return prefix_; }

    void put(const etcd::KeyValue& now);
    void gone(const std::string& key);

    struct Host {
        /// Tells a host from another one of the same name.
        std::string instance;
        /// From which its tunnels lead.
        IpAddress address;
        std::int64_t mod_revision = 0;
        std::int64_t lease = 0;
    };
    const Host* host(const std::string& name) const;
    const Definition* definition(const std::string& network) const;
    /// Whose VNI this is; empty: nobody's.
    std::string owner_of(std::uint32_t vni) const;
    /// `instance`: of the host of this name.
    std::vector<Prefix> blocks_of(const std::string& network, const std::string& host,
                                  const std::string& instance) const;
    /// Whether anybody has it, or a part of it.
    bool is_taken(const std::string& network, const Prefix& block) const;

    /// Containers on other hosts.
    std::vector<endpoints::Endpoint> endpoints_elsewhere(const std::string& network) const;

    /// What this host itself has below hosts/SELF/containers/.
    struct Own {
        std::string value;
        std::int64_t lease = 0;
    };
    const std::map<std::string, Own>& own_containers() const { return own_; }

    /// Networks of which something changed since the last call.
    std::set<std::string> take_changed() { return std::exchange(changed_, {}); }
    /// What breaks a rule now, by the key.
    std::map<std::string, std::string> problems() const;

private:
    struct Block {
        std::string host;
        std::string instance;
        std::int64_t create_revision = 0;
    };
    using Blocks = std::map<Prefix, Block>;
    struct Container {
        Mac mac;
        std::vector<IpAddress> addresses;
        std::int64_t create_revision = 0;
    };
    struct Present {
        const std::string* host = nullptr;
        const Container* container = nullptr;
    };
    struct Network {
        std::optional<Definition> definition = {};
        Blocks blocks = {};
        /// By host and id.
        std::map<std::pair<std::string, std::string>, Container> containers = {};
    };
    using Problems = std::map<std::string, std::string>;

    void understand(const Key& key, const etcd::KeyValue& now);
    void forget(const Key& key, const std::string& text);
    Blocks valid_blocks(const std::string& name, const Network& network, Problems* problems) const;
    std::string wrong_with(const Network& network, const Blocks& blocks, const std::string& host,
                           const Container& container) const;
    std::vector<Present> present(const Network& network, const Blocks& blocks) const;
    std::map<std::string, IpAddress> reachable(Problems* problems) const;

    std::string prefix_;
    std::string self_;
    IpAddress address_;
    std::map<std::string, Host> hosts_;
    std::map<std::uint32_t, std::string> vnis_;
    std::map<std::string, Network> networks_;
    std::map<std::string, Own> own_;
    Problems malformed_;
    std::set<std::string> changed_;
};

} // namespace ocinet::overlay
