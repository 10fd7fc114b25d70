// SPDX-License-Identifier: GPL-2.0-or-later
// The crown: a Plan with one more operation, which fails, at each of its places; the roll-back
// leaves host and container as they were. As hook/attach.cpp does it, in a child of the test.
#include "tests/support/catch.h"

#include <functional>

#include "drivers/requests.h"
#include "netsetup/acquire.h"
#include "netsetup/base/paths.h"
#include "netsetup/confine.h"
#include "netsetup/executor.h"
#include "netsetup/recover.h"
#include "oci-config/bundle.h"
#include "tests/crown/sample.h"
#include "tests/crown/scene.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;
using Neighbour = Setting::Neighbour;

// Operations that the kernel refuses, none before it was asked.
struct Failing {
    const char* name;
    std::function<Operation(const Plan&)> make;
};

const ops::CreateVeth& veth_of(const Plan& plan) {
    for (const auto& step : plan.own) {
        if (const auto* veth = std::get_if<ops::CreateVeth>(&step.operation)) {
            return *veth;
        }
    }
    throw Error("the plan has no veth");
}

// The container has a lo already.
Operation refused_link(const Plan& plan) {
    ops::CreateVeth veth = veth_of(plan);
    veth.name = "ocaaaaaaaaaaaaa";
    veth.peer = "lo";
    return veth;
}

// The second of two equal elements in one transaction.
Operation refused_element(const Plan& /*plan*/) {
    const nft::Element element{.set = "any4", .key = {"tcp", "1"}, .value = {"10.90.7.7", "1"}};
    ops::PublishPorts publish{.elements = {element, element}};
    publish.elements.back().value = {"10.90.7.7", "2"};
    return publish;
}

// Everything but its last message, which gives it a name that the host's uplink has.
Operation half_made_bridge(const Plan& /*plan*/) {
    return ops::EnsureBridge{.network = "refused",
                             .name = "up0",
                             .temporary = "ocbbbbbbbbbbbbb",
                             .mac = *Mac::parse("02:00:00:00:00:99"),
                             .mtu = 1500,
                             .addresses = {*Prefix::parse("10.8.0.1/24")}};
}

const std::vector<Failing> failing_operations = {{"refused link", refused_link},
                                                 {"refused element", refused_element},
                                                 {"half-made bridge", half_made_bridge}};

// Where an operation is inserted: before each step of both lists, and behind the last of each.
struct Position {
    std::vector<Step> Plan::* list;
    std::size_t index;
};

std::vector<Position> places_of(const Plan& plan) {
    std::vector<Position> places;
    for (const auto list : {&Plan::shared, &Plan::own}) {
        for (std::size_t index = 0; index <= (plan.*list).size(); ++index) {
            places.push_back({list, index});
        }
    }
    return places;
}

std::string journal_name_at(const Plan& plan, const Position& place) {
    const auto& list = plan.*place.list;
    if (place.index == list.size()) {
        return "the end";
    }
    return std::visit([](const auto& op) { return op.journal_name; }, list[place.index].operation);
}

// One attachment in a process inside the host.
class Attempt {
public:
    explicit Attempt(const json& state) : bundle_(oci::read_bundle(state["bundle"])) {
        process_ = ContainerProcess::open(state["pid"]);
        const auto wanted = oci::parse_request(bundle_.annotations);
        NameSource names(seed());
        const auto requests = drivers::requests_for(
            {.id = state["id"],
             .bundle = bundle_,
             .policy_file = paths::policy_text(),
             .seed = names.seed()},
            *wanted, oci::load_networks(wanted->attachments, paths::networks));
        auto planned = drivers::plan_all(requests, [&](const HostQuery& query) {
            return look(query, host_.directory, host_.route, host_.netfilter, names);
        });
        record_.id = state["id"];
        record_.process = process_.identity;
        record_.bundle = state["bundle"];
        record_.networks = {"bridge"};
        record_.plan = std::move(planned.plan);
    }

    const Plan& plan() const { return record_.plan; }

    void insert(const Failing& failing, const Position& place) {
        auto& list = record_.plan.*place.list;
        const Step step{.attachment = "failing", .operation = failing.make(record_.plan)};
        list.insert(list.begin() + std::ptrdiff_t(place.index), step);
    }

    // The Error's text and what the roll-back could not do.
    std::string run() {
        const auto lock = host_.locks.container(record_.id);
        Context context = acquire(host_, record_.id, record_.plan, std::move(process_.netns));
        confine(Confined::attach);
        try {
            record_.save(host_.directory);
            apply_steps(record_.plan.shared, context);
            apply_steps(record_.plan.own, context);
        } catch (const Error& error) {
            std::string told = error.what();
            for (const auto& failure : remove_attachment(record_, host_, context)) {
                told += "\nleft behind: " + failure;
            }
            return told;
        }
        return "the operation did not fail\nleft behind: everything";
    }

private:
    oci::Bundle bundle_;
    ContainerProcess process_;
    ocinet::Host host_;
    Record record_;
};

json all_of(Scene& scene) {
    json state = scene.everything();
    state["container"] = scene.box().snapshot();
    return state;
}

// How many places there are, and what stands at each.
json names_of_places(Scene& scene) {
    const json state = scene.box().state("createRuntime");
    return json::parse(scene.host().ask([&] {
        const Attempt attempt(state);
        json names = json::array();
        for (const auto& place : places_of(attempt.plan())) {
            names.push_back(journal_name_at(attempt.plan(), place));
        }
        return names.dump();
    }));
}

void fail_at(Scene& scene, const json& before, std::size_t place, const Failing& failing) {
    const json state = scene.box().state("createRuntime");
    const std::string told = scene.host().ask([&] {
        Attempt attempt(state);
        attempt.insert(failing, places_of(attempt.plan()).at(place));
        return attempt.run();
    });
    CAPTURE(told);
    CHECK(told.find("failing") == 0);
    CHECK(told.find("left behind") == std::string::npos);
    CHECK(difference(before, all_of(scene)) == no_difference);
    CHECK(scene.neighbour_problem() == no_problem);
}

const std::vector<Setting> settings = {
    {.name = "cold"},
    {.name = "cold, forwarding", .forwards = true},
    {.name = "warm", .neighbour = Neighbour::same_network},
    {.name = "second network", .neighbour = Neighbour::other_network},
};

void fail_everywhere(const Setting& setting) {
    Scene scene(setting);
    const json before = all_of(scene);
    const json names = names_of_places(scene);
    std::size_t tried = 0;
    for (const auto place : sample(0, names.size(), 1, names.size())) {
        for (std::size_t kind = 0; kind < failing_operations.size(); ++kind) {
            if (scale() != Scale::everything &&
                kind != (place + seed()) % failing_operations.size()) {
                continue;
            }
            const auto& failing = failing_operations[kind];
            INFO(setting.name << ": " << failing.name << " at place " << place << " of "
                              << names.size() << ", before " << names[place] << "; seed "
                              << seed());
            fail_at(scene, before, place, failing);
            ++tried;
        }
    }
    // After all of that, the container can still have its network, and lose it.
    scene.box().attach();
    scene.box().detach();
    CHECK(scene.neighbour_problem() == no_problem);
    std::cout << "failed in " << setting.name << ": " << tried << " operations at " << names.size()
              << " places, seed " << seed() << std::endl;
}

} // namespace

TEST_CASE("whichever operation fails, the host is as it was") {
    for (const auto& setting : settings) {
        fail_everywhere(setting);
    }
}

} // namespace ocinet::test
