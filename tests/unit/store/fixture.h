/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of the store share: a store in a directory of its own, messages, and the rules
 * that every state of mail.db obeys. */
#ifndef CURSUS_TESTS_UNIT_STORE_FIXTURE_H
#define CURSUS_TESTS_UNIT_STORE_FIXTURE_H

#include "store/internal.h"
#include "unit/runner.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct fixture {
    char *dir;
    store *s;
    guint32 account, folder; /* "work", its INBOX */
} fixture;

static inline void no_error(const GError *error)
{
    ck_assert_msg(error == NULL, "%s", error != NULL ? error->message : "");
}

static inline folder *listed_folder(const char *name)
{
    folder *f = g_new0(folder, 1);
    f->name = g_strdup(name);
    f->wire_name = g_strdup(name);
    f->delimiter = '/';
    f->role = g_ascii_strcasecmp(name, "INBOX") == 0 ? ROLE_INBOX : ROLE_NONE;
    f->selectable = true;
    return f;
}

/* The account's folders become the names up to NULL. */
static inline void list_folders(store *s, guint32 account, const char *const *names)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) listed = g_ptr_array_new_with_free_func((GDestroyNotify)folder_free);
    for (; *names != NULL; names++)
        g_ptr_array_add(listed, listed_folder(*names));
    bool ok = store_folders_apply(s, account, listed, NULL, &error);
    no_error(error);
    ck_assert(ok);
}

static inline guint32 folder_id(store *s, guint32 account, const char *name)
{
    g_autoptr(folder) f = store_folder_find(s, account, name);
    ck_assert_ptr_nonnull(f);
    return f->id;
}

static inline void fixture_open(fixture *t)
{
    g_autoptr(GError) error = NULL;
    t->dir = g_dir_make_tmp("cursus-store.XXXXXX", &error);
    no_error(error);
    t->s = store_open(t->dir, STORE_WRITE, &error);
    no_error(error);
    t->account = store_account(t->s, "work", &error);
    no_error(error);
    list_folders(t->s, t->account, (const char *const[]){ "INBOX", "Sent", "Archive", NULL });
    t->folder = folder_id(t->s, t->account, "INBOX");
}

static inline void fixture_reopen(fixture *t)
{
    g_autoptr(GError) error = NULL;
    store_close(t->s);
    t->s = store_open(t->dir, STORE_WRITE, &error);
    no_error(error);
}

static inline void remove_tree(const char *path)
{
    GDir *d = g_dir_open(path, 0, NULL);
    const char *name;
    while (d != NULL && (name = g_dir_read_name(d)) != NULL) {
        g_autofree char *inner = g_build_filename(path, name, NULL);
        if (g_file_test(inner, G_FILE_TEST_IS_DIR))
            remove_tree(inner);
        else
            g_unlink(inner);
    }
    if (d != NULL)
        g_dir_close(d);
    g_rmdir(path);
}

static inline void fixture_close(fixture *t)
{
    store_close(t->s);
    remove_tree(t->dir);
    g_free(t->dir);
}

/* references: ids, a blank between; NULL: none. */
static inline mail_summary *new_mail(guint32 uid, const char *id, const char *references,
                                     gint64 date_s)
{
    mail_summary *m = mail_summary_new();
    m->uid = uid;
    m->message_id = g_strdup(id);
    m->date_s = m->received_s = date_s;
    m->size = 1000 + uid;
    if (references != NULL)
        m->references = g_strsplit(references, " ", -1);
    return m;
}

/* Takes the message. */
static inline guint add_mail(store *s, guint32 folder, mail_summary *m)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) one = g_ptr_array_new_with_free_func((GDestroyNotify)mail_summary_free);
    guint added = 0;
    g_ptr_array_add(one, m);
    bool ok = store_messages_add(s, folder, one, &added, &error);
    no_error(error);
    ck_assert(ok);
    return added;
}

static inline gint64 number_of(store *s, const char *sql)
{
    g_autoptr(GError) error = NULL;
    gint64 n = 0;
    db_one(&s->d, sql, NO_VALUES, &n, &error);
    no_error(error);
    return n;
}

/* The id of the placement with this uid, 0 none. */
static inline guint32 id_of_uid(store *s, guint32 folder, guint32 uid)
{
    gint64 id = 0;
    db_one(&s->d, "SELECT id FROM placement WHERE folder = ?1 AND uid = ?2",
           VALUES(V(folder), V(uid)), &id, NULL);
    return (guint32)id;
}

static inline mail_summary *summary_of_uid(store *s, guint32 folder, guint32 uid)
{
    g_autoptr(GError) error = NULL;
    mail_summary *m = store_summary(s, id_of_uid(s, folder, uid), &error);
    no_error(error);
    return m;
}

/* What holds in every committed state. */
static inline void check_invariants(store *s)
{
    static const char *const never[] = {
        /* one mark a thread in a folder, on its newest row */
        "SELECT count(*) FROM"
        " (SELECT 1 FROM placement GROUP BY folder, thread HAVING sum(top) <> 1)",
        "SELECT count(*) FROM placement p JOIN placement q ON p.folder = q.folder"
        " AND p.thread = q.thread WHERE p.top AND (q.date, q.node) > (p.date, p.node)",
        /* placements repeat their node */
        "SELECT count(*) FROM placement p LEFT JOIN node n ON n.id = p.node"
        " WHERE n.id IS NULL OR n.thread <> p.thread OR n.parent <> p.parent",
        "SELECT count(*) FROM node n JOIN node p ON p.id = n.parent WHERE p.thread <> n.thread",
        "SELECT count(*) FROM"
        " (SELECT 1 FROM node WHERE parent = 0 GROUP BY thread HAVING count(*) > 1)",
        "SELECT count(*) FROM node n LEFT JOIN placement p ON p.id = n.first"
        " WHERE n.first <> 0 AND (p.id IS NULL OR p.node <> n.id OR p.copy)",
        "SELECT count(*) FROM placement p JOIN node n ON n.id = p.node"
        " WHERE NOT p.copy AND n.first <> p.id",
        "SELECT count(*) FROM" /* but for what the person copied or moved beside it */
        " (SELECT 1 FROM placement GROUP BY folder, node HAVING count(*) > 1 AND"
        " NOT EXISTS (SELECT 1 FROM difference WHERE kind = 1))",
        /* contents: each is used, each is there, and of one node */
        "SELECT count(*) FROM mail WHERE id NOT IN (SELECT mail FROM placement) AND id NOT IN (SELECT mail FROM orphan)",
        "SELECT count(*) FROM orphan WHERE mail IN (SELECT mail FROM placement) OR mail NOT IN (SELECT id FROM mail)"
        " OR placement IN (SELECT id FROM placement)",
        "SELECT count(*) FROM placement WHERE mail NOT IN (SELECT id FROM mail)",
        "SELECT count(*) FROM"
        " (SELECT 1 FROM placement GROUP BY mail HAVING count(DISTINCT node) > 1)",
        /* counters */
        "SELECT count(*) FROM folder f WHERE messages <>"
        " (SELECT count(*) FROM placement WHERE folder = f.id)",
        "SELECT count(*) FROM folder f WHERE unseen <>"
        " (SELECT count(*) FROM placement WHERE folder = f.id AND NOT flags & 1)",
        /* numbers */
        "SELECT count(*) FROM high WHERE"
        " placement < (SELECT coalesce(max(id), 0) FROM placement)"
        " OR mail < (SELECT coalesce(max(id), 0) FROM mail)"
        " OR node < (SELECT coalesce(max(id), 0) FROM node)",
        "SELECT count(*) FROM journal WHERE kind < 4 AND placement NOT IN (SELECT id FROM placement)",
        "SELECT count(*) FROM journal WHERE kind >= 4 AND target NOT IN (SELECT id FROM folder)",
        "SELECT count(*) FROM placement WHERE folder > 0 AND folder NOT IN (SELECT id FROM folder)",
        /* one place on the server, and a reason to be nowhere */
        "SELECT count(*) FROM home h LEFT JOIN placement p ON p.id = h.placement WHERE p.id IS NULL"
        " OR p.uid IS NOT NULL OR p.lost OR h.folder NOT IN (SELECT id FROM folder)",
        "SELECT count(*) FROM home h JOIN placement p ON p.folder = h.folder AND p.uid = h.uid",
        "SELECT count(*) FROM placement WHERE folder = 0 AND id NOT IN (SELECT placement FROM journal)",
    };
    for (guint i = 0; i < G_N_ELEMENTS(never); i++)
        ck_assert_msg(number_of(s, never[i]) == 0, "%s", never[i]);
}

#endif
