#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# layers.sh SRCDIR: who may include whom.  Fails on an include that crosses the plan of the house,
# on a foreign library outside its room, and on functions that are banned everywhere.
cd "${1:-.}" || exit 1
status=0
bad() { echo "layers: $*"; status=1; }

allowed() {
    case $1 in
    base) echo base ;;
    model) echo model base ;;
    text) echo text model base ;;
    net | mime | store) echo $1 text model base ;;
    imap) echo imap net text model base ;;
    smtp) echo smtp net text model base ;;
    compose) echo compose mime text model base ;;
    command) echo command text model base ;;
    conf) echo conf command text model base ;;
    mtm) echo mtm imap smtp store mime compose conf net text model base ;;
    action) echo action mtm command conf text model base ;;
    ui) echo ui action mtm command conf text model base ;;
    cli) echo cli action mtm command conf text model base ;;
    render) echo render text model base ;;
    esac
}

for dir in src/*/; do
    room=$(basename "$dir")
    may=" $(allowed "$room") "
    [ "$may" != "  " ] || bad "src/$room is not a room of the plan"
    for inc in $(cat "$dir"*.c "$dir"*.h 2>/dev/null | sed -n 's|^ *# *include "\([a-z]*\)/[^"]*".*|\1|p' | sort -u); do
        case $may in *" $inc "*) ;; *)
            bad "$room must not include $inc: $(grep -l "include \"$inc/" "$dir"*.[ch] | tr '\n' ' ')" ;;
        esac
    done
done

library() { # pattern of the header, the files that may include it
    pattern=$1; shift
    for f in $(grep -lE "^ *# *include [<\"]($pattern)" src/*.c src/*/*.c src/*/*.h 2>/dev/null); do
        ok=no
        for may; do case $f in $may) ok=yes ;; esac; done
        [ $ok = yes ] || bad "$f includes $(grep -oE "[<\"]($pattern)[^>\"]*" "$f" | head -1 | cut -c2-), which belongs to: $*"
    done
}
library 'curses\.h|ncurses|ncursesw/|term\.h' 'src/ui/term-curses*'
library 'openssl/' 'src/net/tls*' 'src/net/cert*' 'src/base/hash*'
library 'sqlite3' 'src/store/*'
library 'iconv\.h' 'src/text/charset*'
library 'gmime/' 'src/mime/*'
library 'gsasl' 'src/net/sasl*'
library 'zlib\.h' 'src/net/deflate*' 'src/store/*'
library 'curl/' 'src/net/http*'
library 'uni(str|case|norm|width|gbrk|lbrk|wbrk|ctype|conv|types)\.h' 'src/text/*'
library 'idn2' 'src/text/idn*'
library 'libxml/|libical/' 'src/render/*'
library 'vterm' 'src/ui/embedded-terminal*'

# Unbounded or locale-dependent string functions; g_snprintf, g_strlcpy, g_ascii_strtoull exist.
if grep -nE '(^|[^A-Za-z0-9_])(strcpy|strcat|sprintf|vsprintf|gets|atoi|atol|atoll|strtok|system|popen)\(' src/*.c src/*/*.c src/*/*.h 2>/dev/null; then
    bad "banned function above"
fi
# A face makes no SQL, and nothing below the faces prints.
if grep -nE '(^|[^A-Za-z0-9_])(printf|puts|g_print|g_printerr)\(' src/base/*.c src/model/*.c src/text/*.c src/net/*.c src/imap/*.c src/mime/*.c src/store/*.c src/mtm/*.c 2>/dev/null; then
    bad "a lower room prints"
fi
for f in $(find src tests -name '*.[ch]'); do
    head -1 "$f" | grep -q SPDX || bad "$f: no SPDX line"
done
[ $status -eq 0 ] && echo "layers: 1 passed, 0 failed"
exit $status
