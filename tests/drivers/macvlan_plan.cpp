// SPDX-License-Identifier: GPL-2.0-or-later
// What the drivers "macvlan" and "ipvlan" decide, as the commands that their plans print.
#include <linux/if_ether.h>

#include <nlohmann/json.hpp>

#include "netsetup/base/text.h"
#include "tests/drivers/request.h"
#include "tests/support/catch.h"

namespace ocinet::test {

namespace {

using drivers::Request;
using nlohmann::json;

link::Link interface(const std::string& name) {
    return {.index = 2,
            .name = name,
            .up = true,
            .mtu = 1500,
            .mac = Mac::parse("02:00:00:00:00:02").value()};
}

// As we make it.
link::Link sub_interface(const std::string& name, unsigned vlan,
                         std::uint16_t protocol = ETH_P_8021Q) {
    link::Link found = interface(name);
    found.kind = "vlan";
    found.alias = "ocinet::" + name;
    found.tag = link::Link::Tag{vlan, protocol};
    return found;
}

// A host on which these are found, the parent first; it offers 10.7.0.5.
HostView view_of(std::vector<HostView::Parent> parents) {
    HostView view;
    view.addresses = {ip("10.7.0.5")};
    view.parents = std::move(parents);
    return view;
}

HostView eth0() {
    return view_of({{"eth0", interface("eth0")}});
}

std::string file(const std::string& driver, const json& options = json::object(),
                 const std::string& parent = "eth0") {
    json network = {{"driver", driver},
                    {"subnets", {{{"subnet", "10.7.0.0/24"}, {"gateway", "10.7.0.1"}}}},
                    {"options", options}};
    if (!parent.empty()) {
        network["network_interface"] = parent;
    }
    return network.dump();
}

std::string text(const Lines& lines) {
    return join(lines, "\n");
}

std::string refusal(const Request& request, const HostView& view) {
    try {
        planned(request, view);
        return "";
    } catch (const Error& error) {
        return error.message();
    }
}

// The commands that make the parent.
Lines parent_commands(const Plan& plan) {
    Lines lines;
    for (const auto& step : plan.shared) {
        if (std::holds_alternative<ops::EnsureVlan>(step.operation)) {
            for (const auto& line : describe(step.operation).apply) {
                lines.push_back(line);
            }
        }
    }
    return lines;
}

} // namespace

TEST_CASE("a macvlan on an interface") {
    const Plan plan = planned(request_for(file("macvlan")), eth0());
    CHECK(text(apply_commands(plan)) ==
          text({"# lease 10.7.0.5 of network web", "# eth0 is used by macvlan",
                "ip link add link eth0 name ocbgxeqes5nrccj address 02:0c:c1:5c:02:89 mtu 1500 "
                "netns $PID type macvlan mode bridge",
                "nsenter -t $PID -n ip link set dev ocbgxeqes5nrccj name eth0 alias ocinet:c1:web",
                "nsenter -t $PID -n ip link set dev lo up",
                "nsenter -t $PID -n sysctl -w net.ipv6.conf.eth0.disable_ipv6=1",
                "nsenter -t $PID -n ip link set dev eth0 up",
                "nsenter -t $PID -n ip address add 10.7.0.5/24 brd + dev eth0",
                "nsenter -t $PID -n ip route add default via 10.7.0.1 dev eth0",
                "nsenter -t $PID -n ip neigh replace 10.7.0.5 lladdr ff:ff:ff:ff:ff:ff nud probe "
                "dev eth0"}));
    CHECK(text(undo_commands(plan)) ==
          text({"# addresses and routes go with eth0", "# lo stays up",
                "nsenter -t $PID -n ip link delete dev eth0", "# eth0 is used no more",
                "# release 10.7.0.5 of network web"}));
    CHECK(json(plan.attached) == json::parse(R"([{
        "network":"web","driver":"macvlan","interface":"eth0","host_interface":"",
        "mac":"02:0c:c1:5c:02:89","addresses":["10.7.0.5/24"],"gateways":["10.7.0.1"],
        "ports":[]}])"));
}

TEST_CASE("the options of a macvlan network") {
    const auto made = [](const json& options, const std::string& of_request = "") {
        return operation<ops::CreateUpperLink>(
            planned(request_for(file("macvlan", options), of_request), eth0()));
    };
    CHECK(made({}, "mac=02:00:00:00:00:07").mac == Mac::parse("02:00:00:00:00:07"));
    CHECK(made({{"mtu", "1400"}}).mtu == 1400);
    CHECK(made({{"mode", "vepa"}}).mode == "vepa");
    CHECK(made({{"bclim", "-1"}}).broadcast_limit == -1);
    CHECK(made({{"mode", "passthru"}}).mac == std::nullopt);
}

TEST_CASE("in mode passthru the container has its parent's MAC address, and announces no IPv6") {
    Request request =
        request_for(json({{"driver", "macvlan"},
                          {"network_interface", "eth0"},
                          {"subnets", {{{"subnet", "10.7.0.0/24"}}, {{"subnet", "fd07::/64"}}}},
                          {"options", {{"mode", "passthru"}}}})
                        .dump());
    HostView view = eth0();
    view.addresses.push_back(ip("fd07::5"));
    const Plan plan = planned(request, view);
    CHECK(plan.attached[0].mac == "02:00:00:00:00:02");
    CHECK(operation<ops::UseParent>(plan).as == "passthru");
    CHECK(operation<ops::AnnounceAddress>(plan).addresses ==
          std::vector<IpAddress>{ip("10.7.0.5")});
}

TEST_CASE("a sub-interface for a VLAN is made where it is missing") {
    const auto on_vlan50 = [](std::optional<link::Link> found) {
        return planned(request_for(file("macvlan", {{"vlan", "50"}})),
                       view_of({{"eth0.50", std::move(found)}, {"eth0", interface("eth0")}}));
    };
    const Plan missing = on_vlan50(std::nullopt);
    CHECK(text(parent_commands(missing)) ==
          text({"ip link add link eth0 name ocbgxeqes5nrccj type vlan protocol 802.1Q id 50",
                "sysctl -w net.ipv6.conf.ocbgxeqes5nrccj.disable_ipv6=1",
                "ip link set dev ocbgxeqes5nrccj name eth0.50 alias ocinet::eth0.50 up"}));
    CHECK(operation<ops::CreateUpperLink>(missing).parent == "eth0.50");
    CHECK(operation<ops::UseParent>(missing).parent == "eth0.50");
    CHECK(undo_commands(missing)[4] == "ip link delete dev eth0.50");

    const Plan ours = on_vlan50(sub_interface("eth0.50", 50));
    CHECK(text(parent_commands(ours)) == "ip link set dev eth0.50 up");
    CHECK(undo_commands(ours)[4] == "# eth0.50 stays while others use it");
}

TEST_CASE("a sub-interface that is smaller than its parent says what fits") {
    link::Link small = sub_interface("eth0.50", 50);
    small.mtu = 1400;
    const HostView view = view_of({{"eth0.50", small}, {"eth0", interface("eth0")}});
    const auto request = request_for(file("macvlan", {{"vlan", "50"}}));
    CHECK(operation<ops::CreateUpperLink>(planned(request, view)).mtu == 1400);
    CHECK(refusal(request_for(file("macvlan", {{"vlan", "50"}, {"mtu", "1401"}})), view) ==
          "network \"web\" (macvlan): mtu 1401 is more than that of eth0.50, 1400");
}

TEST_CASE("a parent that is a macvlan itself is refused") {
    link::Link shim = interface("shim0");
    shim.kind = "macvlan";
    CHECK(refusal(request_for(file("macvlan", {}, "shim0")), view_of({{"shim0", shim}})) ==
          "network \"web\" (macvlan): interface shim0 stands on another one itself");
}

TEST_CASE("a sub-interface that is the host's own is used as it is") {
    link::Link own = sub_interface("eth0.50", 50);
    own.alias = "";
    const Plan plan =
        planned(request_for(file("macvlan", {}, "eth0.50")), view_of({{"eth0.50", own}}));
    CHECK(parent_commands(plan).empty());
    CHECK(operation<ops::CreateUpperLink>(plan).parent == "eth0.50");
}

TEST_CASE("a VLAN in a provider's VLAN") {
    const auto request = request_for(file("macvlan", {}, "eth0.50.7"));
    const Plan plan = planned(request, view_of({{"eth0.50.7", std::nullopt},
                                                {"eth0.50", std::nullopt},
                                                {"eth0", interface("eth0")}}));
    const Lines lines = parent_commands(plan);
    REQUIRE(lines.size() == 6);
    CHECK(lines[0] ==
          "ip link add link eth0 name ocbgxeqes5nrccj type vlan protocol 802.1ad id 50");
    CHECK(lines[3] ==
          "ip link add link eth0.50 name ochd35ysfun425l type vlan protocol 802.1Q id 7");

    SECTION("whose sub-interface others use as a plain one") {
        CHECK(refusal(request, view_of({{"eth0.50.7", std::nullopt},
                                        {"eth0.50", sub_interface("eth0.50", 50)},
                                        {"eth0", interface("eth0")}})) ==
              "network \"web\" (macvlan): interface eth0.50 tags as 802.1Q for other containers");
    }
    SECTION("and the other way round") {
        CHECK(refusal(request_for(file("macvlan", {}, "eth0.50")),
                      view_of({{"eth0.50", sub_interface("eth0.50", 50, ETH_P_8021AD)},
                               {"eth0", interface("eth0")}})) ==
              "network \"web\" (macvlan): interface eth0.50 tags as 802.1ad for other containers");
    }
}

TEST_CASE("an ipvlan on an interface, which has its parent's MAC address") {
    const Plan plan = planned(request_for(file("ipvlan", {{"flag", "private"}})), eth0());
    const auto link = operation<ops::CreateUpperLink>(plan);
    CHECK(describe(link).apply[0] == "ip link add link eth0 name ocbgxeqes5nrccj mtu 1500 "
                                     "netns $PID type ipvlan mode l2 private");
    CHECK(plan.attached[0].mac == "02:00:00:00:00:02");
    CHECK(plan.attached[0].gateways == std::vector<std::string>{"10.7.0.1"});
    CHECK(operation<ops::UseParent>(plan).as == "ipvlan-l2-private");
}

TEST_CASE("an ipvlan that routes asks for no neighbour") {
    const std::string mode = GENERATE("l3", "l3s");
    auto network = json::parse(file("ipvlan", {{"mode", mode}}));
    network["routes"] = {{{"destination", "10.8.0.0/16"}, {"gateway", "10.7.0.2"}}};
    const Plan plan = planned(request_for(network.dump()), eth0());
    const Lines lines = apply_commands(plan);
    REQUIRE(lines.size() == 10);
    CHECK(lines[8] == "nsenter -t $PID -n ip route add default dev eth0");
    CHECK(lines[9] == "nsenter -t $PID -n ip route add 10.8.0.0/16 dev eth0");
    CHECK(plan.attached[0].gateways.empty());
}

TEST_CASE("a macvlan network without addresses of ours") {
    const std::string network = R"({"driver":"macvlan","network_interface":"eth0"})";
    HostView view = eth0();
    view.addresses.clear();
    const Plan plan = planned(request_for(network), view);
    CHECK(operation<ops::ConfigureLink>(plan).addresses.empty());
    CHECK_FALSE(operation<ops::ConfigureLink>(plan).ipv6);
    // No two are alike.
    const Mac mac = operation<ops::CreateUpperLink>(plan).mac.value();
    CHECK((mac.bytes[0] & 3) == 2);
    Request other = request_for(network);
    other.seed = 2;
    CHECK(operation<ops::CreateUpperLink>(planned(other, view)).mac != mac);

    const Plan slaac = planned(
        request_for(R"({"driver":"macvlan","network_interface":"eth0","ipv6_enabled":true})"),
        view);
    CHECK(text(describe(operation<ops::ConfigureLink>(slaac)).apply).find("accept_ra=1") !=
          std::string::npos);
}

TEST_CASE("a parent on which nothing can stand is refused") {
    struct Refused {
        const char* problem;
        HostView view;
        json options = json::object();
    };
    const auto changed = [](auto change) {
        link::Link found = interface("eth0");
        change(found);
        return view_of({{"eth0", found}});
    };
    const std::vector<Refused> all = {
        {"interface eth0 is not there", view_of({{"eth0", std::nullopt}})},
        {"interface eth0.50 is not there, nor eth0 to make it on",
         view_of({{"eth0.50", std::nullopt}, {"eth0", std::nullopt}})},
        {"interface eth0.4095 is not there, and \"4095\" is no VLAN's number",
         view_of({{"eth0.4095", std::nullopt}, {"eth0", interface("eth0")}})},
        {"interface eth0.0 is not there, and \"0\" is no VLAN's number",
         view_of({{"eth0.0", std::nullopt}, {"eth0", interface("eth0")}})},
        {"interface eth0 is a port of another interface, which takes its packets",
         changed([](link::Link& found) { found.master = 3; })},
        {"interface eth0 is down", changed([](link::Link& found) { found.up = false; })},
        {"interface eth0 is the loopback: nothing is behind it",
         changed([](link::Link& found) { found.loopback = true; })},
        {"mtu 1501 is more than that of eth0, 1500", eth0(), {{"mtu", "1501"}}},
    };
    for (const auto& refused : all) {
        CAPTURE(refused.problem);
        CHECK(refusal(request_for(file("macvlan", refused.options)), refused.view) ==
              std::string("network \"web\" (macvlan): ") + refused.problem);
    }
}

TEST_CASE("Wi-Fi carries macvlan in mode passthru alone, and ipvlan") {
    const HostView view = view_of({{"eth0", interface("eth0"), true}});
    CHECK(refusal(request_for(file("macvlan")), view) ==
          "network \"web\" (macvlan): interface eth0 is Wi-Fi, which carries one MAC address only");
    CHECK(refusal(request_for(file("macvlan", {{"mode", "passthru"}})), view).empty());
    CHECK(refusal(request_for(file("ipvlan")), view).empty());
}

TEST_CASE("what means nothing on a parent is refused") {
    const std::string macvlan = "network \"web\" (macvlan): ";
    CHECK(refusal(request_for(file("macvlan"), "", "80:80"), eth0()) ==
          macvlan + "no port of it can be published");
    CHECK(refusal(request_for(file("macvlan"), "host_interface_name=x"), eth0()) ==
          macvlan + "host_interface_name= means nothing here");
    CHECK(refusal(request_for(R"({"driver":"macvlan"})", "ip=10.7.0.5"), eth0()) ==
          macvlan + "ip= means nothing here: the network has no subnet");
    CHECK(refusal(request_for(file("macvlan", {{"mode", "passthru"}}), "mac=02:00:00:00:00:07"),
                  eth0()) == macvlan + "mac= means nothing in mode passthru");
    CHECK(refusal(request_for(file("ipvlan"), "mac=02:00:00:00:00:07"), eth0()) ==
          "network \"web\" (ipvlan): mac= means nothing here");
    CHECK(refusal(request_for(R"({"driver":"macvlan","ipam_options":{"driver":"dhcp"}})",
                              "ip=10.7.0.5"),
                  eth0()) == macvlan + "ip= means nothing here: the network has no subnet");
    auto network = json::parse(file("macvlan"));
    network["ipam_options"] = {{"driver", "static"}};
    CHECK(refusal(request_for(network.dump()), eth0()) == macvlan + "no ip= of 10.7.0.0/24");
    CHECK(refusal(request_for(network.dump(), "ip=10.7.0.5"), eth0()).empty());
    network["network_interface"] = "interface12345";
    network["options"] = {{"vlan", "50"}};
    CHECK(refusal(request_for(network.dump(), "ip=10.7.0.5"), eth0()) ==
          macvlan + "no interface can be called interface12345.50");
}

TEST_CASE("the addresses of a macvlan may come from DHCP") {
    const auto client_of = [](bool default_route) {
        const json network = {{"driver", "macvlan"},
                              {"network_interface", "eth0"},
                              {"ipam_options", {{"driver", "dhcp"}}},
                              {"options", {{"metric", "7"}}}};
        Request request = request_for(network.dump());
        request.default_route4 = default_route;
        const Plan plan = planned(request, eth0());
        const auto* link = std::get_if<ops::ConfigureLink>(&plan.own.at(2).operation);
        REQUIRE(link);
        CHECK(link->addresses.empty());
        CHECK(link->routes.empty());
        REQUIRE(plan.own.size() == 4); // it comes last, and nothing is announced before
        return std::get<ops::RunDhcpClient>(plan.own.back().operation);
    };
    const auto client = client_of(true);
    CHECK(client.interface == "eth0");
    CHECK(client.default_route);
    CHECK(client.metric == 7);
    CHECK_FALSE(client_of(false).default_route);
}

} // namespace ocinet::test
