# SPDX-License-Identifier: GPL-3.0-or-later
# Usage, help, what is planned, an empty store.

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
store
store burn
delete
delete x
delete 12x
move
move Archive
move x Archive
copy --query
undelete --whatever 12
archive 12 x
undo 12
search
search (
get
get burn
get populate --scope some
import mbox file
import maildir:x file INBOX
export mbox file
export mbox file x
connect one two
journal burn
END
}

test_what_is_planned_says_so() {
    for word in "new x" "send --whatever x" reply outbox contacts "accounts add x" "config import x"; do
        # shellcheck disable=SC2086
        expect 2 $word
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

test_output_that_cannot_be_written_is_said() {
    [ -c /dev/full ] || return 0
    "$build/cursus" --help >/dev/full 2>"$work/err"
    [ $? = 1 ] || fail "exit $? for a full device"
    one_line
    "$build/cursus" --help 2>"$work/err" | head -1 >/dev/null
    silent
}
