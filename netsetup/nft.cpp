// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/nft.h"

#include <arpa/inet.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>

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

using SetPointer = std::unique_ptr<nftnl_set, void (*)(const nftnl_set*)>;

netlink::Message message(std::uint16_t type, std::uint16_t flags, std::size_t capacity,
                         Family family) {
    netlink::Message message(std::uint16_t(NFNL_SUBSYS_NFTABLES << 8 | type), flags, capacity);
    auto& header = message.header<nfgenmsg>();
    header.nfgen_family = family == Family::inet ? NFPROTO_INET : NFPROTO_BRIDGE;
    header.version = NFNETLINK_V0;
    return message;
}

std::vector<char> user_data(const std::string& comment) {
    const std::unique_ptr<nftnl_udata_buf, void (*)(const nftnl_udata_buf*)> buffer(
        nftnl_udata_buf_alloc(256), nftnl_udata_buf_free);
    if (!buffer ||
        !nftnl_udata_put_strz(buffer.get(), NFTNL_UDATA_SET_ELEM_COMMENT, comment.c_str())) {
        throw Error("the comment of an nft element is too long: " + comment);
    }
    const auto* data = static_cast<const char*>(nftnl_udata_buf_data(buffer.get()));
    return {data, data + nftnl_udata_buf_len(buffer.get())};
}

void put(nftnl_set_elem* element, std::uint16_t attribute, const std::vector<char>& data) {
    if (!data.empty() &&
        nftnl_set_elem_set(element, attribute, data.data(), std::uint32_t(data.size())) != 0) {
        throw Error("out of memory for an nft element");
    }
}

nftnl_set_elem* add_new(nftnl_set* set) {
    nftnl_set_elem* element = nftnl_set_elem_alloc();
    if (!element) {
        throw Error("out of memory for an nft element");
    }
    nftnl_set_elem_add(set, element);
    return element;
}

void put_element(nftnl_set* set, const Element& element) {
    const Encoded encoded = encode(element);
    nftnl_set_elem* raw = add_new(set);
    put(raw, NFTNL_SET_ELEM_KEY, encoded.key);
    put(raw, NFTNL_SET_ELEM_KEY_END, encoded.key_end);
    put(raw, NFTNL_SET_ELEM_DATA, encoded.value);
    if (!element.comment.empty()) {
        put(raw, NFTNL_SET_ELEM_USERDATA, user_data(element.comment));
    }
    if (!encoded.next_key.empty()) {
        // An interval of one field is two elements: its start, and the first key behind it.
        nftnl_set_elem* end = add_new(set);
        put(end, NFTNL_SET_ELEM_KEY, encoded.next_key);
        nftnl_set_elem_set_u32(end, NFTNL_SET_ELEM_FLAGS, NFT_SET_ELEM_INTERVAL_END);
    }
}

SetPointer set_named(const std::string& name) {
    SetPointer set(nftnl_set_alloc(), nftnl_set_free);
    if (!set || nftnl_set_set_str(set.get(), NFTNL_SET_TABLE, table) != 0 ||
        nftnl_set_set_str(set.get(), NFTNL_SET_NAME, name.c_str()) != 0) {
        throw Error("out of memory for an nft set");
    }
    return set;
}

// Messages of one type for all elements: those of one set that stand together share a message.
std::vector<netlink::Message> messages_for(const std::vector<Element>& elements, std::uint16_t type,
                                           std::uint16_t flags) {
    std::vector<netlink::Message> messages;
    for (std::size_t begin = 0; begin < elements.size();) {
        std::size_t end = begin;
        const SetPointer set = set_named(elements[begin].set);
        while (end < elements.size() && end - begin < elements_a_message &&
               elements[end].set == elements[begin].set) {
            put_element(set.get(), elements[end++]);
        }
        messages.push_back(
            message(type, flags, 256 + (end - begin) * element_size, family_of(elements[begin])));
        nftnl_set_elems_nlmsg_build_payload(messages.back().get(), set.get());
        messages.back().command(int(begin));
        begin = end;
    }
    return messages;
}

bool is_missing(const netlink::Refused& refused) {
    return refused.error() == ENOENT;
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

std::string head(const char* verb, const Element& element) {
    const char* family = family_of(element) == Family::inet ? "inet" : "bridge";
    return std::string(verb) + " element " + family + " " + table + " " + element.set + " ";
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
        if (!is_missing(refused)) {
            throw;
        }
    }
    // One of them is gone already, and the transaction with it: now each by itself.
    for (const auto& element : elements) {
        try {
            socket.send_transaction(messages_for({element}, NFT_MSG_DELSETELEM, 0));
        } catch (const netlink::Refused& refused) {
            if (!is_missing(refused)) {
                throw;
            }
        }
    }
}

bool contains(netlink::Socket& socket, const Element& element) {
    const Encoded wanted = encode(element);
    Element key_only = element;
    key_only.value.clear();
    key_only.comment.clear();
    bool found = false;
    auto request = messages_for({key_only}, NFT_MSG_GETSETELEM, 0);
    try {
        socket.send(request, [&](const nlmsghdr& answer) {
            const SetPointer set = set_named(element.set);
            if (nftnl_set_elems_nlmsg_parse(&answer, set.get()) != 0) {
                throw Error("the kernel's answer about set " + element.set + " is malformed");
            }
            const std::unique_ptr<nftnl_set_elems_iter, void (*)(nftnl_set_elems_iter*)> walk(
                nftnl_set_elems_iter_create(set.get()), nftnl_set_elems_iter_destroy);
            while (nftnl_set_elem* raw = nftnl_set_elems_iter_next(walk.get())) {
                std::uint32_t size = 0;
                const void* value = nftnl_set_elem_get(raw, NFTNL_SET_ELEM_DATA, &size);
                found =
                    found || (size == wanted.value.size() &&
                              (size == 0 || std::memcmp(value, wanted.value.data(), size) == 0));
            }
        });
    } catch (const netlink::Refused& refused) {
        if (!is_missing(refused)) {
            throw;
        }
    }
    return found;
}

namespace {

// "policy 1" in nft's own encoding of a comment: type, length, text with its NUL. 0 for all else.
int version_in(const nlattr* user_data) {
    const std::string_view head = "policy ";
    if (!user_data) {
        return 0;
    }
    const auto* bytes = static_cast<const char*>(mnl_attr_get_payload(user_data));
    const std::size_t size = mnl_attr_get_payload_len(user_data);
    if (size <= 3 || bytes[0] != NFTNL_UDATA_TABLE_COMMENT) {
        return 0;
    }
    const std::string_view comment(bytes + 2, size - 3);
    if (!comment.starts_with(head)) {
        return 0;
    }
    return int(parse_number(comment.substr(head.size()), 0, 1000000).value_or(0));
}

std::optional<int> live_version(netlink::Socket& socket, Family family) {
    auto request = message(NFT_MSG_GETTABLE, 0, 128, family);
    request.put_string(NFTA_TABLE_NAME, table);
    std::optional<int> version;
    try {
        socket.send(std::move(request), [&](const nlmsghdr& answer) {
            version = version_in(netlink::attribute(answer, sizeof(nfgenmsg), NFTA_TABLE_USERDATA));
        });
    } catch (const netlink::Refused& refused) {
        if (!is_missing(refused)) {
            throw;
        }
    }
    return version;
}

} // namespace

std::optional<int> live_version(netlink::Socket& socket) {
    const auto inet = live_version(socket, Family::inet);
    const auto bridge = live_version(socket, Family::bridge);
    return inet && bridge ? std::optional(std::min(*inet, *bridge)) : std::nullopt;
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
