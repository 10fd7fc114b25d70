// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "oci-config/state.h"

/// What dockerd keeps of a container, beside the files that it mounts into it: dockerd hands no
/// labels to a runtime, and before version 23 no annotations either.
///     ROOT/containers/ID/config.v2.json                   the container's labels and its image
///     ROOT/containers/ID/hostconfig.json                  its network at Docker
///     ROOT/image/DRIVER/imagedb/content/sha256/DIGEST     the image's labels
namespace ocinet::shim::docker {

struct Container {
    /// ROOT/containers/ID.
    std::filesystem::path directory;
    /// Those io.ocinet.*: its image's, too, which dockerd has merged into them.
    oci::Annotations labels;
    /// The image's file, as far as it has labels; empty where none is named.
    std::filesystem::path image;
};

/// The container of that id, by the files that a config.json mounts at /etc/hosts, /etc/hostname
/// and /etc/resolv.conf, of which the user may have taken the place of some. Nothing for a
/// container of another engine.
std::optional<Container> find(const std::vector<std::string>& mounted, const std::string& id);

/// Of these labels those that are not the image's, which is to say, that stand nowhere in the
/// image's file with the same value. Throws Error where there is no such file, as with Docker's
/// containerd image store.
oci::Annotations without_images(oci::Annotations labels, const Container& container);

/// --network of `docker run`: "none", "default", "host", "container:…", a network's name.
std::string network_mode(const Container& container);

} // namespace ocinet::shim::docker
