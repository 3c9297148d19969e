#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh BUILDDIR: opens the sample messages, and those below $CURSUS_CORPUS.  A message that takes longer than
# a second, or that a sanitizer complains about, fails.
here=$(cd "$(dirname "$0")" && pwd)
build=$1
CURSUS_RENDER=$build/cursus-render
export CURSUS_RENDER
out=$(mktemp "${TMPDIR:-/tmp}/cursus-mail.XXXXXX") || exit 1
trap 'rm -f "$out"' EXIT
failed=0
for dir in "$here" ${CURSUS_CORPUS:+"$CURSUS_CORPUS"}; do
    find "$dir" -type f -name '*.eml' -print0 | sort -z |
        xargs -0 "$build/test/mail/open" >"$out" 2>&1 && continue
    failed=1
    cat "$out"
done
echo "mail: $((1 - failed)) passed, $failed failed"
exit $failed
