// SPDX-License-Identifier: GPL-2.0-or-later
// Every row of the policy with real packets, with bridge-nf-call-iptables 0 and 1.
#include "tests/support/catch.h"

#include <algorithm>
#include <cstdio>
#include <iterator>

#include "netsetup/base/text.h"
#include "tests/policy/rows.h"

namespace ocinet::test {

namespace {

constexpr Milliseconds patience = 5s;

// Without br_netfilter bridged frames never pass the rules: as with 0.
std::vector<int> bridge_nf_values() {
    if (const auto missing = missing_for_bridge_nf(); !missing.empty()) {
        note_skip("bridge-nf-call-iptables 1: " + missing);
        return {0};
    }
    return {0, 1};
}

std::string cell(const Row& row, const Outcome& outcome) {
    const std::string wrong = mismatch(row, outcome);
    return wrong.empty() ? "ok" : "WRONG " + wrong;
}

void print_table(const std::vector<int>& values, const std::vector<std::vector<Outcome>>& columns) {
    const auto& rows = all_rows();
    std::printf("%-58s %-7s %-18s %-7s  %s", "row", "from", "to", "by", "answer");
    for (const int value : values) {
        std::printf(" | nf %d", value);
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Row& row = rows[i];
        std::printf("\n%-58s %-7s %-18s %-7s  %-18s", row.what.c_str(), row.from.c_str(),
                    row.to.c_str(), row.protocols.c_str(), row.answer.c_str());
        for (const auto& column : columns) {
            std::printf(" | %s", cell(row, column[i]).c_str());
        }
    }
    std::printf("\n");
    std::fflush(stdout);
}

// Rows whose verdict is no by a rule's drop: "refused" proves by itself that packets come through.
std::vector<Row> dropped_rows() {
    std::vector<Row> rows;
    std::copy_if(all_rows().begin(), all_rows().end(), std::back_inserter(rows),
                 [](const Row& row) { return row.answer == "silence"; });
    return rows;
}

} // namespace

TEST_CASE("each row of the policy holds, with bridge-nf-call-iptables 0 and 1") {
    const Layout layout;
    const auto values = bridge_nf_values();
    std::vector<std::vector<Outcome>> columns;
    for (const int value : values) {
        layout.set_bridge_nf(value == 1);
        columns.push_back(try_rows(layout, all_rows(), patience));
    }
    print_table(values, columns);
    for (std::size_t i = 0; i < values.size(); ++i) {
        INFO("bridge-nf-call-iptables " << values[i]);
        CHECK(mismatches(all_rows(), columns[i]) == nothing_wrong);
    }
}

// Otherwise a "no" could come from a broken test: the same packets must arrive when nothing but
// the policy's drops is taken away.
TEST_CASE("without the policy's drops each no of the policy is a yes") {
    const Layout layout;
    layout.open_filters();
    auto rows = dropped_rows();
    for (auto& row : rows) {
        row.answer = "any";
    }
    for (const int value : bridge_nf_values()) {
        layout.set_bridge_nf(value == 1);
        const auto outcomes = try_rows(layout, rows, patience);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            INFO("bridge-nf-call-iptables " << value << ": " << rows[i].what << ", " << rows[i].from
                                            << " -> " << rows[i].to);
            const std::string got = join(outcomes[i], ", ");
            CHECK(got.find("silence") == std::string::npos);
            CHECK(got.find("refused") == std::string::npos);
        }
    }
}

} // namespace ocinet::test
