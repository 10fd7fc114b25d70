// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/crown/scene.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <filesystem>

#include "netsetup/base/error.h"
#include "netsetup/base/file.h"
#include "netsetup/base/text.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr const char* netns_name = "own";

// One for the whole run: hosts are apart, and states of different scenes are compared.
const std::string& container_id() {
    static const std::string id = unique_id();
    return id;
}

// The bits of an address map, without the place where the next search begins, and without the zeros
// that are there when a bit was set and cleared.
std::string map_bits(const std::string& path) {
    std::string bits;
    for (const char c : read_text(path).substr(8)) {
        bits += std::to_string(unsigned(static_cast<unsigned char>(c))) + " ";
    }
    while (bits.ends_with(" 0 ")) {
        bits.resize(bits.size() - 2);
    }
    return bits == "0 " ? "" : bits;
}

// Of those who joined a namespace's first container: it stays, empty, as long as that has it.
bool waits_for_joiners(const fs::path& directory) {
    const std::string name = directory.filename();
    return name.starts_with("netns-") && fs::is_empty(directory) &&
           fs::is_symlink("/run/ocinet/netns/" + name.substr(6));
}

// Inside the host: what the snapshot tells of /run/ocinet is not all, or more than must be equal.
json state_files() {
    json state{{"maps", json::object()}, {"directories", json::array()}};
    std::error_code missing;
    for (const auto& entry : fs::recursive_directory_iterator("/run/ocinet", missing)) {
        const std::string path = entry.path();
        if (entry.is_directory() && entry.path().parent_path() != "/run/ocinet" &&
            !waits_for_joiners(entry.path())) {
            state["directories"].push_back(path);
        } else if (entry.path().filename() == "map") {
            state["maps"][path] = map_bits(path);
        }
    }
    std::sort(state["directories"].begin(), state["directories"].end());
    return state;
}

// bridge(8) gives a port's other end, which is in another namespace, the name of the link that has
// the same index here.
json snapshot_of(const Host& host, Iproute& iproute) {
    json state = take_snapshot(host, iproute);
    for (auto& port : state["bridge"]) {
        port.erase("link");
    }
    return state;
}

json hosts_of(Container& box) {
    return read_text(box.bundle().hosts_path());
}

std::string without_process(const std::string& record) {
    json parsed = json::parse(record);
    parsed.erase("process");
    return parsed.dump();
}

// What is answered at its published port, or why nothing is.
std::string ask_neighbour() {
    const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval limit{.tv_sec = 5, .tv_usec = 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    sockaddr_in port{};
    port.sin_family = AF_INET;
    port.sin_port = htons(8081);
    port.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&port), sizeof port) != 0) {
        return "connect: " + errno_text(errno);
    }
    return read_all(socket.get(), 100, "the neighbour's answer");
}

// Not what is the network's: a bridge, a VXLAN device, a VLAN's sub-interface, the host's own among
// macvlans.
bool is_an_end(const json& link) {
    const json kind = link.value("/linkinfo/info_kind"_json_pointer, json());
    return kind != "bridge" && kind != "vxlan" && kind != "vlan" && kind != "macvlan";
}

} // namespace

Scene::Scene(Setting setting) : setting_(std::move(setting)), iproute_(host_), id_(container_id()) {
    // IPv6 addresses, and the routes that come with them, are there at once.
    host_.sh("s=/proc/sys/net/ipv6/conf/default/accept_dad; [ ! -e $s ] || echo 0 >$s; "
             "ip link add up0 address 02:00:00:00:00:01 type veth peer name up1 address "
             "02:00:00:00:00:02; for i in up0 up1; do s=/proc/sys/net/ipv6/conf/$i/disable_ipv6; "
             "[ ! -e $s ] || echo 1 >$s; ip link set $i up; done; "
             "ip address add 192.0.2.1/24 dev up0; " +
             setting_.on_host);
    if (setting_.forwards) {
        host_.sh("echo 1 >/proc/sys/net/ipv4/ip_forward; "
                 "s=/proc/sys/net/ipv6/conf/all/forwarding; [ ! -e $s ] || echo 1 >$s");
    }
    host_.write_network("web", setting_.network);
    if (setting_.has_dhcp) {
        lan_ = std::make_unique<DhcpLan>(host_);
        lan_->start_server("192.0.2.50,192.0.2.250");
        lan_->start_agent();
    }
    if (setting_.has_docker_plugins) {
        docker_ = std::make_unique<DockerPlugins>(host_);
    }
    if (!setting_.neighbour.empty()) {
        add_neighbour();
    }
    links_before_ = links();
    if (setting_.companion != Companion::none) {
        host_.sh("ip netns add " + std::string(netns_name));
        companion_ = make_container(id_ + "-companion");
    }
    box_ = make_container(id_);
}

void Scene::add_neighbour() {
    neighbour_ = std::make_unique<Container>(
        host_, Annotations{{"io.ocinet.network", setting_.neighbour},
                           {"io.ocinet.publish", "8081:80,5354:53/udp"}});
    neighbour_->attach();
    server_ =
        std::make_unique<Process>(neighbour_->start("exec busybox nc -ll -p 80 -e echo served"));
    if (!eventually([&] { return neighbour_problem().empty(); })) {
        throw Error("the neighbour does not serve: " + neighbour_problem());
    }
}

std::unique_ptr<Container> Scene::make_container(const std::string& id) const {
    auto made = std::make_unique<Container>(host_, id, setting_.annotations);
    if (setting_.in_host_netns) {
        made->use_host_netns();
    } else if (setting_.companion != Companion::none) {
        made->use_netns("/run/netns/" + std::string(netns_name));
    }
    return made;
}

void Scene::renew_box() {
    dead_.push_back(std::move(box_));
    if (setting_.companion != Companion::none) {
        host_.sh("ip netns add " + std::string(netns_name));
    }
    box_ = make_container(id_);
}

// Not of /sys: a link may go while its directory there is read.
std::size_t Scene::links() const {
    const json all = json::parse(host_.sh("ip -j -d link show"));
    return std::size_t(std::count_if(all.begin(), all.end(), is_an_end));
}

void Scene::kill_box() {
    box_->kill();
    if (companion_) {
        companion_->kill();
        host_.sh("ip netns del " + std::string(netns_name));
    }
    if (!have_links_helpers()) {
        wait_for_links_of_dead();
    }
}

// What a DHCP client lives in is gone when that is; what a plugin of Docker's made on the host,
// when that is told.
bool Scene::have_links_helpers() const {
    return setting_.has_dhcp || setting_.has_docker_plugins;
}

void Scene::wait_for_links_of_dead() const {
    if (!eventually(
            [&] { return links() == links_before_ && host_.run(setting_.is_gone).status == 0; })) {
        throw Error("the dead container's link stays");
    }
}

void Scene::before_attach() {
    const bool leads =
        setting_.companion == Companion::leads || setting_.companion == Companion::leads_and_ends;
    if (leads && !companion_attached_) {
        companion_->attach();
        companion_attached_ = true;
    }
}

void Scene::before_detach() {
    if (setting_.companion == Companion::follows && !companion_attached_) {
        companion_->attach();
        companion_attached_ = true;
    } else if (setting_.companion == Companion::leads_and_ends) {
        companion_->detach();
        companion_attached_ = false;
    }
}

void Scene::after_detach() {
    if (setting_.companion == Companion::follows && companion_attached_) {
        companion_->detach();
        companion_attached_ = false;
    }
}

json Scene::everything() const {
    if (have_links_helpers()) {
        wait_for_links_of_dead();
    }
    json state = snapshot_of(host_, iproute_);
    const json files = json::parse(host_.visit([] { return state_files().dump(); }));
    state["run"].update(files["maps"]);
    state["directories"] = files["directories"];
    for (auto& [path, text] : state["run"].items()) {
        if (path.ends_with("-companion.json")) {
            text = without_process(text);
        }
    }
    state["hosts"] = hosts_of(*box_);
    state["DHCP clients"] = setting_.has_dhcp ? dhcp_clients_of(id_) : json::array();
    if (docker_) {
        state["held by Docker's plugins"] = docker_->held();
    }
    for (const auto& dead : dead_) {
        if (hosts_of(*dead) != "127.0.0.1\tlocalhost\n") {
            state["hosts of a dead container"] = hosts_of(*dead);
        }
    }
    return state;
}

// The routes to an IPv6 address come when it is tentative no more, which is in the kernel's own
// time (net/ipv6/addrconf.c: addrconf_dad_work).
json Scene::kernel() const {
    if (!eventually([&] { return host_.sh("ip -6 address show tentative").empty(); })) {
        throw Error("an address of the host's stays tentative");
    }
    json state = snapshot_of(host_, iproute_);
    state.erase("run");
    state["hosts"] = hosts_of(*box_);
    if (setting_.has_dhcp) {
        state.erase("fdb"); // its MAC address is another one each time
    }
    return state;
}

std::string Scene::neighbour_problem() const {
    if (!neighbour_) {
        return "";
    }
    const std::string told = host_.ask(ask_neighbour);
    return told == "served\n" ? "" : "the neighbour's port: " + told;
}

std::string Scene::phase() const {
    const std::string path = "/run/ocinet/containers/" + id_ + ".json";
    return host_.ask([&] {
        return fs::exists(path) ? json::parse(read_text(path))["phase"].get<std::string>() : "";
    });
}

} // namespace ocinet::test
