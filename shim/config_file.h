// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "netsetup/base/fd.h"

namespace ocinet::shim {

/// A bundle's config.json, open.
class ConfigFile {
public:
    /// Throws Error where it is no regular file, or cannot be read.
    explicit ConfigFile(const std::string& path);

    const std::string& path() const { return path_; }
    const std::string& text() const { return text_; }

    /// Whoever opens it sees the old text or the new one, also after a crash; mode, owner and
    /// extended attributes (the SELinux label is one) are the old file's. A symlink is not
    /// followed: what it leads to is not this bundle's. Throws Error, and leaves the old one then.
    void replace(std::string_view text) const;

private:
    void copy_properties(const Fd& to) const;

    std::string path_;
    Fd directory_;
    Fd file_;
    std::string text_;
};

} // namespace ocinet::shim
