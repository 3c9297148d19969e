-- mail.db, version 2: identity that survives moves, renames and new numberings; what an act changed.

ALTER TABLE folder ADD COLUMN mailbox_id TEXT; -- the server's own name of it (MAILBOXID), NULL unknown
ALTER TABLE mail ADD COLUMN object_id TEXT;    -- the server's own name of the content (EMAILID, gm:X-GM-MSGID)
ALTER TABLE mail ADD COLUMN hash BLOB;         -- SHA-256 of the whole message, NULL until its body was seen

-- Contents whose last placement went: kept a while, for the message may turn up in another folder.
CREATE TABLE orphan (
    mail INTEGER PRIMARY KEY,
    node INTEGER NOT NULL,
    placement INTEGER NOT NULL,       -- the last one: its id is given back
    size INTEGER NOT NULL,
    since INTEGER NOT NULL
) STRICT;
CREATE INDEX orphan_node ON orphan (node);

-- What an action really changed on each placement, for taking it back after it was sent.
CREATE TABLE difference (
    action INTEGER NOT NULL,
    placement INTEGER NOT NULL,
    add_flags INTEGER NOT NULL,
    remove_flags INTEGER NOT NULL,
    add_keywords TEXT NOT NULL,
    remove_keywords TEXT NOT NULL,
    PRIMARY KEY (action, placement)
) STRICT, WITHOUT ROWID;
