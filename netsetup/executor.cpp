// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/executor.h"

#include <algorithm>
#include <ranges>

#include "netsetup/base/log.h"

namespace ocinet {

namespace {

// The printed command that failed; the first one where the operation does not know.
std::string command_of(const Step& step, int index) {
    const auto commands = describe(step.operation).apply;
    return commands.empty() ? "" : commands[std::min(std::size_t(index), commands.size() - 1)];
}

void apply_one(const Step& step, Context& context) {
    try {
        std::visit([&](const auto& op) { apply(op, context); }, step.operation);
    } catch (Error& error) {
        throw error.in(command_of(step, error.command())).in(step.attachment);
    }
}

} // namespace

void apply_steps(const std::vector<Step>& steps, Context& context) {
    for (const auto& step : steps) {
        if (log::shows(log::Level::debug)) {
            for (const auto& command : describe(step.operation).apply) {
                log::debug(command);
            }
        }
        if (context.deadline.has_passed()) {
            throw Error("the deadline has passed")
                .hint("before the runtime kills the hook half-way: see --deadline");
        }
        apply_one(step, context);
    }
}

// That the kernel agreed to an undo does not say that there is nothing any more: a link may have
// become somebody else's, an element may have been put back.
std::vector<std::string> undo_step(const Step& step, Context& context, Undo why) {
    const auto failed = [&](Error error) -> std::vector<std::string> {
        return {error.in("undo " + command_of(step, 0)).in(step.attachment).message()};
    };
    try {
        std::visit([&](const auto& op) { undo(op, context, why); }, step.operation);
        auto remaining =
            std::visit([&](const auto& op) { return remains(op, context); }, step.operation);
        for (auto& what : remaining) {
            what.insert(0, step.attachment + ": ");
        }
        return remaining;
    } catch (const Error& error) {
        return failed(error);
    } catch (const std::exception& error) { // what is kept of plugins' answers is damaged
        return failed(Error(error.what()));
    }
}

std::vector<std::string> undo_steps(const std::vector<Step>& steps, Context& context, Undo why) {
    std::vector<std::string> failures;
    for (const auto& step : std::views::reverse(steps)) {
        for (auto& failure : undo_step(step, context, why)) {
            failures.push_back(std::move(failure));
        }
    }
    return failures;
}

std::vector<std::string> check_steps(const std::vector<Step>& steps, Context& context) {
    std::vector<std::string> differences;
    for (const auto& step : steps) {
        const auto found =
            std::visit([&](const auto& op) { return check(op, context); }, step.operation);
        for (const auto& difference : found) {
            differences.push_back(step.attachment + ": " + difference);
        }
    }
    return differences;
}

} // namespace ocinet
