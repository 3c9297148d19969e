#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh GROUP PROGRAM...: runs the test programs, two at a time or as many as there are processors, shows the output
# of those that fail, and counts: the checks of a Check program, else the program as one.
group=$1; shift
dir=$(mktemp -d "${TMPDIR:-/tmp}/cursus-test.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
export dir
printf '%s\n' "$@" | xargs -P "$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)" -n 1 sh -c '
    out=$dir/$(echo "$1" | tr / _)
    if "$1" >"$out" 2>&1 </dev/null; then echo 0; else echo $?; fi >"$out.status"' sh
passed=0 failed=0
for program; do
    out=$dir/$(echo "$program" | tr / _)
    status=$(cat "$out.status" 2>/dev/null || echo lost)
    counts=$(sed -n 's/^[0-9]*%: Checks: \([0-9]*\), Failures: \([0-9]*\), Errors: \([0-9]*\)$/\1 \2 \3/p' "$out" | tail -n 1)
    # shellcheck disable=SC2086
    set -- ${counts:-1 0 0}
    bad=$(($2 + $3))
    if [ "$status" != 0 ]; then
        [ "$bad" -gt 0 ] || bad=1
        echo "FAIL $program (status $status)"
        cat "$out"
    fi
    passed=$((passed + $1 - bad)) failed=$((failed + bad))
done
echo "$group: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
