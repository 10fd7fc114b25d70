// SPDX-License-Identifier: GPL-2.0-or-later
// Documents of brackets alone, which a parser without recursion takes, and nobody after it.
#include "oci-config/json.h"

#include "oci-config/settings.h"
#include "tests/base/caught.h"
#include "tests/support/catch.h"

namespace ocinet::oci {

namespace {

using test::message_of;

std::string nested(std::size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
}

} // namespace

TEST_CASE("a document has a hundred levels and no more") {
    CHECK_NOTHROW(parse_json(nested(100), "x.json"));
    CHECK(message_of([] { parse_json(nested(101), "x.json"); }) ==
          "x.json is not valid JSON: more than 100 levels of arrays and objects");
    CHECK(message_of([] { parse_json(std::string(1 << 20, '['), "x.json"); }) ==
          "x.json is not valid JSON: more than 100 levels of arrays and objects");
    // Told as it is printed, which ended the program.
    CHECK_THAT(message_of([] { parse_settings("{\"networks\":[" + nested(500000) + "]}", "s"); }),
               test::contains("more than 100 levels"));
}

TEST_CASE("brackets in strings are no levels") {
    const std::string brackets(1000, '{');
    CHECK(parse_json("[\"" + brackets + "\"]", "x").at(0) == brackets);
    CHECK(parse_json("[\"\\\"" + brackets + "\"]", "x").at(0) == "\"" + brackets);
    CHECK(parse_json("[\"\\\\\", \"" + brackets + "\\\\\"]", "x").at(1) == brackets + "\\");
    // Levels that were left do not count.
    std::string wide = "[[]";
    for (int i = 0; i < 1000; ++i) {
        wide += ",[{}]";
    }
    CHECK(parse_json(wide + "]", "x").size() == 1001);
}

} // namespace ocinet::oci
