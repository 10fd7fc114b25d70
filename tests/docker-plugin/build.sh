#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# build.sh PROGRAM: builds the plugins of Docker's that tests run, with the library that Debian has since 13, downloaded
# from the mirror that apt uses and unpacked (not installed) beside PROGRAM. Done once.
set -euo pipefail
program=$(realpath -m "$1") here=$(dirname "$(readlink -f "$0")")
[[ ! $program -nt $here/main.go ]] || exit 0
library=$program.library
mkdir -p "$library"/apt/{lists/partial,cache/archives/partial}
cd "$library"

# By an apt of its own: the machine's lists stay as they are.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | head -n 1)
echo "deb $mirror trixie main" >apt/sources.list
apt=(-qq -o APT::Sandbox::User=root -o "Dir::Etc::SourceList=$library/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o "Dir::State::Lists=$library/apt/lists" -o "Dir::Cache=$library/apt/cache")
if [[ ! -e usr ]]; then
    apt-get "${apt[@]}" update
    apt-get "${apt[@]}" download golang-github-docker-go-plugins-helpers-dev
    dpkg -x golang-github-docker-go-plugins-helpers-dev_*.deb .
fi

export GO111MODULE=off GOPATH=$library/usr/share/gocode:/usr/share/gocode GOCACHE=$library/cache CGO_ENABLED=0 GOFLAGS=
go build -o "$program" "$here/main.go"
