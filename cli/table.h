// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace ocinet::cli {

enum class Colour { none, green, yellow, red };

/// The lines of one cell, below one another.
struct Cell {
    Cell(std::string line) : lines{std::move(line)} {}
    Cell(std::string line, Colour with) : lines{std::move(line)}, colour(with) {}
    Cell(std::vector<std::string> all) : lines(std::move(all)) {}

    std::vector<std::string> lines;
    Colour colour = Colour::none;
};

struct Table {
    std::vector<std::string> header;
    /// Each has a cell for each column.
    std::vector<std::vector<Cell>> rows;
};

/// Where a table is printed.
struct Terminal {
    /// In columns; 0: as wide as it takes.
    std::size_t width = 0;
    bool colours = false;
};

/// That of stdout: no width and no colours where it is no terminal; no colours with NO_COLOR, and
/// on a dumb one (<https://no-color.org>, terminfo(5)).
Terminal terminal();

/// The table as text. What does not fit is cut, in the widest columns first, and ends with "…"; the
/// cells are ASCII. Columns of five characters stay: a table that is too wide even then is.
std::string format(const Table& table, const Terminal& terminal);

} // namespace ocinet::cli
