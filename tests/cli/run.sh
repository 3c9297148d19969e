#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh BUILDDIR [NAME]: the command line without a server: usage, config mistakes, show on files, an empty
# store, and a whole account behind a tunnel to imap.py.  Every answer with --json is checked by its schema.
# Each function test_NAME is one test in a home of its own; it fails by `fail`.
build=$1 only=${2:-}
here=$(cd "$(dirname "$0")" && pwd)
src=$(cd "$here/../.." && pwd)
mail=$src/tests/mail
passed=0 failed=0
LC_ALL=C.UTF-8 TZ=UTC
export LC_ALL TZ

work=$(mktemp -d "${TMPDIR:-/tmp}/cursus-cli.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# ---- tools
fresh_home() {
    home=$work/home
    rm -rf "$home" && mkdir -p "$home/config/cursus" "$home/run" && chmod 700 "$home/run"
    export HOME="$home" XDG_CONFIG_HOME="$home/config" XDG_DATA_HOME="$home/data" XDG_CACHE_HOME="$home/cache"
    export XDG_STATE_HOME="$home/state" XDG_RUNTIME_DIR="$home/run"
    config=$home/config/cursus/config
}
fail() { echo "  $*"; ok=no; }
# status, standard output and standard error of the last run
run() {
    "$build/cursus" "$@" >"$work/out" 2>"$work/err" </dev/null
    status=$?
}
expect() { # STATUS ARG...: run and compare the exit status
    want=$1
    shift
    run "$@"
    [ "$status" = "$want" ] || fail "cursus $*: exit $status, not $want: $(head -c 300 "$work/err")"
}
out_has() { grep -qF -- "$1" "$work/out" || fail "standard output lacks '$1': $(head -c 400 "$work/out")"; }
out_lacks() { ! grep -qF -- "$1" "$work/out" || fail "standard output has '$1'"; }
err_has() { grep -qF -- "$1" "$work/err" || fail "standard error lacks '$1': $(head -c 400 "$work/err")"; }
one_line() { # exactly one sentence on standard error
    [ "$(wc -l <"$work/err")" = 1 ] || fail "not one line on standard error: $(head -c 400 "$work/err")"
}
silent() { [ ! -s "$work/err" ] || fail "words on standard error: $(head -c 400 "$work/err")"; }
schema() { # NAME COUNT: the output is COUNT objects of that schema
    python3 -S "$here/schema.py" "$src/doc/schema/$1.json" -n "$2" <"$work/out" >"$work/schema" 2>&1 ||
        fail "schema $1: $(head -c 600 "$work/schema")"
}
no_controls() { # FILE: no byte that a terminal obeys
    if LC_ALL=C tr -d '\n\40-\176\200-\377' <"$1" | grep -q .; then fail "control bytes in $1"; fi
    if LC_ALL=C grep -q "$(printf '\302[\200-\237]')" "$1"; then fail "C1 controls in $1"; fi
}
no_wider() { # COLUMNS: no line of the output has more characters (the test mails hold narrow ones only)
    python3 -S -c 'import sys; sys.exit(any(len(l.rstrip("\n")) > int(sys.argv[1]) for l in sys.stdin))' "$1" \
        <"$work/out" || fail "wider than $1: $(cat "$work/out")"
}
json() { # EXPRESSION over `o`, the first object: prints its value
    python3 -S -c 'import json,sys; o = json.loads(sys.stdin.readline()); print('"$1"')' <"$work/out" 2>&1 | tail -1
}
json_true() { # a condition over `o` a line, on standard input
    cat >"$work/conditions"
    python3 -S - "$work/out" "$work/conditions" >"$work/verdict" 2>&1 <<'END' || fail "$(cat "$work/verdict")"
import json, sys
o = json.loads(open(sys.argv[1], encoding="utf-8").readline())
bad = [line.strip() for line in open(sys.argv[2], encoding="utf-8") if not eval(line, {"o": o})]
print("not true: " + "; ".join(bad), "of", json.dumps(o, ensure_ascii=False)[:700])
sys.exit(1 if bad else 0)
END
}

account() { # NAME DIR: an account behind imap.py
    cat >>"$config" <<END
account $1
  set address "$1@example.org"
  set tunnel "exec python3 -S '$here/imap.py' '$2'"
  set idle no
end
END
}
message() { # DIR UID SUBJECT [BODY]: an mail in a folder of imap.py
    mkdir -p "$1"
    printf 'From: Ada Lovelace <ada@example.org>\nTo: me@example.org\nSubject: %s\nDate: Sun, %02d Nov 2026 10:00:00 +0000\nMessage-ID: <%s@example.org>\n\n%s\n' \
        "$3" "$2" "$2.$(basename "$1")" "${4:-text of $3}" >"$1/$2.eml"
}
two_accounts() {
    message "$home/a/INBOX" 1 one
    message "$home/a/INBOX" 2 two
    message "$home/a/INBOX" 3 three
    message "$home/a/Archive" 4 'old thing'
    message "$home/b/INBOX" 5 five
    account work "$home/a"
    account home "$home/b"
}

# ---- tests
test_version_and_help() {
    expect 0 --version
    grep -qE '^cursus [0-9]+\.[0-9]+\.[0-9]+$' "$work/out" || fail "version: $(cat "$work/out")"
    expect 0 --help
    for word in sync status accounts folders list show flag config run store journal; do out_has "  $word"; done
    for word in sync list show flag config run; do
        expect 0 $word --help
        out_has "Usage: cursus"
    done
}

test_usage_is_exit_2_in_one_line() {
    while read -r line; do
        # shellcheck disable=SC2086
        expect 2 $line
        one_line
        err_has "cursus: "
    done <<'END'
--nosuch
-F
list --limit
list --limit x
list --sort nosuch
list (from:x
sync --until never
show
show a b
show --columns 5 -
show --raw --structure -
flag +seen
flag 12
flag +seen -seen 12
flag +a(b 12
folders burn
config check x
config show nosuch
run
run -e echo file
accounts add
send
mailto:ada@example.org
nosuch-subcommand
-d nosuch=debug status
-d imap status
-a nosuch list
-e nosuch list
END
}

test_what_is_planned_says_so() {
    for word in connect send reply outbox undo contacts; do
        expect 2 $word x --whatever
        one_line
        err_has "not there yet"
    done
}

test_screen_without_a_terminal() {
    expect 1
    one_line
    err_has "needs a terminal"
}

test_empty_store_answers_empty() {
    for line in "list" "list is:unread" "folders" "status" "accounts" "journal" "journal list" "store check"; do
        # shellcheck disable=SC2086
        expect 0 $line
        silent
        [ ! -s "$work/out" ] || fail "$line: $(cat "$work/out")"
        # shellcheck disable=SC2086
        expect 0 $line --json
        [ ! -s "$work/out" ] || fail "$line: $(cat "$work/out")"
    done
    expect 1 show 12
    one_line
    err_has "12"
    expect 1 flag +seen 12
    one_line
    expect 1 sync
    one_line
    err_has "no account is configured"
}

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

test_config_mistakes_have_lines() {
    printf 'set nosuch 1\nset sort date\nfrobnicate\naccount x\n  set imap nonsense://\nend\n' >"$config"
    expect 1 config check
    one_line
    out_has "$config:1:"
    out_has "$config:3:"
    out_has "$config:5:"
    [ "$(wc -l <"$work/out")" -ge 3 ] || fail "not every mistake: $(cat "$work/out")"
    out_lacks "$config:2:"
    expect 0 list
    err_has "$config:1:"
    printf 'set sort date\n' >"$config"
    expect 0 config check
    silent
    [ ! -s "$work/out" ] || fail "$(cat "$work/out")"
    expect 1 -F "$home/nosuch" list
    one_line
    err_has "$home/nosuch"
    printf 'set nosuch 1\n' >"$home/other"
    expect 1 -F "$home/other" config check
    out_has "$home/other:1:"
}

test_incomplete_account_is_a_mistake() {
    printf 'account x\n  set address x@example.org\nend\n' >"$config"
    expect 1 config check
    out_has "'x'"
    expect 0 accounts --json
    schema account 1
    json_true <<'END'
o["lacks"] is not None
END
}

test_config_show() {
    expect 0 config show
    silent
    grep -q '^set sort ' "$work/out" || fail "sort is not shown"
    expect 0 config show sort
    [ "$(wc -l <"$work/out")" = 1 ] || fail "more than one option"
    printf 'set sort date\n' >"$config"
    expect 0 config show sort
    out_has "set sort date"
    cp "$config" "$home/kept"
    "$build/cursus" config show >"$home/again" 2>/dev/null
    expect 0 -F "$home/again" config check
}

test_sync_list_show_flag() {
    two_accounts
    expect 0 sync
    silent
    expect 0 folders --json
    schema folder 3
    json_true <<'END'
(o["name"], o["role"], o["messages"], o["unseen"]) == ("INBOX", "inbox", 3, 3)
END
    expect 0 list in:work:INBOX --json
    schema message 3
    json_true <<'END'
(o["subject"], o["uid"], o["folder"], o["account"]) == ("three", 3, "INBOX", "work")
o["from"] == "Ada Lovelace <ada@example.org>"
END
    id=$(json 'o["id"]')
    expect 0 list
    [ "$(wc -l <"$work/out")" = 5 ] || fail "not 5 lines: $(cat "$work/out")"
    out_lacks "$(printf '\t')"
    expect 0 -a home list
    [ "$(wc -l <"$work/out")" = 1 ] || fail "-a: $(cat "$work/out")"
    expect 0 -a work list five
    [ ! -s "$work/out" ] || fail "-a narrows: $(cat "$work/out")"
    expect 0 list --limit 2
    [ "$(wc -l <"$work/out")" = 2 ] || fail "--limit: $(cat "$work/out")"
    expect 0 list --sort subject in:work:INBOX
    [ "$(awk '{ print $NF }' "$work/out" | tr '\n' ' ')" = "one three two " ] || fail "--sort: $(cat "$work/out")"
    expect 0 list -subject:two in:work:INBOX
    out_lacks two
    expect 0 show "$id"
    out_has "text of three"
    expect 0 show "$id" --raw
    grep -q 'text of three' "$work/out" || fail "raw"

    expect 0 flag +flagged +todo "$id" --json
    schema message 1
    json_true <<'END'
(o["flags"], o["keywords"], o["pending"]) == (["flagged"], ["todo"], True)
END
    expect 0 journal list --json
    [ -s "$work/out" ] || fail "the journal is empty"
    schema journal "$(wc -l <"$work/out")"
    json_true <<END
o["message"] == $id
END
    expect 0 journal
    out_has "+flagged"
    expect 0 status --json
    schema status 2
    json_true <<'END'
o["account"] == "work" and o["pending"] > 0 and o["synced_at"] is not None
END
    expect 0 status
    out_has "work: offline"
    expect 0 sync --json
    schema status 2
    expect 0 journal
    [ ! -s "$work/out" ] || fail "still in the journal: $(cat "$work/out")"
    grep -q 'Flagged.*todo' "$home/a/INBOX/flags" || fail "the server has not got it: $(cat "$home/a/INBOX/flags")"
    expect 3 flag +seen "$id" 99999
    one_line
    err_has 99999
    expect 0 list id:3.INBOX@example.org --json
    json_true <<'END'
o["flags"] == ['seen', 'flagged']
END
    expect 0 store check
    silent
}

test_a_message_that_is_not_stored_is_fetched() {
    message "$home/a/INBOX" 1 one
    account work "$home/a"
    sed -i 's/^end/  set bodies headers\nend/' "$config"
    expect 0 sync
    expect 0 list --json
    id=$(json 'o["id"]')
    expect 1 --offline show "$id"
    one_line
    err_has "--offline"
    expect 0 show "$id" --raw
    silent
    out_has "text of one"
    rm "$home/a/INBOX/1.eml"
    expect 0 --offline show "$id"
    out_has "text of one"
}

test_sync_brings_what_is_new_and_takes_what_is_gone() {
    two_accounts
    expect 0 -a work sync
    message "$home/a/INBOX" 9 nine
    rm "$home/a/INBOX/1.eml"
    expect 0 sync work:INBOX
    expect 0 list in:work:INBOX
    out_has nine
    out_lacks " one"
    message "$home/a/INBOX" 10 ten
    expect 0 -a work sync --new
    expect 0 list in:INBOX
    out_has ten
    expect 1 sync work:Nosuch
    one_line
    err_has "work:Nosuch"
}

test_one_account_of_two_fails() {
    two_accounts
    printf 'account bad\n  set address x@example.org\n  set tunnel "echo nosuch server >&2; exit 3"\nend\n' >>"$config"
    expect 3 sync
    one_line
    err_has "bad: the tunnel failed: "
    err_has "nosuch server"
    expect 1 -a bad sync
    one_line
    expect 1 -a bad run -e 'set bad:stay-online no' -e 'sync --until disconnect'
    expect 0 list in:work:INBOX
    [ "$(wc -l <"$work/out")" = 3 ] || fail "the others were not synchronised"
}

test_a_folder_that_is_refused() {
    two_accounts
    mkdir -p "$home/a/Secret" && : >"$home/a/Secret/refuse"
    expect 3 -a work sync
    one_line
    err_has "You may not read"
    expect 0 list in:work:INBOX
    [ "$(wc -l <"$work/out")" = 3 ] || fail "the others were not synchronised"
}

test_closed_port_and_unknown_host() {
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    printf 'account x\n  set address x@example.org\n  set imap imaps://x@127.0.0.1:%s\n  set password-command "echo secret"\nend\n' "$port" >"$config"
    expect 1 sync
    one_line
    err_has "127.0.0.1:$port"
    err_has "refused"
    ! grep -q secret "$work/err" || fail "a password on standard error"
}

test_offline_connects_to_nothing() {
    printf 'account x\n  set address x@example.org\n  set tunnel "touch %s/dialled; exit 1"\nend\n' "$home" >"$config"
    expect 1 --offline sync
    one_line
    [ ! -e "$home/dialled" ] || fail "the tunnel was run"
}

test_scripts() {
    two_accounts
    cat >"$home/script" <<'END'
# a comment
echo before
sync work:INBOX ; echo behind
sync
change-folder work:INBOX
sync-folder
status
END
    # the folder is not known before the first sync: an error with its line
    expect 1 run "$home/script"
    one_line
    err_has "$home/script:3:"
    out_has before
    out_lacks behind
    expect 0 run -e sync
    expect 0 run "$home/script"
    silent
    out_has behind
    out_has "work: "
    printf 'echo one\nquit\necho two\n' >"$home/script"
    expect 0 run "$home/script"
    out_has one
    out_lacks two
    printf 'echo from stdin\n' | "$build/cursus" run - >"$work/out" 2>"$work/err" || fail "run -: $(cat "$work/err")"
    out_has "from stdin"
    expect 0 run -e help
    out_has sync
    out_has toggle-flagged
    expect 0 run -e 'help sync'
    out_has until
    expect 1 run -e 'frobnicate'
    one_line
    expect 1 run -e 'mark-read x'
    one_line
    expect 1 run "$home/nosuch"
    one_line
    expect 0 list id:1.INBOX@example.org --json
    id=$(json 'o["id"]')
    expect 0 run -e "mark-read $id" -e "toggle-flagged $id" -e "toggle-new $id" -e "set-flag todo $id" -e "set-flag r $id" -e sync
    expect 0 list id:1.INBOX@example.org --json
    json_true <<'END'
sorted(o["flags"] + o["keywords"]) == ["answered", "flagged", "todo"] and not o["pending"]
END
}

test_beside_an_engine_acts_are_refused_for_now() {
    two_accounts
    expect 0 sync
    # an engine that waits: its server says when it was called, and ends when it is told to
    mkfifo "$home/up" "$home/gate"
    printf 'account slow\n  set address x@example.org\n  set tunnel "echo up >%s; read x <%s"\nend\n' \
        "$home/up" "$home/gate" >>"$config"
    "$build/cursus" -a slow sync >"$home/engine" 2>&1 &
    engine=$!
    read -r word <"$home/up"
    for line in "sync" "-a work sync" "flag +seen 1" "run -e status"; do
        # shellcheck disable=SC2086
        expect 75 $line
        one_line
        err_has "another cursus"
    done
    expect 0 list
    [ "$(wc -l <"$work/out")" = 5 ] || fail "reading beside an engine: $(cat "$work/out")"
    for line in "status" "folders" "journal" "show 1 --headers" "store check"; do
        # shellcheck disable=SC2086
        expect 0 $line
    done
    echo go >"$home/gate"
    wait $engine
    [ $? = 1 ] || fail "the engine's exit: $(cat "$home/engine")"
    expect 0 -a work sync
}

test_a_store_of_a_newer_version_is_left_alone() {
    two_accounts
    expect 0 sync
    python3 -S -c 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute("PRAGMA user_version = 999")' \
        "$home/data/cursus/mail.db"
    cp "$home/data/cursus/mail.db" "$home/before"
    for line in sync list status folders "flag +seen 1" "show 1" journal "store check"; do
        # shellcheck disable=SC2086
        expect 1 $line
        one_line
        grep -q "newer" "$work/err" "$work/out" || fail "$line does not say why: $(cat "$work/err")"
    done
    cmp -s "$home/before" "$home/data/cursus/mail.db" || fail "the file was changed"
}

test_a_damaged_store_is_named() {
    two_accounts
    expect 0 sync
    printf 'this is no database at all, whatever its name says' >"$home/data/cursus/mail.db"
    rm -f "$home/data/cursus/mail.db-wal" "$home/data/cursus/mail.db-shm"
    for line in sync list status "store check"; do
        # shellcheck disable=SC2086
        expect 1 $line
        one_line
        err_has "damaged"
    done
    expect 1 store check
    out_has "$home/data/cursus/mail.db"
}

test_nothing_is_world_readable() {
    two_accounts
    expect 0 sync
    found=$(find "$home/data" "$home/cache" "$home/state" -perm /077 | head -3)
    [ -z "$found" ] || fail "others may read: $found"
}

on_tty() { # STATUS COLUMNS TYPED PROMPT ARG...: run on a terminal; both outputs are in out
    want=$1 ncols=$2 typed=$3 prompt=$4
    shift 4
    python3 -S "$here/terminal.py" "$ncols" "$typed" "$prompt" "$build/cursus" "$@" >"$work/out" 2>"$work/err" </dev/null
    status=$?
    [ "$status" = "$want" ] || fail "on a terminal, cursus $*: exit $status, not $want: $(head -c 300 "$work/out")"
}

test_a_terminal_gets_columns_and_nothing_hostile() {
    two_accounts
    printf 'From: \033[31mEve\033[0m <eve@example.org>\nSubject: \033]0;x\007 =?utf-8?q?=C2=9B31m?= a very long subject that does not fit\n\nx\n' >"$home/a/INBOX/7.eml"
    expect 0 sync
    on_tty 0 60 '' '' list
    [ "$(wc -l <"$work/out")" = 6 ] || fail "lines: $(cat "$work/out")"
    no_controls "$work/out"
    no_wider 60
    for how in --raw --text --headers --structure --json; do
        on_tty 0 70 '' '' show "$mail/show-hostile.eml" $how
        no_controls "$work/out"
        if grep -q "$(printf '\342\200\256')" "$work/out"; then fail "$how: a bidi control"; fi
    done
    on_tty 0 70 '' '' show "$mail/show-mixed.eml" --part 1.1
    out_has "table of operations"
    on_tty 1 70 '' '' show "$mail/show-mixed.eml" --part 2
    out_has "--output"
    on_tty 0 40 '' '' show "$mail/show-mixed.eml"
    no_wider 40
}

test_a_terminal_gets_a_bar() {
    two_accounts
    on_tty 0 80 '' '' sync
    grep -q "$(printf '\r').*work: .*$(printf '\033\\[K')" "$work/out" || fail "no progress: $(cat "$work/out")"
    tail -c 4 "$work/out" | grep -q "$(printf '\033\\[K')" || fail "the bar stays: $(cat "$work/out")"
}

login_account() { # an account whose server wants the password "right"
    printf 'account work\n  set address w@example.org\n  set tunnel "exec python3 -S %s/imap.py %s right"\nend\n' \
        "'$here" "$home/a'" | sed "s|imap.py |imap.py' '|" >"$config"
}

test_a_password_is_asked_for_on_a_terminal() {
    message "$home/a/INBOX" 1 one
    login_account
    on_tty 0 80 'right\n' 'Password' sync
    out_has "Password for work"
    out_lacks right
    expect 0 list
    [ "$(wc -l <"$work/out")" = 1 ] || fail "nothing was fetched"
    on_tty 1 80 'wrong\n' 'Password' sync
    out_has "Wrong password"
    out_lacks "$(printf '\033[31m')"
    on_tty 1 80 '\x03' 'Password' sync
    out_has "no password was given"
}

test_without_a_terminal_no_password_is_asked_for() {
    message "$home/a/INBOX" 1 one
    login_account
    setsid -w "$build/cursus" sync >"$work/out" 2>"$work/err" </dev/null
    [ $? = 1 ] || fail "exit $?"
    one_line
    err_has "password-command"
    sed -i 's/^end/  set password-command "echo wrong"\nend/' "$config"
    expect 1 sync
    one_line
    err_has "Wrong password"
    no_controls "$work/err"
    sed -i 's/echo wrong/echo right/' "$config"
    expect 0 sync
    sed -i 's/echo right/echo no such entry >\&2; exit 1/' "$config"
    expect 1 sync
    one_line
    err_has "no such entry"
}

test_output_that_cannot_be_written_is_said() {
    [ -c /dev/full ] || return 0
    "$build/cursus" --help >/dev/full 2>"$work/err"
    [ $? = 1 ] || fail "exit $? for a full device"
    one_line
    "$build/cursus" --help 2>"$work/err" | head -1 >/dev/null
    silent
}

# ---- all of them, or the one that is named
for name in $(sed -n 's/^\(test_[a-z_0-9]*\)() {.*/\1/p' "$0"); do
    [ -z "$only" ] || [ "$name" = "test_$only" ] || continue
    ok=yes
    fresh_home
    "$name" >"$work/report" 2>&1
    if [ $ok = yes ]; then passed=$((passed + 1)); else
        failed=$((failed + 1))
        echo "FAIL cli/${name#test_}"
        cat "$work/report"
    fi
done
echo "cli: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
