-- mail.db, version 4: an import that has not come to its end, so that it goes on where it was cut.

CREATE TABLE imported (
    source TEXT NOT NULL,             -- the file or directory
    stamp TEXT NOT NULL,              -- what tells it from another one of that name
    folder INTEGER NOT NULL,
    item TEXT NOT NULL,               -- the message in it: an offset or a file name
    placement INTEGER NOT NULL,
    PRIMARY KEY (source, folder, item)
) STRICT, WITHOUT ROWID;
