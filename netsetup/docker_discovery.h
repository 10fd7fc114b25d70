// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include "netsetup/docker_plugin.h"

namespace ocinet::docker_plugin {

/// As Docker looks for a plugin by its name (docs.docker.com, "Docker Plugin API", "Plugin
/// discovery"): NAME.sock or NAME/NAME.sock in /run/docker/plugins, then NAME.spec, which holds an
/// address, and NAME.json, which may say what it proves itself with, in /etc/docker/plugins and
/// /usr/lib/docker/plugins. Nothing where it is in none of them. Throws Error for a file that holds
/// no address, and where there is no curl.
std::optional<Plugin> find(const std::string& name);

} // namespace ocinet::docker_plugin
