#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh BUILDDIR [NAME]: plays every dialogue of imap/ (or the one named) byte by byte and in large pieces.
build=$1 only=${2:-}
here=$(cd "$(dirname "$0")" && pwd)
passed=0 failed=0
for file in "$here"/imap/*.talk; do
    name=$(basename "$file" .talk)
    [ -z "$only" ] || [ "$only" = "$name" ] || continue
    if "$build/test/dialogue/talk" "$file" 1 1024; then passed=$((passed + 1))
    else failed=$((failed + 1)); fi
done
echo "dialogue: $passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
