#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# docs.sh SRCDIR [--update]: the manual pages against the tables of the program: options with their defaults,
# commands, subcommands, keys of queries, roles of colours.  The list of commands in cursus.1, with the default
# keys, stands between two marks and is made from the tables; --update writes it anew.
cd "${1:-.}" || exit 1
status=0
work=$(mktemp -d "${TMPDIR:-/tmp}/cursus-docs.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
bad() { echo "docs: $*"; status=1; }

# Rows of commands, one a line: name, aliases, arguments, help, with a character between that none of them has.
us=$(printf '\037')
rows() {
    cat "$@" | tr '\n' ' ' | sed 's/"  *"//g' |
        grep -oE '\{ "[a-z0-9-]+", +(NULL|"[^"]*"), +[A-Z_|() ]+, +"[^"]*", +-?[0-9]+, +-?[0-9]+, +N_\("[^"]*"\)' |
        sed -E 's/^\{ "([a-z0-9-]+)", +(NULL|"[^"]*"), +[A-Z_|() ]+, +"([^"]*)", +-?[0-9]+, +-?[0-9]+, +N_\("([^"]*)"\)$/\1'"$us"'\2'"$us"'\3'"$us"'\4/' |
        sed -E "s/${us}NULL${us}/${us}${us}/; s/^([^$us]*)$us\"([^\"]*)\"/\1$us\2/"
}
names() { rows "$@" | cut -d"$us" -f1 | sort; }

# The default keys of a command: "j, <down>".
keys_of() {
    sed -n 's/^ *"bind [a-z,]* \([^ ]*\) '"$1"'\\n".*/\1/p' src/ui/default-keys.c | awk '!seen[$0]++' | tr '\n' ' ' |
        sed "s/';'/;/; s/ \$//; s/ /, /g"
}
troff() { sed 's/\\/\\e/g; s/-/\\-/g; s/"/""/g'; }

reference() {
    rows src/action/*.c src/ui/commands-*.c | sort -t"$us" -k1,1 | while IFS=$us read -r name aliases args help; do
        echo .TP
        { printf '.BR %s' "$name"; [ -z "$args" ] || printf ' " %s"' "$args"; echo; } | sed 's/-/\\-/g'
        printf '%s' "$help" | troff
        keys=$(keys_of "$name")
        [ -z "$keys" ] || printf '; %s' "$keys" | troff
        echo .
        [ -z "$aliases" ] || { printf 'Also: %s.\n' "$(echo "$aliases" | sed 's/ /, /g')" | sed 's/-/\\-/g'; }
    done
}

between() { sed -n '/^\.\\" begin '"$2"'$/,/^\.\\" end '"$2"'$/p' "$1" | sed '1d;$d'; }

reference >"$work/reference"
[ -s "$work/reference" ] || bad "no commands found in the sources"
if [ "${2:-}" = --update ]; then
    awk -v new="$work/reference" '/^\.\\" begin commands$/ { print; while ((getline line < new) > 0) print line; skip = 1 }
        /^\.\\" end commands$/ { skip = 0 } !skip { print }' doc/cursus.1 >"$work/page" &&
        awk '/^\.\\" begin commands$/ { if (seen++) next } { print }' "$work/page" >doc/cursus.1
fi
between doc/cursus.1 commands >"$work/written"
cmp -s "$work/reference" "$work/written" || {
    diff "$work/written" "$work/reference" | head -10
    bad "the commands of doc/cursus.1 are not those of the tables; run: sh tests/docs.sh . --update"
}

# Two sorted lists of names must agree.
agree() {
    comm -23 "$work/program" "$work/manual" | while read -r n; do echo "docs: $1 $n is not in $2"; done
    comm -13 "$work/program" "$work/manual" | while read -r n; do echo "docs: $2 has $1 $n, the program does not"; done
    cmp -s "$work/program" "$work/manual" || status=1
    [ -s "$work/program" ] || bad "no $1 found in the sources"
}
section() { awk -v want="$2" '/^\.SH /{ on = ($0 == ".SH " want) } on' "$1"; }

names src/command/language.c src/conf/*.c >"$work/program"
sed -n 's/^\.SS \([a-z][a-z-]*\).*/\1/p' doc/cursus.5 | sort >"$work/manual"
agree command doc/cursus.5

# Options: "name (default)".
tr '\n' ' ' <src/conf/options.c | grep -oE '\{ "[a-z-]+", OPTION_[A-Z]+, "[^"]*"' |
    sed -E 's/\{ "([a-z-]+)", OPTION_[A-Z]+, "([^"]*)"/\1 (\2)/; s/ \(\)$//' | sort >"$work/program"
{ section doc/cursus.5 OPTIONS; section doc/cursus.5 'ACCOUNT OPTIONS'; } | grep -A1 '^\.TP' |
    sed -nE 's/ columns\)"/)"/; s/^\.BR? ([a-z\\-]+)( "( \(.*\))")?$/\1\3/p' | sed 's/\\-/-/g' | sort >"$work/manual"
agree option doc/cursus.5

sed -n '/^static const term_row keys/,/^};/p' src/model/query-parse.c | grep -oE '\{ "[a-z]+"' | tr -dc 'a-z\n' |
    sort >"$work/program"
section doc/cursus.5 QUERIES | grep -E '^\.BI? ' | grep -oE '\b[a-z]+:' | tr -d : | sort -u >"$work/manual"
agree 'key of queries' doc/cursus.5

sed -nE 's/.*\[LOOK_[A-Z0-9_]+\] = \{ "([^"]+)".*/\1/p' src/ui/theme.c | sort >"$work/program"
section doc/cursus.5 COLOURS | sed -n '/^\.nf/,/^\.fi/p' | grep -v '^\.' | sed 's/\\-/-/g' | tr ' ' '\n' | sort >"$work/manual"
agree role doc/cursus.5

sed -n '/^const cli_subcommand cli_subcommands/,/^};/p' src/cli/subcommands.c |
    sed -nE 's/^ *\{ \.name = "([a-z-]+)",.*/\1/p' | sort >"$work/program"
section doc/cursus.1 SUBCOMMANDS | sed -nE 's/^\.SS ([a-z-]+).*/\1/p' | sort >"$work/manual"
agree subcommand doc/cursus.1

for page in doc/cursus.1 doc/cursus.5; do
    command -v groff >/dev/null 2>&1 || continue
    groff -man -Tutf8 -ww -z "$page" 2>"$work/warnings"
    [ -s "$work/warnings" ] && { cat "$work/warnings"; bad "$page is not clean"; }
done
[ $status -eq 0 ] && echo "docs: 1 passed, 0 failed"
exit $status
