// SPDX-License-Identifier: GPL-2.0-or-later
// Every way in which a container of Podman's begins and ends, the hook found through hooks.d.
#include <functional>

#include "tests/engines/podman.h"
#include "tests/kernel/sample.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

const std::string published =
    "--network none --hostname box --annotation io.ocinet.publish=8080:80 ";

void check_serves(const Lab& lab) {
    CHECK(Lab::page(lab.outside, "192.0.2.1:8080") == "box serves 192.0.2.2\n");
}

// The container's first process, as the host sees it.
std::string init_of(const Podman& podman) {
    return podman.must("inspect --format '{{.State.Pid}}' box");
}

// Podman 5 writes a container's hosts file anew when createRuntime is over, without our lines.
bool keeps_hosts(const Podman& podman) {
    return podman.must("version --format '{{.Client.Version}}'").starts_with("4.");
}

// A container that serves, and how it ends; network and all.
struct Life {
    std::string title;
    std::string options;
    std::function<void(const Podman&, const Lab&)> end;
    /// Whether its /etc/hosts can be written.
    bool names = true;
};

Life ends_by(const std::string& command) {
    return {command, "", [command](const Podman& podman, const Lab&) { podman.must(command); }};
}

std::vector<Life> lives() {
    return {
        ends_by("stop --time 0 box"),
        ends_by("kill box"),
        ends_by("rm --force --time 0 box"),
        {"its init is killed", "",
         [](const Podman& podman, const Lab& lab) {
             lab.host.sh("kill -9 " + init_of(podman));
             podman.must("wait box");
         }},
        // The init passes the signal on, which httpd as process 1 would ignore.
        {"its program ends", "--rm --init",
         [](const Podman& podman, const Lab&) { podman.must("kill --signal TERM box"); }},
        {"stop and start", "--init",
         [](const Podman& podman, const Lab& lab) {
             podman.must("stop --time 0 box");
             CHECK(left_at_last(lab.host) == nothing_left);
             podman.must("start box");
             check_serves(lab);
             podman.must("rm --force --time 0 box");
         }},
        {"restart", "",
         [](const Podman& podman, const Lab& lab) {
             podman.must("restart --time 0 box");
             check_serves(lab);
             podman.must("restart --time 0 box");
             check_serves(lab);
             podman.must("stop --time 0 box");
         }},
        {"restart on failure", "--restart on-failure",
         [](const Podman& podman, const Lab& lab) {
             const std::string init = init_of(podman);
             lab.host.sh("kill -9 " + init);
             const auto again = [&] {
                 const std::string now = init_of(podman);
                 return now != init && now != "0";
             };
             CHECK(eventually(again));
             check_serves(lab);
             podman.must("rm --force --time 0 box");
         }},
        {"a user namespace", "--uidmap 0:100000:65536 --gidmap 0:100000:65536",
         [](const Podman& podman, const Lab&) {
             CHECK_THAT(podman.must("exec box cat /proc/self/uid_map"), contains("100000"));
             podman.must("stop --time 0 box");
         }},
        {"a read-only root", "--read-only --rm",
         [](const Podman& podman, const Lab&) { podman.must("stop --time 0 box"); }, false},
    };
}

} // namespace

TEST_CASE("podman: a container has its network as long as it lives") {
    const std::string runtime = GENERATE(from_range(runtimes_of_this_run()));
    CAPTURE(runtime);
    SKIP_IF_MISSING(missing_for_podman(runtime));
    const Lab lab;
    const Podman podman(lab.host, runtime);
    for (const auto& life : sampled(lives(), 4)) {
        CAPTURE(life.title);
        podman.serve("box", published + life.options);
        check_serves(lab);
        CHECK_THAT(Lab::page(lab.host, "127.0.0.1:8080"), contains("box serves "));
        CHECK(podman.must("exec box wget -qO- http://192.0.2.2/cgi-bin/who") ==
              "outside serves 192.0.2.1");
        const std::string names = podman.must("exec box cat /etc/hosts");
        CHECK((names.find("10.90.0.") != std::string::npos) == (life.names && keeps_hosts(podman)));
        life.end(podman, lab);
        CHECK(left_at_last(lab.host) == nothing_left);
        podman.run("rm --force --time 0 box");
    }
}

TEST_CASE("podman: a container that runs to its end") {
    const std::string runtime = GENERATE(from_range(runtimes_of_this_run()));
    CAPTURE(runtime);
    SKIP_IF_MISSING(missing_for_podman(runtime));
    const Lab lab;
    const Podman podman(lab.host, runtime);
    const Result result =
        podman.run("run --rm " + published +
                   "web:1 sh -c 'wget -qO- http://192.0.2.2/cgi-bin/who; ip -4 address; exit 7'");
    CHECK(result.status == 7);
    CHECK_THAT(result.out, contains("outside serves 192.0.2.1") && contains("inet 10.90.0."));
    CHECK(left_at_last(lab.host) == nothing_left);
}

TEST_CASE("podman: a container that asks for nothing is left alone") {
    const std::string runtime = GENERATE(from_range(runtimes_of_this_run()));
    CAPTURE(runtime);
    SKIP_IF_MISSING(missing_for_podman(runtime));
    const Host host;
    const Podman podman(host, runtime);
    CHECK(podman.must("run --rm --network none --annotation io.other=x web:1 "
                      "sh -c 'cd /sys/class/net; echo *'") == "lo");
    CHECK(host.run("ls -d /run/ocinet").status != 0);
}

TEST_CASE("podman: a set-up that is refused leaves nothing") {
    const std::string runtime = GENERATE(from_range(runtimes_of_this_run()));
    CAPTURE(runtime);
    SKIP_IF_MISSING(missing_for_podman(runtime));
    const Host host;
    const Podman podman(host, runtime);
    const auto before = host.snapshot();
    for (const char* annotation : {"io.ocinet.netwrok=bridge", "io.ocinet.network=nosuch"}) {
        CAPTURE(annotation);
        const Result result = podman.run("run --name box --network none --annotation " +
                                         std::string(annotation) + " web:1 true");
        CHECK(result.status == 126);
        CHECK_THAT(podman.said(result), contains("ocinet: "));
        podman.must("rm --force box");
        CHECK(difference(before, host.snapshot()) == no_difference);
    }
}

TEST_CASE("podman: what fails behind our hook is swept up") {
    const std::string runtime = GENERATE(from_range(runtimes_of_this_run()));
    CAPTURE(runtime);
    SKIP_IF_MISSING(missing_for_podman(runtime));
    const Host host;
    const Podman podman(host, runtime);
    CHECK(podman.run("run --name box " + published + "web:1 /bin/no-such-program").status == 127);
    podman.must("rm --force box");
    CHECK(left_after_sweep(host) == nothing_left);
}

} // namespace ocinet::test
