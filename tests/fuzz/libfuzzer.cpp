// SPDX-License-Identifier: GPL-2.0-or-later
// libFuzzer's way into one target, which the build names (LLVM's documentation, "LibFuzzer"). An
// exception that comes this far ends the program, which is what libFuzzer calls a crash.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ocinet::fuzz::OCINET_FUZZ_FUNCTION(std::string(reinterpret_cast<const char*>(data), size));
    return 0;
}
