// SPDX-License-Identifier: GPL-2.0-or-later
#include "oci-config/state.h"

#include <nlohmann/json.hpp>

#include "tests/base/caught.h"
#include "tests/support/catch.h"

namespace ocinet::oci {

namespace {

using nlohmann::json;
using test::contains;
using test::message_of;

// runc's state, as a createRuntime hook gets it.
json usual() {
    return {{"ociVersion", "1.0.2"}, {"id", "web"},
            {"status", "created"},   {"pid", 4711},
            {"bundle", "/run/b"},    {"annotations", {{"io.ocinet.name", "w"}}}};
}

json with(const std::string& key, const json& value) {
    json state = usual();
    state[key] = value;
    return state;
}

json without(const std::string& key) {
    json state = usual();
    state.erase(key);
    return state;
}

State parsed(const json& state, Stage stage = Stage::create_runtime) {
    return parse_state(state.dump(), stage);
}

std::string refusal(const json& state, Stage stage = Stage::create_runtime) {
    return message_of([&] { parsed(state, stage); });
}

const std::string place = "the container's state on stdin: ";

} // namespace

TEST_CASE("a stage is named as in the runtime's config") {
    CHECK(parse_stage("createRuntime") == Stage::create_runtime);
    CHECK(parse_stage("prestart") == Stage::prestart);
    CHECK(parse_stage("poststop") == Stage::poststop);
    for (const std::string name :
         {"", "createruntime", "createContainer", "poststart", "Poststop"}) {
        const auto error = test::caught([&] { parse_stage(name); });
        CHECK(error.message() == "unknown stage \"" + name + "\"");
        CHECK(error.hint() == "stages: createRuntime, prestart, poststop");
    }
}

TEST_CASE("a runtime's state is read") {
    for (const auto stage : {Stage::create_runtime, Stage::prestart, Stage::poststop}) {
        const State state = parsed(usual(), stage);
        CHECK(state.id == "web");
        CHECK(state.status == "created");
        CHECK(state.pid == 4711);
        CHECK(state.bundle == "/run/b");
        // What is to be removed stands in the record.
        CHECK(state.annotations.empty() == (stage == Stage::poststop));
    }
    CHECK(parsed(with("status", "creating")).status == "creating");
    CHECK(parsed(with("pid", 2147483647)).pid == 2147483647);
}

TEST_CASE("fields of newer runtimes are ignored") {
    json state = usual();
    state["owner"] = "root";
    state["nested"] = {{"id", 5}, {"pid", json::array({1, {{"a", nullptr}}})}};
    CHECK(parsed(state).id == "web");
}

TEST_CASE("annotations may be absent, null or empty, and hold text alone") {
    for (const auto& state : {without("annotations"), with("annotations", nullptr),
                              with("annotations", json::object())}) {
        CHECK(parsed(state).annotations.empty());
    }
    CHECK(refusal(with("annotations", json::array())) == place + "annotations: not an object");
    CHECK(refusal(with("annotations", {{"a", 1}})) == place + "annotations: a: not a string");
    CHECK(refusal(with("annotations", {{"a", nullptr}})) == place + "annotations: a: not a string");
}

TEST_CASE("after the container's end annotations do not matter") {
    CHECK(parsed(with("annotations", {{"a", 1}}), Stage::poststop).id == "web");
    CHECK(parsed(usual()).annotations == Annotations{{"io.ocinet.name", "w"}});
}

TEST_CASE("after the container's end no process is needed") {
    for (const auto& state : {without("pid"), with("pid", 0), with("pid", nullptr)}) {
        CHECK(parsed(state, Stage::poststop).pid == 0);
        CHECK(refusal(state) == place + "pid: missing");
        CHECK(refusal(state, Stage::prestart) == place + "pid: missing");
    }
    for (const auto* status : {"stopped", "running", "", "whatever"}) {
        CHECK(parsed(with("status", status), Stage::poststop).id == "web");
    }
    CHECK(parsed(without("status"), Stage::poststop).status.empty());
    CHECK(parsed(without("bundle"), Stage::poststop).bundle.empty());
}

TEST_CASE("a process id is a positive number that fits") {
    for (const auto stage : {Stage::create_runtime, Stage::poststop}) {
        CHECK(refusal(with("pid", -1), stage) == place + "pid: not a process id");
        CHECK(refusal(with("pid", 2147483648), stage) == place + "pid: not a process id");
        CHECK(refusal(with("pid", 9223372036854775807), stage) == place + "pid: not a process id");
        CHECK(refusal(with("pid", 18446744073709551615U), stage) ==
              place + "pid: not a whole number");
        CHECK(refusal(with("pid", 4711.5), stage) == place + "pid: not a whole number");
        CHECK(refusal(with("pid", "4711"), stage) == place + "pid: not a whole number");
        CHECK(refusal(with("pid", true), stage) == place + "pid: not a whole number");
    }
}

TEST_CASE("a set-up needs a container that is being made, and its bundle") {
    for (const std::string status : {"running", "stopped", "paused", "", "Created"}) {
        CHECK(refusal(with("status", status)) ==
              place + "status: \"" + status + "\", expected creating or created");
    }
    CHECK(refusal(without("status")) == place + "status: \"\", expected creating or created");
    CHECK(refusal(with("status", 5)) == place + "status: not a string");
    CHECK(refusal(without("bundle")) == place + "bundle: not an absolute path: \"\"");
    CHECK(refusal(with("bundle", "b/c")) == place + "bundle: not an absolute path: \"b/c\"");
    CHECK(refusal(with("bundle", json::object())) == place + "bundle: not a string");
}

// Whether we can take it is asked once it is known to be ours: names.h.
TEST_CASE("an id is whatever a runtime takes for one, at every stage") {
    for (const auto stage : {Stage::create_runtime, Stage::prestart, Stage::poststop}) {
        for (const std::string id : {"a", "..", "a/b", "a,b", "a b"}) {
            CHECK(parsed(with("id", id), stage).id == id);
        }
        CHECK(refusal(with("id", ""), stage) == place + "id: missing");
        CHECK(refusal(without("id"), stage) == place + "id: missing");
        CHECK(refusal(with("id", 7), stage) == place + "id: not a string");
    }
}

TEST_CASE("what is no JSON object is refused with its name") {
    const auto refused = [](const std::string& text) {
        return message_of([&] { parse_state(text, Stage::poststop); });
    };
    for (const std::string text :
         {"", " ", "{", "}", R"({"id":"web")", R"({"id":"web"}x)", "nul", "{'id':'web'}",
          R"({"id":"web",})", "{\"id\":\"\xff\"}", R"({/**/"id":"web"})", R"({"id":"web"}{})",
          R"({"pid":1e999})"}) {
        CAPTURE(text);
        CHECK_THAT(refused(text), contains("the container's state on stdin is not valid JSON: "));
    }
    for (const std::string text : {"[]", "null", "5", "\"web\"", "true"}) {
        CHECK(refused(text) == "the container's state on stdin is not a JSON object");
    }
    // As deep as the bound on its size lets it be.
    const std::string deep(max_state_size, '[');
    CHECK_THAT(refused(deep), contains("is not valid JSON"));
    CHECK_THAT(refused(deep.substr(0, max_state_size / 2) + std::string(max_state_size / 2, ']')),
               contains("is not valid JSON"));
}

} // namespace ocinet::oci
