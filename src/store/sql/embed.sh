#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# embed.sh DIR: the migrations DIR/FILE-NNN.sql as C, on standard output: one array of bytes each, and
# for each FILE a list migrations_FILE in order, closed by NULL.  Numbers start at 001 without gaps.
set -eu
cd "$1"
echo '/* Made by store/sql/embed.sh; do not edit. */'
for sql in *-[0-9][0-9][0-9].sql; do
    name=$(echo "${sql%.sql}" | tr - _)
    echo "static const unsigned char sql_$name[] = {"
    od -An -v -tx1 "$sql" | awk '{ for (i = 1; i <= NF; i++) printf "0x%s,", $i; print "" }'
    echo '0x00 };'
done
for file in $(ls *-[0-9][0-9][0-9].sql | sed 's/-[0-9]*\.sql$//' | sort -u); do
    echo "static const unsigned char *const migrations_${file}[] = {"
    n=0
    for sql in "$file"-[0-9][0-9][0-9].sql; do
        n=$((n + 1))
        number=$(printf '%03d' $n)
        if [ "$sql" != "$file-$number.sql" ]; then
            echo "embed.sh: $sql: expected $file-$number.sql" >&2
            exit 1
        fi
        echo "    sql_${file}_$number,"
    done
    echo '    0 };'
done
