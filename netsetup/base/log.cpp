// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/base/log.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <string>

#include "netsetup/base/fd.h"
#include "netsetup/base/text.h"

namespace ocinet::log {

namespace {

// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables): see log.h
Level shown = Level::warning;
Format format_of_lines = Format::text;
Fd syslog_socket;
// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables)

const char* name_of(Level level) {
    switch (level) {
    case Level::debug: return "debug";
    case Level::info: return "info";
    case Level::warning: return "warning";
    case Level::error: break;
    }
    return "error";
}

int priority_of(Level level) {
    switch (level) {
    case Level::debug: return LOG_DEBUG;
    case Level::info: return LOG_INFO;
    case Level::warning: return LOG_WARNING;
    case Level::error: break;
    }
    return LOG_ERR;
}

// What libc's syslog() sends, which we cannot use: it makes a new socket when the daemon was
// started anew. The daemon knows the time. It is not waited for: the message is on stderr, too.
void send_to_syslog(Level level, const std::string& text) {
    const std::string datagram = "<" + std::to_string(LOG_DAEMON | priority_of(level)) +
                                 ">ocinet[" + std::to_string(::getpid()) + "]: " + text;
    (void)::send(syslog_socket.get(), datagram.data(), datagram.size(),
                 MSG_DONTWAIT | MSG_NOSIGNAL);
}

// A word that somebody wrote into a file may be as long as the file can be. What is wrong with it
// is said behind it.
std::string without_middle(std::string_view text) {
    constexpr std::size_t kept = 1024; // of each end
    if (text.size() <= 4 * kept) {
        return std::string(text);
    }
    return std::string(text.substr(0, kept)) + "... (" + std::to_string(text.size() - 2 * kept) +
           " bytes) ..." + std::string(text.substr(text.size() - kept));
}

void put(Level level, std::string_view raw_message, std::string_view raw_hint = {}) {
    if (!shows(level)) {
        return;
    }
    // At lower levels it is our own commands that are long, and wanted whole.
    const std::string message =
        printable(level >= Level::warning ? without_middle(raw_message) : std::string(raw_message));
    const std::string hint = printable(without_middle(raw_hint));
    std::string line;
    if (format_of_lines == Format::json) {
        nlohmann::ordered_json object{{"level", name_of(level)}, {"msg", message}};
        if (!hint.empty()) {
            object["hint"] = hint;
        }
        line = object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    } else {
        line = "ocinet: " + std::string(level == Level::warning ? "warning: " : "") +
               std::string(message) + "\n";
        if (!hint.empty()) {
            line += "hint: " + hint + "\n";
        }
    }
    // stderr may be closed or full: the message still goes to syslog, and there is nobody to tell.
    while (::write(STDERR_FILENO, line.data(), line.size()) < 0 && errno == EINTR) {
    }
    if (syslog_socket) {
        send_to_syslog(level, message + (hint.empty() ? "" : "; hint: ") + hint);
    }
}

} // namespace

std::optional<Level> parse_level(std::string_view name) {
    for (const auto level : {Level::debug, Level::info, Level::warning, Level::error}) {
        if (name == name_of(level)) {
            return level;
        }
    }
    return std::nullopt;
}

std::optional<Format> parse_format(std::string_view name) {
    if (name == "text") {
        return Format::text;
    }
    if (name == "json") {
        return Format::json;
    }
    return std::nullopt;
}

bool shows(Level level) {
    return level >= shown;
}

void configure(Level level, Format format) {
    shown = level;
    format_of_lines = format;
}

void open_syslog() {
    Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const sockaddr_un daemon{AF_UNIX, _PATH_LOG};
    if (socket &&
        ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&daemon), sizeof daemon) == 0) {
        syslog_socket = std::move(socket);
    }
}

void debug(std::string_view message) {
    put(Level::debug, message);
}

void info(std::string_view message) {
    put(Level::info, message);
}

void warning(std::string_view message) {
    put(Level::warning, message);
}

void warning(const Error& error) {
    put(Level::warning, error.message(), error.hint());
}

void error(const Error& error) {
    put(Level::error, error.message(), error.hint());
}

} // namespace ocinet::log
