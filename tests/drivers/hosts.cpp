// SPDX-License-Identifier: GPL-2.0-or-later
// The container's /etc/hosts: written where it is the container's own, otherwise left alone, and
// said so.
#include "tests/drivers/request.h"
#include "tests/support/catch.h"

namespace ocinet::test {

namespace {

// As an engine makes one.
const std::string id(64, 'a');

drivers::Request with_hosts(const std::string& source, bool read_only = false) {
    auto request = request_for();
    request.container_id = id;
    request.bundle.path = "/run/bundle";
    request.bundle.hosts = {.source = source, .read_only = read_only};
    return request;
}

std::string queried_file(const drivers::Request& request) {
    return drivers::driver_for(request).query(request).hosts_file;
}

Lines hosts_lines(drivers::Request request, const std::string& name, const std::string& hostname) {
    request.container_name = name;
    request.bundle.hostname = hostname;
    return operation<ops::AddHosts>(planned(request, warm_view())).lines;
}

const std::string note = "network \"bridge\" (bridge): the container's /etc/hosts is left alone: ";

} // namespace

TEST_CASE("a hosts file below the engine's directory for the container is written") {
    for (const auto& file : {std::string("/run/bundle/hosts"), "/var/lib/engine/" + id + "/hosts",
                             "/run/engine/" + id + "/userdata/hosts"}) {
        CAPTURE(file);
        const auto request = with_hosts(file);
        CHECK(queried_file(request) == file);
        const Plan plan = planned(request, warm_view());
        CHECK(operation<ops::AddHosts>(plan).file == file);
        CHECK(operation<ops::AddHosts>(plan).mark == "ocinet bridge");
        CHECK(plan.notes.empty());
    }
}

TEST_CASE("a hosts file that may be others' too is left alone, and the plan says so") {
    const std::string engine = "/var/lib/engine/";
    for (const auto& file :
         {std::string("/home/user/hosts"), std::string("/etc/hosts"),
          std::string("/run/bundle2/hosts"), std::string("/run/bundle/../hosts"),
          // Below the image's root a directory may be a symlink.
          std::string("/run/bundle/rootfs/etc/hosts"), engine + id + "/../other/hosts",
          engine + id + "a/hosts", engine + "x" + id + "/hosts", "/" + id + "/user/hosts",
          "/a/userdata/" + id, std::string("relative/hosts"), std::string()}) {
        CAPTURE(file);
        const auto request = with_hosts(file);
        CHECK(queried_file(request).empty());
        const Plan plan = planned(request, warm_view());
        CHECK_THROWS_WITH(operation<ops::AddHosts>(plan), "the plan has no add-hosts");
        CHECK(plan.notes == Lines{note + file + " does not belong to this container alone"});
    }
    const auto read_only = with_hosts("/run/bundle/hosts", true);
    CHECK(queried_file(read_only).empty());
    CHECK(planned(read_only, warm_view()).notes == Lines{note + "it is mounted read-only"});
}

TEST_CASE("a directory with a name that people choose is no engine's") {
    auto request = with_hosts("/home/share/web/hosts");
    request.container_id = "web";
    CHECK(queried_file(request).empty());
    request.bundle.hosts->source = "/run/bundle/hosts";
    CHECK(queried_file(request) == "/run/bundle/hosts");
}

TEST_CASE("what the host finds wrong with the file is passed on") {
    auto view = warm_view();
    view.hosts_file_problem = "it has several links";
    const Plan plan = planned(with_hosts("/run/bundle/hosts"), view);
    CHECK_THROWS_WITH(operation<ops::AddHosts>(plan), "the plan has no add-hosts");
    CHECK(plan.notes == Lines{note + "/run/bundle/hosts: it has several links"});
}

TEST_CASE("without a mount of the engine's the image's file is none of our business") {
    const auto request = request_for();
    CHECK(queried_file(request).empty());
    const Plan plan = planned(request, warm_view());
    CHECK(plan.notes.empty());
    CHECK_THROWS_WITH(operation<ops::AddHosts>(plan), "the plan has no add-hosts");
}

TEST_CASE("the container's own line holds its names, each once") {
    const auto request = with_hosts("/run/bundle/hosts");
    const std::string gateway = "10.90.0.1 host.containers.internal host.docker.internal";
    CHECK(hosts_lines(request, "web", "h1") == Lines{"10.90.0.5 web h1", gateway});
    CHECK(hosts_lines(request, "web", "web") == Lines{"10.90.0.5 web", gateway});
    CHECK(hosts_lines(request, "", "h1") == Lines{"10.90.0.5 h1", gateway});
    CHECK(hosts_lines(request, "web", "") == Lines{"10.90.0.5 web", gateway});
    CHECK(hosts_lines(request, "", "") == Lines{gateway});
    // A hostname may hold anything; a line of the file may not.
    CHECK(hosts_lines(request, "web", "a\n6.6.6.6 bank") == Lines{"10.90.0.5 web", gateway});
}

} // namespace ocinet::test
