// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "netsetup/base/error.h"

namespace ocinet::test {

/// The Error that `body` throws; one that no test expects when it throws none. Any other exception
/// passes through and fails the test.
template <typename Body>
Error caught(Body body) {
    try {
        body();
    } catch (const Error& error) {
        return error;
    }
    return Error("nothing was thrown");
}

template <typename Body>
std::string message_of(Body body) {
    return caught(body).message();
}

} // namespace ocinet::test
