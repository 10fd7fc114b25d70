// SPDX-License-Identifier: GPL-2.0-or-later
// Bundles that somebody made to be harmful: what stands in place of their files, or takes it while
// the hook runs, leads it to no other file of the host, and makes it wait for nothing.
#include <sys/stat.h>

#include <filesystem>
#include <functional>

#include "netsetup/base/error.h"
#include "tests/kernel/sample.h"
#include "tests/kernel/scene.h"
#include "tests/kernel/trace.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

const std::string victims_text = "192.0.2.1 victim\n";

struct Kind {
    std::string title;
    /// Puts it at "$F"; "$V" is a file that must stay as it is.
    std::string command;
};

std::vector<Kind> kinds() {
    return {
        {"a symlink", "ln -s \"$V\" \"$F\""},
        {"a symlink to itself", "ln -s \"$F\" \"$F\""},
        {"another link of it", "ln \"$V\" \"$F\""},
        {"a FIFO", "mkfifo \"$F\""},
        {"a device without an end", "mknod \"$F\" c 1 5"},
        {"a block device", "mknod \"$F\" b 7 250"},
        {"a directory", "mkdir \"$F\""},
        {"nothing", "true"},
    };
}

void put(const Kind& kind, const std::string& file, const std::string& victim) {
    const std::string command =
        "rm -rf '" + file + "'; F='" + file + "' V='" + victim + "'; " + kind.command;
    if (Process([&] { exec_shell(command); }).wait().status != 0) {
        throw Error(kind.title + " cannot be made at " + file);
    }
}

json& add_mount(Container& box, const std::string& destination, const std::string& source) {
    box.bundle().config["mounts"].push_back({{"destination", destination},
                                             {"type", "bind"},
                                             {"source", source},
                                             {"options", {"rbind", "rprivate"}}});
    return box.bundle().config["mounts"].back();
}

// All that shows whether a file was touched.
std::string look_at(const Host& host, const std::string& file) {
    return host.sh("stat -L -c '%d %i %f %s %Y %Z' " + file + "; cat " + file);
}

} // namespace

TEST_CASE("a config.json that is no regular file is refused at once") {
    const Kind kind = GENERATE(from_range(sampled(kinds(), 3)));
    CAPTURE(kind.title);
    const Host host;
    Container box(host, on_bridge);
    const TempDir elsewhere;
    const std::string file = box.bundle().path() + "/config.json";
    fs::copy_file(file, elsewhere / "file");
    put(kind, file, elsewhere / "file");
    const auto before = host.snapshot();
    const Result result = box.hook("createRuntime");
    if (kind.title == "another link of it") { // as good as any
        CHECK(result.status == 0);
        return;
    }
    CHECK(result.status == 1);
    CHECK_THAT(result.err, contains("ocinet: ") &&
                               contains(kind.title == "nothing" ? box.bundle().path() : file));
    CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
    CHECK(difference(before, host.snapshot()) == no_difference);
    CHECK(host.run("test -e /run/ocinet").status != 0);
}

TEST_CASE("a config.json as large as can be is refused in a line") {
    constexpr std::size_t size = (16 << 20) - 1;
    struct Text {
        std::string title;
        std::string said;
        std::function<std::string()> text;
    };
    const auto given = GENERATE(from_range(sampled(
        std::vector<Text>{
            {"100 MB", "larger than", [] { return std::string(100 << 20, ' '); }},
            {"a word without an end", "is not valid JSON",
             [] { return "\"" + std::string(size - 1, 'x'); }},
            {"deeply nested", "more than 100 levels", [] { return std::string(2 << 20, '['); }},
            {"deeply nested, to its end", "more than 100 levels",
             [] { return std::string(1 << 20, '[') + std::string(1 << 20, ']'); }},
            {"annotations that are deeply nested", "more than 100 levels",
             [] {
                 return R"({"annotations":)" + std::string(1 << 20, '[') +
                        std::string(1 << 20, ']') + "}";
             }},
            {"an annotation as long as can be", "io.ocinet.publish",
             [] {
                 return R"({"annotations":{"io.ocinet.publish":")" + std::string(8 << 20, 'x') +
                        "\"}}";
             }},
            {"a name of an annotation as long as can be", "unknown annotation",
             [] {
                 return R"({"annotations":{"io.ocinet.)" + std::string(8 << 20, 'x') + R"(":""}})";
             }},
        },
        7)));
    CAPTURE(given.title);
    const Host host;
    Container box(host, on_bridge);
    write_text(box.bundle().path() + "/config.json", given.text());
    const auto before = host.snapshot();
    json state = box.state("createRuntime");
    state.erase("annotations");
    const Result result = run_hook(host, "createRuntime", state.dump());
    CHECK(result.status == 1);
    INFO(result.err.substr(0, 500));
    CHECK(result.err.find(given.said) != std::string::npos);
    CHECK(result.err.size() < 8192);
    CHECK(std::count(result.err.begin(), result.err.end(), '\n') <= 2); // with a hint
    CHECK(difference(before, host.snapshot()) == no_difference);
}

// What was looked at is what is used: it is opened once.
TEST_CASE("a config.json that changes during the call is the one that was opened, alone") {
    const Host host;
    Container box(host, on_bridge);
    const std::string file = box.bundle().path() + "/config.json";
    const TempDir elsewhere;
    write_text(elsewhere / "file", R"({"annotations":{"io.ocinet.network":"host"}})");
    int opened = 0;
    const Result result =
        trace_hook(host, box.state("createRuntime").dump(), {}, [&](const Stop& stop) {
            if (!stop.before && path_of(stop) == file && ++opened == 1) {
                put({"a symlink", "ln -s \"$V\" \"$F\""}, file, elsewhere / "file");
            }
        });
    CHECK(result.err.empty());
    CHECK(result.status == 0);
    CHECK(opened == 1);
    CHECK(differences(host, box).empty());
}

TEST_CASE("a hosts file that is swapped during the call leads to no other file") {
    const auto kind = GENERATE(from_range(sampled(kinds(), 3)));
    const std::string stage = GENERATE("createRuntime", "poststop");
    CAPTURE(kind.title, stage);
    const Host host;
    const TempDir elsewhere;
    const std::string victim = elsewhere / "file";
    // Before it is opened for the first time, behind that, before the second time, …
    for (int moment = 1, moments = 1; moment <= moments; ++moment) {
        CAPTURE(moment);
        Container box(host, on_bridge);
        const std::string file = box.bundle().hosts_path();
        write_text(victim, victims_text + "10.90.0.9 mine # ocinet bridge\n");
        const std::string before = read_text(victim);
        if (stage == "poststop") {
            box.attach();
        }
        int at = 0;
        const Result result =
            trace_hook(host, box.state(stage).dump(), {.stage = stage}, [&](const Stop& stop) {
                if (path_of(stop) == file && ++at == moment) {
                    put(kind, file, victim);
                }
            });
        moments = std::max(moments, at);
        INFO(result.err);
        CHECK(result.status <= 1);
        if (result.status == 1) {
            CHECK(stage == "createRuntime");
            CHECK_THAT(result.err, contains("ocinet: ") && contains(file));
        }
        CHECK(read_text(victim) == before);
        if (stage == "createRuntime" && result.status == 0) {
            box.detach();
        }
        CHECK(leftovers(host) == nothing_left);
    }
    CHECK(host.run("true").status == 0);
}

TEST_CASE("files of the host that are mounted into a container stay as they are") {
    const std::string name = GENERATE("/etc/hosts", "/etc/resolv.conf");
    const auto source = GENERATE(
        from_range(sampled(std::vector<std::string>{"/etc/hosts", "/etc/resolv.conf", "/etc/passwd",
                                                    "/dev/zero", "link", "fifo"},
                           4)));
    CAPTURE(name, source);
    const Host host;
    for (const char* file : {"/etc/hosts", "/etc/resolv.conf"}) {
        host.write(file, victims_text);
    }
    Container box(host, {{"io.ocinet.network", "bridge"}, {"io.ocinet.name", "db"}});
    box.bundle().remove_hosts_mount();
    const std::string below = box.bundle().path();
    host.sh("ln -s /etc/passwd " + below + "/link; mkfifo " + below + "/fifo");
    add_mount(box, name, source);
    box.bundle().write();
    const auto look = [&] {
        return look_at(host, "/etc/hosts") + look_at(host, "/etc/resolv.conf") +
               look_at(host, "/etc/passwd");
    };
    const std::string before = look();
    box.attach();
    CHECK(look() == before);
    CHECK(differences(host, box).empty());
    box.detach();
    CHECK(look() == before);
    CHECK(leftovers(host) == nothing_left);
}

TEST_CASE("a process that is another one by now keeps what it has") {
    const Host host;
    const Container box(host, published);
    const Container neighbour(host, {{"io.ocinet.publish", "8081:80"}});
    neighbour.attach();
    const auto before = neighbour.snapshot();
    // The pid of a container that has its network already: the state names another container.
    json state = box.state("createRuntime");
    state["pid"] = neighbour.process();
    const Result result = run_hook(host, "createRuntime", state.dump());
    CHECK(result.status == 1);
    CHECK_THAT(result.err, contains(neighbour.id()));
    CHECK(difference(before, neighbour.snapshot()) == no_difference);
    CHECK(differences(host, neighbour).empty());
}

TEST_CASE("a process that ends during the call is one that is gone") {
    const Host host;
    const auto before = host.snapshot();
    for (int moment = 1, moments = 1; moment <= moments; ++moment) {
        CAPTURE(moment);
        Container box(host, on_bridge);
        const std::string own = "/proc/" + std::to_string(box.process()) + "/";
        int at = 0;
        const Result result =
            trace_hook(host, box.state("createRuntime").dump(), {}, [&](const Stop& stop) {
                if (path_of(stop).starts_with(own) && ++at == moment) {
                    box.make_zombie();
                }
            });
        moments = std::max(moments, at);
        INFO(result.err);
        CHECK(result.status == 1);
        CHECK_THAT(result.err, contains("process " + own.substr(6, own.size() - 7)));
        CHECK(difference(before, host.snapshot()) == no_difference);
    }
}

} // namespace ocinet::test
