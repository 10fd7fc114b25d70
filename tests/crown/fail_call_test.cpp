// SPDX-License-Identifier: GPL-2.0-or-later
// The crown: any one system call of the shipped hook fails. The hook then succeeds all the same, or
// says so and leaves the host as it was, with nobody to help.
#include "tests/support/catch.h"

#include <sys/syscall.h>

#include <cerrno>
#include <map>
#include <set>

#include "netsetup/base/error.h"
#include "tests/crown/sample.h"
#include "tests/crown/scene.h"
#include "tests/crown/tracer.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;
using Neighbour = Setting::Neighbour;

struct FailingRun {
    std::string name;
    Setting setting;
    bool detaches = false;
};

using Problems = std::vector<std::string>;

// Those that do not fail, or whose failure is the C library's matter before it is ours. A close()
// that fails has closed the descriptor; one that was left out has not.
bool can_fail(long number) {
    static const std::set<long> never = {
        SYS_exit_group,   SYS_exit,           SYS_brk,    SYS_mmap,    SYS_munmap,
        SYS_mprotect,     SYS_mremap,         SYS_close,  SYS_futex,   SYS_close_range,
        SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_getpid, SYS_getppid, SYS_gettid,
        SYS_getrandom,    SYS_wait4};
    return !never.contains(number);
}

// One that the call does give, or at least another of its kind; 0 where it cannot fail.
int error_of(long number) {
    if (!can_fail(number)) {
        return 0;
    }
    static const std::map<long, int> errors = {
        {SYS_sendmsg, ENOBUFS},  {SYS_sendto, ENOBUFS},  {SYS_recvmsg, ENOBUFS},
        {SYS_recvfrom, ENOBUFS}, {SYS_openat, EMFILE},   {SYS_socket, EMFILE},
        {SYS_pipe2, EMFILE},     {SYS_mkdirat, ENOSPC},  {SYS_symlinkat, ENOSPC},
        {SYS_write, ENOSPC},     {SYS_pwrite64, ENOSPC}, {SYS_ftruncate, EIO},
        {SYS_read, EIO},         {SYS_pread64, EIO},     {SYS_prctl, EPERM},
        {SYS_capset, EPERM},     {SYS_setns, EPERM},     {SYS_fcntl, ENOLCK},
        {SYS_renameat, ENOSPC},  {SYS_unlinkat, EIO},
#ifdef SYS_open
        {SYS_open, EMFILE},      {SYS_mkdir, ENOSPC},
#endif
    };
    const auto found = errors.find(number);
    return found == errors.end() ? ENOMEM : found->second;
}

void expect(Problems& problems, const std::string& when, const json& wanted, const json& found) {
    if (wanted != found) {
        problems.push_back(when + ":\n" + difference(wanted, found));
    }
}

class Run {
public:
    explicit Run(FailingRun wanted) : wanted_(std::move(wanted)) { renew_scene(); }

    std::vector<long> count_calls() {
        prepare();
        const auto traced = trace_hook(scene_->host(), scene_->box(), stage(), {});
        if (traced.result.status != 0) {
            throw Error("the traced hook failed: " + traced.result.err);
        }
        scene_.reset();
        return traced.calls;
    }

    Problems fail_at(std::size_t call) {
        Problems problems;
        try {
            prepare();
            const auto traced = trace_hook(scene_->host(), scene_->box(), stage(),
                                           {Interference::Kind::fail, call, error_of});
            judge(problems, traced.result);
            if (const auto problem = scene_->neighbour_problem(); !problem.empty()) {
                problems.push_back(problem);
            }
        } catch (const Error& caught) {
            problems.emplace_back(caught.what());
        }
        if (!problems.empty()) {
            scene_.reset();
        }
        return problems;
    }

private:
    std::string stage() const { return wanted_.detaches ? "poststop" : "createRuntime"; }

    void prepare() {
        if (!scene_) {
            renew_scene();
        }
        // Else each attachment would look at other records in passing: calls would not keep their
        // numbers.
        scene_->host().sh("rm -f /run/ocinet/rotation");
        if (wanted_.detaches) {
            scene_->box().attach();
        }
    }

    void judge(Problems& problems, const Result& result) {
        const std::string told = "status " + std::to_string(result.status) + ", " + result.err;
        if (result.status != 0 &&
            (result.status > 128 || result.err.find("ocinet: ") == std::string::npos)) {
            problems.push_back("the hook: " + told);
        }
        if (wanted_.detaches) {
            if (result.status != 0) {
                scene_->box().detach();
            }
            expect(problems, told + "then detached", normal_.after, scene_->everything());
        } else if (result.status == 0) {
            json attached = scene_->kernel();
            if (attached["hosts"] == normal_.before["hosts"]) {
                // A file that cannot be opened is left alone: that is no reason to fail.
                attached["hosts"] = normal_.attached["hosts"];
            }
            expect(problems, told + "attached", normal_.attached, attached);
            scene_->box().detach();
            expect(problems, told + "attached, then detached", normal_.after, scene_->everything());
            if (normal_.before != normal_.after) {
                scene_.reset();
                renew_scene();
            }
        } else {
            expect(problems, told, normal_.before, scene_->everything());
        }
    }

    void renew_scene() {
        scene_ = std::make_unique<Scene>(wanted_.setting);
        normal_ = look_at_normal_course(*scene_);
        if (normal_.before != normal_.after) {
            scene_ = std::make_unique<Scene>(wanted_.setting);
        }
    }

    FailingRun wanted_;
    std::unique_ptr<Scene> scene_;
    References normal_;
};

const std::vector<FailingRun> runs = {
    {"attach, cold", {.name = "cold"}},
    {"attach, warm", {.name = "warm", .neighbour = Neighbour::same_network}},
    {"detach, warm", {.name = "warm", .neighbour = Neighbour::same_network}, true},
    {"detach, last container", {.name = "cold", .forwards = true}, true},
};

void fail_everywhere(const FailingRun& wanted) {
    Run run(wanted);
    const auto calls = run.count_calls();
    std::map<std::string, std::size_t> bad;
    std::size_t tried = 0;
    for (const auto point : sample(0, calls.size(), 1, 12)) {
        if (!can_fail(calls[point])) {
            continue;
        }
        ++tried;
        const auto problems = run.fail_at(point);
        if (problems.empty()) {
            continue;
        }
        ++bad[call_name(calls[point])];
        INFO(wanted.name << ": system call " << point << " of " << calls.size() << ", "
                         << call_name(calls[point]) << ", gave "
                         << errno_text(error_of(calls[point])) << "; seed " << seed());
        for (const auto& problem : problems) {
            FAIL_CHECK(problem);
        }
    }
    CHECK(bad.empty());
    std::cout << "failed in " << wanted.name << ": " << tried << " of " << calls.size()
              << " system calls, seed " << seed();
    for (const auto& [name, count] : bad) {
        std::cout << "; " << count << " bad at " << name;
    }
    std::cout << std::endl;
}

} // namespace

TEST_CASE("whichever system call fails, the hook succeeds or leaves the host as it was") {
    SKIP_IF_MISSING(missing_for_tracer());
    for (const auto& wanted : runs) {
        fail_everywhere(wanted);
    }
}

} // namespace ocinet::test
