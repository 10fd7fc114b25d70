#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lint.sh CHECK: one check of the source tree (format, spdx, shell, tidy); silent and 0 when all is well.
# tidy wants the tree built in build/release. ./dev lint runs them all.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

# tree FIND-EXPRESSION...: files of the tree, sorted; not git's, since a release archive has no git.
tree() { find . \( -name .git -o -name build -o -name 'build-*' \) -prune -o -type f \( "$@" \) -print | sed 's|^\./||' | sort; }
sources() { tree -name '*.h' -o -name '*.cpp'; }

format() { sources | xargs -r clang-format-19 --dry-run -Werror; }

# Files whose format has no comments, or whose comments readers would see, are exempt.
spdx() {
    local file wrong=0
    while read -r file; do
        head -n 3 "$file" | grep -q 'SPDX-License-Identifier: GPL-2.0-or-later' && continue
        echo "$file: no SPDX line at its top"
        wrong=1
    done < <(tree ! -name '*.json' ! -name '*.md' ! -name LICENSE ! -name '.git*' ! -name .clang-format ! -path '*/data/*' ! -path '*/corpus/*')
    return "$wrong"
}

shell() {
    local file wrong=0
    while read -r file; do
        [[ $(head -n 1 "$file" | tr -d '\0') =~ ^\#!.*sh ]] || continue
        bash -n "$file" || wrong=1
    done < <(tree -size -1000k)
    return "$wrong"
}

# The state of everything that the compiler read for one file: unchanged since it was found clean means clean.
fingerprint() { # OUTPUT COMMAND
    local -a read_files
    mapfile -t read_files < <(ninja -C "$release" -t deps "$1" | sed -n 's/^    //p')
    # Never built: nothing is known of it.
    ((${#read_files[@]})) || { date +%N; return; }
    { echo "$2"; clang-tidy-19 --version; cat .clang-tidy; (cd "$release" && cat "${read_files[@]}"); } | sha256sum
}

tidy_one() { # FILE OUTPUT COMMAND
    local mark=$release/tidy/${1//\//,} state report
    state=$(fingerprint "$2" "$3")
    [[ ! -e $mark || $(<"$mark") != "$state" ]] || return 0
    # The database is written for g++, whose warnings clang does not all know.
    report=$(clang-tidy-19 --quiet -p "$release" --warnings-as-errors='*' --extra-arg=-Wno-unknown-warning-option "$1" 2>&1) ||
        # The notes are long where macros are, and clang-tidy run by hand tells them.
        { awk '/: (error|warning): /{ shown = 1 } /: note: |^[0-9]+ warning|^Suppressed /{ shown = 0 } shown' <<<"$report"; return 1; }
    echo "$state" >"$mark"
}

# Every third record of three lines, another third for another seed.
sample() { awk -v first=$((${OCINET_SEED:-0} % 3)) 'int((NR - 1) / 3) % 3 == first'; }

# All files, of the tests too, in ./dev lint and ./dev test --long; else a third of the product's, which takes three
# minutes.
tidy() {
    export release=build/release
    local tests_too=true chosen=cat
    [[ ${OCINET_TESTS:-long} == long ]] || { tests_too=false chosen=sample; }
    export -f tidy_one fingerprint
    mkdir -p "$release/tidy"
    # xargs also says 123 when one of the commands failed.
    jq -r --arg top "$PWD/" --argjson tests_too "$tests_too" 'unique_by(.file)[] | (.file | ltrimstr($top)) as $file
            | select($file | startswith("/") or startswith("build/") | not)
            | select($tests_too or ($file | startswith("tests/") | not)) | $file, (.command | capture(" -o (?<output>[^ ]+)").output), .command' \
        "$release/compile_commands.json" | "$chosen" |
        xargs -d '\n' -r -n 3 -P "$(nproc)" bash -c 'tidy_one "$@"' bash
}

case ${1:-} in
    format | spdx | shell | tidy) "$1" ;;
    *) echo "usage: lint.sh format|spdx|shell|tidy" >&2 && exit 2 ;;
esac
