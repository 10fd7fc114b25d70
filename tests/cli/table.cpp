// SPDX-License-Identifier: GPL-2.0-or-later
// Tables: columns, cells of several lines, what does not fit.
#include "cli/table.h"

#include "tests/support/catch.h"

namespace ocinet::cli {

namespace {

const Table sample{.header = {"NAME", "STATE", "PORTS"},
                   .rows = {{Cell("web"), Cell("running", Colour::green),
                             Cell(std::vector<std::string>{"80/tcp -> 0.0.0.0:8080", "81/tcp"})},
                            {Cell("a-very-long-name"), Cell("dead", Colour::red),
                             Cell(std::vector<std::string>{})}}};

} // namespace

TEST_CASE("a table is as wide as it takes where there is no terminal") {
    CHECK(format(sample, {}) == "NAME              STATE    PORTS\n"
                                "web               running  80/tcp -> 0.0.0.0:8080\n"
                                "                           81/tcp\n"
                                "a-very-long-name  dead\n");
}

TEST_CASE("what does not fit is cut where the table is widest") {
    CHECK(format(sample, {.width = 40}) == "NAME            STATE    PORTS\n"
                                           "web             running  80/tcp -> 0.0.…\n"
                                           "                         81/tcp\n"
                                           "a-very-long-n…  dead\n");
    CHECK(format(sample, {.width = 49}) == format(sample, {}));
    CHECK(format(sample, {.width = 48}) != format(sample, {}));
}

TEST_CASE("columns of five characters stay") {
    const std::string narrow = format(sample, {.width = 1});
    CHECK_THAT(narrow, test::contains("a-ve…  dead\n"));
    CHECK_THAT(narrow, test::contains("web    runn…  80/t…\n"));
}

TEST_CASE("colours surround a cell's text and no other") {
    const std::string coloured = format(sample, {.colours = true});
    CHECK_THAT(coloured, test::contains("\033[32mrunning  \033[0m80/tcp"));
    CHECK_THAT(coloured, test::contains("\033[31mdead"));
    CHECK_THAT(format(sample, {}), !test::contains("\033"));
}

} // namespace ocinet::cli
