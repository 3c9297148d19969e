#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh BUILDDIR [NAME]: the screen tests, each script on a private home and a private server.
build=$1 name=${2:-}
here=$(cd "$(dirname "$0")" && pwd)
if [ ! -x "$build/test/screen/driver" ]; then
    echo "screen: not run (libvterm is missing)"
    exit 0
fi
if ! command -v python3 >/dev/null 2>&1; then
    echo "screen: not run (python3 is missing)"
    exit 0
fi
passed=0 failed=0
work=$(mktemp -d "${TMPDIR:-/tmp}/cursus-screen.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
play() { # SCRIPT HOME
    "$build/test/screen/driver" "$build/cursus" "$here/imapd.py" "$2" "$1" >"$work/out" 2>&1
}
for script in "$here"/${name:-*}.keys; do
    test=$(basename "$script" .keys)
    mkdir "$work/$test"
    play "$script" "$work/$test"
    status=$?
    if [ $status -gt 128 ]; then # the driver itself was killed: libvterm 0.1.4 at times crashes when it is resized
        echo "screen/$test: the emulator crashed ($status); once more"
        rm -rf "${work:?}/$test" && mkdir "$work/$test"
        play "$script" "$work/$test"
        status=$?
    fi
    if [ $status -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL screen/$test"
        cat "$work/out"
    fi
    rm -rf "${work:?}/$test"
done
echo "screen: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
