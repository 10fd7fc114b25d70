// SPDX-License-Identifier: GPL-2.0-or-later
// Netlink messages, byte by byte: as they are built, and as they are read when they are complete,
// cut off, or lie about their lengths. The bytes were written down by hand from linux/netlink.h.
#include <linux/rtnetlink.h>

#include <bit>
#include <cstring>

#include "netsetup/attributes.h"
#include "netsetup/netlink.h"
#include "tests/support/catch.h"

namespace ocinet::test {

using netlink::Message;

namespace {

static_assert(std::endian::native == std::endian::little, "the bytes below are those of one");

std::string bytes_of(const Message& message) {
    return {reinterpret_cast<const char*>(message.get()), message.get()->nlmsg_len};
}

std::string operator""_hex(const char* text, std::size_t size) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < size; ++i) {
        if (text[i] != ' ') {
            bytes += char(std::stoi(std::string(text + i, 2), nullptr, 16));
            ++i;
        }
    }
    return bytes;
}

// A message as the kernel's: a header, a rtgenmsg padded to four bytes, and these attributes.
class Received {
public:
    explicit Received(const std::string& attributes) : bytes_(20 + attributes.size()) {
        message().nlmsg_len = std::uint32_t(bytes_.size());
        std::memcpy(bytes_.data() + 20, attributes.data(), attributes.size());
    }
    nlmsghdr& message() { return *reinterpret_cast<nlmsghdr*>(bytes_.data()); }
    const nlattr* find(std::uint16_t type) {
        return netlink::attribute(message(), sizeof(rtgenmsg), type);
    }

private:
    // No byte more than there is: a sanitizer sees what is read behind it.
    std::vector<char> bytes_;
};

} // namespace

TEST_CASE("a message has its header, the family's, and padded attributes") {
    Message message(RTM_GETLINK, NLM_F_ACK);
    message.header<ifinfomsg>().ifi_index = 7;
    message.put_u8(1, 0xab).put_string(2, "eth0").put_u16(3, 0x1234);
    CHECK(bytes_of(message) == "3c000000 1200 0500 00000000 00000000"
                               "00000000 07000000 00000000 00000000"
                               "0500 0100 ab000000"
                               "0900 0200 65746830 00000000"
                               "0600 0300 34120000"_hex);
}

TEST_CASE("nested attributes are marked, and as long as what they hold") {
    Message message(16, 0);
    message.nest(18, [](Message& outer) {
        outer.put_u8(1, 1);
        outer.nest(2, [](Message& inner) { inner.put_u32(3, 0xddccbbaa); });
        outer.nest(4, [](Message&) {});
    });
    CHECK(bytes_of(message) == "2c000000 1000 0100 00000000 00000000"
                               "1c00 1280"
                               "0500 0100 01000000"
                               "0c00 0280 0800 0300 aabbccdd"
                               "0400 0480"_hex);
}

TEST_CASE("what does not fit into a message is an error, and the last byte that fits is none") {
    const std::string data(32, 'x');
    Message exact(16, 0, 16 + 4 + 32);
    CHECK_NOTHROW(exact.put(1, data.data(), 32));
    CHECK_THROWS_WITH(exact.put(1, nullptr, 0), contains("outgrew its 52 bytes"));
    Message padded(16, 0, 16 + 4 + 31);
    CHECK_THROWS_AS(padded.put(1, data.data(), 31), Error);
    CHECK_THROWS_AS(Message(16, 0, 15), Error);
}

TEST_CASE("an attribute that its 16 bits of length cannot hold is an error") {
    const std::string data(UINT16_MAX - 3, 'x');
    Message message(16, 0, 200000);
    CHECK_NOTHROW(message.put(1, data.data(), data.size() - 1));
    CHECK_THROWS_AS(message.put(1, data.data(), data.size()), Error);
    Message nest(16, 0, 200000);
    CHECK_THROWS_AS(nest.nest(1,
                              [&](Message& nested) {
                                  nested.put(1, data.data(), data.size() - 8);
                                  nested.put_u32(1, 0);
                              }),
                    Error);
}

TEST_CASE("attributes are found by their type, whatever its flags, nested ones in their parent") {
    Received received("0500 0100 ab000000 1400 0280 0800 0300 aabbccdd 0600 0300 22110000"_hex);
    CHECK(netlink::u8_of(received.find(1)) == 0xab);
    CHECK(received.find(3) == nullptr);
    const auto all = netlink::all_nested(received.find(2), 3);
    REQUIRE(all.size() == 2);
    CHECK(netlink::u32_of(all[0]) == 0xddccbbaa);
    CHECK(netlink::u16_of(all[1]) == 0x1122);
    CHECK(netlink::nested(received.find(2), 3) == all[0]);
    CHECK(netlink::nested(nullptr, 3) == nullptr);
}

TEST_CASE("the last attribute of a message may lack its padding") {
    Received received("0500 0100 ab"_hex);
    CHECK(netlink::u8_of(received.find(1)) == 0xab);
    CHECK(received.find(2) == nullptr);
}

TEST_CASE("nothing is read behind what a message or an attribute holds") {
    SECTION("an attribute longer than the message") {
        Received received("0900 0100 ab000000"_hex);
        CHECK(received.find(1) == nullptr);
    }
    SECTION("an attribute shorter than its own header, which would be found for ever") {
        Received received("0000 0200 0500 0100 ab000000"_hex);
        CHECK(received.find(1) == nullptr);
    }
    SECTION("half a header") {
        Received received("0400 01"_hex);
        CHECK(received.find(1) == nullptr);
    }
    SECTION("a message that ends with its own header") {
        Received received("0500 0100 ab000000"_hex);
        received.message().nlmsg_len = sizeof(nlmsghdr);
        CHECK(received.find(1) == nullptr);
    }
    SECTION("a number that is cut off is 0") {
        Received received("0600 0100 ffff0000"_hex);
        CHECK(netlink::u32_of(received.find(1)) == 0);
        CHECK(netlink::u16_of(received.find(1)) == 0xffff);
    }
    SECTION("a text without its NUL") {
        Received received("0600 0100 61620000"_hex);
        CHECK(netlink::text_of(received.find(1)) == "ab");
    }
    SECTION("a text with one in its midst") {
        Received received("0800 0100 61006200"_hex);
        CHECK(netlink::text_of(received.find(1)) == "a");
    }
}

TEST_CASE("what is not there is nothing, empty, or 0") {
    CHECK(netlink::u8_of(nullptr) == 0);
    CHECK(netlink::u16_of(nullptr) == 0);
    CHECK(netlink::u32_of(nullptr) == 0);
    CHECK(netlink::text_of(nullptr).empty());
    CHECK(netlink::bytes_of(nullptr).empty());
    CHECK(!netlink::address_of(nullptr));
}

} // namespace ocinet::test
