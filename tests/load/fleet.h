// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/container.h"
#include "tests/support/host.h"

// Many containers at once.
namespace ocinet::test {

/// Three sizes of a loop, by OCINET_TESTS.
int sized(int quick, int standard, int lengthy);
/// How many of `count` calls begin at once: what waits for a lock gives up after ten seconds, and a
/// guest's processor, which is emulated, takes ten times as long for each.
std::size_t bearable(std::size_t count);
/// OCINET_SEED, or one that the clock chose; printed, so that a run can be repeated.
unsigned seed();

using Fleet = std::vector<std::unique_ptr<Container>>;

Fleet make_fleet(const Host& host, std::size_t count, const Annotations& annotations);

/// A hook that is running.
Process start_hook(const Host& host, const Container& container, const std::string& stage);

/// Something that is run on a host: words of a shell, and what it reads.
struct Call {
    std::string command;
    std::string stdin_text;
};
Call hook_call(const Container& container, const std::string& stage);

/// Runs all of them, all started before the first may begin; the results in their order.
std::vector<Result> run_at_once(const Host& host, const std::vector<Call>& calls);

/// The same for one stage of the hook and all of these.
std::vector<Result> hook_all(const Host& host, const Fleet& fleet, const std::string& stage);

/// What a number of calls came to.
struct Tally {
    int done = 0;
    int failures = 0;
    std::string messages;

    void count(const Result& result);
};
Tally tally(const std::vector<Result>& results);

/// The attachment of each result that is a success.
std::vector<nlohmann::json> attachments(const std::vector<Result>& results);

/// How many of them have an address, a MAC address, a link or a host port that another one has,
/// too.
int duplicates(const std::vector<nlohmann::json>& attachments);

/// One line for the reader of the log.
void report(const std::string& what, const Tally& tally, int duplicates, std::size_t leftovers);

/// What a host holds that a snapshot does not show: processes, netlink sockets, mounts, inodes of
/// /run. Equal before and after, once the last one's children are gone.
std::string hidden_state(const Host& host);

} // namespace ocinet::test
