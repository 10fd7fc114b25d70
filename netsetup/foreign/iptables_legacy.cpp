// SPDX-License-Identifier: GPL-2.0-or-later
// How the kernel hands out such a table: one block of entries of varying length, one behind the
// other. A chain of the user's begins with an entry whose target is ERROR and names it; a jump is
// the offset of the chain's first rule (include/uapi/linux/netfilter/x_tables.h).
#include "netsetup/foreign/iptables_legacy.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "netsetup/base/error.h"
#include "netsetup/base/fd.h"
#include "netsetup/base/file.h"
#include "netsetup/base/text.h"
#include "netsetup/foreign/xt.h"

namespace ocinet::foreign {

namespace {

constexpr const char* table_name = "filter";

// What IPv4 and IPv6 have under different names.
struct V4 {
    using Info = ipt_getinfo;
    using Entries = ipt_get_entries;
    using Entry = ipt_entry;
    static constexpr int family = AF_INET;
    static constexpr int level = SOL_IP;
    static constexpr int get_info = IPT_SO_GET_INFO;
    static constexpr int get_entries = IPT_SO_GET_ENTRIES;
    static constexpr const char* family_name = "ip";
    static constexpr const char* names = "/proc/net/ip_tables_names";
    static const ipt_ip& head(const Entry& entry) { return entry.ip; }
    static bool has_protocol(const ipt_ip& head) { return head.proto != 0; }
    static bool goes(const ipt_ip& head) { return (head.flags & IPT_F_GOTO) != 0; }
    static constexpr unsigned inverted_protocol = IPT_INV_PROTO;
    // Fragments, and what a later kernel has.
    static bool asks_more(const ipt_ip& head) { return (head.flags & ~IPT_F_GOTO) != 0; }
};

struct V6 {
    using Info = ip6t_getinfo;
    using Entries = ip6t_get_entries;
    using Entry = ip6t_entry;
    static constexpr int family = AF_INET6;
    static constexpr int level = SOL_IPV6;
    static constexpr int get_info = IP6T_SO_GET_INFO;
    static constexpr int get_entries = IP6T_SO_GET_ENTRIES;
    static constexpr const char* family_name = "ip6";
    static constexpr const char* names = "/proc/net/ip6_tables_names";
    static const ip6t_ip6& head(const Entry& entry) { return entry.ipv6; }
    static bool has_protocol(const ip6t_ip6& head) { return (head.flags & IP6T_F_PROTO) != 0; }
    static bool goes(const ip6t_ip6& head) { return (head.flags & IP6T_F_GOTO) != 0; }
    static constexpr unsigned inverted_protocol = IP6T_INV_PROTO;
    static bool asks_more(const ip6t_ip6& head) {
        return (head.flags & ~(IP6T_F_GOTO | IP6T_F_PROTO)) != 0;
    }
};

// The kernel's bits for the rest are the same in both (IPT_INV_VIA_IN, IP6T_INV_VIA_IN, …).
Match judge_interface(const char* name, const unsigned char* mask, bool inverted,
                      const std::optional<Interface>& interface) {
    if (mask[0] == 0) {
        return match_if(!inverted);
    }
    if (!interface) {
        return Match::maybe;
    }
    std::array<char, IFNAMSIZ> actual{};
    interface->name.copy(actual.data(), actual.size() - 1);
    bool equal = true;
    for (std::size_t i = 0; i < actual.size(); ++i) {
        equal = equal && ((actual[i] ^ name[i]) & mask[i]) == 0;
    }
    return match_if(equal != inverted);
}

Match judge_address(const void* wanted, const void* mask, bool inverted,
                    const std::optional<IpAddress>& address, std::size_t size) {
    const auto* wanted_bytes = static_cast<const std::uint8_t*>(wanted);
    const auto* mask_bytes = static_cast<const std::uint8_t*>(mask);
    if (std::all_of(mask_bytes, mask_bytes + size, [](std::uint8_t byte) { return byte == 0; })) {
        return match_if(!inverted);
    }
    if (!address) {
        return Match::maybe;
    }
    bool equal = true;
    for (std::size_t i = 0; i < size; ++i) {
        equal = equal && ((address->data()[i] ^ wanted_bytes[i]) & mask_bytes[i]) == 0;
    }
    return match_if(equal != inverted);
}

template <typename Family>
Match judge_head(const typename Family::Entry& entry, const Packet& packet) {
    const auto& head = Family::head(entry);
    const auto inverted = [&](unsigned bit) { return (head.invflags & bit) != 0; };
    Match match = Family::asks_more(head) ? Match::maybe : Match::yes;
    match = std::min(match, judge_interface(head.iniface, head.iniface_mask,
                                            inverted(IPT_INV_VIA_IN), packet.in));
    match = std::min(match, judge_interface(head.outiface, head.outiface_mask,
                                            inverted(IPT_INV_VIA_OUT), packet.out));
    match = std::min(match, judge_address(&head.src, &head.smsk, inverted(IPT_INV_SRCIP),
                                          packet.source, sizeof head.src));
    match = std::min(match, judge_address(&head.dst, &head.dmsk, inverted(IPT_INV_DSTIP),
                                          packet.destination, sizeof head.dst));
    if (Family::has_protocol(head)) {
        match = std::min(match, packet.protocol ? match_if((*packet.protocol == head.proto) !=
                                                           inverted(Family::inverted_protocol))
                                                : Match::maybe);
    }
    return match;
}

// The entries as a whole; each is looked at where it stands.
template <typename Family>
class Block {
public:
    using Entry = typename Family::Entry;

    Block(typename Family::Info info, std::vector<char> bytes)
        : info_(info), bytes_(std::move(bytes)) {}

    Table read() const {
        Table table{
            .keeper = Keeper::iptables_legacy, .family = Family::family_name, .name = table_name};
        const auto chains = chains_by_offset();
        std::string name;
        for (std::size_t at = 0; at + sizeof(Entry) <= bytes_.size(); at += entry(at).next_offset) {
            if (const auto begun = chains.find(at); begun != chains.end()) {
                name = begun->second;
                table.chains[name].base = base_of(at);
            }
            if (const auto user_chain = error_name(at)) {
                name = *user_chain;
            } else {
                add(table.chains[name], at, chains);
            }
        }
        return table;
    }

private:
    using Names = std::map<std::size_t, std::string>;

    // Throws Error for one that the kernel would not hand out.
    const Entry& entry(std::size_t at) const {
        const auto& found = *reinterpret_cast<const Entry*>(bytes_.data() + at);
        if (found.next_offset < sizeof(Entry) + sizeof(xt_entry_target) ||
            found.next_offset > bytes_.size() - at || found.target_offset < sizeof(Entry) ||
            found.target_offset > found.next_offset - sizeof(xt_entry_target)) {
            throw Error("the kernel's table of iptables-legacy is malformed");
        }
        return found;
    }

    const xt_entry_target& target(std::size_t at) const {
        return *reinterpret_cast<const xt_entry_target*>(bytes_.data() + at +
                                                         entry(at).target_offset);
    }

    std::string_view target_name(std::size_t at) const { return target(at).u.user.name; }

    std::optional<std::string> error_name(std::size_t at) const {
        if (target_name(at) != XT_ERROR_TARGET) {
            return std::nullopt;
        }
        return std::string(reinterpret_cast<const xt_error_target*>(&target(at))->errorname);
    }

    // By the offset of their first rule.
    Names chains_by_offset() const {
        Names names{{info_.hook_entry[NF_INET_LOCAL_IN], "INPUT"},
                    {info_.hook_entry[NF_INET_FORWARD], "FORWARD"},
                    {info_.hook_entry[NF_INET_LOCAL_OUT], "OUTPUT"}};
        for (std::size_t at = 0; at + sizeof(Entry) <= bytes_.size(); at += entry(at).next_offset) {
            if (const auto name = error_name(at)) {
                names[at + entry(at).next_offset] = *name;
            }
        }
        return names;
    }

    std::optional<Chain::Base> base_of(std::size_t at) const {
        for (const Hook hook : {Hook::input, Hook::forward}) {
            if (info_.hook_entry[std::size_t(hook)] == at) {
                return Chain::Base{.hook = hook,
                                   .drops = standard_verdict(info_.underflow[std::size_t(hook)]) ==
                                            -NF_DROP - 1};
            }
        }
        return std::nullopt;
    }

    int standard_verdict(std::size_t at) const {
        return reinterpret_cast<const xt_standard_target*>(&target(at))->verdict;
    }

    bool is_policy(std::size_t at) const {
        return std::find(std::begin(info_.underflow), std::end(info_.underflow), at) !=
               std::end(info_.underflow);
    }

    void add(Chain& chain, std::size_t at, const Names& chains) const {
        if (is_policy(at)) {
            return;
        }
        Judged judged = verdict_of(at, chains);
        std::vector<char> copy(bytes_.begin() + std::ptrdiff_t(at),
                               bytes_.begin() + std::ptrdiff_t(at + entry(at).next_offset));
        chain.rules.push_back({.number = chain.rules.size() + 1,
                               .judge = [body = std::move(copy), judged](const Packet& packet) {
                                   Judged result = judged;
                                   result.match = judge_entry(body, packet);
                                   return result;
                               }});
    }

    Judged verdict_of(std::size_t at, const Names& chains) const {
        if (target_name(at) != XT_STANDARD_TARGET) {
            return {.verdict = judge_xt_target(target_name(at))};
        }
        const int verdict = standard_verdict(at);
        if (verdict < 0) {
            return {.verdict = verdict == -NF_ACCEPT - 1 ? Verdict::accept
                               : verdict == -NF_DROP - 1 ? Verdict::drop
                               : verdict == XT_RETURN    ? Verdict::come_back
                                                         : Verdict::any};
        }
        const auto found = chains.find(std::size_t(verdict));
        if (found == chains.end()) {
            return {}; // a rule without a target: its jump leads to the next one
        }
        const bool goes = Family::goes(Family::head(entry(at)));
        return {.verdict = goes ? Verdict::go_to : Verdict::jump, .target = found->second};
    }

    static Match judge_entry(const std::vector<char>& body, const Packet& packet) {
        const auto& entry = *reinterpret_cast<const Entry*>(body.data());
        Match match = judge_head<Family>(entry, packet);
        for (std::size_t at = sizeof(Entry); at + sizeof(xt_entry_match) <= entry.target_offset;) {
            const auto& one = *reinterpret_cast<const xt_entry_match*>(body.data() + at);
            const std::size_t size = one.u.match_size;
            if (size < sizeof one || size > entry.target_offset - at) {
                return std::min(match, Match::maybe);
            }
            match = std::min(
                match, judge_xt_match(one.u.user.name, one.u.user.revision,
                                      {body.data() + at + sizeof one, size - sizeof one}, packet));
            at += size;
        }
        return match;
    }

    typename Family::Info info_;
    std::vector<char> bytes_;
};

bool has_table(const char* names) {
    const auto text = read_setting(AT_FDCWD, names);
    const auto lines = text ? split(*text, '\n') : std::vector<std::string_view>();
    return std::find(lines.begin(), lines.end(), table_name) != lines.end();
}

template <typename Family>
std::optional<Table> read_table() {
    if (!has_table(Family::names)) {
        return std::nullopt;
    }
    const Fd socket(::socket(Family::family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW));
    if (!socket) {
        throw_errno("raw socket");
    }
    for (;;) {
        typename Family::Info info{};
        std::strncpy(info.name, table_name, sizeof info.name - 1);
        socklen_t size = sizeof info;
        if (::getsockopt(socket.get(), Family::level, Family::get_info, &info, &size) != 0) {
            throw_errno("ask for the table of iptables-legacy");
        }
        std::vector<char> answer(sizeof(typename Family::Entries) + info.size);
        auto& entries = *reinterpret_cast<typename Family::Entries*>(answer.data());
        std::strncpy(entries.name, table_name, sizeof entries.name - 1);
        entries.size = info.size;
        size = socklen_t(answer.size());
        if (::getsockopt(socket.get(), Family::level, Family::get_entries, &entries, &size) == 0) {
            answer.erase(answer.begin(), answer.begin() + sizeof(typename Family::Entries));
            return Block<Family>(info, std::move(answer)).read();
        }
        if (errno != EAGAIN) { // which says that somebody changed it in between
            throw_errno("read the table of iptables-legacy");
        }
    }
}

} // namespace

std::vector<Table> read_iptables_legacy() {
    std::vector<Table> tables;
    if (auto table = read_table<V4>()) {
        tables.push_back(std::move(*table));
    }
    if (auto table = read_table<V6>()) {
        tables.push_back(std::move(*table));
    }
    return tables;
}

} // namespace ocinet::foreign
