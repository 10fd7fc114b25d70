// SPDX-License-Identifier: GPL-2.0-or-later
#include "drivers/parts/refuse.h"

#include "netsetup/base/error.h"

namespace ocinet::drivers {

void refuse_interface_options(const Request& request) {
    const auto& attachment = request.attachment;
    const char* option = !attachment.addresses.empty()        ? "ip="
                         : attachment.mac                     ? "mac="
                         : !attachment.interface.empty()      ? "interface_name="
                         : !attachment.host_interface.empty() ? "host_interface_name="
                         : attachment.default_route           ? "default_route"
                                                              : nullptr;
    if (option) {
        throw Error(label(request) + ": " + option + " means nothing here");
    }
}

void refuse_publish(const Request& request) {
    if (!request.publish.empty()) {
        throw Error(label(request) + ": ports cannot be published")
            .hint("io.ocinet.publish needs a bridge network");
    }
}

} // namespace ocinet::drivers
