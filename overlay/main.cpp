// SPDX-License-Identifier: GPL-2.0-or-later
// ocinet-overlay: this host's part in the overlay networks that etcd holds together.
#include <curl/curl.h>
#include <linux/capability.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <functional>
#include <string_view>

#include "netsetup/base/log.h"
#include "netsetup/base/names.h"
#include "netsetup/base/paths.h"
#include "netsetup/confine.h"
#include "oci-config/overlay.h"
#include "oci-config/settings.h"
#include "overlay/forget.h"
#include "overlay/notify.h"
#include "overlay/overlay.h"

namespace {

namespace oci = ocinet::oci;
namespace overlay = ocinet::overlay;
using ocinet::Error;

constexpr const char* config_file = "/etc/ocinet/overlay.json";
constexpr const char* usage = R"(Usage: ocinet-overlay
       ocinet-overlay forget HOST
Holds this host's overlay networks with control=etcd together with those of the others, until SIGTERM:
tells etcd what is here, and the kernel what is elsewhere. /etc/ocinet/overlay.json says how.
forget: gives back the addresses of a host that will not come back.
  --version, --help
)";

ocinet::Fd take_signals() {
    sigset_t ends;
    ::sigemptyset(&ends);
    ::sigaddset(&ends, SIGTERM);
    ::sigaddset(&ends, SIGINT);
    ::sigprocmask(SIG_BLOCK, &ends, nullptr);
    ocinet::Fd signals(::signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals) {
        ocinet::throw_errno("signalfd");
    }
    return signals;
}

void serve() {
    const auto settings = oci::load_settings(ocinet::paths::settings);
    const auto config = overlay::load_config(config_file);
    if (!ocinet::is_host_name(oci::own_name(settings))) {
        throw Error("\"" + oci::own_name(settings) + "\" is no name for a host")
            .hint("give it one in ocinet.json: host_name");
    }
    const ocinet::Fd signals = take_signals();
    overlay::Loop loop;
    overlay::Overlay here(loop, config, oci::own_name(settings), oci::completions);
    loop.when_readable(signals.get(), [&] {
        signalfd_siginfo info{};
        if (::read(signals.get(), &info, sizeof info) > 0) {
            here.leave();
        }
    });
    ocinet::confine_program({CAP_NET_ADMIN}, oci::completions);
    overlay::notify("READY=1");
    loop.run();
}

void forget(const std::string& host) {
    for (const auto& key : overlay::forget(overlay::load_config(config_file), host)) {
        std::puts(key.c_str());
    }
}

int run(const std::function<void()>& act) {
    try {
        act();
        return 0;
    } catch (const Error& error) {
        ocinet::log::error(error);
    } catch (const std::exception& error) {
        ocinet::log::error(Error(error.what()));
    }
    return 1;
}

} // namespace

int main(int argc, char** argv) {
    const std::string_view word = argc == 2 ? argv[1] : "";
    if (word == "--version" || word == "--help") {
        std::fputs(word == "--help" ? usage : OCINET_VERSION "\n", stdout);
        return 0;
    }
    const bool forgets = argc == 3 && std::string_view(argv[1]) == "forget";
    if (argc != 1 && !forgets) {
        std::fputs(usage, stderr);
        return 2;
    }
    ::umask(022);
    std::signal(SIGPIPE, SIG_IGN); // whoever reads the log
    curl_global_init(CURL_GLOBAL_DEFAULT);
    ocinet::log::configure(ocinet::log::Level::info, ocinet::log::Format::text);
    ocinet::log::open_syslog();
    return forgets ? run([&] { forget(argv[2]); }) : run(serve);
}
