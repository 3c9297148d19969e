/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folder lists as LIST brings them, their state, and a folder that the server numbers anew. */
#include "base/error.h"
#include "unit/store/fixture.h"

static char *names(store *s, guint32 account)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) list = store_folders(s, account, &error);
    no_error(error);
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < list->len; i++) {
        const folder *f = list->pdata[i];
        g_string_append_printf(out, "%s:%s ", f->account_name, f->name);
    }
    return g_string_free(out, FALSE);
}

START_TEST(list_is_applied)
{
    fixture t;
    fixture_open(&t);
    g_autoptr(GError) error = NULL;
    guint32 sent = folder_id(t.s, t.account, "Sent");
    add_mail(t.s, sent, new_mail(1, "a@x", NULL, 1));
    add_mail(t.s, folder_id(t.s, t.account, "Archive"), new_mail(1, "b@x", NULL, 1));
    g_autoptr(GPtrArray) listed = g_ptr_array_new_with_free_func((GDestroyNotify)folder_free);
    bool changed = true;
    ck_assert(store_folders_apply(t.s, t.account, listed, &changed, &error)); /* empty: no news */
    ck_assert(!changed);
    g_autofree char *before = names(t.s, t.account);
    ck_assert_str_eq(before, "work:INBOX work:Archive work:Sent ");
    folder *renamed = listed_folder("Gesendet");
    g_free(renamed->wire_name);
    renamed->wire_name = g_strdup("Sent"); /* only our spelling of it changed */
    renamed->role = ROLE_SENT;
    renamed->subscribed = true;
    g_ptr_array_add(listed, renamed);
    g_ptr_array_add(listed, listed_folder("INBOX"));
    g_ptr_array_add(listed, listed_folder("Lists/linux"));
    g_ptr_array_add(listed, listed_folder("Lists/linux")); /* a server that says it twice */
    ck_assert(store_folders_apply(t.s, t.account, listed, &changed, &error));
    ck_assert(changed);
    g_autofree char *after = names(t.s, 0);
    ck_assert_str_eq(after, "work:INBOX work:Gesendet work:Lists/linux ");
    ck_assert_uint_eq(folder_id(t.s, t.account, "Gesendet"), sent);
    g_autoptr(folder) f = store_folder(t.s, sent, &error);
    ck_assert(f->role == ROLE_SENT && f->subscribed && f->messages == 1);
    ck_assert(store_folders_apply(t.s, t.account, listed, &changed, &error));
    ck_assert(!changed);
    ck_assert_int_eq(number_of(t.s, "SELECT count(*) FROM placement"), 1);
    check_invariants(t.s);
    /* spelled anew by the server, still ours by name */
    g_free(renamed->wire_name);
    renamed->wire_name = g_strdup("Gesendet");
    ck_assert(store_folders_apply(t.s, t.account, listed, &changed, &error));
    ck_assert(changed);
    ck_assert_uint_eq(folder_id(t.s, t.account, "Gesendet"), sent);
    fixture_close(&t);
}
END_TEST

START_TEST(folders_are_found)
{
    fixture t;
    fixture_open(&t);
    guint32 home = store_account(t.s, "home", NULL);
    ck_assert_uint_ne(home, t.account);
    ck_assert_uint_eq(store_account(t.s, "home", NULL), home);
    ck_assert_uint_eq(store_account_find(t.s, "home"), home);
    ck_assert_uint_eq(store_account_find(t.s, "nobody"), 0);
    list_folders(t.s, home, (const char *const[]){ "INBOX", "Privat", NULL });
    ck_assert_uint_eq(folder_id(t.s, 0, "inbox"), t.folder);
    ck_assert_uint_ne(folder_id(t.s, home, "Inbox"), t.folder);
    ck_assert_uint_eq(folder_id(t.s, 0, "Privat"), folder_id(t.s, home, "Privat"));
    ck_assert_ptr_null(store_folder_find(t.s, 0, "privat"));
    ck_assert_ptr_null(store_folder_find(t.s, t.account, "Privat"));
    ck_assert_ptr_null(store_folder(t.s, 4711, NULL));
    g_autofree char *all = names(t.s, 0);
    ck_assert_str_eq(all, "work:INBOX work:Archive work:Sent home:INBOX home:Privat ");
    fixture_close(&t);
}
END_TEST

START_TEST(state_is_kept)
{
    fixture t;
    fixture_open(&t);
    g_autoptr(GError) error = NULL;
    store_folder_state st;
    ck_assert(store_folder_state_get(t.s, t.folder, &st, &error));
    ck_assert(st.provisional && st.uidvalidity == 0 && st.server_messages == G_MAXUINT32);
    st = (store_folder_state){ .uidvalidity = G_MAXUINT32,
                               .uidnext = 17,
                               .server_messages = 5,
                               .server_unseen = 2,
                               .highestmodseq = G_MAXINT64,
                               .synced_at_s = 1795341600 };
    ck_assert(store_folder_state_set(t.s, t.folder, &st, &error));
    fixture_reopen(&t);
    store_folder_state back;
    ck_assert(store_folder_state_get(t.s, t.folder, &back, &error));
    ck_assert(back.uidvalidity == st.uidvalidity && back.uidnext == 17 &&
              back.server_messages == 5 && back.server_unseen == 2 &&
              back.highestmodseq == G_MAXINT64 && back.synced_at_s == 1795341600 &&
              !back.provisional);
    g_autoptr(folder) f = store_folder(t.s, t.folder, &error);
    ck_assert(f->uidvalidity == G_MAXUINT32 && f->server_messages == 5 &&
              f->highestmodseq == G_MAXINT64);
    ck_assert(!store_folder_state_get(t.s, 4711, &back, &error));
    ck_assert_int_eq(error_kind_of(error), ERROR_INPUT);
    fixture_close(&t);
}
END_TEST

START_TEST(uids_are_listed)
{
    fixture t;
    fixture_open(&t);
    static const guint32 uids[] = { 4, 1, 2, 9, 4294967295u, 3 };
    for (guint i = 0; i < G_N_ELEMENTS(uids); i++)
        add_mail(t.s, t.folder, new_mail(uids[i], NULL, NULL, 1));
    add_mail(t.s, t.folder, new_mail(0, "waits@x", NULL, 1));
    g_autoptr(uid_set) set = store_uids(t.s, t.folder, NULL);
    g_autofree char *text = uid_set_format(set);
    ck_assert_str_eq(text, "1:4,9,4294967295");
    fixture_close(&t);
}
END_TEST

/* The same uid again: an update.  In one batch: the last word. */
START_TEST(known_uids_are_updated)
{
    fixture t;
    fixture_open(&t);
    g_autoptr(GError) error = NULL;
    mail_summary *m = new_mail(1, "a@x", NULL, 1);
    m->preview = g_strdup("first");
    ck_assert_uint_eq(add_mail(t.s, t.folder, m), 1);
    guint32 id = id_of_uid(t.s, t.folder, 1);
    m = new_mail(1, "a@x", NULL, 1);
    m->flags = FLAG_SEEN;
    m->has_attachment = true;
    ck_assert_uint_eq(add_mail(t.s, t.folder, m), 0);
    g_autoptr(mail_summary) s = store_summary(t.s, id, &error);
    ck_assert_uint_eq(s->flags, FLAG_SEEN);
    ck_assert(!s->has_attachment); /* the body was looked into: a header knows less */
    ck_assert_str_eq(s->preview, "first");
    ck_assert(store_content_learned(t.s, s->mail, "second", true, &error));
    g_autoptr(mail_summary) learned = store_summary(t.s, id, &error);
    ck_assert(learned->has_attachment);
    ck_assert_str_eq(learned->preview, "second");
    g_autoptr(GPtrArray) twice = g_ptr_array_new_with_free_func((GDestroyNotify)mail_summary_free);
    g_ptr_array_add(twice, new_mail(2, "b@x", NULL, 1));
    m = new_mail(2, "b@x", NULL, 1);
    m->flags = FLAG_FLAGGED;
    g_ptr_array_add(twice, m);
    guint added;
    ck_assert(store_messages_add(t.s, t.folder, twice, &added, &error));
    ck_assert_uint_eq(added, 1);
    g_autoptr(mail_summary) b = summary_of_uid(t.s, t.folder, 2);
    ck_assert_uint_eq(b->flags, FLAG_FLAGGED);
    check_invariants(t.s);
    fixture_close(&t);
}
END_TEST

/* A window that was on its way when the folder went: no error, the person's acts beside it stay. */
START_TEST(folder_that_is_gone_takes_nothing)
{
    fixture t;
    fixture_open(&t);
    g_autoptr(GError) error = NULL;
    ck_assert(store_begin(t.s, &error));
    ck_assert_uint_eq(add_mail(t.s, 4711, new_mail(1, "a@x", NULL, 1)), 0);
    ck_assert(store_commit(t.s, true, &error));
    ck_assert_int_eq(number_of(t.s, "SELECT count(*) FROM placement"), 0);
    check_invariants(t.s);
    fixture_close(&t);
}
END_TEST

/* ---- UIDVALIDITY */

START_TEST(renumbered_messages_are_bound_again)
{
    fixture t;
    fixture_open(&t);
    g_autoptr(GError) error = NULL;
    add_mail(t.s, t.folder, new_mail(1, "a@x", NULL, 1));
    add_mail(t.s, t.folder, new_mail(2, "b@x", "a@x", 2));
    mail_summary *twin = new_mail(3, "b@x", "a@x", 2); /* the same message twice */
    twin->size = 1002;
    add_mail(t.s, t.folder, twin);
    add_mail(t.s, t.folder, new_mail(4, "gone@x", NULL, 4));
    add_mail(t.s, t.folder, new_mail(5, NULL, NULL, 5));
    guint32 ids[6];
    for (guint32 uid = 1; uid <= 5; uid++)
        ids[uid] = id_of_uid(t.s, t.folder, uid);
    store_act_flag(t.s, "mark", &ids[2], 1, FLAG_FLAGGED, 0, NULL, NULL, &error);
    g_autoptr(GPtrArray) rows = store_journal(t.s, t.account, 0, &error);
    guint64 row = ((store_journal_row *)rows->pdata[0])->id;
    store_journal_sent(t.s, &row, 1, 0, &error);
    ck_assert(store_folder_renumber(t.s, t.folder, 77, &error));
    no_error(error);
    check_invariants(t.s);
    store_folder_state st;
    store_folder_state_get(t.s, t.folder, &st, &error);
    ck_assert(st.uidvalidity == 77 && st.uidnext == 0 && st.highestmodseq == 0 && st.provisional);
    /* they are still shown, and their rows wait */
    g_autoptr(folder) f = store_folder(t.s, t.folder, &error);
    ck_assert_uint_eq(f->messages, 5);
    g_autoptr(GPtrArray) waiting = store_journal(t.s, t.account, 0, &error);
    const store_journal_row *waits = waiting->pdata[0];
    ck_assert(waits->uid == 0 && waits->state == 0 && waits->placement == ids[2]);
    fixture_reopen(&t);
    /* they come back in another order, one of another size, with old numbers for other messages */
    mail_summary *again[] = { new_mail(4, "b@x", "a@x", 2), new_mail(1, "b@x", "a@x", 2),
                              new_mail(2, "a@x", NULL, 1), new_mail(5, "gone@x", NULL, 4) };
    again[0]->size = again[1]->size = 1002;
    again[2]->size = 1001;
    again[3]->size = 4;
    for (guint i = 0; i < G_N_ELEMENTS(again); i++)
        ck_assert_uint_eq(add_mail(t.s, t.folder, again[i]), i == 3);
    ck_assert_uint_eq(id_of_uid(t.s, t.folder, 2), ids[1]);
    ck_assert_uint_eq(id_of_uid(t.s, t.folder, 4), ids[2]);
    ck_assert_uint_eq(id_of_uid(t.s, t.folder, 1), ids[3]);
    ck_assert_uint_gt(id_of_uid(t.s, t.folder, 5), ids[5]);
    g_autoptr(mail_summary) b = store_summary(t.s, ids[2], &error);
    ck_assert_uint_eq(b->flags, FLAG_FLAGGED | FLAG_PENDING);
    g_autoptr(GPtrArray) bound = store_journal(t.s, t.account, 0, &error);
    ck_assert_uint_eq(((store_journal_row *)bound->pdata[0])->uid, 4);
    ck_assert(store_unbound_drop(t.s, t.folder, &error));
    check_invariants(t.s);
    g_autoptr(folder) after = store_folder(t.s, t.folder, &error);
    ck_assert_uint_eq(after->messages, 4);
    ck_assert_ptr_null(store_summary(t.s, ids[4], &error));
    ck_assert_ptr_null(store_summary(t.s, ids[5], &error));
    fixture_close(&t);
}
END_TEST

/* A row that was put here before the server named it: it is the arrival, not a second message, and
 * a renumbering does not drop it. */
START_TEST(waiting_rows_are_bound)
{
    fixture t;
    fixture_open(&t);
    g_autoptr(GError) error = NULL;
    mail_summary *m = new_mail(0, "a@x", NULL, 1);
    m->size = 500;
    ck_assert_uint_eq(add_mail(t.s, t.folder, m), 1);
    ck_assert(store_folder_renumber(t.s, t.folder, 3, &error));
    ck_assert(store_unbound_drop(t.s, t.folder, &error));
    g_autoptr(folder) f = store_folder(t.s, t.folder, &error);
    ck_assert_uint_eq(f->messages, 1);
    m = new_mail(9, "a@x", NULL, 1);
    m->size = 500;
    m->flags = FLAG_SEEN;
    ck_assert_uint_eq(add_mail(t.s, t.folder, m), 0);
    g_autoptr(mail_summary) s = summary_of_uid(t.s, t.folder, 9);
    ck_assert_uint_eq(s->flags, FLAG_SEEN);
    check_invariants(t.s);
    fixture_close(&t);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("store/folders");
    TCase *t = tcase_create("folders");
    tcase_add_test(t, list_is_applied);
    tcase_add_test(t, folders_are_found);
    tcase_add_test(t, state_is_kept);
    tcase_add_test(t, uids_are_listed);
    tcase_add_test(t, known_uids_are_updated);
    tcase_add_test(t, folder_that_is_gone_takes_nothing);
    tcase_add_test(t, renumbered_messages_are_bound_again);
    tcase_add_test(t, waiting_rows_are_bound);
    suite_add_tcase(suite, t);
    return suite;
}
