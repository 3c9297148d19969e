#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# po.sh SRCDIR: every translation has every text of the sources, none is doubtful or left over, and the format
# arguments agree.  `make update-po` brings the new texts into po/*.po.
cd "${1:-.}" || exit 1
if ! command -v xgettext >/dev/null 2>&1 || ! command -v msgmerge >/dev/null 2>&1; then
    echo "po: 0 passed, 0 failed (no gettext tools)"
    exit 0
fi
status=0 passed=0
work=$(mktemp -d "${TMPDIR:-/tmp}/cursus-po.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
LC_ALL=C.UTF-8
export LC_ALL

xgettext --from-code=UTF-8 -k_ -kN_ -kngettext:1,2 --flag=error_set:3:c-format -o "$work/cursus.pot" \
    $(ls src/*.c src/*/*.c src/*/*.h | sort) 2>"$work/words" || { cat "$work/words"; exit 1; }
if [ -s "$work/words" ]; then cat "$work/words"; status=1; fi

for po in po/*.po; do
    good=yes
    msgfmt --check -o /dev/null "$po" || good=no
    # Merged with the texts of today: what is missing comes out empty, what is gone comes out with "#~".
    msgmerge -q --no-fuzzy-matching -o "$work/merged.po" "$po" "$work/cursus.pot" || good=no
    msgattrib --untranslated --no-obsolete --no-wrap "$work/merged.po" >"$work/missing"
    msgattrib --only-fuzzy --no-obsolete --no-wrap "$work/merged.po" >>"$work/missing"
    if grep -q '^msgid "..*"' "$work/missing"; then
        grep -E '^(#:|msgid)' "$work/missing" | sed "s|^|po: $po: not translated: |" | head -20
        good=no
    fi
    if grep -q '^#~' "$po"; then
        echo "po: $po: holds texts that are gone"
        good=no
    fi
    if [ $good = yes ]; then passed=$((passed + 1)); else status=1; fi
done
[ $status -eq 0 ] && failed=0 || failed=1
echo "po: $passed passed, $failed failed"
exit $status
