// SPDX-License-Identifier: GPL-2.0-or-later
// ocinet overlay: what overlay networks need beside the other verbs.
#include <unistd.h>

#include <memory>

#include "cli/root.h"
#include "cli/verbs.h"
#include "netsetup/base/error.h"
#include "netsetup/base/paths.h"

namespace ocinet::cli {

namespace {

// Who speaks to etcd is another program, so that this one need not be linked with what that takes.
void forget(const std::string& host) {
    require_root("overlay forget", "it reads what etcd asks for");
    const std::string program = paths::overlay_program();
    ::execl(program.c_str(), program.c_str(), "forget", host.c_str(), nullptr);
    throw_errno("start " + program);
}

} // namespace

void add_overlay(CLI::App& app) {
    auto* overlay = app.add_subcommand("overlay", "Mend overlay networks that etcd holds together");
    overlay->require_subcommand(1);
    auto host = std::make_shared<std::string>();
    auto* verb = overlay->add_subcommand(
        "forget", "Give back the addresses of a host that will not come back");
    verb->add_option("host", *host, "Its name")->required();
    verb->callback([host] { forget(*host); });
}

} // namespace ocinet::cli
