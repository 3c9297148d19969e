/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Acts of the person through the face, without a server: what the settings make of them, one completion each, what
 * is refused, and that it is all there after a new start. */
#include "base/error.h"
#include "mtm/internal.h"
#include "mtm/journal.h"
#include "unit/runner.h"

#include <glib/gstdio.h>
#include <string.h>

enum { NMAILS = 4 };

typedef struct world {
    char *dir;
    mtm *m;
    account_settings *settings;
    guint32 inbox, trash, archive, ids[NMAILS];
    guint64 op;       /* waited for */
    guint ndone, count, failed;
    int kind;         /* of the problem, 0 none */
    char *label, *detail;
    GHashTable *changed;
} world;

static void add_folder(GPtrArray *list, const char *name, folder_role role)
{
    folder *f = g_new0(folder, 1);
    f->name = g_strdup(name);
    f->wire_name = g_strdup(name);
    g_strdelimit(f->wire_name, "/", '.');
    f->delimiter = '.';
    f->role = role;
    f->selectable = true;
    g_ptr_array_add(list, f);
}

static guint32 folder_id(store *s, const char *name)
{
    g_autoptr(folder) f = store_folder_find(s, 0, name);
    ck_assert_ptr_nonnull(f);
    return f->id;
}

static void fill(world *w, bool roles)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(store) s = store_open(w->dir, STORE_WRITE, &error);
    ck_assert_ptr_nonnull(s);
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)folder_free);
    g_autoptr(GPtrArray) mails = g_ptr_array_new_with_free_func((GDestroyNotify)mail_summary_free);
    add_folder(list, "INBOX", ROLE_INBOX);
    add_folder(list, "Bin", roles ? ROLE_TRASH : ROLE_NONE);
    add_folder(list, "Store", roles ? ROLE_ARCHIVE : ROLE_NONE);
    store_folders_apply(s, store_account(s, "work", &error), list, NULL, &error);
    for (guint i = 0; i < NMAILS; i++) {
        mail_summary *m = mail_summary_new();
        m->uid = i + 1;
        m->message_id = g_strdup_printf("m%u@x", i);
        m->date_s = m->received_s = 1000 + i;
        g_ptr_array_add(mails, m);
    }
    w->inbox = folder_id(s, "INBOX");
    w->trash = folder_id(s, "Bin");
    w->archive = folder_id(s, "Store");
    store_messages_add(s, w->inbox, mails, NULL, &error);
    view_request request = { .folder = w->inbox, .sort = SORT_DATE, .reverse = true };
    g_autoptr(store_view) v = store_view_build(s, &request, &error);
    ck_assert_uint_eq(v->n, NMAILS);
    for (guint i = 0; i < NMAILS; i++)
        w->ids[i] = v->rows[i].id;
}

static void seen(const mtm_event *e, gpointer data)
{
    world *w = data;
    if (e->kind == MTM_CHANGED)
        g_hash_table_add(w->changed, GUINT_TO_POINTER(e->folder));
    if (e->kind != MTM_DONE || e->op != w->op)
        return;
    w->ndone++;
    w->count = e->count;
    w->failed = e->failed;
    w->kind = e->problem != NULL ? e->problem->kind : 0;
    g_free(w->label);
    w->label = g_strdup(e->label);
    g_free(w->detail);
    w->detail = g_strdup(e->problem != NULL ? e->problem->detail : NULL);
}

static void start(world *w)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) accounts = g_ptr_array_new();
    g_ptr_array_add(accounts, w->settings);
    const mtm_options options = { w->dir, w->dir, w->dir, accounts, true, TERMINAL_NONE };
    w->m = mtm_new(&options);
    ck_assert_msg(mtm_start(w->m, &error), "%s", error != NULL ? error->message : "");
    mtm_folders_load(w->m);
    mtm_observe(w->m, seen, w);
}

static void world_open(world *w, bool roles)
{
    *w = (world){ .dir = g_dir_make_tmp("cursus-acts.XXXXXX", NULL), .changed = g_hash_table_new(NULL, NULL) };
    w->settings = account_settings_new("work");
    fill(w, roles);
    start(w);
}

static void remove_tree(const char *path)
{
    GDir *d = g_dir_open(path, 0, NULL);
    const char *name;
    while (d != NULL && (name = g_dir_read_name(d)) != NULL) {
        g_autofree char *inner = g_build_filename(path, name, NULL);
        if (g_file_test(inner, G_FILE_TEST_IS_DIR))
            remove_tree(inner);
        else
            g_unlink(inner);
    }
    if (d != NULL)
        g_dir_close(d);
    g_rmdir(path);
}

static void world_close(world *w)
{
    mtm_free(w->m);
    account_settings_free(w->settings);
    remove_tree(w->dir);
    g_hash_table_unref(w->changed);
    g_free(w->dir);
    g_free(w->label);
    g_free(w->detail);
}

/* Runs until op is done; exactly once. */
static void wait_for(world *w, guint64 op)
{
    w->op = op;
    w->ndone = 0;
    g_hash_table_remove_all(w->changed);
    while (w->ndone == 0)
        g_main_context_iteration(NULL, TRUE);
    while (g_main_context_iteration(NULL, FALSE))
        continue;
    ck_assert_uint_eq(w->ndone, 1);
}

static void done(world *w, guint64 op, guint count)
{
    wait_for(w, op);
    ck_assert_msg(w->kind == 0, "%s", w->detail);
    ck_assert_uint_eq(w->count, count);
}

static void refused(world *w, guint64 op)
{
    wait_for(w, op);
    ck_assert_int_eq(w->kind, ERROR_INPUT);
    ck_assert_str_ne(w->detail, "");
}

static void lies(world *w, guint i, guint32 folder)
{
    g_autoptr(mail_summary) s = mtm_summary(w->m, w->ids[i], NULL);
    ck_assert_ptr_nonnull(s);
    ck_assert_uint_eq(s->folder, folder);
}

static bool tells(world *w, guint32 folder)
{
    return g_hash_table_contains(w->changed, GUINT_TO_POINTER(folder));
}

START_TEST(move_tells_both_folders)
{
    world w;
    world_open(&w, true);
    done(&w, mtm_move(w.m, w.ids, 2, w.archive), 2);
    ck_assert(tells(&w, w.inbox) && tells(&w, w.archive) && !tells(&w, w.trash));
    lies(&w, 0, w.archive);
    done(&w, mtm_move(w.m, w.ids, 2, w.archive), 0); /* there already */
    done(&w, mtm_move(w.m, NULL, 0, w.archive), 0);
    done(&w, mtm_copy(w.m, w.ids + 2, 1, w.archive), 1);
    g_autoptr(GPtrArray) rows = mtm_journal_list(w.dir, NULL);
    ck_assert_uint_eq(rows->len, 3);
    const mtm_journal_row *moved = rows->pdata[0], *copied = rows->pdata[2];
    ck_assert_int_eq(moved->kind, CHANGE_MOVE);
    ck_assert_str_eq(moved->folder, "INBOX");
    ck_assert_str_eq(moved->target, "Store");
    ck_assert_uint_eq(moved->uid, 1);
    ck_assert_int_eq(copied->kind, CHANGE_COPY);
    ck_assert_uint_eq(copied->message, w.ids[2]);
    mtm_free(w.m); /* and after a new start */
    start(&w);
    lies(&w, 1, w.archive);
    refused(&w, mtm_move(w.m, w.ids, 1, 4711));
    world_close(&w);
}
END_TEST

START_TEST(delete_by_setting)
{
    world w;
    world_open(&w, true);
    done(&w, mtm_delete(w.m, w.ids, 1), 1);
    lies(&w, 0, w.trash);
    done(&w, mtm_delete(w.m, w.ids, 2), 2); /* in the trash it is for good; the other goes there, in one action */
    lies(&w, 0, 0);
    lies(&w, 1, w.trash);
    done(&w, mtm_undo(w.m), 2);
    ck_assert_str_eq(w.label, "delete");
    lies(&w, 0, w.trash);
    lies(&w, 1, w.inbox);
    done(&w, mtm_redo(w.m), 2);
    lies(&w, 0, 0);
    w.settings->del = DELETE_MARK;
    mtm_account_change(w.m, w.settings);
    done(&w, mtm_delete(w.m, w.ids + 2, 1), 1);
    g_autoptr(mail_summary) marked = mtm_summary(w.m, w.ids[2], NULL);
    ck_assert(marked->folder == w.inbox && marked->flags & FLAG_DELETED);
    done(&w, mtm_undelete_all(w.m, w.inbox), 3);
    g_autoptr(mail_summary) cleared = mtm_summary(w.m, w.ids[2], NULL);
    ck_assert(!(cleared->flags & FLAG_DELETED));
    w.settings->del = DELETE_EXPUNGE;
    mtm_account_change(w.m, w.settings);
    done(&w, mtm_delete(w.m, w.ids + 3, 1), 1);
    lies(&w, 3, 0);
    done(&w, mtm_undelete(w.m, w.ids + 3, 1), 1);
    lies(&w, 3, w.inbox);
    world_close(&w);
}
END_TEST

START_TEST(roles_by_hand_and_none)
{
    world w;
    world_open(&w, false);
    refused(&w, mtm_archive(w.m, w.ids, 1)); /* it has none */
    lies(&w, 0, w.inbox);
    done(&w, mtm_delete(w.m, w.ids, 1), 1); /* nor a trash: for good */
    lies(&w, 0, 0);
    w.settings->roles[ROLE_TRASH] = g_strdup("Bin");
    w.settings->roles[ROLE_ARCHIVE] = g_strdup("Store");
    mtm_account_change(w.m, w.settings);
    done(&w, mtm_delete(w.m, w.ids + 1, 1), 1);
    lies(&w, 1, w.trash);
    done(&w, mtm_archive(w.m, w.ids + 2, 1), 1);
    lies(&w, 2, w.archive);
    world_close(&w);
}
END_TEST

START_TEST(whole_folders)
{
    world w;
    world_open(&w, true);
    done(&w, mtm_folder_mark_read(w.m, w.inbox), NMAILS);
    ck_assert_uint_eq(mtm_folder(w.m, w.inbox)->unseen, 0);
    done(&w, mtm_folder_mark_read(w.m, w.inbox), 0);
    done(&w, mtm_folder_empty(w.m, w.inbox), NMAILS);
    lies(&w, 3, 0);
    done(&w, mtm_undo(w.m), NMAILS);
    ck_assert_str_eq(w.label, "empty");
    lies(&w, 3, w.inbox);
    world_close(&w);
}
END_TEST

/* The list is current when the act is done. */
static const folder *named(world *w, const char *name)
{
    const folder *f = mtm_folder_find(w->m, name);
    ck_assert_msg(f != NULL, "%s", name);
    return f;
}

START_TEST(names_of_folders)
{
    static const char *const bad[] = { "",     "/a",    "a/",   "a//b",  "a.b",   "a*", "%",
                                       "a\nb", "a\x7f", "\xff", "INBOX", "inbox", "Bin" };
    world w;
    world_open(&w, true);
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
        refused(&w, mtm_folder_create(w.m, "work", bad[i]));
    g_autofree char *too_long = g_strnfill(2000, 'x');
    refused(&w, mtm_folder_create(w.m, "work", too_long));
    refused(&w, mtm_folder_create(w.m, "nobody", "a"));
    done(&w, mtm_folder_create(w.m, NULL, "Post/Päckchen & Co"), 0);
    const folder *f = named(&w, "Post/Päckchen & Co");
    ck_assert_str_eq(f->wire_name, "Post.P&AOQ-ckchen &- Co");
    ck_assert(f->local && f->delimiter == '.');
    guint32 id = f->id;
    done(&w, mtm_folder_create(w.m, NULL, "inbox/x"), 0);
    ck_assert_str_eq(named(&w, "INBOX/x")->wire_name, "INBOX.x");
    refused(&w, mtm_folder_rename(w.m, id, "Bin"));
    refused(&w, mtm_folder_rename(w.m, w.inbox, "Other"));
    refused(&w, mtm_folder_delete(w.m, w.inbox));
    done(&w, mtm_move(w.m, w.ids, 1, w.archive), 1);
    done(&w, mtm_folder_rename(w.m, w.archive, "Old"), 0);
    ck_assert_uint_eq(named(&w, "Old")->id, w.archive);
    g_autoptr(GPtrArray) rows = mtm_journal_list(w.dir, NULL);
    const mtm_journal_row *renamed = rows->pdata[rows->len - 1];
    ck_assert_int_eq(renamed->kind, CHANGE_FOLDER_RENAME);
    ck_assert_str_eq(renamed->name, "Old");
    done(&w, mtm_folder_delete(w.m, w.archive), 0);
    ck_assert_ptr_null(mtm_folder_find(w.m, "Old"));
    wait_for(&w, mtm_undo(w.m));
    ck_assert_uint_eq(named(&w, "Old")->id, w.archive);
    world_close(&w);
}
END_TEST

START_TEST(subscribing_by_setting)
{
    static const struct {
        subscribe_choice choice;
        bool here, there;
    } table[] = { { SUBSCRIBE_NEITHER, true, false },
                  { SUBSCRIBE_LOCAL, true, false },
                  { SUBSCRIBE_REMOTE, false, true },
                  { SUBSCRIBE_BOTH, true, true } };
    world w;
    world_open(&w, true);
    for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
        w.settings->subscribe = table[i].choice;
        mtm_account_change(w.m, w.settings);
        done(&w, mtm_subscribe(w.m, w.trash, true), 0);
        const folder *f = named(&w, "Bin");
        ck_assert(f->subscribed_here == table[i].here && f->subscribed == table[i].there);
        done(&w, mtm_subscribe(w.m, w.trash, false), 0);
        f = named(&w, "Bin");
        ck_assert(!f->subscribed_here && !f->subscribed);
    }
    world_close(&w);
}
END_TEST

START_TEST(journal_is_cancelled)
{
    world w;
    world_open(&w, true);
    done(&w, mtm_move(w.m, w.ids, 2, w.archive), 2);
    done(&w, mtm_flag(w.m, w.ids + 2, 1, FLAG_FLAGGED, 0, NULL, NULL), 1);
    const mtm_journal_scope one = { .messages = w.ids, .nmessages = 1 };
    done(&w, mtm_journal_change(w.m, &one, true), 1);
    lies(&w, 0, w.inbox);
    lies(&w, 1, w.archive);
    const guint64 none[] = { 4711 };
    const mtm_journal_scope gone = { .rows = none, .nrows = 1 };
    done(&w, mtm_journal_change(w.m, &gone, true), 0);
    const mtm_journal_scope all = { 0 };
    done(&w, mtm_journal_change(w.m, &all, false), 0); /* nothing is parked */
    done(&w, mtm_journal_change(w.m, &all, true), 2);
    lies(&w, 1, w.inbox);
    g_autoptr(GPtrArray) rows = mtm_journal_list(w.dir, NULL);
    ck_assert_uint_eq(rows->len, 0);
    done(&w, mtm_undo(w.m), 0); /* nothing is left to take back */
    ck_assert_ptr_null(w.label);
    world_close(&w);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("mtm/acts");
    TCase *t = tcase_create("acts");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, move_tells_both_folders);
    tcase_add_test(t, delete_by_setting);
    tcase_add_test(t, roles_by_hand_and_none);
    tcase_add_test(t, whole_folders);
    tcase_add_test(t, names_of_folders);
    tcase_add_test(t, subscribing_by_setting);
    tcase_add_test(t, journal_is_cancelled);
    suite_add_tcase(suite, t);
    return suite;
}
