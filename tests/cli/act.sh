# SPDX-License-Identifier: GPL-3.0-or-later
# Acting subcommands behind imap.py: what they change here, what reaches the server, exit statuses.

id_of() { # MESSAGE-ID: sets id
    expect 0 list "id:$1" --json
    id=$(json 'o["id"]')
}

test_move_copy_delete_and_undo() {
    two_accounts
    mkdir "$home/a/Kept" "$home/a/Trash"
    sed -i 's/^end/  set trash Trash\n  set archive Kept\nend/' "$config"
    expect 0 sync
    id_of 1.INBOX@example.org && one=$id
    id_of 2.INBOX@example.org && two=$id
    id_of 3.INBOX@example.org && three=$id

    expect 0 move "$one" work:Kept --json
    schema outcome 1
    json_true <<'END'
(o["command"], o["count"], o["failed"], o["label"]) == ("move", 1, 0, None)
END
    expect 0 list in:work:Kept --json
    json_true <<END
(o["id"], o["folder"], o["uid"], o["pending"]) == ($one, "Kept", None, True)
END
    expect 0 journal --json
    schema journal 1
    json_true <<END
(o["kind"], o["folder"], o["target"], o["message"]) == ("move", "INBOX", "Kept", $one)
END
    expect 0 undo
    out_has "Taken back: a move"
    expect 0 list in:work:Kept
    [ ! -s "$work/out" ] || fail "still in the archive: $(cat "$work/out")"
    expect 0 journal
    [ ! -s "$work/out" ] || fail "still in the journal: $(cat "$work/out")"
    expect 0 redo
    expect 0 sync
    [ "$(ls "$home/a/Kept")" = "1.eml" ] || fail "the server's archive: $(ls "$home/a/Kept")"
    [ ! -e "$home/a/INBOX/1.eml" ] || fail "still in the server's inbox"

    expect 0 copy --query 'in:work:INBOX subject:two' work:Kept
    expect 0 -a work delete "$three"
    expect 0 sync
    grep -q 'text of two' "$home"/a/Kept/*.eml || fail "no copy: $(ls "$home/a/Kept")"
    grep -q 'text of three' "$home"/a/Trash/*.eml || fail "not in the trash: $(ls "$home/a/Trash")"
    [ -e "$home/a/INBOX/2.eml" ] || fail "the original of the copy is gone"
    expect 0 undelete "$three"
    expect 0 archive "$two"
    expect 0 sync
    grep -q 'text of three' "$home"/a/INBOX/*.eml || fail "not back: $(ls "$home/a/INBOX")"
    [ ! -e "$home/a/INBOX/2.eml" ] || fail "not archived"

    expect 3 delete "$two" 99999
    one_line
    err_has 99999
    expect 1 delete 99999
    one_line
    expect 1 move "$two" nosuch
    one_line
    err_has "no folder 'nosuch'"
}

test_folders_are_made_renamed_and_deleted() {
    two_accounts
    expect 0 sync
    expect 1 folders create New
    one_line
    err_has "which account"
    expect 0 folders create work:New/Deep --json
    schema outcome 1
    expect 0 folders
    out_has "work:New/Deep"
    expect 0 -a work folders rename New/Deep Other
    expect 0 sync
    [ -d "$home/a/Other" ] || fail "the server has: $(ls "$home/a")"
    [ ! -d "$home/a/New/Deep" ] || fail "the old name is there: $(ls "$home/a")"
    expect 0 folders mark-read work:INBOX
    expect 0 sync
    expect 0 list is:unread in:work:INBOX
    [ ! -s "$work/out" ] || fail "unread: $(cat "$work/out")"
    expect 0 folders delete work:Other
    expect 0 folders
    out_lacks "work:Other"
    expect 0 sync
    [ ! -d "$home/a/Other" ] || fail "not deleted"
    expect 1 folders delete work:INBOX
    one_line
    expect 1 folders rename work:nosuch x
    one_line
}

test_a_refused_change_is_said_and_can_be_forgotten() {
    two_accounts
    mkdir "$home/a/Full" && : >"$home/a/Full/readonly"
    expect 0 sync
    expect 0 list in:work:INBOX --json
    id=$(json 'o["id"]')
    expect 0 move "$id" work:Full
    expect 3 -a work sync
    err_has "the server refused"
    err_has "move to Full"
    err_has "You may not write"
    expect 0 list in:work:INBOX
    out_has "$id"
    expect 0 status
    out_has "1 change was refused"
    expect 0 journal --json
    json_true <<'END'
(o["state"], o["kind"]) == ("parked", "move") and "You may not write" in o["problem"]
END
    row=$(json 'o["id"]')
    rm "$home/a/Full/readonly"
    expect 0 journal retry "$row"
    expect 0 -a work sync
    grep -q 'text of three' "$home"/a/Full/*.eml || fail "not moved: $(ls "$home/a/Full")"
    expect 0 -a work --offline flag +flagged --json "$id"
    expect 2 journal burn
    expect 1 journal cancel
    one_line
    expect 0 journal cancel --message "$id" --json
    schema outcome 1
    expect 0 journal
    [ ! -s "$work/out" ] || fail "still there: $(cat "$work/out")"
    expect 0 list is:flagged
    [ ! -s "$work/out" ] || fail "still flagged: $(cat "$work/out")"
}

test_scripts_act_too() {
    two_accounts
    mkdir "$home/a/Kept"
    expect 0 sync
    cat >"$home/script" <<'END'
select work:INBOX
move --query "in:work:INBOX subject:one" work:Kept
folders create work:Made
flag +flagged --query "in:work:INBOX subject:two"
is-connected work
is-busy work
undo
journal
END
    expect 0 run "$home/script"
    silent
    out_has "work: not connected"
    out_has "work: not busy"
    out_has "Taken back: a change of flags"
    out_has "move to Kept"
    expect 3 run -e "delete 1 99999"
    one_line
    expect 0 run -e "search --local subject:two"
    out_has two
}
