// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/crown/scene.h"

#include "netsetup/base/error.h"
#include "netsetup/base/text.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;
using Neighbour = Setting::Neighbour;

// One for the whole run: hosts are apart, and states of different scenes are compared.
const std::string& container_id() {
    static const std::string id = unique_id();
    return id;
}

const Annotations annotations = {{"io.ocinet.network", "bridge:ip=10.90.7.7"},
                                 {"io.ocinet.name", "crown"},
                                 {"io.ocinet.publish", "8080:80,5353:53/udp,9000-9003:9000-9003"}};

// The bits of an address map, without the place where the next search begins, and without the zeros
// that are there when a bit was set and cleared.
std::string map_bits(const Host& host, const std::string& path) {
    std::string bits =
        host.sh("tail -c +9 " + shell_word(path) + " | od -An -v -tx1 | tr -d ' \\n'");
    bits.resize(bits.find_last_not_of('0') + 1);
    return bits;
}

// bridge(8) gives a port's other end, which is in another namespace, the name of the link that has
// the same index here.
json snapshot_of(const Host& host) {
    json state = host.snapshot();
    for (auto& port : state["bridge"]) {
        port.erase("link");
    }
    return state;
}

json hosts_of(Container& box) {
    return read_text(box.bundle().hosts_path());
}

} // namespace

Scene::Scene(Setting setting) : setting_(std::move(setting)), id_(container_id()) {
    host_.sh("ip link add up0 address 02:00:00:00:00:01 type veth peer name up1 address "
             "02:00:00:00:00:02; for i in up0 up1; do s=/proc/sys/net/ipv6/conf/$i/disable_ipv6; "
             "[ ! -e $s ] || echo 1 >$s; ip link set $i up; done; "
             "ip address add 192.0.2.1/24 dev up0");
    if (setting_.forwards) {
        host_.sh("echo 1 >/proc/sys/net/ipv4/ip_forward");
    }
    host_.write_network("web", {{"subnets", {{{"subnet", "10.7.0.0/24"}}}}});
    if (setting_.neighbour != Neighbour::none) {
        add_neighbour();
    }
    box_ = std::make_unique<Container>(host_, id_, annotations);
}

void Scene::add_neighbour() {
    const bool same = setting_.neighbour == Neighbour::same_network;
    neighbour_ = std::make_unique<Container>(
        host_, Annotations{{"io.ocinet.network", same ? "bridge" : "web"},
                           {"io.ocinet.publish", "8081:80,5354:53/udp"}});
    neighbour_->attach();
    server_ =
        std::make_unique<Process>(neighbour_->start("exec busybox nc -ll -p 80 -e echo served"));
    if (!eventually([&] { return neighbour_problem().empty(); })) {
        throw Error("the neighbour does not serve: " + neighbour_problem());
    }
}

void Scene::renew_box() {
    dead_.push_back(std::move(box_));
    box_ = std::make_unique<Container>(host_, id_, annotations);
}

void Scene::kill_box() {
    const std::string alias = "ocinet:" + id_ + ":bridge";
    box_->kill();
    const auto gone = [&] { return host_.sh("ip link").find(alias) == std::string::npos; };
    if (!eventually(gone)) {
        throw Error("the dead container's link stays");
    }
}

json Scene::everything() const {
    json state = snapshot_of(host_);
    for (auto& [path, text] : state["run"].items()) {
        if (path.ends_with("/map")) {
            text = map_bits(host_, path);
        }
    }
    state["directories"] =
        host_.sh("[ ! -d /run/ocinet ] || find /run/ocinet -mindepth 2 -type d | sort");
    state["hosts"] = hosts_of(*box_);
    for (const auto& dead : dead_) {
        if (hosts_of(*dead) != "127.0.0.1\tlocalhost\n") {
            state["hosts of a dead container"] = hosts_of(*dead);
        }
    }
    return state;
}

json Scene::kernel() const {
    json state = snapshot_of(host_);
    state.erase("run");
    state["hosts"] = hosts_of(*box_);
    return state;
}

std::string Scene::neighbour_problem() const {
    if (!neighbour_) {
        return "";
    }
    const Result result = host_.run("timeout 5 busybox nc 127.0.0.1 8081 </dev/null");
    return result.out == "served\n"
               ? ""
               : "the neighbour's port: status " + std::to_string(result.status) + " " + result.err;
}

std::string Scene::phase() const {
    const Result record = host_.run("cat /run/ocinet/containers/" + id_ + ".json");
    return record.status == 0 ? json::parse(record.out)["phase"].get<std::string>() : "";
}

References look_at_normal_course(Scene& scene) {
    References references;
    references.before = scene.everything();
    scene.box().attach();
    references.attached = scene.kernel();
    scene.box().detach();
    references.after = scene.everything();
    return references;
}

} // namespace ocinet::test
