// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "drivers/driver.h"

/// Options that a driver cannot serve: to take them in silence would be a lie.
namespace ocinet::drivers {

/// ip=, mac=, interface_name=, …
void refuse_interface_options(const Request& request);
void refuse_publish(const Request& request);

} // namespace ocinet::drivers
