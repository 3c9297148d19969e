# SPDX-License-Identifier: GPL-3.0-or-later
# The config files: mistakes with their lines, options.

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
