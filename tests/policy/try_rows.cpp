// SPDX-License-Identifier: GPL-2.0-or-later
#include <map>

#include "netsetup/base/text.h"
#include "tests/policy/rows.h"

namespace ocinet::test {

namespace {

// How long silence is waited for. A packet that is let through takes microseconds.
constexpr Milliseconds long_enough_for_silence = 300ms;

// No two packets of a test program bear the same word.
std::string next_word() {
    static unsigned count = 0;
    return "packet-" + std::to_string(++count);
}

Probe probe_of(const Layout& layout, const Row& row, const std::string& protocol,
               Milliseconds patience) {
    // The last colon, unless it is one of an address: [::1]:80, 10.0.0.1:80, fd00::1.
    const bool bracketed = row.to.starts_with('[');
    const auto first = row.to.find(':');
    const auto colon =
        bracketed || first == row.to.rfind(':') ? row.to.rfind(':') : std::string::npos;
    const std::string host = row.to.substr(0, colon);
    // Nor is an answer to another's address waited for.
    const bool no_answer = row.answer == "silence" || !row.source.empty();
    Probe probe{.protocol = protocol,
                .address = bracketed ? host.substr(1, host.size() - 2) : host,
                .word = next_word(),
                .patience = no_answer ? long_enough_for_silence : patience,
                .source = row.source,
                .size = row.size};
    if (colon != std::string::npos) {
        const std::string port = row.to.substr(colon + 1);
        probe.port = port == "random" ? layout.random_port(protocol)
                                      : std::uint16_t(*parse_number(port, 1, 65535));
    }
    return probe;
}

} // namespace

std::vector<Outcome> try_rows(const Layout& layout, const std::vector<Row>& rows,
                              Milliseconds patience_for_answers) {
    std::map<std::string, std::vector<Probe>> probes; // by place
    std::map<std::string, std::vector<std::size_t>> owners;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        for (const auto protocol : split(rows[i].protocols, ' ')) {
            probes[rows[i].from].push_back(
                probe_of(layout, rows[i], std::string(protocol), patience_for_answers));
            owners[rows[i].from].push_back(i);
        }
    }
    std::map<std::string, Process> running;
    for (const auto& [from, list] : probes) {
        running.emplace(from, start_probes(layout.place(from), list));
    }
    std::vector<Outcome> outcomes(rows.size());
    for (auto& [from, process] : running) {
        const auto answers = collect_answers(process);
        for (std::size_t i = 0; i < answers.size(); ++i) {
            const Probe& probe = probes[from][i];
            const bool lost = answers[i] == "silence" && probe.protocol == "udp" &&
                              layout.was_delivered(probe.word);
            outcomes[owners[from][i]].push_back(lost ? "delivered" : answers[i]);
        }
    }
    return outcomes;
}

std::string mismatch(const Row& row, const Outcome& outcome) {
    std::vector<std::string> wrong;
    const auto protocols = split(row.protocols, ' ');
    for (std::size_t i = 0; i < protocols.size(); ++i) {
        if (outcome.at(i) != row.answer) {
            wrong.push_back(std::string(protocols[i]) + ": " + outcome[i]);
        }
    }
    return join(wrong, ", ");
}

std::string mismatches(const std::vector<Row>& rows, const std::vector<Outcome>& outcomes) {
    std::string lines;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (const auto wrong = mismatch(rows[i], outcomes.at(i)); !wrong.empty()) {
            lines += rows[i].what + ", " + rows[i].from + " -> " + rows[i].to + ", is not \"" +
                     rows[i].answer + "\" but " + wrong + "\n";
        }
    }
    return lines;
}

} // namespace ocinet::test
