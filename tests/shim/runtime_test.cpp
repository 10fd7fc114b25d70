// SPDX-License-Identifier: GPL-2.0-or-later
#include "shim/runtime.h"

#include <filesystem>

#include "netsetup/base/error.h"
#include "netsetup/base/program.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace ocinet::test {

namespace {

struct File {
    std::string problem(const std::string& text) const {
        write_text(path, text);
        try {
            return shim::real_runtime(path);
        } catch (const Error& error) {
            return error.what();
        }
    }

    TempDir directory;
    std::string path = directory / "runtime.json";
};

} // namespace

TEST_CASE("the real runtime is the configured one, or the first that is installed") {
    const File file;
    CHECK(file.problem(R"({"runtime":"/opt/youki"})") == "/opt/youki");
    const auto crun = installed_program("crun");
    const auto runc = installed_program("runc");
    if (crun || runc) {
        CHECK(file.problem("{}") == (crun ? *crun : *runc));
        std::filesystem::remove(file.path);
        CHECK(shim::real_runtime(file.path) == (crun ? *crun : *runc));
    }
    CHECK_THAT(file.problem(R"({"runtime":"runc"})"), contains("no absolute path"));
    CHECK_THAT(file.problem(R"({"runtimes":[]})"), contains("runtimes"));
    CHECK_THAT(file.problem("{"), contains("is not valid JSON"));
}

TEST_CASE("the wrapper does not call itself") {
    const File file;
    CHECK_THAT(file.problem(R"({"runtime":"/proc/self/exe"})"), contains("ocinet-runtime itself"));
}

} // namespace ocinet::test
