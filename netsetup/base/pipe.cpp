// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/base/pipe.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>

#include "netsetup/base/error.h"

namespace ocinet {

Pipe Pipe::open() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw_errno("pipe");
    }
    return {Fd(ends[0]), Fd(ends[1])};
}

} // namespace ocinet
