// SPDX-License-Identifier: GPL-2.0-or-later
#include <sys/capability.h>
#include <sys/prctl.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "netsetup/base/error.h"
#include "netsetup/base/log.h"
#include "netsetup/confine/parts.h"

namespace ocinet {

void keep_capabilities(const std::vector<int>& kept) {
    // The bounding set first: dropping from it needs CAP_SETPCAP. A caller may have taken that from
    // us; then the set stays, which gives nothing back to a process with no_new_privs.
    for (cap_value_t capability = 0;; ++capability) {
        const bool stays = std::find(kept.begin(), kept.end(), capability) != kept.end();
        if (stays || cap_drop_bound(capability) == 0) {
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
    const std::unique_ptr<_cap_struct, int (*)(void*)> own(cap_init(), cap_free);
    const int count = int(kept.size());
    if (!own || cap_set_flag(own.get(), CAP_PERMITTED, count, kept.data(), CAP_SET) != 0 ||
        cap_set_flag(own.get(), CAP_EFFECTIVE, count, kept.data(), CAP_SET) != 0 ||
        cap_set_proc(own.get()) != 0) {
        throw_errno("drop capabilities");
    }
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        throw_errno("set no_new_privs");
    }
}

} // namespace ocinet
