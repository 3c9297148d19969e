#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh BUILDDIR [NAME]: the command line without a server: usage, config mistakes, show on files, an empty
# store, and a whole account behind a tunnel to imap.py.  Every answer with --json is checked by its schema.
# Each function test_NAME in the files beside this is one test, in a home of its own; it fails by `fail`.
build=$1 only=${2:-}
here=$(cd "$(dirname "$0")" && pwd)
src=$(cd "$here/../.." && pwd)
mail=$src/tests/mail
passed=0 failed=0
LC_ALL=C.UTF-8 TZ=UTC
export LC_ALL TZ

work=$(mktemp -d "${TMPDIR:-/tmp}/cursus-cli.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

for part in tools usage show config mail act terminal; do
    # shellcheck source=/dev/null
    . "$here/$part.sh"
done

# ---- all of them, or the one that is named
for name in $(sed -n 's/^\(test_[a-z_0-9]*\)() {.*/\1/p' "$here"/*.sh); do
    [ -z "$only" ] || [ "$name" = "test_$only" ] || continue
    ok=yes
    fresh_home
    "$name" >"$work/report" 2>&1
    if [ $ok = yes ]; then passed=$((passed + 1)); else
        failed=$((failed + 1))
        echo "FAIL cli/${name#test_}"
        cat "$work/report"
    fi
done
echo "cli: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
