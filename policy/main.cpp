// SPDX-License-Identifier: GPL-2.0-or-later
// ocinet-policy FILE: loads the firewall's text, with the lines of stdin behind it, in one
// transaction, once the last line is "go"; without it, ends and changes nothing. A program of its
// own because libnftables is GPL-2.0-only and costs a third of a set-up's time, and is needed once
// in a host's life.
#include <nftables/libnftables.h>
#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "netsetup/base/error.h"
#include "netsetup/base/file.h"
#include "netsetup/confine.h"

namespace {

constexpr std::size_t largest_text = 1 << 20;
constexpr const char* go = "go\n";

// Who was killed has others undo its work: nothing of it may come after them. It keeps its end of
// our stdin open as long as it lives, so that it cannot have ended before we asked for the signal.
void end_with_caller() {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    pollfd caller{.fd = STDIN_FILENO, .events = 0, .revents = 0};
    if (::poll(&caller, 1, 0) != 0) {
        ::_exit(1);
    }
}

// What is to be loaded behind the text; nothing when we are not told to go.
std::optional<std::string> read_order() {
    std::string order;
    while (!order.ends_with(go) || (order.size() > 3 && order[order.size() - 4] != '\n')) {
        std::string part(65536, '\0');
        const ssize_t got = ::read(STDIN_FILENO, part.data(), part.size());
        if (got <= 0) {
            return std::nullopt;
        }
        order.append(part, 0, std::size_t(got));
    }
    order.resize(order.size() - 3);
    return order;
}

int load(const std::string& text) {
    const std::unique_ptr<nft_ctx, void (*)(nft_ctx*)> nft(nft_ctx_new(NFT_CTX_DEFAULT),
                                                           nft_ctx_free);
    if (!nft || nft_ctx_buffer_error(nft.get()) != 0) {
        std::fputs("out of memory\n", stderr);
        return 1;
    }
    if (nft_run_cmd_from_buffer(nft.get(), text.c_str()) != 0) {
        std::fputs(nft_ctx_get_error_buffer(nft.get()), stderr);
        return 1;
    }
    ocinet::write_all(STDOUT_FILENO, "loaded\n", "the report");
    return 0;
}

int run(const std::string& file) {
    const auto text = ocinet::read_file(file, largest_text);
    if (!text) {
        throw ocinet::Error("there is no " + file);
    }
    end_with_caller();
    ocinet::confine(ocinet::Confined::policy);
    const auto order = read_order();
    return order ? load(*text + *order) : 0;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 2 || argv[1][0] == '-') {
        std::fputs("usage: ocinet-policy FILE, then nft's lines and \"go\" on stdin\n"
                   "ocinet-hook starts it; for yourself there is `nft -f FILE`.\n",
                   stderr);
        return 2;
    }
    try {
        return run(argv[1]);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
