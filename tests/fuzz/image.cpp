// SPDX-License-Identifier: GPL-2.0-or-later
// An engine's storage: up to the first newline its containers.json, then the image's manifest.
#include "oci-config/image.h"

#include <filesystem>

#include "netsetup/base/file.h"
#include "oci-config/annotations.h"
#include "tests/fuzz/oracle.h"
#include "tests/fuzz/targets.h"
#include "tests/netsetup/state_directory.h"

namespace ocinet::fuzz {

namespace {

// With the container c1 and the image i1.
struct Storage {
    test::StateDirectory state;
    Fd containers = made("overlay-containers");
    Fd image = made("overlay-images/i1");

    Fd made(const std::string& path) const {
        std::filesystem::create_directories(state.path() / path);
        return state::open_directory(state.directory.root.get(), path.c_str());
    }
};

} // namespace

void fuzz_image(const std::string& input) {
    static const Storage storage;
    const auto newline = std::min(input.find('\n'), input.size());
    replace_file(storage.containers.get(), "containers.json", input.substr(0, newline), 0600);
    replace_file(storage.image.get(), "manifest", input.substr(newline), 0600);
    const oci::Bundle bundle{.path =
                                 storage.state.path().string() + "/overlay-containers/c1/userdata"};
    const auto request = accepted([&] { return oci::image_request(bundle); });
    if (request) {
        require(request->keys.empty() || request->problem.empty(), "what is known is no problem");
        for (const auto& key : request->keys) {
            require(key.starts_with(oci::annotation_prefix), "an image's other keys are its own");
        }
    }
    accepted([&] { return oci::check_image({.file = "/ocinet.json"}, bundle); });
}

} // namespace ocinet::fuzz
