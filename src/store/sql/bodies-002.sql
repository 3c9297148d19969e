-- bodies.db, version 2: beginnings of messages, what every body must hash to, and whose bodies they are.

ALTER TABLE body ADD COLUMN total INTEGER NOT NULL DEFAULT 0; -- > 0: only the first size bytes of about so many
ALTER TABLE body ADD COLUMN hash BLOB;                        -- SHA-256 of a whole one, NULL unknown
CREATE INDEX body_file ON body (file) WHERE file IS NOT NULL; -- equal ones share a file

-- Which mail.db the numbers are of: those of another one mean other messages.
CREATE TABLE owner (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    hash_key BLOB NOT NULL
) STRICT;
