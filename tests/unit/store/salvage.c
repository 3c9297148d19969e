/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A damaged mail.db: what nobody else has is saved, what is saved obeys every rule, and no id comes again. */
#include "base/error.h"
#include "store/salvage.h"
#include "unit/store/fixture.h"

#include <unistd.h>

enum { MAILS = 800, EACH = 10, ROWS = MAILS + EACH /* copies */, CHANGES = 1 + 3 * EACH + 1 };

static void fill(fixture *t, guint32 *acted)
{
    g_autoptr(GError) error = NULL;
    for (guint32 uid = 1; uid <= MAILS; uid++) {
        g_autofree char *id = g_strdup_printf("%u@x", uid), *above = g_strdup_printf("%u@x", uid / 3);
        add_mail(t->s, t->folder, new_mail(uid, id, above, uid));
    }
    store_folder_state st = { .uidvalidity = 7, .uidnext = MAILS + 1, .highestmodseq = 99 };
    store_folder_state_set(t->s, t->folder, &st, &error);
    *acted = id_of_uid(t->s, t->folder, 400);
    store_act_flag(t->s, "mark", acted, 1, FLAG_FLAGGED, 0, NULL, NULL, &error);
    no_error(error);
    guint32 ids[EACH], sent = folder_id(t->s, t->account, "Sent"), made;
    for (guint32 i = 0; i < 3 * EACH; i++) {
        ids[i % EACH] = id_of_uid(t->s, t->folder, 10 + i);
        if (i == EACH - 1)
            store_act_move(t->s, "move", ids, EACH, sent, &error);
        else if (i == 2 * EACH - 1)
            store_act_expunge(t->s, "delete", ids, EACH, &error);
        else if (i == 3 * EACH - 1)
            store_act_copy(t->s, "copy", ids, EACH, sent, NULL, &error);
    }
    store_act_folder_create(t->s, t->account, "New", "New", '/', &made, &error);
    no_error(error);
    store_close(t->s);
    t->s = NULL;
}

static void overwrite(const fixture *t, guint first, guint npages)
{
    g_autofree char *path = g_build_filename(t->dir, "mail.db", NULL);
    g_autoptr(GRand) rand = g_rand_new_with_seed(first);
    FILE *file = fopen(path, "r+b");
    ck_assert_ptr_nonnull(file);
    fseek(file, (long)first * 4096, SEEK_SET);
    for (guint i = 0; i < npages * 1024; i++) {
        guint32 noise = g_rand_int(rand);
        fwrite(&noise, sizeof noise, 1, file);
    }
    fclose(file);
}

static store *open_saving(const fixture *t, store_saved *saved)
{
    g_autoptr(GError) error = NULL;
    store *s = store_open_saving(t->dir, saved, &error);
    no_error(error);
    ck_assert_ptr_nonnull(s);
    return s;
}

START_TEST(sound_file_is_left_alone)
{
    fixture t;
    guint32 acted;
    store_saved saved;
    fixture_open(&t);
    fill(&t, &acted);
    store_suspect(t.dir); /* an unfounded suspicion costs a look */
    for (int i = 0; i < 2; i++) {
        t.s = open_saving(&t, &saved);
        ck_assert_ptr_null(saved.aside);
        check_invariants(t.s);
        ck_assert_int_eq(number_of(t.s, "SELECT count(*) FROM placement"), ROWS);
        ck_assert_int_eq(number_of(t.s, "SELECT highestmodseq FROM folder WHERE name = 'INBOX'"), 99);
        store_close(t.s);
    }
    t.s = NULL;
    fixture_close(&t);
}
END_TEST

/* The header and the beginning: everything else is still there. */
START_TEST(lost_header_costs_nothing)
{
    fixture t;
    guint32 acted;
    store_saved saved;
    fixture_open(&t);
    fill(&t, &acted);
    overwrite(&t, 0, 1);
    t.s = open_saving(&t, &saved);
    ck_assert_ptr_nonnull(strstr(saved.aside, "mail.db.damaged-"));
    ck_assert_uint_eq(saved.messages, ROWS);
    ck_assert_uint_eq(saved.changes, CHANGES);
    check_invariants(t.s);
    g_autoptr(GPtrArray) rows = store_journal(t.s, t.account, 0, NULL);
    ck_assert_uint_eq(rows->len, CHANGES);
    const store_journal_row *row = rows->pdata[0], *moved = rows->pdata[1], *made = rows->pdata[CHANGES - 1];
    ck_assert(row->placement == acted && row->uid == 400 && row->add == FLAG_FLAGGED);
    ck_assert(moved->kind == JOURNAL_MOVE && moved->folder == t.folder && moved->uid == 10);
    ck_assert_uint_eq(moved->shown, moved->target);
    g_autoptr(folder) local = store_folder(t.s, made->target, NULL);
    ck_assert(made->kind == JOURNAL_FOLDER_CREATE && local != NULL && local->local);
    store_folder_state st;
    store_folder_state_get(t.s, t.folder, &st, NULL);
    ck_assert(st.uidvalidity == 7 && st.provisional && st.highestmodseq == 0); /* compared anew */
    /* answers still find what they answer */
    add_mail(t.s, t.folder, new_mail(MAILS + 1, "new@x", "400@x", 9999));
    g_autoptr(mail_summary) answer = summary_of_uid(t.s, t.folder, MAILS + 1), asked = summary_of_uid(t.s, t.folder, 400);
    ck_assert_uint_eq(answer->thread, asked->thread);
    check_invariants(t.s);
    g_free(saved.aside);
    fixture_close(&t);
}
END_TEST

/* Any run of pages: it opens, obeys the rules, and what was lost can be added again. */
START_TEST(any_damage_leaves_a_sound_store)
{
    guint kept = 0, rounds = 0;
    for (guint first = 1; first < 60; first += 3) {
        fixture t;
        guint32 acted;
        store_saved saved;
        fixture_open(&t);
        fill(&t, &acted);
        overwrite(&t, first, 2);
        store_suspect(t.dir);
        t.s = open_saving(&t, &saved);
        if (saved.aside == NULL) /* pages that hold nothing */
            ck_assert_int_eq(number_of(t.s, "SELECT count(*) FROM placement"), ROWS);
        check_invariants(t.s);
        guint32 account = store_account(t.s, "work", NULL);
        list_folders(t.s, account, (const char *const[]){ "INBOX", "Sent", "Archive", NULL });
        guint32 inbox = folder_id(t.s, account, "INBOX");
        for (guint32 uid = 1; uid <= MAILS; uid += 7) {
            g_autofree char *id = g_strdup_printf("%u@x", uid), *above = g_strdup_printf("%u@x", uid / 3);
            add_mail(t.s, inbox, new_mail(uid, id, above, uid));
        }
        check_invariants(t.s);
        ck_assert(saved.aside == NULL || number_of(t.s, "SELECT placement FROM high") >= 100000);
        kept += saved.aside == NULL || saved.messages > MAILS / 2;
        rounds++;
        g_free(saved.aside);
        fixture_close(&t);
    }
    ck_assert_msg(kept * 4 > rounds * 3, "most of it was saved in %u of %u", kept, rounds);
}
END_TEST

START_TEST(nothing_left_is_an_empty_store)
{
    fixture t;
    guint32 acted;
    store_saved saved;
    fixture_open(&t);
    fill(&t, &acted);
    overwrite(&t, 0, 2000);
    t.s = open_saving(&t, &saved);
    ck_assert_ptr_nonnull(saved.aside);
    ck_assert_uint_eq(saved.messages, 0);
    check_invariants(t.s);
    g_free(saved.aside);
    fixture_close(&t);
}
END_TEST

START_TEST(newer_version_is_not_damage)
{
    fixture t;
    store_saved saved;
    fixture_open(&t);
    db_script(&t.s->d, "PRAGMA user_version=99", NULL);
    store_close(t.s);
    g_autoptr(GError) error = NULL;
    t.s = store_open_saving(t.dir, &saved, &error);
    ck_assert_ptr_null(t.s);
    ck_assert_ptr_null(saved.aside);
    ck_assert_int_eq(error_kind_of(error), ERROR_INPUT);
    fixture_close(&t);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("store/salvage");
    TCase *t = tcase_create("salvage");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, sound_file_is_left_alone);
    tcase_add_test(t, lost_header_costs_nothing);
    tcase_add_test(t, any_damage_leaves_a_sound_store);
    tcase_add_test(t, nothing_left_is_an_empty_store);
    tcase_add_test(t, newer_version_is_not_damage);
    suite_add_tcase(suite, t);
    return suite;
}
