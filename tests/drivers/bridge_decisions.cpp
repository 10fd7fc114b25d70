// SPDX-License-Identifier: GPL-2.0-or-later
// What the driver "bridge" makes of what it finds on the host, and what it refuses.
#include <functional>

#include "netsetup/base/text.h"
#include "tests/base/caught.h"
#include "tests/drivers/request.h"
#include "tests/support/catch.h"

namespace ocinet::test {

namespace {

using Found = ops::EnsureBridge::Found;

const std::string label_of_bridge = "network \"bridge\" (bridge): ";
const std::string label_of_web = "network \"web\" (bridge): ";

Found found_with(const std::function<void(HostView&)>& change) {
    auto view = warm_view();
    change(view);
    return operation<ops::EnsureBridge>(planned(request_for(), view)).found;
}

std::string network_with(const std::string& more) {
    return R"({"subnets":[{"subnet":"10.1.0.0/24"}])" + (more.empty() ? "" : "," + more) + "}";
}

Error refusal(const drivers::Request& request, HostView view = cold_view()) {
    view.ports.resize(request.publish.size());
    return caught([&] { planned(request, view); });
}

} // namespace

TEST_CASE("a bridge is trusted only when it is complete") {
    CHECK(found_with([](HostView&) {}) == Found::complete);
    CHECK(found_with([](HostView& view) { view.bridge.reset(); }) == Found::absent);
    CHECK(found_with([](HostView& view) { view.bridge->up = false; }) == Found::incomplete);
    // Nobody asks for one: it stays as its containers have it.
    CHECK(found_with([](HostView& view) { view.bridge->mtu = 1400; }) == Found::complete);
    CHECK(found_with([](HostView& view) { view.bridge->ipv6_disabled = false; }) ==
          Found::incomplete);
    CHECK(found_with([](HostView& view) { view.bridge->route_localnet = false; }) ==
          Found::incomplete);
    CHECK(found_with([](HostView& view) { view.bridge->forwards_ipv4 = false; }) ==
          Found::incomplete);
    CHECK(found_with([](HostView& view) { view.bridge->mac = Mac(); }) == Found::incomplete);
    CHECK(found_with([](HostView& view) { view.bridge_addresses.clear(); }) == Found::incomplete);
    CHECK(found_with([](HostView& view) {
              view.bridge_addresses = {*Prefix::parse("10.90.0.1/24")};
          }) == Found::incomplete);
    CHECK(found_with([](HostView& view) {
              view.bridge_addresses.insert(view.bridge_addresses.begin(),
                                           *Prefix::parse("10.9.0.1/24"));
          }) == Found::complete);
}

TEST_CASE("an incomplete bridge is completed where it is") {
    auto view = warm_view();
    view.bridge->up = false;
    const auto description = describe(operation<ops::EnsureBridge>(planned(request_for(), view)));
    CHECK(description.apply == Lines{"ip link set dev ocinet0 address 02:0c:0a:5a:00:01 mtu 1500 "
                                     "type bridge",
                                     "sysctl -w net.ipv6.conf.ocinet0.disable_ipv6=1",
                                     "sysctl -w net.ipv4.conf.ocinet0.forwarding=1",
                                     "sysctl -w net.ipv4.conf.ocinet0.route_localnet=1",
                                     "ip address replace 10.90.0.1/16 brd + dev ocinet0",
                                     "ip link set dev ocinet0 up"});
    CHECK(description.undo == Lines{"# bridge ocinet0 was there before"});
}

TEST_CASE("an interface of somebody else's with the bridge's name is refused") {
    const std::vector<std::function<void(link::Link&)>> strangers = {
        [](link::Link& link) { link.alias = ""; },
        [](link::Link& link) { link.alias = "ocinet::web"; },
        [](link::Link& link) { link.alias = "ocinet:c1:bridge"; },
        [](link::Link& link) { link.kind = "dummy"; },
        [](link::Link& link) { link.kind = ""; },
    };
    for (const auto& change : strangers) {
        auto view = warm_view();
        change(*view.bridge);
        const auto error = refusal(request_for(), view);
        CHECK(error.message() ==
              label_of_bridge +
                  "the host has an interface ocinet0 already, which is not this network's");
        CHECK(error.hint() == "give the network another name for its bridge: network_interface");
    }
}

TEST_CASE("the driver asks for all that it decides on") {
    const auto request = request_for(R"({"subnets":[{"subnet":"10.1.0.0/24"}]})", "", "80:80");
    const HostQuery query = drivers::driver_for(request).query(request);
    CHECK(query.network == "web");
    CHECK(query.bridge == "oc-web");
    CHECK(query.subnets == std::vector<Prefix>{*Prefix::parse("10.1.0.0/24")});
    CHECK(query.addresses.size() == 1);
    CHECK(query.ports.size() == 1);
    CHECK(query.firewall);
}

TEST_CASE("the policy is loaded where it is missing or of another version") {
    for (const auto version :
         {std::optional<int>(), std::optional(0), std::optional(nft::policy_version),
          std::optional(nft::policy_version + 1)}) {
        auto view = warm_view();
        view.policy_version = version;
        CHECK(operation<ops::EnsurePolicy>(planned(request_for(), view)).loaded ==
              (version == nft::policy_version));
    }
}

TEST_CASE("the host forwards, and its own interfaces not to each other") {
    using Names = std::vector<std::string>;
    const auto forwarding = [](bool forwards) {
        auto view = cold_view();
        view.ipv4.on = forwards;
        return operation<ops::EnableForwarding>(planned(request_for(), view));
    };
    CHECK(forwarding(false).turn_on);
    CHECK(forwarding(false).guarded == Names{"eth0", "wlan0"});
    CHECK(forwarding(false).forwarded.empty());
    CHECK_FALSE(forwarding(false).refused_redirects);
    CHECK_FALSE(forwarding(true).turn_on);
    CHECK(forwarding(true).guarded.empty());
}

TEST_CASE("an interface that forwarded before goes on, and what the kernel changes is remembered") {
    auto view = cold_view();
    view.interfaces = {{.name = "lo"},
                       {.name = "eth0", .forwards_ipv4 = true},
                       {.name = "wlan0"},
                       {.name = "docker0", .kind = "bridge", .forwards_ipv4 = true}};
    view.ipv4.by_default = true;
    view.accepts_redirects = false;
    const auto op = operation<ops::EnableForwarding>(planned(request_for(), view));
    CHECK(op.guarded == std::vector<std::string>{"wlan0"});
    CHECK(op.forwarded == std::vector<std::string>{"eth0", "docker0", "default"});
    CHECK(op.bridges == std::vector<std::string>{"docker0"});
    CHECK(op.refused_redirects);
    // What did not forward gets nowhere by what did, nor back out by itself.
    CHECK(describe(op).apply ==
          Lines{R"(nft add element inet ocinet guarded4 '{ "wlan0" }')",
                R"(nft add element inet ocinet foreign4 '{ "wlan0" }')",
                R"(nft add element inet ocinet foreign4 '{ "eth0" }')",
                R"(nft add element inet ocinet foreign4 '{ "docker0" }')",
                R"(nft add element inet ocinet bridged4 '{ "docker0" . "docker0" }')",
                "sysctl -w net.ipv4.ip_forward=1"});
    auto off = describe(op).undo;
    off.resize(5);
    CHECK(off == std::vector<std::string>{"sysctl -w net.ipv4.ip_forward=0",
                                          "sysctl -w net.ipv4.conf.all.accept_redirects=0",
                                          "sysctl -w net.ipv4.conf.eth0.forwarding=1",
                                          "sysctl -w net.ipv4.conf.docker0.forwarding=1",
                                          "sysctl -w net.ipv4.conf.default.forwarding=1"});
}

TEST_CASE("an internal network needs no forwarding") {
    const auto request = request_for(network_with(R"("internal":true)"));
    auto view = cold_view();
    view.addresses = {ip("10.1.0.5")};
    CHECK_THAT(join(apply_commands(planned(request, view)), "\n"),
               !contains("ip_forward") && !contains("guarded"));
}

TEST_CASE("a policy that is loaded anew gets back what it held, behind its text") {
    auto view = cold_view();
    view.lost = {{.set = "guarded4", .key = {"eth0"}},
                 {.set = "any4", .key = {"tcp", "80"}, .value = {"10.90.0.9", "80"}}};
    const auto [apply, undo] = describe(operation<ops::EnsurePolicy>(planned(request_for(), view)));
    REQUIRE(apply.size() == 3);
    CHECK_THAT(apply[0], contains("nft -f "));
    CHECK_THAT(apply[1], contains("nft add element inet ocinet guarded4 "));
    CHECK_THAT(apply[2], contains("nft add element inet ocinet any4 "));
    // The others' elements are theirs to take away.
    CHECK(undo == std::vector<std::string>{"# the tables stay while others use them"});
}

TEST_CASE("an internal network has no way out") {
    auto view = cold_view();
    view.addresses = {ip("10.1.0.5")};
    const Plan plan = planned(request_for(network_with(R"("internal":true)")), view);
    CHECK(operation<ops::ConfigureLink>(plan).routes.empty());
    CHECK_FALSE(operation<ops::EnsureBridge>(plan).routed);
    std::string sets;
    for (const auto& element : operation<ops::ShareElements>(plan).elements) {
        sets += element.set + " ";
    }
    CHECK(sets == "bridges same internals limited ");
    CHECK(plan.attached.at(0).gateways.empty());

    CHECK(refusal(request_for(network_with(R"("internal":true)"), "", "80:80")).message() ==
          label_of_web + "the network is internal: no port of it can be published");
}

TEST_CASE("a static address is a host's in the subnet") {
    struct Case {
        const char* address;
        const char* problem;
    };
    for (const auto& [address, problem] : {
             Case{"10.2.0.5", "not in the network's subnet 10.1.0.0/24"},
             Case{"10.1.1.0", "not in the network's subnet 10.1.0.0/24"},
             Case{"10.1.0.0", "the network's own or broadcast address"},
             Case{"10.1.0.255", "the network's own or broadcast address"},
             Case{"10.1.0.1", "the gateway's address"},
         }) {
        const auto error = refusal(request_for(network_with(""), std::string("ip=") + address));
        CHECK(error.message() == label_of_web + "ip=" + address + ": " + problem);
    }
    // Outside the lease range it is fine: that is what the range is for.
    const auto request = request_for(R"({"subnets":[{"subnet":"10.1.0.0/24",
        "lease_range":{"start_ip":"10.1.0.100","end_ip":"10.1.0.200"}}]})",
                                     "ip=10.1.0.5");
    const auto query = drivers::driver_for(request).query(request);
    REQUIRE(query.addresses.size() == 1);
    CHECK(query.addresses[0].fixed == ip("10.1.0.5"));
    CHECK(query.addresses[0].range.base == ip("10.1.0.0"));
    CHECK(query.addresses[0].range.first == ip("10.1.0.100"));
    CHECK(query.addresses[0].range.last == ip("10.1.0.200"));
    CHECK(query.addresses[0].range.never == std::vector{ip("10.1.0.1")});
}

TEST_CASE("a network that cannot work is refused before anything is looked at") {
    CHECK(refusal(request_for("{}")).message() == label_of_web + "it has no subnet");
    CHECK(refusal(request_for(network_with(
                      R"("routes":[{"destination":"10.3.0.0/16","gateway":"10.2.0.1"}])")))
              .message() == label_of_web + "the route to 10.3.0.0/16 has its gateway 10.2.0.1 "
                                           "outside the network's subnets");
}

// The kernel refuses the second of two like routes, after everything before it was set up.
TEST_CASE("two routes to the same place are refused before anything is touched") {
    CHECK_THAT(refusal(request_for(network_with(
                           R"("routes":[{"destination":"0.0.0.0/0","gateway":"10.1.0.2"}])")))
                   .message(),
               contains(label_of_web) && contains("0.0.0.0/0"));
    CHECK_THAT(refusal(request_for(network_with(
                           R"("routes":[{"destination":"10.3.0.0/16","gateway":"10.1.0.2"},)"
                           R"({"destination":"10.3.0.0/16","gateway":"10.1.0.3"}])")))
                   .message(),
               contains(label_of_web) && contains("10.3.0.0/16"));
    // Another metric makes it another route.
    CHECK(refusal(request_for(network_with(
                      R"("routes":[{"destination":"0.0.0.0/0","gateway":"10.1.0.2","metric":9}])")))
              .message() == "nothing was thrown");
}

} // namespace ocinet::test
