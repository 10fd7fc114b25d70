// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <string_view>

namespace ocinet::test {

/// A sample's size: OCINET_TESTS=quick|long, otherwise the default's.
inline unsigned sample(unsigned quick, unsigned usual, unsigned thorough) {
    const char* set = std::getenv("OCINET_TESTS");
    const std::string_view scale = set ? set : "";
    return scale == "quick" ? quick : scale == "long" ? thorough : usual;
}

/// Random input that OCINET_SEED repeats; the seed is printed.
class Random {
public:
    explicit Random(std::string_view test) {
        const char* set = std::getenv("OCINET_SEED");
        const std::uint64_t seed = set ? std::strtoull(set, nullptr, 10) : std::random_device()();
        std::cerr << test << ": OCINET_SEED=" << seed << std::endl;
        engine_.seed(seed);
    }

    std::size_t below(std::size_t limit) { return engine_() % limit; }

    /// Up to `longest` characters out of `alphabet`.
    std::string text(std::string_view alphabet, std::size_t longest) {
        std::string made;
        for (std::size_t left = below(longest + 1); left > 0; --left) {
            made += alphabet[below(alphabet.size())];
        }
        return made;
    }

    /// A few bytes changed, removed or put in, the new ones out of `alphabet`.
    std::string mutated(std::string text, std::string_view alphabet) {
        for (std::size_t changes = 1 + below(4); changes > 0; --changes) {
            const std::size_t at = below(text.size() + 1);
            const std::size_t kind = below(3);
            if (kind == 0) {
                text.insert(at, 1, alphabet[below(alphabet.size())]);
            } else if (at < text.size() && kind == 1) {
                text[at] = alphabet[below(alphabet.size())];
            } else if (at < text.size()) {
                text.erase(at, 1 + below(3));
            }
        }
        return text;
    }

private:
    std::mt19937_64 engine_;
};

} // namespace ocinet::test
