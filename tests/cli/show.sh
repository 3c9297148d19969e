# SPDX-License-Identifier: GPL-3.0-or-later
# show on files: no config, no store.

test_show_text() {
    expect 0 show "$mail/show-mixed.eml" --columns 60
    silent
    out_has "Notes – on the engine"
    out_has "Ada Lovélace"
    out_has "The table of operations is attached – see below."
    out_has "table.bin"
    out_lacks "=E2"
    no_wider 60
    cp "$work/out" "$work/first"
    "$build/cursus" show - --text --columns 60 <"$mail/show-mixed.eml" >"$work/out" || fail "show - failed"
    cmp -s "$work/out" "$work/first" || fail "standard input is shown in another way than the file"
}

test_show_raw_is_exact() {
    expect 0 show "$mail/show-hostile.eml" --raw
    cmp -s "$work/out" "$mail/show-hostile.eml" || fail "not the bytes of the file"
    printf 'no header at all\000\377\r\n' >"$home/odd"
    expect 0 show "$home/odd" --raw
    cmp -s "$work/out" "$home/odd" || fail "not the bytes of the odd file"
    : >"$home/empty"
    for how in --raw --text --headers --structure; do expect 0 show "$home/empty" $how; done
}

test_show_headers() {
    expect 0 show "$mail/show-mixed.eml" --headers
    out_has "Subject: Notes – on the engine"
    out_has "Received: from a.example.org"
    out_lacks "table of operations"
    expect 0 show "$mail/show-mixed.eml" --text --headers
    out_has "Received"
    out_has "table of operations"
}

test_show_structure() {
    expect 0 show "$mail/show-mixed.eml" --structure --json
    schema structure 1
    json_true <<'END'
sorted(o) == ['cc', 'date', 'from', 'message_id', 'structure', 'subject', 'to']
o["subject"] == "Notes – on the engine"
o["from"] == "Ada Lovélace <ada@example.org>"
o["date"] == "2026-11-22T09:02:00Z"
o["message_id"] == "note-g@example.org"
o["structure"]["type"] == "multipart/mixed"
[p["type"] for p in o["structure"]["parts"]] == ['multipart/alternative', 'application/octet-stream', 'message/rfc822']
o["structure"]["parts"][1]["name"] == "table.bin"
o["structure"]["parts"][1]["disposition"] == "attachment"
o["structure"]["parts"][1]["encoding"] == "base64"
o["structure"]["parts"][0]["parts"][0]["charset"] == "utf-8"
[p["type"] for p in o["structure"]["parts"][2]["parts"]] == ['text/plain']
sorted(o["structure"]) == ['charset', 'disposition', 'encoding', 'name', 'parts', 'size', 'type']
END
    expect 0 show "$mail/show-mixed.eml" --structure
    out_has "application/octet-stream"
    expect 0 show "$mail/show-mixed.eml" --json
    schema structure 1
    json_true <<'END'
"table of operations" in o["text"]
END
    expect 0 show "$mail/show-mixed.eml" --headers --json
    schema structure 1
    json_true <<'END'
o["headers"][0]["name"] == "Received"
END
}

test_every_message_of_the_tests_has_a_structure() {
    n=0
    for file in "$mail"/*.eml; do
        expect 0 show "$file" --json --structure
        cat "$work/out" >>"$work/all"
        n=$((n + 1))
    done
    mv "$work/all" "$work/out"
    schema structure $n
}

test_show_part() {
    expect 0 show "$mail/show-mixed.eml" --part 2
    printf '\000\001\002\377' | cmp -s - "$work/out" || fail "part 2 is not the decoded bytes"
    expect 0 show "$mail/show-mixed.eml" --part 2 --output "$home/table"
    printf '\000\001\002\377' | cmp -s - "$home/table" || fail "--output is not the decoded bytes"
    expect 1 show "$mail/show-mixed.eml" --part 1.1 --output "$home/table"
    one_line
    err_has "table"
    printf '\000\001\002\377' | cmp -s - "$home/table" || fail "the file was overwritten"
    ln -s nowhere "$home/link"
    expect 1 show "$mail/show-mixed.eml" --part 2 --output "$home/link"
    [ ! -e "$home/nowhere" ] || fail "a link was followed"
    expect 1 show "$mail/show-mixed.eml" --part 9
    one_line
    err_has "--structure"
}

test_show_lets_nothing_through() {
    for how in --text --headers --structure; do
        expect 0 show "$mail/show-hostile.eml" $how
        no_controls "$work/out"
        if grep -q "$(printf '\342\200\256')" "$work/out"; then fail "$how: a bidi control"; fi
    done
    expect 0 show "$mail/show-hostile.eml" --text
    out_has "red"
    out_has "bell"
}

test_show_file_problems() {
    expect 1 show ./nosuch.eml
    one_line
    err_has "nosuch.eml"
    expect 1 show "$home"
    one_line
    expect 1 show "$home/$(printf 'a\033[31m')"
    one_line
    no_controls "$work/err"
    (cd "$home" && cp "$mail/show-mixed.eml" 12) || fail "copy"
    (cd "$home" && "$build/cursus" show ./12 >"$work/out" 2>"$work/err") || fail "./12 is a file: $(cat "$work/err")"
}
