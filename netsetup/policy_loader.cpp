// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/policy_loader.h"

#include "netsetup/base/error.h"
#include "netsetup/base/paths.h"
#include "netsetup/base/text.h"

namespace ocinet {

PolicyLoader PolicyLoader::start() {
    return PolicyLoader(Attendant::start({paths::policy_program(), paths::policy_text()}));
}

void PolicyLoader::load(const std::vector<nft::Element>& elements) {
    std::string order;
    for (const auto& element : elements) {
        order += nft::add_line(element) + "\n";
    }
    program_.tell(order + "go\n");
    const std::string report = program_.last_words();
    // By its word, not by its status: a caller that ignores SIGCHLD leaves us none to read.
    if (trim(report) != "loaded") {
        throw Error(report.empty() ? "ocinet-policy ended early" : std::string(trim(report)));
    }
}

} // namespace ocinet
