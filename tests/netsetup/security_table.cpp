// SPDX-License-Identifier: GPL-2.0-or-later
// README's table of security holes that others had names the tests that show that we have them not:
// each is there, and bears the number; and no test bears a number that the table leaves out.
#include <algorithm>
#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace ocinet::test {

namespace {

namespace fs = std::filesystem;

std::set<std::string> all_of(const std::string& text, const std::string& pattern) {
    const std::regex regex(pattern);
    std::set<std::string> found;
    for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at) {
        found.insert((*at)[1]);
    }
    return found;
}

// Name and tags of each test case in a source text. The formatter splits a long name in two.
std::map<std::string, std::set<std::string>> test_cases_in(const std::string& text) {
    static const std::regex definition(
        R"rx((?:^|\n)TEST_CASE\(("(?:[^"\\]|\\.)*"(?:\s*"(?:[^"\\]|\\.)*")*)(?:,\s*"([^"]*)")?\))rx");
    static const std::regex seam(R"rx(^"|"\s*"|"$)rx");
    std::map<std::string, std::set<std::string>> found;
    for (std::sregex_iterator at(text.begin(), text.end(), definition), end; at != end; ++at) {
        found[std::regex_replace((*at)[1].str(), seam, "")] =
            all_of((*at)[2].str(), R"rx(\[([^\]]*)\])rx");
    }
    return found;
}

std::map<std::string, std::set<std::string>> test_cases() {
    std::map<std::string, std::set<std::string>> all;
    for (const auto& entry : fs::recursive_directory_iterator(source_directory() / "tests")) {
        if (entry.path().extension() == ".cpp") {
            all.merge(test_cases_in(read_text(entry.path())));
        }
    }
    return all;
}

struct Row {
    std::set<std::string> numbers;
    /// In backquotes in the last column.
    std::set<std::string> tests;
};

std::vector<Row> rows_of(const std::string& readme) {
    const auto begin = readme.find("\n## Security\n");
    if (begin == std::string::npos) {
        return {};
    }
    const auto section = readme.substr(begin + 1, readme.find("\n## ", begin + 1) - begin);
    std::vector<Row> rows;
    for (const auto& line : all_of(section, R"rx(\n(\|[^\n]*\|)(?=\n))rx")) {
        const auto last = line.rfind('|', line.size() - 2);
        Row row{.numbers = all_of(line.substr(0, line.find('|', 1)), R"rx((CVE-\d+-\d+))rx"),
                .tests = all_of(line.substr(last), "`([^`]*)`")};
        if (!row.numbers.empty() || !row.tests.empty()) {
            rows.push_back(std::move(row));
        }
    }
    return rows;
}

std::vector<std::string> faults(const std::vector<Row>& rows,
                                const std::map<std::string, std::set<std::string>>& tests) {
    std::vector<std::string> faults;
    std::set<std::string> named;
    for (const auto& row : rows) {
        named.insert(row.numbers.begin(), row.numbers.end());
        for (const auto& name : row.tests) {
            const auto test = tests.find(name);
            if (test == tests.end()) {
                faults.push_back("no test is called: " + name);
            } else if (!std::includes(test->second.begin(), test->second.end(), row.numbers.begin(),
                                      row.numbers.end())) {
                faults.push_back("it does not bear its row's number: " + name);
            }
        }
    }
    for (const auto& [name, tags] : tests) {
        for (const auto& tag : tags) {
            if (tag.starts_with("CVE-") && !named.contains(tag)) {
                faults.push_back("the table has no " + tag + ": " + name);
            }
        }
    }
    return faults;
}

} // namespace

TEST_CASE("README's table of security holes names tests that are there") {
    const auto rows = rows_of(read_text(source_directory() / "README.md"));
    CHECK(rows.size() >= 7);
    const auto found = faults(rows, test_cases());
    CAPTURE(found);
    CHECK(found.empty());
}

TEST_CASE("a table that is not true would be seen") {
    const auto tests = test_cases_in("TEST_CASE(\"one\", \"[CVE-2020-1][x]\") {\n}\n"
                                     "TEST_CASE(\"two, in \"\n          \"two parts\") {\n}\n");
    REQUIRE(tests.size() == 2);
    CHECK(tests.at("one") == std::set<std::string>{"CVE-2020-1", "x"});
    CHECK(tests.contains("two, in two parts"));
    const std::string head = "text\n## Security\n\n| hole | test |\n|---|---|\n";
    const auto faults_of = [&](const std::string& lines) {
        return faults(rows_of(head + lines + "\n## More\n| CVE-2020-9 | `none` |\n"), tests);
    };
    CHECK(faults_of("| CVE-2020-1 | `one` |\n| links | `two, in two parts` |\n").empty());
    CHECK(faults_of("| CVE-2020-1 | `one`, `three` |\n").size() == 1);
    CHECK(faults_of("| CVE-2020-1 | `two, in two parts` |\n").size() == 1);
    CHECK(faults_of("| CVE-2020-2 | nothing of ours |\n").size() == 1);
}

} // namespace ocinet::test
