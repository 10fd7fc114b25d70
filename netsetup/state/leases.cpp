// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/state/leases.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <set>

#include "netsetup/base/error.h"

namespace ocinet::state {

namespace {

constexpr std::size_t page_words = 512;
constexpr std::uint64_t page_bits = page_words * 64;

std::string directory_of(const AddressRange& range) {
    return "networks/" + range.network + "/" + range.base.text();
}

std::string leases_of(const AddressRange& range) {
    return directory_of(range) + "/leases";
}

std::string map_of(const AddressRange& range) {
    return directory_of(range) + "/map";
}

std::string lease_path(const AddressRange& range, const IpAddress& address) {
    return leases_of(range) + "/" + address.text();
}

// The map's file: a 64-bit index where the next search begins, then one bit an address, counted
// from the subnet's first. Sparse: what was never written reads as free.
class Map {
public:
    Map(const Directory& directory, const AddressRange& range, int flags)
        : name_(map_of(range)), file_(::openat(directory.root.get(), name_.c_str(),
                                               O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600)) {
        if (!file_ && errno != ENOENT) {
            throw_errno("open the address map " + name_);
        }
    }

    std::uint64_t cursor() const {
        std::uint64_t index = 0;
        read(&index, sizeof index, 0);
        return index;
    }
    void set_cursor(std::uint64_t index) { write(&index, sizeof index, 0); }

    void mark(std::uint64_t index, bool taken) {
        if (!file_) {
            return;
        }
        std::uint64_t word = 0;
        const off_t at = offset_of(index / 64);
        read(&word, sizeof word, at);
        const std::uint64_t bit = std::uint64_t(1) << (index % 64);
        word = taken ? word | bit : word & ~bit;
        write(&word, sizeof word, at);
    }

    // The first index in [begin, end) whose bit is clear.
    std::optional<std::uint64_t> first_clear(std::uint64_t begin, std::uint64_t end) const {
        for (std::uint64_t page = begin / page_bits; page * page_bits < end; ++page) {
            std::array<std::uint64_t, page_words> words{};
            read(words.data(), sizeof words, offset_of(page * page_words));
            for (std::size_t i = 0; i < page_words; ++i) {
                const std::uint64_t base = page * page_bits + i * 64;
                std::uint64_t free = ~words[i];
                if (base < begin) {
                    free &= begin - base < 64 ? ~std::uint64_t(0) << (begin - base) : 0;
                }
                if (free != 0) {
                    const std::uint64_t index = base + std::uint64_t(std::countr_zero(free));
                    return index < end ? std::optional(index) : std::nullopt;
                }
            }
        }
        return std::nullopt;
    }

private:
    static off_t offset_of(std::uint64_t word) { return off_t(sizeof(std::uint64_t) * (word + 1)); }

    // Past the file's end there are zeros.
    void read(void* data, std::size_t size, off_t at) const {
        if (file_ && ::pread(file_.get(), data, size, at) < 0) {
            throw_errno("read the address map " + name_);
        }
    }
    void write(const void* data, std::size_t size, off_t at) {
        if (::pwrite(file_.get(), data, size, at) != ssize_t(size)) {
            throw_errno("write the address map " + name_);
        }
    }

    std::string name_;
    Fd file_;
};

bool is_usable(const AddressRange& range, const IpAddress& address) {
    return std::find(range.never.begin(), range.never.end(), address) == range.never.end();
}

bool is_in_range(const AddressRange& range, const IpAddress& address) {
    return address >= range.first && address <= range.last;
}

} // namespace

std::optional<std::string> lease_owner(const Directory& directory, const AddressRange& range,
                                       const IpAddress& address) {
    return read_owner(directory, lease_path(range, address));
}

namespace {

// By the leases themselves, for the case that the map is wrong (somebody changed the subnet while
// containers use it): slow, and only where the map knows no free address.
std::optional<IpAddress> search_leases(const Directory& directory, const AddressRange& range) {
    const auto names = names_in(directory, leases_of(range));
    const std::set<std::string> taken(names.begin(), names.end());
    const std::uint64_t last = range.last.minus(range.first);
    for (std::uint64_t index = 0; index <= last && index <= taken.size() + range.never.size();
         ++index) {
        const IpAddress address = range.first.plus(index);
        if (is_usable(range, address) && !taken.contains(address.text())) {
            return address;
        }
    }
    return std::nullopt;
}

} // namespace

std::optional<IpAddress> next_free(const Directory& directory, const AddressRange& range) {
    const Map map(directory, range, 0);
    const std::uint64_t first = range.first.minus(range.base);
    const std::uint64_t end = range.last.minus(range.base) + 1;
    const std::uint64_t cursor = map.cursor();
    const std::uint64_t start = cursor >= first && cursor < end ? cursor : first;
    for (const auto& [from, to] : {std::pair(start, end), std::pair(first, start)}) {
        for (auto index = map.first_clear(from, to); index;
             index = map.first_clear(*index + 1, to)) {
            const IpAddress address = range.base.plus(*index);
            if (is_usable(range, address) && !lease_owner(directory, range, address)) {
                return address;
            }
        }
    }
    return search_leases(directory, range);
}

void take_address(const Directory& directory, const AddressRange& range, const IpAddress& address,
                  const std::string& id) {
    make_directory(directory, "networks/" + range.network);
    make_directory(directory, directory_of(range));
    make_directory(directory, leases_of(range));
    if (!take_for(directory, lease_path(range, address), id)) {
        throw Error(address.text() + " is leased to another container");
    }
    if (is_in_range(range, address)) {
        Map map(directory, range, O_CREAT);
        const std::uint64_t index = address.minus(range.base);
        map.mark(index, true);
        map.set_cursor(index + 1);
    }
}

void release_address(const Directory& directory, const AddressRange& range,
                     const IpAddress& address, const std::string& id) {
    if (!release_for(directory, lease_path(range, address), id)) {
        return;
    }
    // Also without a lease: who was killed between the map's bit and the lease left just the bit.
    if (is_in_range(range, address)) {
        Map(directory, range, 0).mark(address.minus(range.base), false);
    }
    if (!remove_directory(directory, leases_of(range))) {
        return;
    }
    remove_file(directory, map_of(range));
    remove_directory(directory, directory_of(range));
    remove_directory(directory, "networks/" + range.network);
}

} // namespace ocinet::state
