// SPDX-License-Identifier: GPL-2.0-or-later
// Files that `podman network create` (4.3.1, Debian 12) wrote, copied to where ours are.
#include "tests/cli/scene.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

// --disable-dns --label a=b --subnet 10.99.1.0/24 --gateway 10.99.1.9 --ip-range 10.99.1.128/25
// -o mtu=1400 -o isolate=true
constexpr const char* options = R"({
     "name": "pod",
     "id": "f978a5152ecabb36967b383c1f5b56c6b8004689d3e12118912c8ffd38d74daf",
     "driver": "bridge",
     "network_interface": "podman2",
     "created": "2026-11-25T02:28:48.887349585Z",
     "subnets": [
          {
               "subnet": "10.99.1.0/24",
               "gateway": "10.99.1.9",
               "lease_range": {
                    "start_ip": "10.99.1.129",
                    "end_ip": "10.99.1.255"
               }
          }
     ],
     "ipv6_enabled": false,
     "internal": false,
     "dns_enabled": false,
     "labels": {
          "a": "b"
     },
     "options": {
          "isolate": "true",
          "mtu": "1400"
     },
     "ipam_options": {
          "driver": "host-local"
     }
})";

// --disable-dns --ipv6 --internal
constexpr const char* internal = R"({
     "name": "pod",
     "id": "c2dadaf224a68234c0f370c257e7c80b3ff794669fad73999e31e0baad8fe233",
     "driver": "bridge",
     "network_interface": "podman3",
     "created": "2026-11-25T02:28:48.939070519Z",
     "subnets": [
          {
               "subnet": "10.89.1.0/24"
          },
          {
               "subnet": "fde1:c278:8e85:97fb::/64"
          }
     ],
     "ipv6_enabled": true,
     "internal": true,
     "dns_enabled": false,
     "ipam_options": {
          "driver": "host-local"
     }
})";

struct Copied {
    const char* file;
    std::vector<std::string> addresses;
};

} // namespace

TEST_CASE("a container is attached to a network that Podman made") {
    const Copied copied =
        GENERATE(values<Copied>({{options, {"10.99.1.129/24"}},
                                 {internal, {"10.89.1.2/24", "fde1:c278:8e85:97fb::2/64"}}}));
    const Host host;
    make_router(host);
    host.write("/etc/ocinet/networks/pod.json", copied.file);
    const Container box(host, {{"io.ocinet.network", "pod"}});
    CHECK(box.attach()["attachments"][0]["addresses"] == json(copied.addresses));
    CHECK(ocinet(host, "check").status == 0);
    box.detach();
    CHECK(leftovers(host) == nothing_left);
}

TEST_CASE("inspect shows of Podman's file what stands in it") {
    const Host host;
    host.write("/etc/ocinet/networks/pod.json", options);
    const json shown = ocinet_json(host, "network inspect pod")[0];
    const json file = json::parse(options);
    for (const auto& [key, value] : file.items()) {
        CAPTURE(key);
        if (key != "subnets") {
            CHECK(shown[key] == value);
        }
    }
    CHECK(shown["subnets"][0]["gateway"] == "10.99.1.9");
    // The broadcast address is never given out.
    CHECK(shown["subnets"][0]["lease_range"]["end_ip"] == "10.99.1.254");
}

TEST_CASE("an unknown key of Podman's is an error that names file and key") {
    const Host host;
    json file = json::parse(options);
    file["flavour"] = "salt";
    host.write("/etc/ocinet/networks/pod.json", file.dump());
    const Container box(host, {{"io.ocinet.network", "pod"}});
    const Result result = box.hook("createRuntime");
    CHECK(result.status == 1);
    CHECK_THAT(result.err, contains("/etc/ocinet/networks/pod.json: flavour: unknown key"));
}

} // namespace ocinet::test
