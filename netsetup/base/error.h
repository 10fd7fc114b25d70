// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <exception>
#include <string>
#include <string_view>

namespace ocinet {

/// The one exception of the project. Its text grows context on the way out:
///     network "lan" (bridge): ip link add …: Device or resource busy (EBUSY): <extack>
/// An outcome that a caller expects (no such link) is a std::optional, never an Error.
class Error : public std::exception {
public:
    explicit Error(std::string message) : message_(std::move(message)) {}

    /// `context: message`, for whoever knows more on the way out.
    Error& in(std::string_view context);
    /// One line that tells the user what to do about it; the innermost hint stays.
    Error& hint(std::string_view text);

    /// Which of its operation's printed commands failed (netsetup/operation.h: Description).
    Error& at(int command) {
        command_ = command;
        return *this;
    }

    const char* what() const noexcept override { return message_.c_str(); }
    const std::string& message() const { return message_; }
    const std::string& hint() const { return hint_; }
    int command() const { return command_; }

private:
    std::string message_;
    std::string hint_;
    int command_ = 0;
};

/// `Device or resource busy (EBUSY)`.
std::string errno_text(int error);

/// An Error that says `context: errno_text(error)`.
Error system_error(int error, std::string_view context);

/// system_error with the errno of this moment, thrown.
[[noreturn]] void throw_errno(std::string_view context);

} // namespace ocinet
