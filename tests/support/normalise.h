// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json.hpp>

namespace ocinet::test {

/// Makes the raw answers of ip, bridge and nft comparable, as snapshot.h says. Pure.
nlohmann::json normalise(nlohmann::json state);

} // namespace ocinet::test
