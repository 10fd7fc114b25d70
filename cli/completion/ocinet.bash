# SPDX-License-Identifier: GPL-2.0-or-later
# Completion of ocinet for bash; needs nothing but bash itself. A test compares it with `ocinet --help`.

_ocinet_verbs="network ps inspect port plan check doctor overlay reload gc"
_ocinet_network_verbs="create ls inspect rm prune exists"
_ocinet_overlay_verbs="forget"

# The options of a verb.
_ocinet_options() {
    case $1 in
        network\ create) echo "--driver --subnet --gateway --ip-range --internal --ipv6 --disable-dns --opt --label \
            --route --interface-name --ipam-driver --ignore --json" ;;
        network\ ls) echo "--quiet --json" ;;
        network\ prune) echo "--force --json" ;;
        network\ *) echo "--json" ;;
        ps) echo "--quiet --no-trunc --json" ;;
        plan) echo "--id --pid --network --publish --name --json" ;;
        check) echo "--repair --json" ;;
        doctor) echo "--fix --undo --json" ;;
        gc) echo "--dry-run --forget --json" ;;
        overlay\ *) ;;
        inspect | port | reload) echo "--json" ;;
        *) echo "--version" ;;
    esac
}

# The words that a verb takes beside its options.
_ocinet_words() {
    case $1 in
        "") echo "$_ocinet_verbs" ;;
        network) echo "$_ocinet_network_verbs" ;;
        overlay) echo "$_ocinet_overlay_verbs" ;;
        network\ inspect | network\ rm | network\ exists) ocinet network ls --quiet 2>/dev/null ;;
        inspect | port | check) ocinet ps --quiet 2>/dev/null ;;
    esac
}

_ocinet() {
    local current=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]}
    ((COMP_CWORD > 1)) || verb=
    if [[ $verb == network || $verb == overlay ]] && ((COMP_CWORD > 2)); then
        verb="$verb ${COMP_WORDS[2]}"
    fi
    if [[ $verb == plan && $current != -* ]]; then
        mapfile -t COMPREPLY < <(compgen -d -- "$current")
        return
    fi
    local words
    words=$(_ocinet_words "$verb")
    [[ $current != -* ]] || words="$(_ocinet_options "$verb") --help"
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _ocinet ocinet
