// SPDX-License-Identifier: GPL-2.0-or-later
// Runs while the product is built: makes the programs for seccomp(2) of system_calls.def, and
// prints them as C++. To make them at run time would cost each set-up a tenth of its time more.
#include <linux/filter.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "netsetup/confine/system_calls.h"

namespace {

using ocinet::Confined;
using ocinet::SystemCall;

// libseccomp's results are 0 or a negative errno.
void require(int result, const std::string& what) {
    if (result < 0) {
        throw std::runtime_error(what + ": " + std::strerror(-result));
    }
}

void allow(scmp_filter_ctx filter, const SystemCall& call) {
    const int number = seccomp_syscall_resolve_name(call.name);
    if (number == __NR_SCMP_ERROR) {
        throw std::runtime_error(std::string("libseccomp knows no system call ") + call.name);
    }
    if (number < 0) {
        throw std::runtime_error(std::string("this processor has no system call ") + call.name);
    }
    const scmp_arg_cmp condition{call.argument, SCMP_CMP_MASKED_EQ, call.mask, call.value};
    require(seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number,
                                   call.condition != nullptr ? 1 : 0, &condition),
            std::string("rule for ") + call.name);
}

std::vector<sock_filter> filter_for(Confined who, std::uint32_t otherwise) {
    scmp_filter_ctx filter = seccomp_init(otherwise);
    require(seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2), "a binary tree"); // the faster
    for (const auto& call : ocinet::system_calls) {
        if (call.is_for(who)) {
            allow(filter, call);
        }
    }
    const int file = ::memfd_create("filter", 0);
    require(seccomp_export_bpf(filter, file), "export");
    seccomp_release(filter);
    std::vector<sock_filter> program(std::size_t(::lseek(file, 0, SEEK_END)) / sizeof(sock_filter));
    const auto size = ssize_t(program.size() * sizeof(sock_filter));
    if (program.empty() || ::pread(file, program.data(), std::size_t(size), 0) != size) {
        throw std::runtime_error("read the filter back");
    }
    ::close(file);
    return program;
}

void print_filter(const char* name, Confined who, std::uint32_t otherwise) {
    const auto program = filter_for(who, otherwise);
    std::printf("inline constexpr std::array<sock_filter, %zu> %s{{\n", program.size(), name);
    for (const auto& step : program) {
        std::printf("    {0x%x, %u, %u, 0x%x},\n", unsigned(step.code), unsigned(step.jt),
                    unsigned(step.jf), step.k);
    }
    std::puts("}};");
}

// By which a build that traps tells which call it was; one that kills needs none.
void print_names(int count) {
    std::printf("inline constexpr std::array<const char*, %d> call_names{{\n", count);
    for (int number = 0; number < count; ++number) {
        const std::unique_ptr<char, void (*)(void*)> name(
            seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number), std::free);
        std::printf("    \"%s\",\n", name ? name.get() : "unknown");
    }
    std::puts("}};");
}

int run(const std::string& how) {
    if (how != "kill" && how != "trap") {
        throw std::runtime_error("usage: make-filter kill|trap");
    }
    const bool traps = how == "trap";
    const std::uint32_t otherwise = traps ? SCMP_ACT_TRAP : SCMP_ACT_KILL_PROCESS;
    std::puts("#include <linux/filter.h>\n#include <array>\nnamespace ocinet::filters {");
    print_filter("attach", Confined::attach, otherwise);
    print_filter("detach", Confined::detach, otherwise);
    print_filter("policy", Confined::policy, otherwise);
    print_names(traps ? 1024 : 0); // more than any processor has calls
    std::puts("}");
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    try {
        return run(argc == 2 ? argv[1] : "");
    } catch (const std::exception& error) {
        std::fprintf(stderr, "make-filter: %s\n", error.what());
        return 1;
    }
}
