// SPDX-License-Identifier: GPL-2.0-or-later
// ocinet-overlay as its systemd unit runs it, with the files that are shipped beside that.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <sstream>

#include "netsetup/base/error.h"
#include "netsetup/base/fd.h"
#include "tests/support/catch.h"
#include "tests/support/etcd.h"

namespace ocinet::test {

namespace {

/// Where systemd would hear (sd_notify(3)).
class Notified {
public:
    Notified() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path().c_str(), sizeof address.sun_path - 1);
        REQUIRE(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address),
                       sizeof address) == 0);
        REQUIRE(::chmod(path().c_str(), 0666) == 0);
        REQUIRE(::chmod(directory_.path().c_str(), 0755) == 0);
    }

    std::string path() const { return directory_ / "notify"; }
    bool hears(const std::string& text) {
        return eventually([&] {
            std::array<char, 4096> buffer{};
            ssize_t size = 0;
            while ((size = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT)) > 0) {
                heard_.append(buffer.data(), std::size_t(size)).append("\n");
            }
            return heard_.find(text) != std::string::npos;
        });
    }

    void forget() { heard_.clear(); }

private:
    TempDir directory_;
    Fd socket_;
    std::string heard_;
};

std::string shipped(const std::string& file) {
    return (source_directory() / "overlay/systemd" / file).string();
}

std::string of_unit(const std::string& key) {
    std::istringstream lines(read_text(shipped("ocinet-overlay.service.in")));
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(key + "=")) {
            return line.substr(key.size() + 1);
        }
    }
    throw Error("the unit has no " + key);
}

void install(const Host& host) {
    host.sh("systemd-sysusers " + shipped("sysusers.conf") + " && systemd-tmpfiles --create " +
            shipped("tmpfiles.conf"));
    // What StateDirectory= does.
    host.sh("install -d /var/lib/ocinet && install -d -o " + of_unit("User") + " /var/lib/" +
            of_unit("StateDirectory"));
}

// "+net_admin" of a unit's "CAP_NET_ADMIN".
std::string set_of(std::string capability) {
    std::transform(capability.begin(), capability.end(), capability.begin(), ::tolower);
    return "=-all,+" + capability.substr(std::string("cap_").size()) + " ";
}

std::string as_user(const Notified& notified) {
    const std::string ambient = set_of(of_unit("AmbientCapabilities"));
    return "env NOTIFY_SOCKET=" + notified.path() + " setpriv --reuid " + of_unit("User") +
           " --regid " + of_unit("User") + " --init-groups --inh-caps" + ambient +
           "--ambient-caps" + ambient + "--bounding-set" + set_of(of_unit("CapabilityBoundingSet"));
}

} // namespace

TEST_CASE("service: a user of its own reads what the hook writes as root") {
    SKIP_IF_MISSING(missing_for_etcd());
    const Underlay net(2);
    Etcd etcd(net);
    OverlayHost one(net, etcd, 1);
    OverlayHost two(net, etcd, 2);
    Notified notified;
    const Container before = net.container(1, "bridge");
    before.attach();
    install(one.host);
    one.host.write_network("blue", network_of_etcd());
    two.host.write_network("blue", network_of_etcd());
    etcd.stop();
    one.start(as_user(notified));
    // It does not wait for etcd: containers do not, either.
    CHECK(notified.hears("READY=1"));
    CHECK(notified.hears("STATUS=no etcd answers"));
    etcd.start();
    CHECK(notified.hears("STATUS=etcd answers"));
    two.start();
    REQUIRE(one.knows("blue"));
    REQUIRE(two.knows("blue"));

    const std::string process = "/proc/" + std::to_string(one.pid());
    CHECK(one.host.sh("stat -c %U " + process) == of_unit("User") + "\n");
    CHECK_THAT(one.host.sh("cat " + process + "/status"),
               contains("CapPrm:\t0000000000001000\n") && contains("CapAmb:\t0000000000000000\n"));
    const Container here = net.container(1, "blue");
    const Container there = net.container(2, "blue");
    here.attach();
    const std::string address = there.attach()["attachments"][0]["addresses"][0];
    CHECK(eventually([&] {
        return here.run("busybox ping -c1 -W1 " + address.substr(0, address.find('/'))).status == 0;
    }));
    const std::vector<std::string> said{"hosts/h1/containers/blue/" + here.id()};
    CHECK(eventually([&] { return etcd.keys("hosts/h1/containers/") == said; }));
    CHECK(one.log().find("Permission denied") == std::string::npos);

    notified.forget();
    etcd.stop();
    CHECK(notified.hears("STATUS=no etcd answers"));
    etcd.start();
    CHECK(notified.hears("STATUS=etcd answers"));
    CHECK(eventually([&] { return etcd.keys("hosts/h1/containers/") == said; }));

    // What cannot be read is not gone.
    one.host.sh("cd /etc/ocinet/networks && cp blue.json new && chmod 600 new && mv new blue.json");
    CHECK(one.says("blue.json: Permission denied"));
    CHECK(etcd.keys("hosts/h1/containers/") == said);
    CHECK(one.end().status == 0);
    CHECK(notified.hears("STOPPING=1"));
}

} // namespace ocinet::test
