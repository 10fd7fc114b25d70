// SPDX-License-Identifier: GPL-2.0-or-later
// `ocinet gc` with the capabilities that its unit leaves it: it needs each of them, and no more.
#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <sstream>

#include "netsetup/base/error.h"
#include "netsetup/base/text.h"
#include "tests/kernel/guest.h"
#include "tests/kernel/scene.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace ocinet::test {

namespace {

const std::string nothing_wrong;

// "net_admin" for each of CapabilityBoundingSet= in the unit that is installed.
std::vector<std::string> capabilities() {
    const TempDir root;
    const std::string command = "cmake --install " OCINET_PREFIX "/cli --prefix " +
                                std::string(root / "usr") + " >" + (root / "log");
    if (std::system(command.c_str()) != 0) {
        throw Error(command + " failed");
    }
    std::istringstream lines(read_text(root / "usr/lib/systemd/system/ocinet-gc.service"));
    const std::string key = "CapabilityBoundingSet=";
    std::vector<std::string> found;
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line.starts_with(key) ? line.substr(key.size()) : "");
        for (std::string word; words >> word;) {
            std::transform(word.begin(), word.end(), word.begin(), ::tolower);
            found.push_back(word.substr(std::string("cap_").size()));
        }
    }
    return found;
}

Result gc_with(const Host& host, const std::vector<std::string>& kept) {
    std::string set = "-all";
    for (const auto& capability : kept) {
        set += ",+" + capability;
    }
    return host.run("exec setpriv --bounding-set=" + set + " --no-new-privs " +
                    shell_word(cli_program()) + " gc");
}

/// A dead container with all that can be left: links, elements, a line in a hosts file that belongs
/// to another user, and a namespace that was given; and beside it one that has had its poststop
/// and whose namespace somebody lives in.
class Abandoned {
public:
    Abandoned() {
        dead.attach();
        left.attach();
        host.sh("chown 100000 " + dead.hosts_path());
        dead.kill();
        host.sh("umount /run/netns/dead"); // nobody holds it, but its path is there
        inhabitant.wait_for_output("ready");
        left.end();
    }

    /// What a sweep did wrong; empty when all is as it should be.
    std::string wrong_after(const Result& gc) const {
        std::string wrong;
        if (gc.status != 0 || !gc.err.empty()) {
            wrong += "status " + std::to_string(gc.status) + " " + gc.err;
        }
        if (host.run("test -e /run/ocinet/containers/" + dead.id() + ".json").status == 0) {
            wrong += "the dead one has a record\n";
        }
        if (dead.hosts() != "127.0.0.1\tlocalhost\n") {
            wrong += "the dead one has a line in its hosts file\n";
        }
        if (host.run("ip -n inhabited link show eth0").status != 0) {
            wrong += "one that lives has lost its link\n";
        }
        return wrong;
    }

    const Host host;
    const std::string namespaces = host.sh("ip netns add dead && ip netns add inhabited");
    Guest dead{host, "/run/netns/dead", {{"io.ocinet.publish", "8080:80"}}};
    Guest left{host, "/run/netns/inhabited", {{"io.ocinet.network", "bridge"}}};
    // Of another user, as most that live in a container are.
    Process inhabitant = host.start("exec nsenter --net=/run/netns/inhabited setpriv --reuid 1000 "
                                    "--clear-groups sh -c 'echo ready; exec sleep 1000'");
};

} // namespace

TEST_CASE("gc does all of its work with its unit's capabilities") {
    const auto kept = capabilities();
    REQUIRE(kept.size() == 4);
    const Abandoned scene;
    CHECK(scene.wrong_after(gc_with(scene.host, kept)) == nothing_wrong);
}

TEST_CASE("gc that cannot see who lives in a namespace says so, and leaves it") {
    auto kept = capabilities();
    std::erase(kept, "sys_ptrace");
    const Abandoned scene;
    const Result gc = gc_with(scene.host, kept);
    CHECK(gc.status == 1);
    CHECK_THAT(gc.err, contains("cannot be seen without CAP_SYS_PTRACE"));
    CHECK(scene.host.run("ip -n inhabited link show eth0").status == 0);
}

TEST_CASE("gc needs each of its unit's capabilities") {
    const auto all = capabilities();
    for (std::size_t i = 0; i < all.size(); ++i) {
        CAPTURE(all[i]);
        auto kept = all;
        kept.erase(kept.begin() + std::ptrdiff_t(i));
        const Abandoned scene;
        CHECK(scene.wrong_after(gc_with(scene.host, kept)) != nothing_wrong);
    }
}

} // namespace ocinet::test
