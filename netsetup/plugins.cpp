// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/plugins.h"

#include <nlohmann/json.hpp>

#include "netsetup/base/error.h"
#include "netsetup/base/json_text.h"
#include "netsetup/base/paths.h"
#include "netsetup/base/text.h"

namespace ocinet {

namespace {

Plugins::Answer parse_answer(const nlohmann::json& said) {
    if (said.contains("error")) {
        throw Error(said.at("error").get<std::string>());
    }
    return {.status = said.at("status").get<int>(),
            .out = said.at("out").get<std::string>(),
            .err = said.at("err").get<std::string>()};
}

} // namespace

Plugins Plugins::start(const std::string& container_id, const std::vector<std::string>& programs,
                       const Fd& netns) {
    std::vector<std::string> words{paths::plugin_program(), container_id};
    words.insert(words.end(), programs.begin(), programs.end());
    Attendant program = Attendant::start(std::move(words), netns ? netns.get() : -1);
    std::string path;
    if (netns) {
        path = "/proc/" + std::to_string(program.pid()) + "/fd/" +
               std::to_string(Attendant::given_descriptor);
    }
    return {std::move(program), std::move(path)};
}

// An answer that could not be read is still to come: it must not be taken for that to another
// order.
Plugins::Answer Plugins::run(const Call& call, std::chrono::milliseconds patience) {
    const nlohmann::json order{{"number", ++number_},
                               {"program", call.program},
                               {"arguments", call.arguments},
                               {"environment", call.environment},
                               {"input", call.input},
                               {"kept", call.kept},
                               {"milliseconds", patience.count()}};
    program_.tell(order.dump() + "\n");
    while (true) {
        const std::string line = program_.answer();
        const auto said = parse_object(line);
        if (said.is_null()) {
            // Not one of its answers: what it says when it cannot begin.
            throw Error("ocinet-plugin: " + printable(line));
        }
        if (said.value("number", number_) == number_) {
            return parse_answer(said);
        }
    }
}

Plugins& required(std::optional<Plugins>& plugins) {
    if (!plugins) {
        throw Error("ocinet-plugin could not be started");
    }
    return *plugins;
}

std::string plugin_text(const std::string& program) {
    return "plugin " + program.substr(program.rfind('/') + 1);
}

std::string failure_text(const Plugins::Answer& answer) {
    const std::string words(trim(answer.err.empty() ? answer.out : answer.err));
    return "status " + std::to_string(answer.status) +
           (words.empty() ? "" : ": " + printable(words));
}

std::chrono::milliseconds plugin_patience(const Deadline& deadline) {
    return deadline.patience(std::chrono::seconds(2), std::chrono::seconds(60));
}

} // namespace ocinet
