#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The guest's first process, in the initrd: the machine's tree, read-only below a tmpfs, becomes the root. A module that
# is loaded already, because two others need it, is no failure.
busybox=/bin/busybox
options=trans=virtio,version=9p2000.L,msize=512000
$busybox mount -t proc proc /proc
$busybox mount -t devtmpfs dev /dev
for module in /modules/*; do
    $busybox insmod "$module" 2>/dev/null
done
$busybox mount -t 9p -o "ro,$options,cache=loose" tree /lower &&
    $busybox mount -t tmpfs upper /upper &&
    $busybox mkdir /upper/changes /upper/work &&
    $busybox mount -t overlay -o lowerdir=/lower,upperdir=/upper/changes,workdir=/upper/work merged /merged &&
    $busybox mount -t 9p -o "$options" shared "/merged$shared" &&
    $busybox umount /dev &&
    $busybox umount /proc &&
    exec $busybox switch_root /merged /bin/bash "$next"
echo "the guest cannot mount the machine's tree"
$busybox poweroff -f
