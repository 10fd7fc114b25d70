// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <fcntl.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "netsetup/base/error.h"
#include "netsetup/state/directory.h"
#include "tests/support/temp_dir.h"

namespace ocinet::test {

/// A state directory as /run/ocinet is, but a test's own; in memory as that is, where it can be.
class StateDirectory {
    std::filesystem::path path_; // first: the other is in it

    static std::filesystem::path make() {
        for (const auto& parent :
             {std::filesystem::path("/dev/shm"), std::filesystem::temp_directory_path()}) {
            std::string name = (parent / "ocinet-state.XXXXXX").string();
            if (::mkdtemp(name.data()) != nullptr) {
                return name;
            }
        }
        throw_errno("mkdtemp");
    }

public:
    StateDirectory()
        : path_(make()), directory{Fd(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC))} {
        for (const auto* name : {"containers", "users", "netns", "networks", "ports"}) {
            state::make_directory(directory, name);
        }
    }
    StateDirectory(const StateDirectory&) = delete;
    StateDirectory& operator=(const StateDirectory&) = delete;
    ~StateDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    const std::filesystem::path& path() const { return path_; }
    /// How many entries there are below, at any depth.
    std::size_t entries(const std::string& below) const {
        const auto walk = std::filesystem::recursive_directory_iterator(path_ / below);
        return std::size_t(std::distance(begin(walk), end(walk)));
    }

    const state::Directory directory;
};

} // namespace ocinet::test
