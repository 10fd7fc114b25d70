// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/hosts_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include "netsetup/base/file.h"
#include "netsetup/base/log.h"
#include "netsetup/base/text.h"
#include "netsetup/json.h"

namespace ocinet::ops {

OCINET_JSON(AddHosts, file, lines, mark)

namespace {

constexpr std::size_t largest_hosts_file = 1 << 20;

std::string marked(const AddHosts& op, const std::string& line) {
    return line + " # " + op.mark;
}

// The file's descriptor, or -1 where it was not there any more when descriptors were opened.
int descriptor(const AddHosts& op, const Context& context) {
    const auto found = context.files.find(op.file);
    return found == context.files.end() ? -1 : found->second.get();
}

bool is_too_large(int fd) {
    struct stat status{};
    return ::fstat(fd, &status) == 0 && std::size_t(status.st_size) > largest_hosts_file;
}

std::string read_from_start(int fd, const std::string& name) {
    if (::lseek(fd, 0, SEEK_SET) < 0) {
        throw_errno("seek in " + name);
    }
    return read_all(fd, largest_hosts_file, name);
}

// The text without the lines that carry the mark.
std::string without_marked(const std::string& text, const std::string& mark) {
    const std::string tail = " # " + mark;
    std::string kept;
    std::size_t begin = 0;
    while (begin < text.size()) {
        const std::size_t newline = text.find('\n', begin);
        const std::size_t end = newline == std::string::npos ? text.size() : newline + 1;
        const std::string_view line(text.data() + begin, end - begin);
        if (!trim(line).ends_with(tail)) {
            kept += line;
        }
        begin = end;
    }
    return kept;
}

} // namespace

Description describe(const AddHosts& op) {
    const std::string file = shell_word(op.file);
    Description description;
    description.apply = {"[ -z \"$(tail -c1 " + file + ")\" ] || echo >>" + file};
    for (const auto& line : op.lines) {
        description.apply.push_back("printf '%s\\n' " + shell_word(marked(op, line)) + " >>" +
                                    file);
    }
    description.undo = {"# remove the lines that end in \"" + op.mark + "\" from " + op.file};
    return description;
}

Needs needs(const AddHosts& op) {
    return {.files = {op.file}};
}

void apply(const AddHosts& op, Context& context) {
    const int fd = descriptor(op, context);
    if (fd < 0) {
        throw Error(op.file + " disappeared");
    }
    const std::string text = read_from_start(fd, op.file);
    std::string added = text.empty() || text.back() == '\n' ? "" : "\n";
    for (const auto& line : op.lines) {
        added += marked(op, line) + "\n";
    }
    write_all(fd, added, op.file);
}

void undo(const AddHosts& op, Context& context, Undo) {
    const int fd = descriptor(op, context);
    if (fd < 0) {
        return; // it went with the container
    }
    if (is_too_large(fd)) {
        // The container may write it. What it made of it must not keep its network.
        log::info(op.file + " is left alone: it has grown too large");
        return;
    }
    const std::string text = read_from_start(fd, op.file);
    const std::string kept = without_marked(text, op.mark);
    if (kept == text) {
        return;
    }
    // Only from where the texts part: usually that is the end, and cutting it off is atomic.
    std::size_t same = 0;
    while (same < kept.size() && kept[same] == text[same]) {
        ++same;
    }
    if (::lseek(fd, off_t(same), SEEK_SET) < 0) {
        throw_errno("seek in " + op.file);
    }
    write_all(fd, std::string_view(kept).substr(same), op.file);
    if (::ftruncate(fd, off_t(kept.size())) != 0) {
        throw_errno("truncate " + op.file);
    }
}

// The container may write it, and put back what it likes: that must not keep its network.
std::vector<std::string> remains(const AddHosts& op, Context& context) {
    const int fd = descriptor(op, context);
    if (fd >= 0 && !is_too_large(fd)) {
        const std::string text = read_from_start(fd, op.file);
        if (without_marked(text, op.mark) != text) {
            log::warning(op.file + " still has lines that end in \"" + op.mark + "\"");
        }
    }
    return {};
}

std::vector<std::string> check(const AddHosts& op, Context& context) {
    const int fd = descriptor(op, context);
    if (fd < 0) {
        return {op.file + " is gone"};
    }
    const std::string text = read_from_start(fd, op.file);
    Differences differences;
    for (const auto& line : op.lines) {
        differences.expect(text.find(marked(op, line)) != std::string::npos,
                           op.file + " lacks the line " + line);
    }
    return std::move(differences).list();
}

} // namespace ocinet::ops
