#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh BUILDDIR [NAME]: the screen tests, each script on a private home and a private server, as many at once as there
# are processors.  One that fails beside others is tried once more by itself, and named.
build=$1 name=${2:-}
here=$(cd "$(dirname "$0")" && pwd)
if [ "$name" = --play ]; then # of a run: SCRIPT WORK
    test=$(basename "$3" .keys)
    rm -rf "${4:?}/$test"
    mkdir "$4/$test"
    "$build/test/screen/driver" "$build/cursus" "$here/imapd.py" "$4/$test" "$3" >"$4/$test.out" 2>&1
    echo $? >"$4/$test.status"
    rm -rf "${4:?}/$test"
    exit 0
fi
if [ ! -x "$build/test/screen/driver" ]; then
    echo "screen: not run (libvterm is missing)"
    exit 0
fi
if ! command -v python3 >/dev/null 2>&1; then
    echo "screen: not run (python3 is missing)"
    exit 0
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/cursus-screen.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
printf '%s\n' "$here"/${name:-*}.keys |
    xargs -P "$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)" -I SCRIPT sh "$0" "$build" --play SCRIPT "$work"
passed=0 failed=0 again=0
for script in "$here"/${name:-*}.keys; do
    test=$(basename "$script" .keys)
    status=$(cat "$work/$test.status" 2>/dev/null || echo lost)
    if [ "$status" != 0 ]; then # 128 and more: the emulator crashed, libvterm 0.1.4 does that at times when it is resized
        echo "once more screen/$test ($status)"
        cat "$work/$test.out"
        again=$((again + 1))
        sh "$0" "$build" --play "$script" "$work"
        status=$(cat "$work/$test.status")
    fi
    if [ "$status" = 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL screen/$test ($status)"
        cat "$work/$test.out"
    fi
done
echo "screen: $passed passed, $failed failed"
[ $again -eq 0 ] || echo "screen: $((again - failed)) of them in a second try, alone"
[ "$failed" -eq 0 ]
