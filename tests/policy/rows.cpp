// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/policy/rows.h"

namespace ocinet::test {

namespace {

std::vector<Row> rows_between_containers() {
    const std::string neighbour = "container -> same network: any port";
    const std::string foreign = "container -> another network's container address: no";
    return {
        {neighbour, "web1", "10.90.0.12:80", "web2 10.90.0.11"},
        {neighbour, "web2", "10.90.0.11:81", "web1 10.90.0.12"},
        {neighbour, "web1", "10.90.0.12", "echo", "icmp"},
        {neighbour + " (internal)", "shut", "10.91.2.12:81", "shut2 10.91.2.11"},
        {neighbour + " (internal)", "shut", "10.91.2.12", "echo", "icmp"},
        {foreign, "web1", "10.91.1.11:80", "silence"},
        {foreign, "web1", "10.91.1.11:81", "silence"},
        {foreign, "far", "10.90.0.11:80", "silence"},
        {foreign, "far", "10.90.0.11:81", "silence"},
        {foreign, "far", "10.90.0.11", "silence", "icmp"},
        {foreign, "web1", "10.91.2.11:80", "silence"},
        {foreign, "shut", "10.90.0.11:80", "silence"},
        {foreign, "shut", "10.91.1.11:80", "silence"},
        {foreign, "shut", "10.90.0.11", "silence", "icmp"},
    };
}

std::vector<Row> rows_outwards() {
    const std::string outwards = "container -> outside: masqueraded";
    const std::string internal = "internal container -> outside: no";
    return {
        {outwards, "web1", "198.51.100.2:80", "other 198.51.100.1"},
        {outwards, "web1", "192.0.2.2:80", "client 192.0.2.1"},
        {outwards, "far", "198.51.100.2:80", "other 198.51.100.1"},
        {outwards, "far", "198.51.100.2", "echo", "icmp"},
        {outwards + ", in fragments", "web1", "198.51.100.2:80", "other 198.51.100.1", "udp", "",
         4000},
        {internal, "shut", "198.51.100.2:80", "silence"},
        {internal, "shut", "192.0.2.2:80", "silence"},
        {internal, "shut", "198.51.100.2", "silence", "icmp"},
    };
}

std::vector<Row> rows_of_internal() {
    const std::string published = "internal container -> others' published ports: no";
    const std::string dns = "internal container -> host: DNS";
    const std::string host = "internal container -> host beyond DNS: no";
    const std::string inwards = "outside -> internal container, others' translation: no";
    return {
        {published, "shut", "192.0.2.1:8080", "silence"},
        {published, "shut", "10.91.2.1:8080", "silence"},
        {published, "shut", "10.91.2.1:8100", "silence"},
        {published, "shut", "10.90.0.1:9000", "silence"},
        {dns, "shut", "10.91.2.1:53", "host 10.91.2.11"},
        {host, "shut", "10.91.2.1:7777", "silence"},
        {host, "shut", "192.0.2.1:7777", "silence"},
        {host, "shut", "10.91.2.1", "silence", "icmp"},
        {inwards, "client", "192.0.2.1:8500", "silence"},
    };
}

std::vector<Row> rows_to_host() {
    const std::string gateway = "container -> host's service on the gateway";
    const std::string loopback = "container -> host's 127.0.0.0/8, crafted: no";
    return {
        {gateway, "web1", "10.90.0.1:7777", "host 10.90.0.11"},
        {gateway, "far", "10.91.1.1:7777", "host 10.91.1.11"},
        {gateway, "web1", "10.90.0.1", "echo", "icmp"},
        {loopback, "eve", "127.0.0.1:7778", "silence"},
        {loopback, "eve", "127.0.0.1:7777", "silence"},
        {loopback, "eve", "127.0.0.1:8081", "silence"},
        {loopback, "eve", "127.0.0.1:8080", "silence"},
        {loopback + " (as source)", "eve", "10.90.0.1:7777", "silence", "udp", "127.0.0.1"},
    };
}

std::vector<Row> rows_from_outside() {
    const std::string direct = "outside -> container address, routed: no";
    const std::string published = "outside -> host address : published port, source kept";
    const std::string unpublished = "outside -> host address : unpublished port: no";
    return {
        {direct, "client", "10.90.0.11:80", "silence"},
        {direct, "client", "10.90.0.11:81", "silence"},
        {direct, "other", "10.91.1.11:80", "silence"},
        {direct, "other", "10.91.1.11:81", "silence"},
        {direct, "client", "10.91.2.11:80", "silence"},
        {direct, "client", "10.90.0.11", "silence", "icmp"},
        {published, "client", "192.0.2.1:8080", "web1 192.0.2.2"},
        {published, "client", "198.51.100.1:8080", "web1 192.0.2.2"},
        {published, "other", "198.51.100.1:8080", "web1 198.51.100.2"},
        {published, "client", "192.0.2.1:8100", "far 192.0.2.2"},
        {published + ", in fragments", "client", "192.0.2.1:8080", "web1 192.0.2.2", "udp", "",
         4000},
        {unpublished, "client", "192.0.2.1:81", "refused"},
        {unpublished, "client", "192.0.2.1:80", "refused"},
    };
}

std::vector<Row> rows_of_mappings() {
    const std::string one = "port on one host address";
    const std::string range = "range, one to one";
    const std::string shifted = "range, shifted";
    const std::string both = "range on one host address";
    const std::string random = "random port";
    return {
        {one, "client", "192.0.2.1:8082", "web1 192.0.2.2"},
        {one, "other", "192.0.2.1:8082", "web1 198.51.100.2"},
        {one, "web2", "192.0.2.1:8082", "web1 10.90.0.1"},
        {one + ": not on another", "client", "198.51.100.1:8082", "refused"},
        {one + ": not on another", "web2", "10.90.0.1:8082", "refused"},
        {one + ": not on another", "host", "127.0.0.1:8082", "refused"},
        {range, "client", "192.0.2.1:9000", "web1 192.0.2.2"},
        {range, "client", "192.0.2.1:9002", "web1 192.0.2.2"},
        {range + ": not behind its end", "client", "192.0.2.1:9003", "refused"},
        {shifted, "client", "192.0.2.1:9100", "web1 192.0.2.2"},
        {shifted, "client", "192.0.2.1:9102", "web1 192.0.2.2"},
        {shifted + ": not behind its end", "client", "192.0.2.1:9103", "refused"},
        {both, "client", "192.0.2.1:9200", "web1 192.0.2.2"},
        {both, "other", "192.0.2.1:9202", "web1 198.51.100.2"},
        {both + ": not on another", "client", "198.51.100.1:9200", "refused"},
        {random, "client", "192.0.2.1:random", "web1 192.0.2.2"},
        {random, "host", "127.0.0.1:random", "web1 10.90.0.1"},
    };
}

std::vector<Row> rows_from_host() {
    const std::string own = "host -> own address : published port";
    const std::string loopback = "host -> 127.0.0.1 : published port";
    const std::string container = "host -> container";
    return {
        {own, "host", "192.0.2.1:8080", "web1 192.0.2.1"},
        {own, "host", "10.90.0.1:8080", "web1 10.90.0.1"},
        {own, "host", "192.0.2.1:8100", "far 192.0.2.1"},
        {own, "host", "192.0.2.1:9000", "web1 192.0.2.1"},
        {loopback, "host", "127.0.0.1:8080", "web1 10.90.0.1"},
        {loopback, "host", "127.0.0.1:8081", "web1 10.90.0.1"},
        {loopback, "host", "127.0.0.1:8100", "far 10.91.1.1"},
        {container, "host", "10.90.0.11:81", "web1 10.90.0.1"},
        {container, "host", "10.91.1.11:81", "far 10.91.1.1"},
        {container, "host", "10.91.2.12:81", "shut2 10.91.2.1"},
        {container, "host", "10.91.2.11", "echo", "icmp"},
    };
}

std::vector<Row> rows_of_hairpin() {
    const std::string self = "container -> host address : its own port";
    const std::string neighbour = "container -> host address : its neighbour's port";
    const std::string other = "container -> host address : another network's port";
    return {
        {self, "web1", "192.0.2.1:8080", "web1 10.90.0.1"},
        {self, "web1", "10.90.0.1:8080", "web1 10.90.0.1"},
        {self, "web1", "192.0.2.1:9000", "web1 10.90.0.1"},
        {self, "far", "198.51.100.1:8100", "far 10.91.1.1"},
        {neighbour, "web2", "192.0.2.1:8080", "web1 10.90.0.1"},
        {neighbour, "web2", "10.90.0.1:8080", "web1 10.90.0.1"},
        {neighbour, "web1", "198.51.100.1:8090", "web2 10.90.0.1"},
        {neighbour + ", in fragments", "web2", "192.0.2.1:8080", "web1 10.90.0.1", "udp", "", 4000},
        {other, "far", "192.0.2.1:8080", "web1 10.91.1.11"},
        {other, "far", "10.91.1.1:8080", "web1 10.91.1.11"},
        {other, "web1", "10.90.0.1:8100", "far 10.90.0.11"},
        {other, "web1", "198.51.100.1:8100", "far 10.90.0.11"},
    };
}

std::vector<Row> rows_of_lan() {
    const std::string loopback = "LAN -> port published on 127.0.0.1: no";
    const std::string crafted = "LAN -> host's 127.0.0.0/8, crafted: no";
    const std::string lan = "LAN -> LAN through this host: no";
    return {
        {loopback, "client", "192.0.2.1:8081", "refused"},
        {loopback, "web2", "10.90.0.1:8081", "refused"},
        {loopback + ", crafted", "evil", "127.0.0.1:8081", "silence"},
        {crafted, "evil", "127.0.0.1:8080", "silence"},
        {crafted, "evil", "127.0.0.1:7778", "silence"},
        {crafted, "evil", "127.0.0.1:7777", "silence"},
        {crafted + " (as source)", "evil", "203.0.113.1:7777", "silence", "udp", "127.0.0.1"},
        {lan, "client", "198.51.100.2:80", "silence"},
        {lan, "other", "192.0.2.2:80", "silence"},
        {lan, "client", "198.51.100.2", "silence", "icmp"},
    };
}

} // namespace

const std::vector<Row>& all_rows() {
    static const std::vector<Row> all = [] {
        std::vector<Row> rows;
        for (const auto& part : {rows_between_containers(), rows_outwards(), rows_of_internal(),
                                 rows_to_host(), rows_from_outside(), rows_of_mappings(),
                                 rows_from_host(), rows_of_hairpin(), rows_of_lan()}) {
            rows.insert(rows.end(), part.begin(), part.end());
        }
        return rows;
    }();
    return all;
}

} // namespace ocinet::test
