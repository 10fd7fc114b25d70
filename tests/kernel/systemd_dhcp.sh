#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# systemd_dhcp.sh PREFIX: boots a systemd in namespaces of its own, and below it runs a real container whose address
# DHCP gives. Only in a guest: nobody knows all that a distribution's systemd does first.
set -euo pipefail
prefix=$1 self=$(readlink -f "$0")

fail() { echo "FAIL $*" && exit 1; }
# until_true COMMAND...: asks again and again, for a minute.
until_true() {
    local tries=0
    until "$@" >/dev/null 2>&1; do
        ((++tries < 300)) || fail "never true: $*"
        sleep 0.2
    done
}

# ---- Outside, and as systemd

if [[ ${2-} == "" ]]; then
    rm -f /dev/shm/systemd.{out,status}
    unshare --net --mount --propagation private --pid --fork --kill-child --mount-proc bash "$self" "$prefix" boot \
        </dev/null >/dev/shm/systemd.console 2>&1 &
    until_true test -e /dev/shm/systemd.status
    cat /dev/shm/systemd.out
    kill -9 %1
    exit "$(</dev/shm/systemd.status)"
elif [[ $2 == boot ]]; then
    mount -t tmpfs -o mode=755 tmpfs /run
    mkdir -p /run/systemd/system /run/lock /run/netns
    ln -s /dev/null /run/systemd/system/systemd-tmpfiles-setup.service # it empties /tmp, where others are at work
    cat >/run/systemd/system/container.service <<UNIT
[Service]
Type=oneshot
ExecStart=/bin/bash -c '/bin/bash $self $prefix container >/dev/shm/systemd.out 2>&1; echo \$? >/dev/shm/systemd.new; mv /dev/shm/systemd.new /dev/shm/systemd.status'
UNIT
    export container=other
    exec /lib/systemd/systemd --system --unit=container.service --show-status=0
fi

# ---- Inside, as a service

ip netns add router
ip link add lan0 type veth peer name lan0 netns router
ip link set lan0 up
ip -n router link set lan0 up
ip -n router address add 192.0.2.1/24 dev lan0
mkdir -p /etc/ocinet/networks
echo '{"driver":"macvlan","network_interface":"lan0","ipam_options":{"driver":"dhcp"}}' >/etc/ocinet/networks/lan.json
ip netns exec router dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --interface=lan0 --bind-interfaces \
    --user=root --pid-file= --dhcp-authoritative --no-ping --log-facility=- --leasefile-ro \
    --dhcp-range=192.0.2.50,192.0.2.59,2m >/run/dnsmasq 2>&1 &
until_true grep -q "sockets bound" /run/dnsmasq

mkdir -p /run/bundle/rootfs/bin
cd /run/bundle
cp "$(command -v busybox)" rootfs/bin/
runc spec
# A minute: everything takes long here.
jq --arg hook "$prefix/libexec/ocinet/ocinet-hook" '.process.args = ["/bin/busybox", "sleep", "1000"]
    | .process.terminal = false | .annotations = {"io.ocinet.network": "lan"} | del(.linux.resources)
    | .hooks = {createRuntime: [{path: $hook, args: ["ocinet-hook", "--deadline", "60", "createRuntime"]}],
                poststop: [{path: $hook, args: ["ocinet-hook", "poststop"]}]}' config.json >changed
mv changed config.json
runc --root /run/runc run -d c1 </dev/null

lease=/run/ocinet/dhcp/c1/eth0.json
client() { jq -r .client.pid $lease; }
first=$(client)
unit=$(systemctl list-units --plain --no-legend 'ocinet-dhcp-*' | cut -d ' ' -f 1)
[[ $(systemctl show -P MainPID "$unit") == "$first" ]] || fail "the client is not the unit's"
[[ $(systemctl show -P Transient "$unit") == yes ]] || fail "the unit is not transient"
grep -q "system.slice/$unit" "/proc/$first/cgroup" || fail "the client lives in another control group"

kill -9 "$first"
is_another() { [[ $(client) != "$first" ]]; }
until_true is_another
until_true "$prefix/bin/ocinet" check c1

runc --root /run/runc kill c1 KILL
until_true bash -c '[[ $(runc --root /run/runc state c1 | jq -r .status) == stopped ]]'
runc --root /run/runc delete c1
until_true grep -q DHCPRELEASE /run/dnsmasq
[[ -z $(systemctl list-units --all --plain --no-legend 'ocinet-*') ]] || fail "a unit is left"
[[ ! -e $lease ]] || fail "the lease is left"
echo "address, restart and release under systemd"
