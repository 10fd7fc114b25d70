// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace ocinet::test {

/// A directory of its own below the system's place for temporary files, removed with all it holds.
class TempDir {
public:
    TempDir();
    TempDir(TempDir&& other) noexcept;
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    TempDir& operator=(TempDir&&) = delete;
    ~TempDir();

    const std::filesystem::path& path() const { return path_; }
    std::string operator/(std::string_view name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

/// Writes a whole file, and the directories above it where they are missing.
void write_text(const std::filesystem::path& path, std::string_view text);

/// The tree of which these tests were built.
std::filesystem::path source_directory();

/// A regular file's whole text; throws Error when there is none.
std::string read_text(const std::filesystem::path& path);

} // namespace ocinet::test
