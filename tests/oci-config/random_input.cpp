// SPDX-License-Identifier: GPL-2.0-or-later
// Parsers fed with nonsense: they may refuse with an Error, and nothing else; what they accept
// keeps its promises and reads the same when it is written out.
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "netsetup/base/error.h"
#include "netsetup/base/names.h"
#include "oci-config/bundle.h"
#include "oci-config/network.h"
#include "oci-config/port_mapping.h"
#include "oci-config/state.h"
#include "tests/base/random.h"
#include "tests/support/catch.h"

namespace ocinet::oci {

namespace {

using test::Random;
using test::sample;

const char* const json_bytes = "{}[]\":,.0123456789-+eEtrufalsn \\/\n\x01\xff\xc3_xyz";

/// Nothing where the parser refused as it should.
template <typename Parse>
auto accepted(Parse parse) -> std::optional<decltype(parse())> {
    try {
        return parse();
    } catch (const Error& error) {
        REQUIRE_FALSE(error.message().empty());
        return std::nullopt;
    }
}

/// Whether both happened: a test of one of them alone would prove little.
void require_both(unsigned good, unsigned bad) {
    CHECK(good > 0);
    CHECK(bad > 0);
}

template <typename Value>
void check_text(Random& random, const std::vector<std::string>& seeds, const char* alphabet) {
    unsigned good = 0;
    unsigned bad = 0;
    for (unsigned i = sample(5000, 50000, 2000000); i > 0; --i) {
        const auto text = i % 4 == 0 ? random.text(alphabet, 24)
                                     : random.mutated(seeds[random.below(seeds.size())], alphabet);
        const auto value = Value::parse(text);
        const bool same = !value || Value::parse(value->text()) == value;
        if (!same) {
            FAIL("\"" << text << "\" is read as " << value->text());
        }
        ++(value ? good : bad);
    }
    require_both(good, bad);
}

void check_mapping(const std::string& text, const std::vector<PortMapping>& mappings) {
    std::string written;
    bool in_bounds = true;
    for (const auto& mapping : mappings) {
        written += (written.empty() ? "" : ",") + mapping.text();
        in_bounds = in_bounds && mapping.count > 0 && mapping.container_port > 0 &&
                    mapping.container_port + mapping.count - 1 <= 65535 &&
                    mapping.host_port + mapping.count - 1 <= 65535 &&
                    (mapping.host_port > 0 || mapping.count == 1);
    }
    if (!in_bounds || parse_publish(written) != mappings) {
        FAIL("\"" << text << "\" is read as " << written);
    }
}

void check_subnet(const Subnet& subnet) {
    const auto& prefix = subnet.subnet;
    for (const auto& address : {subnet.gateway, subnet.lease_first, subnet.lease_last}) {
        REQUIRE(prefix.contains(address));
        REQUIRE(address != prefix.network());
        REQUIRE(address != prefix.last());
    }
    REQUIRE(prefix.address == prefix.network());
    REQUIRE(subnet.lease_first <= subnet.lease_last);
}

} // namespace

TEST_CASE("random text for an address, a prefix, a MAC address") {
    Random random("random addresses");
    check_text<IpAddress>(random, {"10.90.0.5", "255.255.255.255", "fd00::5", "::ffff:192.0.2.1"},
                          "0123456789.:abcdefF/% ");
    check_text<Prefix>(random, {"10.90.0.0/16", "0.0.0.0/0", "fd00::/64"}, "0123456789.:af/- ");
    check_text<Mac>(random, {"02:0c:0a:5a:00:05", "FF:ff:00:00:00:00"},
                    "0123456789abcdefABCDEFg:-");
}

TEST_CASE("random text for published ports") {
    Random random("random ports");
    const std::vector<std::string> seeds{"8080:80", "127.0.0.1:8080:80/tcp", "80-90:80-90/udp",
                                         "65530-65535:1-6,80", "192.0.2.1::53/udp,80:80,81:81/udp"};
    unsigned good = 0;
    unsigned bad = 0;
    for (unsigned i = sample(5000, 50000, 3000000); i > 0; --i) {
        const char* alphabet = "0123456789012345678:::--..,,/tcpud[] ";
        const auto text = i % 3 == 0 ? random.text(alphabet, 12)
                                     : random.mutated(seeds[random.below(seeds.size())], alphabet);
        const auto mappings = accepted([&] { return parse_publish(text); });
        if (mappings) {
            check_mapping(text, *mappings);
        }
        ++(mappings ? good : bad);
    }
    require_both(good, bad);
}

TEST_CASE("random text for networks") {
    Random random("random attachments");
    const std::vector<std::string> seeds{"web", "web:ip=10.90.0.5",
                                         "web:mac=02:00:00:00:00:01,interface_name=eth1"};
    unsigned good = 0;
    unsigned bad = 0;
    for (unsigned i = sample(5000, 50000, 3000000); i > 0; --i) {
        const auto text = random.mutated(seeds[random.below(seeds.size())],
                                         "abwxyz0123456789:;,=._-/ \n\"'ipmac");
        const auto attachments = accepted([&] { return parse_attachments(text); });
        if (attachments) {
            for (const auto& attachment : *attachments) {
                REQUIRE(is_network_name(attachment.network));
                REQUIRE((attachment.interface.empty() || is_interface_name(attachment.interface)));
            }
        }
        ++(attachments ? good : bad);
    }
    require_both(good, bad);
}

TEST_CASE("random text for a container's state") {
    Random random("random states");
    const std::string seed = R"({"id":"web","status":"created","pid":4711,"bundle":"/b",)"
                             R"("annotations":{"io.ocinet.name":"w"}})";
    unsigned good = 0;
    unsigned bad = 0;
    for (unsigned i = sample(5000, 25000, 1000000); i > 0; --i) {
        const auto text = random.mutated(seed, json_bytes);
        for (const auto stage : {Stage::create_runtime, Stage::poststop}) {
            const auto state = accepted([&] { return parse_state(text, stage); });
            if (state) {
                REQUIRE_FALSE(state->id.empty());
                REQUIRE(state->pid >= (stage == Stage::poststop ? 0 : 1));
            }
            ++(state ? good : bad);
        }
    }
    require_both(good, bad);
}

TEST_CASE("random text for a bundle's config") {
    Random random("random bundles");
    const std::string seed =
        R"({"hostname":"h","annotations":{"a":"b"},"mounts":[{"destination":"/etc/hosts",)"
        R"("source":"/h","options":["rbind"]}],"linux":{"namespaces":[{"type":"network"}]}})";
    unsigned good = 0;
    unsigned bad = 0;
    for (unsigned i = sample(5000, 25000, 1000000); i > 0; --i) {
        const auto text = random.mutated(seed, json_bytes);
        const auto bundle = accepted([&] { return parse_bundle(text, "/b"); });
        if (bundle) {
            REQUIRE((bundle->network == Bundle::Network::path) == !bundle->network_path.empty());
        }
        ++(bundle ? good : bad);
    }
    require_both(good, bad);
}

TEST_CASE("random text for a network's file") {
    Random random("random networks");
    const std::string seed =
        R"({"driver":"bridge","subnets":[{"subnet":"10.1.0.0/24","gateway":"10.1.0.9",)"
        R"("lease_range":{"start_ip":"10.1.0.10","end_ip":"10.1.0.20"}}],"options":{"mtu":"1500"},)"
        R"("routes":[{"destination":"10.2.0.0/16","gateway":"10.1.0.2","metric":7}]})";
    unsigned good = 0;
    unsigned bad = 0;
    for (unsigned i = sample(5000, 25000, 1000000); i > 0; --i) {
        const auto text = random.mutated(seed, json_bytes);
        const auto network = accepted([&] { return parse_network(text, "web", "web.json"); });
        if (network) {
            REQUIRE(is_interface_name(network->interface));
            REQUIRE(network->mtu >= 68);
            for (const auto& subnet : network->subnets) {
                check_subnet(subnet);
            }
        }
        ++(network ? good : bad);
    }
    require_both(good, bad);
}

} // namespace ocinet::oci
