// SPDX-License-Identifier: GPL-2.0-or-later
// What docs/ says of the engines is run: `$ COMMAND`, and below it what is seen of its output;
// `# refused` behind a command that fails; and files, "In `PATH`:" above them.
#include <regex>
#include <sstream>

#include "netsetup/base/error.h"
#include "netsetup/base/text.h"
#include "tests/engines/engine.h"
#include "tests/engines/podman.h"
#include "tests/support/containerd.h"
#include "tests/support/dockerd.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

struct Command {
    std::string text;
    bool refused = false;
    std::vector<std::string> shows;
};

struct Page {
    std::vector<Command> commands;
    /// By their paths.
    std::map<std::string, std::string> files;
};

// Where the documentation's programs are in the build tree.
std::string placed(std::string text) {
    for (const auto* directory : {"/bin/ocinet", "/libexec/ocinet"}) {
        text = std::regex_replace(text, std::regex(std::string("/usr") + directory),
                                  std::string(OCINET_PREFIX) + directory);
    }
    return text;
}

Command command_of(const std::string& line) {
    const auto remark = line.find("    # refused");
    return {.text = placed(line.substr(0, remark)), .refused = remark != std::string::npos};
}

// Blocks are indented by four; of a file the first block below its path is meant.
Page read_page(const std::string& name) {
    std::istringstream lines(read_text(source_directory() / "docs" / name));
    static const std::regex names_file("In `(/[^`]*)`:$");
    Page page;
    std::string file;
    bool is_below_command = false;
    std::smatch found;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("    $ ")) {
            page.commands.push_back(command_of(line.substr(6)));
            is_below_command = true;
        } else if (line.starts_with("    ") && is_below_command) {
            page.commands.back().shows.emplace_back(trim(line));
        } else if (line.starts_with("    ") && !file.empty()) {
            page.files[file] += placed(line.substr(4)) + "\n";
        } else if (!line.empty()) {
            is_below_command = false;
            file = std::regex_search(line, found, names_file) ? found[1].str() : "";
        }
    }
    if (page.commands.empty()) {
        throw Error("docs/" + name + " has no command");
    }
    return page;
}

/// A host, and a directory with nothing but a root file system that serves a page.
struct Reader {
    Reader() {
        bundle.make_rootfs();
        write_text(bundle.path() + "/rootfs/www/index.html", "hello from a container\n");
        std::filesystem::remove(bundle.path() + "/config.json");
    }

    void write_files(const Page& page) const {
        REQUIRE(page.files.size() == 1);
        for (const auto& [path, text] : page.files) {
            host.write(path, text);
        }
    }

    void follow(const Command& command) const {
        INFO("$ " << command.text);
        const Result result =
            host.run("cd " + bundle.path() + " && PATH=" OCINET_PREFIX "/bin:$PATH && { " +
                     command.text + "\n}");
        const std::string said = result.out + result.err;
        INFO(said);
        CHECK((result.status != 0) == command.refused);
        for (const auto& shown : command.shows) {
            CHECK_THAT(said, contains(shown));
        }
    }

    void follow(const Page& page) const {
        for (const auto& command : page.commands) {
            follow(command);
        }
    }

    Host host;
    Bundle bundle;
};

} // namespace

TEST_CASE("docs/runc.md") {
    SKIP_IF_MISSING(missing_for("runc"));
    const Reader reader;
    wrap(reader.host, "runc");
    reader.follow(read_page("runc.md"));
    CHECK(leftovers(reader.host) == nothing_left);
}

TEST_CASE("docs/docker.md") {
    SKIP_IF_MISSING(missing_for("runc"));
    SKIP_IF_MISSING(missing_for_docker());
    const Page page = read_page("docker.md");
    const Reader reader;
    wrap(reader.host, "runc");
    reader.write_files(page);
    const Dockerd docker(reader.host);
    reader.follow(page);
    CHECK(left_at_last(reader.host) == nothing_left);
}

TEST_CASE("docs/containerd.md") {
    SKIP_IF_MISSING(missing_for("runc"));
    SKIP_IF_MISSING(missing_for("containerd"));
    const Reader reader;
    wrap(reader.host, "runc");
    const Containerd containerd(reader.host);
    reader.follow(read_page("containerd.md"));
    CHECK(left_at_last(reader.host) == nothing_left);
}

TEST_CASE("docs/podman.md") {
    SKIP_IF_MISSING(missing_for_podman("runc"));
    const Reader reader;
    wrap(reader.host, "runc");
    const Podman podman(reader.host, "runc");
    reader.follow(read_page("podman.md"));
    CHECK(left_after_sweep(reader.host) == nothing_left);
}

TEST_CASE("docs/plugins.md") {
    SKIP_IF_MISSING(missing_for_podman("runc"));
    const Page page = read_page("plugins.md");
    const Reader reader;
    // The plugins' own state would be the machine's.
    reader.host.sh("mkdir -p /var/lib/cni && mount -t tmpfs tmpfs /var/lib/cni");
    reader.write_files(page);
    const Podman podman(reader.host, "runc");
    reader.follow(page);
    CHECK(left_after_sweep(reader.host) == nothing_left);
}

} // namespace ocinet::test
