/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A store with three folders, and acts on it said in few words. */
#ifndef CURSUS_TESTS_UNIT_STORE_ACTED_H
#define CURSUS_TESTS_UNIT_STORE_ACTED_H

#include "unit/store/fixture.h"

typedef struct world {
    fixture *t;
    guint32 archive, sent;

} world;

static inline world world_open(fixture *t)
{
    fixture_open(t);
    return (world){ .t = t,
                    .archive = folder_id(t->s, t->account, "Archive"),
                    .sent = folder_id(t->s, t->account, "Sent") };
}

static inline guint32 mail(world *w, guint32 folder, guint32 uid, const char *id)
{
    ck_assert_uint_eq(add_mail(w->t->s, folder, new_mail(uid, id, NULL, 1000 + uid)), 1);
    return id_of_uid(w->t->s, folder, uid);
}

/* The same message as another uid. */
static inline mail_summary *same_mail(world *w, guint32 id, guint32 uid)
{
    g_autoptr(mail_summary) s = store_summary(w->t->s, id, NULL);
    mail_summary *m = new_mail(uid, s->message_id, NULL, s->date_s);
    m->size = s->size;
    return m;
}

static inline guint64 move(world *w, guint32 id, guint32 folder)
{
    g_autoptr(GError) error = NULL;
    guint64 action = store_act_move(w->t->s, "move", &id, 1, folder, &error);
    no_error(error);
    return action;
}

static inline guint32 copy(world *w, guint32 id, guint32 folder)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) made = g_array_new(FALSE, FALSE, sizeof(guint32));
    store_act_copy(w->t->s, "copy", &id, 1, folder, made, &error);
    no_error(error);
    ck_assert_uint_eq(made->len, 1);
    return g_array_index(made, guint32, 0);
}

static inline void done(world *w, guint64 row, guint32 uid)
{
    g_autoptr(GError) error = NULL;
    store_journal_done(w->t->s, &row, &uid, 1, &error);
    no_error(error);
}

static inline void vanish(world *w, guint32 folder, guint32 uid)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(uid_set) set = uid_set_new();
    uid_set_add(set, uid);
    store_vanished(w->t->s, folder, set, NULL, &error);
    no_error(error);
}

static inline void shows(world *w, guint32 id, guint32 folder, guint32 uid)
{
    g_autoptr(mail_summary) s = store_summary(w->t->s, id, NULL);
    ck_assert_ptr_nonnull(s);
    ck_assert_uint_eq(s->folder, folder);
    ck_assert_uint_eq(s->uid, uid);
    check_invariants(w->t->s);
}

static inline bool gone(world *w, guint32 id)
{
    g_autoptr(mail_summary) s = store_summary(w->t->s, id, NULL);
    check_invariants(w->t->s);
    return s == NULL;
}

static inline void counted(world *w)
{
    check_invariants(w->t->s);
}

/* Of the account; borrowed until the next question. */
static inline GPtrArray *rows(world *w)
{
    static GPtrArray *last;
    g_clear_pointer(&last, g_ptr_array_unref);
    return last = store_journal(w->t->s, w->t->account, 0, NULL);
}

static inline const store_journal_row *only_row(world *w)
{
    GPtrArray *all = rows(w);
    ck_assert_uint_eq(all->len, 1);
    return all->pdata[0];
}

#endif
