/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person has must stay hers: ids and contents (so bodies) over moves and copies by other clients, new
 * numberings, folders renamed elsewhere.  And never one content for two different messages. */
#include "unit/store/fixture.h"

static void vanish(fixture *t, guint32 folder, guint32 uid)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(uid_set) gone = uid_set_new();
    uid_set_add(gone, uid);
    ck_assert(store_vanished(t->s, folder, gone, NULL, &error));
    no_error(error);
}

static mail_summary *mail_of(guint32 uid, const char *id, const char *object_id, guint64 size)
{
    mail_summary *m = new_mail(uid, id, NULL, 1000);
    m->size = size;
    m->object_id = g_strdup(object_id);
    return m;
}

static guint32 content_of(fixture *t, guint32 folder, guint32 uid)
{
    g_autoptr(mail_summary) m = summary_of_uid(t->s, folder, uid);
    ck_assert_ptr_nonnull(m);
    return m->mail;
}

/* Moved by another client: seen as gone here first, as new there later, maybe after a restart. */
START_TEST(moved_message_keeps_content_and_id)
{
    static const struct {
        const char *id, *object_id, *id_there, *object_there;
        guint64 size, size_there;
        bool same;
    } moves[] = {
        { "a@x", NULL, "a@x", NULL, 500, 500, true },
        { "a@x", NULL, "a@x", NULL, 500, 501, false },
        { "a@x", "E1", "a@x", "E1", 500, 501, true }, /* a server that rewrites line ends says another size */
        { NULL, "E1", NULL, "E1", 500, 500, true },
        { NULL, "E1", NULL, "E2", 500, 500, false },
        { NULL, NULL, NULL, NULL, 500, 500, false }, /* nothing certain */
        { "a@x", NULL, "b@x", NULL, 500, 500, false },
    };
    for (guint i = 0; i < G_N_ELEMENTS(moves); i++) {
        fixture t;
        fixture_open(&t);
        guint32 archive = folder_id(t.s, t.account, "Archive");
        add_mail(t.s, t.folder, mail_of(1, moves[i].id, moves[i].object_id, moves[i].size));
        guint32 content = content_of(&t, t.folder, 1), id = id_of_uid(t.s, t.folder, 1);
        vanish(&t, t.folder, 1);
        check_invariants(t.s);
        if (i % 2 == 0)
            fixture_reopen(&t);
        add_mail(t.s, archive, mail_of(7, moves[i].id_there, moves[i].object_there, moves[i].size_there));
        ck_assert_msg((content_of(&t, archive, 7) == content) == moves[i].same, "content of move %u", i);
        ck_assert_msg((id_of_uid(t.s, archive, 7) == id) == moves[i].same, "id of move %u", i);
        check_invariants(t.s);
        fixture_close(&t);
    }
}
END_TEST

/* The other folder is looked at first: the copy there has the content when the old row goes. */
START_TEST(content_outlives_its_first_folder)
{
    fixture t;
    fixture_open(&t);
    guint32 archive = folder_id(t.s, t.account, "Archive");
    add_mail(t.s, t.folder, mail_of(1, "a@x", NULL, 500));
    add_mail(t.s, t.folder, mail_of(2, NULL, "E2", 500));
    guint32 a = content_of(&t, t.folder, 1), b = content_of(&t, t.folder, 2);
    add_mail(t.s, archive, mail_of(7, "a@x", NULL, 500));
    add_mail(t.s, archive, mail_of(8, NULL, "E2", 500));
    vanish(&t, t.folder, 1);
    vanish(&t, t.folder, 2);
    ck_assert_uint_eq(content_of(&t, archive, 7), a);
    ck_assert_uint_eq(content_of(&t, archive, 8), b);
    ck_assert_int_eq(number_of(t.s, "SELECT count(*) FROM orphan"), 0);
    check_invariants(t.s);
    fixture_close(&t);
}
END_TEST

/* Two of the same name vanish and one comes: only one takes the content, and another account none. */
START_TEST(content_is_taken_once)
{
    fixture t;
    fixture_open(&t);
    guint32 archive = folder_id(t.s, t.account, "Archive"), home = store_account(t.s, "home", NULL);
    list_folders(t.s, home, (const char *const[]){ "INBOX", NULL });
    guint32 other = folder_id(t.s, home, "INBOX");
    add_mail(t.s, t.folder, mail_of(1, "a@x", NULL, 500));
    guint32 content = content_of(&t, t.folder, 1), id = id_of_uid(t.s, t.folder, 1);
    vanish(&t, t.folder, 1);
    add_mail(t.s, other, mail_of(1, "a@x", NULL, 500));
    ck_assert_uint_ne(content_of(&t, other, 1), content);
    g_autoptr(GPtrArray) two = g_ptr_array_new_with_free_func((GDestroyNotify)mail_summary_free);
    g_ptr_array_add(two, mail_of(3, "a@x", NULL, 500));
    g_ptr_array_add(two, mail_of(4, "a@x", NULL, 500));
    ck_assert(store_messages_add(t.s, archive, two, NULL, NULL));
    ck_assert_uint_eq(id_of_uid(t.s, archive, 3), id);
    ck_assert_uint_eq(content_of(&t, archive, 3), content);
    ck_assert_uint_ne(content_of(&t, archive, 4), content);
    check_invariants(t.s);
    fixture_close(&t);
}
END_TEST

START_TEST(contents_of_nobody_go_late)
{
    fixture t;
    fixture_open(&t);
    for (guint32 uid = 1; uid <= 5; uid++) {
        g_autofree char *id = g_strdup_printf("%u@x", uid);
        add_mail(t.s, t.folder, mail_of(uid, id, NULL, 500));
        vanish(&t, t.folder, uid);
    }
    guint removed = 9;
    gint64 since = number_of(t.s, "SELECT min(since) FROM orphan");
    ck_assert(store_prune(t.s, since, 100, &removed, NULL)); /* not yet */
    ck_assert_uint_eq(removed, 0);
    ck_assert(store_prune(t.s, G_MAXINT64, 3, &removed, NULL));
    ck_assert_uint_eq(removed, 3);
    check_invariants(t.s);
    ck_assert(store_prune(t.s, G_MAXINT64, 3, &removed, NULL));
    ck_assert_uint_eq(removed, 2);
    ck_assert_int_eq(number_of(t.s, "SELECT count(*) FROM mail"), 0);
    check_invariants(t.s);
    fixture_close(&t);
}
END_TEST

/* ---- a new numbering */

static mail_summary *nameless(guint32 uid, const char *subject, gint64 received_s)
{
    mail_summary *m = mail_of(uid, NULL, NULL, 500);
    g_free(m->subject);
    m->subject = g_strdup(subject);
    m->received_s = received_s;
    return m;
}

START_TEST(messages_without_message_id_are_bound_again)
{
    fixture t;
    fixture_open(&t);
    add_mail(t.s, t.folder, nameless(1, "backup done", 100));
    add_mail(t.s, t.folder, nameless(2, "backup done", 200));
    add_mail(t.s, t.folder, nameless(3, "twice", 300));
    add_mail(t.s, t.folder, nameless(4, "twice", 300)); /* which is which nobody can say */
    guint32 first = id_of_uid(t.s, t.folder, 1), second = id_of_uid(t.s, t.folder, 2);
    guint32 twice[] = { id_of_uid(t.s, t.folder, 3), id_of_uid(t.s, t.folder, 4) };
    ck_assert(store_folder_renumber(t.s, t.folder, 77, NULL));
    add_mail(t.s, t.folder, nameless(11, "backup done", 200));
    fixture_reopen(&t);
    add_mail(t.s, t.folder, nameless(12, "backup done", 100));
    add_mail(t.s, t.folder, nameless(13, "twice", 300));
    add_mail(t.s, t.folder, nameless(14, "twice", 300));
    ck_assert_uint_eq(id_of_uid(t.s, t.folder, 11), second);
    ck_assert_uint_eq(id_of_uid(t.s, t.folder, 12), first);
    for (guint32 uid = 13; uid <= 14; uid++)
        ck_assert(id_of_uid(t.s, t.folder, uid) != twice[0] && id_of_uid(t.s, t.folder, uid) != twice[1]);
    ck_assert(store_unbound_drop(t.s, t.folder, NULL));
    ck_assert_int_eq(number_of(t.s, "SELECT count(*) FROM placement"), 4);
    check_invariants(t.s);
    fixture_close(&t);
}
END_TEST

/* Equal Message-ID and size twice in a folder: the server's own names tell them apart. */
START_TEST(object_ids_bind_before_message_ids)
{
    fixture t;
    fixture_open(&t);
    add_mail(t.s, t.folder, mail_of(1, "a@x", "E1", 500));
    add_mail(t.s, t.folder, mail_of(2, "a@x", "E2", 500));
    add_mail(t.s, t.folder, mail_of(3, NULL, "E3", 600));
    guint32 ids[4] = { 0 };
    for (guint32 uid = 1; uid <= 3; uid++)
        ids[uid] = id_of_uid(t.s, t.folder, uid);
    ck_assert(store_folder_renumber(t.s, t.folder, 77, NULL));
    g_autoptr(GPtrArray) back = g_ptr_array_new_with_free_func((GDestroyNotify)mail_summary_free);
    g_ptr_array_add(back, mail_of(21, "a@x", "E2", 500));
    g_ptr_array_add(back, mail_of(22, "a@x", "E1", 500));
    g_ptr_array_add(back, mail_of(23, NULL, "E3", 601));
    ck_assert(store_messages_add(t.s, t.folder, back, NULL, NULL));
    ck_assert_uint_eq(id_of_uid(t.s, t.folder, 21), ids[2]);
    ck_assert_uint_eq(id_of_uid(t.s, t.folder, 22), ids[1]);
    ck_assert_uint_eq(id_of_uid(t.s, t.folder, 23), ids[3]);
    check_invariants(t.s);
    fixture_close(&t);
}
END_TEST

START_TEST(object_id_is_learned_later)
{
    fixture t;
    fixture_open(&t);
    add_mail(t.s, t.folder, mail_of(1, "a@x", NULL, 500));
    add_mail(t.s, t.folder, mail_of(1, "a@x", "E1", 500)); /* the same uid, now with a name */
    g_autoptr(mail_summary) m = summary_of_uid(t.s, t.folder, 1);
    ck_assert_str_eq(m->object_id, "E1");
    add_mail(t.s, folder_id(t.s, t.account, "Archive"), mail_of(1, "a@x", "E9", 500));
    g_autoptr(mail_summary) still = summary_of_uid(t.s, t.folder, 1);
    ck_assert_str_eq(still->object_id, "E1"); /* the first word stays */
    fixture_close(&t);
}
END_TEST

/* ---- folders renamed elsewhere */

typedef struct numbers {
    const char *name, *mailbox_id;
    guint32 uidvalidity, uidnext, messages;
} numbers;

static void list_numbers(fixture *t, const numbers *all, guint n)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) listed = g_ptr_array_new_with_free_func((GDestroyNotify)folder_free);
    for (guint i = 0; i < n; i++) {
        folder *f = listed_folder(all[i].name);
        f->mailbox_id = g_strdup(all[i].mailbox_id);
        f->uidvalidity = all[i].uidvalidity;
        f->uidnext = all[i].uidnext;
        f->server_messages = all[i].messages;
        g_ptr_array_add(listed, f);
    }
    ck_assert(store_folders_apply(t->s, t->account, listed, NULL, &error));
    no_error(error);
    check_invariants(t->s);
}
#define LIST(t, ...) list_numbers(t, (const numbers[]){ __VA_ARGS__ }, sizeof((numbers[]){ __VA_ARGS__ }) / sizeof(numbers))

static guint32 synced_folder(fixture *t, const char *name, guint32 uidvalidity, guint32 uidnext, guint32 messages)
{
    guint32 id = folder_id(t->s, t->account, name);
    store_folder_state st = { .uidvalidity = uidvalidity, .uidnext = uidnext, .server_messages = messages };
    ck_assert(store_folder_state_set(t->s, id, &st, NULL));
    return id;
}

START_TEST(renamed_folder_is_known_by_its_id)
{
    fixture t;
    fixture_open(&t);
    LIST(&t, { "INBOX", "F0" }, { "Old", "F1" }, { "Old/Sub", "F2" }, { "Left", "F3" }, { "Right", "F4" });
    guint32 old = folder_id(t.s, t.account, "Old"), sub = folder_id(t.s, t.account, "Old/Sub");
    guint32 left = folder_id(t.s, t.account, "Left"), right = folder_id(t.s, t.account, "Right");
    add_mail(t.s, old, mail_of(1, "a@x", NULL, 500));
    guint32 id = id_of_uid(t.s, old, 1);
    /* renamed with its child, a new one of the old name, and two that changed their names for one another */
    LIST(&t, { "INBOX", "F0" }, { "New", "F1" }, { "New/Sub", "F2" }, { "Old", "F9" }, { "Left", "F4" }, { "Right", "F3" });
    ck_assert_uint_eq(folder_id(t.s, t.account, "New"), old);
    ck_assert_uint_eq(folder_id(t.s, t.account, "New/Sub"), sub);
    ck_assert_uint_eq(folder_id(t.s, t.account, "Left"), right);
    ck_assert_uint_eq(folder_id(t.s, t.account, "Right"), left);
    ck_assert_uint_gt(folder_id(t.s, t.account, "Old"), right);
    ck_assert_uint_eq(id_of_uid(t.s, old, 1), id);
    fixture_close(&t);
}
END_TEST

START_TEST(renamed_folder_is_known_by_its_numbers)
{
    fixture t;
    fixture_open(&t);
    list_folders(t.s, t.account, (const char *const[]){ "INBOX", "A", "B", "C", "D", NULL });
    guint32 a = synced_folder(&t, "A", 11, 5, 4), b = synced_folder(&t, "B", 12, 5, 4);
    guint32 c = synced_folder(&t, "C", 13, 1, 0), d = synced_folder(&t, "D", 13, 1, 0);
    add_mail(t.s, a, mail_of(1, "a@x", NULL, 500));
    LIST(&t, { "INBOX", NULL, 1, 1, 0 }, { "A2", NULL, 11, 5, 4 }, { "B2", NULL, 12, 6, 5 }, { "C2", NULL, 13, 1, 0 },
         { "D2", NULL, 13, 1, 0 });
    ck_assert_uint_eq(folder_id(t.s, t.account, "A2"), a);
    ck_assert_int_eq(number_of(t.s, "SELECT count(*) FROM placement"), 1);
    ck_assert_uint_ne(folder_id(t.s, t.account, "B2"), b); /* something changed: not certain */
    guint32 c2 = folder_id(t.s, t.account, "C2"), d2 = folder_id(t.s, t.account, "D2");
    ck_assert(c2 != c && c2 != d && d2 != c && d2 != d); /* two that could be either */
    fixture_close(&t);
}
END_TEST

/* RFC 9051 section 6.3.6: renaming INBOX moves its messages and leaves it there, empty. */
START_TEST(inbox_is_only_ever_itself)
{
    fixture t;
    fixture_open(&t);
    LIST(&t, { "INBOX", "F0" });
    synced_folder(&t, "INBOX", 11, 3, 2);
    add_mail(t.s, t.folder, mail_of(1, "a@x", NULL, 500));
    guint32 content = content_of(&t, t.folder, 1);
    LIST(&t, { "Inbox", "F7" }, { "Old mail", "F0", 11, 3, 2 });
    ck_assert_uint_eq(folder_id(t.s, t.account, "INBOX"), t.folder);
    guint32 moved = folder_id(t.s, t.account, "Old mail");
    ck_assert_uint_ne(moved, t.folder);
    vanish(&t, t.folder, 1);
    add_mail(t.s, moved, mail_of(1, "a@x", NULL, 500));
    ck_assert_uint_eq(content_of(&t, moved, 1), content);
    fixture_close(&t);
}
END_TEST

/* A folder that is deleted while its messages are moved out of it; the list comes first. */
START_TEST(messages_of_a_deleted_folder_are_found_elsewhere)
{
    fixture t;
    fixture_open(&t);
    guint32 sent = folder_id(t.s, t.account, "Sent"), archive = folder_id(t.s, t.account, "Archive");
    add_mail(t.s, sent, mail_of(1, "a@x", NULL, 500));
    guint32 content = content_of(&t, sent, 1);
    list_folders(t.s, t.account, (const char *const[]){ "INBOX", "Archive", NULL });
    add_mail(t.s, archive, mail_of(1, "a@x", NULL, 500));
    ck_assert_uint_eq(content_of(&t, archive, 1), content);
    check_invariants(t.s);
    fixture_close(&t);
}
END_TEST

START_TEST(uids_are_counted)
{
    fixture t;
    fixture_open(&t);
    guint32 n = 9;
    ck_assert(store_uid_count(t.s, t.folder, &n, NULL));
    ck_assert_uint_eq(n, 0);
    for (guint32 uid = 1; uid <= 4; uid++)
        add_mail(t.s, t.folder, mail_of(uid, NULL, NULL, 500));
    add_mail(t.s, t.folder, mail_of(0, "waits@x", NULL, 500));
    add_mail(t.s, folder_id(t.s, t.account, "Sent"), mail_of(1, NULL, NULL, 500));
    ck_assert(store_uid_count(t.s, t.folder, &n, NULL));
    ck_assert_uint_eq(n, 4);
    fixture_close(&t);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("store/identity");
    TCase *t = tcase_create("identity");
    tcase_add_test(t, moved_message_keeps_content_and_id);
    tcase_add_test(t, content_outlives_its_first_folder);
    tcase_add_test(t, content_is_taken_once);
    tcase_add_test(t, contents_of_nobody_go_late);
    tcase_add_test(t, messages_without_message_id_are_bound_again);
    tcase_add_test(t, object_ids_bind_before_message_ids);
    tcase_add_test(t, object_id_is_learned_later);
    tcase_add_test(t, renamed_folder_is_known_by_its_id);
    tcase_add_test(t, renamed_folder_is_known_by_its_numbers);
    tcase_add_test(t, inbox_is_only_ever_itself);
    tcase_add_test(t, messages_of_a_deleted_folder_are_found_elsewhere);
    tcase_add_test(t, uids_are_counted);
    suite_add_tcase(suite, t);
    return suite;
}
