#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh BUILDDIR [OPTIONS of bench.py]: cursus and the other mail programs of this machine, side by side.
here=$(cd "$(dirname "$0")" && pwd)
build=$1
shift
PYTHONDONTWRITEBYTECODE=1 exec python3 "$here/bench.py" --build "$build" "$@"
