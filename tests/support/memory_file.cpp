// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/memory_file.h"

#include <sys/mman.h>
#include <unistd.h>

#include "netsetup/base/error.h"
#include "netsetup/base/file.h"

namespace ocinet::test {

Fd memory_file(std::string_view text) {
    Fd file(::memfd_create("test", MFD_CLOEXEC));
    if (!file) {
        throw_errno("memfd_create");
    }
    write_all(file.get(), text, "memfd");
    ::lseek(file.get(), 0, SEEK_SET);
    return file;
}

} // namespace ocinet::test
