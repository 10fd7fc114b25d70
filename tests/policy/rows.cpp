// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/policy/rows.h"

#include <sys/socket.h>

#include "tests/policy/family.h"

namespace ocinet::test {

namespace {

std::vector<Row> of(Families families, std::vector<Row> rows) {
    for (auto& row : rows) {
        row.families = families;
    }
    return rows;
}

std::vector<Row> joined(std::vector<Row> rows, const std::vector<Row>& more) {
    rows.insert(rows.end(), more.begin(), more.end());
    return rows;
}

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
    const std::string outside_dns = "internal container -> outside's DNS: no";
    const std::string inwards = "outside -> internal container, others' translation: no";
    return {
        {outside_dns, "shut", "198.51.100.2:53", "silence"},
        {outside_dns, "shut", "192.0.2.2:53", "silence"},
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
    const std::vector<Row> rows = {
        {gateway, "web1", "10.90.0.1:7777", "host 10.90.0.11"},
        {gateway, "far", "10.91.1.1:7777", "host 10.91.1.11"},
        {gateway, "web1", "10.90.0.1", "echo", "icmp"},
    };
    return joined(rows, of(Families::ipv4, {{loopback, "eve", "127.0.0.1:7778", "silence"},
                                            {loopback, "eve", "127.0.0.1:7777", "silence"},
                                            {loopback, "eve", "127.0.0.1:8081", "silence"},
                                            {loopback, "eve", "127.0.0.1:8080", "silence"},
                                            {loopback + " (as source)", "eve", "10.90.0.1:7777",
                                             "silence", "udp", "127.0.0.1"}}));
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
    const std::string large = "range of 10,000 ports";
    const std::string both = "range on one host address";
    const std::string random = "random port";
    return {
        {one, "client", "192.0.2.1:8082", "web1 192.0.2.2"},
        {one, "other", "192.0.2.1:8082", "web1 198.51.100.2"},
        {one, "web2", "192.0.2.1:8082", "web1 10.90.0.1"},
        {one + ": not on another", "client", "198.51.100.1:8082", "refused"},
        {one + ": not on another", "web2", "10.90.0.1:8082", "refused"},
        {one + ": not on another", "host", "198.51.100.1:8082", "refused"},
        {range, "client", "192.0.2.1:9000", "web1 192.0.2.2"},
        {range, "client", "192.0.2.1:9002", "web1 192.0.2.2"},
        {range + ": not behind its end", "client", "192.0.2.1:9003", "refused"},
        {shifted, "client", "192.0.2.1:9100", "web1 192.0.2.2"},
        {shifted, "client", "192.0.2.1:9102", "web1 192.0.2.2"},
        {shifted + ": not behind its end", "client", "192.0.2.1:9103", "refused"},
        {large, "client", "192.0.2.1:20000", "web2 192.0.2.2"},
        {large, "client", "192.0.2.1:25000", "web2 192.0.2.2"},
        {large, "client", "192.0.2.1:29999", "web2 192.0.2.2"},
        {large + ": not behind its end", "client", "192.0.2.1:30000", "refused"},
        {both, "client", "192.0.2.1:9200", "web1 192.0.2.2"},
        {both, "other", "192.0.2.1:9202", "web1 198.51.100.2"},
        {both + ": not on another", "client", "198.51.100.1:9200", "refused"},
        {random, "client", "192.0.2.1:random", "web1 192.0.2.2"},
        {random, "host", "192.0.2.1:random", "web1 192.0.2.1"},
    };
}

std::vector<Row> rows_from_host() {
    const std::string own = "host -> own address : published port";
    const std::string loopback = "host -> 127.0.0.1 : published port";
    const std::string loopback6 = "host -> [::1] : published port: refused at once";
    const std::string container = "host -> container";
    const std::vector<Row> rows = {
        {own, "host", "192.0.2.1:8080", "web1 192.0.2.1"},
        {own, "host", "10.90.0.1:8080", "web1 10.90.0.1"},
        {own, "host", "192.0.2.1:8100", "far 192.0.2.1"},
        {own, "host", "192.0.2.1:9000", "web1 192.0.2.1"},
        {container, "host", "10.90.0.11:81", "web1 10.90.0.1"},
        {container, "host", "10.91.1.11:81", "far 10.91.1.1"},
        {container, "host", "10.91.2.12:81", "shut2 10.91.2.1"},
        {container, "host", "10.91.2.11", "echo", "icmp"},
        {container, "host", "10.91.3.11:80", "lone1 10.91.3.1"},
    };
    const auto v4 = of(Families::ipv4, {{loopback, "host", "127.0.0.1:8080", "web1 10.90.0.1"},
                                        {loopback, "host", "127.0.0.1:8081", "web1 10.90.0.1"},
                                        {loopback, "host", "127.0.0.1:8100", "far 10.91.1.1"},
                                        {loopback, "host", "127.0.0.1:8110", "lone1 10.91.3.1"}});
    const auto v6 = of(Families::ipv6, {{loopback6, "host", "127.0.0.1:8080", "refused"},
                                        {loopback6, "host", "127.0.0.1:9000", "refused"}});
    return joined(joined(rows, v4), v6);
}

std::vector<Row> rows_of_hairpin() {
    const std::string self = "container -> host address : its own port";
    const std::string neighbour = "container -> host address : its neighbour's port";
    const std::string other = "container -> host address : another network's port";
    return {
        {self, "web1", "192.0.2.1:8080", "web1 10.90.0.1"},
        {self, "web1", "10.90.0.1:8080", "web1 10.90.0.1"},
        {self + ", range", "web1", "192.0.2.1:9000", "web1 10.90.0.1"},
        {self + ", range", "web1", "10.90.0.1:9102", "web1 10.90.0.1"},
        {self + ", range", "web2", "192.0.2.1:25000", "web2 10.90.0.1"},
        {self, "far", "198.51.100.1:8100", "far 10.91.1.1"},
        {neighbour, "web2", "192.0.2.1:8080", "web1 10.90.0.1"},
        {neighbour, "web2", "10.90.0.1:8080", "web1 10.90.0.1"},
        {neighbour, "web1", "198.51.100.1:8090", "web2 10.90.0.1"},
        {neighbour + ", range", "web2", "192.0.2.1:9002", "web1 10.90.0.1"},
        {neighbour + ", range", "web2", "10.90.0.1:9100", "web1 10.90.0.1"},
        {neighbour + ", range", "web1", "10.90.0.1:29999", "web2 10.90.0.1"},
        {neighbour + ", range on one host address", "web2", "192.0.2.1:9202", "web1 10.90.0.1"},
        {neighbour + ", in fragments", "web2", "192.0.2.1:8080", "web1 10.90.0.1", "udp", "", 4000},
        {other, "far", "192.0.2.1:8080", "web1 10.91.1.11"},
        {other, "far", "10.91.1.1:8080", "web1 10.91.1.11"},
        {other, "web1", "10.90.0.1:8100", "far 10.90.0.11"},
        {other, "web1", "198.51.100.1:8100", "far 10.90.0.11"},
        {other + ", range", "far", "10.91.1.1:20000", "web2 10.91.1.11"},
        {other + ", range", "far", "192.0.2.1:9102", "web1 10.91.1.11"},
    };
}

std::vector<Row> rows_of_lan() {
    const std::string loopback = "LAN -> port published on 127.0.0.1: no";
    const std::string crafted = "LAN -> host's 127.0.0.0/8, crafted: no";
    const std::string lan = "LAN -> LAN through this host: no";
    const std::vector<Row> rows = {
        {loopback, "client", "192.0.2.1:8081", "refused"},
        {loopback, "web2", "10.90.0.1:8081", "refused"},
        {lan, "client", "198.51.100.2:80", "silence"},
        {lan, "other", "192.0.2.2:80", "silence"},
        {lan, "client", "198.51.100.2", "silence", "icmp"},
        {"frames on a bridge of the operator's: as ever", "left", "10.99.0.2:80",
         "right 10.99.0.1"},
    };
    return joined(rows,
                  of(Families::ipv4, {{loopback + ", crafted", "evil", "127.0.0.1:8081", "silence"},
                                      {crafted, "evil", "127.0.0.1:8080", "silence"},
                                      {crafted, "evil", "127.0.0.1:7778", "silence"},
                                      {crafted, "evil", "127.0.0.1:7777", "silence"},
                                      {crafted + " (as source)", "evil", "203.0.113.1:7777",
                                       "silence", "udp", "127.0.0.1"}}));
}

std::vector<Row> rows_kept_apart() {
    const std::string apart = "icc=false: container -> its neighbour: no";
    const std::string published = "icc=false: container -> its neighbour's published port";
    const std::string rest = "icc=false: everything else as ever";
    return {
        {apart, "lone1", "10.91.3.12:80", "silence"},
        {apart, "lone2", "10.91.3.11:80", "silence"},
        {apart, "lone1", "10.91.3.12", "silence", "icmp"},
        {apart + ", routed back out of the bridge", "lone1", "10.91.3.13:80", "silence"},
        {published, "lone1", "192.0.2.1:8120", "lone2 10.91.3.1"},
        {published, "lone1", "10.91.3.1:8120", "lone2 10.91.3.1"},
        {published + " (its own)", "lone1", "10.91.3.1:8110", "lone1 10.91.3.1"},
        {rest, "lone1", "198.51.100.2:80", "other 198.51.100.1"},
        {rest, "lone1", "10.91.3.1:7777", "host 10.91.3.11"},
        {rest, "lone1", "192.0.2.1:8080", "web1 10.91.3.11"},
        {rest, "client", "192.0.2.1:8110", "lone1 192.0.2.2"},
        {rest, "lone1", "10.90.0.11:80", "silence"},
    };
}

std::vector<Row> rows_of_isolation() {
    const std::string no_host = "host_access=false: container -> host beyond DNS: no";
    const std::string no_host_else = "host_access=false: everything else as ever";
    const std::string open = "isolate=false: container -> another such network";
    const std::string half = "isolate=false on one side alone: no";
    const std::string strict = "isolate=strict: not through published ports either";
    const std::string strict_else = "isolate=strict: everything else as ever";
    const std::string outbound = "outbound address of the network's own";
    return {
        {no_host, "sealed", "10.91.4.1:7777", "silence"},
        {no_host, "sealed", "192.0.2.1:7777", "silence"},
        {no_host, "sealed", "10.91.4.1", "silence", "icmp"},
        {no_host_else, "sealed", "10.91.4.1:53", "host 10.91.4.11"},
        {no_host_else, "sealed", "198.51.100.2:80", "other 198.51.100.1"},
        {no_host_else, "sealed", "192.0.2.1:8080", "web1 10.91.4.11"},
        {no_host_else, "host", "10.91.4.11:80", "sealed 10.91.4.1"},
        {open, "open1", "10.91.6.11:80", "open2 10.91.5.11"},
        {open, "open2", "10.91.5.11", "echo", "icmp"},
        {half, "web1", "10.91.6.11:80", "silence"},
        {half, "open1", "10.90.0.11:80", "silence"},
        {strict, "web1", "192.0.2.1:8130", "silence"},
        {strict, "strict", "192.0.2.1:8080", "silence"},
        {strict, "strict", "10.90.0.11:80", "silence"},
        {strict_else, "client", "192.0.2.1:8130", "strict 192.0.2.2"},
        {strict_else, "strict", "192.0.2.1:8130", "strict 10.91.7.1"},
        {strict_else, "strict", "198.51.100.2:80", "other 198.51.100.1"},
        {strict_else, "host", "10.91.7.11:80", "strict 10.91.7.1"},
        {strict_else + ", icc=false", "aloof2", "192.0.2.1:8140", "aloof1 10.91.9.1"},
        {strict + ", icc=false", "web1", "192.0.2.1:8140", "silence"},
        {strict + ", icc=false", "aloof2", "10.91.9.11:80", "silence"},
        {outbound, "sender", "198.51.100.2:80", "other 198.51.100.9"},
        {outbound, "sender", "198.51.100.2", "echo", "icmp"},
    };
}

} // namespace

const std::vector<Row>& all_rows() {
    static const std::vector<Row> all = [] {
        std::vector<Row> rows;
        for (const auto& part :
             {rows_between_containers(), rows_outwards(), rows_of_internal(), rows_to_host(),
              rows_from_outside(), rows_of_mappings(), rows_from_host(), rows_of_hairpin(),
              rows_of_lan(), rows_kept_apart(), rows_of_isolation()}) {
            rows.insert(rows.end(), part.begin(), part.end());
        }
        return rows;
    }();
    return all;
}

std::optional<Row> row_in(const Row& row, int family) {
    const auto other = family == AF_INET ? Families::ipv6 : Families::ipv4;
    if (row.families == other) {
        return std::nullopt;
    }
    Row result = row;
    result.to = in_family(row.to, family);
    result.answer = in_family(row.answer, family);
    return result;
}

std::vector<Row> rows_of(int family) {
    std::vector<Row> rows;
    for (const auto& row : all_rows()) {
        if (auto one = row_in(row, family)) {
            rows.push_back(std::move(*one));
        }
    }
    return rows;
}

} // namespace ocinet::test
