// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "overlay/etcd/protocol.h"
#include "overlay/judgement.h"

namespace ocinet::overlay {

/// What etcd says, key by key, and what of it is believed. A definition and a block do not change:
/// one that was written over is not believed.
class View {
public:
    explicit View(Judge judge) : judge_(std::move(judge)) {}

    /// Of all keys.
    const std::string& prefix() const { return judge_.prefix; }

    void put(const etcd::KeyValue& now);
    void gone(const std::string& key);

    const HostClaim* host(const std::string& name) const;
    const Definition* definition(const std::string& network) const;
    /// Whose VNI this is; empty: nobody's.
    std::string owner_of(std::uint32_t vni) const;
    /// `instance`: of the host of this name.
    std::vector<Prefix> blocks_of(const std::string& network, const std::string& host,
                                  const std::string& instance) const;
    /// Single addresses that it has taken, whether they are its or not, and when: the revision.
    std::map<Prefix, std::int64_t> singles_of(const std::string& network, const std::string& host,
                                              const std::string& instance) const;
    /// Whether anybody has it, or a part of it.
    bool is_taken(const std::string& network, const Prefix& block) const;

    /// Whose an address is to give.
    struct Giver {
        Prefix block;
        std::string host;
        std::string instance;
        /// Etcd knows of a container that has it.
        bool has_given = false;
    };
    std::optional<Giver> giver_of(const std::string& network, const IpAddress& address) const;

    /// Containers on other hosts.
    const std::map<Whose, endpoints::Endpoint>& elsewhere(const std::string& network) const {
        return judgement(network).elsewhere;
    }
    /// What is different there since the last call, of one network.
    struct Difference {
        std::vector<endpoints::Endpoint> gone;
        std::vector<endpoints::Endpoint> come;
    };
    Difference take_difference(const std::string& network);

    /// Hosts that encrypted tunnels lead to.
    const std::vector<wireguard::Peer>& peers() const { return reachable().peers; }

    /// What this host itself has below hosts/SELF/containers/.
    struct Own {
        std::string value;
        std::int64_t lease = 0;
    };
    const std::map<std::string, Own>& own_containers() const { return own_; }

    /// Networks of which something changed since the last call.
    std::set<std::string> take_changed() { return std::exchange(changed_, {}); }
    /// What breaks a rule now, by the key.
    Problems problems() const;

private:
    void understand(const Key& key, const etcd::KeyValue& now);
    void take_host(const std::string& name, const etcd::KeyValue& now);
    void take_container(const Key& key, const etcd::KeyValue& now);
    void forget(const Key& key, const std::string& text);
    void network_changed(const std::string& name);
    void container_changed(const std::string& name, const Whose& whose);
    void hosts_changed();
    const Reachable& reachable() const;
    const Judgement& judgement(const std::string& network) const;

    /// What was judged of a network, until something changes: who asks comes at each container, and
    /// a judgement takes as long as the network is large.
    struct Judged {
        Judgement judgement;
        bool is_old = true;
        /// Else this alone is.
        std::set<Whose> old;
        /// What was elsewhere at the last take_difference(), of those who have been judged since.
        std::map<Whose, std::optional<endpoints::Endpoint>> before;
    };
    void judge(Judged& judged, const Said& said) const;
    static void replace(Judged& judged, Judgement now);

    Judge judge_;
    HostClaims hosts_;
    std::map<std::uint32_t, std::string> vnis_;
    std::map<std::string, Claims> networks_;
    std::map<std::string, Own> own_;
    /// Keys that are not understood.
    Problems malformed_;
    std::set<std::string> changed_;
    mutable std::optional<Reachable> reachable_;
    mutable std::map<std::string, Judged> judged_;
};

} // namespace ocinet::overlay
