// SPDX-License-Identifier: GPL-2.0-or-later
// Whatever stands in the place of a file below /run/ocinet: nobody crashes or waits for it, and who
// cannot go on says which file is in the way.
#include <sys/stat.h>

#include <algorithm>
#include <functional>
#include <map>

#include "netsetup/base/text.h"
#include "tests/kernel/sample.h"
#include "tests/kernel/scene.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

struct Kind {
    std::string title;
    /// Puts it at "$F".
    std::string command;
};

std::vector<Kind> kinds() {
    std::vector<Kind> all = {
        {"empty", ": >\"$F\""},
        {"bytes", "head -c 4096 /dev/zero | tr '\\0' '\\377' >\"$F\""},
        {"a symlink", "ln -s /etc/passwd \"$F\""},
        {"a symlink to nowhere", "ln -s nowhere \"$F\""},
        {"a FIFO", "mkfifo \"$F\""},
        {"a device without an end", "mknod \"$F\" c 1 5"},
        {"a directory", "mkdir -p \"$F/word\""},
    };
    for (auto& kind : all) {
        kind.command.insert(0, "rm -rf \"$F\"; ");
    }
    return all;
}

// Of a record alone.
std::vector<Kind> kinds_of_record() {
    return {
        {"half of it", "truncate -s $(($(stat -c %s \"$F\") / 2)) \"$F\""},
        {"of another version", "sed -i 's/\"version\":[0-9]*/\"version\":1000/' \"$F\""},
        {"without its plan", "sed -i 's/\"plan\":/\"plane\":/' \"$F\""},
        {"a negative pid", "sed -i 's/\"pid\":[0-9]*/\"pid\":-1/' \"$F\""},
        {"another container's", "cp \"$N\" \"$F\""},
        {"deeply nested",
         "{ printf '{\"version\":3,\"id\":\"%s\",\"process\":{\"pid\":1,\"start_time\":1},"
         "\"phase\":' \"$ID\";"
         " head -c 4000000 /dev/zero | tr '\\0' '[';"
         " head -c 4000000 /dev/zero | tr '\\0' ']'; echo '}'; } >\"$F\""},
        {"one word without an end", "{ printf '\"'; head -c 16000000 /dev/zero | tr '\\0' x; } "
                                    ">\"$F\""},
    };
}

const std::string record_file = "containers/$ID.json";

struct Damage {
    std::string file;
    Kind kind;
};

// Everything that two containers keep, below /run/ocinet. In the ids' place stands "$ID".
std::vector<std::string> files_of(const Host& host, const std::string& id) {
    std::vector<std::string> files;
    const std::string found = host.sh("cd /run/ocinet && find . -mindepth 1 | sort");
    for (const auto line : split(trim(found), '\n')) {
        std::string file(line.substr(2));
        if (const auto at = file.find(id); at != std::string::npos) {
            file.replace(at, id.size(), "$ID");
        }
        files.push_back(file.starts_with("netns/") ? "netns/$COOKIE" : file);
    }
    return files;
}

std::vector<Damage> all_damages() {
    const Host host;
    const Container box(host, published);
    box.attach();
    std::vector<Damage> all;
    for (const auto& file : files_of(host, box.id())) {
        for (const auto& kind : kinds()) {
            all.push_back({file, kind});
        }
    }
    for (const auto& kind : kinds_of_record()) {
        all.push_back({record_file, kind});
    }
    return all;
}

// The file's name where there is this container.
std::string name_for(const Host& host, const Container& box, std::string file) {
    const std::string cookie =
        std::to_string(record(host, box.id())["netns"]["cookie"].get<std::uint64_t>());
    for (const auto& [word, value] :
         std::map<std::string, std::string>{{"$ID", box.id()}, {"$COOKIE", cookie}}) {
        if (const auto at = file.find(word); at != std::string::npos) {
            file.replace(at, word.size(), value);
        }
    }
    return file;
}

// Who fails says of what; nobody ends by a signal, or says more than a line of each thing.
void check_answer(const std::string& who, const Result& result, const std::string& file) {
    INFO(who << ": status " << result.status << "\n" << result.out << result.err.substr(0, 4000));
    CHECK(result.status < 4);
    CHECK(result.err.size() < 20000);
    for (const auto line : split(trim(result.err), '\n')) {
        CHECK((line.empty() || line.starts_with("ocinet: ") || line.starts_with("hint: ")));
    }
    // What is lost of a network is told as the network's change.
    const bool names_network =
        file.starts_with("networks") && result.err.find("network \"bridge\"") != std::string::npos;
    if (result.status == 1 && !names_network) {
        CHECK_THAT(result.err, contains(file));
    }
}

std::vector<std::pair<std::string, std::function<Result(const Host&)>>> commands() {
    std::vector<std::pair<std::string, std::function<Result(const Host&)>>> all;
    for (const std::string verb :
         {"ps", "check", "check --repair", "reload", "gc --dry-run", "gc"}) {
        all.emplace_back(verb,
                         [verb](const Host& host) { return host.run(cli_program() + " " + verb); });
    }
    return all;
}

} // namespace

TEST_CASE(
    "whatever stands in the place of the state's files is told of, and waited for by nobody") {
    const Damage damage = GENERATE(from_range(sampled(all_damages(), 25, 10)));
    CAPTURE(damage.file, damage.kind.title);
    const Host host;
    const Container box(host, published);
    const Container neighbour(host, {{"io.ocinet.publish", "8081:80"}});
    box.attach();
    neighbour.attach();
    const std::string file = name_for(host, box, damage.file);
    host.sh("F=/run/ocinet/" + file + " ID=" + box.id() + " N=/run/ocinet/containers/" +
            neighbour.id() + ".json; " + damage.kind.command);
    const Container other(host, {{"io.ocinet.publish", "8082:80,9100-9102:9100-9102/udp"}});
    const Result attached = other.hook("createRuntime");
    check_answer("createRuntime", attached, file);
    for (const auto& [verb, run] : commands()) {
        const Result result = run(host);
        check_answer(verb, result, file);
        if (damage.file == record_file && verb != "reload") {
            CHECK_THAT(result.err, contains(file));
        }
    }
    if (attached.status == 0) {
        CHECK_THAT(other.sh("ip address show eth0"), contains("inet 10.90."));
    }
    for (const Container* ending : {&other, &neighbour, &box}) {
        check_answer("poststop", ending->hook("poststop"), file);
    }
    CHECK(host.sh("grep -c root: /etc/passwd") != "0\n");
}

} // namespace ocinet::test
