# SPDX-License-Identifier: GPL-3.0-or-later
# A whole account behind imap.py: sync, list, flag, journal, scripts, failures, two processes.

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

test_beside_an_engine_acts_are_done_by_it() {
    two_accounts
    expect 0 sync
    # an engine that waits: its server says when it was called, and ends when it is told to
    mkfifo "$home/up" "$home/gate"
    printf 'account slow\n  set address x@example.org\n  set tunnel "echo up >%s; read x <%s"\nend\n' \
        "$home/up" "$home/gate" >>"$config"
    "$build/cursus" -a slow sync >"$home/engine" 2>&1 &
    engine=$!
    read -r word <"$home/up"
    expect 0 -a work sync
    silent
    expect 0 flag +seen +todo 1 --json
    json_true <<'END'
(o["id"], o["flags"], o["keywords"]) == (1, ["seen"], ["todo"])
END
    expect 3 flag +seen 1 99999
    one_line
    expect 1 -a work sync nowhere
    err_has nowhere
    expect 0 run -e "flag +flagged 1" -e "status"
    out_has "slow:"
    expect 75 store compact
    one_line
    err_has "another cursus"
    expect 0 list
    [ "$(wc -l <"$work/out")" = 5 ] || fail "reading beside an engine: $(cat "$work/out")"
    for line in "status" "folders" "journal" "show 1 --headers" "store check" "store stats"; do
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
    for line in list status "store check"; do
        # shellcheck disable=SC2086
        expect 1 $line
        one_line
        err_has "damaged"
    done
    expect 1 store check
    out_has "$home/data/cursus/mail.db"
}

# The next engine sets it aside and saves what nobody else has.
test_a_damaged_store_is_mended_by_the_next_sync() {
    two_accounts
    expect 0 sync
    expect 0 list --json
    id=$(json 'o["id"]')
    expect 0 --offline flag +flagged "$id"
    python3 -S -c 'import sqlite3, sys
sqlite3.connect(sys.argv[1]).execute("PRAGMA wal_checkpoint(TRUNCATE)")
open(sys.argv[1], "r+b").write(b"noise" * 800)' "$home/data/cursus/mail.db"
    expect 1 list
    expect 0 sync
    one_line
    err_has "has been set aside"
    expect 0 list
    [ "$(wc -l <"$work/out")" = 5 ] || fail "messages: $(cat "$work/out")"
    expect 0 journal
    [ ! -s "$work/out" ] || fail "the change was not sent: $(cat "$work/out")"
    expect 0 list is:flagged
    [ "$(wc -l <"$work/out")" = 1 ] || fail "what was flagged: $(cat "$work/out")"
    expect 0 store check
    silent
    expect 0 sync
    silent
}

test_store_says_how_much_it_is_and_gives_room_back() {
    two_accounts
    expect 0 sync
    expect 0 store stats --json
    schema store 1
    json_true <<'END'
o["accounts"] == 2
o["messages"] == 5
o["contents"] == 5
o["changes"] == 0
o["cache_limit"] == 2 << 30
o["data_bytes"] > 10000
END
    expect 0 store stats
    out_has "messages 5"
    out_has "mail.db"
    silent
    expect 0 store compact
    one=$(wc -l <"$work/out")
    [ "$one" = 1 ] || fail "compact says: $(cat "$work/out")"
    expect 0 store compact --json
    json_true <<'END'
o["bytes_after"] <= o["bytes_before"]
END
    expect 0 store check
    silent
    expect 0 list
    [ "$(wc -l <"$work/out")" = 5 ] || fail "messages after compacting: $(cat "$work/out")"
}

# The cache deleted, cut, or overwritten between two runs: one sentence, and nothing is lost.
test_a_damaged_cache_is_begun_anew() {
    two_accounts
    expect 0 sync
    cache=$home/cache/cursus/bodies.db
    expect 0 show 1
    cp "$work/out" "$home/shown"
    for how in noise cut deleted; do
        rm -f "$cache-wal" "$cache-shm"
        case $how in
        noise) head -c 100000 /dev/urandom >"$cache" ;;
        cut) head -c 20000 "$cache" >"$cache.cut" && mv "$cache.cut" "$cache" ;;
        deleted) rm -f "$cache" ;;
        esac
        expect 0 sync
        one_line
        err_has "bodies"
        expect 0 show 1
        cmp -s "$home/shown" "$work/out" || fail "$how: another message is shown"
        expect 0 list
        [ "$(wc -l <"$work/out")" = 5 ] || fail "$how: $(cat "$work/out")"
        expect 0 store check
        silent
    done
    [ -e "$(ls "$cache".damaged-* 2>/dev/null | head -1)" ] || fail "nothing was set aside"
}

test_nothing_is_world_readable() {
    two_accounts
    expect 0 sync
    found=$(find "$home/data" "$home/cache" "$home/state" -perm /077 | head -3)
    [ -z "$found" ] || fail "others may read: $found"
}
