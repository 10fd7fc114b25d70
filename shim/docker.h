// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "oci-config/bundle.h"
#include "oci-config/settings.h"

namespace ocinet::shim {

/// The labels io.ocinet.* that the user gave to a Docker container, as annotations: dockerd hands
/// no labels to a runtime, and before version 23 no annotations either. They are read where dockerd
/// keeps them, beside the files that it mounts into the container:
///     ROOT/containers/ID/config.v2.json                   the container's labels and its image
///     ROOT/image/DRIVER/imagedb/content/sha256/DIGEST     the image's labels
/// dockerd merges an image's labels into the container's: one that has the same value in both is
/// the image's, and asks for nothing but where image_requests allows it. None for a container of
/// another engine. Throws Error when the container has such labels, and whose they are cannot be
/// found out.
oci::Annotations docker_labels(const oci::Settings& settings, const oci::Bundle& bundle,
                               const std::string& id);

} // namespace ocinet::shim
