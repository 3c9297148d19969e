#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh BUILDDIR [SETTING]: what each option changes on the wire, on the disk or on the screen.
here=$(cd "$(dirname "$0")" && pwd)
if ! command -v python3 >/dev/null 2>&1; then
    echo "settings: not run (python3 is missing)"
    exit 0
fi
PYTHONDONTWRITEBYTECODE=1 exec python3 "$here/run.py" "$@"
