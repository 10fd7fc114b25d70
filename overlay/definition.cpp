// SPDX-License-Identifier: GPL-2.0-or-later
#include "overlay/definition.h"

#include <algorithm>
#include <bit>

#include "netsetup/base/error.h"
#include "oci-config/json.h"

namespace ocinet::overlay {

namespace {

// As many blocks, of which a host finds a free one: more there need not be.
constexpr unsigned most_bits = 20;

std::int64_t read_number(oci::ObjectReader& reader, const char* key, std::int64_t least,
                         std::int64_t most) {
    const auto number = reader.integer(key);
    if (!number || *number < least || *number > most) {
        throw reader.wrong(key,
                           "not between " + std::to_string(least) + " and " + std::to_string(most));
    }
    return *number;
}

} // namespace

Definition parse_definition(const std::string& text, const std::string& document) {
    const auto json = oci::parse_json(text, document);
    oci::ObjectReader reader(json, document);
    Definition definition;
    const auto* subnets = reader.array("subnets");
    if (!subnets || subnets->empty()) {
        throw reader.wrong("subnets", "an overlay network has one at least");
    }
    for (const auto& item : *subnets) {
        definition.subnets.push_back(oci::read_subnet(
            item, document + ": subnets[" + std::to_string(definition.subnets.size()) + "]"));
    }
    definition.vni = std::uint32_t(read_number(reader, "vni", 1, most_vni));
    definition.port = std::uint16_t(read_number(reader, "port", 1, 65535));
    definition.block_size =
        std::uint64_t(read_number(reader, "block_size", oci::smallest_block, oci::largest_block));
    if (!oci::is_block_size(definition.block_size)) {
        throw reader.wrong("block_size", "not a power of two");
    }
    const auto control = oci::parse_control(reader.text("control").value_or(""));
    if (!control || *control == oci::Overlay::Control::file) {
        throw reader.wrong("control", R"(neither "etcd" nor "evpn")");
    }
    definition.control = *control;
    const auto encrypted = reader.boolean("encrypted");
    if (!encrypted || (*encrypted && *control != oci::Overlay::Control::etcd)) {
        throw reader.wrong("encrypted", "neither false, nor true with control=etcd");
    }
    definition.encrypted = *encrypted;
    reader.refuse_unknown();
    return definition;
}

nlohmann::json subnets_json(const std::vector<oci::Subnet>& subnets) {
    auto list = nlohmann::json::array();
    for (const auto& subnet : subnets) {
        list.push_back(
            {{"subnet", subnet.subnet.text()},
             {"gateway", subnet.gateway.text()},
             {"lease_range",
              {{"start_ip", subnet.lease_first.text()}, {"end_ip", subnet.lease_last.text()}}}});
    }
    return list;
}

std::string to_text(const Definition& definition) {
    return nlohmann::json{{"subnets", subnets_json(definition.subnets)},
                          {"vni", definition.vni},
                          {"port", definition.port},
                          {"control", oci::name_of(definition.control)},
                          {"encrypted", definition.encrypted},
                          {"block_size", definition.block_size}}
        .dump();
}

Blocks::Blocks(const oci::Subnet& subnet, std::uint64_t block_size) : subnet_(subnet) {
    const unsigned all = subnet.subnet.address.bits() - subnet.subnet.length;
    const unsigned own = std::min({unsigned(std::countr_zero(block_size)), all,
                                   unsigned(std::countr_zero(oci::largest_block))});
    length_ = subnet.subnet.address.bits() - own;
    size_ = std::uint64_t(1) << own;
    count = std::uint64_t(1) << std::min(all - own, most_bits);
}

Prefix Blocks::at(std::uint64_t index) const {
    return {subnet_.subnet.network().plus(index * size_), length_};
}

bool Blocks::has(const Prefix& block) const {
    if (block.length != length_ || !subnet_.subnet.contains(block.address)) {
        return false;
    }
    const std::uint64_t index = block.address.minus(subnet_.subnet.network()) / size_;
    return index < count && at(index) == block && usable(block) != 0;
}

bool Blocks::may_be_taken(const Prefix& block) const {
    return has(block) || (is_single(block) && oci::is_host_address(block.address, subnet_.subnet) &&
                          block.address != subnet_.gateway);
}

std::optional<Prefix> Blocks::around(const IpAddress& address) const {
    if (!subnet_.subnet.contains(address)) {
        return std::nullopt;
    }
    const Prefix block{Prefix{address, length_}.network(), length_};
    return has(block) ? std::optional(block) : std::nullopt;
}

std::uint64_t Blocks::usable(const Prefix& block) const {
    const IpAddress first = std::max(block.address, subnet_.lease_first);
    const IpAddress last = std::min(block.last(), subnet_.lease_last);
    if (last < first) {
        return 0;
    }
    const bool has_gateway = first <= subnet_.gateway && subnet_.gateway <= last;
    return last.minus(first) + 1 - (has_gateway ? 1 : 0);
}

} // namespace ocinet::overlay
