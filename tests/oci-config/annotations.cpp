// SPDX-License-Identifier: GPL-2.0-or-later
#include "oci-config/annotations.h"

#include "tests/base/caught.h"
#include "tests/support/catch.h"

namespace ocinet::oci {

namespace {

using test::caught;

ContainerRequest requested(const Annotations& annotations) {
    return parse_request(annotations).value();
}

Attachment attachment(const std::string& network) {
    return requested({{"io.ocinet.network", network}}).attachments.at(0);
}

struct Refused {
    const char* value;
    const char* message;
    const char* hint;
};

const char* const every_option =
    "options: ip=, mac=, interface_name=, host_interface_name=, default_route";

const Refused refused_networks[] = {
    {"", "\"\" is not a network's name", "at most 63 letters, digits, '.', '_' or '-'"},
    {"../web", "\"../web\" is not a network's name", "at most 63 letters, digits, '.', '_' or '-'"},
    {"a b", "\"a b\" is not a network's name", "at most 63 letters, digits, '.', '_' or '-'"},
    {".web", "\".web\" is not a network's name", "at most 63 letters, digits, '.', '_' or '-'"},
    {"web,db", "\"web,db\" is not a network's name", "at most 63 letters, digits, '.', '_' or '-'"},
    {":ip=10.1.0.5", "\"\" is not a network's name", "at most 63 letters, digits, '.', '_' or '-'"},
    {"web;", "\"\" is not a network's name", "at most 63 letters, digits, '.', '_' or '-'"},
    {"web;db;web", "network \"web\" is named twice", ""},
    {"web:interface_name=a;db:interface_name=a", "two interfaces are named a", ""},
    {"web:host_interface_name=a;db:host_interface_name=a", "two interfaces of the host are named a",
     ""},
    {"web:default_route;db:default_route=true", "two networks are to give the default route", ""},
    {"web:default_route=maybe", "default_route=maybe: neither true nor false", ""},
    {"web:", "unknown option \"\"", every_option},
    {"web:ip7=::1", "unknown option \"ip7\"", every_option},
    {"web:IP=10.1.0.5", "unknown option \"IP\"", every_option},
    {"web:10.1.0.5", "unknown option \"10.1.0.5\"", every_option},
    {"web:ip=10.1.0.5,", "unknown option \"\"", every_option},
    {"web:ip", "ip=: not an IP address", ""},
    {"web:ip=", "ip=: not an IP address", ""},
    {"web:ip=10.1.0", "ip=10.1.0: not an IP address", ""},
    {"web:ip=10.1.0.5/24", "ip=10.1.0.5/24: not an IP address", ""},
    {"web:ip=10.1.0.5,ip=10.1.0.5", "ip=10.1.0.5 is given twice", ""},
    {"web:ip=fd00::5,ip6=fd00:0::5", "ip=fd00::5 is given twice", ""},
    {"web:host_interface_name=a,host_interface_name=b", "host_interface_name= is given twice", ""},
    {"web:host_interface_name=a/b", "host_interface_name=a/b: not an interface's name",
     "at most 15 letters, digits, '.', '_' or '-'"},
    {"web:mac=02:00:00:00:00:01,mac=02:00:00:00:00:02", "mac= is given twice", ""},
    {"web:interface_name=a,interface_name=b", "interface_name= is given twice", ""},
    {"web:mac=", "mac=: not a MAC address", ""},
    {"web:mac=02:00:00:00:00", "mac=02:00:00:00:00: not a MAC address", ""},
    {"web:mac=01:00:5e:00:00:01", "mac=01:00:5e:00:00:01: not the address of one interface",
     "the lowest bit of the first byte marks a group; 02:… is a good beginning"},
    {"web:mac=ff:ff:ff:ff:ff:ff", "mac=ff:ff:ff:ff:ff:ff: not the address of one interface",
     "the lowest bit of the first byte marks a group; 02:… is a good beginning"},
    {"web:mac=00:00:00:00:00:00", "mac=00:00:00:00:00:00: not the address of one interface",
     "the lowest bit of the first byte marks a group; 02:… is a good beginning"},
    {"web:interface_name=", "interface_name=: not an interface's name",
     "at most 15 letters, digits, '.', '_' or '-'"},
    {"web:interface_name=lo", "interface_name=lo: not an interface's name",
     "at most 15 letters, digits, '.', '_' or '-'"},
    {"web:interface_name=a/b", "interface_name=a/b: not an interface's name",
     "at most 15 letters, digits, '.', '_' or '-'"},
    {"web:interface_name=abcdefghijklmnop",
     "interface_name=abcdefghijklmnop: not an interface's name",
     "at most 15 letters, digits, '.', '_' or '-'"},
    {"web:interface_name=a=b", "interface_name=a=b: not an interface's name",
     "at most 15 letters, digits, '.', '_' or '-'"},
    {"web:alias=db", "alias=: name resolution is not supported yet", ""},
};

} // namespace

TEST_CASE("a container without our annotations asks for nothing") {
    CHECK_FALSE(parse_request({}));
    CHECK_FALSE(parse_request({{"io.podman.network", "web"},
                               {"io.ocinet", "x"},
                               {"io.ocinetwork", "x"},
                               {"IO.OCINET.network", "x"},
                               {"xio.ocinet.network", "x"}}));
}

TEST_CASE("a network is asked for by name, with options") {
    const Attachment plain = attachment("web");
    CHECK(plain.network == "web");
    CHECK(plain.addresses.empty());
    CHECK_FALSE(plain.mac);
    CHECK(plain.interface.empty());

    for (const auto* text : {"web:ip=10.1.0.5,mac=02:00:00:00:00:0A,interface_name=eth1",
                             "  web:interface_name=eth1, mac=02:00:00:00:00:0a , ip=10.1.0.5 "}) {
        const Attachment full = attachment(text);
        CHECK(full.network == "web");
        CHECK(full.addresses == std::vector{*IpAddress::parse("10.1.0.5")});
        CHECK(full.mac == Mac::parse("02:00:00:00:00:0a"));
        CHECK(full.interface == "eth1");
    }
}

TEST_CASE("several networks are asked for, each with its options") {
    const auto wanted =
        requested({{"io.ocinet.network", "web:ip=10.1.0.5,ip6=fd00::5 ; db:host_interface_name=db0,"
                                         "default_route;lan:default_route=false"}});
    REQUIRE(wanted.attachments.size() == 3);
    CHECK(wanted.attachments[0].addresses ==
          std::vector{*IpAddress::parse("10.1.0.5"), *IpAddress::parse("fd00::5")});
    CHECK_FALSE(wanted.attachments[0].default_route);
    CHECK(wanted.attachments[1].host_interface == "db0");
    CHECK(wanted.attachments[1].default_route);
    CHECK(wanted.attachments[2].network == "lan");
    CHECK_FALSE(wanted.attachments[2].default_route);
}

TEST_CASE("a network's options that cannot be served are refused by name") {
    for (const auto& [value, message, hint] : refused_networks) {
        CAPTURE(value);
        const auto error = caught([&] { attachment(value); });
        CHECK(error.message() == std::string("annotation io.ocinet.network: ") + message);
        CHECK(error.hint() == hint);
    }
}

TEST_CASE("any other annotation of ours asks for the default network") {
    for (const Annotations& annotations :
         {Annotations{{"io.ocinet.publish", "8080:80"}}, Annotations{{"io.ocinet.name", "web"}}}) {
        const auto request = requested(annotations);
        REQUIRE(request.attachments.size() == 1);
        CHECK(request.attachments[0].network == "bridge");
    }
    const auto all = requested({{"io.ocinet.network", "lan"},
                                {"io.ocinet.publish", "8080:80, 53:53/udp"},
                                {"io.ocinet.name", "web"},
                                {"org.other", "x"}});
    CHECK(all.attachments.at(0).network == "lan");
    CHECK(all.publish == parse_publish("8080:80,53:53/udp"));
    CHECK(all.name == "web");
}

TEST_CASE("an unknown annotation of ours is an error and not silence") {
    for (const std::string key : {"io.ocinet.", "io.ocinet.networks", "io.ocinet.Network",
                                  "io.ocinet.network.web", "io.ocinet.dns", "io.ocinet.network "}) {
        const auto error = caught([&] { parse_request({{key, "web"}}); });
        CHECK(error.message() == "annotation " + key + ": unknown annotation");
        CHECK(error.hint() == "annotations: io.ocinet.network, io.ocinet.publish, io.ocinet.name");
    }
}

TEST_CASE("a bad value is told with its annotation") {
    CHECK(
        caught([] { parse_request({{"io.ocinet.publish", "80:x"}}); }).message() ==
        "annotation io.ocinet.publish: published port \"80:x\": \"x\" is not a port between 1 and "
        "65535");
    CHECK(caught([] { parse_request({{"io.ocinet.publish", ""}}); }).message() ==
          "annotation io.ocinet.publish: published port \"\": \"\" is not a port between 1 and "
          "65535");
    for (const std::string name : {"", "a b", "a\n127.0.0.1 bank", "a#b", "-a"}) {
        const auto error = caught([&] { parse_request({{"io.ocinet.name", name}}); });
        CHECK(error.message() ==
              "annotation io.ocinet.name: \"" + name + "\" is not a host's name");
    }
}

// Each mapping is compared with each: of 16 MiB, which a config.json may have, for hours.
TEST_CASE("a value that is too long is refused unread") {
    const std::string key = "io.ocinet.publish";
    std::string ports = "80";
    while (ports.size() < (1 << 16) - 2) {
        ports += ",80";
    }
    CHECK(requested({{key, ports}}).publish.size() > 20000);
    CHECK(caught([&] { parse_request({{key, ports + ",80"}}); }).message() ==
          "annotation io.ocinet.publish: longer than 65536 bytes");
    CHECK_FALSE(parse_request({{"org.other", ports + ports}}));
}

} // namespace ocinet::oci
