// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include "tests/support/bundle.h"
#include "tests/support/container.h"
#include "tests/support/host.h"

namespace ocinet::test {

/// A container whose network namespace was given by a path: it was there before, and may outlive
/// it.
class Guest {
public:
    Guest(const Host& host, std::string netns, const Annotations& annotations,
          std::string id = unique_id());

    const std::string& id() const { return id_; }
    pid_t process() const { return process_->pid(); }
    nlohmann::json state(const std::string& stage) const;
    Result hook(const std::string& stage) const;
    /// hook("createRuntime"), which must succeed; gives its result.
    nlohmann::json attach() const;
    /// What is in its hosts file.
    std::string hosts() const;
    std::string hosts_path() const { return bundle_.hosts_path(); }
    /// Its engine starts it again: a new process, a new hosts file.
    void restart();
    /// Ends its process, where it lives; what it has stays.
    void kill();
    /// kill(), then poststop, which must succeed and be silent.
    void end();

private:
    const Host& host_;
    std::string id_;
    Bundle bundle_;
    std::string netns_;
    std::optional<Process> process_;
};

} // namespace ocinet::test
