// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netsetup/base/fd.h"

namespace ocinet {

/// Both ends close with exec.
struct Pipe {
    Fd read;
    Fd write;

    /// Throws Error.
    static Pipe open();
};

} // namespace ocinet
