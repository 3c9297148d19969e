# SPDX-License-Identifier: GPL-3.0-or-later
# On a terminal of its own: columns, nothing hostile, the bar, passwords.

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
    grep -q "$(printf '\r').*[a-z]: .*$(printf '\033\\[K')" "$work/out" || fail "no progress: $(cat "$work/out")"
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
