// SPDX-License-Identifier: GPL-2.0-or-later
#include <sys/capability.h>
#include <sys/prctl.h>

#include <array>
#include <cerrno>
#include <memory>

#include "netsetup/base/error.h"
#include "netsetup/base/log.h"
#include "netsetup/confine/parts.h"

namespace ocinet {

void drop_capabilities() {
    // The bounding set first: dropping from it needs CAP_SETPCAP. A caller may have taken that from
    // us; then the set stays, which gives nothing back to a process with no_new_privs.
    for (cap_value_t capability = 0;; ++capability) {
        if (capability == CAP_NET_ADMIN || cap_drop_bound(capability) == 0) {
            continue;
        }
        if (errno == EPERM) {
            log::debug("the bounding set stays as it is: we have no CAP_SETPCAP");
        } else if (errno != EINVAL) { // which is the kernel's word for one after its last
            throw_errno("drop a capability from the bounding set");
        }
        break;
    }
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) {
        throw_errno("clear the ambient capabilities");
    }
    const std::unique_ptr<_cap_struct, int (*)(void*)> kept(cap_init(), cap_free);
    const std::array<cap_value_t, 1> net_admin{CAP_NET_ADMIN};
    if (!kept || cap_set_flag(kept.get(), CAP_PERMITTED, 1, net_admin.data(), CAP_SET) != 0 ||
        cap_set_flag(kept.get(), CAP_EFFECTIVE, 1, net_admin.data(), CAP_SET) != 0 ||
        cap_set_proc(kept.get()) != 0) {
        throw_errno("drop all capabilities but CAP_NET_ADMIN");
    }
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        throw_errno("set no_new_privs");
    }
}

} // namespace ocinet
