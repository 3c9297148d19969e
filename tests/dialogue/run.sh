#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh BUILDDIR [NAME]: plays every dialogue of imap/ (or the one named) byte by byte and in large pieces, with the
# wire logged; then no password of any of them may stand in the log.
build=$1 only=${2:-}
here=$(cd "$(dirname "$0")" && pwd)
passed=0 failed=0
TALK_LOG=$(mktemp "${TMPDIR:-/tmp}/cursus-talk.XXXXXX") || exit 1
export TALK_LOG
trap 'rm -f "$TALK_LOG"' EXIT
trap 'exit 1' HUP INT TERM

for file in "$here"/imap/*.talk; do
    name=$(basename "$file" .talk)
    [ -z "$only" ] || [ "$only" = "$name" ] || continue
    if "$build/test/dialogue/talk" "$file" 1 1024; then passed=$((passed + 1))
    else failed=$((failed + 1)); fi
done

# "secret" and its kin, plain and as base64 of "NUL ada NUL secret".
if grep -aqE 'cret|cr\\?"et|AGFkYQBzZWNyZXQ' "$TALK_LOG"; then
    echo "a password stands in the log:"
    grep -aE 'cret|cr\\?"et|AGFkYQBzZWNyZXQ' "$TALK_LOG" | head -3
    failed=$((failed + 1))
elif [ -z "$only" ] && ! grep -aq 'talk > a[0-9]* LOGIN \*\*\*\*' "$TALK_LOG"; then
    echo "the log does not tell of logins"
    failed=$((failed + 1))
else
    passed=$((passed + 1))
fi
echo "dialogue: $passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 1 ]
