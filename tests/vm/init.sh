#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The guest's first process, once the machine's tree is its root: mounts what a system has, runs the command, leaves its
# words and its status in the shared directory, and switches the guest off. `shared` and `modules` come from the kernel's
# command line.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
export OCINET_GUEST=1 # nothing here can be harmed
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t cgroup2 cgroup /sys/fs/cgroup
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm /dev/mqueue /dev/net
mount -t devpts -o gid=5,mode=620 pts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t mqueue mqueue /dev/mqueue
mount -t tmpfs -o mode=755 run /run
mkdir /run/netns /run/lock
for link in fd:/proc/self/fd stdin:/proc/self/fd/0 stdout:/proc/self/fd/1 stderr:/proc/self/fd/2; do
    ln -sf "${link#*:}" "/dev/${link%%:*}"
done
mkdir -p /lib/modules
ln -sfn "$modules/$(uname -r)" /lib/modules/
ip link set lo up
: >/dev/first-netns # where hardware appears, for tests that are in others
mount --bind /proc/self/ns/net /dev/first-netns
# Loaded here: whoever needs them lives in a namespace of its own, from where not all of them are loaded; and a hook that
# waits for many to come from a slow disk does not meet its deadline.
modprobe -a 8021q act_mirred br_netfilter bridge cls_u32 ifb ipvlan macvlan nf_tables nft_chain_nat nft_ct nft_fib_inet \
    nft_masq sch_ingress sch_tbf sctp veth vrf
bash "$shared/command" </dev/null >"$shared/words" 2>&1
echo $? >"$shared/status.new"
mv "$shared/status.new" "$shared/status"
sync
busybox poweroff -f
