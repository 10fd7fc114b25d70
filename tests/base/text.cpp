// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/base/text.h"

#include <cstdint>
#include <string>
#include <vector>

#include "tests/base/random.h"
#include "tests/support/catch.h"
#include "tests/support/process.h"

namespace ocinet {

TEST_CASE("a number is digits and nothing else") {
    CHECK(parse_number("0", 0, 10) == 0U);
    CHECK(parse_number("10", 0, 10) == 10U);
    CHECK(parse_number("18446744073709551615", 0, UINT64_MAX) == UINT64_MAX);
    for (const auto* text : {"", " ", "-1", "+1", " 1", "1 ", "1\n", "0x1", "1.0", "1e3", "1_0",
                             "18446744073709551616", "99999999999999999999999", "\xd9\xa1"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_number(text, 0, UINT64_MAX));
    }
    CHECK_FALSE(parse_number("0", 1, 10));
    CHECK(parse_number("1", 1, 10));
    CHECK_FALSE(parse_number("11", 1, 10));
    // A view need not end where its text does.
    CHECK(parse_number(std::string_view("80800").substr(0, 4), 1, 65535) == 8080U);
}

TEST_CASE("text is split, trimmed and joined") {
    using Parts = std::vector<std::string_view>;
    CHECK(split("", ',') == Parts{""});
    CHECK(split("a", ',') == Parts{"a"});
    CHECK(split(",", ',') == Parts{"", ""});
    CHECK(split("a,,b,", ',') == Parts{"a", "", "b", ""});

    CHECK(trim("").empty());
    CHECK(trim(" \t\r\n").empty());
    CHECK(trim("  a b\n") == "a b");

    CHECK(join({}, ", ").empty());
    CHECK(join({"a"}, ", ") == "a");
    CHECK(join({"a", "", "b"}, ", ") == "a, , b");
}

TEST_CASE("a shell word is one word, and the shell reads back what was meant") {
    CHECK(shell_word("oc-web_1.2:/@%+=,") == "oc-web_1.2:/@%+=,");
    CHECK(shell_word("") == "''");
    CHECK(shell_word("it's") == R"('it'\''s')");
    CHECK(shell_word("$(reboot)") == "'$(reboot)'");

    test::Random random("shell words");
    std::vector<std::string> words{"",  "'",  "''", "~",  "#", "a b",
                                   "*", "\n", "-n", "\\", "!", "\xff"};
    std::string every;
    for (int byte = 1; byte < 256; ++byte) {
        every += char(byte);
        words.emplace_back(1, char(byte));
    }
    for (unsigned i = test::sample(200, 1000, 20000); i > 0; --i) {
        words.push_back(random.text(every, 20));
    }
    std::string script;
    std::string expected;
    for (const auto& word : words) {
        script += "printf '%s\\0' " + shell_word(word) + "\n";
        expected += word + std::string(1, '\0');
    }
    test::Process shell([] { test::exec_shell("exec sh"); }, script);
    const auto result = shell.wait();
    CHECK(result.status == 0);
    CHECK(result.err.empty());
    CHECK(result.out == expected);
}

TEST_CASE("what is printable stays as it is, what moves a terminal does not") {
    CHECK(printable("").empty());
    CHECK(printable("it's a \"name\" \xc3\xa9 \\x") == "it's a \"name\" \xc3\xa9 \\x");
    CHECK(printable(std::string("a\n\x1b[2J\x7f\0b", 9)) == R"(a\x0a\x1b[2J\x7f\x00b)");
    CHECK(printable("a\xc2\x9b"
                    "b\xc2\xa0") == "a\\xc2\\x9bb\xc2\xa0"); // U+009B, U+00A0
    CHECK(printable("\xc2") == "\xc2");
}

} // namespace ocinet
