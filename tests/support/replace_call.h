// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

namespace ocinet::test {

/// The process is traced and stands at the entry to a system call: makes it another one, with the
/// same arguments. Throws Error.
void replace_call(pid_t pid, long number);

} // namespace ocinet::test
