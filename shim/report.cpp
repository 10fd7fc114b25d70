// SPDX-License-Identifier: GPL-2.0-or-later
#include "shim/report.h"

#include <fcntl.h>

#include <ctime>
#include <nlohmann/json.hpp>

#include "netsetup/base/fd.h"
#include "netsetup/base/file.h"
#include "netsetup/base/log.h"
#include "netsetup/base/utc.h"

namespace ocinet::shim {

namespace {

std::string quoted(const std::string& text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string line_of(const std::string& format, const std::string& message) {
    if (format == "json") {
        return R"({"level":"error","msg":)" + quoted(message) + R"(,"time":")" +
               utc_text(std::time(nullptr)) + "\"}\n";
    }
    return "time=\"" + utc_text(std::time(nullptr)) + "\" level=error msg=" + quoted(message) +
           "\n";
}

// Empty where it is no file's: crun's words for other places.
std::string file_of(const std::string& log) {
    if (log.starts_with("file:")) {
        return log.substr(5);
    }
    return log.starts_with("journald:") || log.starts_with("syslog:") ? "" : log;
}

} // namespace

void report(const CommandLine& line, const Error& error) {
    log::error(error);
    const std::string file = file_of(line.log);
    if (file.empty()) {
        return;
    }
    const Fd log(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    const std::string hint = error.hint().empty() ? "" : " (hint: " + error.hint() + ")";
    try {
        if (!log) {
            throw_errno("open " + file);
        }
        write_all(log.get(), line_of(line.log_format, "ocinet: " + error.message() + hint), file);
    } catch (const Error& unwritten) {
        log::error(unwritten);
    }
}

} // namespace ocinet::shim
