// SPDX-License-Identifier: GPL-2.0-or-later
// The crown: a Plan with one more operation, which fails, at each of its places; the roll-back
// leaves host and container as they were. As hook/attach.cpp does it, in a child of the test.
#include "tests/support/catch.h"

#include <algorithm>
#include <functional>

#include "drivers/requests.h"
#include "netsetup/acquire.h"
#include "netsetup/base/paths.h"
#include "netsetup/confine.h"
#include "netsetup/executor.h"
#include "netsetup/recover.h"
#include "oci-config/bundle.h"
#include "oci-config/settings.h"
#include "tests/crown/report.h"
#include "tests/crown/sample.h"
#include "tests/crown/scene.h"
#include "tests/support/rare_links.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

// Operations that the kernel refuses, none before it was asked.
struct Failing {
    const char* name;
    std::function<Operation(const Plan&)> make;
};

// Of the plan's kind, with the name of the container's lo.
Operation refused_link(const Plan& plan) {
    for (const auto* list : {&plan.shared, &plan.own}) {
        for (const auto& step : *list) {
            if (const auto* veth = std::get_if<ops::CreateVeth>(&step.operation)) {
                ops::CreateVeth refused = *veth;
                refused.name = "ocaaaaaaaaaaaaa";
                refused.peer = "lo";
                return refused;
            }
            if (const auto* upper = std::get_if<ops::CreateUpperLink>(&step.operation)) {
                ops::CreateUpperLink refused = *upper;
                refused.temporary = "ocaaaaaaaaaaaaa";
                refused.name = "lo";
                return refused;
            }
            if (const auto* endpoint = std::get_if<ops::DockerEndpoint>(&step.operation)) {
                ops::DockerEndpoint refused = *endpoint; // of a network that the plugin has not
                refused.interface = "eth9";
                refused.network_id = refused.id = std::string(64, '0');
                return refused;
            }
            if (const auto* plugin = std::get_if<ops::CniPlugin>(&step.operation)) {
                ops::CniPlugin refused = *plugin;
                refused.program = "/usr/lib/cni/tuning"; // alone it has nothing to tune
                refused.config = R"({"cniVersion":"1.0.0","name":"web","type":"tuning"})";
                refused.first = true;
                return refused;
            }
        }
    }
    throw Error("the plan has no link");
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
             .host_name = oci::own_name(oci::load_settings(paths::settings)),
             .policy_file = paths::policy_text(),
             .seed = names.seed()},
            *wanted, oci::load_networks(wanted->attachments, paths::networks));
        auto planned = drivers::plan_all(requests, [&](const HostQuery& query) {
            return look(query, host_.directory, host_.route, host_.netfilter, names);
        });
        record_.id = state["id"];
        record_.process = process_.identity;
        record_.netns = identify(process_.netns.get());
        record_.bundle = state["bundle"];
        for (const auto& attachment : wanted->attachments) {
            record_.networks.push_back(attachment.network);
        }
        std::sort(record_.networks.begin(), record_.networks.end());
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
        Context context = acquire(host_, record_, std::move(process_.netns));
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

Problems fail_at(Scene& scene, const json& before, std::size_t place, const Failing& failing) {
    Problems problems;
    const json state = scene.box().state("createRuntime");
    const std::string told = scene.host().ask([&] {
        Attempt attempt(state);
        attempt.insert(failing, places_of(attempt.plan()).at(place));
        return attempt.run();
    });
    if (!told.starts_with("failing") || told.find("left behind") != std::string::npos) {
        problems.push_back(told);
    }
    expect(problems, told, before, all_of(scene));
    if (const auto problem = scene.neighbour_problem(); !problem.empty()) {
        problems.push_back(problem);
    }
    return problems;
}

// By default each place has one of the operations, by turns.
bool is_chosen(std::size_t place, std::size_t kind) {
    return scale() == Scale::everything || kind == (place + seed()) % failing_operations.size();
}

Outcome fail_everywhere(const Setting& setting) {
    auto scene = std::make_unique<Scene>(setting);
    const json names = names_of_places(*scene);
    json before = all_of(*scene);
    Outcome outcome{.name = setting.name, .possible = names.size()};
    for (const auto place : sample(0, names.size(), 1, 4)) {
        for (std::size_t kind = 0; kind < failing_operations.size(); ++kind) {
            if (!is_chosen(place, kind)) {
                continue;
            }
            ++outcome.points;
            const auto& failing = failing_operations[kind];
            const auto problems = fail_at(*scene, before, place, failing);
            outcome.add(place, names[place], failing.name, problems);
            if (!problems.empty()) {
                scene = std::make_unique<Scene>(setting);
                before = all_of(*scene);
            }
        }
    }
    // After all of that, the container can still have its network, and lose it.
    scene->box().attach();
    scene->box().detach();
    return outcome;
}

// Those with a plan of several operations that is made for the container alone.
std::vector<Setting> settings_with_plan(bool with_rare_links) {
    auto settings = all_settings();
    std::erase_if(settings, [&](const Setting& setting) {
        return setting.has_rare_links != with_rare_links || setting.companion != Companion::none ||
               setting.name.starts_with("driver");
    });
    return settings;
}

void fail_in(const std::vector<Setting>& settings) {
    const auto chosen = sample(0, settings.size(), 4, settings.size());
    report("failed", "operations", chosen.size(),
           [&](std::size_t i) { return fail_everywhere(settings[chosen[i]]); });
}

} // namespace

TEST_CASE("whichever operation fails, the host is as it was") {
    fail_in(settings_with_plan(false));
}

TEST_CASE("whichever operation fails in a guest, the host is as it was", "[guest]") {
    SKIP_IF_MISSING(missing_for_rare_links());
    fail_in(settings_with_plan(true));
}

} // namespace ocinet::test
