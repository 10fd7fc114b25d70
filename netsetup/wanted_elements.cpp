// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/wanted_elements.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <string>

#include "netsetup/base/log.h"
#include "netsetup/ops/forwarding.h"
#include "netsetup/peers.h"
#include "netsetup/record.h"

namespace ocinet {

namespace {

// Not of one that is being removed: it takes its elements away without a lock, perhaps has already.
std::optional<Record> intact_record(const state::Directory& directory, const std::string& id) {
    try {
        auto record = Record::load(directory, id);
        return record && record->phase != Record::Phase::removing ? std::move(record)
                                                                  : std::nullopt;
    } catch (const Error& error) {
        log::warning("its elements stay missing: " + error.message());
        return std::nullopt;
    }
}

// What a container has in the table, by its record. Ports that it does not hold it never had: its
// writer was killed before it took them, and they may be another's.
std::vector<nft::Element> elements_of(const Record& record, const state::Directory& directory) {
    std::vector<nft::Element> elements;
    const auto append = [&](const std::vector<nft::Element>& more) {
        elements.insert(elements.end(), more.begin(), more.end());
    };
    for (const auto* steps : {&record.plan.shared, &record.plan.own}) {
        for (const auto& step : *steps) {
            if (const auto* share = std::get_if<ops::ShareElements>(&step.operation)) {
                append(share->elements);
            } else if (const auto* own = std::get_if<ops::OwnElements>(&step.operation)) {
                append(own->elements);
            } else if (const auto* ports = std::get_if<ops::PublishPorts>(&step.operation);
                       ports && ops::holds_claims(*ports, directory, record.id)) {
                append(ports->elements);
            }
        }
    }
    return elements;
}

// Each once: a network's stand in the record of each of its containers.
std::vector<nft::Element> recorded_elements(const state::Directory& directory) {
    auto elements = ops::guard_elements(directory);
    std::set<std::string> seen;
    for (const auto& id : Record::list(directory)) {
        const auto record = intact_record(directory, id);
        for (auto& element :
             record ? elements_of(*record, directory) : std::vector<nft::Element>()) {
            if (seen.insert(nft::add_line(element)).second) {
                elements.push_back(std::move(element));
            }
        }
    }
    return elements;
}

} // namespace

std::vector<nft::Element> wanted_elements(const state::Directory& directory,
                                          netlink::Socket& route) {
    auto elements = recorded_elements(directory);
    std::ranges::move(peers::by_devices(route, elements), std::back_inserter(elements));
    return elements;
}

} // namespace ocinet
