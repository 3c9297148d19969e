/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Threads as they are stored: equal to RFC 5256 read literally, whatever the order, the batches,
 * the folders and the restarts; and the rules of mail.db hold after each step. */
#include "unit/store/fixture.h"
#include "unit/store/mailbox.h"

static mail_summary *box_summary(const box_mail *m, guint index)
{
    mail_summary *s = new_mail(index + 1, m->id, NULL, 1000000 + (gint64)index * 60);
    s->references = g_strdupv(m->references);
    return s;
}

static void add_all(fixture *t, GRand *rand, const GPtrArray *mailbox, const guint *order)
{
    for (guint i = 0; i < mailbox->len;) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) batch =
            g_ptr_array_new_with_free_func((GDestroyNotify)mail_summary_free);
        guint n = (guint)g_rand_int_range(rand, 1, 30), added = 0;
        for (; n > 0 && i < mailbox->len; n--, i++)
            g_ptr_array_add(batch, box_summary(g_ptr_array_index(mailbox, order[i]), order[i]));
        store_messages_add(t->s, t->folder, batch, &added, &error);
        no_error(error);
        ck_assert_uint_eq(added, batch->len);
        if (g_rand_int_range(rand, 0, 4) == 0)
            fixture_reopen(t);
    }
}

static char *stored_threads(fixture *t, const GPtrArray *mailbox)
{
    g_autofree guint32 *threads = g_new0(guint32, MAX(mailbox->len, 1));
    for (guint i = 0; i < mailbox->len; i++) {
        g_autoptr(mail_summary) m = summary_of_uid(t->s, t->folder, i + 1);
        ck_assert_ptr_nonnull(m);
        threads[i] = m->thread;
    }
    return box_partition(mailbox, threads);
}

START_TEST(stored_threads_equal_the_reference)
{
    for (guint32 seed = 1; seed <= 12; seed++) {
        g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
        g_autoptr(GPtrArray) mailbox = box_random(rand, 150);
        g_autofree char *expected = box_reference_threads(mailbox);
        g_autofree guint *order = box_ordered(rand, mailbox->len, (box_order)(seed % 4));
        fixture t;
        fixture_open(&t);
        add_all(&t, rand, mailbox, order);
        check_invariants(t.s);
        g_autofree char *got = stored_threads(&t, mailbox);
        ck_assert_msg(strcmp(got, expected) == 0, "seed %u\n%s\n--- expected\n%s", seed, got,
                      expected);
        fixture_close(&t);
    }
}
END_TEST

/* Contradicting references join and part threads again and again. */
START_TEST(hostile_references_keep_the_rules)
{
    for (guint32 seed = 1; seed <= 6; seed++) {
        g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
        g_autoptr(GPtrArray) mailbox = box_hostile(rand, 200);
        g_autofree guint *order = box_ordered(rand, mailbox->len, BOX_SHUFFLED);
        fixture t;
        fixture_open(&t);
        add_all(&t, rand, mailbox, order);
        check_invariants(t.s);
        fixture_close(&t);
    }
}
END_TEST

START_TEST(threads_span_folders)
{
    fixture t;
    fixture_open(&t);
    guint32 sent = folder_id(t.s, t.account, "Sent");
    add_mail(t.s, t.folder, new_mail(1, "question@x", NULL, 100));
    add_mail(t.s, sent, new_mail(1, "answer@x", "question@x", 200));
    add_mail(t.s, t.folder, new_mail(2, "thanks@x", "answer@x", 300));
    g_autoptr(mail_summary) question = summary_of_uid(t.s, t.folder, 1);
    g_autoptr(mail_summary) answer = summary_of_uid(t.s, sent, 1);
    g_autoptr(mail_summary) thanks = summary_of_uid(t.s, t.folder, 2);
    ck_assert_uint_eq(question->thread, answer->thread);
    ck_assert_uint_eq(question->thread, thanks->thread);
    check_invariants(t.s);
    fixture_close(&t);
}
END_TEST

START_TEST(accounts_do_not_share_threads)
{
    fixture t;
    fixture_open(&t);
    g_autoptr(GError) error = NULL;
    guint32 home = store_account(t.s, "home", &error);
    no_error(error);
    list_folders(t.s, home, (const char *const[]){ "INBOX", NULL });
    guint32 inbox = folder_id(t.s, home, "INBOX");
    add_mail(t.s, t.folder, new_mail(1, "a@x", NULL, 100));
    add_mail(t.s, inbox, new_mail(1, "a@x", NULL, 100));
    g_autoptr(mail_summary) one = summary_of_uid(t.s, t.folder, 1);
    g_autoptr(mail_summary) other = summary_of_uid(t.s, inbox, 1);
    ck_assert_uint_ne(one->thread, other->thread);
    ck_assert_uint_ne(one->mail, other->mail);
    check_invariants(t.s);
    fixture_close(&t);
}
END_TEST

/* Content is shared only where identity is certain: Message-ID and size. */
START_TEST(copies_share_content)
{
    fixture t;
    fixture_open(&t);
    guint32 archive = folder_id(t.s, t.account, "Archive");
    guint32 sent = folder_id(t.s, t.account, "Sent");
    add_mail(t.s, t.folder, new_mail(1, "a@x", NULL, 100));
    add_mail(t.s, archive, new_mail(1, "a@x", NULL, 100));
    mail_summary *larger = new_mail(1, "a@x", NULL, 100);
    larger->size += 500; /* a list put its footer below */
    add_mail(t.s, sent, larger);
    g_autoptr(mail_summary) one = summary_of_uid(t.s, t.folder, 1);
    g_autoptr(mail_summary) same = summary_of_uid(t.s, archive, 1);
    g_autoptr(mail_summary) other = summary_of_uid(t.s, sent, 1);
    ck_assert_uint_eq(one->mail, same->mail);
    ck_assert_uint_ne(one->mail, other->mail);
    ck_assert_uint_eq(one->thread, other->thread);
    check_invariants(t.s);
    /* The content lives as long as one of the rows. */
    g_autoptr(GError) error = NULL;
    g_autoptr(uid_set) gone = uid_set_new();
    uid_set_add(gone, 1);
    store_vanished(t.s, t.folder, gone, NULL, &error);
    no_error(error);
    check_invariants(t.s);
    g_autoptr(mail_summary) still = summary_of_uid(t.s, archive, 1);
    ck_assert_uint_eq(still->mail, same->mail);
    store_vanished(t.s, archive, gone, NULL, &error);
    store_vanished(t.s, sent, gone, NULL, &error);
    no_error(error);
    check_invariants(t.s);
    guint removed;
    store_prune(t.s, G_MAXINT64, G_MAXINT, &removed, NULL);
    ck_assert_int_eq(number_of(t.s, "SELECT count(*) FROM mail"), 0);
    fixture_close(&t);
}
END_TEST

static void vanish(store *s, guint32 folder, guint32 first, guint32 last)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(uid_set) gone = uid_set_new();
    uid_set_add_range(gone, first, last);
    store_vanished(s, folder, gone, NULL, &error);
    no_error(error);
}

/* Rows come and go in any order, and nothing is left over. */
START_TEST(arrivals_and_expunges_keep_the_rules)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(3);
    g_autoptr(GPtrArray) mailbox = box_random(rand, 200);
    fixture t;
    fixture_open(&t);
    guint32 folders[] = { t.folder, folder_id(t.s, t.account, "Sent"),
                          folder_id(t.s, t.account, "Archive") };
    for (int round = 0; round < 600; round++) {
        guint index = (guint)g_rand_int_range(rand, 0, (int)mailbox->len);
        guint32 folder = folders[g_rand_int_range(rand, 0, 3)];
        if (g_rand_int_range(rand, 0, 3) != 0)
            add_mail(t.s, folder, box_summary(g_ptr_array_index(mailbox, index), index));
        else
            vanish(t.s, folder, index + 1, index + 6);
        if (round % 50 == 49) {
            check_invariants(t.s);
            fixture_reopen(&t);
        }
    }
    list_folders(t.s, t.account, (const char *const[]){ "INBOX", NULL });
    check_invariants(t.s);
    ck_assert_int_gt(number_of(t.s, "SELECT count(*) FROM placement"), 0);
    vanish(t.s, t.folder, 1, G_MAXUINT32);
    check_invariants(t.s);
    ck_assert_int_eq(number_of(t.s, "SELECT count(*) FROM placement"), 0);
    guint removed;
    store_prune(t.s, G_MAXINT64, G_MAXINT, &removed, NULL);
    ck_assert_int_eq(number_of(t.s, "SELECT count(*) FROM mail"), 0);
    fixture_close(&t);
}
END_TEST

/* A rolled back batch leaves nothing, in the file or in memory. */
START_TEST(rollback_forgets_threads)
{
    fixture t;
    fixture_open(&t);
    g_autoptr(GError) error = NULL;
    add_mail(t.s, t.folder, new_mail(1, "a@x", NULL, 100));
    ck_assert(store_begin(t.s, &error));
    add_mail(t.s, t.folder, new_mail(2, "b@x", "a@x z@x", 200));
    store_rollback(t.s);
    check_invariants(t.s);
    ck_assert_uint_eq(id_of_uid(t.s, t.folder, 2), 0);
    add_mail(t.s, t.folder, new_mail(3, "z@x", NULL, 300));
    g_autoptr(mail_summary) a = summary_of_uid(t.s, t.folder, 1);
    g_autoptr(mail_summary) z = summary_of_uid(t.s, t.folder, 3);
    ck_assert_uint_ne(a->thread, z->thread);
    check_invariants(t.s);
    fixture_close(&t);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("store/threads");
    TCase *t = tcase_create("threads");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, stored_threads_equal_the_reference);
    tcase_add_test(t, hostile_references_keep_the_rules);
    tcase_add_test(t, threads_span_folders);
    tcase_add_test(t, accounts_do_not_share_threads);
    tcase_add_test(t, copies_share_content);
    tcase_add_test(t, arrivals_and_expunges_keep_the_rules);
    tcase_add_test(t, rollback_forgets_threads);
    suite_add_tcase(suite, t);
    return suite;
}
