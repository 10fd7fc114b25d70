// SPDX-License-Identifier: GPL-2.0-or-later
#include "drivers/parts/hosts.h"

#include <sys/socket.h>

#include <algorithm>

#include "drivers/parts/addresses.h"
#include "netsetup/base/names.h"
#include "netsetup/base/text.h"

namespace ocinet::drivers {

namespace {

// As engines make them: 64 hexadecimal digits.
bool is_engines_id(std::string_view id) {
    return id.size() == 64 && std::all_of(id.begin(), id.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

// A container's files stand in its bundle's directory, or the engine keeps them in …/ID (Docker,
// containerd) or …/ID/userdata (Podman). None of these can be changed by the image, so that no
// symlink of its leads us elsewhere. A hosts file from elsewhere is the user's (-v): other
// containers may use it, too.
bool belongs_to(const std::string& file, const Request& request) {
    const auto slash = file.rfind('/');
    const std::string directory = slash == std::string::npos ? "" : file.substr(0, slash);
    const auto parts = split(directory, '/');
    if (std::find(parts.begin(), parts.end(), "..") != parts.end()) {
        return false;
    }
    const std::string own = "/" + request.container_id;
    return directory == request.bundle.path ||
           (is_engines_id(request.container_id) &&
            (directory.ends_with(own) || directory.ends_with(own + "/userdata")));
}

std::string own_names(const Request& request) {
    std::vector<std::string> names;
    for (const auto& name : {request.container_name, request.bundle.hostname}) {
        if (is_host_name(name) && (names.empty() || names.front() != name)) {
            names.push_back(name);
        }
    }
    return join(names, " ");
}

} // namespace

std::string writable_hosts_file(const Request& request, std::string& problem) {
    const auto& hosts = request.bundle.hosts;
    if (!hosts) {
        return ""; // the image's own file: none of our business
    }
    if (hosts->read_only) {
        problem = "it is mounted read-only";
    } else if (!belongs_to(hosts->source, request)) {
        problem = hosts->source + " does not belong to this container alone";
    }
    return problem.empty() ? hosts->source : "";
}

void add_hosts(Plan& plan, const Request& request, const HostView& view,
               const std::vector<Prefix>& addresses) {
    std::string problem;
    const std::string file = writable_hosts_file(request, problem);
    if (problem.empty() && !file.empty()) {
        problem = view.hosts_file_problem.empty() ? "" : file + ": " + view.hosts_file_problem;
    }
    if (!problem.empty()) {
        plan.notes.push_back(label(request) +
                             ": the container's /etc/hosts is left alone: " + problem);
        return;
    }
    if (file.empty()) {
        return;
    }
    ops::AddHosts op{.file = file, .mark = "ocinet " + request.network.name};
    const auto add_lines = [&](const auto& address_of, const std::string& names) {
        for (const int family : {AF_INET, AF_INET6}) {
            const std::optional<IpAddress> address = address_of(family);
            if (address && !names.empty()) {
                op.lines.push_back(address->text() + " " + names);
            }
        }
    };
    add_lines([&](int family) { return first_of(addresses, family); }, own_names(request));
    if (request.names_host) {
        add_lines([&](int family) { return gateway_of(request.network, family); },
                  "host.containers.internal host.docker.internal");
    }
    if (!op.lines.empty()) {
        plan.own.push_back({label(request), std::move(op)});
    }
}

} // namespace ocinet::drivers
