// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/record.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "tests/base/caught.h"
#include "tests/netsetup/state_directory.h"
#include "tests/netsetup/system_calls.h"
#include "tests/support/catch.h"

namespace ocinet::test {

namespace {

using ocinet::Record;

Record record_of(const std::string& id) {
    Record record{.id = id,
                  .phase = Record::Phase::attached,
                  .process = {.pid = 4711, .start_time = 18446744073709551615U},
                  .netns = {.cookie = 18446744073709551614U, .inode = 4026531840},
                  .joined = "c0",
                  .bundle = "/run/b",
                  .networks = {"db", "web"}};
    record.plan.shared.push_back({"network \"web\" (bridge)", ops::EnsurePolicy{.file = "/p"}});
    record.plan.own.push_back({"network \"web\" (bridge)", ops::RaiseLoopback{}});
    record.plan.attached.push_back({.network = "web", .driver = "bridge"});
    record.plan.notes = {"a note"};
    return record;
}

std::string file_of(const StateDirectory& state, const std::string& id) {
    return (state.path() / "containers" / (id + ".json")).string();
}

std::string refusal(const StateDirectory& state, const std::string& id) {
    return message_of([&] { Record::load(state.directory, id); });
}

std::vector<std::string> sorted_list(const StateDirectory& state) {
    auto ids = Record::list(state.directory);
    std::sort(ids.begin(), ids.end());
    return ids;
}

} // namespace

TEST_CASE("a record is what it was when it comes back") {
    const StateDirectory state;
    CHECK_FALSE(Record::load(state.directory, "c1"));
    for (const auto phase : {Record::Phase::attaching, Record::Phase::attached, Record::Phase::left,
                             Record::Phase::removing}) {
        Record saved = record_of("c1");
        saved.phase = phase;
        saved.save(state.directory);
        const auto loaded = Record::load(state.directory, "c1").value();
        CHECK(loaded.version == Record::current_version);
        CHECK(loaded.id == "c1");
        CHECK(loaded.phase == phase);
        CHECK(loaded.process == saved.process);
        CHECK(loaded.netns == saved.netns);
        CHECK(loaded.joined == "c0");
        CHECK(loaded.bundle == "/run/b");
        CHECK(loaded.networks == saved.networks);
        CHECK(nlohmann::json(loaded.plan) == nlohmann::json(saved.plan));
    }
    // Readable by the group, written by root.
    struct stat status{};
    REQUIRE(::stat(file_of(state, "c1").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777 & ~0040U) == 0600);
}

TEST_CASE("a record's phase changes while its plan stays") {
    const StateDirectory state;
    // As we write it, and with its fields in another order.
    const bool reordered = GENERATE(false, true);
    CAPTURE(reordered);
    Record record = record_of("c1");
    record.bundle = R"(/b,"plan":{)"; // not the place where the plan begins
    record.save(state.directory);
    CHECK(Record::holder(state.directory, "c1") == record.process);
    const nlohmann::json plan = std::exchange(record.plan, {});
    record.phase = Record::Phase::left;
    if (reordered) {
        const auto json = nlohmann::json::parse(read_text(file_of(state, "c1")));
        write_text(file_of(state, "c1"), json.dump());
        record.plan = plan.get<Plan>();
    }
    record.save_phase(state.directory);
    CHECK_FALSE(Record::holder(state.directory, "c1"));
    const auto whole = read_text(file_of(state, "c1"));
    CHECK(whole.find("\"phase\":") == whole.rfind("\"phase\":"));
    const auto loaded = Record::load(state.directory, "c1").value();
    CHECK(loaded.phase == Record::Phase::left);
    CHECK(loaded.bundle == record.bundle);
    CHECK(loaded.process == record.process);
    CHECK(nlohmann::json(loaded.plan) == plan);
}

TEST_CASE("a record is removed with what a killed writer left of it") {
    const StateDirectory state;
    const Record record = record_of("c1");
    record.save(state.directory);
    record_of("c2").save(state.directory);
    write_text(state.path() / "containers/c1.json.new", "{");
    CHECK(sorted_list(state) == std::vector<std::string>{"c1", "c2"});
    record.remove(state.directory);
    record.remove(state.directory);
    CHECK(sorted_list(state) == std::vector<std::string>{"c2"});
    CHECK(state.entries("containers") == 1);
}

TEST_CASE("a damaged record is an error that says so") {
    const StateDirectory state;
    record_of("c1").save(state.directory);
    const auto whole = read_text(file_of(state, "c1"));
    // Cut anywhere; the last byte is the newline.
    for (std::size_t length = 0; length < whole.size() - 1; ++length) {
        write_text(file_of(state, "c1"), whole.substr(0, length));
        const auto message = refusal(state, "c1");
        if (!message.starts_with("the record containers/c1.json is damaged: ")) {
            FAIL("cut after " << length << " bytes: " << message);
        }
    }
    for (const std::string text : {"null", "[]", "5", "\"x\"", "{}", R"({"version":3})",
                                   R"({"version":"1"})", R"({"version":null,"id":"c1"})"}) {
        CAPTURE(text);
        write_text(file_of(state, "c1"), text);
        CHECK_THAT(refusal(state, "c1"), contains("the record containers/c1.json is damaged: "));
    }
}

// Cut down to what fits, a port would be another one, and a version ours.
TEST_CASE("a number in a record is taken as it stands, or not at all") {
    const StateDirectory state;
    record_of("c1").save(state.directory);
    const auto whole = nlohmann::json::parse(read_text(file_of(state, "c1")));
    const nlohmann::json wrong[] = {2.5, 1e300, true, -9223372036854775807, 18446744073709551615U};
    for (const char* place : {"/version", "/process/pid"}) {
        for (const auto& number : wrong) {
            CAPTURE(place, number.dump());
            auto damaged = whole;
            damaged[nlohmann::json::json_pointer(place)] = number;
            write_text(file_of(state, "c1"), damaged.dump());
            CHECK_THAT(refusal(state, "c1"), contains("in a record is not a number that fits"));
        }
    }
}

TEST_CASE("every field of a record is needed") {
    const StateDirectory state;
    const nlohmann::json whole = [&] {
        record_of("c1").save(state.directory);
        return nlohmann::json::parse(read_text(file_of(state, "c1")));
    }();
    for (const auto& [key, value] : whole.items()) {
        CAPTURE(key);
        auto without = whole;
        without.erase(key);
        write_text(file_of(state, "c1"), without.dump());
        CHECK_THAT(refusal(state, "c1"), contains("the record containers/c1.json is damaged: "));
    }
}

TEST_CASE("a record that this program does not understand is left alone") {
    const StateDirectory state;
    record_of("c1").save(state.directory);
    auto json = nlohmann::json::parse(read_text(file_of(state, "c1")));
    json["version"] = 4;
    json["plan"] = "of another shape";
    write_text(file_of(state, "c1"), json.dump());
    const auto error = caught([&] { Record::load(state.directory, "c1"); });
    CHECK(error.message() ==
          "the record containers/c1.json: it has version 4, this program knows 3");
    CHECK(error.hint() == "use the newer ocinet");

    json = nlohmann::json::parse(R"({"version":3,"id":"c1","phase":"attached","bundle":"/b",
        "process":{"pid":1,"start_time":1},"given_netns":"","netns":{"cookie":0,"inode":0},"joined":"","networks":[],
        "plan":{"shared":[{"attachment":"a","operation":"teleport","with":{}}],
        "own":[],"attached":[],"notes":[]}})");
    write_text(file_of(state, "c1"), json.dump());
    CHECK(refusal(state, "c1") == "the record containers/c1.json: unknown operation \"teleport\"");
}

// Read as `attaching`, the record of a living container would be undone by the next sweep.
TEST_CASE("a record in an unknown phase is not taken for one in another") {
    const StateDirectory state;
    record_of("c1").save(state.directory);
    auto json = nlohmann::json::parse(read_text(file_of(state, "c1")));
    json["phase"] = "paused";
    write_text(file_of(state, "c1"), json.dump());
    CHECK_THAT(refusal(state, "c1"),
               contains("the record containers/c1.json: unknown phase \"paused\""));
}

TEST_CASE("a record is not read through a symlink") {
    const StateDirectory state;
    record_of("c1").save(state.directory);
    REQUIRE(::symlink("c1.json", file_of(state, "c2").c_str()) == 0);
    CHECK_THAT(refusal(state, "c2"), contains("open containers/c2.json: ") && contains("(ELOOP)"));
}

TEST_CASE("a FIFO in a record's place is not waited for") {
    const StateDirectory state;
    REQUIRE(::mkfifo(file_of(state, "c1").c_str(), 0600) == 0);
    CHECK(refusal(state, "c1") == "containers/c1.json is not a regular file");
}

// Undone, it would take the other container's network.
TEST_CASE("a record of another container is not taken for the container's own") {
    const StateDirectory state;
    record_of("c1").save(state.directory);
    std::filesystem::copy_file(file_of(state, "c1"), file_of(state, "c2"));
    CHECK(refusal(state, "c2") == "the record containers/c2.json: it is that of container c1");
    CHECK(message_of([&] { Record::holder(state.directory, "c2"); }) == refusal(state, "c2"));
    CHECK(Record::load(state.directory, "c1"));
}

// A printed value of this depth would need more stack than there is.
TEST_CASE("a record that is nested as deep as can be is an error like any other") {
    const StateDirectory state;
    const std::string deep = std::string(4 << 20, '[') + std::string(4 << 20, ']');
    write_text(file_of(state, "c1"),
               R"({"version":3,"id":"c1","process":{"pid":1,"start_time":1},"phase":)" + deep +
                   "}");
    CHECK_THAT(refusal(state, "c1"), contains("the record containers/c1.json is damaged: "));
}

// runc takes such an id; a record that no list shows is never reclaimed.
TEST_CASE("a container whose id begins with a dot is listed like any other") {
    const StateDirectory state;
    record_of(".c1").save(state.directory);
    CHECK(Record::load(state.directory, ".c1"));
    CHECK(Record::list(state.directory) == std::vector<std::string>{".c1"});
    CHECK(Record::some(state.directory, 4) == std::vector<std::string>{".c1"});
}

// A host's interface may be called anything but for '/', ':' and white space, and gets into the
// plan.
TEST_CASE("a name that is no UTF-8 is kept, or refused with an Error") {
    const StateDirectory state;
    auto record = record_of("c1");
    record.plan.shared.push_back(
        {"n", ops::EnableForwarding{.turn_on = true, .guarded = {"\xff\xfe"}}});
    const auto message = message_of([&] { record.save(state.directory); });
    if (message == "nothing was thrown") {
        const auto loaded = Record::load(state.directory, "c1").value();
        CHECK(std::get<ops::EnableForwarding>(loaded.plan.shared.back().operation).guarded ==
              std::vector<std::string>{"\xff\xfe"});
    }
}

TEST_CASE("the rotation comes to every record") {
    const StateDirectory state;
    constexpr int records = 50;
    for (int i = 0; i < records; ++i) {
        record_of("c" + std::to_string(i) + std::string(i % 2 == 0 ? 0 : 60, 'x'))
            .save(state.directory);
    }
    // Two rounds, each with a little waste where the directory ends.
    std::map<std::string, int> visits;
    for (int call = 0; call < 3 * records / 4; ++call) {
        const auto ids = Record::some(state.directory, 4);
        CHECK(ids.size() <= 4);
        CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == ids.size());
        for (const auto& id : ids) {
            ++visits[id];
        }
    }
    CHECK(visits.size() == records);
    CHECK(Record::list(state.directory).size() == records);
}

TEST_CASE("the rotation goes on when records come and go") {
    const StateDirectory state;
    const auto seen_in_a_round = [&] {
        std::set<std::string> seen;
        for (int call = 0; call < 4; ++call) {
            const auto ids = Record::some(state.directory, 4);
            seen.insert(ids.begin(), ids.end());
        }
        return seen;
    };
    CHECK(seen_in_a_round().empty());
    for (int i = 0; i < 10; ++i) {
        record_of("c" + std::to_string(i)).save(state.directory);
    }
    CHECK_FALSE(seen_in_a_round().empty());
    for (int i = 0; i < 10; ++i) {
        record_of("c" + std::to_string(i)).remove(state.directory);
    }
    record_of("new").save(state.directory);
    CHECK(seen_in_a_round() == std::set<std::string>{"new"});
}

// It is looked at in each set-up: none may fail for it.
TEST_CASE("the rotation begins anew where its place is nonsense") {
    for (const std::string& place : {std::string(), std::string(3, '\1'), std::string(8, '\xff'),
                                     std::string(7, '\xff') + "\x7f", std::string(100, 'x')}) {
        const StateDirectory state;
        record_of("c1").save(state.directory);
        write_text(state.path() / "rotation", place);
        CHECK(Record::some(state.directory, 4) == std::vector<std::string>{"c1"});
        CHECK(Record::some(state.directory, 4) == std::vector<std::string>{"c1"});
    }
}

TEST_CASE("looking at a few records costs the same however many there are") {
    const StateDirectory state;
    const auto some = [&] { Record::some(state.directory, 4); };
    for (int i = 0; i < 4; ++i) {
        record_of("c" + std::to_string(i)).save(state.directory);
    }
    const auto few = system_calls(some);
    if (!few) {
        SKIP("ptrace is not allowed here");
    }
    for (int i = 4; i < 2000; ++i) {
        write_text(file_of(state, "c" + std::to_string(i)), "");
    }
    // Where the rotation comes to the directory's end it begins anew at once.
    CHECK(system_calls(some).value() <= *few + 2);
}

} // namespace ocinet::test
