/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file of the version before, with rows in it, brought up to date. */
#include "base/error.h"
#include "unit/store/fixture.h"

static void make_version_2(const char *dir)
{
    g_autoptr(GError) error = NULL;
    const unsigned char *const two[] = { database_mail.migrations[0], database_mail.migrations[1], NULL };
    database_kind kind = database_mail;
    kind.migrations = two;
    database d;
    ck_assert(database_open(&d, &kind, dir, STORE_WRITE, &error));
    static const char rows[] =
        "INSERT INTO account VALUES (1, 'work'), (2, 'home');"
        "INSERT INTO folder (id, account, name, wire_name, delimiter, role, selectable, subscribed, messages, unseen)"
        " VALUES (1, 1, 'INBOX', 'INBOX', 47, 1, 1, 1, 1, 0), (2, 2, 'Päst', 'P&AOQ-st', 46, 0, 1, 0, 1, 1);"
        "INSERT INTO mail (id, message_id, subject, sender, recipients, copies, date, date_offset, attachment)"
        " VALUES (1, 'a@x', 'A', '', '', '', 0, 0, 0), (2, 'b@x', 'B', '', '', '', 0, 0, 0);"
        "INSERT INTO node VALUES (1, 11, 0, 1, 1), (2, 12, 0, 2, 2);"
        "INSERT INTO placement (id, folder, uid, thread, date, node, parent, mail, received, size, server_flags, flags,"
        " modseq, server_keywords, keywords, top, copy) VALUES"
        " (1, 1, 7, 1, 100, 1, 0, 1, 100, 5, 0, 65537, 0, '', ' todo ', 1, 0),"
        " (2, 2, 8, 2, 200, 2, 0, 2, 200, 6, 0, 65538, 0, '', '', 1, 0);"
        "UPDATE high SET placement = 2, mail = 2, node = 2;"
        "INSERT INTO action VALUES (4, 'flag', 1000), (5, 'flag', 1001);"
        "INSERT INTO journal (id, action, placement, add_flags, remove_flags, add_keywords, remove_keywords, state, tries,"
        " problem) VALUES (1, 4, 1, 1, 0, ' todo ', '', 0, 0, NULL), (2, 5, 2, 2, 0, '', '', 1, 3, NULL);"
        "INSERT INTO difference VALUES (4, 1, 1, 0, ' todo ', ''), (5, 2, 2, 0, '', '');";
    ck_assert_msg(db_script(&d, rows, &error), "%s", error != NULL ? error->message : "");
    database_close(&d);
}

START_TEST(version_2_with_rows)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *dir = g_dir_make_tmp("cursus-store.XXXXXX", NULL), *label = NULL;
    make_version_2(dir);
    store *s = store_open(dir, STORE_WRITE, &error);
    no_error(error);
    ck_assert_int_ge(number_of(s, "PRAGMA user_version"), 3);
    check_invariants(s);
    ck_assert_uint_eq(store_journal_count(s, 1), 1);
    g_autoptr(GPtrArray) rows = store_journal(s, 2, 0, &error);
    ck_assert_uint_eq(rows->len, 1);
    const store_journal_row *row = rows->pdata[0];
    ck_assert_int_eq(row->kind, JOURNAL_FLAG);
    ck_assert_uint_eq(row->folder, 2);
    ck_assert_uint_eq(row->uid, 8);
    ck_assert_uint_eq(row->add, FLAG_ANSWERED);
    ck_assert_int_eq(row->state, 1);
    ck_assert_int_eq(row->tries, 3);
    g_autoptr(folder) f = store_folder(s, 1, &error);
    ck_assert(f->subscribed && !f->subscribed_here && !f->local && !f->parting);
    /* what the last version did can be taken back by this one */
    ck_assert_uint_ne(store_undo(s, false, &label, &error), 0); /* that was sent: a row the other way round */
    g_clear_pointer(&label, g_free);
    ck_assert_uint_ne(store_undo(s, false, &label, &error), 0);
    g_autoptr(mail_summary) a = store_summary(s, 1, &error);
    ck_assert_uint_eq(a->flags, 0);
    ck_assert_str_eq(a->keywords, "");
    g_autoptr(GPtrArray) left = store_journal(s, 2, 0, &error);
    ck_assert_uint_eq(left->len, 2);
    /* names are what they were when the server's list comes */
    ck_assert(store_folder_renamed(s, 2, "P&AOQ-sta", &error));
    ck_assert_uint_ne(store_act_folder_rename(s, 2, "Post", &error), 0);
    check_invariants(s);
    store_close(s);
    remove_tree(dir);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("store/migrate");
    TCase *t = tcase_create("migrate");
    tcase_add_test(t, version_2_with_rows);
    suite_add_tcase(suite, t);
    return suite;
}
