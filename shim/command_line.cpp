// SPDX-License-Identifier: GPL-2.0-or-later
#include "shim/command_line.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

namespace ocinet::shim {

namespace {

struct Option {
    std::string_view name;
    bool has_value = false;
    /// The same in one letter.
    char letter = 0;
};

// runc 1.0 to 1.3, crun 1.0 to 1.28. One that is not here is taken for one without a value.
constexpr std::array global_options{
    Option{"cgroup-manager", true}, Option{"criu", true}, Option{"debug"},
    Option{"help", false, 'h'},     Option{"log", true},  Option{"log-format", true},
    Option{"log-level", true},      Option{"root", true}, Option{"rootless", true},
    Option{"systemd-cgroup"},       Option{"usage"},      Option{"version", false, 'v'}};

constexpr std::array container_options{Option{"auto-dedup"},
                                       Option{"bundle", true, 'b'},
                                       Option{"config", true, 'f'},
                                       Option{"console-socket", true},
                                       Option{"detach", false, 'd'},
                                       Option{"empty-ns", true},
                                       Option{"ext-unix-sk"},
                                       Option{"file-locks"},
                                       Option{"help", false, 'h'},
                                       Option{"image-path", true},
                                       Option{"keep"},
                                       Option{"lazy-pages"},
                                       Option{"lsm-mount-context", true},
                                       Option{"lsm-profile", true},
                                       Option{"manage-cgroups-mode", true},
                                       Option{"no-new-keyring"},
                                       Option{"no-pivot"},
                                       Option{"no-subreaper"},
                                       Option{"pid-file", true},
                                       Option{"pidfd-socket", true},
                                       Option{"preserve-fds", true},
                                       Option{"shell-job"},
                                       Option{"tcp-established"},
                                       Option{"usage"},
                                       Option{"work-path", true}};

// By its whole name, or by the beginning of one name alone.
const Option* find_named(std::span<const Option> options, std::string_view name) {
    const Option* found = nullptr;
    for (const auto& option : options) {
        if (option.name == name) {
            return &option;
        }
        if (!name.empty() && option.name.starts_with(name)) {
            if (found) {
                return nullptr;
            }
            found = &option;
        }
    }
    return found;
}

const Option* find_letter(std::span<const Option> options, char letter) {
    const auto found = std::find_if(options.begin(), options.end(),
                                    [&](const Option& option) { return option.letter == letter; });
    return found == options.end() ? nullptr : &*found;
}

constexpr std::array<std::string_view, 20> commands{
    "checkpoint", "create", "delete", "events", "exec",    "features", "init",
    "kill",       "list",   "mounts", "pause",  "ps",      "restore",  "resume",
    "run",        "spec",   "start",  "state",  "unpause", "update"};

bool is_command(std::string_view word) {
    return std::find(commands.begin(), commands.end(), word) != commands.end();
}

struct Word {
    /// Null where it is unknown.
    const Option* option = nullptr;
    /// What stands in the same word.
    std::optional<std::string> value;
};

Word read_long(std::span<const Option> options, std::string_view name) {
    const auto equals = name.find('=');
    Word word{.option = find_named(options, name.substr(0, equals))};
    if (equals != std::string_view::npos) {
        word.value = name.substr(equals + 1);
    }
    return word;
}

// Letters together, as getopt(3) takes them; the last may have its value behind it.
Word read_letters(std::span<const Option> options, std::string_view letters) {
    for (std::size_t i = 0; i < letters.size(); ++i) {
        const Option* option = find_letter(options, letters[i]);
        if (!option) {
            return {};
        }
        if (option->has_value) {
            const auto rest = letters.substr(i + 1);
            return {option, rest.empty() ? std::nullopt : std::optional<std::string>(rest)};
        }
    }
    return {find_letter(options, letters.back())};
}

// Go's -name and -n=VALUE are one option.
Word read_short(std::span<const Option> options, std::string_view text) {
    const auto name = text.substr(0, text.find('='));
    if (std::any_of(options.begin(), options.end(),
                    [&](const Option& option) { return option.name == name; })) {
        return read_long(options, text);
    }
    if (name.size() == 1 && name.size() < text.size()) {
        return {find_letter(options, name.front()), std::string(text.substr(2))};
    }
    return read_letters(options, text);
}

/// Goes through options up to the first word that is none.
class Reader {
public:
    explicit Reader(std::span<const std::string> words) : words_(words) {}

    /// Calls take(name, value) for each option that has a value.
    template <typename Take>
    void read(std::span<const Option> options, Take take) {
        while (!behind_options_ && !words_.empty() && words_.front().size() > 1 &&
               words_.front().front() == '-') {
            const std::string_view text = next();
            if (text == "--") {
                behind_options_ = true;
                return;
            }
            Word word = text.starts_with("--") ? read_long(options, text.substr(2))
                                               : read_short(options, text.substr(1));
            knows_all_ = knows_all_ && word.option;
            if (!word.option || !word.option->has_value) {
                continue;
            }
            if (!word.value && !words_.empty()) {
                word.value = next();
            }
            if (word.value && !word.value->empty()) {
                take(word.option->name, *word.value);
            }
        }
    }

    /// Whether each option was one of these: else its value may be taken for a word.
    bool knows_all() const { return knows_all_; }
    std::vector<std::string> rest() const { return {words_.begin(), words_.end()}; }
    bool at_end() const { return words_.empty(); }
    const std::string& next() {
        const std::string& word = words_.front();
        words_ = words_.subspan(1);
        return word;
    }

private:
    std::span<const std::string> words_;
    bool behind_options_ = false;
    bool knows_all_ = true;
};

} // namespace

bool CommandLine::makes_container() const {
    return command == "create" || command == "run" || command == "restore";
}

CommandLine parse_command_line(const std::vector<std::string>& words) {
    CommandLine line;
    Reader reader(words);
    do {
        reader.read(global_options, [&](std::string_view name, const std::string& value) {
            if (name == "log") {
                line.log = value;
            } else if (name == "log-format") {
                line.log_format = value;
            } else if (name == "root") {
                line.root = value;
            }
        });
        if (reader.at_end()) {
            return line;
        }
        line.command = reader.next();
        // A value of an option that we do not know is no command.
    } while (!reader.knows_all() && !is_command(line.command));
    line.words = reader.rest();
    if (!line.makes_container()) {
        return line;
    }
    // runc takes options behind the id, too.
    while (!reader.at_end()) {
        reader.read(container_options, [&](std::string_view name, const std::string& value) {
            if (name == "bundle") {
                line.bundle = value;
            } else if (name == "config") {
                line.config = value;
            }
        });
        if (!reader.at_end()) {
            const std::string& word = reader.next();
            line.id = line.id.empty() ? word : line.id;
        }
    }
    return line;
}

} // namespace ocinet::shim
