// SPDX-License-Identifier: GPL-2.0-or-later
// ocinet-policy FILE: loads the firewall's text once the word "go" comes in on stdin; without it,
// ends and changes nothing. A program of its own because libnftables is GPL-2.0-only and costs a
// third of a set-up's time, and is needed once in a host's life.
#include <nftables/libnftables.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string_view>

#include "netsetup/confine.h"

namespace {

bool told_to_go() {
    std::array<char, 3> word{};
    std::size_t size = 0;
    while (size < word.size()) {
        const ssize_t got = ::read(STDIN_FILENO, word.data() + size, word.size() - size);
        if (got <= 0) {
            return false;
        }
        size += std::size_t(got);
    }
    return std::string_view(word.data(), word.size()) == "go\n";
}

int load(const char* file) {
    const std::unique_ptr<nft_ctx, void (*)(nft_ctx*)> nft(nft_ctx_new(NFT_CTX_DEFAULT),
                                                           nft_ctx_free);
    if (!nft || nft_ctx_buffer_error(nft.get()) != 0) {
        std::fputs("out of memory\n", stderr);
        return 1;
    }
    if (nft_run_cmd_from_filename(nft.get(), file) != 0) {
        std::fputs(nft_ctx_get_error_buffer(nft.get()), stderr);
        return 1;
    }
    std::puts("loaded");
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: ocinet-policy FILE, then \"go\" on stdin\n", stderr);
        return 2;
    }
    try {
        ocinet::confine();
        // Who was killed has others undo its work: nothing of it may come after them.
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return told_to_go() ? load(argv[1]) : 0;
}
