// SPDX-License-Identifier: GPL-2.0-or-later
// `ocinet doctor`: what it prints, what --fix writes down, and what --undo takes back.
#include "tests/support/catch.h"

#include "tests/coexist/crossing.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

constexpr const char* journal = "/run/ocinet/allowances.json";
constexpr const char* program = "iptables-nft";

/// A container on a host with as much of Docker's rules as counts.
class Patient {
public:
    Patient() {
        host.sh("iptables-nft -N DOCKER-USER; iptables-nft -A FORWARD -j DOCKER-USER;"
                "iptables-nft -P FORWARD DROP");
        host.run("echo 0 >/proc/sys/net/bridge/bridge-nf-call-iptables");
        box.attach();
    }
    std::string rules() const { return host.sh("iptables-nft -S"); }

    Host host;
    Container box{host, {{"io.ocinet.publish", "8080:80,9000-9002:9000-9002"}}};
};

} // namespace

TEST_CASE("the doctor finds nothing where there is nothing") {
    const Host host;
    const Result healthy = doctor(host);
    CHECK(healthy.status == 0);
    const std::string unexamined = "nothing was examined: no container has a network of ours now\n";
    CHECK(healthy.out == unexamined);
    CHECK(doctor(host, "--fix").out == unexamined);
    CHECK(doctor(host, "--undo").out == "nothing to take back\n");
    CHECK(doctor(host, "--fix --undo").status != 0);
    CHECK(host.run("test -e /run/ocinet").status != 0);
    const Container box(host, {{"io.ocinet.publish", "8080:80"}});
    box.attach();
    CHECK(doctor(host).out == "nothing is in the way\n");
}

TEST_CASE("the doctor names each obstacle in one line, and changes nothing") {
    SKIP_IF_MISSING(missing_for_iptables(program));
    const Patient patient;
    const std::string before = patient.rules();
    const Result found = doctor(patient.host);
    CHECK(found.status == 2);
    CHECK(found.out ==
          "network \"bridge\": Docker stops its outgoing connections, published ports: chain "
          "FORWARD of table ip filter has policy drop; to allow "
          "it: iptables-nft -I DOCKER-USER -i ocinet0 -j ACCEPT && iptables-nft -I DOCKER-USER -o "
          "ocinet0 -m conntrack --ctstate DNAT,RELATED,ESTABLISHED -j ACCEPT\n"
          "`ocinet doctor --fix` does it for Docker and firewalld\n");
    CHECK(patient.rules() == before);
    CHECK(patient.host.run(std::string("test -e ") + journal).status != 0);
}

TEST_CASE("what is allowed stands in the journal until it is taken back") {
    SKIP_IF_MISSING(missing_for_iptables(program));
    const Patient patient;
    const std::string before = patient.rules();
    CHECK(doctor(patient.host, "--fix").status == 0);
    const json entries = json::parse(patient.host.read(journal));
    REQUIRE(entries.size() == 2);
    CHECK(entries[0]["undo"] ==
          json{"iptables-nft", "-D", "DOCKER-USER", "-i", "ocinet0", "-j", "ACCEPT"});
    // Somebody else took one away; it is allowed again, and taken back once.
    patient.host.sh("iptables-nft -D DOCKER-USER -i ocinet0 -j ACCEPT");
    CHECK(doctor(patient.host).status == 2);
    CHECK(doctor(patient.host, "--fix").status == 0);
    CHECK(json::parse(patient.host.read(journal)) == entries);
    const json undone = json::parse(doctor(patient.host, "--undo --json").out);
    CHECK(undone["ran"].size() == 2);
    CHECK(patient.rules() == before);
    CHECK(patient.host.run(std::string("test -e ") + journal).status != 0);
    CHECK(doctor(patient.host, "--undo").out == "nothing to take back\n");
}

TEST_CASE("what somebody else took back already is no error") {
    SKIP_IF_MISSING(missing_for_iptables(program));
    const Patient patient;
    CHECK(doctor(patient.host, "--fix").status == 0);
    patient.host.sh("iptables-nft -F DOCKER-USER");
    const Result undone = doctor(patient.host, "--undo");
    CHECK(undone.status == 0);
    CHECK(undone.out == "nothing to take back\n");
    CHECK(patient.host.run(std::string("test -e ") + journal).status != 0);
}

TEST_CASE("a journal that cannot be read is an error, and nothing is run") {
    SKIP_IF_MISSING(missing_for_iptables(program));
    const Patient patient;
    const std::string before = patient.rules();
    patient.host.write(journal, "{\"allow\": 1}");
    for (const char* option : {"--fix", "--undo"}) {
        const Result result = doctor(patient.host, option);
        CHECK(result.status == 1);
        CHECK_THAT(result.err, contains(journal));
    }
    CHECK(patient.rules() == before);
}

TEST_CASE("no command is run that is not ours") {
    SKIP_IF_MISSING(missing_for_iptables(program));
    const Patient patient;
    CHECK(doctor(patient.host, "--fix").status == 0);
    const json entries = json::parse(patient.host.read(journal));
    for (const json& command :
         {json{"sh", "-c", "touch /run/mark"}, json{"iptables-nft", "--modprobe=/run/evil", "-S"},
          json{"iptables-nft", "-D", "../../x"}, json{"firewall-cmd", "--reload"},
          json{"firewall-cmd", "--zone=public", "--add-interface=eth0"}, json::array()}) {
        for (const char* kind : {"allow", "undo", "check"}) {
            CAPTURE(command, kind);
            json damaged = entries;
            damaged[0][kind] = command;
            patient.host.write(journal, damaged.dump());
            const std::string before = patient.rules();
            const Result result = doctor(patient.host, "--undo");
            CHECK(result.status == 1);
            CHECK_THAT(result.err, contains("no command of ours"));
            CHECK(patient.rules() == before);
        }
    }
    CHECK(patient.host.run("test -e /run/mark").status != 0);
}

TEST_CASE("what is not Docker's or firewalld's is left to its owner") {
    const Host host;
    load_nft(host, "table inet admin { chain forward { type filter hook forward priority 0;"
                   "policy drop; } }");
    const Container box(host, {{"io.ocinet.network", "bridge"}});
    box.attach();
    const std::string before = rules_of_others(host);
    const Result result = doctor(host, "--fix");
    CHECK(result.status == 2);
    CHECK_THAT(result.out, contains("nft insert rule inet admin forward"));
    CHECK(rules_of_others(host) == before);
}

TEST_CASE("of a container that is gone the doctor asks nothing") {
    SKIP_IF_MISSING(missing_for_iptables(program));
    Patient patient;
    patient.box.kill();
    CHECK(doctor(patient.host).status == 0);
}

} // namespace ocinet::test
