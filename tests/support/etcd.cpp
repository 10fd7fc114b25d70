// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/etcd.h"

#include <csignal>
#include <sstream>

#include "netsetup/base/error.h"
#include "netsetup/base/text.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

const std::string prefix = "/ocinet/";

std::string address(int member) {
    return "192.0.2." + std::to_string(100 + member);
}

} // namespace

Etcd::Etcd(const Underlay& net, const Options& options) : net_(net), options_(options) {
    for (int i = 0; i < options_.members; ++i) {
        net_.wire.sh("ip address add " + address(i) + "/24 dev switch0");
    }
    if (options_.secured) {
        make_certificates();
    }
    start();
    if (options_.secured) {
        make_users();
    }
}

std::vector<std::string> Etcd::urls() const {
    std::vector<std::string> urls;
    for (int i = 0; i < options_.members; ++i) {
        urls.push_back((options_.secured ? "https://" : "http://") + address(i) + ":2379");
    }
    return urls;
}

void Etcd::start() {
    std::vector<std::string> cluster;
    for (int i = 0; i < options_.members; ++i) {
        cluster.push_back("m" + std::to_string(i) + "=http://" + address(i) + ":2380");
    }
    for (int i = 0; i < options_.members; ++i) {
        if (members_.contains(i)) {
            continue;
        }
        const std::string name = "m" + std::to_string(i);
        const std::string client = urls()[std::size_t(i)];
        const std::string peer = "http://" + address(i) + ":2380";
        std::string command =
            "exec etcd --name " + name + " --data-dir " + file(name) + " --listen-client-urls " +
            client + " --advertise-client-urls " + client + " --listen-peer-urls " + peer +
            " --initial-advertise-peer-urls " + peer + " --initial-cluster " + join(cluster, ",");
        if (options_.secured) {
            command += " --cert-file " + file("server.pem") + " --key-file " + file("server.key") +
                       " --client-cert-auth --trusted-ca-file " + file("ca.pem");
        }
        members_.emplace(i, net_.wire.start(command));
    }
    if (!eventually([&] {
            return net_.wire
                       .run("ETCDCTL_API=3 etcdctl " + tls_flags() +
                            " endpoint health --endpoints " + join(urls(), ","))
                       .status == 0;
        })) {
        throw Error("etcd does not start: " + members_.begin()->second.err());
    }
}

void Etcd::kill_leader() {
    for (auto at = members_.begin(); at != members_.end(); ++at) {
        const std::string url = urls()[std::size_t(at->first)];
        const auto status =
            json::parse(net_.wire.sh("ETCDCTL_API=3 etcdctl " + tls_flags() +
                                     " endpoint status -w json --endpoints " + url))[0]["Status"];
        if (status["leader"] == status["header"]["member_id"]) {
            members_.erase(at);
            return;
        }
    }
    throw Error("no member of etcd leads");
}

std::string Etcd::tls_flags() const {
    if (!options_.secured) {
        return "";
    }
    return "--cacert " + file("ca.pem") + " --cert " + file("client.pem") + " --key " +
           file("client.key") + (has_users_ ? " --user root:secret" : "");
}

std::string Etcd::ctl(const std::string& arguments, const std::string& stdin_text) const {
    return net_.wire.sh("ETCDCTL_API=3 etcdctl " + tls_flags() + " --endpoints " +
                            join(urls(), ",") + " " + arguments,
                        stdin_text);
}

void Etcd::put(const std::map<std::string, std::string>& values) const {
    std::string text = "\n"; // no conditions
    for (const auto& [key, value] : values) {
        text += "put " + prefix + key + " " + json(value).dump() + "\n";
    }
    ctl("txn", text + "\n\n");
}

std::vector<std::string> Etcd::keys(const std::string& below) const {
    std::istringstream lines(ctl("get --prefix --keys-only " + prefix + below));
    std::vector<std::string> keys;
    for (std::string line; std::getline(lines, line);) {
        if (!line.empty()) {
            keys.push_back(line.substr(prefix.size()));
        }
    }
    return keys;
}

std::string Etcd::value(const std::string& key) const {
    return std::string(trim(ctl("get --print-value-only " + prefix + key)));
}

// A client's certificate has no CN: with users etcd's gateway refuses one that has.
void Etcd::make_certificates() const {
    const std::string make = "openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes ";
    const std::string sign = "openssl x509 -req -days 2 -CA ca.pem -CAkey ca.key -CAcreateserial ";
    std::string names;
    for (int i = 0; i < options_.members; ++i) {
        names += (i == 0 ? "IP:" : ",IP:") + address(i);
    }
    net_.wire.sh("cd " + data_.path().string() + " && " + make +
                 "-x509 -days 2 -subj /CN=ca -keyout ca.key -out ca.pem && " + make +
                 "-x509 -days 2 -subj /CN=other -keyout other.key -out other.pem && " + make +
                 "-subj /CN=etcd -keyout server.key -out server.csr && "
                 "printf 'subjectAltName=" +
                 names + "\\nextendedKeyUsage=serverAuth,clientAuth\\n' >server.ext && " + sign +
                 "-in server.csr -extfile server.ext -out server.pem && " + make +
                 "-subj /O=ocinet -keyout client.key -out client.csr && "
                 "printf 'extendedKeyUsage=clientAuth\\n' >client.ext && " +
                 sign + "-in client.csr -extfile client.ext -out client.pem");
}

void Etcd::make_users() {
    ctl("user add root:secret");
    ctl("user grant-role root root");
    for (int i = 1; i <= 2; ++i) {
        const std::string number = std::to_string(i);
        const std::string host = "h" + number;
        ctl("role add " + host);
        ctl("role grant-permission --prefix " + host + " read /ocinet/");
        for (const auto& own : {"hosts/" + host + "/", std::string("blocks/"),
                                std::string("networks/"), std::string("vnis/")}) {
            ctl("role grant-permission --prefix " + host + " readwrite /ocinet/" + own);
        }
        ctl("user add " + host + ":p" + number);
        ctl("user grant-role " + host + " " + host);
        net_.wire.sh("printf p" + number + " >" + file("password" + number));
    }
    ctl("auth enable");
    has_users_ = true;
}

json Etcd::access(int host) const {
    json access{{"endpoints", urls()}};
    if (options_.secured) {
        access.update({{"ca", file("ca.pem")},
                       {"certificate", file("client.pem")},
                       {"key", file("client.key")},
                       {"user", "h" + std::to_string(host)},
                       {"password_file", file("password" + std::to_string(host))}});
    }
    return access;
}

std::string missing_for_etcd() {
    return Host().run("command -v etcd && command -v etcdctl && command -v openssl").status == 0
               ? ""
               : "no etcd";
}

json network_of_etcd() {
    return {{"driver", "overlay"},
            {"subnets", json::array({{{"subnet", "10.95.0.0/16"}}})},
            {"options", {{"control", "etcd"}}}};
}

std::string complete_web(bool encrypted) {
    const std::string address = encrypted ? "fd6f:6369::1" : "192.0.2.1";
    const json completion = {
        {"subnets", {{{"subnet", "10.7.0.0/24"}}}},
        {"hosts", {{{"name", "alpha"}, {"address", address}, {"ranges", {"10.7.0.0/28"}}}}},
        {"vni", "95"},
        {"port", "4789"},
        {"encrypted", encrypted ? "true" : "false"}};
    const std::string file =
        "mount -t tmpfs -o mode=755 tmpfs /var/lib; mkdir -p /var/lib/ocinet/overlay; echo '" +
        completion.dump() + "' >/var/lib/ocinet/overlay/web.json";
    return encrypted ? file +
                           "; ip link add wg-ocinet mtu 1420 type wireguard; "
                           "ip link set wg-ocinet up; ip address add " +
                           address + "/128 dev wg-ocinet"
                     : file;
}

OverlayHost::OverlayHost(const Underlay& net, const Etcd& etcd, int number)
    : host(net.host(number)), number_(number) {
    // What it keeps is the host's own.
    host.sh("mount -t tmpfs -o mode=755 tmpfs /var/lib; mkdir -p /etc/ocinet/networks");
    write_config(etcd.access(number));
}

void OverlayHost::write_config(const json& etcd) const {
    host.write(
        "/etc/ocinet/overlay.json",
        json{{"address", "192.0.2." + std::to_string(number_)}, {"etcd", etcd}, {"ttl", 3}}.dump());
}

void OverlayHost::start(const std::string& as) {
    process_.emplace(host.start("exec " + as + OCINET_PREFIX "/libexec/ocinet/ocinet-overlay"));
}

Result OverlayHost::end() {
    process_->signal(SIGTERM);
    Result result = process_->wait();
    process_.reset();
    return result;
}

bool OverlayHost::says(const std::string& text) const {
    return eventually([&] { return log().find(text) != std::string::npos; });
}

bool OverlayHost::knows(const std::string& network) const {
    return eventually([&] {
        return host.run("test -e /var/lib/ocinet/overlay/" + network + ".json").status == 0;
    });
}

} // namespace ocinet::test
