# SPDX-License-Identifier: GPL-3.0-or-later
# What the tests of the command line share; run.sh sources it and sets build, here, src, mail and work.

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
