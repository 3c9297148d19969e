-- bodies.db, version 1: raw messages by the id of their content in mail.db.

-- Narrow, so that it is read whole in a moment; the bytes are beside it.
CREATE TABLE body (
    mail INTEGER PRIMARY KEY,
    size INTEGER NOT NULL,
    used INTEGER NOT NULL,            -- when stored, seconds since 1970
    file TEXT                         -- name in bodies/ of a large one; NULL: in raw
) STRICT;

CREATE TABLE raw (
    mail INTEGER PRIMARY KEY,
    bytes BLOB NOT NULL
) STRICT;
