// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/nft.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <nlohmann/json.hpp>
#include <span>

#include "netsetup/attributes.h"
#include "netsetup/base/text.h"
#include "netsetup/json.h"
#include "netsetup/nft_key.h"

namespace ocinet::nft {

OCINET_JSON(Element, set, key, value, comment)

namespace {

// Elements of one message, each under 256 bytes with its comment; an attribute list ends at 64 KiB.
constexpr std::size_t elements_a_message = 128;
constexpr std::size_t element_size = 384;
// Each is answered twice, and all answers wait in the socket's buffer.
constexpr std::size_t questions_at_once = 64;

// How nft writes a comment, of an element as of a table, into the user data that the kernel keeps
// for it: type, length, text with its NUL (libnftnl/udata.h: NFTNL_UDATA_SET_ELEM_COMMENT,
// _TABLE_COMMENT).
constexpr char comment_type = 0;
constexpr std::size_t longest_comment = 128;

netlink::Message message(std::uint8_t type, std::uint16_t flags, std::size_t capacity,
                         Family family) {
    return netlink::netfilter_message(NFNL_SUBSYS_NFTABLES, type,
                                      family == Family::inet ? NFPROTO_INET : NFPROTO_BRIDGE, flags,
                                      capacity);
}

std::vector<char> user_data(const std::string& comment) {
    if (comment.size() > longest_comment) {
        throw Error("the comment of an nft element is too long: " + comment);
    }
    std::vector<char> data{comment_type, char(comment.size() + 1)};
    data.insert(data.end(), comment.c_str(), comment.c_str() + comment.size() + 1);
    return data;
}

void put_data(netlink::Message& message, std::uint16_t type, const std::vector<char>& data) {
    if (!data.empty()) {
        message.nest(type, [&](netlink::Message& nested) {
            nested.put(NFTA_DATA_VALUE, data.data(), data.size());
        });
    }
}

// nf_tables.h: enum nft_set_elem_attributes.
void put_element(netlink::Message& message, const Element& element) {
    const Encoded encoded = encode(element);
    message.nest(NFTA_LIST_ELEM, [&](netlink::Message& nested) {
        put_data(nested, NFTA_SET_ELEM_KEY, encoded.key);
        put_data(nested, NFTA_SET_ELEM_KEY_END, encoded.key_end);
        put_data(nested, NFTA_SET_ELEM_DATA, encoded.value);
        if (!element.comment.empty()) {
            const auto data = user_data(element.comment);
            nested.put(NFTA_SET_ELEM_USERDATA, data.data(), data.size());
        }
    });
    if (!encoded.next_key.empty()) {
        // An interval of one field is two elements: its start, and the first key behind it.
        message.nest(NFTA_LIST_ELEM, [&](netlink::Message& nested) {
            put_data(nested, NFTA_SET_ELEM_KEY, encoded.next_key);
            nested.put_u32(NFTA_SET_ELEM_FLAGS, htonl(NFT_SET_ELEM_INTERVAL_END));
        });
    }
}

netlink::Message message_for(std::span<const Element> of_one_set, std::uint8_t type,
                             std::uint16_t flags) {
    netlink::Message result =
        message(type, flags, 256 + of_one_set.size() * element_size, family_of(of_one_set.front()));
    result.put_string(NFTA_SET_ELEM_LIST_TABLE, table);
    result.put_string(NFTA_SET_ELEM_LIST_SET, of_one_set.front().set);
    result.nest(NFTA_SET_ELEM_LIST_ELEMENTS, [&](netlink::Message& list) {
        for (const auto& element : of_one_set) {
            put_element(list, element);
        }
    });
    return result;
}

// Messages of one type for all elements: those of one set that stand together share a message.
std::vector<netlink::Message> messages_for(const std::vector<Element>& elements, std::uint8_t type,
                                           std::uint16_t flags) {
    std::vector<netlink::Message> messages;
    for (std::size_t begin = 0; begin < elements.size();) {
        std::size_t end = begin;
        while (end < elements.size() && end - begin < elements_a_message &&
               elements[end].set == elements[begin].set) {
            ++end;
        }
        messages.push_back(
            message_for(std::span(elements).subspan(begin, end - begin), type, flags));
        messages.back().command(int(begin));
        begin = end;
    }
    return messages;
}

// What stands in braces.
std::string braced(const Element& element, bool with_value) {
    std::string text = "{ " + join(quoted_key(element), " . ");
    if (with_value && !element.comment.empty()) {
        text += " comment \"" + element.comment + "\"";
    }
    if (with_value && !element.value.empty()) {
        text += " : " + join(element.value, " . ");
    }
    return text + " }";
}

std::string name_of(Family family) {
    return family == Family::inet ? "inet" : "bridge";
}

std::string head(const char* verb, const Element& element) {
    return std::string(verb) + " element " + name_of(family_of(element)) + " " + table + " " +
           element.set + " ";
}

} // namespace

std::string add_line(const Element& element) {
    return head("add", element) + braced(element, true);
}

std::string add_command(const Element& element) {
    return "nft " + head("add", element) + shell_word(braced(element, true));
}

std::string delete_command(const Element& element) {
    return "nft " + head("delete", element) + shell_word(braced(element, false));
}

void add(netlink::Socket& socket, const std::vector<Element>& elements) {
    if (!elements.empty()) {
        socket.send_transaction(messages_for(elements, NFT_MSG_NEWSETELEM, NLM_F_CREATE));
    }
}

void remove(netlink::Socket& socket, const std::vector<Element>& elements) {
    if (elements.empty()) {
        return;
    }
    try {
        socket.send_transaction(messages_for(elements, NFT_MSG_DELSETELEM, 0));
        return;
    } catch (const netlink::Refused& refused) {
        if (refused.error() != ENOENT) {
            throw;
        }
    }
    // One of them is gone already, and the transaction with it: now each by itself.
    for (const auto& element : elements) {
        auto alone = messages_for({element}, NFT_MSG_DELSETELEM, 0);
        alone.front().allow(ENOENT);
        socket.send_transaction(std::move(alone));
    }
}

namespace {

netlink::Message request_for(const Element& element) {
    Element key_only = element;
    key_only.value.clear();
    key_only.comment.clear();
    auto request = message_for(std::span(&key_only, 1), NFT_MSG_GETSETELEM, 0);
    request.allow(ENOENT);
    return request;
}

bool has_value(const nlmsghdr& answer, const std::vector<char>& wanted) {
    const nlattr* list = netlink::attribute(answer, sizeof(nfgenmsg), NFTA_SET_ELEM_LIST_ELEMENTS);
    if (!list) {
        throw Error("the kernel's answer about an nft element is malformed");
    }
    const auto elements = netlink::all_nested(list, NFTA_LIST_ELEM);
    return std::ranges::any_of(elements, [&](const nlattr* raw) {
        return std::ranges::equal(netlink::bytes_of(netlink::nested(
                                      netlink::nested(raw, NFTA_SET_ELEM_DATA), NFTA_DATA_VALUE)),
                                  wanted);
    });
}

// Of the elements those that are in the kernel, value included, or those that are not.
std::vector<Element> filter(netlink::Socket& socket, const std::vector<Element>& elements,
                            bool in_kernel) {
    std::vector<Element> result;
    for (std::size_t begin = 0; begin < elements.size(); begin += questions_at_once) {
        const auto asked = std::span(elements).subspan(
            begin, std::min(questions_at_once, elements.size() - begin));
        std::vector<netlink::Message> requests;
        std::ranges::transform(asked, std::back_inserter(requests), request_for);
        std::vector<bool> found(asked.size());
        socket.send(requests, [&](const nlmsghdr& answer) {
            const auto index = answer.nlmsg_seq - requests.front().get()->nlmsg_seq;
            found[index] = found[index] || has_value(answer, encode(asked[index]).value);
        });
        for (std::size_t i = 0; i < asked.size(); ++i) {
            if (found[i] == in_kernel) {
                result.push_back(asked[i]);
            }
        }
    }
    return result;
}

} // namespace

std::vector<Element> present(netlink::Socket& socket, const std::vector<Element>& elements) {
    return filter(socket, elements, true);
}

std::vector<Element> absent(netlink::Socket& socket, const std::vector<Element>& elements) {
    return filter(socket, elements, false);
}

std::vector<std::vector<char>> keys(netlink::Socket& socket, const std::string& set) {
    auto request = message(NFT_MSG_GETSETELEM, 0, 128, Family::inet);
    request.put_string(NFTA_SET_ELEM_LIST_TABLE, table);
    request.put_string(NFTA_SET_ELEM_LIST_SET, set);
    std::vector<std::vector<char>> keys;
    try {
        socket.dump(std::move(request), [&](const nlmsghdr& answer) {
            const auto* list =
                netlink::attribute(answer, sizeof(nfgenmsg), NFTA_SET_ELEM_LIST_ELEMENTS);
            for (const auto* element : netlink::all_nested(list, NFTA_LIST_ELEM)) {
                const auto key = netlink::bytes_of(
                    netlink::nested(netlink::nested(element, NFTA_SET_ELEM_KEY), NFTA_DATA_VALUE));
                keys.emplace_back(key.begin(), key.end());
            }
        });
    } catch (const netlink::Refused& refused) {
        if (refused.error() != ENOENT) {
            throw;
        }
    }
    return keys;
}

namespace {

// From a table's user data, "policy 1"; 0 for all else.
int version_in(std::string_view user_data) {
    const std::string_view head = "policy ";
    if (user_data.size() <= 3 || user_data.front() != comment_type) {
        return 0;
    }
    const std::string_view comment = user_data.substr(2, user_data.size() - 3);
    if (!comment.starts_with(head)) {
        return 0;
    }
    return int(parse_number(comment.substr(head.size()), 0, 1000000).value_or(0));
}

std::optional<int> live_version(netlink::Socket& socket, Family family) {
    auto request = message(NFT_MSG_GETTABLE, 0, 128, family);
    request.put_string(NFTA_TABLE_NAME, table);
    request.allow(ENOENT);
    std::optional<int> version;
    socket.send(std::move(request), [&](const nlmsghdr& answer) {
        const auto* data = netlink::attribute(answer, sizeof(nfgenmsg), NFTA_TABLE_USERDATA);
        version = version_in(netlink::bytes_of(data));
    });
    return version;
}

} // namespace

std::optional<int> live_version(netlink::Socket& socket) {
    const auto inet = live_version(socket, Family::inet);
    const auto bridge = live_version(socket, Family::bridge);
    return inet && bridge ? std::optional(std::min(*inet, *bridge)) : std::nullopt;
}

std::vector<std::string> live_tables(netlink::Socket& socket) {
    std::vector<std::string> names;
    for (const Family family : {Family::inet, Family::bridge}) {
        if (live_version(socket, family)) {
            names.push_back(name_of(family) + " " + table);
        }
    }
    return names;
}

void delete_tables(netlink::Socket& socket) {
    for (const Family family : {Family::inet, Family::bridge}) {
        auto request = message(NFT_MSG_DELTABLE, 0, 128, family);
        request.put_string(NFTA_TABLE_NAME, table);
        request.allow(ENOENT);
        std::vector<netlink::Message> messages;
        messages.push_back(std::move(request));
        socket.send_transaction(std::move(messages));
    }
}

} // namespace ocinet::nft
