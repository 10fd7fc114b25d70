#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run.sh KERNEL SECONDS COMMAND [ARGUMENT...]: runs a command in a guest under qemu, with a kernel that kernel.sh has
# unpacked into KERNEL; in this directory, with the machine's file system before it, of which it cannot change anything.
# The command's words and its status are this one's. 124: it was not done in time; 125: the guest died.
set -euo pipefail
kernel=$(realpath "$1") limit=$2 here=$(dirname "$(readlink -f "$0")")
shift 2
shared=$(mktemp -d "${TMPDIR:-/tmp}/guest.XXXXXX")
trap 'rm -rf "$shared"' EXIT
{
    printf 'cd %q\n' "$PWD"
    export -p | grep -E ' OCINET_[A-Z]+=' || :
    printf '%q ' "$@"
} >"$shared/command"

export_directory() { # TAG PATH [OPTION]
    printf '%s\n' -fsdev "local,id=$1,path=$2,security_model=none,multidevs=remap${3-}" \
        -device "virtio-9p-pci,fsdev=$1,mount_tag=$1"
}
mapfile -t directories < <(export_directory tree / ,readonly=on; export_directory shared "$shared")
# Not with KVM: a guest in a guest starts with some kernels and not with others. More than one processor is slower.
status=0
timeout --signal KILL "$limit" qemu-system-x86_64 -accel tcg,thread=multi -machine q35 -cpu max -m 2048 -nodefaults \
    -no-user-config -display none -no-reboot -serial "file:$shared/console" \
    -kernel "$kernel/vmlinuz" -initrd "$kernel/initrd" "${directories[@]}" \
    -append "console=ttyS0 loglevel=4 panic=-1 mitigations=off tsc=reliable no_timer_check shared=$shared \
next=$here/init.sh modules=$kernel/lib/modules" </dev/null >"$shared/qemu" 2>&1 || status=$?
[[ ! -e $shared/words ]] || cat "$shared/words"
[[ ! -e $shared/status ]] || exit "$(<"$shared/status")"
((status != 137)) || { echo "the guest was not done in $limit s" && exit 124; }
echo "the guest died:"
tail -n 25 "$shared/console" "$shared/qemu"
exit 125
