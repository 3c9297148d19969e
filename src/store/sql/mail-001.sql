-- mail.db, version 1.  Times are seconds since 1970 UTC, sizes bytes, flags the bits of model/flags.h.

-- Highest ids given out so far: an id is never used again, so that a mark kept outside (a body in
-- bodies.db, an id in a script) can never come to mean another message.  hash_key seeds the hashes.
CREATE TABLE high (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    placement INTEGER NOT NULL,
    mail INTEGER NOT NULL,
    node INTEGER NOT NULL,
    hash_key BLOB NOT NULL
) STRICT;

CREATE TABLE account (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE folder (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account INTEGER NOT NULL,
    name TEXT NOT NULL,               -- levels joined by '/'
    wire_name TEXT NOT NULL,          -- as the server spells it
    delimiter INTEGER NOT NULL,       -- a character, 0: flat
    role INTEGER NOT NULL,
    selectable INTEGER NOT NULL,
    subscribed INTEGER NOT NULL,
    uidvalidity INTEGER NOT NULL DEFAULT 0,
    uidnext INTEGER NOT NULL DEFAULT 0,
    highestmodseq INTEGER NOT NULL DEFAULT 0,
    server_messages INTEGER NOT NULL DEFAULT 4294967295,
    server_unseen INTEGER NOT NULL DEFAULT 4294967295,
    synced INTEGER NOT NULL DEFAULT 0,
    provisional INTEGER NOT NULL DEFAULT 1,
    messages INTEGER NOT NULL DEFAULT 0,  -- placements, kept by every function that makes or removes one
    unseen INTEGER NOT NULL DEFAULT 0,    -- of them without \Seen in their shown flags
    UNIQUE (account, wire_name)
) STRICT;

-- Content: what a message says, wherever it lies.  Address lists: name, U+001F, mailbox, U+001E each.
CREATE TABLE mail (
    id INTEGER PRIMARY KEY,
    message_id TEXT,
    subject TEXT NOT NULL,
    sender TEXT NOT NULL,
    recipients TEXT NOT NULL,
    copies TEXT NOT NULL,
    list_id TEXT,
    preview TEXT,
    date INTEGER NOT NULL,            -- the Date field, 0: none
    date_offset INTEGER NOT NULL,     -- its zone, minutes east
    attachment INTEGER NOT NULL
) STRICT;

-- A message in a folder.  Thread, node and parent repeat what node says, so that a view is one walk
-- along one index.
CREATE TABLE placement (
    id INTEGER PRIMARY KEY,
    folder INTEGER NOT NULL,
    uid INTEGER,                      -- NULL: waits for the server to name it
    thread INTEGER NOT NULL,
    date INTEGER NOT NULL,            -- what rows are sorted by
    node INTEGER NOT NULL,
    parent INTEGER NOT NULL,          -- a node, 0: none
    mail INTEGER NOT NULL,
    received INTEGER NOT NULL,        -- INTERNALDATE, 0 unknown
    size INTEGER NOT NULL,
    server_flags INTEGER NOT NULL,
    flags INTEGER NOT NULL,           -- shown: the server's and the journal's waiting rows in order
    modseq INTEGER NOT NULL,
    server_keywords TEXT NOT NULL,
    keywords TEXT NOT NULL,           -- shown
    top INTEGER NOT NULL,             -- the newest of its thread in its folder
    copy INTEGER NOT NULL,            -- its node names another placement as its first
    lost INTEGER NOT NULL DEFAULT 0   -- had a uid that the server's new numbering made void
) STRICT;
CREATE UNIQUE INDEX placement_uid ON placement (folder, uid);
CREATE INDEX placement_thread ON placement (folder, thread, date, node, parent);
CREATE INDEX placement_top ON placement (folder, date, thread) WHERE top;
CREATE INDEX placement_copy ON placement (node) WHERE copy;

-- The forest of Message-IDs: known messages and those only referred to.  Looked up by hash in the
-- writer's memory (forest.c), never here: an index on hashes would touch a page a message.
CREATE TABLE node (
    id INTEGER PRIMARY KEY,
    hash INTEGER NOT NULL,            -- of account and Message-ID, 0: the message has none
    parent INTEGER NOT NULL,          -- 0: a root
    thread INTEGER NOT NULL,
    first INTEGER NOT NULL            -- a placement of it, 0: none, or only copies
) STRICT;

CREATE TABLE action (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    label TEXT NOT NULL,
    time INTEGER NOT NULL
) STRICT;

CREATE TABLE journal (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    action INTEGER NOT NULL,
    placement INTEGER NOT NULL,
    add_flags INTEGER NOT NULL,
    remove_flags INTEGER NOT NULL,
    add_keywords TEXT NOT NULL,
    remove_keywords TEXT NOT NULL,
    state INTEGER NOT NULL DEFAULT 0, -- 0 waiting, 1 sent, 2 parked
    tries INTEGER NOT NULL DEFAULT 0,
    problem TEXT
) STRICT;
CREATE INDEX journal_placement ON journal (placement);
CREATE INDEX journal_action ON journal (action);

INSERT INTO high VALUES (1, 0, 0, 0, randomblob(16));
