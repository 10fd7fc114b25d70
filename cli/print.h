// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace ocinet::cli {

/// For people to read: a line on stdout.
void print_line(const std::string& line);
/// Whole lines.
void print_text(const std::string& lines);

/// For programs to read: the document on stdout. What is no UTF-8 in it is replaced.
void print_json(const nlohmann::ordered_json& document);

/// Throws Error when not all that was printed could be written.
void finish_printing();

} // namespace ocinet::cli
