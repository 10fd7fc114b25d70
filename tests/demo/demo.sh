#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# demo.sh PREFIX: a runc container gets its network from PREFIX's ocinet-hook, is used, and leaves no trace.
# All of it happens in network, mount and process namespaces made here: when they end, so does everything in them.
set -Eeuo pipefail

demo_dir=$(dirname "$(readlink -f "$0")")
page="a page served by the container, visit $RANDOM"
answer="an answer from the server outside, number $RANDOM"
bold='' dim='' green='' red='' plain=''
if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
    bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
fi

# ---- The frame: how the demo speaks, runs things, and stops at the first thing that is not so

step_number=0
step() { printf '\n%s%d  %s%s\n' "$bold" $((++step_number)) "$1" "$plain"; }
note() { printf '   %s\n' "$1"; }
indent() { sed 's/^/   /'; }
prompt() { printf '   %s%s$%s %s\n' "$dim" "$1" "$plain" "$2"; }
holds() { printf '   %sok:%s %s\n' "$green" "$plain" "$1"; }

fail() {
    printf '   %snot so:%s %s\n' "$red" "$plain" "$1"
    [[ -z ${2:-} ]] || tail -n 20 "$2" | indent
    exit 1
}

# at WHO COMMAND...: runs it in that namespace; the time limit turns a network that swallows packets into a failure.
# Nothing may read the terminal: timeout puts its command in the background of it, where that would stop it.
at() {
    local who=$1
    shift
    case $who in
        host) timeout 10 "$@" </dev/null ;;
        client) nsenter --target "$client" --net timeout 5 "$@" </dev/null ;;
        server) nsenter --target "$server" --net timeout 5 "$@" </dev/null ;;
        container) timeout 5 runc exec "$id" "$@" </dev/null ;;
    esac
}

# show WHO COMMAND...: the command as a person would type it, then what it really said, which stays in $out.
show() {
    prompt "$1" "${*:2}"
    local status=0
    out=$(at "$@" 2>&1) || status=$?
    [[ -z $out ]] || indent <<<"$out"
    [[ $status == 0 ]] || fail "this command failed ($status)" "$work/container.log"
}

# soon WHAT COMMAND...: waits up to 5 s for something that another process is about to do.
soon() {
    local tries=100
    until "${@:2}" >/dev/null 2>&1; do
        ((tries--)) || fail "$1 within 5 s" "$work/container.log"
        sleep 0.05
    done
}

listens() { grep -qE "^ *[0-9]+: [0-9A-F]+:$(printf %04X "$2") [0-9A-F]+:0000 0A" "/proc/$1/net/tcp" "/proc/$1/net/tcp6"; }
elsewhere() { [[ $(readlink "/proc/$1/ns/net") != "$(readlink /proc/self/ns/net)" ]]; }

# ---- The host, its two neighbours, and a bundle

# neighbour NAME LINK OUR_ADDRESS ADDRESS: a network namespace at the other end of a cable; $! is its process.
neighbour() {
    unshare --net sleep infinity &
    local pid=$!
    printf -v "$1" %s "$pid"
    soon "the namespace of the $1 did not come up" elsewhere "$pid"
    ip link add "$2" type veth peer name eth0 netns "$pid"
    [[ ! -d /proc/sys/net/ipv6 ]] || echo 1 >"/proc/sys/net/ipv6/conf/$2/disable_ipv6"
    ip address add "$3/24" dev "$2"
    ip link set "$2" up
    nsenter --target "$pid" --net ip address add "$4/24" dev eth0
    nsenter --target "$pid" --net ip link set eth0 up
}

make_host() {
    [[ $(readlink /proc/self/ns/net) != "$machine_netns" && -z $(ip -o link show up) ]] ||
        { echo "demo: this is not a fresh network namespace: nothing done" >&2; exit 1; }
    mount -t tmpfs -o mode=755 tmpfs /run
    # A network file of the machine must not change what is shown here.
    [[ ! -d /etc/ocinet ]] || mount -t tmpfs -o mode=755 tmpfs /etc/ocinet
    mkdir -p "$work/bin" "$work/outside"
    ln -s "$(command -v busybox)" "$work/bin/wget"
    ip link set lo up
    # A host that forwards already; otherwise ocinet turns it on, and then leaves it on with a guard against strangers.
    echo 1 >/proc/sys/net/ipv4/ip_forward
    neighbour client lan0 192.0.2.1 192.0.2.2
    neighbour server wan0 198.51.100.1 198.51.100.2
    echo "$answer" >"$work/outside/index.html"
    nsenter --target "$server" --net busybox httpd -f -v -p 80 -h "$work/outside" 2>"$work/server.log" &
    soon "the server does not listen" listens "$server" 80
}

make_bundle() {
    local rootfs=$work/bundle/rootfs applet
    mkdir -p "$rootfs/bin" "$rootfs/proc" "$rootfs/dev" "$rootfs/www"
    cp "$(readlink -f "$(command -v busybox)")" "$rootfs/bin/busybox"
    for applet in sh httpd wget ip; do
        ln -s busybox "$rootfs/bin/$applet"
    done
    echo "$page" >"$rootfs/www/index.html"
    sed "s|@ID@|$id|; s|@HOOK@|$prefix/libexec/ocinet/ocinet-hook|" "$demo_dir/config.json" >"$work/bundle/config.json"
}

# Everything that a container's network may have changed; empty lock files are no state.
state_files() { find /run/ocinet -mindepth 2 ! -type d 2>/dev/null || true; }
snapshot() {
    ip -br link | awk '{ print "link", $1, $3 }'
    ip -br address | awk '{ $2 = ""; print "address", $0 }'
    ip route show table all | sed 's/^/route /'
    ip rule | sed 's/^/rule /'
    nft --stateless list ruleset | sed 's/^/nft /'
    state_files | sed 's/^/file /'
    # Some of these cannot be read, which is no error.
    grep -rs '' /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf /proc/sys/net/ipv6/conf | sed 's/^/sysctl /' || true
}

# ---- What is shown

show_host() {
    step "A host of its own, with a client on one side and a server on the other"
    show host ip -br address
    note "client 192.0.2.2, server 198.51.100.2; neither has a route to the containers' 10.90.0.0/16"
    snapshot >"$work/before"
}

show_plan() {
    step "What the bundle asks for, and what the hook will do for it, as commands (nothing is done yet)"
    prompt host "grep io.ocinet bundle/config.json"
    grep io.ocinet "$work/bundle/config.json" | indent
    show host ocinet plan bundle
    snapshot | cmp -s "$work/before" - || fail "ocinet plan changed something"
}

show_start() {
    step "runc starts the container; its createRuntime hook gives it the network"
    prompt host "runc run --detach --bundle bundle $id"
    # To a file, not to a pipe: the container's server inherits it and lives on.
    timeout 30 runc run --detach --bundle bundle "$id" </dev/null >"$work/container.log" 2>&1 ||
        fail "runc run failed" "$work/container.log"
    soon "the container's server does not listen" listens "$(container_pid)" 80
    show container ip -4 address show dev eth0
    show container ip route
    address=$(at container ip -4 -o address show dev eth0 | sed -n 's/.* inet \([0-9.]*\).*/\1/p')
    [[ $address == 10.90.* ]] || fail "the container has no address of 10.90.0.0/16"
}
container_pid() { runc state "$id" | sed -n 's/.*"pid": \([0-9]*\).*/\1/p'; }

show_published_port() {
    step "The client fetches the container's page through the published port"
    show client wget -qO- http://192.0.2.1:8080/
    [[ $out == "$page" ]] || fail "that is not the container's page, which is: $page"
    soon "the container's server logged no request of 192.0.2.2" grep -q '192\.0\.2\.2.*response:200' "$work/container.log"
    holds "the container's page; its server saw the client's own address: $(logged "$work/container.log")"
}

show_masquerade() {
    step "The container reaches the server outside, through masquerade"
    show container wget -qO- http://198.51.100.2/
    [[ $out == "$answer" ]] || fail "that is not the server's answer, which is: $answer"
    soon "the server logged no request of the host, 198.51.100.1" grep -q '198\.51\.100\.1.*response:200' "$work/server.log"
    ! grep -qF "$address" "$work/server.log" || fail "the server saw the container's own address" "$work/server.log"
    holds "the server's answer; the server saw the host, not $address: $(logged "$work/server.log")"
}
# The last answered request in the log of busybox httpd, which writes IPv4 peers as [::ffff:192.0.2.2]:port
logged() { grep 'response:200' "$1" | tail -n 1 | sed 's/\[::ffff:\([0-9.]*\)\]/\1/'; }

show_holdings() {
    step "What the host holds for it: links, firewall elements, a record, a lease, a port"
    show host ip -br link show type veth
    show host ip -br link show type bridge
    prompt host "nft list ruleset | grep $id"
    nft list ruleset | grep -F "$id" | sed 's/^[[:space:]]*/   /' || fail "no firewall element bears the container's name"
    prompt host "find /run/ocinet -mindepth 2 ! -type d"
    state_files | indent
    [[ -n $(state_files) ]] || fail "there is no record of the container"
}

show_end() {
    step "The container ends; its poststop hook takes everything away again"
    show host runc delete --force "$id"
    show host ip -br link
    show host nft list ruleset
    prompt host "find /run/ocinet -mindepth 2 ! -type d"
    state_files | indent
    snapshot >"$work/after"
    diff "$work/before" "$work/after" >"$work/difference" ||
        { head -n 20 "$work/difference" | indent; fail "this is left, or changed"; }
    holds "links, addresses, routes, nft rules and elements, records, leases and sysctls: all exactly as before the container"
}

inside() {
    trap 'runc delete --force "$id" >/dev/null 2>&1 || true' EXIT
    trap 'fail "stopped at: $BASH_COMMAND"' ERR
    local started=${EPOCHREALTIME/[.,]/}
    work=/run/demo
    export PATH=$prefix/bin:$work/bin:$PATH
    make_host
    make_bundle
    cd "$work"
    show_host
    show_plan
    show_start
    show_published_port
    show_masquerade
    show_holdings
    show_end
    local tenths=$(((${EPOCHREALTIME/[.,]/} - started) / 100000))
    printf '\n%sIt works%s, in %d.%d s; nothing outside these namespaces was touched.\n' "$bold" "$plain" $((tenths / 10)) $((tenths % 10))
}

# The container's cgroup is the one thing that no namespace hides; runc removes it, and so do we if runc was killed.
remove_cgroups() {
    local tries=20
    until [[ -z $(find /sys/fs/cgroup -maxdepth 2 -type d -name "$id" 2>/dev/null) ]] || ((tries-- == 0)); do
        find /sys/fs/cgroup -maxdepth 2 -type d -name "$id" -exec rmdir {} + 2>/dev/null || sleep 0.05
    done
}

outside() {
    local tool
    for tool in runc busybox nft ip unshare nsenter; do
        command -v "$tool" >/dev/null || { echo "demo: $tool is missing; sudo ./dev demo installs it" >&2; exit 1; }
    done
    [[ $(id -u) == 0 ]] || { echo "demo: must be root, to make namespaces: sudo ./dev demo" >&2; exit 1; }
    id=ocinet-demo-$$
    trap remove_cgroups EXIT
    unshare --net --mount --propagation private --pid --fork --kill-child --mount-proc \
        env -i PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM="${TERM:-dumb}" NO_COLOR="${NO_COLOR:-}" \
        bash "$0" "$prefix" "$id" "$(readlink /proc/self/ns/net)" &
    # With unshare goes its child, and with that, as the first of its process namespace, everything in there.
    trap 'exec 2>/dev/null; kill -KILL $!; exit 130' INT TERM HUP
    wait $!
}

prefix=$(readlink -f "${1:?usage: demo.sh PREFIX}")
if (($# == 1)); then
    outside
else
    id=$2 machine_netns=$3
    inside
fi
