#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh GROUP PROGRAM...: runs each test program, shows the output of those that fail, counts.
group=$1; shift
passed=0 failed=0
out=$(mktemp "${TMPDIR:-/tmp}/cursus-test.XXXXXX") || exit 1
trap 'rm -f "$out"' EXIT
for program; do
    if "$program" >"$out" 2>&1; then passed=$((passed + 1))
    else failed=$((failed + 1)); echo "FAIL $program"; cat "$out"; fi
done
echo "$group: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
