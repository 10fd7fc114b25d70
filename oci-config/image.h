// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <set>
#include <string>

#include "oci-config/bundle.h"
#include "oci-config/settings.h"

/// An image must not choose its network. Podman copies the annotations of an image's manifest into
/// the container's, where they look like the user's; its storage still tells whose they are.
namespace ocinet::oci {

struct ImageRequest {
    /// The io.ocinet.* keys that a manifest of the container's image holds.
    std::set<std::string> keys;
    /// Why the image of a container of Podman's could not be found out.
    std::string problem;
};

/// Looks at the storage that the bundle lies in (containers-storage, of Podman and CRI-O):
///     ROOT/DRIVER-containers/containers.json        whose image is which
///     ROOT/DRIVER-containers/ID/userdata            the bundle
///     ROOT/DRIVER-images/IMAGE/manifest, =BASE64    the image's manifests
/// Of all manifests that were stored for the image: two may differ in nothing but annotations, and
/// the container may have been made from the one that was there before. No keys for any other
/// bundle. Throws Error when a file that is there cannot be read.
ImageRequest image_request(const Bundle& bundle);

/// Throws Error when the image asks and must not. What is left to say about it is returned, or
/// nothing.
std::string check_image(const Settings& settings, const Bundle& bundle);

} // namespace ocinet::oci
