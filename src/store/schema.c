/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Versions of the files: migrations are compiled in as text (sql/embed.sh), run in order, each in
 * one transaction with its number in user_version, so that an interrupted upgrade goes on where it
 * was. */
#include "store/internal.h"
#include "base/error.h"
#include "base/i18n.h"

#include "store-sql.h"

const database_kind database_mail = {
    .file = "mail.db",
    .application_id = 0x6375726d, /* "curm" */
    .page_size = 4096,
    .writer_cache_kib = 3072,
    .migrations = migrations_mail,
};
const database_kind database_bodies = {
    .file = "bodies.db",
    .application_id = 0x63757262, /* "curb" */
    .page_size = 16384,           /* few overflow pages a message */
    .shortens = true,
    .writer_cache_kib = 2048,
    .migrations = migrations_bodies,
};

int database_known_version(const database_kind *kind)
{
    int n = 0;
    while (kind->migrations[n] != NULL)
        n++;
    return n;
}

int database_version(database *d, const database_kind *kind, GError **error)
{
    gint64 version = 0, application = 0;
    if (db_one(d, "PRAGMA user_version", NO_VALUES, &version, error) < 0 ||
        db_one(d, "PRAGMA application_id", NO_VALUES, &application, error) < 0)
        return -1;
    if (version != 0 && application != kind->application_id) {
        d->damaged = true;
        error_set(error, ERROR_DISK, _("%s is not a file of cursus"), d->path);
        return -1;
    }
    if (version > database_known_version(kind)) {
        error_set(
            error, ERROR_INPUT,
            _("%s was written by a newer version of cursus (format %d, this version knows %d); "
              "use that version, or move the file away"),
            d->path, (int)version, database_known_version(kind));
        return -1;
    }
    return (int)version;
}

static bool migrate_one(database *d, const database_kind *kind, int version, GError **error)
{
    g_autofree char *numbers = g_strdup_printf("PRAGMA user_version=%d; PRAGMA application_id=%d;",
                                               version + 1, kind->application_id);
    if (!db_script(d, "BEGIN IMMEDIATE", error))
        return false;
    if (db_script(d, (const char *)kind->migrations[version], error) &&
        db_script(d, numbers, error) && db_script(d, "COMMIT", error))
        return true;
    sqlite3_exec(d->handle, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

bool database_migrate(database *d, const database_kind *kind, GError **error)
{
    int version = database_version(d, kind, error);
    if (version < 0)
        return false;
    for (; kind->migrations[version] != NULL; version++)
        if (!migrate_one(d, kind, version, error))
            return false;
    return true;
}
