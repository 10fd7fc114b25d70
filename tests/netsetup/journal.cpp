// SPDX-License-Identifier: GPL-2.0-or-later
// The journal's language. What a released version has written must be undone by every later one: an
// operation's name, its fields and their meaning stay. A test that fails here says that they did
// not; the way out is a new name or a new field, never an edit of these texts.
#include <algorithm>
#include <set>

#include "netsetup/plan.h"
#include "tests/base/caught.h"
#include "tests/support/catch.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

struct Entry {
    const char* name;
    const char* fields;
    const char* command;
};

// One of each operation, as the journal holds it, and a command by which it is known to be meant.
const Entry entries[] = {
    {"take-address",
     R"({"range":{"network":"web","base":"10.1.0.0","first":"10.1.0.1","last":"10.1.0.254",
         "never":["10.1.0.1"]},"address":"10.1.0.5"})",
     "# lease 10.1.0.5 of network web"},
    {"take-ports", R"({"claim":{"protocol":"udp","address":"192.0.2.1","first":9000,"count":11}})",
     "# lease udp port 192.0.2.1:9000-9010"},
    {"ensure-policy", R"({"loaded":false,"file":"/p/policy.nft"})", "nft -f /p/policy.nft"},
    {"enable-forwarding",
     R"({"ipv6":false,"turn_on":true,"guarded":["eth0"],"bridges":["br0"],"forwarded":["eth1"],
         "refused_redirects":true,"heeding_routers":["eth0"]})",
     "sysctl -w net.ipv4.ip_forward=1"},
    {"ensure-bridge",
     R"({"network":"web","name":"oc-web","temporary":"ocx","mac":"02:0c:0a:01:00:01","mtu":1500,
         "addresses":["10.1.0.1/24"],"ipv6":true,"routed":true,"vlan":0,"found":"absent"})",
     "ip link set dev ocx name oc-web alias ocinet::web up"},
    {"share-elements",
     R"({"network":"web","elements":[{"set":"masq4","key":["10.1.0.0/24"],"value":[],
         "comment":"web"}],"definition":"5","in_use":false})",
     R"(nft add element inet ocinet masq4 '{ 10.1.0.0/24 comment "web" }')"},
    {"own-elements", R"({"elements":[{"set":"lone","key":["ocy"],"value":[],"comment":"c1 web"}]})",
     R"(nft add element bridge ocinet lone '{ "ocy" comment "c1 web" }')"},
    {"create-veth",
     R"({"temporary":"ocy","name":"ocy","mac":"fe:0c:0a:01:00:05","alias":"ocinet:c1:web","bridge":"oc-web",
         "mtu":1500,"group_fwd_mask":65533,"peer":"eth0","peer_mac":"02:0c:0a:01:00:05"})",
     "ip link set dev ocy alias ocinet:c1:web up"},
    {"access-vlan", R"({"link":"ocy","bridge":"br9","vlan":10,"left":1})",
     "bridge vlan add dev ocy vid 10 pvid untagged"},
    {"use-parent", R"({"parent":"eth0","as":"macvlan"})", "# eth0 is used by macvlan"},
    {"ensure-vlan",
     R"({"parent":"eth0","name":"eth0.50","temporary":"ocx","vlan":50,"is_outer":true,"found":false})",
     "ip link add link eth0 name ocx type vlan protocol 802.1ad id 50"},
    {"ensure-host-link",
     R"({"network":"lan","parent":"eth0","name":"oc-lan","temporary":"ocx",
         "mac":"02:0c:01:02:03:04","ipv6":true,"addresses":["fd00::9"],"found":false})",
     "ip address replace fd00::9/128 nodad dev ocx"},
    {"add-host-route", R"({"address":"10.1.0.5","link":"oc-lan","source":"10.1.0.9"})",
     "ip route add 10.1.0.5/32 dev oc-lan proto 111 src 10.1.0.9"},
    {"ensure-vxlan",
     R"({"network":"web","bridge":"oc-web","name":"vx-web","temporary":"ocx",
         "mac":"02:0c:01:02:03:04","mtu":1450,"vni":95,"port":4789,"local":"192.0.2.1",
         "lower":"wg0","guarded":true,"found":"absent"})",
     "ip link add name ocx address 02:0c:01:02:03:04 mtu 1450 type vxlan id 95 local 192.0.2.1 "
     "dev wg0 dstport 4789 nolearning"},
    {"advertise-container",
     R"({"bridge":"oc-web","port":"ocy","mac":"02:0c:0a:01:00:05","leases":[{"range":{"network":"web",
         "base":"10.1.0.0","first":"10.1.0.1","last":"10.1.0.254","never":[]},"address":"10.1.0.5"}]})",
     "bridge fdb replace 02:0c:0a:01:00:05 dev ocy master static"},
    {"know-endpoints",
     R"({"tunnel":{"network":"web","port":4789,"vni":95},"vxlan":"vx-web","bridge":"oc-web",
         "endpoints":[{"mac":"02:0c:0a:01:00:07","host":"192.0.2.2",
         "addresses":["10.1.0.7","fd01::7"]}],"in_use":false})",
     "bridge fdb replace 02:0c:0a:01:00:07 dev vx-web dst 192.0.2.2 self permanent"},
    {"create-upper-link",
     R"({"kind":"macvlan","mode":"vepa","flag":"","parent":"eth0","temporary":"ocx","name":"eth0",
         "mac":"02:0c:01:02:03:04","mtu":1500,"alias":"ocinet:c1:lan","broadcast_limit":-1})",
     "ip link add link eth0 name ocx address 02:0c:01:02:03:04 mtu 1500 netns $PID type macvlan "
     "mode vepa bclim -1"},
    {"raise-loopback", "{}", "nsenter -t $PID -n ip link set dev lo up"},
    {"configure-link",
     R"({"name":"eth0","ipv6":true,"slaac":false,"addresses":["10.1.0.5/24"],
         "routes":[{"destination":"0.0.0.0/0","gateway":"10.1.0.1","metric":7,"type":"unicast"},
                   {"destination":"10.2.0.0/16","metric":0,"type":"blackhole"}]})",
     "nsenter -t $PID -n ip route add default via 10.1.0.1 dev eth0 metric 7"},
    {"run-dhcp-client", R"({"interface":"eth0","default_route":true,"metric":7,"internal":false})",
     "nsenter -t $PID -n udhcpc -R -i eth0"},
    {"publish-ports",
     R"({"elements":[{"set":"any4","key":["tcp","8080"],"value":["10.1.0.5","80"],
         "comment":"c1 web"}],"claims":[{"protocol":"udp","address":"0.0.0.0","first":53,
         "count":1}],"container":"10.1.0.5"})",
     "conntrack -D -p udp --orig-port-dst 53 || :"},
    {"announce-address", R"({"way":["ocy","oc-web"],"interface":"eth0",
         "mac":"02:0c:0a:01:00:05","addresses":["10.1.0.5"]})",
     "nsenter -t $PID -n ip neigh replace 10.1.0.5 lladdr ff:ff:ff:ff:ff:ff nud probe dev eth0"},
    {"cni-plugin", R"({"container":"c1","interface":"eth0","program":"/opt/cni/bin/ptp",
         "config":"{\"name\":\"web\"}","first":true,"has_status":true,
         "has_check":true})",
     "result=$(printf %s '{\"name\":\"web\"}' | CNI_COMMAND=ADD CNI_CONTAINERID=c1 "
     "CNI_IFNAME=eth0 CNI_NETNS=/proc/$PID/ns/net "
     "CNI_PATH=/opt/cni/bin:/usr/lib/cni:/usr/libexec/cni /opt/cni/bin/ptp)"},
    {"netavark-plugin", R"({"container":"c1","interface":"eth0",
         "program":"/usr/libexec/netavark/plug","input":"{\"container_id\":\"c1\"}"})",
     "printf %s '{\"container_id\":\"c1\"}' | /usr/libexec/netavark/plug setup "
     "/proc/$PID/ns/net"},
    {"ensure-docker-network",
     R"({"network":"web","plugin":{"name":"weave","program":"/usr/bin/curl",
         "options":["--unix-socket","/run/docker/plugins/weave.sock"],"url":"http://plugin"},
         "ipam":null,"id":"ab","options":"{}","ipam_options":"{}","pools":[{"ipv6":false,
         "subnet":"10.1.0.0/24","gateway":"10.1.0.1"}],"found":false})",
     "/usr/bin/curl -fsS --unix-socket /run/docker/plugins/weave.sock -d "
     "'{\"IPv4Data\":[{\"AddressSpace\":\"LocalDefault\",\"AuxAddresses\":{},"
     "\"Gateway\":\"10.1.0.1/24\",\"Pool\":\"10.1.0.0/24\"}],\"IPv6Data\":[],"
     "\"NetworkID\":\"ab\",\"Options\":{}}' http://plugin/NetworkDriver.CreateNetwork"},
    {"docker-endpoint", R"({"container":"c1","network":"web","interface":"eth0",
         "alias":"ocinet:c1:web","plugin":{"name":"weave","program":"/usr/bin/curl",
         "options":["--unix-socket","/run/docker/plugins/weave.sock"],"url":"http://plugin"},
         "ipam":{"name":"pool","program":"/usr/bin/curl","options":[],"url":"http://[::1]:7000"},
         "pools":[{"ipv6":false,"wanted":"10.1.0.5","id":"p1"}],"network_id":"ab","id":"cd",
         "addresses":[],"mac":"02:0c:0a:01:00:05","default_route4":true,"default_route6":false,
         "metric":7,"options":"{}","publishes":true})",
     "ip link set dev $link netns $PID name eth0"},
    {"add-hosts", R"({"file":"/b/hosts","lines":["10.1.0.5 web"],"mark":"ocinet web"})",
     R"(printf '%s\n' '10.1.0.5 web # ocinet web' >>/b/hosts)"},
};

json step_json(const Entry& entry) {
    return {{"attachment", "a"}, {"operation", entry.name}, {"with", json::parse(entry.fields)}};
}

const Entry& entry_of(std::string_view name) {
    return *std::find_if(std::begin(entries), std::end(entries),
                         [&](const Entry& entry) { return name == entry.name; });
}

template <std::size_t... Index>
std::vector<std::string> names_of(std::index_sequence<Index...> /*unused*/) {
    return {std::variant_alternative_t<Index, Operation>::journal_name...};
}

std::vector<std::string> journal_names() {
    return names_of(std::make_index_sequence<std::variant_size_v<Operation>>());
}

} // namespace

TEST_CASE("an operation comes back from the journal as it went in") {
    for (const auto& entry : entries) {
        CAPTURE(entry.name);
        const auto written = step_json(entry);
        const auto step = written.get<Step>();
        CHECK(json(step) == written);
        CHECK(step.attachment == "a");
        const auto description = describe(step.operation);
        CHECK(std::find(description.apply.begin(), description.apply.end(), entry.command) !=
              description.apply.end());
    }
}

TEST_CASE("every operation has a name of its own in the journal, for ever") {
    const auto names = journal_names();
    const std::set<std::string> ours(names.begin(), names.end());
    CHECK(ours.size() == names.size());
    std::set<std::string> listed;
    for (const auto& entry : entries) {
        listed.insert(entry.name);
    }
    CHECK(ours == listed);
}

TEST_CASE("an operation's field that is missing from the journal is an error") {
    for (const auto& entry : entries) {
        const auto written = step_json(entry);
        for (const auto& [field, value] : written.at("with").items()) {
            CAPTURE(entry.name, field);
            auto damaged = written;
            damaged["with"].erase(field);
            CHECK_THROWS_AS(damaged.get<Step>(), json::exception);
        }
    }
}

TEST_CASE("a malformed value in the journal is an error") {
    struct Case {
        const char* operation;
        const char* field;
        json value;
        const char* message;
    };
    const Case cases[] = {
        {"take-address", "address", "10.1.0", "\"10.1.0\" in a record is malformed"},
        {"ensure-bridge", "mac", "02:0c", "\"02:0c\" in a record is malformed"},
        {"configure-link", "addresses", {"10.1.0.5"}, "\"10.1.0.5\" in a record is malformed"},
    };
    for (const auto& [operation, field, value, message] : cases) {
        auto damaged = step_json(entry_of(operation));
        damaged["with"][field] = value;
        const auto refusal = message_of([&] { damaged.get<Step>(); });
        CHECK(refusal == message);
    }
    auto unknown = step_json(entries[0]);
    unknown["operation"] = "take-adress";
    CHECK(message_of([&] { unknown.get<Step>(); }) == "unknown operation \"take-adress\"");
}

TEST_CASE("what becomes part of a path is a name") {
    const std::pair<const char*, const char*> cases[] = {
        {"take-address", "/range/network"},
        {"take-ports", "/claim/protocol"},
        {"enable-forwarding", "/forwarded/0"},
        {"enable-forwarding", "/heeding_routers/0"},
        {"ensure-bridge", "/network"},
        {"ensure-bridge", "/name"},
        {"ensure-bridge", "/temporary"},
        {"share-elements", "/network"},
        {"publish-ports", "/claims/0/protocol"},
        {"create-veth", "/name"},
        {"create-veth", "/temporary"},
        {"create-veth", "/peer"},
        {"use-parent", "/parent"},
        {"use-parent", "/as"},
        {"run-dhcp-client", "/interface"},
        {"ensure-vxlan", "/network"},
        {"ensure-vxlan", "/name"},
        {"ensure-vxlan", "/temporary"},
        {"ensure-vxlan", "/bridge"},
        {"ensure-vlan", "/parent"},
        {"ensure-vlan", "/name"},
        {"ensure-vlan", "/temporary"},
        {"ensure-host-link", "/network"},
        {"ensure-host-link", "/temporary"},
        {"configure-link", "/name"},
        {"ensure-docker-network", "/network"},
        {"ensure-docker-network", "/plugin/program"},
        {"docker-endpoint", "/container"},
        {"docker-endpoint", "/network"},
        {"docker-endpoint", "/interface"},
        {"docker-endpoint", "/plugin/program"},
        {"docker-endpoint", "/ipam/program"},
        {"add-hosts", "/mark"},
    };
    for (const auto& [operation, field] : cases) {
        CAPTURE(operation, field);
        auto damaged = step_json(entry_of(operation));
        damaged["with"][json::json_pointer(field)] = "../../etc";
        const auto message = message_of([&] { damaged.get<Step>(); });
        CHECK(message == "\"../../etc\" in a record is no name");
    }
}

TEST_CASE("every operation says what it does") {
    for (const auto& entry : entries) {
        CAPTURE(entry.name);
        const auto description = describe(step_json(entry).get<Step>().operation);
        CHECK_FALSE(description.apply.empty());
        for (const auto* commands : {&description.apply, &description.undo}) {
            for (const auto& command : *commands) {
                CHECK_FALSE(command.empty());
                CHECK(command.find('\n') == std::string::npos);
            }
        }
    }
}

TEST_CASE("a plan comes back as it was, and two become one in order") {
    Plan plan;
    for (const auto& entry : entries) {
        plan.shared.push_back(step_json(entry).get<Step>());
        plan.own.insert(plan.own.begin(), step_json(entry).get<Step>());
    }
    plan.attached.push_back({.network = "web",
                             .driver = "bridge",
                             .interface = "eth0",
                             .host_interface = "ocy",
                             .mac = "02:0c:0a:01:00:05",
                             .addresses = {"10.1.0.5/24"},
                             .gateways = {"10.1.0.1"},
                             .ports = {"80/tcp -> 0.0.0.0:8080"}});
    plan.notes = {"a note"};
    const json written = plan;
    CHECK(json(written.get<Plan>()) == written);
    CHECK(json(json::parse(written.dump()).get<Plan>()) == written);

    Plan both = plan;
    append(both, plan);
    // What is the host's or the container's as a whole is there once.
    CHECK(both.shared.size() == 2 * plan.shared.size() - 4);
    CHECK(json(both.own.at(plan.own.size())) == json(plan.own.front()));
    CHECK(both.attached.size() == 2);
    CHECK(both.notes == std::vector<std::string>{"a note", "a note"});
}

TEST_CASE("a plan needs what its operations need") {
    const auto needs_of = [](const std::vector<const char*>& names) {
        Plan plan;
        for (const auto* name : names) {
            plan.own.push_back(step_json(entry_of(name)).get<Step>());
        }
        return needs(plan);
    };
    CHECK_FALSE(needs_of({}).container);
    CHECK_FALSE(
        needs_of({"take-address", "take-ports", "ensure-bridge", "publish-ports"}).container);
    CHECK(needs_of({"take-address", "create-veth"}).container);
    CHECK(needs_of({"raise-loopback"}).container);
    CHECK(needs_of({"run-dhcp-client"}).dhcp);
    CHECK_FALSE(needs_of({"configure-link"}).dhcp);
    CHECK(needs_of({"ensure-policy"}).policy_loader);
    CHECK_FALSE(needs_of({"share-elements"}).policy_loader);
    CHECK(needs_of({"ensure-docker-network"}).plugins.size() == 1);
    CHECK(needs_of({"docker-endpoint"}).plugins.size() == 2);
    CHECK(needs_of({"docker-endpoint"}).container_to_undo);
    CHECK(needs_of({"add-hosts"}).files == std::vector<std::string>{"/b/hosts"});
}

} // namespace ocinet::test
