/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Flags as the server has them and as they are shown: shown = the server's word, then the journal's
 * rows that wait or were sent, in order.  Every change of either ends in flags_write. */
#include "store/internal.h"

#include <string.h>

#define FLAGS_KNOWN (FLAGS_STORABLE | FLAG_RECENT)

void flag_state_read(flag_state *f, db_rows rows)
{
    *f = (flag_state){
        .id = db_u32(rows, 0),
        .folder = db_u32(rows, 1),
        .server_flags = db_u32(rows, 2),
        .flags = db_u32(rows, 3),
        .modseq = (guint64)db_int(rows, 4),
        .server_keywords = g_strdup(db_str(rows, 5)),
        .keywords = g_strdup(db_str(rows, 6)),
    };
}

void flag_state_clear(flag_state *f)
{
    g_clear_pointer(&f->server_keywords, g_free);
    g_clear_pointer(&f->keywords, g_free);
}

static bool flags_write(store *s, const flag_state *old, const flag_state *now, GError **error)
{
    if (old->server_flags == now->server_flags && old->flags == now->flags &&
        old->modseq == now->modseq && strcmp(old->server_keywords, now->server_keywords) == 0 &&
        strcmp(old->keywords, now->keywords) == 0)
        return true;
    count_add(s, old->folder, 0, !(now->flags & FLAG_SEEN) - !(old->flags & FLAG_SEEN));
    return db_run(
        &s->d,
        "UPDATE placement SET server_flags = ?2, flags = ?3, modseq = ?4, server_keywords = ?5,"
        " keywords = ?6 WHERE id = ?1",
        VALUES(V(old->id), V(now->server_flags), V(now->flags), V((gint64)now->modseq),
               V(now->server_keywords), V(now->keywords)),
        error);
}

static void take_keywords(flag_state *f, const char *added, const char *removed)
{
    if (added[0] == '\0' && removed[0] == '\0')
        return;
    g_auto(GStrv) add = keywords_split(added);
    g_auto(GStrv) remove = keywords_split(removed);
    char *changed =
        keywords_change(f->keywords, (const char *const *)add, (const char *const *)remove);
    g_free(f->keywords);
    f->keywords = changed;
}

/* now->flags and now->keywords from the server's and the journal. */
static bool play_journal(store *s, flag_state *now, GError **error)
{
    now->flags = now->server_flags;
    g_free(now->keywords);
    now->keywords = g_strdup(now->server_keywords);
    g_auto(db_rows) rows =
        db_query(&s->d,
                 "SELECT add_flags, remove_flags, add_keywords, remove_keywords FROM journal"
                 " INDEXED BY journal_placement WHERE placement = ?1 AND state < 2 ORDER BY id",
                 VALUES(V(now->id)));
    int step;
    while ((step = db_step(&s->d, rows, error)) > 0) {
        now->flags = ((now->flags | db_u32(rows, 0)) & ~db_u32(rows, 1)) | FLAG_PENDING;
        take_keywords(now, db_str(rows, 2), db_str(rows, 3));
    }
    return step == 0;
}

static flag_state copy_state(const flag_state *f)
{
    flag_state copy = *f;
    copy.server_keywords = g_strdup(f->server_keywords);
    copy.keywords = g_strdup(f->keywords);
    return copy;
}

bool flags_set_server(store *s, const flag_state *old, mail_flags flags, const char *keywords,
                      guint64 modseq, GError **error)
{
    g_auto(flag_state) now = copy_state(old);
    now.server_flags = flags & FLAGS_KNOWN;
    g_free(now.server_keywords);
    now.server_keywords = g_strdup(keywords);
    if (modseq != 0)
        now.modseq = modseq;
    if (old->flags & FLAG_PENDING) {
        if (!play_journal(s, &now, error))
            return false;
    } else {
        now.flags = now.server_flags;
        g_free(now.keywords);
        now.keywords = g_strdup(keywords);
    }
    return flags_write(s, old, &now, error);
}

bool flags_recompute(store *s, guint32 placement, GError **error)
{
    g_auto(flag_state) old = { 0 };
    {
        g_auto(db_rows) rows =
            db_query(&s->d, "SELECT " FLAG_STATE_COLUMNS " FROM placement WHERE id = ?1",
                     VALUES(V(placement)));
        int step = db_step(&s->d, rows, error);
        if (step <= 0)
            return step == 0;
        flag_state_read(&old, rows);
    }
    g_auto(flag_state) now = copy_state(&old);
    return play_journal(s, &now, error) && flags_write(s, &old, &now, error);
}

/* 1: old is the row with this uid, and news is news to it; 0: not; -1: error. */
static int read_news(store *s, db_rows rows, const store_flag_news *news, flag_state *old, bool *known, GError **error)
{
    const char *keywords = news->keywords != NULL ? news->keywords : "";
    int step = db_step(&s->d, rows, error);
    *known = step > 0;
    if (step <= 0)
        return step;
    guint64 modseq = (guint64)db_int(rows, 4);
    if (news->modseq != 0 && news->modseq < modseq)
        return 0;
    /* Most of a full listing is no news: it must not cost copies. */
    if (db_u32(rows, 2) == (news->flags & FLAGS_KNOWN) &&
        strcmp(db_str(rows, 5), keywords) == 0 && (news->modseq == 0 || news->modseq == modseq))
        return 0;
    flag_state_read(old, rows);
    return 1;
}

static int find_news(store *s, guint32 folder, const store_flag_news *news, flag_state *old, GError **error)
{
    guint32 id;
    bool known;
    {
        g_auto(db_rows) rows =
            db_query(&s->d,
                     "SELECT " FLAG_STATE_COLUMNS " FROM placement INDEXED BY placement_uid"
                     " WHERE folder = ?1 AND uid = ?2",
                     VALUES(V(folder), V(news->uid)));
        int step = read_news(s, rows, news, old, &known, error);
        if (step != 0 || known)
            return step;
    }
    int step = home_of(s, folder, news->uid, &id, error);
    if (step <= 0)
        return step;
    g_auto(db_rows) rows =
        db_query(&s->d, "SELECT " FLAG_STATE_COLUMNS " FROM placement WHERE id = ?1", VALUES(V(id)));
    return read_news(s, rows, news, old, &known, error);
}

/* 1: it said something new, 0: not, -1: error. */
static int take_news(store *s, guint32 folder, const store_flag_news *news, GError **error)
{
    const char *keywords = news->keywords != NULL ? news->keywords : "";
    g_auto(flag_state) old = { 0 };
    int step = find_news(s, folder, news, &old, error);
    if (step <= 0)
        return step;
    bool same = old.server_flags == (news->flags & FLAGS_KNOWN) &&
                strcmp(old.server_keywords, keywords) == 0;
    if (!flags_set_server(s, &old, news->flags, keywords, news->modseq, error))
        return -1;
    return same ? 0 : 1;
}

bool store_flags_news(store *s, guint32 folder, const store_flag_news *news, gsize n,
                      guint *changed, GError **error)
{
    bool own;
    if (!write_begin(s, &own, error))
        return false;
    guint count = 0;
    int step = 0;
    for (gsize i = 0; i < n && step >= 0; i++) {
        step = take_news(s, folder, &news[i], error);
        count += step > 0;
    }
    if (changed != NULL)
        *changed = count;
    return write_end(s, own, step >= 0, false, error);
}
