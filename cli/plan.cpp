// SPDX-License-Identifier: GPL-2.0-or-later
// ocinet plan: what the hook would do for a container, as commands; takes no lease, touches
// nothing.
#include <sys/types.h>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/root.h"
#include "cli/verbs.h"
#include "drivers/requests.h"
#include "netsetup/base/file.h"
#include "netsetup/base/paths.h"
#include "netsetup/base/text.h"
#include "netsetup/host.h"
#include "netsetup/process.h"
#include "oci-config/image.h"
#include "oci-config/settings.h"

namespace ocinet::cli {

namespace {

struct Options {
    std::string bundle;
    std::string id = "container";
    std::string network;
    std::string publish;
    std::string name;
    pid_t pid = 0;
    bool json = false;
};

// The options stand for the annotations of the same name.
oci::Annotations annotations_of(const Options& options, const oci::Bundle& bundle) {
    oci::Annotations annotations = bundle.annotations;
    const auto put = [&](const char* key, const std::string& value) {
        if (!value.empty()) {
            annotations[key] = value;
        }
    };
    put("io.ocinet.network", options.network);
    put("io.ocinet.publish", options.publish);
    put("io.ocinet.name", options.name);
    return annotations;
}

bool in_host_network(const Options& options, const oci::Bundle& bundle) {
    if (options.pid != 0) {
        return ContainerProcess::open(options.pid).in_host_network;
    }
    return bundle.network == oci::Bundle::Network::host;
}

void refuse_the_impossible(const Options& options) {
    if (options.bundle.empty() && options.network.empty() && options.publish.empty() &&
        options.name.empty()) {
        throw Error(
            "nothing to plan: give a bundle's directory, or --network, --publish or --name");
    }
    require_root("plan", "it reads the host's network state");
}

drivers::Planned make_plan(const Options& options) {
    refuse_the_impossible(options);
    oci::Bundle bundle;
    bundle.network = oci::Bundle::Network::own;
    if (!options.bundle.empty()) {
        const std::unique_ptr<char, void (*)(void*)> path(
            ::realpath(options.bundle.c_str(), nullptr), std::free);
        if (!path) {
            throw_errno(options.bundle);
        }
        bundle = oci::read_bundle(path.get());
    }
    const auto wanted = oci::parse_request(annotations_of(options, bundle));
    if (!wanted) {
        throw Error("the bundle has no annotation of ours: the hook leaves the container alone")
            .hint("annotate it with io.ocinet.network, or name a network with --network");
    }
    const auto settings = oci::load_settings(paths::settings);
    const auto image_note = oci::check_image(settings, bundle);
    oci::check_allowed(settings, *wanted);
    NameSource names = NameSource::from_kernel();
    const auto requests =
        drivers::requests_for({.id = options.id,
                               .bundle = bundle,
                               .in_host_network = in_host_network(options, bundle),
                               .host_name = oci::own_name(settings),
                               .policy_file = paths::policy_text(),
                               .seed = names.seed()},
                              *wanted, oci::load_networks(wanted->attachments, paths::networks));
    Host host{.directory = state::Directory::open_or_imagine()};
    auto planned = drivers::plan_all(requests, [&](HostQuery query) {
        if (const auto& range = settings.port_range) {
            query.free_ports = {range->first, range->last};
        }
        return look(query, host.directory, host.route, host.netfilter, names);
    });
    if (!planned.conflicts.empty()) {
        throw drivers::conflict_error(requests, planned.conflicts);
    }
    if (!image_note.empty()) {
        planned.plan.notes.push_back(image_note);
    }
    return planned;
}

template <typename Visitor>
void for_each_step(const Plan& plan, Visitor visit) {
    for (const auto* steps : {&plan.shared, &plan.own}) {
        for (const auto& step : *steps) {
            visit(step);
        }
    }
}

bool is_comment(const std::string& command) {
    return command.starts_with("# ");
}

// Runs as it stands: what is not a command is a comment, and does not end at a newline in a path
// that a user chose.
void print_commands(const Plan& plan, pid_t pid) {
    std::string attachment;
    std::printf("PID=%s  # the container's process\n", pid != 0 ? std::to_string(pid).c_str() : "");
    for_each_step(plan, [&](const Step& step) {
        if (step.attachment != attachment) {
            attachment = step.attachment;
            std::printf("\n# --- %s\n", attachment.c_str());
        }
        const Description description = describe(step.operation);
        for (const auto& command : description.apply) {
            std::printf("%s\n", (is_comment(command) ? printable(command) : command).c_str());
        }
        for (const auto& command : description.undo) {
            const std::string line = printable(command);
            // Prose in parentheses, so that nobody takes it for a command.
            if (is_comment(line)) {
                std::printf("    # undo: (%s)\n", line.c_str() + 2);
            } else {
                std::printf("    # undo: %s\n", line.c_str());
            }
        }
    });
    for (const auto& note : plan.notes) {
        std::printf("# note: %s\n", printable(note).c_str());
    }
}

void print_json(const Plan& plan) {
    auto steps = nlohmann::ordered_json::array();
    for_each_step(plan, [&](const Step& step) {
        const Description description = describe(step.operation);
        steps.push_back({{"attachment", step.attachment},
                         {"apply", description.apply},
                         {"undo", description.undo}});
    });
    nlohmann::ordered_json document;
    document["attachments"] = nlohmann::json(plan.attached);
    document["steps"] = std::move(steps);
    document["notes"] = plan.notes;
    std::printf("%s\n", document.dump(2).c_str());
}

} // namespace

void add_plan(CLI::App& app) {
    auto options = std::make_shared<Options>();
    auto* verb = app.add_subcommand("plan", "Show what would be done for a container, as commands");
    verb->add_option("bundle", options->bundle, "The container's bundle directory");
    verb->add_option("--id", options->id, "The container's id")->capture_default_str();
    verb->add_option("--pid", options->pid, "The container's process, where it runs already");
    verb->add_option("--network", options->network, "As the annotation io.ocinet.network");
    verb->add_option("--publish", options->publish, "As the annotation io.ocinet.publish");
    verb->add_option("--name", options->name, "As the annotation io.ocinet.name");
    verb->add_flag("--json", options->json, "Print JSON");
    verb->callback([options] {
        const auto planned = make_plan(*options);
        if (options->json) {
            print_json(planned.plan);
        } else {
            print_commands(planned.plan, options->pid);
        }
    });
}

} // namespace ocinet::cli
