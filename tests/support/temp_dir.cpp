// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/temp_dir.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <system_error>

#include "netsetup/base/error.h"

namespace ocinet::test {

TempDir::TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "ocinet-test.XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
        throw_errno("mkdtemp " + name);
    }
    path_ = name;
    // A container's init may run as another user below it.
    using std::filesystem::perms;
    std::filesystem::permissions(path_, perms::owner_all | perms::group_read | perms::group_exec |
                                            perms::others_read | perms::others_exec);
}

TempDir::TempDir(TempDir&& other) noexcept : path_(std::move(other.path_)) {
    other.path_.clear();
}

TempDir::~TempDir() {
    if (!path_.empty()) {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
}

void write_text(const std::filesystem::path& path, std::string_view text) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << text;
    file.close();
    if (!file) {
        throw Error("cannot write " + path.string());
    }
}

std::string read_text(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        throw Error("cannot read " + path.string());
    }
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::filesystem::path source_directory() {
    // This file is SOURCE/tests/support/temp_dir.cpp.
    return std::filesystem::path(__FILE__).parent_path().parent_path().parent_path();
}

} // namespace ocinet::test
