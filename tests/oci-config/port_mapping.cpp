// SPDX-License-Identifier: GPL-2.0-or-later
#include "oci-config/port_mapping.h"

#include "tests/base/caught.h"
#include "tests/support/catch.h"

namespace ocinet::oci {

namespace {

using test::caught;

struct Good {
    const char* value;
    const char* text;
};

// What `docker run -p` takes, and how it reads when written out.
const Good good[] = {
    {"80", "80/tcp"},
    {"80/udp", "80/udp"},
    {":80", "80/tcp"},
    {"::80", "80/tcp"},
    {"8080:80", "8080:80/tcp"},
    {"8080:80/tcp", "8080:80/tcp"},
    {"8080:80/TCP", "8080:80/tcp"},
    {"5353:53/udp", "5353:53/udp"},
    {":8080:80", "8080:80/tcp"},
    {"0.0.0.0:8080:80", "0.0.0.0:8080:80/tcp"},
    {"[::]:8080:80", "[::]:8080:80/tcp"},
    {"[2001:db8::1]::53/udp", "[2001:db8::1]::53/udp"},
    {"[2001:db8:0::1]:9000-9001:80-81", "[2001:db8::1]:9000-9001:80-81/tcp"},
    {"8080:80/sctp", "8080:80/sctp"},
    {"127.0.0.1:8080:80", "127.0.0.1:8080:80/tcp"},
    {"127.0.0.1::80", "127.0.0.1::80/tcp"},
    {"192.0.2.1::53/udp", "192.0.2.1::53/udp"},
    {"9000-9010:9000-9010", "9000-9010:9000-9010/tcp"},
    {"9000-9010:8000-8010/udp", "9000-9010:8000-8010/udp"},
    {"127.0.0.1:9000-9001:80-81", "127.0.0.1:9000-9001:80-81/tcp"},
    {"80-80:81-81", "80:81/tcp"},
    {"1:1", "1:1/tcp"},
    {"65535:65535", "65535:65535/tcp"},
    {"1-65535:1-65535", "1-65535:1-65535/tcp"},
    {" 8080:80 ", "8080:80/tcp"},
};

struct Bad {
    const char* value;
    const char* problem;
};

const Bad bad[] = {
    {"", R"("" is not a port between 1 and 65535)"},
    {":", R"("" is not a port between 1 and 65535)"},
    {"80:", R"("" is not a port between 1 and 65535)"},
    {"/tcp", R"("" is not a port between 1 and 65535)"},
    {"http", R"("http" is not a port between 1 and 65535)"},
    {"0", R"("0" is not a port between 1 and 65535)"},
    {"0:80", R"("0" is not a port between 1 and 65535)"},
    {"80:0", R"("0" is not a port between 1 and 65535)"},
    {"65536:80", R"("65536" is not a port between 1 and 65535)"},
    {"80:65536", R"("65536" is not a port between 1 and 65535)"},
    {"-1:80", R"("-1" is not a port between 1 and 65535)"},
    {"80:-80", R"("-80" is not a port between 1 and 65535)"},
    {"80-:80-", R"("80-" is not a port between 1 and 65535)"},
    {"+80:80", R"("+80" is not a port between 1 and 65535)"},
    {"0x50:80", R"("0x50" is not a port between 1 and 65535)"},
    {"80 :80", R"("80 " is not a port between 1 and 65535)"},
    {"80: 80", R"(" 80" is not a port between 1 and 65535)"},
    {"80-81-82:80-81-82", R"("80-81-82" is not a port between 1 and 65535)"},
    {"65530-65536:80-86", R"("65530-65536" is not a port between 1 and 65535)"},
    {"80-79:80-79", R"(the range "80-79" runs backwards)"},
    {"81-80:80-81", R"(the range "81-80" runs backwards)"},
    {"80-81:80", "the ranges have different lengths"},
    {"80:80-81", "the ranges have different lengths"},
    {"9000-9010:9000-9011", "the ranges have different lengths"},
    {"80-81", "a range needs its host ports: A-B:C-D"},
    {"127.0.0.1::80-81", "a range needs its host ports: A-B:C-D"},
    {"8080:80/", R"(protocol "" is neither tcp, udp nor sctp)"},
    {"8080:80/tcp/udp", R"(protocol "tcp/udp" is neither tcp, udp nor sctp)"},
    {"8080/tcp:80", R"(protocol "tcp:80" is neither tcp, udp nor sctp)"},
    {"10.0.0.0/8:8080:80", R"(protocol "8:8080:80" is neither tcp, udp nor sctp)"},
    {"224.0.0.1:8080:80", "224.0.0.1 is no interface's address"},
    {"[::]80:80", R"("[::]80" is not a port between 1 and 65535)"},
};

// What stands where an address should.
const char* const no_addresses[] = {"localhost",  "127.0.0", "127.0.0.1 ", "1:2",
                                    ":",          "[::1",    "::]",        "[]",
                                    "[10.0.0.1]", "::1",     "[::1%lo]",   "[::]]"};

struct Two {
    const char* first;
    const char* second;
    bool overlap;
};

const Two pairs[] = {
    {"80:1", "80:2", true},
    {"80:1", "81:1", false},
    {"80:1/tcp", "80:1/udp", false},
    {"80:1", "127.0.0.1:80:1", true},
    {"127.0.0.1:80:1", "0.0.0.0:80:2", true},
    {"80:1", "[::]:80:1", true},
    {"0.0.0.0:80:1", "[::]:80:1", false},
    {"127.0.0.1:80:1", "[2001:db8::1]:80:1", false},
    {"[2001:db8::1]:80:1", "[::]:80:1", true},
    {"127.0.0.1:80:1", "127.0.0.1:80:2", true},
    {"127.0.0.1:80:1", "127.0.0.2:80:1", false},
    {"80-90:80-90", "90:1", true},
    {"80-90:80-90", "80:1", true},
    {"80-90:80-90", "79:1", false},
    {"80-90:80-90", "91:1", false},
    {"80-90:80-90", "85-86:1-2", true},
    {"80-90:80-90", "70-80:1-11", true},
    {"80-90:80-90", "90-91:1-2", true},
    {"80-90:80-90", "91-92:1-2", false},
    {"80-90:80-90/udp", "85:85/tcp", false},
    {"127.0.0.1:80-90:80-90", "127.0.0.2:80-90:80-90", false},
    // Two free ports are two different ones; a container's port may be published twice.
    {"80", "80", false},
    {"80", "80:80", false},
    {"81:80", "82:80", false},
};

} // namespace

TEST_CASE("a published port is written as for docker run -p") {
    for (const auto& [value, text] : good) {
        CAPTURE(value);
        const auto mappings = parse_publish(value);
        REQUIRE(mappings.size() == 1);
        CHECK(mappings[0].text() == text);
        CHECK(parse_publish(mappings[0].text()) == mappings);
    }
}

TEST_CASE("a published port's parts are what they seem") {
    const auto mapping = parse_publish("192.0.2.1:9000-9010:8000-8010/udp").at(0);
    CHECK(mapping.host_address == IpAddress::parse("192.0.2.1"));
    CHECK(mapping.host_port == 9000);
    CHECK(mapping.container_port == 8000);
    CHECK(mapping.count == 11);
    CHECK(mapping.protocol == "udp");

    const auto random = parse_publish("80").at(0);
    CHECK_FALSE(random.host_address);
    CHECK(random.host_port == 0);
    CHECK(random.container_port == 80);
    CHECK(random.count == 1);
    CHECK(parse_publish("1-65535:1-65535").at(0).count == 65535);
}

TEST_CASE("an address without a host port behind it is told how one is written") {
    const auto error = caught([] { parse_publish("127.0.0.1:80"); });
    CHECK_THAT(error.message(), test::contains("\"127.0.0.1\" is not a port"));
    CHECK(error.hint() == "behind an address a host port is needed, or nothing, for a free one: "
                          "127.0.0.1::80");
}

TEST_CASE("an IPv6 address stands in brackets, and ::1 cannot be published on") {
    for (const std::string address : no_addresses) {
        const std::string value = address + ":8080:80";
        CAPTURE(value);
        const auto error = caught([&] { parse_publish(value); });
        CHECK_THAT(error.message(), test::contains("published port \"" + value + "\": \"") &&
                                        test::contains("\" is not "));
        CHECK_FALSE(error.hint().empty());
    }
    const auto error = caught([] { parse_publish("[::1]:8080:80"); });
    CHECK(error.message() == "published port \"[::1]:8080:80\": IPv6 has no route_localnet: an "
                             "answer to ::1 would be lost on its way");
    CHECK_THAT(error.hint(), test::contains("127.0.0.1"));
}

TEST_CASE("nobody's address is not published on") {
    for (const std::string address : {"255.255.255.255", "0.1.2.3", "239.1.1.1"}) {
        CHECK(caught([&] { parse_publish(address + ":80:80"); }).message() ==
              "published port \"" + address + ":80:80\": " + address +
                  " is no interface's address");
    }
}

TEST_CASE("a malformed published port is refused with what is wrong and how it is written") {
    for (const auto& [value, problem] : bad) {
        CAPTURE(value);
        const auto error = caught([&, text = value] { parse_publish(text); });
        CHECK(error.message() == "published port \"" + std::string(value) + "\": " + problem);
        const bool is_backwards = error.message().find("runs backwards") != std::string::npos;
        CHECK(error.hint() == (is_backwards
                                   ? ""
                                   : "write [HOST_IP:][HOST_PORT:]CONTAINER_PORT"
                                     "[/tcp|/udp|/sctp], e.g. 127.0.0.1:8080:80/tcp, or ranges: "
                                     "9000-9010:9000-9010"));
    }
}

TEST_CASE("several ports stand in one list, one bad one spoils it") {
    const auto mappings = parse_publish("8080:80,127.0.0.1:5353:53/udp,9000-9010:9000-9010/tcp");
    REQUIRE(mappings.size() == 3);
    CHECK(mappings[1].text() == "127.0.0.1:5353:53/udp");
    for (const auto* list : {"80:80,", ",80:80", "80:80,,81:81", "80:80,81:"}) {
        CAPTURE(list);
        const auto error = caught([&] { parse_publish(list); });
        CHECK_THAT(error.message(), test::contains("is not a port between 1 and 65535"));
    }
}

TEST_CASE("two mappings cannot claim one port of the host") {
    for (const auto& [first, second, overlap] : pairs) {
        for (const auto& [one, other] : {std::pair(first, second), std::pair(second, first)}) {
            CAPTURE(one, other);
            const auto list = std::string(one) + "," + other;
            const auto error = caught([&] { parse_publish(list); });
            CHECK(error.message() == (overlap ? "published port \"" + std::string(other) +
                                                    "\": claims a host port that " +
                                                    parse_publish(one)[0].text() + " has already"
                                              : std::string("nothing was thrown")));
        }
    }
}

} // namespace ocinet::oci
