#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# figures.sh BUILDDIR [LOG]: runs the tests there and puts their numbers and times into doc/testing.md.  LOG: what a
# `make check` has printed already (contrib/check keeps it as gcc-tests.log); then there are no times a group.
set -u
source=$(cd "$(dirname "$0")/.." && pwd)
build=${1:?build directory}
log=${2:-}
doc=$source/doc/testing.md
dir=$(mktemp -d "${TMPDIR:-/tmp}/cursus-figures.XXXXXX") || exit 1
rows=$dir/rows
trap 'rm -rf "$dir"' EXIT
[ -n "$log" ] || make -C "$build" -s check-programs >/dev/null || exit 1
echo '| group | tests | seconds |' >"$rows"
echo '|---|---|---|' >>"$rows"
for group in layers docs po unit dialogue cli mail screen settings live fault; do
    [ $group = unit ] || [ -e "$source/tests/$group/run.sh" ] || [ -e "$source/tests/$group.sh" ] || continue
    start=$(date +%s)
    if [ -n "$log" ]; then
        cp "$log" "$dir/$group"
    else
        make -C "$build" -s check T=$group >"$dir/$group" 2>&1
    fi
    line=$(sed -n "s/^$group: \([0-9]*\) passed, \([0-9]*\) failed\(.*\)/\1 passed, \2 failed\3/p" "$dir/$group" | tail -n 1)
    seconds=$(($(date +%s) - start))
    [ -z "$log" ] || seconds=-
    echo "| $group | ${line:-did not run} | $seconds |" >>"$rows"
done

# table FIRST-CELL GROUP: a table that a test of the group printed.
table() {
    sed -n "/^     | $1 |/,/^[^ ]/s/^     |/|/p" "$dir/$2"
}

# lines GROUP PATTERN: what a test noted.
lines() {
    sed -n "s/^ *\($2\)/- \1/p" "$dir/$1"
}
{
    printf '\n### The same changes on every server\n\nEach column is a change by a second client, followed by one synchronisation.\n\n'
    table server live
    printf '\n### Flights and bytes\n\n'
    table what live
    printf '\n### Faults\n\n'
    lines fault '[0-9]* points run of .*'
    lines fault 'seed [0-9]*: .* steps, .*'
    printf '\n%s lines of tests for %s lines of program.\n' \
        "$(cd "$source" && git ls-files tests | grep -v seeds/ | xargs cat | wc -l)" \
        "$(cd "$source" && git ls-files src | xargs cat | wc -l)"
} >>"$rows"
awk -v rows="$rows" '
    /<!-- end of figures -->/ { while ((getline line < rows) > 0) print line; skip = 0 }
    !skip
    /<!-- figures -->/ { skip = 1 }' "$doc" >"$doc.new" && mv "$doc.new" "$doc"
cat "$rows"
