// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/table.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <string_view>

namespace ocinet::cli {

namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t least_width = 5;

using Widths = std::vector<std::size_t>;

Widths natural_widths(const Table& table) {
    Widths widths;
    for (const auto& title : table.header) {
        widths.push_back(title.size());
    }
    for (const auto& row : table.rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            for (const auto& line : row[i].lines) {
                widths[i] = std::max(widths[i], line.size());
            }
        }
    }
    return widths;
}

void shrink(Widths& widths, std::size_t limit) {
    std::size_t total = std::accumulate(widths.begin(), widths.end(), gap * (widths.size() - 1));
    while (total > limit) {
        const auto widest = std::max_element(widths.begin(), widths.end());
        if (*widest <= least_width) {
            return;
        }
        --*widest;
        --total;
    }
}

const char* start_of(Colour colour) {
    switch (colour) {
    case Colour::green: return "\033[32m";
    case Colour::yellow: return "\033[33m";
    case Colour::red: return "\033[31m";
    case Colour::none: break;
    }
    return "";
}

// One line of a cell, as wide as its column; the last column is not filled up.
void put(std::string& text, const std::string& line, std::size_t width, bool last) {
    const bool fits = line.size() <= width;
    text += fits ? line : line.substr(0, width - 1) + "…";
    if (!last && fits) {
        text += std::string(width - line.size(), ' ');
    }
    text += last ? "" : std::string(gap, ' ');
}

void put_row(std::string& text, const std::vector<Cell>& row, const Widths& widths, bool colours) {
    std::size_t height = 1;
    for (const auto& cell : row) {
        height = std::max(height, cell.lines.size());
    }
    for (std::size_t y = 0; y < height; ++y) {
        std::string line;
        for (std::size_t x = 0; x < row.size(); ++x) {
            const Cell& cell = row[x];
            const bool painted = colours && cell.colour != Colour::none && y < cell.lines.size();
            line += painted ? start_of(cell.colour) : "";
            put(line, y < cell.lines.size() ? cell.lines[y] : "", widths[x], x + 1 == row.size());
            line += painted ? "\033[0m" : "";
        }
        // Of empty cells at its end.
        text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    }
}

} // namespace

Terminal terminal() {
    if (::isatty(STDOUT_FILENO) == 0) {
        return {};
    }
    winsize size{};
    const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
    const char* no_color = std::getenv("NO_COLOR");
    const char* type = std::getenv("TERM");
    return {.width = known ? size.ws_col : 0U,
            .colours =
                (!no_color || *no_color == '\0') && (!type || std::string_view(type) != "dumb")};
}

std::string format(const Table& table, const Terminal& terminal) {
    Widths widths = natural_widths(table);
    if (terminal.width != 0) {
        shrink(widths, terminal.width);
    }
    std::string text;
    put_row(text, {table.header.begin(), table.header.end()}, widths, false);
    for (const auto& row : table.rows) {
        put_row(text, row, widths, terminal.colours);
    }
    return text;
}

} // namespace ocinet::cli
