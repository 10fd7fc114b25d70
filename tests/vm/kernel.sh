#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# kernel.sh VERSION DIR: Debian's kernel 6.1 or 6.12, downloaded from the mirror that apt uses and unpacked (not
# installed) into DIR: vmlinuz, lib/modules, and an initrd that leads to tests/vm/init.sh. Done once.
set -euo pipefail
version=$1 dir=$(realpath -m "$2") here=$(dirname "$(readlink -f "$0")")
[[ ! -e $dir/initrd ]] || exit 0
case $version in
    6.1) suite=bookworm ;;
    6.12) suite=trixie ;;
    *) echo "kernel.sh: there is 6.1 and 6.12" >&2 && exit 2 ;;
esac
rm -rf "$dir"
mkdir -p "$dir"/apt/{lists/partial,cache/archives/partial} "$dir"/root/{bin,modules,proc,dev,lower,upper,merged}
cd "$dir"

# ---- The package, by an apt of its own: the machine's lists stay as they are
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | head -n 1)
echo "deb $mirror $suite main" >apt/sources.list
apt=(-qq -o APT::Sandbox::User=root -o "Dir::Etc::SourceList=$dir/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o "Dir::State::Lists=$dir/apt/lists" -o "Dir::Cache=$dir/apt/cache")
apt-get "${apt[@]}" update
image=$(apt-cache "${apt[@]}" depends linux-image-amd64 | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
apt-get "${apt[@]}" download "$image"
dpkg -x linux-image-*.deb tree
mkdir lib
mv tree/lib/modules lib/ 2>/dev/null || mv tree/usr/lib/modules lib/ # since the merge of /usr
mv tree/boot/vmlinuz-* vmlinuz
release=$(ls lib/modules)
depmod -b . "$release"

# ---- The initrd: what mounts the machine's tree needs modules, which no Debian kernel has built in
copied=0
# copy MODULE-FILE: those that it needs first.
copy() {
    local needed target
    for needed in $(sed -n "s|^$1: ||p" "lib/modules/$release/modules.dep"); do
        copy "$needed"
    done
    target=$(printf 'root/modules/%02d.ko' "$copied")
    ((++copied))
    case $1 in
        *.xz) xz -dc "lib/modules/$release/$1" >"$target" ;;
        *.zst) zstd -qdc "lib/modules/$release/$1" >"$target" ;;
        *) cp "lib/modules/$release/$1" "$target" ;;
    esac
}
for name in virtio_pci 9p 9pnet_virtio overlay; do
    file=$(sed -n "s|^\([^:]*/$name\.ko[^:]*\):.*|\1|p" "lib/modules/$release/modules.dep")
    [[ -z $file ]] || copy "$file" # else it is built in
done
cp "$(command -v busybox)" root/bin/busybox
cp "$here/initrd.sh" root/init
(cd root && find . | cpio -o -H newc --quiet) >initrd.new
rm -rf apt tree root linux-image-*.deb
mv initrd.new initrd
