// SPDX-License-Identifier: GPL-2.0-or-later
// Who may include whom (CONTRIBUTING.md, "The design"), and what the product's text must not hold.
#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace ocinet::test {

namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

struct File {
    /// Relative to the source directory.
    std::string name;
    std::string text;
    /// What it includes with quotes.
    Lines includes;
};

Lines includes_of(const std::string& text) {
    static const std::regex line(R"rx((?:^|\n)[ \t]*#[ \t]*include[ \t]*"([^"\n]*)")rx");
    Lines found;
    for (std::sregex_iterator at(text.begin(), text.end(), line), end; at != end; ++at) {
        found.push_back((*at)[1]);
    }
    return found;
}

bool is_source(const fs::path& path) {
    const auto extension = path.extension().string();
    return extension == ".h" || extension == ".cpp" || extension == ".def";
}

const std::vector<File>& tree() {
    static const std::vector<File> files = [] {
        std::vector<File> found;
        for (fs::recursive_directory_iterator at(source_directory()), end; at != end; ++at) {
            const auto name = at->path().filename().string();
            if (at->is_directory() && (name.starts_with('.') || name.starts_with("build"))) {
                at.disable_recursion_pending();
            } else if (at->is_regular_file() && is_source(at->path())) {
                const auto text = read_text(at->path());
                found.push_back({fs::relative(at->path(), source_directory()).string(), text,
                                 includes_of(text)});
            }
        }
        return found;
    }();
    return files;
}

bool is_below(const std::string& name, const std::string& folder) {
    return name.starts_with(folder + "/");
}

struct Rule {
    const char* from;
    /// Folders and files, of which a folder means all below it.
    Lines to;
};

// The first rule whose folder holds the file is the file's.
const Rule rules[] = {
    {"netsetup/base", {"netsetup/base"}},
    {"netsetup", {"netsetup"}},
    {"oci-config", {"oci-config", "netsetup/base"}},
    {"drivers",
     {"drivers", "oci-config", "netsetup/base", "netsetup/plan.h", "netsetup/ops",
      "netsetup/host_view.h"}},
    {"hook", {"hook", "drivers", "oci-config", "netsetup"}},
    {"cli", {"cli", "drivers", "oci-config", "netsetup"}},
    {"dhcp", {"dhcp", "netsetup"}},
    {"plugin", {"plugin", "netsetup"}},
    {"agent", {"agent", "netsetup"}},
    {"overlay", {"overlay", "oci-config", "netsetup"}},
    {"shim", {"shim", "oci-config", "netsetup/base"}},
    {"policy", {"policy", "netsetup/confine.h", "netsetup/base"}},
};

bool is_allowed(const Rule& rule, const std::string& included) {
    return std::any_of(rule.to.begin(), rule.to.end(), [&](const std::string& to) {
        return included == to || is_below(included, to);
    });
}

// What is wrong with the arrow, or nothing.
std::string verdict(const std::string& from, const std::string& included) {
    if (is_below(from, "tests")) {
        return "";
    }
    const auto* const rule = std::find_if(std::begin(rules), std::end(rules), [&](const Rule& one) {
        return is_below(from, one.from);
    });
    if (rule == std::end(rules)) {
        return from + " is in no folder that has a rule";
    }
    return is_allowed(*rule, included) ? "" : from + " must not include " + included;
}

Lines wrong_arrows(const std::vector<File>& files) {
    Lines wrong;
    for (const auto& file : files) {
        for (const auto& included : file.includes) {
            if (const auto problem = verdict(file.name, included); !problem.empty()) {
                wrong.push_back(problem);
            }
        }
    }
    return wrong;
}

// The file names of a cycle among these files' includes; empty when there is none.
Lines cycle_in(const std::map<std::string, Lines>& includes) {
    std::set<std::string> done;
    Lines path;
    const std::function<bool(const std::string&)> visit = [&](const std::string& name) {
        if (const auto again = std::find(path.begin(), path.end(), name); again != path.end()) {
            path.erase(path.begin(), again);
            path.push_back(name);
            return true;
        }
        const auto found = includes.find(name);
        if (found == includes.end() || done.contains(name)) {
            return false;
        }
        path.push_back(name);
        if (std::any_of(found->second.begin(), found->second.end(), visit)) {
            return true;
        }
        path.pop_back();
        done.insert(name);
        return false;
    };
    for (const auto& [name, ignored] : includes) {
        if (visit(name)) {
            return path;
        }
    }
    return {};
}

// Without comments: they may speak of what the code must not do. Strings stay.
std::string without_comments(const std::string& text) {
    std::string kept;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (in_string && text[i] == '\\') {
            kept += text[i++];
        } else if (text[i] == '"' && (i == 0 || text[i - 1] != '\'')) {
            in_string = !in_string;
        } else if (!in_string && text.compare(i, 2, "//") == 0) {
            i = std::min(text.find('\n', i), text.size() - 1);
        }
        kept += text[i];
    }
    return kept;
}

const std::regex& forbidden() {
    static const std::regex pattern(
        R"rx(\b(?:std::|::)?(?:system|popen)\s*\()rx"
        R"rx(|\b(?:exec[lv][a-z]*|execveat|fexecve|posix_spawnp?)\s*\()rx"
        R"rx([^;]*"(?:[^"]*/)?(?:ip|nft|iptables[a-z0-9-]*|sysctl|sh|bash)")rx");
    return pattern;
}

} // namespace

TEST_CASE("nobody includes who is none of his business") {
    REQUIRE(tree().size() > 50);
    const auto wrong = wrong_arrows(tree());
    CAPTURE(wrong);
    CHECK(wrong.empty());
}

TEST_CASE("every include with quotes names a file of the tree by its path") {
    Lines missing;
    for (const auto& file : tree()) {
        for (const auto& included : file.includes) {
            if (!fs::exists(source_directory() / included)) {
                missing.push_back(file.name + " includes " + included);
            }
        }
    }
    CAPTURE(missing);
    CHECK(missing.empty());
}

TEST_CASE("headers do not include each other in a circle") {
    std::map<std::string, Lines> headers;
    for (const auto& file : tree()) {
        if (file.name.ends_with(".h")) {
            headers[file.name] = file.includes;
        }
    }
    const auto cycle = cycle_in(headers);
    CAPTURE(cycle);
    CHECK(cycle.empty());
}

// netsetup's inside: base knows nobody, the state nothing of the operations, an operation's header
// nothing of the plan that holds it.
TEST_CASE("within netsetup the arrows point one way, too") {
    Lines wrong;
    for (const auto& file : tree()) {
        for (const auto& included : file.includes) {
            const bool is_header = file.name.ends_with(".h");
            const bool from_state = is_below(file.name, "netsetup/state");
            const bool from_op = is_below(file.name, "netsetup/ops");
            const bool to_plan =
                included == "netsetup/plan.h" || included == "netsetup/executor.h" ||
                included == "netsetup/recover.h" || included == "netsetup/record.h";
            if ((from_state && (to_plan || is_below(included, "netsetup/ops"))) ||
                (from_op && to_plan) ||
                (from_op && is_header && included == "netsetup/host_view.h")) {
                wrong.push_back(file.name + " includes " + included);
            }
        }
    }
    CAPTURE(wrong);
    CHECK(wrong.empty());
}

TEST_CASE("the product starts no shell and none of the commands that it prints") {
    Lines wrong;
    for (const auto& file : tree()) {
        const auto text = without_comments(file.text);
        std::smatch found;
        if (!is_below(file.name, "tests") && std::regex_search(text, found, forbidden())) {
            wrong.push_back(file.name + ": " + found.str());
        }
    }
    CAPTURE(wrong);
    CHECK(wrong.empty());
}

// Locks are a process's, and so is the network namespace that it visits. Who starts a thread has
// more to do than that: this test is where it is said, and the preset tsan is for it.
TEST_CASE("the product has no threads") {
    static const std::regex threads(R"(<(thread|future|pthread\.h)>)");
    Lines wrong;
    for (const auto& file : tree()) {
        if (!is_below(file.name, "tests") && std::regex_search(file.text, threads)) {
            wrong.push_back(file.name);
        }
    }
    CAPTURE(wrong);
    CHECK(wrong.empty());
}

TEST_CASE("these tests would see what they look for") {
    CHECK(includes_of("#include \"a/b.h\"\n  #  include \"c.h\" // x\n#include <d.h>\n") ==
          Lines{"a/b.h", "c.h"});
    struct Case {
        const char* from;
        const char* to;
        bool allowed;
    };
    for (const auto& [from, to, allowed] : {
             Case{"netsetup/base/fd.h", "netsetup/base/error.h", true},
             Case{"netsetup/base/fd.h", "netsetup/plan.h", false},
             Case{"netsetup/plan.h", "netsetup/base/fd.h", true},
             Case{"netsetup/plan.h", "oci-config/state.h", false},
             Case{"netsetup/plan.h", "drivers/driver.h", false},
             Case{"oci-config/state.cpp", "netsetup/json.h", false},
             Case{"drivers/bridge.cpp", "netsetup/ops/bridge.h", true},
             Case{"drivers/bridge.cpp", "netsetup/host_view.h", true},
             Case{"drivers/bridge.cpp", "netsetup/netlink.h", false},
             Case{"drivers/bridge.cpp", "netsetup/state/leases.h", false},
             Case{"drivers/bridge.cpp", "hook/attach.h", false},
             Case{"hook/main.cpp", "cli/verbs.h", false},
             Case{"hook/main.cpp", "tests/support/host.h", false},
             Case{"cli/plan.cpp", "drivers/driver.h", true},
             Case{"shim/main.cpp", "netsetup/plan.h", false},
             Case{"policy/main.cpp", "netsetup/nft.h", false},
             Case{"elsewhere/x.cpp", "netsetup/nft.h", false},
             Case{"tests/x.cpp", "hook/attach.h", true},
         }) {
        CAPTURE(from, to);
        CHECK(verdict(from, to).empty() == allowed);
    }
    CHECK(cycle_in({{"a", {"b", "x"}}, {"b", {"c"}}, {"c", {"b"}}}) == Lines{"b", "c", "b"});
    CHECK(cycle_in({{"a", {"b", "c"}}, {"b", {"c"}}, {"c", {}}}).empty());
    for (const std::string code : {R"(system("x"))", R"(std::system (x))", R"(::popen(x, "r"))",
                                   R"(execl("/sbin/ip", "ip"))", R"(execvp("nft", args))",
                                   R"(posix_spawn(&pid, "/usr/sbin/iptables-restore", 0))"}) {
        CAPTURE(code);
        CHECK(std::regex_search(without_comments("x = " + code + ";"), forbidden()));
    }
    for (const std::string code : {"// system(x)", "file_system(x)", "throw system_error(1, x)",
                                   R"(execv(program.c_str(), args); log("ip"))"}) {
        CAPTURE(code);
        CHECK_FALSE(std::regex_search(without_comments("x;\n" + code), forbidden()));
    }
}

} // namespace ocinet::test
