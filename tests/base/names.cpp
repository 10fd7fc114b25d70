// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/base/names.h"

#include <net/if.h>

#include <set>
#include <string>

#include "tests/base/random.h"
#include "tests/support/catch.h"

namespace ocinet {

TEST_CASE("an interface's name is one that the kernel takes and no shell misreads") {
    for (const auto* name :
         {"e", "eth0", "eth0.100", "oc-web", "a_b", "0br", "abcdefghijklmno", "..a"}) {
        CAPTURE(name);
        CHECK(is_interface_name(name));
    }
    for (const std::string name : {"",          ".",   "..",  "abcdefghijklmnop",
                                   "a/b",       "/",   "a:b", "a b",
                                   "a\tb",      "a\n", "-a",  "a'b",
                                   "a\"b",      "a$b", "a;b", "a%d",
                                   "a\xc3\xa4", "a#b", "a@b", "*"}) {
        CAPTURE(name);
        CHECK_FALSE(is_interface_name(name));
    }
    CHECK_FALSE(is_interface_name(std::string("a\0b", 3)));
    CHECK(max_interface_name == IFNAMSIZ - 1);
}

// devinet_sysctl_register() of the kernel: /proc/sys/net/ipv4/conf has directories of these names
// that are no interface's.
TEST_CASE("an interface cannot be called as the kernel's settings for all of them") {
    CHECK_FALSE(is_interface_name("all"));
    CHECK_FALSE(is_interface_name("default"));
}

TEST_CASE("a network's name is safe as a file's") {
    const std::string longest(max_network_name, 'n');
    for (const auto& name : {std::string("web"), std::string("a"), std::string("0"),
                             std::string("Web_1.2-3"), longest}) {
        CAPTURE(name);
        CHECK(is_network_name(name));
    }
    for (const std::string name : {"", ".", "..", ".web", "-web", "_web", "a/b", "../web", "a b",
                                   "a\nb", "a:b", "a;b", "a,b", "a\"b", "\xc3\xa4"}) {
        CAPTURE(name);
        CHECK_FALSE(is_network_name(name));
    }
    CHECK_FALSE(is_network_name(longest + "n"));
    CHECK_FALSE(is_network_name(std::string("web\0", 4)));
}

TEST_CASE("a container's id is what runtimes take, and safe as a file's name") {
    const std::string longest(max_container_id, 'f');
    for (const auto& id : {std::string("a"), std::string("web+1"), std::string("_x"),
                           std::string("A.b-c_9"), std::string(64, '0'), longest}) {
        CAPTURE(id);
        CHECK(is_container_id(id));
    }
    for (const std::string id : {"", ".", "..", "a/b", "../a", "a b", "a\n", "a:b", "a\"", "a'"}) {
        CAPTURE(id);
        CHECK_FALSE(is_container_id(id));
    }
    CHECK_FALSE(is_container_id(longest + "f"));
    CHECK_FALSE(is_container_id(std::string("a\0b", 3)));
}

TEST_CASE("a host's name has nothing that would break a line of a hosts file") {
    for (const std::string name : {"a", "web", "web.example", "Web-1", "0"}) {
        CAPTURE(name);
        CHECK(is_host_name(name));
    }
    for (const std::string name :
         {"", "-web", ".web", "a b", "a\nb", "a\tb", "a#b", "a/b", "a:b"}) {
        CAPTURE(name);
        CHECK_FALSE(is_host_name(name));
    }
    CHECK(is_host_name(std::string(253, 'a')));
    CHECK_FALSE(is_host_name(std::string(254, 'a')));
}

TEST_CASE("the longest alias fits into the kernel's") {
    CHECK(link_alias("c1", "web") == "ocinet:c1:web");
    CHECK(link_alias("", "web") == "ocinet::web");
    constexpr std::size_t kernels = 256; // IFALIASZ, include/uapi/linux/if.h, with the NUL
    const std::string id(max_container_id, 'c');
    const std::string network(max_network_name, 'n');
    CHECK(link_alias(id, network).size() < kernels);
}

TEST_CASE("the same seed gives the same names") {
    // The generator's published values for this seed.
    NameSource reference(1234567);
    CHECK(reference.seed() == 6457827717110365317U);
    CHECK(reference.seed() == 3203168211198807973U);
    CHECK(reference.seed() == 9817491932198370423U);

    NameSource one(7);
    NameSource other(7);
    NameSource different(8);
    for (int i = 0; i < 10; ++i) {
        const auto name = one.link_name();
        CHECK(name == other.link_name());
        CHECK(name != different.link_name());
    }
}

TEST_CASE("a random name is an interface's and drawn once") {
    NameSource names = NameSource::from_kernel();
    const unsigned count = test::sample(10000, 100000, 1000000);
    std::set<std::string> drawn;
    for (unsigned i = 0; i < count; ++i) {
        const auto name = names.link_name();
        if (name.size() != max_interface_name || !name.starts_with("oc") ||
            !is_interface_name(name)) {
            FAIL("not a random interface's name: " << name);
        }
        drawn.insert(name);
    }
    CHECK(drawn.size() == count);
    CHECK(NameSource::from_kernel().link_name() != NameSource::from_kernel().link_name());
}

TEST_CASE("a number is drawn below its limit, and any of them") {
    NameSource names(1);
    std::set<std::uint64_t> drawn;
    for (int i = 0; i < 1000; ++i) {
        drawn.insert(names.below(10));
    }
    CHECK(drawn.size() == 10);
    CHECK(*drawn.rbegin() == 9);
}

} // namespace ocinet
