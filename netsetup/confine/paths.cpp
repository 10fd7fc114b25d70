// SPDX-License-Identifier: GPL-2.0-or-later
// Landlock (Documentation/userspace-api/landlock.rst), by its system calls: Debian has no library.
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "netsetup/base/error.h"
#include "netsetup/base/fd.h"
#include "netsetup/base/log.h"
#include "netsetup/base/paths.h"
#include "netsetup/confine/parts.h"

namespace ocinet {

namespace {

constexpr std::uint64_t read_rights = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;

constexpr std::uint64_t write_rights =
    LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SYM;

// LANDLOCK_ACCESS_FS_TRUNCATE, which came with version 3 of the interface and is not in Debian 12's
// header. Without it a file that may be read may be opened with O_TRUNC.
constexpr std::uint64_t truncate_right = 1U << 14;
constexpr long truncate_version = 3;

constexpr std::uint64_t special_files =
    LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
    LANDLOCK_ACCESS_FS_MAKE_BLOCK;
constexpr std::uint64_t never_needed = LANDLOCK_ACCESS_FS_EXECUTE | special_files;

class Ruleset {
public:
    explicit Ruleset(std::uint64_t handled) {
        const landlock_ruleset_attr attributes{.handled_access_fs = handled};
        fd_.reset(int(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0)));
        if (!fd_) {
            throw_errno("landlock_create_ruleset");
        }
    }

    void allow(const char* path, std::uint64_t rights) {
        Fd directory(::open(path, O_PATH | O_DIRECTORY | O_CLOEXEC));
        if (!directory) {
            throw_errno(std::string("open ") + path);
        }
        const landlock_path_beneath_attr rule{.allowed_access = rights,
                                              .parent_fd = directory.get()};
        if (::syscall(SYS_landlock_add_rule, fd_.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) !=
            0) {
            throw_errno(std::string("landlock_add_rule for ") + path);
        }
        // A rule is the inode's, and /proc/sys makes another one when the directory was forgotten
        // meanwhile: it stays open as long as we live.
        directory.release();
    }

    void enforce() {
        if (::syscall(SYS_landlock_restrict_self, fd_.get(), 0) != 0) {
            throw_errno("landlock_restrict_self");
        }
    }

private:
    Fd fd_;
};

// 0 where the kernel has none, or another's seccomp filter, as of a container in which we run,
// keeps it from us (EPERM).
long landlock_version() {
    const long version =
        ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version > 0) {
        return version;
    }
    if (errno != ENOSYS && errno != EOPNOTSUPP && errno != EPERM) {
        throw_errno("ask for Landlock's version");
    }
    log::debug("no Landlock here: " + errno_text(errno));
    return 0;
}

std::uint64_t changes_of(long version) {
    return write_rights | (version >= truncate_version ? truncate_right : 0);
}

} // namespace

void restrict_paths(Confined who) {
    const long version = landlock_version();
    if (version == 0) {
        return;
    }
    const std::uint64_t changes = changes_of(version);
    if (who == Confined::policy) {
        Ruleset(changes | never_needed).enforce(); // libnftables reads names below /etc
        return;
    }
    Ruleset rules(read_rights | changes | never_needed);
    rules.allow(paths::state, read_rights | changes);
    rules.allow("/proc", read_rights);
    // Root owns the files of /proc/sys: without capabilities it could still write all of them.
    rules.allow("/proc/sys/net", LANDLOCK_ACCESS_FS_WRITE_FILE);
    rules.enforce();
}

void restrict_changes(const char* directory) {
    const long version = landlock_version();
    if (version == 0) {
        return;
    }
    const std::uint64_t changes = changes_of(version);
    Ruleset rules(changes | special_files);
    rules.allow(directory, changes);
    rules.enforce();
}

} // namespace ocinet
