// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "netsetup/nft.h"

/// From an element's words to the bytes that nf_tables compares.
namespace ocinet::nft {

struct Encoded {
    std::vector<char> key;
    /// The interval's last key, where several fields are concatenated (NFTA_SET_ELEM_KEY_END).
    std::vector<char> key_end;
    /// The first key behind the interval, where the key is one field.
    std::vector<char> next_key;
    std::vector<char> value;
};

/// nf_tables' families (nft(8), ADDRESS FAMILIES); there is a table of ours in each.
enum class Family { inet, bridge };

/// That of the element's set.
Family family_of(const Element& element);

/// Throws Error for a set that the policy does not have and for words that do not fit its types.
Encoded encode(const Element& element);

/// The key's words as nft takes them: interfaces in quotes, since their names may be anything.
std::vector<std::string> quoted_key(const Element& element);

/// The types of a set's fields as policy.nft names them: "inet_proto . inet_service : ipv4_addr".
/// A test holds them against that file.
std::vector<std::pair<std::string, std::string>> set_types();

} // namespace ocinet::nft
