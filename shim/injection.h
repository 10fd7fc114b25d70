// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "oci-config/state.h"

namespace ocinet::shim {

/// What a config.json is to hold before the runtime reads it.
struct Injection {
    /// ocinet-hook's path: it becomes a hook of the stages createRuntime and poststop, behind those
    /// that are there.
    std::string hook;
    /// What was asked for elsewhere than in the file.
    oci::Annotations annotations;
    enum class Network {
        as_it_is,
        /// The host's: no network namespace entry, nor sysctls of one.
        host,
        /// One of its own, where it would have the host's.
        own,
    };
    Network network = Network::as_it_is;
};

/// The file's text with it: order and unknown keys stay, what is there already is not added again.
/// Throws Error where something stands in its way that is not what the specification says
/// (runtime-spec, "POSIX-platform Hooks", "Namespaces").
std::string inject(const std::string& text, const std::string& file, const Injection& injection);

} // namespace ocinet::shim
