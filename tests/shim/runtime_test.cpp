// SPDX-License-Identifier: GPL-2.0-or-later
#include "shim/runtime.h"

#include <filesystem>

#include "netsetup/base/error.h"
#include "netsetup/base/program.h"
#include "netsetup/base/text.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace ocinet::test {

namespace {

std::string runtime_for(const std::string& words, const std::string& file) {
    std::vector<std::string> list;
    for (const auto word : split(words, ' ')) {
        list.emplace_back(word);
    }
    try {
        return shim::real_runtime(shim::parse_command_line(list), file);
    } catch (const Error& error) {
        return error.what();
    }
}

struct File {
    std::string with(const std::string& text, const std::string& words = "create c1") const {
        write_text(path, text);
        return runtime_for(words, path);
    }

    TempDir directory;
    std::string path = directory / "runtime.json";
};

} // namespace

TEST_CASE("the real runtime is the configured one, or the first that is installed") {
    const File file;
    CHECK(file.with(R"({"runtime":"/opt/youki"})") == "/opt/youki");
    const auto crun = installed_program("crun");
    const auto runc = installed_program("runc");
    const std::string first = crun ? *crun : runc ? *runc : "neither crun nor runc is installed";
    CHECK(file.with("{}") == first);
    std::filesystem::remove(file.path);
    CHECK(runtime_for("create c1", file.path) == first);
    CHECK_THAT(file.with(R"({"runtime":"runc"})"), contains("no absolute path"));
    CHECK_THAT(file.with(R"({"runtimes":[]})"), contains("runtimes"));
    CHECK_THAT(file.with("{"), contains("is not valid JSON"));
}

TEST_CASE("a container is the runtime's that made it") {
    const auto crun = installed_program("crun");
    const auto runc = installed_program("runc");
    SKIP_IF_MISSING(crun && runc ? "" : "not both, crun and runc");
    const File file;
    write_text(file.directory / "root/r1/state.json", "{}");
    write_text(file.directory / "root/c1/status", "{}");
    const std::string root = "--root " + (file.directory / "root") + " ";
    for (const std::string text :
         {R"({"runtime":"/opt/bin/crun"})", R"({"runtime":"/opt/bin/runc"})", "{}", "{"}) {
        CAPTURE(text);
        const bool is_crun = text.find("crun") != std::string::npos;
        const bool is_runc = text.find("runc") != std::string::npos;
        for (const std::string words :
             {"kill r1 TERM", "exec --cwd / r1 sh", "delete --force r1"}) {
            CHECK(file.with(text, root + words) == (is_runc ? "/opt/bin/runc" : *runc));
        }
        CHECK(file.with(text, root + "kill c1 KILL") == (is_crun ? "/opt/bin/crun" : *crun));
        // A new one of that name is made as the file says.
        CHECK((file.with(text, root + "create r1") == *runc) == false);
    }
    // One that is neither may keep its state as either does.
    CHECK(file.with(R"({"runtime":"/opt/youki"})", root + "kill r1 TERM") == "/opt/youki");
    CHECK(file.with(R"({"runtime":"/opt/runc"})", root + "kill ../root/c1 x") == "/opt/runc");
}

TEST_CASE("the wrapper does not call itself") {
    const File file;
    CHECK_THAT(file.with(R"({"runtime":"/proc/self/exe"})"), contains("ocinet-runtime itself"));
}

} // namespace ocinet::test
