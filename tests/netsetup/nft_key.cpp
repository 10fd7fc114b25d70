// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/nft_key.h"

#include <map>
#include <regex>

#include "tests/base/caught.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace ocinet::test {

namespace {

using nft::Element;
using nft::encode;

std::string hex(const std::vector<char>& bytes) {
    const char* digits = "0123456789abcdef";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        text += i > 0 && i % 4 == 0 ? " " : "";
        text += digits[std::uint8_t(bytes[i]) >> 4];
        text += digits[std::uint8_t(bytes[i]) & 15];
    }
    return text;
}

struct Case {
    Element element;
    std::string key;
    std::string key_end;
    std::string next_key;
    std::string value;
};

const std::string eth0 = "65746830 00000000 00000000 00000000";

// Network byte order; each field of a concatenation padded to four bytes. By hand, from
// `nft --debug=netlink`, which prints these words in the host's order.
const std::vector<Case> cases = {
    {{"bridges", {"eth0"}, {}, ""}, eth0, "", "", ""},
    {{"internals", {"abcdefghijklmno"}, {}, ""}, "61626364 65666768 696a6b6c 6d6e6f00", "", "", ""},
    {{"guarded4", {"eth0"}, {}, ""}, eth0, "", "", ""},
    {{"lone", {"eth0"}, {}, ""}, eth0, "", "", ""},
    {{"gateways", {"eth0", "02:0c:0a:5a:00:01"}, {}, ""}, eth0 + " 020c0a5a 00010000", "", "", ""},
    {{"masq6", {"fd00::/64"}, {}, ""},
     "fd000000 00000000 00000000 00000000",
     "",
     "fd000000 00000001 00000000 00000000",
     ""},
    {{"outbound4", {"10.90.0.0/16"}, {"192.0.2.9"}, ""}, "0a5a0000", "", "0a5b0000", "c0000209"},
    {{"hairpin6", {"fd00::/64", "fd01::/64"}, {}, ""},
     "fd000000 00000000 00000000 00000000 fd010000 00000000 00000000 00000000",
     "fd000000 00000000 ffffffff ffffffff fd010000 00000000 ffffffff ffffffff",
     "",
     ""},
    {{"any6", {"sctp", "8080"}, {"fd00::5", "80"}, ""},
     "84000000 1f900000",
     "",
     "",
     "fd000000 00000000 00000000 00000005 00500000"},
    {{"arange6", {"2001:db8::1", "udp", "1-65535"}, {"fd00::5"}, ""},
     "20010db8 00000000 00000000 00000001 11000000 00010000",
     "20010db8 00000000 00000000 00000001 11000000 ffff0000",
     "",
     "fd000000 00000000 00000000 00000005"},
    {{"same", {"eth0", "eth0"}, {}, ""}, eth0 + " " + eth0, "", "", ""},
    {{"masq4", {"10.90.0.0/16"}, {}, ""}, "0a5a0000", "", "0a5b0000", ""},
    {{"masq4", {"10.0.0.0/8"}, {}, ""}, "0a000000", "", "0b000000", ""},
    {{"masq4", {"192.0.2.252/30"}, {}, ""}, "c00002fc", "", "c0000300", ""},
    {{"masq4", {"192.0.2.7"}, {}, ""}, "c0000207", "", "c0000208", ""},
    {{"hairpin4", {"10.90.0.0/16", "10.90.0.0/16"}, {}, ""},
     "0a5a0000 0a5a0000",
     "0a5affff 0a5affff",
     "",
     ""},
    {{"any4", {"tcp", "8080"}, {"10.90.0.5", "80"}, ""},
     "06000000 1f900000",
     "",
     "",
     "0a5a0005 00500000"},
    {{"any4", {"udp", "65535"}, {"10.90.0.5", "1"}, ""},
     "11000000 ffff0000",
     "",
     "",
     "0a5a0005 00010000"},
    {{"addr4", {"127.0.0.1", "udp", "53"}, {"10.90.0.5", "5353"}, ""},
     "7f000001 11000000 00350000",
     "",
     "",
     "0a5a0005 14e90000"},
    {{"range4", {"tcp", "9000-9010"}, {"10.90.0.5"}, ""},
     "06000000 23280000",
     "06000000 23320000",
     "",
     "0a5a0005"},
    {{"arange4", {"192.0.2.1", "udp", "1-65535"}, {"10.90.0.5"}, ""},
     "c0000201 11000000 00010000",
     "c0000201 11000000 ffff0000",
     "",
     "0a5a0005"},
    {{"any4", {"tcp", "80"}, {}, ""}, "06000000 00500000", "", "", ""},
    {{"source4", {"eth0", "02:0c:0a:5a:00:05", "10.90.0.5"}, {}, ""},
     eth0 + " 020c0a5a 00050000 0a5a0005",
     "",
     "",
     ""},
    {{"targets", {"eth0", "02:0c:0a:5a:00:05", "fd00::5"}, {}, ""},
     eth0 + " 020c0a5a 00050000 fd000000 00000000 00000000 00000005",
     "",
     "",
     ""},
    {{"lladdrs", {"eth0", "02:0c:0a:5a:00:05"}, {}, ""}, eth0 + " 020c0a5a 00050000", "", "", ""},
    {{"sealed", {"4789", "66051"}, {}, ""}, "12b50000 01020300", "", "", ""},
    {{"tunnels", {"4789", "66051"}, {}, ""}, "12b50000 01020300", "", "", ""},
    {{"peers4", {"192.0.2.1", "4789", "95"}, {}, ""}, "c0000201 12b50000 00005f00", "", "", ""},
    {{"peers6", {"fd00::5", "4789", "95"}, {}, ""},
     "fd000000 00000000 00000000 00000005 12b50000 00005f00",
     "",
     "",
     ""},
};

struct Bad {
    Element element;
    const char* message;
};

const std::vector<Bad> bad = {
    {{"any5", {"tcp", "80"}, {}, ""}, "the policy has no set any5"},
    {{"", {}, {}, ""}, "the policy has no set "},
    {{"any4", {"tcp"}, {}, ""}, "an element of set any4 has 1 fields instead of 2"},
    {{"any4", {"tcp", "80", "1"}, {}, ""}, "an element of set any4 has 3 fields instead of 2"},
    {{"any4", {"tcp", "80"}, {"10.0.0.1"}, ""}, "an element of set any4 has 1 fields instead of 2"},
    {{"bridges", {"eth0"}, {"10.0.0.1"}, ""},
     "an element of set bridges has 1 fields instead of 0"},
    {{"any4", {"icmp", "80"}, {}, ""}, "\"icmp\" is not a protocol"},
    {{"any6", {"tcp", "80"}, {"10.0.0.1", "80"}, ""}, "\"10.0.0.1\" is not an IPv6 address"},
    {{"gateways", {"eth0", "02:00"}, {}, ""}, "\"02:00\" is not a MAC address"},
    {{"any4", {"tcp", "0"}, {}, ""}, "\"0\" is not a port"},
    {{"any4", {"tcp", "65536"}, {}, ""}, "\"65536\" is not a port"},
    {{"any4", {"tcp", "http"}, {}, ""}, "\"http\" is not a port"},
    {{"any4", {"tcp", "80-90"}, {}, ""}, "set any4 takes no intervals"},
    {{"addr4", {"10.0.0.0/8", "tcp", "80"}, {}, ""}, "set addr4 takes no intervals"},
    {{"sealed", {"4789", "0"}, {}, ""}, "\"0\" is not a VXLAN network identifier"},
    {{"sealed", {"4789", "16777216"}, {}, ""}, "\"16777216\" is not a VXLAN network identifier"},
    {{"masq4", {"fd00::/64"}, {}, ""}, "\"fd00::/64\" is not an IPv4 address"},
    {{"masq4", {"ten"}, {}, ""}, "\"ten\" is not an IPv4 address"},
};

} // namespace

TEST_CASE("an element's words become the bytes that the kernel compares") {
    for (const auto& [element, key, key_end, next_key, value] : cases) {
        CAPTURE(nft::add_command(element));
        const auto encoded = encode(element);
        CHECK(hex(encoded.key) == key);
        CHECK(hex(encoded.key_end) == key_end);
        CHECK(hex(encoded.next_key) == next_key);
        CHECK(hex(encoded.value) == value);
    }
}

TEST_CASE("words that do not fit a set are refused") {
    for (const auto& [element, message] : bad) {
        const auto refusal = message_of([&wrong = element] { encode(wrong); });
        CHECK(refusal == message);
    }
}

TEST_CASE("nft is told raw bytes as a number") {
    CHECK(nft::add_line({"targets", {"eth0", "02:00:00:00:00:01", "fd00::a5"}, {}, ""}) ==
          "add element bridge ocinet targets { \"eth0\" . 02:00:00:00:00:01 . "
          "0xfd0000000000000000000000000000a5 }");
    CHECK(nft::add_line({"lladdrs", {"eth0", "02:0c:0a:5a:00:05"}, {}, ""}) ==
          "add element bridge ocinet lladdrs { \"eth0\" . 0x020c0a5a0005 }");
}

// The kernel takes more, but `nft -f` could not read what `nft list` then writes.
TEST_CASE("an element's comment has 128 characters at most") {
    auto socket = netlink::Socket::open(NETLINK_NETFILTER);
    const nft::Element element{"bridges", {"eth0"}, {}, std::string(129, 'x')};
    CHECK_THROWS_WITH(nft::add(socket, {element}),
                      contains("comment of an nft element is too long"));
}

} // namespace ocinet::test
