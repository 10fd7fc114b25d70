// SPDX-License-Identifier: GPL-2.0-or-later
#include "oci-config/state.h"

#include <climits>

#include "netsetup/base/error.h"
#include "netsetup/base/names.h"
#include "oci-config/annotations.h"
#include "oci-config/json.h"

namespace ocinet::oci {

Stage parse_stage(const std::string& name) {
    if (name == "createRuntime") {
        return Stage::create_runtime;
    }
    if (name == "prestart") {
        return Stage::prestart;
    }
    if (name == "poststop") {
        return Stage::poststop;
    }
    throw Error("unknown stage \"" + name + "\"").hint("stages: createRuntime, prestart, poststop");
}

State parse_state(const std::string& text, Stage stage) {
    const auto json = parse_json(text, "the container's state on stdin");
    ObjectReader reader(json, "the container's state on stdin");
    State state;
    state.id = reader.text("id").value_or("");
    if (state.id.empty()) {
        throw reader.wrong("id", "missing");
    }
    state.status = reader.text("status").value_or("");
    state.bundle = reader.text("bundle").value_or("");
    const auto pid = reader.integer("pid").value_or(0);
    if (pid < 0 || pid > INT_MAX) {
        throw reader.wrong("pid", "not a process id");
    }
    state.pid = pid_t(pid);
    if (stage == Stage::poststop) {
        return state; // what is to be removed stands in the record
    }
    if (const auto* annotations = reader.object("annotations")) {
        state.annotations = parse_annotations(*annotations, reader.name() + ": annotations");
    }
    if (state.status != "creating" && state.status != "created") {
        throw reader.wrong("status", "\"" + state.status + "\", expected creating or created");
    }
    if (state.pid == 0) {
        throw reader.wrong("pid", "missing");
    }
    if (state.bundle.empty() || state.bundle.front() != '/') {
        throw reader.wrong("bundle", "not an absolute path: \"" + state.bundle + "\"");
    }
    return state;
}

} // namespace ocinet::oci
