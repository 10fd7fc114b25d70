// SPDX-License-Identifier: GPL-2.0-or-later
// Every row of the policy with real packets, with bridge-nf-call-iptables 0 and 1.
#include "tests/support/catch.h"

#include <sys/socket.h>

#include <cstdio>
#include <optional>

#include "netsetup/base/text.h"
#include "tests/policy/rows.h"
#include "tests/policy/transport.h"

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

struct Column {
    int family;
    int bridge_nf;
    std::vector<Outcome> outcomes; // of rows_of(family)
};

std::string name_of(const Column& column) {
    return std::string(column.family == AF_INET ? "IPv4" : "IPv6") + ", bridge-nf " +
           std::to_string(column.bridge_nf);
}

std::string cell(const std::optional<Row>& row, const Outcome* outcome) {
    if (!row) {
        return "-";
    }
    const std::string wrong = mismatch(*row, *outcome);
    return wrong.empty() ? "ok" : "WRONG " + wrong;
}

void print_table(const std::vector<Column>& columns) {
    std::printf("%-62s %-7s %-18s %-7s  %-18s", "row", "from", "to", "by", "answer");
    for (const auto& column : columns) {
        std::printf(" | %s", name_of(column).c_str());
    }
    std::vector<std::size_t> next(columns.size());
    for (const auto& row : all_rows()) {
        std::printf("\n%-62s %-7s %-18s %-7s  %-18s", row.what.c_str(), row.from.c_str(),
                    row.to.c_str(), row.protocols.c_str(), row.answer.c_str());
        for (std::size_t i = 0; i < columns.size(); ++i) {
            const auto tried = row_in(row, columns[i].family);
            const Outcome* outcome = tried ? &columns[i].outcomes.at(next[i]++) : nullptr;
            std::printf(" | %-17s", cell(tried, outcome).c_str());
        }
    }
    std::printf("\n");
    std::fflush(stdout);
}

// The rows about connections, with those of SCTP.
std::vector<Row> sctp_rows(int family) {
    std::vector<Row> rows = rows_of(family);
    std::erase_if(rows, [](const Row& row) { return row.protocols != "tcp udp"; });
    for (auto& row : rows) {
        row.protocols = "sctp";
        if (row.to.ends_with(":53")) { // DNS knows TCP and UDP alone
            row.answer = "silence";
        }
    }
    return rows;
}

// Rows whose verdict is no by a rule's drop: "refused" proves by itself that packets come through.
std::vector<Row> dropped_rows(int family) {
    std::vector<Row> rows = rows_of(family);
    std::erase_if(rows, [](const Row& row) { return row.answer != "silence"; });
    return rows;
}

} // namespace

TEST_CASE("each row of the policy holds, in both families, with bridge-nf-call-iptables 0 and 1",
          "[CVE-2020-8558][CVE-2024-29018]") {
    const Layout layout;
    std::vector<Column> columns;
    for (const int family : {AF_INET, AF_INET6}) {
        for (const int value : bridge_nf_values()) {
            layout.set_bridge_nf(value == 1);
            columns.push_back({family, value, try_rows(layout, rows_of(family), patience)});
        }
    }
    print_table(columns);
    for (const auto& column : columns) {
        INFO(name_of(column));
        CHECK(mismatches(rows_of(column.family), column.outcomes) == nothing_wrong);
    }
}

TEST_CASE("each row of the policy holds for SCTP, too", "[guest]") {
    SKIP_IF_MISSING(missing_for_sctp());
    const Layout layout;
    for (const int family : {AF_INET, AF_INET6}) {
        const auto rows = sctp_rows(family);
        for (const int value : bridge_nf_values()) {
            layout.set_bridge_nf(value == 1);
            INFO("IPv" << (family == AF_INET ? 4 : 6) << ", bridge-nf " << value);
            CHECK(mismatches(rows, try_rows(layout, rows, patience)) == nothing_wrong);
        }
    }
}

// Otherwise a "no" could come from a broken test: the same packets must arrive when nothing but
// the policy's drops is taken away.
TEST_CASE("without the policy's drops each no of the policy is a yes") {
    const Layout layout;
    layout.open_filters();
    for (const int family : {AF_INET, AF_INET6}) {
        auto rows = dropped_rows(family);
        for (auto& row : rows) {
            row.answer = "any";
        }
        for (const int value : bridge_nf_values()) {
            layout.set_bridge_nf(value == 1);
            const auto outcomes = try_rows(layout, rows, patience);
            for (std::size_t i = 0; i < rows.size(); ++i) {
                INFO("bridge-nf-call-iptables " << value << ": " << rows[i].what << ", "
                                                << rows[i].from << " -> " << rows[i].to);
                const std::string got = join(outcomes[i], ", ");
                CHECK(got.find("silence") == std::string::npos);
                CHECK(got.find("refused") == std::string::npos);
            }
        }
    }
}

} // namespace ocinet::test
