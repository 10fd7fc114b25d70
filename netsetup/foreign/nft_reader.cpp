// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/foreign/nft_reader.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "netsetup/attributes.h"
#include "netsetup/foreign/nft_rule.h"
#include "netsetup/nft.h"

namespace ocinet::foreign {

namespace {

using netlink::nested;

netlink::Message request(std::uint8_t type, std::uint8_t family) {
    return netlink::netfilter_message(NFNL_SUBSYS_NFTABLES, type, family);
}

const nlattr* attribute(const nlmsghdr& message, std::uint16_t type) {
    return netlink::attribute(message, sizeof(nfgenmsg), type);
}

std::uint8_t family_of(const nlmsghdr& message) {
    return netlink::header_of<nfgenmsg>(message).nfgen_family;
}

std::uint32_t number_of(const nlattr* attribute) {
    return ntohl(netlink::u32_of(attribute));
}

const char* name_of(std::uint8_t family) {
    return family == NFPROTO_INET ? "inet" : family == NFPROTO_IPV4 ? "ip" : "ip6";
}

bool is_routed(std::uint8_t family) {
    return family == NFPROTO_INET || family == NFPROTO_IPV4 || family == NFPROTO_IPV6;
}

struct Key {
    std::uint8_t family;
    std::string name;
};

std::vector<Key> foreign_tables(netlink::Socket& netfilter) {
    std::vector<Key> found;
    netfilter.dump(request(NFT_MSG_GETTABLE, NFPROTO_UNSPEC), [&](const nlmsghdr& answer) {
        const std::uint8_t family = family_of(answer);
        const auto name = netlink::text_of(attribute(answer, NFTA_TABLE_NAME));
        const bool is_dormant =
            (number_of(attribute(answer, NFTA_TABLE_FLAGS)) & NFT_TABLE_F_DORMANT) != 0;
        if (is_routed(family) && !is_dormant && (family != NFPROTO_INET || name != nft::table)) {
            found.push_back({family, name});
        }
    });
    return found;
}

// A chain of our hooks that filters: what translates addresses does not drop.
std::optional<Chain::Base> base_of(const nlmsghdr& answer) {
    const nlattr* hook = attribute(answer, NFTA_CHAIN_HOOK);
    if (!hook || netlink::text_of(attribute(answer, NFTA_CHAIN_TYPE)) != "filter") {
        return std::nullopt;
    }
    const auto number = number_of(nested(hook, NFTA_HOOK_HOOKNUM));
    if (number > std::uint32_t(Hook::forward)) {
        return std::nullopt;
    }
    return Chain::Base{
        .hook = Hook(number),
        .drops = attribute(answer, NFTA_CHAIN_POLICY) &&
                 number_of(attribute(answer, NFTA_CHAIN_POLICY)) == NF_DROP,
    };
}

// --- sets and maps

// Asks the kernel for what a set has under a key.
class Sets {
public:
    Sets(netlink::Socket& netfilter, Key table) : netfilter_(netfilter), table_(std::move(table)) {}

    Found find(const std::string& set, const Bits& key) {
        try {
            const std::size_t size = key_size(set);
            const Bits exact{
                .value = {key.value.begin(), key.value.begin() + std::ptrdiff_t(size)},
                .known = {key.known.begin(), key.known.begin() + std::ptrdiff_t(size)}};
            if (size == 0 || !exact.all_known()) {
                return {};
            }
            return ask(set, exact);
        } catch (const netlink::Refused&) {
            return {}; // gone meanwhile, or one that a kernel cannot be asked about
        }
    }

private:
    // 0 where the set's keys do not fit into the registers.
    std::size_t key_size(const std::string& set) {
        auto [at, is_new] = key_sizes_.try_emplace(set, 0);
        if (is_new) {
            auto message = request(NFT_MSG_GETSET, table_.family);
            message.put_string(NFTA_SET_TABLE, table_.name);
            message.put_string(NFTA_SET_NAME, set);
            netfilter_.send(std::move(message), [&, &size = at->second](const nlmsghdr& answer) {
                size = number_of(attribute(answer, NFTA_SET_KEY_LEN));
            });
        }
        constexpr std::size_t all_registers = 64;
        return at->second <= all_registers ? at->second : 0;
    }

    netlink::Message element_request(const std::string& set) const {
        auto message = request(NFT_MSG_GETSETELEM, table_.family);
        message.put_string(NFTA_SET_ELEM_LIST_TABLE, table_.name);
        message.put_string(NFTA_SET_ELEM_LIST_SET, set);
        message.allow(ENOENT);
        return message;
    }

    // The element itself, and the one that stands for all that are not there.
    Found ask(const std::string& set, const Bits& key) {
        std::vector<netlink::Message> messages;
        messages.push_back(element_request(set));
        messages.back().nest(NFTA_SET_ELEM_LIST_ELEMENTS, [&](netlink::Message& list) {
            list.nest(NFTA_LIST_ELEM, [&](netlink::Message& element) {
                element.nest(NFTA_SET_ELEM_KEY, [&](netlink::Message& data) {
                    data.put(NFTA_DATA_VALUE, key.value.data(), key.value.size());
                });
            });
        });
        messages.push_back(element_request(set));
        messages.back().nest(NFTA_SET_ELEM_LIST_ELEMENTS, [&](netlink::Message& list) {
            list.nest(NFTA_LIST_ELEM, [&](netlink::Message& element) {
                element.put_u32(NFTA_SET_ELEM_FLAGS, htonl(NFT_SET_ELEM_CATCHALL));
            });
        });
        std::optional<Found> found;
        netfilter_.send(messages, [&](const nlmsghdr& answer) {
            for (const nlattr* element : netlink::all_nested(
                     attribute(answer, NFTA_SET_ELEM_LIST_ELEMENTS), NFTA_LIST_ELEM)) {
                if (!found && (nested(element, NFTA_SET_ELEM_EXPR) ||
                               nested(element, NFTA_SET_ELEM_EXPRESSIONS))) {
                    found = Found{}; // a limit of its own
                } else if (!found) {
                    const auto judged = read_verdict(
                        nested(nested(element, NFTA_SET_ELEM_DATA), NFTA_DATA_VERDICT));
                    found = {Match::yes, judged.verdict, judged.target};
                }
            }
        });
        return found.value_or(Found{Match::no, Verdict::none, ""});
    }

    netlink::Socket& netfilter_;
    Key table_;
    std::map<std::string, std::size_t> key_sizes_;
};

// ---

Rule read_rule(const nlmsghdr& answer, const std::shared_ptr<Sets>& sets) {
    Rule rule;
    const auto handle = netlink::bytes_of(attribute(answer, NFTA_RULE_HANDLE));
    for (const char byte : handle) {
        rule.number = rule.number << 8 | std::uint8_t(byte);
    }
    const nlattr* expressions = attribute(answer, NFTA_RULE_EXPRESSIONS);
    if (!expressions) {
        rule.judge = [](const Packet&) { return Judged{}; };
        return rule;
    }
    std::vector<char> copy(expressions->nla_len);
    std::copy_n(reinterpret_cast<const char*>(expressions), copy.size(), copy.begin());
    rule.judge = [body = std::move(copy), sets](const Packet& packet) {
        return judge_nft_rule(
            reinterpret_cast<const nlattr*>(body.data()), packet,
            [&](const std::string& set, const Bits& key) { return sets->find(set, key); });
    };
    return rule;
}

void read_rules(Table& table, const Key& key, netlink::Socket& netfilter) {
    const auto sets = std::make_shared<Sets>(netfilter, key);
    auto message = request(NFT_MSG_GETRULE, key.family);
    message.put_string(NFTA_RULE_TABLE, key.name);
    netfilter.dump(
        std::move(message),
        [&](const nlmsghdr& answer) {
            const auto found =
                table.chains.find(netlink::text_of(attribute(answer, NFTA_RULE_CHAIN)));
            if (found == table.chains.end()) {
                return; // made meanwhile
            }
            found->second.rules.push_back(read_rule(answer, sets));
        },
        [&] {
            for (auto& [name, chain] : table.chains) {
                chain.rules.clear();
            }
        });
}

} // namespace

std::vector<Table> read_nft(netlink::Socket& netfilter) {
    std::vector<Table> tables;
    const auto keys = foreign_tables(netfilter);
    for (const auto& [family, name] : keys) {
        tables.push_back({.keeper = Keeper::nft, .family = name_of(family), .name = name});
    }
    if (keys.empty()) {
        return tables;
    }
    netfilter.dump(request(NFT_MSG_GETCHAIN, NFPROTO_UNSPEC), [&](const nlmsghdr& answer) {
        for (std::size_t i = 0; i < keys.size(); ++i) {
            if (keys[i].family == family_of(answer) &&
                keys[i].name == netlink::text_of(attribute(answer, NFTA_CHAIN_TABLE))) {
                tables[i].chains[netlink::text_of(attribute(answer, NFTA_CHAIN_NAME))].base =
                    base_of(answer);
            }
        }
    });
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const auto& chains = tables[i].chains;
        if (std::any_of(chains.begin(), chains.end(),
                        [](const auto& chain) { return chain.second.base.has_value(); })) {
            read_rules(tables[i], keys[i], netfilter);
        }
    }
    return tables;
}

} // namespace ocinet::foreign
