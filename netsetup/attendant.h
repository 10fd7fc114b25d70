// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "netsetup/base/fd.h"

namespace ocinet {

/// A program of ours, started while we still may start programs, that does its work when it is
/// told. What it is told comes by its stdin, whose end ends it, also when that is because we were
/// killed.
class Attendant {
public:
    /// Its number for what it is given besides.
    static constexpr int given_descriptor = 3;

    /// `words`: the program's path and its arguments; its environment is empty. `given`: a
    /// descriptor that it has, too, or -1. Throws Error.
    static Attendant start(std::vector<std::string> words, int given = -1);
    Attendant(Attendant&& other) noexcept;
    Attendant(const Attendant&) = delete;
    Attendant& operator=(const Attendant&) = delete;
    Attendant& operator=(Attendant&&) = delete;
    ~Attendant() { finish(); }

    pid_t pid() const { return pid_; }
    void tell(std::string_view order);
    /// Its next line, without its end; throws Error when it has ended.
    std::string answer();
    /// All that it still says, on stderr, too, until it has ended.
    std::string last_words();

private:
    Attendant(std::string name, pid_t pid, Fd order, Fd report);
    /// Closes its input, which ends it, and waits for that.
    void finish();

    std::string name_;
    pid_t pid_;
    Fd order_;
    Fd report_;
    /// What has come behind its last answer.
    std::string heard_;
};

} // namespace ocinet
