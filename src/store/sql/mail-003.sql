-- mail.db, version 3: acts beyond flags: moves, copies, deletions, folders; taking them back.

ALTER TABLE folder ADD COLUMN subscribed_here INTEGER NOT NULL DEFAULT 0;   -- the local mark
ALTER TABLE folder ADD COLUMN server_subscribed INTEGER NOT NULL DEFAULT 0; -- what LIST said; subscribed is what is shown
ALTER TABLE folder ADD COLUMN server_name TEXT NOT NULL DEFAULT '';         -- wire_name as we spell it; name is what is shown
ALTER TABLE folder ADD COLUMN local INTEGER NOT NULL DEFAULT 0;             -- made here, not on the server yet
ALTER TABLE folder ADD COLUMN parting INTEGER NOT NULL DEFAULT 0;           -- deleted here, or refused by the server: not listed
UPDATE folder SET server_subscribed = subscribed, server_name = name;

-- The numbers of store.h: enum journal_kind.
ALTER TABLE journal ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;
ALTER TABLE journal ADD COLUMN account INTEGER NOT NULL DEFAULT 0; -- whose server is told
ALTER TABLE journal ADD COLUMN target INTEGER NOT NULL DEFAULT 0;  -- a folder; of a move 0: nowhere
ALTER TABLE journal ADD COLUMN source INTEGER NOT NULL DEFAULT 0;  -- the placement that is copied
ALTER TABLE journal ADD COLUMN after INTEGER NOT NULL DEFAULT 0;   -- a row that must be done before, as long as it is there
ALTER TABLE journal ADD COLUMN floor INTEGER NOT NULL DEFAULT 0;   -- what arrives below is not what was sent
ALTER TABLE journal ADD COLUMN name TEXT;                          -- of a renaming: the new one
UPDATE journal SET account = coalesce((SELECT f.account FROM placement p JOIN folder f ON f.id = p.folder
    WHERE p.id = journal.placement), 0);
CREATE INDEX journal_after ON journal (after) WHERE after > 0;
CREATE INDEX journal_folder ON journal (target) WHERE kind >= 4;

-- Where the server has a message that is shown elsewhere (or nowhere), or whose number there is not known yet.
CREATE TABLE home (
    placement INTEGER PRIMARY KEY,
    folder INTEGER NOT NULL,
    uid INTEGER,                      -- NULL: not known yet
    floor INTEGER NOT NULL DEFAULT 0, -- it is not below
    lost INTEGER NOT NULL DEFAULT 0,  -- had a uid that the server's new numbering made void
    syncs INTEGER NOT NULL DEFAULT 0  -- of the whole folder since, that have not found it
) STRICT;
CREATE UNIQUE INDEX home_uid ON home (folder, uid);

ALTER TABLE action ADD COLUMN undoes INTEGER NOT NULL DEFAULT 0; -- the action that this one took back
ALTER TABLE action ADD COLUMN undone INTEGER NOT NULL DEFAULT 0; -- the action that took this one back
ALTER TABLE action ADD COLUMN back INTEGER NOT NULL DEFAULT 0;   -- 1: an undo, 0: an act or a redo

-- The numbers of internal.h: enum difference_kind.
CREATE TABLE difference_003 (
    action INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    what INTEGER NOT NULL,            -- a placement, of folder kinds a folder
    add_flags INTEGER NOT NULL,       -- of a move: all it had
    remove_flags INTEGER NOT NULL,
    add_keywords TEXT NOT NULL,
    remove_keywords TEXT NOT NULL,
    from_folder INTEGER NOT NULL DEFAULT 0, -- shown before and after; 0: nowhere
    to_folder INTEGER NOT NULL DEFAULT 0,
    source INTEGER NOT NULL DEFAULT 0,      -- of a copy: what was copied
    mail INTEGER NOT NULL DEFAULT 0,        -- what a row needs to come back
    node INTEGER NOT NULL DEFAULT 0,
    date INTEGER NOT NULL DEFAULT 0,
    received INTEGER NOT NULL DEFAULT 0,
    size INTEGER NOT NULL DEFAULT 0,
    from_name TEXT,                         -- of a renaming
    to_name TEXT,
    PRIMARY KEY (action, kind, what)
) STRICT, WITHOUT ROWID;
INSERT INTO difference_003 (action, kind, what, add_flags, remove_flags, add_keywords, remove_keywords)
    SELECT action, 0, placement, add_flags, remove_flags, add_keywords, remove_keywords FROM difference;
DROP TABLE difference;
ALTER TABLE difference_003 RENAME TO difference;
CREATE INDEX difference_what ON difference (what);
