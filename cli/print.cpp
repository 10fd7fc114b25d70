// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/print.h"

#include <cstdio>

#include "netsetup/base/error.h"

namespace ocinet::cli {

void print_line(const std::string& line) {
    print_text(line + "\n");
}

// What cannot be written is told by finish_printing().
void print_text(const std::string& lines) {
    std::fputs(lines.c_str(), stdout);
}

void print_json(const nlohmann::ordered_json& document) {
    print_line(document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

void finish_printing() {
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
        throw_errno("write to stdout");
    }
}

} // namespace ocinet::cli
