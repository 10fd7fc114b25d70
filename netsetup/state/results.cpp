// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/state/results.h"

#include "netsetup/base/error.h"
#include "netsetup/base/file.h"

namespace ocinet::state {

namespace {

std::string directory_of(const std::string& id) {
    return "results/" + id;
}

std::string path_of(const std::string& id, const std::string& interface) {
    return directory_of(id) + "/" + interface + ".json";
}

} // namespace

std::optional<std::string> read_result(const Directory& directory, const std::string& id,
                                       const std::string& interface) {
    return read_file(directory.root.get(), path_of(id, interface), largest_result);
}

void write_result(const Directory& directory, const std::string& id, const std::string& interface,
                  const std::string& result) {
    if (result.size() > largest_result) {
        throw Error("what plugins say of " + interface + " is longer than " +
                    std::to_string(largest_result) + " bytes");
    }
    make_directory(directory, "results");
    make_directory(directory, directory_of(id));
    replace_file(directory.root.get(), path_of(id, interface), result, 0640);
}

void remove_result(const Directory& directory, const std::string& id,
                   const std::string& interface) {
    remove_file(directory, path_of(id, interface));
    remove_file(directory, path_of(id, interface) + ".new"); // of a writer that was killed
    remove_directory(directory, directory_of(id));
}

} // namespace ocinet::state
