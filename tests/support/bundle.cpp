// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/bundle.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "netsetup/base/error.h"

namespace ocinet::test {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr const char* who = "#!/bin/sh\n"
                            "printf 'Content-Type: text/plain\\r\\n\\r\\n'\n"
                            "echo \"$(hostname) serves $REMOTE_ADDR\"\n";

json default_process() {
    const json capabilities = {"CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_KILL"};
    return {
        {"terminal", false},
        {"user", {{"uid", 0}, {"gid", 0}}},
        {"args", {"/bin/sh"}},
        {"env", {"PATH=/bin"}},
        {"cwd", "/"},
        {"noNewPrivileges", true},
        {"capabilities",
         {{"bounding", capabilities}, {"effective", capabilities}, {"permitted", capabilities}}}};
}

json default_mounts(const std::string& hosts) {
    return {{{"destination", "/proc"}, {"type", "proc"}, {"source", "proc"}},
            {{"destination", "/dev"},
             {"type", "tmpfs"},
             {"source", "tmpfs"},
             {"options", {"nosuid", "mode=755"}}},
            {{"destination", "/tmp"}, {"type", "tmpfs"}, {"source", "tmpfs"}},
            {{"destination", "/etc/hosts"},
             {"type", "bind"},
             {"source", hosts},
             {"options", {"rbind", "rprivate"}}}};
}

json default_config(const std::string& hosts) {
    json namespaces = json::array();
    for (const char* type : {"pid", "network", "ipc", "uts", "mount"}) {
        namespaces.push_back({{"type", type}});
    }
    return {{"ociVersion", "1.0.2"},
            {"process", default_process()},
            {"root", {{"path", "rootfs"}, {"readonly", true}}},
            {"hostname", "box"},
            {"mounts", default_mounts(hosts)},
            {"linux", {{"namespaces", namespaces}}}};
}

template <class Wanted>
void erase_if(json& list, const Wanted& wanted) {
    json kept = json::array();
    std::remove_copy_if(list.begin(), list.end(), std::back_inserter(kept), wanted);
    list = std::move(kept);
}

} // namespace

Bundle::Bundle(const Annotations& annotations) : config(default_config(hosts_path())) {
    if (!annotations.empty()) {
        config["annotations"] = annotations;
    }
    write_text(hosts_path(), "127.0.0.1\tlocalhost\n");
    fs::create_directory(directory_ / "rootfs");
    write();
}

void Bundle::set_args(const std::vector<std::string>& args) {
    config["process"]["args"] = args;
}

void Bundle::set_netns(const std::string& path) {
    share_host_netns();
    config["linux"]["namespaces"].push_back({{"type", "network"}, {"path", path}});
}

void Bundle::share_host_netns() {
    erase_if(config["linux"]["namespaces"],
             [](const json& entry) { return entry["type"] == "network"; });
}

void Bundle::remove_hosts_mount() {
    erase_if(config["mounts"],
             [](const json& mount) { return mount["destination"] == "/etc/hosts"; });
}

void Bundle::add_our_hooks(const std::string& stage, int seconds) {
    add_hook(stage, hook_program(), {stage}, seconds);
    add_hook("poststop", hook_program(), {"poststop"}, seconds);
}

void Bundle::add_hook(const std::string& stage, const std::string& program,
                      const std::vector<std::string>& args, int seconds) {
    std::vector<std::string> all{fs::path(program).filename().string()};
    all.insert(all.end(), args.begin(), args.end());
    config["hooks"][stage].push_back({{"path", program}, {"args", all}, {"timeout", seconds}});
}

void Bundle::make_rootfs() const {
    const std::string busybox = static_busybox();
    if (busybox.empty()) {
        throw Error("no static busybox");
    }
    const fs::path root = directory_.path() / "rootfs";
    for (const char* name : {"bin", "dev", "etc", "proc", "tmp", "www"}) {
        fs::create_directories(root / name);
    }
    fs::copy_file(busybox, root / "bin/busybox", fs::copy_options::overwrite_existing);
    for (const char* applet : {"sh", "cat", "echo", "hostname", "httpd", "ip", "kill", "nc",
                               "printf", "sleep", "true", "false", "wget"}) {
        fs::create_symlink("busybox", root / "bin" / applet);
    }
    write_text(root / "etc/hosts", "");
    write_text(root / "www/cgi-bin/who", who);
    fs::permissions(root / "www/cgi-bin/who",
                    fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec,
                    fs::perm_options::add);
}

void Bundle::write() const {
    write_text(directory_ / "config.json", config.dump(2) + "\n");
}

std::string hook_program() {
    return OCINET_PREFIX "/libexec/ocinet/ocinet-hook";
}

std::string cli_program() {
    return OCINET_PREFIX "/bin/ocinet";
}

std::string static_busybox() {
    for (const char* path : {"/bin/busybox", "/usr/bin/busybox"}) {
        std::ifstream file(path, std::ios::binary);
        const std::string program{std::istreambuf_iterator<char>(file), {}};
        // A dynamic one names its loader.
        if (!program.empty() && program.find("/ld-linux") == std::string::npos) {
            return path;
        }
    }
    return "";
}

} // namespace ocinet::test
