// SPDX-License-Identifier: GPL-2.0-or-later
// A bundle's config.json.
#include "oci-config/bundle.h"

#include "tests/fuzz/oracle.h"
#include "tests/fuzz/targets.h"

namespace ocinet::fuzz {

void fuzz_bundle(const std::string& input) {
    const auto bundle = accepted([&] { return oci::parse_bundle(input, "/bundle"); });
    if (bundle) {
        require(bundle->path == "/bundle", "a bundle is where it is");
        require((bundle->network == oci::Bundle::Network::path) == !bundle->network_path.empty(),
                "a network namespace that is given has a path");
        require(!bundle->hosts || bundle->hosts->source.empty() ||
                    bundle->hosts->source.front() == '/',
                "a mount's source is an absolute path");
    }
}

} // namespace ocinet::fuzz
