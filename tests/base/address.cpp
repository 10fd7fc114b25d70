// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/base/address.h"

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <string_view>

#include "tests/support/catch.h"

namespace ocinet {

namespace {

using namespace std::string_view_literals;

IpAddress ip(std::string_view text) {
    return IpAddress::parse(text).value();
}

Prefix prefix(std::string_view text) {
    return Prefix::parse(text).value();
}

} // namespace

TEST_CASE("an address is parsed and written") {
    struct Case {
        const char* text;
        const char* canonical;
        int family;
    };
    for (const auto& [text, canonical, family] : {
             Case{"0.0.0.0", "0.0.0.0", AF_INET},
             Case{"10.90.0.5", "10.90.0.5", AF_INET},
             Case{"255.255.255.255", "255.255.255.255", AF_INET},
             Case{"::", "::", AF_INET6},
             Case{"::1", "::1", AF_INET6},
             Case{"FD00:0:0:0:0:0:0:5", "fd00::5", AF_INET6},
             Case{"::ffff:192.0.2.1", "::ffff:192.0.2.1", AF_INET6},
         }) {
        CAPTURE(text);
        const auto parsed = IpAddress::parse(text);
        REQUIRE(parsed);
        CHECK(parsed->text() == canonical);
        CHECK(parsed->family() == family);
        CHECK(parsed->is_v4() == (family == AF_INET));
        CHECK(parsed->bits() == (family == AF_INET ? 32U : 128U));
        CHECK(IpAddress::from_bytes(parsed->data(), parsed->size()) == *parsed);
    }
    CHECK(IpAddress().text() == "0.0.0.0");
}

TEST_CASE("what is no address is not parsed as one") {
    const std::array bad{""sv,          "."sv,          "1.2.3"sv,
                         "1.2.3.4.5"sv, "1.2.3.256"sv,  "1.2.3.-4"sv,
                         "1.2.3.04"sv,  "01.2.3.4"sv,   " 1.2.3.4"sv,
                         "1.2.3.4 "sv,  "1.2.3.4\n"sv,  "1.2.3.4\0"sv,
                         "1.2.3.4/8"sv, "0x7f.0.0.1"sv, "16909060"sv,
                         "1..2.3"sv,    "localhost"sv,  "1.2.3.4:80"sv,
                         ":"sv,         ":::"sv,        "1::2::3"sv,
                         "12345::"sv,   "[::1]"sv,      "fe80::1%lo"sv,
                         "::1\0x"sv,    "1:2:3:4"sv,    "1:2:3:4:5:6:7"sv};
    for (const auto text : bad) {
        CAPTURE(text);
        CHECK_FALSE(IpAddress::parse(text));
    }
}

TEST_CASE("an address knows what it is for") {
    struct Case {
        const char* text;
        bool any, loopback, multicast;
    };
    for (const auto& [text, any, loopback, multicast] : {
             Case{"0.0.0.0", true, false, false},
             Case{"0.0.0.1", false, false, false},
             Case{"126.255.255.255", false, false, false},
             Case{"127.0.0.0", false, true, false},
             Case{"127.255.255.255", false, true, false},
             Case{"128.0.0.0", false, false, false},
             Case{"223.255.255.255", false, false, false},
             Case{"224.0.0.0", false, false, true},
             Case{"239.255.255.255", false, false, true},
             Case{"240.0.0.0", false, false, false},
             Case{"::", true, false, false},
             Case{"::1", false, true, false},
             Case{"::2", false, false, false},
             Case{"7f00::1", false, false, false},
             Case{"e000::1", false, false, false},
             Case{"ff02::1", false, false, true},
         }) {
        CAPTURE(text);
        CHECK(ip(text).is_any() == any);
        CHECK(ip(text).is_loopback() == loopback);
        CHECK(ip(text).is_multicast() == multicast);
    }
}

TEST_CASE("addresses are added to and subtracted from") {
    struct Case {
        const char* base;
        std::uint64_t offset;
        const char* sum;
    };
    const auto minus = [](std::uint64_t n) { return std::uint64_t(0) - n; };
    for (const auto& [base, offset, sum] : {
             Case{"10.0.0.0", 0, "10.0.0.0"},
             Case{"10.0.0.0", 1, "10.0.0.1"},
             Case{"10.0.0.255", 1, "10.0.1.0"},
             Case{"10.255.255.255", 1, "11.0.0.0"},
             Case{"10.0.0.0", 65535, "10.0.255.255"},
             Case{"0.0.0.0", 0xffffffff, "255.255.255.255"},
             Case{"10.1.0.0", minus(1), "10.0.255.255"},
             Case{"10.0.0.255", minus(1), "10.0.0.254"},
             Case{"11.0.0.0", minus(0x1000000), "10.0.0.0"},
             Case{"fd00::ff", 1, "fd00::100"},
             Case{"fd00::1:0", minus(1), "fd00::ffff"},
             Case{"fd00::", 0xffffffffffffffff, "fd00::ffff:ffff:ffff:ffff"},
             // Only the last 64 bits take part.
             Case{"fd00::ffff:ffff:ffff:ffff", 1, "fd00::"},
         }) {
        CAPTURE(base, offset);
        CHECK(ip(base).plus(offset).text() == sum);
        if (offset < minus(1U << 31)) {
            CHECK(ip(sum).minus(ip(base)) == offset);
        }
    }
}

TEST_CASE("addresses are ordered as numbers") {
    CHECK(ip("10.0.0.9") < ip("10.0.0.10"));
    CHECK(ip("9.255.255.255") < ip("10.0.0.0"));
    CHECK(ip("127.0.0.1") < ip("128.0.0.1"));
    CHECK(ip("0.0.0.0") != ip("::"));
}

TEST_CASE("a prefix is parsed, and its host bits are kept") {
    for (const auto* text :
         {"0.0.0.0/0", "10.90.0.5/16", "10.90.0.5/32", "fd00::5/64", "::/0", "fd00::5/128"}) {
        CAPTURE(text);
        REQUIRE(Prefix::parse(text));
        CHECK(prefix(text).text() == text);
    }
    for (const auto* text :
         {"", "/", "/8", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8",
          "10.0.0.0/8 ", " 10.0.0.0/8", "10.0.0.0/ 8", "10.0.0.0/8/8", "10.0.0.0/255.0.0.0",
          "10.0/8", "fd00::/129", "10.0.0.0/99999999999999999999", "10.0.0.0/0x8"}) {
        CAPTURE(text);
        CHECK_FALSE(Prefix::parse(text));
    }
}

TEST_CASE("a prefix knows its ends and what lies between") {
    struct Case {
        const char* text;
        const char* network;
        const char* last;
        const char* inside;
        const char* outside;
    };
    for (const auto& [text, network, last, inside, outside] : {
             Case{"10.90.3.5/16", "10.90.0.0", "10.90.255.255", "10.90.255.255", "10.91.0.0"},
             Case{"10.90.3.5/30", "10.90.3.4", "10.90.3.7", "10.90.3.4", "10.90.3.8"},
             Case{"10.90.3.5/31", "10.90.3.4", "10.90.3.5", "10.90.3.4", "10.90.3.6"},
             Case{"10.90.3.5/32", "10.90.3.5", "10.90.3.5", "10.90.3.5", "10.90.3.4"},
             Case{"10.90.3.5/8", "10.0.0.0", "10.255.255.255", "10.0.0.0", "9.255.255.255"},
             Case{"1.2.3.4/0", "0.0.0.0", "255.255.255.255", "255.0.0.1", "::"},
             Case{"fd00::5/64", "fd00::", "fd00::ffff:ffff:ffff:ffff", "fd00::1", "fd00:0:0:1::"},
             Case{"fd00::5/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::", "0.0.0.0"},
         }) {
        CAPTURE(text);
        CHECK(prefix(text).network().text() == network);
        CHECK(prefix(text).last().text() == last);
        CHECK(prefix(text).contains(ip(inside)));
        CHECK_FALSE(prefix(text).contains(ip(outside)));
    }
}

TEST_CASE("a MAC address is six pairs of digits with colons between") {
    CHECK(Mac::parse("02:0c:0A:5a:00:Ff").value().text() == "02:0c:0a:5a:00:ff");
    CHECK(Mac::parse("01:00:5e:00:00:01").value().is_multicast());
    CHECK(Mac::parse("ff:ff:ff:ff:ff:ff").value().is_multicast());
    CHECK_FALSE(Mac::parse("02:00:00:00:00:01").value().is_multicast());
    CHECK(Mac().text() == "00:00:00:00:00:00");
    for (const auto text : {""sv, "02:0c:0a:5a:00"sv, "02:0c:0a:5a:00:f"sv, "02:0c:0a:5a:00:ff:"sv,
                            "02:0c:0a:5a:00:ff:01"sv, "02-0c-0a-5a-00-ff"sv, "020c.0a5a.00ff."sv,
                            "02:0c:0a:5a:00:fg"sv, "02:0c:0a:5a:00:f\0"sv, "02:0c:0a:5a:00: 1"sv,
                            "2:0c:0a:5a:00:ff0"sv, "02:0c:0a:5a:00-ff"sv, "02:0c:0a:5a:00:+f"sv}) {
        CAPTURE(text);
        CHECK_FALSE(Mac::parse(text));
    }
}

} // namespace ocinet
