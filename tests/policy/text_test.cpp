// SPDX-License-Identifier: GPL-2.0-or-later
// The policy's text and the program agree, and the policy does not grow with the containers.
#include "tests/support/catch.h"

#include <algorithm>
#include <map>
#include <memory>
#include <regex>

#include "netsetup/base/paths.h"
#include "netsetup/base/text.h"
#include "netsetup/nft_key.h"
#include "tests/policy/layout.h"

namespace ocinet::test {

namespace {

struct Declared {
    std::string types;
    bool interval = false;
    bool map = false;
};

// A set of raw bytes can only be declared by expressions: `typeof iifname . @th,64,128`.
std::string types_of(const std::string& words) {
    std::string named = std::regex_replace(words, std::regex("iifname"), "ifname");
    named = std::regex_replace(named, std::regex("ether saddr"), "ether_addr");
    named = std::regex_replace(named, std::regex("ip saddr"), "ipv4_addr");
    named = std::regex_replace(named, std::regex("ip6 saddr"), "ipv6_addr");
    return std::regex_replace(named, std::regex("udp dport"), "inet_service");
}

// `map any4 { type inet_proto . inet_service : ipv4_addr . inet_service; flags interval; }`
std::map<std::string, Declared> declared_sets() {
    static const std::regex line(
        R"(^\s*(set|map) (\w+) \{ type(?:of)? ([^;]+);( flags interval;)? \})");
    std::map<std::string, Declared> sets;
    const std::string text = read_text(paths::policy_text());
    for (const auto part : split(text, '\n')) {
        std::match_results<std::string_view::const_iterator> match;
        if (std::regex_search(part.begin(), part.end(), match, line)) {
            sets[match[2]] = {types_of(match[3]), match[4].matched, match[1] == "map"};
        }
    }
    return sets;
}

std::vector<std::string> words_for(std::string_view types) {
    static const std::map<std::string_view, std::string> words = {
        {"ifname", "eth0"},        {"ipv4_addr", "10.0.0.1"},
        {"ipv6_addr", "fd00::1"},  {"ether_addr", "02:00:00:00:00:01"},
        {"inet_proto", "tcp"},     {"inet_service", "80"},
        {"@th,64,128", "fd00::1"}, {"@th,208,48", "02:00:00:00:00:01"},
        {"@th,96,24", "95"}};
    std::vector<std::string> chosen;
    for (const auto type : split(types, '.')) {
        chosen.push_back(words.at(trim(type)));
    }
    return chosen;
}

nft::Element element_of(const std::string& set, const Declared& declared) {
    const auto colon = declared.types.find(':');
    nft::Element element{.set = set,
                         .key = words_for(std::string_view(declared.types).substr(0, colon))};
    if (colon != std::string::npos) {
        element.value = words_for(std::string_view(declared.types).substr(colon + 1));
    }
    return element;
}

std::size_t count_rules(const Host& host) {
    const auto listing = nlohmann::json::parse(host.sh("nft -j list ruleset"))["nftables"];
    return std::size_t(std::count_if(listing.begin(), listing.end(),
                                     [](const auto& object) { return object.contains("rule"); }));
}

std::unique_ptr<Container> attach(const Host& host, const std::string& network,
                                  const std::string& publish) {
    Annotations annotations{{"io.ocinet.network", network}};
    if (!publish.empty()) {
        annotations["io.ocinet.publish"] = publish;
    }
    auto container = std::make_unique<Container>(host, annotations);
    container->attach();
    return container;
}

} // namespace

TEST_CASE("the program knows the policy's sets and maps with their types, and no others") {
    std::map<std::string, std::string> declared;
    for (const auto& [name, set] : declared_sets()) {
        declared[name] = set.types;
        CHECK(set.map == (set.types.find(':') != std::string::npos));
    }
    std::map<std::string, std::string> known;
    for (const auto& [name, types] : nft::set_types()) {
        known[name] = types;
    }
    CHECK(declared.size() >= 10);
    CHECK(known == declared);
}

TEST_CASE("the program takes those sets for intervals that the policy declares so") {
    for (const auto& [name, set] : declared_sets()) {
        INFO(name);
        const auto encoded = nft::encode(element_of(name, set));
        CHECK((encoded.key_end.empty() && encoded.next_key.empty()) == !set.interval);
    }
}

TEST_CASE("the program's version of the policy is the text's, and the live table's") {
    const std::string text = read_text(paths::policy_text());
    std::smatch match;
    REQUIRE(std::regex_search(text, match, std::regex("comment \"policy ([0-9]+)\"")));
    CHECK(match[1] == std::to_string(nft::policy_version));

    const Host host;
    const auto container = attach(host, "bridge", "");
    const std::string live = host.ask([] {
        auto socket = netlink::Socket::open(NETLINK_NETFILTER);
        return std::to_string(nft::live_version(socket).value_or(-1));
    });
    CHECK(live == match[1]);
}

TEST_CASE("the number of rules is the same with one container and with five") {
    const Host host;
    host.write_network("web", network_file("10.91.1.0/24"));
    host.write_network("inner", network_file("10.91.2.0/24", true));
    CHECK(count_rules(host) == 0);
    const auto first = attach(host, "bridge", "8080:80");
    const std::size_t with_one = count_rules(host);
    CHECK(with_one > 0);
    const auto second = attach(host, "bridge", "127.0.0.1:8081:80,9000-9100:9000-9100/udp");
    const auto third = attach(host, "web", "9200-9210:1200-1210");
    const auto fourth = attach(host, "inner", "");
    const auto fifth = attach(host, "bridge", "");
    CHECK(count_rules(host) == with_one);
}

} // namespace ocinet::test
