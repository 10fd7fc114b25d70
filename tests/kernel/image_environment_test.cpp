// SPDX-License-Identifier: GPL-2.0-or-later
// A runtime may start a hook with the environment that a container's image asks for. Nothing of it
// is looked at: no library, no program, no file that it names.
#include <elf.h>
#include <sys/stat.h>

#include <cstring>
#include <filesystem>

#include "tests/kernel/scene.h"
#include "tests/kernel/trace.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

// Whether the kernel starts a loader for the program, which acts on LD_PRELOAD.
bool has_loader(const std::string& program) {
    const std::string text = read_text(program);
    Elf64_Ehdr header{};
    std::memcpy(&header, text.data(), sizeof header);
    for (unsigned i = 0; i < header.e_phnum; ++i) {
        Elf64_Phdr segment{};
        std::memcpy(&segment, text.data() + header.e_phoff + i * sizeof segment, sizeof segment);
        if (segment.p_type == PT_INTERP) {
            return true;
        }
    }
    return false;
}

// Whatever a loader, libc or a shell takes a file's name from.
std::vector<std::string> environment_of(const TempDir& image) {
    std::vector<std::string> environment;
    for (const char* name :
         {"LD_PRELOAD", "LD_AUDIT", "LD_DEBUG_OUTPUT", "LD_PROFILE_OUTPUT", "TZ", "MALLOC_TRACE",
          "RESOLV_HOST_CONF", "HOSTALIASES", "ENV", "BASH_ENV", "GETCONF_DIR"}) {
        environment.push_back(name + ("=" + image / "file"));
    }
    for (const char* name : {"LD_LIBRARY_PATH", "LD_ORIGIN_PATH", "PATH", "GCONV_PATH", "LOCPATH",
                             "NLSPATH", "TZDIR", "TMPDIR", "HOME", "PWD", "XDG_RUNTIME_DIR"}) {
        environment.push_back(name + ("=" + image.path().string()));
    }
    for (const char* setting :
         {"LD_DEBUG=all", "LD_PROFILE=libc.so.6", "LD_BIND_NOW=1", "LC_ALL=evil", "LANG=evil",
          "LANGUAGE=evil", "POSIXLY_CORRECT=1",
          "GLIBC_TUNABLES=glibc.malloc.check=3:glibc.malloc.hugetlb=1:glibc.malloc.top_pad=8388608",
          "MALLOC_CHECK_=3"}) {
        environment.emplace_back(setting);
    }
    return environment;
}

// Programs and libraries under the names of those that ours need. Each would be an error, or leave
// a mark.
void fill(const TempDir& image) {
    ::mkfifo((image / "file").c_str(), 0666); // who opens it waits for ever
    for (const char* name : {"ocinet-policy", "nft", "ip", "sysctl", "modprobe", "sh"}) {
        write_text(image / name, "#!/bin/sh\necho $0 >>" + image / "mark" + "\n");
        ::chmod((image / name).c_str(), 0755);
    }
    for (const char* name : {"libc.so.6", "libnftables.so.1", "libcap.so.2", "libm.so.6"}) {
        write_text(image / name, "no library");
    }
}

} // namespace

TEST_CASE("nothing of an image's environment is acted on", "[CVE-2025-23266]") {
    if (has_loader(hook_program())) {
        SKIP("this build's hook is not linked statically");
    }
    const Host host;
    const Container box(host, published);
    const TempDir image;
    fill(image);
    const auto run = [&](const std::string& stage) {
        CAPTURE(stage);
        std::vector<std::string> touched;
        const Result result =
            trace_hook(host, box.state(stage).dump(),
                       {.stage = stage,
                        .options = {"--log-level", "info"},
                        .environment = environment_of(image)},
                       [&](const Stop& stop) {
                           const std::string path = path_of(stop);
                           if (stop.before && path.find(image.path().string()) == 0) {
                               touched.push_back(path);
                           }
                       });
        CHECK(result.status == 0);
        CHECK(result.err.find(image.path().string()) == std::string::npos);
        CHECK(touched == std::vector<std::string>());
    };
    run("createRuntime");
    CHECK(differences(host, box).empty());
    run("poststop");
    CHECK(leftovers(host) == nothing_left);
    CHECK_FALSE(std::filesystem::exists(image / "mark"));
    // The control: a program with a loader looks at it.
    CHECK_THAT(
        host.run("LD_PRELOAD=" + image / "libc.so.6" + " " + cli_program() + " --version").err,
        contains("libc.so.6"));
}

} // namespace ocinet::test
