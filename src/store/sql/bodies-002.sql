-- bodies.db, version 2: beginnings of messages, and what every body must hash to.

ALTER TABLE body ADD COLUMN total INTEGER NOT NULL DEFAULT 0; -- > 0: only the first size bytes of about so many
ALTER TABLE body ADD COLUMN hash BLOB;                        -- SHA-256 of a whole one, NULL unknown
CREATE INDEX body_file ON body (file) WHERE file IS NOT NULL; -- equal ones share a file
