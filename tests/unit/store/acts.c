/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Moves, copies and deletions: what is shown at once, what the rows say, what becomes of them when the server answers
 * or somebody else was faster.  Random histories are in walk.c, taking back in undo.c. */
#include "base/error.h"
#include "unit/store/acted.h"

START_TEST(move_shows_at_once_and_names_its_home)
{
    fixture t;
    world w = world_open(&t);
    guint32 a = mail(&w, t.folder, 7, "a@x");
    ck_assert_uint_ne(move(&w, a, w.archive), 0);
    shows(&w, a, w.archive, 0);
    counted(&w);
    const store_journal_row *r = only_row(&w);
    ck_assert_int_eq(r->kind, JOURNAL_MOVE);
    ck_assert_uint_eq(r->placement, a);
    ck_assert_uint_eq(r->folder, t.folder);
    ck_assert_uint_eq(r->uid, 7);
    ck_assert_uint_eq(r->target, w.archive);
    ck_assert_uint_eq(r->shown, w.archive);
    ck_assert_uint_eq(r->bound, 0);
    /* the server still has it: it counts, and its news reach it */
    guint32 n;
    store_uid_count(t.s, t.folder, &n, NULL);
    ck_assert_uint_eq(n, 1);
    store_flag_news news = { .uid = 7, .flags = FLAG_SEEN };
    store_flags_news(t.s, t.folder, &news, 1, NULL, NULL);
    ck_assert_uint_eq(add_mail(t.s, t.folder, new_mail(7, "a@x", NULL, 100)), 0);
    shows(&w, a, w.archive, 0);
    fixture_close(&t);
}
END_TEST

START_TEST(done_with_uid_binds)
{
    fixture t;
    world w = world_open(&t);
    guint32 a = mail(&w, t.folder, 7, "a@x");
    move(&w, a, w.archive);
    done(&w, only_row(&w)->id, 40);
    shows(&w, a, w.archive, 40);
    ck_assert_int_eq(number_of(t.s, "SELECT count(*) FROM home"), 0);
    ck_assert_uint_eq(rows(&w)->len, 0);
    vanish(&w, t.folder, 7); /* told late: it is no longer there for us */
    shows(&w, a, w.archive, 40);
    fixture_close(&t);
}
END_TEST

START_TEST(done_without_uid_waits_for_its_arrival)
{
    fixture t;
    world w = world_open(&t);
    guint32 a = mail(&w, t.folder, 7, "a@x");
    move(&w, a, w.archive);
    guint64 row = only_row(&w)->id;
    store_journal_sent(t.s, &row, 1, 30, NULL);
    done(&w, row, 0);
    shows(&w, a, w.archive, 0);
    /* one like it that was there before is another one */
    ck_assert_uint_eq(add_mail(t.s, w.archive, same_mail(&w, a, 29)), 1);
    shows(&w, a, w.archive, 0);
    ck_assert_uint_eq(add_mail(t.s, w.archive, same_mail(&w, a, 31)), 0);
    shows(&w, a, w.archive, 31);
    fixture_close(&t);
}
END_TEST

START_TEST(unsent_move_is_not_taken_for_another_message)
{
    fixture t;
    world w = world_open(&t);
    guint32 a = mail(&w, t.folder, 7, "a@x");
    move(&w, a, w.archive);
    ck_assert_uint_eq(add_mail(t.s, w.archive, same_mail(&w, a, 31)), 1);
    shows(&w, a, w.archive, 0);
    /* sent: the next one may be it */
    guint64 row = only_row(&w)->id;
    store_journal_sent(t.s, &row, 1, 32, NULL);
    ck_assert_uint_eq(add_mail(t.s, w.archive, same_mail(&w, a, 32)), 0);
    shows(&w, a, w.archive, 32);
    ck_assert_uint_eq(rows(&w)->len, 0);
    fixture_close(&t);
}
END_TEST

START_TEST(somebody_else_did_the_same)
{
    fixture t;
    world w = world_open(&t);
    guint32 a = mail(&w, t.folder, 7, "a@x");
    move(&w, a, w.archive);
    vanish(&w, t.folder, 7);
    shows(&w, a, w.archive, 0);
    ck_assert_uint_eq(only_row(&w)->folder, 0); /* nowhere: append or park */
    ck_assert_uint_eq(add_mail(t.s, w.archive, same_mail(&w, a, 31)), 0);
    shows(&w, a, w.archive, 31);
    ck_assert_uint_eq(rows(&w)->len, 0);
    fixture_close(&t);
}
END_TEST

START_TEST(several_moves_end_in_the_last)
{
    fixture t;
    world w = world_open(&t);
    guint32 a = mail(&w, t.folder, 7, "a@x"), other = mail(&w, w.archive, 40, "b@x");
    move(&w, a, w.archive);
    move(&w, a, w.sent);
    GPtrArray *all = rows(&w);
    ck_assert_uint_eq(all->len, 2);
    for (guint i = 0; i < 2; i++) {
        const store_journal_row *r = all->pdata[i];
        ck_assert_uint_eq(r->folder, t.folder);
        ck_assert_uint_eq(r->shown, w.sent);
    }
    guint64 ids[] = { ((store_journal_row *)all->pdata[0])->id, ((store_journal_row *)all->pdata[1])->id };
    const guint32 uids[] = { 40, 40 }; /* of the last target: what has 40 in the first is not it */
    store_journal_done(t.s, ids, uids, 2, NULL);
    shows(&w, a, w.sent, 40);
    shows(&w, other, w.archive, 40);
    fixture_close(&t);
}
END_TEST

START_TEST(moved_back_is_nothing)
{
    fixture t;
    world w = world_open(&t);
    guint32 a = mail(&w, t.folder, 7, "a@x");
    move(&w, a, w.archive);
    move(&w, a, t.folder);
    shows(&w, a, t.folder, 7);
    GPtrArray *all = rows(&w);
    guint64 ids[] = { ((store_journal_row *)all->pdata[0])->id, ((store_journal_row *)all->pdata[1])->id };
    store_journal_done(t.s, ids, NULL, 2, NULL);
    shows(&w, a, t.folder, 7);
    ck_assert_uint_eq(rows(&w)->len, 0);
    fixture_close(&t);
}
END_TEST

/* Sent, taken back before the answer was known: the message is where the server has it, the wish remains. */
START_TEST(moved_back_while_it_was_under_way)
{
    fixture t;
    world w = world_open(&t);
    guint32 a = mail(&w, t.folder, 7, "a@x");
    move(&w, a, w.archive);
    guint64 row = only_row(&w)->id;
    store_journal_sent(t.s, &row, 1, 30, NULL);
    move(&w, a, t.folder);
    shows(&w, a, t.folder, 7);
    vanish(&w, t.folder, 7);
    shows(&w, a, t.folder, 0);
    ck_assert_uint_eq(add_mail(t.s, w.archive, same_mail(&w, a, 33)), 0);
    shows(&w, a, t.folder, 0);
    const store_journal_row *r = only_row(&w);
    ck_assert_uint_eq(r->folder, w.archive);
    ck_assert_uint_eq(r->uid, 33);
    ck_assert_uint_eq(r->target, t.folder);
    done(&w, r->id, 9);
    shows(&w, a, t.folder, 9);
    fixture_close(&t);
}
END_TEST

START_TEST(refused_move_goes_back_and_may_be_tried_again)
{
    fixture t;
    world w = world_open(&t);
    guint32 a = mail(&w, t.folder, 7, "a@x");
    move(&w, a, w.archive);
    guint64 row = only_row(&w)->id;
    store_journal_park(t.s, &row, 1, "NO [OVERQUOTA]", NULL);
    shows(&w, a, t.folder, 7);
    ck_assert_int_eq(only_row(&w)->state, 2);
    store_journal_retry(t.s, &row, 1, NULL);
    shows(&w, a, w.archive, 0);
    ck_assert_int_eq(only_row(&w)->state, 0);
    ck_assert_ptr_null(only_row(&w)->problem);
    store_journal_cancel(t.s, &row, 1, NULL);
    shows(&w, a, t.folder, 7);
    ck_assert_uint_eq(rows(&w)->len, 0);
    fixture_close(&t);
}
END_TEST

START_TEST(sent_row_is_not_cancelled)
{
    fixture t;
    world w = world_open(&t);
    g_autoptr(GError) error = NULL;
    guint32 a = mail(&w, t.folder, 7, "a@x");
    move(&w, a, w.archive);
    guint64 row = only_row(&w)->id;
    store_journal_sent(t.s, &row, 1, 0, NULL);
    ck_assert(!store_journal_cancel(t.s, &row, 1, &error));
    ck_assert_int_eq(error_kind_of(error), ERROR_INPUT);
    shows(&w, a, w.archive, 0);
    fixture_close(&t);
}
END_TEST

START_TEST(deleted_is_nowhere)
{
    fixture t;
    world w = world_open(&t);
    guint32 a = mail(&w, t.folder, 7, "a@x"), b = mail(&w, t.folder, 8, "b@x");
    const guint32 both[] = { a, b };
    store_act_expunge(t.s, "delete", both, 2, NULL);
    shows(&w, a, 0, 0);
    counted(&w);
    view_request everything = { .sort = SORT_DATE };
    g_autoptr(store_view) v = store_view_build(t.s, &everything, NULL);
    ck_assert_uint_eq(v->n, 0);
    g_autoptr(query) nothing = query_parse("-in:INBOX", 0, NULL);
    view_request not_in = { .sort = SORT_THREADS, .query = nothing };
    g_autoptr(store_view) v2 = store_view_build(t.s, &not_in, NULL);
    ck_assert_uint_eq(v2->n, 0);
    guint64 row = ((store_journal_row *)rows(&w)->pdata[0])->id;
    done(&w, row, 0);
    ck_assert(gone(&w, a));
    vanish(&w, t.folder, 8); /* told before the answer */
    ck_assert(gone(&w, b));
    ck_assert_uint_eq(rows(&w)->len, 0);
    fixture_close(&t);
}
END_TEST

START_TEST(copies_are_rows_of_their_own)
{
    fixture t;
    world w = world_open(&t);
    guint32 a = mail(&w, t.folder, 7, "a@x");
    guint32 c = copy(&w, a, w.archive), d = copy(&w, a, w.archive);
    shows(&w, a, t.folder, 7);
    shows(&w, c, w.archive, 0);
    counted(&w);
    const store_journal_row *r = rows(&w)->pdata[0];
    ck_assert_int_eq(r->kind, JOURNAL_COPY);
    ck_assert_uint_eq(r->source, a);
    ck_assert_uint_eq(r->uid, 7);
    guint64 ids[] = { r->id, ((store_journal_row *)rows(&w)->pdata[1])->id };
    store_journal_sent(t.s, ids, 2, 40, NULL);
    ck_assert_uint_eq(add_mail(t.s, w.archive, same_mail(&w, a, 41)), 0);
    ck_assert_uint_eq(add_mail(t.s, w.archive, same_mail(&w, a, 42)), 0);
    ck_assert_uint_eq(rows(&w)->len, 0);
    g_autoptr(mail_summary) one = store_summary(t.s, c, NULL), two = store_summary(t.s, d, NULL);
    ck_assert_uint_eq(one->uid + two->uid, 83);
    counted(&w);
    fixture_close(&t);
}
END_TEST

START_TEST(refused_copy_is_not_shown)
{
    fixture t;
    world w = world_open(&t);
    guint32 a = mail(&w, t.folder, 7, "a@x"), c = copy(&w, a, w.archive);
    guint64 row = only_row(&w)->id;
    store_journal_park(t.s, &row, 1, "NO", NULL);
    shows(&w, c, 0, 0);
    ck_assert_uint_eq(only_row(&w)->id, row);
    store_journal_retry(t.s, &row, 1, NULL);
    shows(&w, c, w.archive, 0);
    store_journal_cancel(t.s, &row, 1, NULL);
    ck_assert(gone(&w, c));
    shows(&w, a, t.folder, 7);
    fixture_close(&t);
}
END_TEST

START_TEST(unsent_copy_that_is_deleted_never_was)
{
    fixture t;
    world w = world_open(&t);
    guint32 a = mail(&w, t.folder, 7, "a@x"), c = copy(&w, a, w.archive);
    store_act_expunge(t.s, "delete", &c, 1, NULL);
    ck_assert(gone(&w, c));
    ck_assert_uint_eq(rows(&w)->len, 0);
    fixture_close(&t);
}
END_TEST

/* Never the deletion first: it waits for the appending, is refused with it, and forgotten with it. */
START_TEST(move_to_another_account)
{
    fixture t;
    world w = world_open(&t);
    g_autoptr(GError) error = NULL;
    guint32 home = store_account(t.s, "home", &error);
    list_folders(t.s, home, (const char *const[]){ "INBOX", NULL });
    guint32 there = folder_id(t.s, home, "INBOX"), a = mail(&w, t.folder, 7, "a@x");
    move(&w, a, there);
    shows(&w, a, 0, 0);
    counted(&w);
    g_autoptr(GPtrArray) append = store_journal(t.s, home, 0, NULL), expunge = store_journal(t.s, t.account, 0, NULL);
    const store_journal_row *made = append->pdata[0], *went = expunge->pdata[0];
    ck_assert_int_eq(made->kind, JOURNAL_APPEND);
    ck_assert_uint_eq(made->source, a);
    ck_assert_uint_eq(made->folder, t.folder);
    ck_assert_uint_eq(made->uid, 7);
    ck_assert_int_eq(went->kind, JOURNAL_MOVE);
    ck_assert_uint_eq(went->after, made->id);
    shows(&w, made->placement, there, 0);
    store_journal_park(t.s, &made->id, 1, "NO", NULL);
    shows(&w, a, t.folder, 7); /* in one place at least, always */
    shows(&w, made->placement, 0, 0);
    store_journal_retry(t.s, &made->id, 1, NULL);
    shows(&w, a, 0, 0);
    done(&w, made->id, 3);
    shows(&w, made->placement, there, 3);
    g_autoptr(GPtrArray) left = store_journal(t.s, t.account, 0, NULL);
    ck_assert_uint_eq(((store_journal_row *)left->pdata[0])->after, 0);
    done(&w, went->id, 0);
    ck_assert(gone(&w, a));
    counted(&w);
    fixture_close(&t);
}
END_TEST

/* What is known of a message in another account has no references: they come with its arrival. */
START_TEST(appended_message_joins_its_thread)
{
    fixture t;
    world w = world_open(&t);
    guint32 home = store_account(t.s, "home", NULL);
    list_folders(t.s, home, (const char *const[]){ "INBOX", NULL });
    guint32 there = folder_id(t.s, home, "INBOX");
    add_mail(t.s, there, new_mail(1, "first@x", NULL, 100));
    add_mail(t.s, t.folder, new_mail(7, "answer@x", "first@x", 200));
    guint32 copied, a = id_of_uid(t.s, t.folder, 7);
    g_autoptr(GArray) made = g_array_new(FALSE, FALSE, sizeof(guint32));
    store_act_copy(t.s, "copy", &a, 1, there, made, NULL);
    copied = g_array_index(made, guint32, 0);
    g_autoptr(GPtrArray) append = store_journal(t.s, home, 0, NULL);
    store_journal_sent(t.s, &((store_journal_row *)append->pdata[0])->id, 1, 0, NULL);
    mail_summary *arrival = new_mail(2, "answer@x", "first@x", 200);
    arrival->size = 1007;
    ck_assert_uint_eq(add_mail(t.s, there, arrival), 0);
    shows(&w, copied, there, 2);
    g_autoptr(mail_summary) one = summary_of_uid(t.s, there, 1), two = summary_of_uid(t.s, there, 2);
    ck_assert_uint_eq(one->thread, two->thread);
    fixture_close(&t);
}
END_TEST

START_TEST(renumbered_folder_binds_what_is_shown_elsewhere)
{
    fixture t;
    world w = world_open(&t);
    guint32 a = mail(&w, t.folder, 7, "a@x"), b = mail(&w, t.folder, 8, "b@x");
    move(&w, a, w.archive);
    move(&w, b, w.archive);
    store_folder_renumber(t.s, t.folder, 99, NULL);
    ck_assert_uint_eq(add_mail(t.s, t.folder, same_mail(&w, a, 70)), 0);
    shows(&w, a, w.archive, 0);
    ck_assert_uint_eq(((store_journal_row *)rows(&w)->pdata[0])->uid, 70);
    store_unbound_drop(t.s, t.folder, NULL);
    shows(&w, b, w.archive, 0); /* wanted there, though nowhere to be had from */
    ck_assert_uint_eq(rows(&w)->len, 2);
    counted(&w);
    fixture_close(&t);
}
END_TEST

START_TEST(target_that_goes_gives_back)
{
    fixture t;
    world w = world_open(&t);
    guint32 a = mail(&w, t.folder, 7, "a@x"), c = copy(&w, a, w.archive), b = mail(&w, w.archive, 9, "b@x");
    move(&w, a, w.archive);
    move(&w, b, w.sent);
    list_folders(t.s, t.account, (const char *const[]){ "INBOX", "Sent", NULL });
    shows(&w, a, t.folder, 7);
    shows(&w, c, 0, 0);
    shows(&w, b, w.sent, 0); /* the server has it no more */
    GPtrArray *all = rows(&w);
    ck_assert_uint_eq(all->len, 3);
    ck_assert_int_eq(((store_journal_row *)all->pdata[0])->state, 2);
    ck_assert_int_eq(((store_journal_row *)all->pdata[1])->state, 2);
    g_autoptr(GError) error = NULL;
    ck_assert(!store_journal_retry(t.s, &((store_journal_row *)all->pdata[0])->id, 1, &error));
    ck_assert_int_eq(error_kind_of(error), ERROR_INPUT);
    counted(&w);
    fixture_close(&t);
}
END_TEST

START_TEST(what_waits_keeps_its_body)
{
    fixture t;
    world w = world_open(&t);
    guint32 a = mail(&w, t.folder, 7, "a@x"), b = mail(&w, t.folder, 8, "b@x"), c = mail(&w, t.folder, 9, "c@x");
    copy(&w, a, w.archive);
    move(&w, b, w.archive);
    g_autoptr(mail_summary) source = store_summary(t.s, a, NULL), moved = store_summary(t.s, b, NULL);
    g_autoptr(mail_summary) idle = store_summary(t.s, c, NULL);
    g_autoptr(GHashTable) set = store_protected(t.s);
    ck_assert(g_hash_table_contains(set, GUINT_TO_POINTER(source->mail)));
    ck_assert(g_hash_table_contains(set, GUINT_TO_POINTER(moved->mail)));
    ck_assert(!g_hash_table_contains(set, GUINT_TO_POINTER(idle->mail)));
    fixture_close(&t);
}
END_TEST

/* A thread of all: the worst case for its marks. */
START_TEST(ten_thousand_moves_are_quick)
{
    enum { N = 10000 };
    fixture t;
    world w = world_open(&t);
    g_autoptr(GPtrArray) many = g_ptr_array_new_with_free_func((GDestroyNotify)mail_summary_free);
    for (guint i = 0; i < N; i++) {
        g_autofree char *id = g_strdup_printf("m%u@x", i);
        g_ptr_array_add(many, new_mail(i + 1, id, i % 2 ? "m0@x" : NULL, 1000 + i));
    }
    store_messages_add(t.s, t.folder, many, NULL, NULL);
    g_autofree guint32 *ids = g_new(guint32, N);
    g_autofree guint32 *uids = g_new(guint32, N);
    g_autofree guint64 *row_ids = g_new(guint64, N);
    for (guint i = 0; i < N; i++) {
        ids[i] = id_of_uid(t.s, t.folder, i + 1);
        uids[i] = 5000 + i;
    }
    gint64 before = g_get_monotonic_time();
    ck_assert_uint_ne(store_act_move(t.s, "move", ids, N, w.archive, NULL), 0);
    gint64 acted = g_get_monotonic_time();
    GPtrArray *all = rows(&w);
    ck_assert_uint_eq(all->len, N);
    for (guint i = 0; i < N; i++)
        row_ids[i] = ((store_journal_row *)all->pdata[i])->id;
    gint64 listed = g_get_monotonic_time();
    store_journal_done(t.s, row_ids, uids, N, NULL);
    gint64 end = g_get_monotonic_time();
    g_autofree char *label = NULL, *again = NULL;
    ck_assert_uint_ne(store_undo(t.s, false, &label, NULL), 0);
    gint64 undone = g_get_monotonic_time();
    ck_assert_uint_ne(store_undo(t.s, true, &again, NULL), 0);
    gint64 redone = g_get_monotonic_time();
    ck_assert_uint_ne(store_act_expunge(t.s, "delete", ids, N, NULL), 0);
    all = rows(&w);
    for (guint i = 0; i < N; i++)
        row_ids[i] = ((store_journal_row *)all->pdata[i])->id;
    gint64 deleted = g_get_monotonic_time();
    ck_assert(store_journal_park(t.s, row_ids, N, "NO", NULL));
    gint64 parked = g_get_monotonic_time();
    ck_assert(store_journal_cancel(t.s, row_ids, N, NULL));
    gint64 cancelled = g_get_monotonic_time();
    ck_assert_uint_eq(rows(&w)->len, 0);
    if (g_getenv("CURSUS_TIMES") != NULL)
        g_printerr("undo %d ms, redo %d ms, park %d ms, cancel %d ms\n", (int)(undone - end) / 1000,
                   (int)(redone - undone) / 1000, (int)(parked - deleted) / 1000, (int)(cancelled - parked) / 1000);
    ck_assert_int_lt(cancelled - deleted + redone - end, 10 * G_USEC_PER_SEC);
    if (g_getenv("CURSUS_TIMES") != NULL)
        g_printerr("act %d ms, list %d ms, done %d ms\n", (int)(acted - before) / 1000, (int)(listed - acted) / 1000,
                   (int)(end - listed) / 1000);
    ck_assert_int_lt(acted - before, 5 * G_USEC_PER_SEC); /* under sanitizers and load; else a tenth */
    counted(&w);
    fixture_close(&t);
}
END_TEST

/* ---- folders */

START_TEST(folder_made_here_becomes_known)
{
    fixture t;
    world w = world_open(&t);
    guint32 f, a = mail(&w, t.folder, 7, "a@x");
    ck_assert_uint_ne(store_act_folder_create(t.s, t.account, "New/One", "New.One", '.', &f, NULL), 0);
    move(&w, a, f);
    list_folders(t.s, t.account, (const char *const[]){ "INBOX", "Sent", "Archive", NULL });
    g_autoptr(folder) made = store_folder(t.s, f, NULL);
    ck_assert(made->local);
    ck_assert_str_eq(made->wire_name, "New.One");
    shows(&w, a, f, 0);
    const store_journal_row *r = rows(&w)->pdata[0];
    ck_assert_int_eq(r->kind, JOURNAL_FOLDER_CREATE);
    ck_assert_uint_eq(r->target, f);
    g_autoptr(GPtrArray) listed = g_ptr_array_new_with_free_func((GDestroyNotify)folder_free);
    for (guint i = 0; i < 4; i++)
        g_ptr_array_add(listed, listed_folder((const char *const[]){ "INBOX", "Sent", "Archive", "New/One" }[i]));
    folder *last = listed->pdata[3];
    g_free(last->wire_name);
    last->wire_name = g_strdup("New.One");
    last->delimiter = '.';
    store_folders_apply(t.s, t.account, listed, NULL, NULL);
    g_autoptr(folder) known = store_folder(t.s, f, NULL);
    ck_assert(!known->local);
    ck_assert_int_eq(only_row(&w)->kind, JOURNAL_MOVE);
    fixture_close(&t);
}
END_TEST

START_TEST(refused_folder_hides_and_gives_back)
{
    fixture t;
    world w = world_open(&t);
    guint32 f, a = mail(&w, t.folder, 7, "a@x");
    store_act_folder_create(t.s, t.account, "New", "New", '/', &f, NULL);
    move(&w, a, f);
    guint64 row = ((store_journal_row *)rows(&w)->pdata[0])->id;
    store_journal_park(t.s, &row, 1, "NO not here", NULL);
    shows(&w, a, t.folder, 7);
    ck_assert_ptr_null(store_folder_find(t.s, t.account, "New"));
    store_journal_retry(t.s, &row, 1, NULL);
    shows(&w, a, f, 0);
    ck_assert_uint_eq(folder_id(t.s, t.account, "New"), f);
    store_journal_cancel(t.s, &row, 1, NULL);
    shows(&w, a, t.folder, 7);
    ck_assert_uint_eq(rows(&w)->len, 0);
    g_autoptr(folder) none = store_folder(t.s, f, NULL);
    ck_assert_ptr_null(none);
    fixture_close(&t);
}
END_TEST

static void named(world *w, guint32 f, const char *name, const char *wire)
{
    g_autoptr(folder) now = store_folder(w->t->s, f, NULL);
    ck_assert_str_eq(now->name, name);
    ck_assert_str_eq(now->wire_name, wire);
}

START_TEST(renaming_takes_children_along)
{
    fixture t;
    world w = world_open(&t);
    g_autoptr(GError) error = NULL;
    static const char *const before[] = { "INBOX", "a", "a/b", "ab", NULL };
    list_folders(t.s, t.account, before);
    guint32 a = folder_id(t.s, t.account, "a"), b = folder_id(t.s, t.account, "a/b"),
            ab = folder_id(t.s, t.account, "ab");
    ck_assert_uint_eq(store_act_folder_rename(t.s, a, "ab", &error), 0);
    ck_assert_int_eq(error_kind_of(error), ERROR_INPUT);
    g_clear_error(&error);
    ck_assert_uint_eq(store_act_folder_rename(t.s, a, "a/c", &error), 0);
    g_clear_error(&error);
    ck_assert_uint_eq(store_act_folder_rename(t.s, t.folder, "c", &error), 0);
    g_clear_error(&error);
    ck_assert_uint_ne(store_act_folder_rename(t.s, a, "c", &error), 0);
    named(&w, a, "c", "a");
    named(&w, b, "c/b", "a/b");
    named(&w, ab, "ab", "ab");
    guint32 taken;
    ck_assert_uint_eq(store_act_folder_create(t.s, t.account, "a", "a", '/', &taken, &error), 0);
    ck_assert_int_eq(error_kind_of(error), ERROR_INPUT);
    list_folders(t.s, t.account, before); /* the server knows nothing of it yet */
    named(&w, b, "c/b", "a/b");
    guint64 row = only_row(&w)->id;
    ck_assert_str_eq(only_row(&w)->name, "c");
    store_journal_park(t.s, &row, 1, "NO", NULL);
    named(&w, b, "a/b", "a/b");
    store_journal_retry(t.s, &row, 1, NULL);
    named(&w, b, "c/b", "a/b");
    done(&w, row, 0);
    store_folder_renamed(t.s, a, "c", NULL);
    named(&w, a, "c", "c");
    named(&w, b, "c/b", "c/b");
    list_folders(t.s, t.account, (const char *const[]){ "INBOX", "c", "c/b", "ab", NULL });
    ck_assert_uint_eq(folder_id(t.s, t.account, "c/b"), b);
    fixture_close(&t);
}
END_TEST

START_TEST(deleted_folder_is_not_listed)
{
    fixture t;
    world w = world_open(&t);
    g_autoptr(GError) error = NULL;
    static const char *const names[] = { "INBOX", "a", "a/b", NULL };
    list_folders(t.s, t.account, names);
    guint32 a = folder_id(t.s, t.account, "a"), b = folder_id(t.s, t.account, "a/b"), m = mail(&w, a, 3, "m@x");
    ck_assert_uint_eq(store_act_folder_delete(t.s, t.folder, &error), 0);
    ck_assert_int_eq(error_kind_of(error), ERROR_INPUT);
    ck_assert_uint_ne(store_act_folder_delete(t.s, a, NULL), 0);
    list_folders(t.s, t.account, names);
    g_autoptr(GPtrArray) listed = store_folders(t.s, t.account, NULL);
    ck_assert_uint_eq(listed->len, 1);
    view_request everything = { .sort = SORT_DATE };
    g_autoptr(store_view) v = store_view_build(t.s, &everything, NULL);
    ck_assert_uint_eq(v->n, 0);
    GPtrArray *all = rows(&w);
    ck_assert_uint_eq(all->len, 2);
    ck_assert_uint_eq(((store_journal_row *)all->pdata[0])->target, b); /* the deepest first */
    guint64 first = ((store_journal_row *)all->pdata[0])->id, second = ((store_journal_row *)all->pdata[1])->id;
    done(&w, first, 0);
    store_journal_park(t.s, &second, 1, "NO", NULL);
    ck_assert_uint_eq(folder_id(t.s, t.account, "a"), a);
    shows(&w, m, a, 3);
    store_journal_retry(t.s, &second, 1, NULL);
    done(&w, second, 0);
    ck_assert(gone(&w, m));
    fixture_close(&t);
}
END_TEST

START_TEST(subscriptions_are_two)
{
    fixture t;
    world w = world_open(&t);
    store_act_subscribe(t.s, w.sent, true, true, false, NULL);
    ck_assert_uint_eq(rows(&w)->len, 0);
    store_act_subscribe(t.s, w.sent, true, true, true, NULL);
    ck_assert_int_eq(only_row(&w)->kind, JOURNAL_SUBSCRIBE);
    list_folders(t.s, t.account,
                 (const char *const[]){ "INBOX", "Sent", "Archive", NULL }); /* not subscribed, it says */
    g_autoptr(folder) f = store_folder(t.s, w.sent, NULL);
    ck_assert(f->subscribed && f->subscribed_here);
    guint64 row = only_row(&w)->id;
    store_journal_park(t.s, &row, 1, "NO", NULL);
    g_autoptr(folder) back = store_folder(t.s, w.sent, NULL);
    ck_assert(!back->subscribed && back->subscribed_here);
    fixture_close(&t);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("store/acts");
    TCase *t = tcase_create("acts");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, move_shows_at_once_and_names_its_home);
    tcase_add_test(t, done_with_uid_binds);
    tcase_add_test(t, done_without_uid_waits_for_its_arrival);
    tcase_add_test(t, unsent_move_is_not_taken_for_another_message);
    tcase_add_test(t, somebody_else_did_the_same);
    tcase_add_test(t, several_moves_end_in_the_last);
    tcase_add_test(t, moved_back_is_nothing);
    tcase_add_test(t, moved_back_while_it_was_under_way);
    tcase_add_test(t, refused_move_goes_back_and_may_be_tried_again);
    tcase_add_test(t, sent_row_is_not_cancelled);
    tcase_add_test(t, deleted_is_nowhere);
    tcase_add_test(t, copies_are_rows_of_their_own);
    tcase_add_test(t, refused_copy_is_not_shown);
    tcase_add_test(t, unsent_copy_that_is_deleted_never_was);
    tcase_add_test(t, move_to_another_account);
    tcase_add_test(t, appended_message_joins_its_thread);
    tcase_add_test(t, renumbered_folder_binds_what_is_shown_elsewhere);
    tcase_add_test(t, target_that_goes_gives_back);
    tcase_add_test(t, what_waits_keeps_its_body);
    tcase_add_test(t, ten_thousand_moves_are_quick);
    tcase_add_test(t, folder_made_here_becomes_known);
    tcase_add_test(t, refused_folder_hides_and_gives_back);
    tcase_add_test(t, renaming_takes_children_along);
    tcase_add_test(t, deleted_folder_is_not_listed);
    tcase_add_test(t, subscriptions_are_two);
    suite_add_tcase(suite, t);
    return suite;
}
