/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Taking back, before and after the server has heard of it, and taking that back again. */
#include "base/error.h"
#include "unit/store/acted.h"

static char *undo(world *w, bool redo)
{
    g_autoptr(GError) error = NULL;
    char *label = NULL;
    guint64 action = store_undo(w->t->s, redo, &label, &error);
    no_error(error);
    ck_assert_int_eq(action != 0, label != NULL);
    check_invariants(w->t->s);
    return label;
}

static void undone(world *w, const char *label)
{
    g_autofree char *said = undo(w, false);
    ck_assert_str_eq(said != NULL ? said : "", label);
}

static void redone(world *w, const char *label)
{
    g_autofree char *said = undo(w, true);
    ck_assert_str_eq(said != NULL ? said : "", label);
}

static void refused(world *w)
{
    g_autoptr(GError) error = NULL;
    char *label = NULL;
    ck_assert_uint_eq(store_undo(w->t->s, false, &label, &error), 0);
    ck_assert_int_eq(error_kind_of(error), ERROR_INPUT);
    ck_assert_ptr_null(label);
    check_invariants(w->t->s);
}

static void flag(world *w, guint32 id, mail_flags add, mail_flags remove)
{
    store_act_flag(w->t->s, "flag", &id, 1, add, remove, NULL, NULL, NULL);
}

static void expunge(world *w, guint32 id)
{
    store_act_expunge(w->t->s, "delete", &id, 1, NULL);
}

static void has_flags(world *w, guint32 id, mail_flags flags)
{
    g_autoptr(mail_summary) s = store_summary(w->t->s, id, NULL);
    ck_assert_uint_eq(s->flags & FLAGS_STORABLE, flags);
}

START_TEST(nothing_to_undo)
{
    fixture t;
    world w = world_open(&t);
    undone(&w, "");
    redone(&w, "");
    fixture_close(&t);
}
END_TEST

START_TEST(flags_unsent_and_done)
{
    fixture t;
    world w = world_open(&t);
    guint32 a = mail(&w, t.folder, 7, "a@x");
    flag(&w, a, FLAG_FLAGGED | FLAG_SEEN, 0);
    undone(&w, "flag");
    has_flags(&w, a, 0);
    ck_assert_uint_eq(rows(&w)->len, 0);
    redone(&w, "flag");
    has_flags(&w, a, FLAG_FLAGGED | FLAG_SEEN);
    done(&w, only_row(&w)->id, 0);
    undone(&w, "flag");
    has_flags(&w, a, 0);
    ck_assert_uint_eq(only_row(&w)->remove, FLAG_FLAGGED | FLAG_SEEN);
    redone(&w, "flag");
    has_flags(&w, a, FLAG_FLAGGED | FLAG_SEEN);
    ck_assert_uint_eq(rows(&w)->len, 0); /* that of the undo was not sent */
    fixture_close(&t);
}
END_TEST

/* What another program set is not taken back with one's own. */
START_TEST(only_the_difference)
{
    fixture t;
    world w = world_open(&t);
    guint32 a = mail(&w, t.folder, 7, "a@x"), b = mail(&w, t.folder, 8, "b@x");
    flag(&w, b, FLAG_FLAGGED, 0);
    done(&w, only_row(&w)->id, 0);
    const guint32 both[] = { a, b };
    store_act_flag(t.s, "flag", both, 2, FLAG_FLAGGED, 0, NULL, NULL, NULL);
    undone(&w, "flag");
    has_flags(&w, a, 0);
    has_flags(&w, b, FLAG_FLAGGED);
    fixture_close(&t);
}
END_TEST

START_TEST(order_of_acts)
{
    fixture t;
    world w = world_open(&t);
    guint32 a = mail(&w, t.folder, 7, "a@x");
    flag(&w, a, FLAG_FLAGGED, 0);
    move(&w, a, w.archive);
    flag(&w, a, FLAG_SEEN, 0);
    undone(&w, "flag");
    undone(&w, "move");
    undone(&w, "flag");
    undone(&w, "");
    shows(&w, a, t.folder, 7);
    has_flags(&w, a, 0);
    ck_assert_uint_eq(rows(&w)->len, 0);
    redone(&w, "flag");
    redone(&w, "move");
    shows(&w, a, w.archive, 0);
    has_flags(&w, a, FLAG_FLAGGED);
    undone(&w, "move");
    redone(&w, "move");
    flag(&w, a, FLAG_ANSWERED, 0); /* what was taken back before is not to be done again */
    redone(&w, "");
    undone(&w, "flag");
    undone(&w, "move");
    shows(&w, a, t.folder, 7);
    fixture_close(&t);
}
END_TEST

START_TEST(move_done)
{
    fixture t;
    world w = world_open(&t);
    guint32 a = mail(&w, t.folder, 7, "a@x");
    move(&w, a, w.archive);
    done(&w, only_row(&w)->id, 40);
    undone(&w, "move");
    shows(&w, a, t.folder, 0);
    const store_journal_row *r = only_row(&w);
    ck_assert_uint_eq(r->folder, w.archive);
    ck_assert_uint_eq(r->uid, 40);
    ck_assert_uint_eq(r->target, t.folder);
    done(&w, r->id, 9);
    shows(&w, a, t.folder, 9);
    redone(&w, "move");
    shows(&w, a, w.archive, 0);
    fixture_close(&t);
}
END_TEST

START_TEST(move_sent_and_refused)
{
    fixture t;
    world w = world_open(&t);
    guint32 a = mail(&w, t.folder, 7, "a@x"), b = mail(&w, t.folder, 8, "b@x");
    move(&w, a, w.archive);
    guint64 row = only_row(&w)->id;
    store_journal_sent(t.s, &row, 1, 30, NULL);
    undone(&w, "move"); /* whether it was done is not known: a row the other way round */
    shows(&w, a, t.folder, 7);
    ck_assert_uint_eq(rows(&w)->len, 2);
    done(&w, row, 33);
    shows(&w, a, t.folder, 0);
    done(&w, only_row(&w)->id, 70);
    move(&w, b, w.archive);
    row = only_row(&w)->id;
    store_journal_park(t.s, &row, 1, "NO", NULL);
    undone(&w, "move");
    ck_assert_uint_eq(rows(&w)->len, 0);
    shows(&w, b, t.folder, 8);
    fixture_close(&t);
}
END_TEST

START_TEST(copy_unsent_and_done)
{
    fixture t;
    world w = world_open(&t);
    guint32 a = mail(&w, t.folder, 7, "a@x"), c = copy(&w, a, w.archive);
    undone(&w, "copy");
    ck_assert(gone(&w, c));
    ck_assert_uint_eq(rows(&w)->len, 0);
    redone(&w, "copy");
    shows(&w, c, w.archive, 0);
    ck_assert_int_eq(only_row(&w)->kind, JOURNAL_COPY);
    ck_assert_uint_eq(only_row(&w)->source, a);
    done(&w, only_row(&w)->id, 40);
    undone(&w, "copy");
    shows(&w, c, 0, 0);
    ck_assert_uint_eq(only_row(&w)->uid, 40);
    redone(&w, "copy");
    shows(&w, c, w.archive, 40);
    undone(&w, "copy");
    done(&w, only_row(&w)->id, 0);
    ck_assert(gone(&w, c));
    redone(&w, "copy");
    shows(&w, c, w.archive, 0);
    fixture_close(&t);
}
END_TEST

START_TEST(deletion_unsent_and_done)
{
    fixture t;
    world w = world_open(&t);
    g_autoptr(GBytes) raw = g_bytes_new_static("x", 1);
    g_autoptr(GBytes) hash = content_hash(raw);
    guint32 a = mail(&w, t.folder, 7, "a@x"), b = mail(&w, t.folder, 8, "b@x");
    g_autoptr(mail_summary) s = store_summary(t.s, a, NULL);
    store_content_hashed(t.s, s->mail, hash, NULL);
    flag(&w, a, FLAG_FLAGGED, 0);
    done(&w, only_row(&w)->id, 0);
    expunge(&w, a);
    undone(&w, "delete");
    shows(&w, a, t.folder, 7);
    redone(&w, "delete");
    done(&w, only_row(&w)->id, 0);
    ck_assert(gone(&w, a));
    undone(&w, "delete"); /* its text is stored: appended, with what it had */
    shows(&w, a, t.folder, 0);
    has_flags(&w, a, FLAG_FLAGGED);
    g_autoptr(mail_summary) back = store_summary(t.s, a, NULL);
    ck_assert_uint_eq(back->mail, s->mail);
    ck_assert_uint_eq(back->size, s->size);
    ck_assert_int_eq(only_row(&w)->kind, JOURNAL_APPEND);
    done(&w, only_row(&w)->id, 12);
    shows(&w, a, t.folder, 12);
    expunge(&w, b);
    done(&w, only_row(&w)->id, 0);
    refused(&w); /* not stored */
    undone(&w, "flag"); /* and no obstacle before what was done earlier */
    shows(&w, a, t.folder, 12);
    fixture_close(&t);
}
END_TEST

START_TEST(across_accounts)
{
    fixture t;
    world w = world_open(&t);
    g_autoptr(GBytes) raw = g_bytes_new_static("x", 1);
    g_autoptr(GBytes) hash = content_hash(raw);
    guint32 home = store_account(t.s, "home", NULL), a = mail(&w, t.folder, 7, "a@x");
    list_folders(t.s, home, (const char *const[]){ "INBOX", NULL });
    guint32 there = folder_id(t.s, home, "INBOX");
    g_autoptr(mail_summary) s = store_summary(t.s, a, NULL);
    store_content_hashed(t.s, s->mail, hash, NULL);
    move(&w, a, there);
    undone(&w, "move");
    shows(&w, a, t.folder, 7);
    ck_assert_uint_eq(rows(&w)->len, 0);
    redone(&w, "move");
    shows(&w, a, 0, 0);
    g_autoptr(GPtrArray) append = store_journal(t.s, home, 0, NULL);
    ck_assert_uint_eq(append->len, 1);
    const store_journal_row *made = append->pdata[0];
    ck_assert_uint_eq(made->source, a);
    ck_assert_uint_eq(only_row(&w)->after, made->id);
    done(&w, made->id, 3);
    done(&w, only_row(&w)->id, 0);
    ck_assert(gone(&w, a));
    undone(&w, "move"); /* appended here first, then deleted there */
    shows(&w, a, t.folder, 0);
    shows(&w, made->placement, 0, 0);
    g_autoptr(GPtrArray) expunge_there = store_journal(t.s, home, 0, NULL);
    const store_journal_row *went = expunge_there->pdata[0];
    ck_assert_int_eq(went->kind, JOURNAL_MOVE);
    ck_assert_uint_eq(went->after, only_row(&w)->id);
    ck_assert_uint_eq(only_row(&w)->source, made->placement);
    fixture_close(&t);
}
END_TEST

START_TEST(folders)
{
    fixture t;
    world w = world_open(&t);
    guint32 f;
    store_act_folder_create(t.s, t.account, "New", "New", '/', &f, NULL);
    undone(&w, "create");
    ck_assert_ptr_null(store_folder_find(t.s, t.account, "New"));
    ck_assert_uint_eq(rows(&w)->len, 0);
    redone(&w, "create");
    ck_assert_uint_eq(folder_id(t.s, t.account, "New"), f);
    done(&w, only_row(&w)->id, 0);
    store_act_folder_rename(t.s, f, "Newer", NULL);
    undone(&w, "rename");
    ck_assert_uint_eq(folder_id(t.s, t.account, "New"), f);
    redone(&w, "rename");
    done(&w, only_row(&w)->id, 0);
    store_folder_renamed(t.s, f, "Newer", NULL);
    undone(&w, "rename");
    ck_assert_uint_eq(folder_id(t.s, t.account, "New"), f);
    ck_assert_str_eq(only_row(&w)->name, "New");
    done(&w, only_row(&w)->id, 0);
    store_folder_renamed(t.s, f, "New", NULL);
    store_act_folder_delete(t.s, f, NULL);
    undone(&w, "delete-folder");
    ck_assert_uint_eq(folder_id(t.s, t.account, "New"), f);
    redone(&w, "delete-folder");
    ck_assert_ptr_null(store_folder_find(t.s, t.account, "New"));
    done(&w, only_row(&w)->id, 0);
    refused(&w);
    store_act_subscribe(t.s, w.sent, true, true, true, NULL);
    undone(&w, "subscribe");
    ck_assert_uint_eq(rows(&w)->len, 0);
    g_autoptr(folder) sent = store_folder(t.s, w.sent, NULL);
    ck_assert(!sent->subscribed && !sent->subscribed_here);
    fixture_close(&t);
}
END_TEST

START_TEST(undelete_takes_back_what_was_deleted)
{
    fixture t;
    world w = world_open(&t);
    guint32 a = mail(&w, t.folder, 7, "a@x"), b = mail(&w, t.folder, 8, "b@x"), c = mail(&w, t.folder, 9, "c@x");
    guint32 d = mail(&w, t.folder, 10, "d@x");
    expunge(&w, a);
    store_act_move(t.s, "delete", &b, 1, w.archive, NULL);
    flag(&w, c, FLAG_DELETED, 0);
    move(&w, d, w.sent); /* moved, not deleted */
    guint32 ids[] = { a, b };
    ck_assert_uint_ne(store_act_undelete(t.s, "undelete", ids, 2, NULL), 0);
    shows(&w, a, t.folder, 7);
    shows(&w, b, t.folder, 8);
    expunge(&w, a);
    ck_assert_uint_ne(store_act_undelete_all(t.s, "undelete", t.folder, NULL), 0);
    shows(&w, a, t.folder, 7);
    has_flags(&w, c, 0);
    shows(&w, d, w.sent, 0);
    undone(&w, "undelete");
    shows(&w, a, 0, 0);
    has_flags(&w, c, FLAG_DELETED);
    fixture_close(&t);
}
END_TEST

START_TEST(several_calls_are_one_action)
{
    fixture t;
    world w = world_open(&t);
    guint32 a = mail(&w, t.folder, 7, "a@x"), b = mail(&w, t.folder, 8, "b@x");
    store_acts_join(t.s, "delete");
    move(&w, a, w.archive);
    flag(&w, b, FLAG_DELETED, 0);
    guint64 action = store_acts_joined(t.s, NULL);
    ck_assert_uint_eq(store_act_count(t.s, action), 2);
    undone(&w, "delete");
    shows(&w, a, t.folder, 7);
    has_flags(&w, b, 0);
    undone(&w, "");
    fixture_close(&t);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("store/undo");
    TCase *t = tcase_create("undo");
    tcase_add_test(t, nothing_to_undo);
    tcase_add_test(t, flags_unsent_and_done);
    tcase_add_test(t, only_the_difference);
    tcase_add_test(t, order_of_acts);
    tcase_add_test(t, move_done);
    tcase_add_test(t, move_sent_and_refused);
    tcase_add_test(t, copy_unsent_and_done);
    tcase_add_test(t, deletion_unsent_and_done);
    tcase_add_test(t, across_accounts);
    tcase_add_test(t, folders);
    tcase_add_test(t, undelete_takes_back_what_was_deleted);
    tcase_add_test(t, several_calls_are_one_action);
    suite_add_tcase(suite, t);
    return suite;
}
