#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh BUILDDIR [NAME]: links that die and processes that are killed.  FAULT_SEED repeats a run, FAULT_POINTS (20) is
# the number of random points of a test.
here=$(cd "$(dirname "$0")" && pwd)
PYTHONDONTWRITEBYTECODE=1 exec python3 "$here/run.py" "$@"
