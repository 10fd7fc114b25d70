// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "netsetup/operation.h"

namespace ocinet::ops {

/// The container's own line in its /etc/hosts, and the names of its gateway. The file is the
/// engine's, mounted into the container: it is changed in place, a new file would not be seen.
struct AddHosts {
    static constexpr const char* journal_name = "add-hosts";

    std::string file;
    /// `10.90.0.5 web`
    std::vector<std::string> lines;
    /// Ends each line as a comment: by it the lines are found again.
    std::string mark;
};

Description describe(const AddHosts& op);
Needs needs(const AddHosts& op);
void apply(const AddHosts& op, Context& context);
void undo(const AddHosts& op, Context& context, Undo why);
std::vector<std::string> check(const AddHosts& op, Context& context);
void to_json(nlohmann::json& json, const AddHosts& op);
void from_json(const nlohmann::json& json, AddHosts& op);

} // namespace ocinet::ops
