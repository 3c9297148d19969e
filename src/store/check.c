/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The checks over both files, each by a reading handle of its own. */
#include "store/check.h"
#include "base/i18n.h"
#include "store/body.h"

#include <string.h>

/* What every committed state of mail.db obeys: a count that is not 0 is a finding. */
static const struct rule {
    const char *sentence, *sql;
} rules[] = {
    { N_("messages without a content"), "SELECT count(*) FROM placement WHERE mail NOT IN (SELECT id FROM mail)" },
    { N_("contents that belong to no message"),
      "SELECT count(*) FROM mail WHERE id NOT IN (SELECT mail FROM placement) AND id NOT IN (SELECT mail FROM orphan)" },
    { N_("contents that wait for a message and have one"),
      "SELECT count(*) FROM orphan WHERE mail IN (SELECT mail FROM placement) OR mail NOT IN (SELECT id FROM mail)" },
    { N_("messages in a folder that is not there"),
      "SELECT count(*) FROM placement WHERE folder > 0 AND folder NOT IN (SELECT id FROM folder)" },
    { N_("messages that lie nowhere and wait for nothing"),
      "SELECT count(*) FROM placement WHERE folder = 0 AND id NOT IN (SELECT placement FROM journal)" },
    { N_("messages with two places on the server"),
      "SELECT count(*) FROM home h LEFT JOIN placement p ON p.id = h.placement WHERE p.id IS NULL OR p.uid IS NOT NULL"
      " OR h.folder NOT IN (SELECT id FROM folder) OR EXISTS (SELECT 1 FROM placement q WHERE q.folder = h.folder AND"
      " q.uid = h.uid)" },
    { N_("folders of an account that is not there"),
      "SELECT count(*) FROM folder WHERE account NOT IN (SELECT id FROM account)" },
    { N_("waiting changes of a message that is not there"),
      "SELECT count(*) FROM journal WHERE kind < 4 AND placement NOT IN (SELECT id FROM placement)" },
    { N_("waiting changes that belong to no act"), "SELECT count(*) FROM journal WHERE action NOT IN (SELECT id FROM action)" },
    { N_("messages that contradict their thread"),
      "SELECT count(*) FROM placement p LEFT JOIN node n ON n.id = p.node"
      " WHERE n.id IS NULL OR n.thread <> p.thread OR n.parent <> p.parent" },
    { N_("answers in another thread than what they answer"),
      "SELECT count(*) FROM node n JOIN node p ON p.id = n.parent WHERE p.thread <> n.thread" },
    { N_("threads in a folder without one newest message"),
      "SELECT count(*) FROM (SELECT 1 FROM placement GROUP BY folder, thread HAVING sum(top) <> 1)" },
    { N_("folders with a wrong count of messages"),
      "SELECT count(*) FROM folder f WHERE messages <> (SELECT count(*) FROM placement WHERE folder = f.id)" },
    { N_("folders with a wrong count of unread messages"),
      "SELECT count(*) FROM folder f WHERE unseen <> (SELECT count(*) FROM placement WHERE folder = f.id AND NOT flags & 1)" },
    { N_("numbers that would be given out twice"),
      "SELECT count(*) FROM high WHERE placement < (SELECT coalesce(max(id), 0) FROM placement)"
      " OR mail < (SELECT coalesce(max(id), 0) FROM mail) OR node < (SELECT coalesce(max(id), 0) FROM node)" },
};

typedef struct checking {
    GPtrArray *findings;
    store_progress progress;
    gpointer data;
} checking;

static void tell(const checking *c, const char *phase, guint64 done, guint64 total)
{
    if (c->progress != NULL)
        c->progress(phase, done, total, c->data);
}

static void find(const checking *c, const char *path, const char *what)
{
    g_ptr_array_add(c->findings, g_strdup_printf("%s: %s", path, what));
}

/* False when the file itself is damaged: its rules would only say so again. */
static bool check_pages(const checking *c, database *d)
{
    g_autoptr(GError) error = NULL;
    guint before = c->findings->len;
    g_auto(db_rows) rows = db_query(d, "PRAGMA integrity_check(" G_STRINGIFY(CHECK_FINDINGS) ")", NO_VALUES);
    int step;
    while ((step = db_step(d, rows, &error)) > 0)
        if (strcmp(db_str(rows, 0), "ok") != 0)
            find(c, d->path, db_str(rows, 0));
    if (step < 0)
        g_ptr_array_add(c->findings, g_strdup(error->message));
    return c->findings->len == before;
}

static void check_rules(const checking *c, database *d)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rules); i++) {
        g_autoptr(GError) error = NULL;
        gint64 n = 0;
        tell(c, "check", i, G_N_ELEMENTS(rules));
        if (db_one(d, rules[i].sql, NO_VALUES, &n, &error) < 0)
            g_ptr_array_add(c->findings, g_strdup(error->message));
        else if (n != 0)
            g_ptr_array_add(c->findings,
                            g_strdup_printf("%s: %s: %" G_GINT64_FORMAT, d->path, _(rules[i].sentence), n));
    }
}

static void check_mail(const checking *c, const char *data_dir)
{
    database d;
    g_autoptr(GError) error = NULL;
    if (!database_open(&d, &database_mail, data_dir, STORE_READ, &error)) {
        g_ptr_array_add(c->findings, g_strdup(error->message));
        return;
    }
    if (d.handle != NULL && check_pages(c, &d))
        check_rules(c, &d);
    database_close(&d);
}

static GArray *whole_bodies(body_store *b)
{
    GArray *mails = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_auto(db_rows) rows = db_query(&b->d, "SELECT mail FROM body WHERE total = 0 ORDER BY mail", NO_VALUES);
    while (db_step(&b->d, rows, NULL) > 0) {
        guint32 mail = db_u32(rows, 0);
        g_array_append_val(mails, mail);
    }
    return mails;
}

/* One that went meanwhile is no finding. */
static bool still_there(body_store *b, guint32 mail)
{
    gint64 one = 0;
    return db_one(&b->d, "SELECT 1 FROM body WHERE mail = ?1 AND total = 0", VALUES(V(mail)), &one, NULL) > 0;
}

static void check_bodies(const checking *c, body_store *b)
{
    g_autoptr(GArray) mails = whole_bodies(b);
    guint damaged = 0;
    for (guint i = 0; i < mails->len; i++) {
        guint32 mail = g_array_index(mails, guint32, i);
        tell(c, "check", i, mails->len);
        g_autoptr(GBytes) raw = body_get(b, mail);
        damaged += raw == NULL && still_there(b, mail);
    }
    if (damaged == 0)
        return;
    g_autofree char *what = g_strdup_printf(ngettext("%u body is missing or changed; it is fetched again",
                                                     "%u bodies are missing or changed; they are fetched again", damaged),
                                            damaged);
    find(c, b->d.path, what);
}

static void check_cache(const checking *c, const char *cache_dir)
{
    g_autoptr(GError) error = NULL;
    body_store *b = body_store_open(cache_dir, STORE_READ, NULL, &error);
    if (b == NULL) {
        g_ptr_array_add(c->findings, g_strdup(error->message));
        return;
    }
    if (b->d.handle != NULL && check_pages(c, &b->d))
        check_bodies(c, b);
    body_store_close(b);
}

GPtrArray *store_check(const char *data_dir, const char *cache_dir, store_progress progress, gpointer data)
{
    checking c = { g_ptr_array_new_with_free_func(g_free), progress, data };
    check_mail(&c, data_dir);
    check_cache(&c, cache_dir);
    return c.findings;
}
