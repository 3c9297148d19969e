/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shown state = the server's word + waiting rows in order: random histories against a model that
 * plays everything again each time, and the edges by name. */
#include "base/error.h"
#include "unit/store/fixture.h"

enum { NMAILS = 12, NWORDS = 3 };
static const char *const words[NWORDS] = { "later", "todo",
                                           "work" }; /* sorted, as they are joined */
static const mail_flags bits[] = { FLAG_SEEN, FLAG_FLAGGED, FLAG_ANSWERED, FLAG_DELETED };

/* ---- the model: keywords are bits */

typedef struct change {
    guint64 row;
    guint mail;
    mail_flags add, remove;
    guint add_words, remove_words;
    int state;
} change;

typedef struct model {
    struct {
        mail_flags flags;
        guint words;
        guint64 modseq;
        bool gone;
    } mails[NMAILS];
    GArray *changes; /* of change, in order */
} model;

static void model_shown(const model *m, guint mail, mail_flags *flags, guint *shown_words)
{
    *flags = m->mails[mail].flags;
    *shown_words = m->mails[mail].words;
    for (guint i = 0; i < m->changes->len; i++) {
        const change *c = &g_array_index(m->changes, change, i);
        if (c->mail != mail || c->state == 2)
            continue;
        *flags = ((*flags | c->add) & ~c->remove) | FLAG_PENDING;
        *shown_words = (*shown_words | c->add_words) & ~c->remove_words;
    }
}

static char *join_words(guint set)
{
    const char *some[NWORDS + 1];
    guint n = 0;
    for (guint i = 0; i < NWORDS; i++)
        if (set & 1u << i)
            some[n++] = words[i];
    some[n] = NULL;
    return keywords_join(some);
}

static void word_list(guint set, const char **list)
{
    guint n = 0;
    for (guint i = 0; i < NWORDS; i++)
        if (set & 1u << i)
            list[n++] = words[i];
    list[n] = NULL;
}

/* ---- steps, on both */

typedef struct history {
    fixture t;
    GRand *rand;
    model m;
    guint32 ids[NMAILS];
} history;

static int draw(history *h, int n)
{
    return g_rand_int_range(h->rand, 0, n);
}

static mail_flags draw_flags(history *h)
{
    mail_flags flags = 0;
    for (guint i = 0; i < G_N_ELEMENTS(bits); i++)
        if (draw(h, 3) == 0)
            flags |= bits[i];
    return flags;
}

static void step_act(history *h)
{
    g_autoptr(GError) error = NULL;
    mail_flags add = draw_flags(h), remove = draw_flags(h);
    guint add_words = (guint)draw(h, 1 << NWORDS), remove_words = (guint)draw(h, 1 << NWORDS);
    const char *add_list[NWORDS + 1], *remove_list[NWORDS + 1];
    word_list(add_words, add_list);
    word_list(remove_words, remove_list);
    guint first = (guint)draw(h, NMAILS), n = (guint)draw(h, (int)(NMAILS - first)) + 1;
    guint64 action = store_act_flag(h->t.s, "test", h->ids + first, n, add, remove, add_list,
                                    remove_list, &error);
    no_error(error);
    g_autoptr(GPtrArray) rows = store_journal(h->t.s, h->t.account, 0, &error);
    for (guint i = first; i < first + n; i++) {
        mail_flags flags;
        guint shown;
        if (h->m.mails[i].gone)
            continue;
        model_shown(&h->m, i, &flags, &shown);
        change c = { .mail = i,
                     .add = add & ~remove & ~flags,
                     .remove = remove & flags,
                     .add_words = add_words & ~remove_words & ~shown,
                     .remove_words = remove_words & shown };
        if (c.add == 0 && c.remove == 0 && c.add_words == 0 && c.remove_words == 0)
            continue;
        for (guint r = 0; r < rows->len; r++) {
            const store_journal_row *row = g_ptr_array_index(rows, r);
            if (row->action == action && row->placement == h->ids[i])
                c.row = row->id;
        }
        ck_assert_uint_ne(c.row, 0);
        g_array_append_val(h->m.changes, c);
    }
}

static void step_news(history *h)
{
    g_autoptr(GError) error = NULL;
    guint i = (guint)draw(h, NMAILS), said = (guint)draw(h, 1 << NWORDS);
    g_autofree char *joined = join_words(said);
    store_flag_news news = { .uid = i + 1, .flags = draw_flags(h), .keywords = joined };
    news.modseq = draw(h, 4) == 0 ? 0 : (guint64)draw(h, 1000) + 1;
    if (draw(h, 2) == 0) {
        store_flags_news(h->t.s, h->t.folder, &news, 1, NULL, &error);
        no_error(error);
    } else if (!h->m.mails[i].gone) { /* the same said with the headers */
        mail_summary *again = new_mail(i + 1, "x", NULL, 0);
        again->flags = news.flags;
        again->modseq = news.modseq;
        g_free(again->keywords);
        again->keywords = g_strdup(joined);
        ck_assert_uint_eq(add_mail(h->t.s, h->t.folder, again), 0);
    }
    if (h->m.mails[i].gone || (news.modseq != 0 && news.modseq < h->m.mails[i].modseq))
        return;
    h->m.mails[i].flags = news.flags;
    h->m.mails[i].words = said;
    if (news.modseq != 0)
        h->m.mails[i].modseq = news.modseq;
}

/* Some rows, any, in any order, become done, parked or sent. */
static void step_answer(history *h)
{
    g_autoptr(GError) error = NULL;
    int what = draw(h, 3);
    for (int n = draw(h, 4); n > 0 && h->m.changes->len > 0; n--) {
        guint at = (guint)draw(h, (int)h->m.changes->len);
        change *c = &g_array_index(h->m.changes, change, at);
        if (what == 0) {
            store_journal_done(h->t.s, &c->row, NULL, 1, &error);
            h->m.mails[c->mail].flags = (h->m.mails[c->mail].flags | c->add) & ~c->remove;
            h->m.mails[c->mail].words =
                (h->m.mails[c->mail].words | c->add_words) & ~c->remove_words;
            g_array_remove_index(h->m.changes, at);
        } else if (what == 1) {
            store_journal_park(h->t.s, &c->row, 1, "NO not today", &error);
            c->state = 2;
        } else {
            store_journal_sent(h->t.s, &c->row, 1, 0, &error);
            c->state = c->state == 2 ? 2 : 1;
        }
        no_error(error);
    }
}

static void step_vanish(history *h)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(uid_set) gone = uid_set_new();
    guint i = (guint)draw(h, NMAILS);
    uid_set_add(gone, i + 1);
    store_vanished(h->t.s, h->t.folder, gone, NULL, &error);
    no_error(error);
    h->m.mails[i].gone = true;
    for (guint at = h->m.changes->len; at-- > 0;)
        if (g_array_index(h->m.changes, change, at).mail == i)
            g_array_remove_index(h->m.changes, at);
}

static void compare(history *h)
{
    guint waiting = 0;
    for (guint i = 0; i < NMAILS; i++) {
        mail_flags flags;
        guint shown;
        g_autoptr(mail_summary) s = store_summary(h->t.s, h->ids[i], NULL);
        ck_assert_int_eq(s == NULL, h->m.mails[i].gone);
        if (s == NULL)
            continue;
        model_shown(&h->m, i, &flags, &shown);
        g_autofree char *joined = join_words(shown);
        ck_assert_uint_eq(s->flags, flags);
        ck_assert_str_eq(s->keywords, joined);
    }
    for (guint i = 0; i < h->m.changes->len; i++)
        waiting += g_array_index(h->m.changes, change, i).state != 2;
    ck_assert_uint_eq(store_journal_count(h->t.s, h->t.account), waiting);
    check_invariants(h->t.s);
}

static void history_open(history *h, guint32 seed)
{
    *h = (history){ .rand = g_rand_new_with_seed(seed),
                    .m.changes = g_array_new(FALSE, FALSE, sizeof(change)) };
    fixture_open(&h->t);
    for (guint i = 0; i < NMAILS; i++) {
        g_autofree char *id = g_strdup_printf("m%u@x", i);
        mail_summary *m = new_mail(i + 1, id, NULL, 1000 + i);
        m->flags = h->m.mails[i].flags = draw_flags(h);
        add_mail(h->t.s, h->t.folder, m);
        h->ids[i] = id_of_uid(h->t.s, h->t.folder, i + 1);
    }
}

static void history_close(history *h)
{
    fixture_close(&h->t);
    g_rand_free(h->rand);
    g_array_unref(h->m.changes);
}

START_TEST(shown_state_follows_any_history)
{
    for (guint32 seed = 1; seed <= 12; seed++) {
        history h;
        history_open(&h, seed);
        for (int step = 0; step < 60; step++) {
            int what = draw(&h, 12);
            if (what < 4)
                step_act(&h);
            else if (what < 8)
                step_news(&h);
            else if (what < 11)
                step_answer(&h);
            else if (draw(&h, 6) == 0)
                step_vanish(&h);
            else
                fixture_reopen(&h.t);
            compare(&h);
        }
        history_close(&h);
    }
}
END_TEST

/* ---- edges */

static guint64 act(fixture *t, guint32 id, mail_flags add, mail_flags remove)
{
    g_autoptr(GError) error = NULL;
    guint64 action = store_act_flag(t->s, "mark", &id, 1, add, remove, NULL, NULL, &error);
    no_error(error);
    return action;
}

START_TEST(act_without_effect_writes_no_row)
{
    fixture t;
    fixture_open(&t);
    mail_summary *m = new_mail(1, "a@x", NULL, 100);
    m->flags = FLAG_SEEN;
    add_mail(t.s, t.folder, m);
    guint32 id = id_of_uid(t.s, t.folder, 1);
    ck_assert_uint_eq(act(&t, id, FLAG_SEEN, FLAG_FLAGGED), 0);
    ck_assert_uint_eq(store_journal_count(t.s, t.account), 0);
    ck_assert_int_eq(number_of(t.s, "SELECT count(*) FROM action"), 0);
    act(&t, id, FLAG_RECENT | FLAG_PENDING, 0); /* not the person's to set */
    ck_assert_uint_eq(store_journal_count(t.s, t.account), 0);
    act(&t, 4711, FLAG_SEEN, 0);
    ck_assert_uint_eq(store_journal_count(t.s, t.account), 0);
    fixture_close(&t);
}
END_TEST

START_TEST(rows_tell_what_to_send)
{
    fixture t;
    fixture_open(&t);
    g_autoptr(GError) error = NULL;
    guint32 sent = folder_id(t.s, t.account, "Sent");
    add_mail(t.s, t.folder, new_mail(7, "a@x", NULL, 100));
    add_mail(t.s, sent, new_mail(9, "b@x", NULL, 100));
    guint32 ids[] = { id_of_uid(t.s, t.folder, 7), id_of_uid(t.s, sent, 9) };
    const char *const add[] = { "todo", "bad word", NULL };
    guint64 action = store_act_flag(t.s, "mark", ids, 2, FLAG_FLAGGED, 0, add, NULL, &error);
    no_error(error);
    g_autoptr(GPtrArray) rows = store_journal(t.s, t.account, 0, &error);
    ck_assert_uint_eq(rows->len, 2);
    const store_journal_row *row = g_ptr_array_index(rows, 0);
    ck_assert_uint_eq(row->action, action);
    ck_assert_uint_eq(row->placement, ids[0]);
    ck_assert_uint_eq(row->folder, t.folder);
    ck_assert_uint_eq(row->uid, 7);
    ck_assert_uint_eq(row->add, FLAG_FLAGGED);
    ck_assert_str_eq(row->add_keywords, " todo ");
    ck_assert_str_eq(row->remove_keywords, "");
    ck_assert_int_eq(row->state, 0);
    ck_assert_ptr_null(row->problem);
    g_autoptr(GPtrArray) there = store_journal(t.s, t.account, sent, &error);
    ck_assert_uint_eq(there->len, 1);
    store_journal_sent(t.s, &row->id, 1, 0, &error);
    store_journal_park(t.s, &row->id, 1, "NO [NOPERM] read only", &error);
    g_autoptr(GPtrArray) parked = store_journal(t.s, t.account, t.folder, &error);
    row = g_ptr_array_index(parked, 0);
    ck_assert_int_eq(row->state, 2);
    ck_assert_int_eq(row->tries, 1);
    ck_assert_str_eq(row->problem, "NO [NOPERM] read only");
    ck_assert_uint_eq(store_journal_count(t.s, t.account), 1);
    ck_assert_uint_eq(store_journal_count(t.s, t.account + 1), 0);
    fixture_close(&t);
}
END_TEST

START_TEST(stale_news_is_dropped)
{
    fixture t;
    fixture_open(&t);
    g_autoptr(GError) error = NULL;
    mail_summary *m = new_mail(1, "a@x", NULL, 100);
    m->modseq = 50;
    add_mail(t.s, t.folder, m);
    const store_flag_news news[] = { { .uid = 1, .flags = FLAG_SEEN, .modseq = 49 },
                                     { .uid = 1, .flags = FLAG_FLAGGED, .modseq = 60 },
                                     { .uid = 1, .flags = FLAG_ANSWERED, .modseq = 55 },
                                     { .uid = 2, .flags = FLAG_SEEN, .modseq = 99 } };
    guint changed;
    store_flags_news(t.s, t.folder, news, G_N_ELEMENTS(news), &changed, &error);
    no_error(error);
    ck_assert_uint_eq(changed, 1);
    g_autoptr(mail_summary) s = summary_of_uid(t.s, t.folder, 1);
    ck_assert_uint_eq(s->flags, FLAG_FLAGGED);
    ck_assert_uint_eq(s->modseq, 60);
    fixture_close(&t);
}
END_TEST

/* An error inside a transaction of the caller: nothing of it can be committed. */
START_TEST(failed_write_spoils_the_transaction)
{
    fixture t;
    fixture_open(&t);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) one = g_ptr_array_new_with_free_func((GDestroyNotify)mail_summary_free);
    g_ptr_array_add(one, new_mail(1, "a@x", NULL, 100));
    ck_assert(store_begin(t.s, &error));
    add_mail(t.s, t.folder, new_mail(5, "b@x", NULL, 100));
    guint32 last = t.s->last_placement;
    t.s->last_placement = G_MAXUINT32; /* no number is left */
    ck_assert(!store_messages_add(t.s, t.folder, one, NULL, &error));
    ck_assert_int_eq(error_kind_of(error), ERROR_DISK);
    t.s->last_placement = last;
    g_clear_error(&error);
    ck_assert(!store_messages_add(t.s, t.folder, one, NULL, &error));
    g_clear_error(&error);
    ck_assert(!store_commit(t.s, true, &error));
    ck_assert_uint_eq(id_of_uid(t.s, t.folder, 5), 0);
    check_invariants(t.s);
    add_mail(t.s, t.folder, new_mail(5, "b@x", NULL, 100));
    ck_assert_uint_ne(id_of_uid(t.s, t.folder, 5), 0);
    fixture_close(&t);
}
END_TEST

START_TEST(old_actions_go)
{
    fixture t;
    fixture_open(&t);
    add_mail(t.s, t.folder, new_mail(1, "a@x", NULL, 100));
    add_mail(t.s, t.folder, new_mail(2, "b@x", NULL, 100));
    guint32 id = id_of_uid(t.s, t.folder, 1), other = id_of_uid(t.s, t.folder, 2);
    for (int i = 0; i < 210; i++)
        act(&t, other, i % 2 ? 0 : FLAG_FLAGGED, i % 2 ? FLAG_FLAGGED : 0);
    number_of(t.s, "DELETE FROM journal");
    act(&t, id, FLAG_SEEN, 0); /* has a row */
    number_of(t.s, "UPDATE action SET time = 5");
    for (int i = 0; i < 230; i++)
        act(&t, other, i % 2 ? 0 : FLAG_FLAGGED, i % 2 ? FLAG_FLAGGED : 0);
    ck_assert_int_eq(number_of(t.s, "SELECT count(*) FROM action WHERE time = 5"), 1);
    ck_assert_int_eq(number_of(t.s, "SELECT count(*) FROM action"), 231);
    fixture_close(&t);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("store/journal");
    TCase *t = tcase_create("journal");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, shown_state_follows_any_history);
    tcase_add_test(t, act_without_effect_writes_no_row);
    tcase_add_test(t, rows_tell_what_to_send);
    tcase_add_test(t, stale_news_is_dropped);
    tcase_add_test(t, failed_write_spoils_the_transaction);
    tcase_add_test(t, old_actions_go);
    suite_add_tcase(suite, t);
    return suite;
}
