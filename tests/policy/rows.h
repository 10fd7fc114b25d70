// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/policy/layout.h"

namespace ocinet::test {

/// Which families a row is about.
enum class Families { both, ipv4, ipv6 };

/// A row of the policy, or one way in which a row could be broken; in IPv4's addresses, of which
/// IPv6's follow (layout.h).
struct Row {
    /// The row in the policy's words.
    std::string what;
    /// A place of the layout.
    std::string from;
    /// `192.0.2.1:8080`; `:random` is the port that was chosen for web1.
    std::string to;
    /// The answer; "silence" is the policy's no. "refused" is no, too: nobody listens there, and
    /// the packet came that far.
    Answer answer;
    /// Separated by spaces.
    std::string protocols = "tcp udp";
    std::string source = {};
    std::size_t size = 0;
    Families families = Families::both;
};

const std::vector<Row>& all_rows();

/// Those that are about the family, in its addresses.
std::vector<Row> rows_of(int family);
/// The row in the family's addresses; nothing where it is not about it.
std::optional<Row> row_in(const Row& row, int family);

/// What came of a row, by protocol in the row's order. "delivered": without an answer, but a server
/// got the packet.
using Outcome = std::vector<Answer>;

/// Tries all rows at once.
std::vector<Outcome> try_rows(const Layout& layout, const std::vector<Row>& rows,
                              Milliseconds patience_for_answers);

/// Empty when the outcome is the row's, else what is wrong: `udp: silence`.
std::string mismatch(const Row& row, const Outcome& outcome);

/// All that does not come out as it should, a line each.
std::string mismatches(const std::vector<Row>& rows, const std::vector<Outcome>& outcomes);
inline const std::string nothing_wrong;

} // namespace ocinet::test
