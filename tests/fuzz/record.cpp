// SPDX-License-Identifier: GPL-2.0-or-later
// A container's record, with the journal in it.
#include "netsetup/record.h"

#include "netsetup/base/file.h"
#include "tests/fuzz/oracle.h"
#include "tests/fuzz/targets.h"
#include "tests/netsetup/state_directory.h"

namespace ocinet::fuzz {

namespace {

bool are_equal(const Record& a, const Record& b) {
    return a.version == b.version && a.id == b.id && a.phase == b.phase && a.process == b.process &&
           a.given_netns == b.given_netns && a.netns == b.netns && a.joined == b.joined &&
           a.bundle == b.bundle && a.networks == b.networks &&
           nlohmann::json(a.plan) == nlohmann::json(b.plan);
}

} // namespace

void fuzz_record(const std::string& input) {
    static const test::StateDirectory state;
    const auto& directory = state.directory;
    const Fd records = state::open_directory(directory.root.get(), "containers");
    replace_file(records.get(), "c1.json", input, 0600);
    accepted([&] { return Record::holder(directory, "c1"); });
    auto record = accepted([&] { return Record::load(directory, "c1").value(); });
    if (!record) {
        return;
    }
    require(record->id == "c1", "a record is its own container's");
    record->save(directory);
    require(are_equal(Record::load(directory, "c1").value(), *record),
            "a record is read as it was saved");
    record->phase = Record::Phase::attached;
    record->save_phase(directory);
    require(are_equal(Record::load(directory, "c1").value(), *record),
            "a record changes its phase and nothing else");
    require(Record::holder(directory, "c1") == record->process, "a record knows its process");
}

} // namespace ocinet::fuzz
