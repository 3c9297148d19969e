/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file itself: its mode and version, damage, sudden death of the writer. */
#include "base/error.h"
#include "unit/store/fixture.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char *db_path(const fixture *t)
{
    return g_build_filename(t->dir, "mail.db", NULL);
}

START_TEST(files_are_private)
{
    fixture t;
    fixture_open(&t);
    g_autofree char *dir = g_build_filename(t.dir, "deep", "er", NULL);
    store *s = store_open(dir, STORE_WRITE, NULL);
    ck_assert_ptr_nonnull(s);
    static const char *const names[] = { "", "mail.db", "mail.db-wal", "mail.db-shm" };
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(dir, names[i], NULL);
        GStatBuf st;
        ck_assert_int_eq(g_stat(path, &st), 0);
        ck_assert_int_eq(st.st_mode & 0777, i == 0 ? 0700 : 0600);
    }
    store_close(s);
    fixture_close(&t);
}
END_TEST

START_TEST(version_is_marked)
{
    fixture t;
    fixture_open(&t);
    ck_assert_int_eq(number_of(t.s, "PRAGMA user_version"), 4);
    ck_assert_int_eq(number_of(t.s, "PRAGMA application_id"), 0x6375726d);
    fixture_close(&t);
}
END_TEST

START_TEST(newer_version_is_refused)
{
    fixture t;
    fixture_open(&t);
    db_script(&t.s->d, "PRAGMA user_version=5", NULL);
    store_close(t.s);
    for (int mode = STORE_READ; mode <= STORE_WRITE; mode++) {
        g_autoptr(GError) error = NULL;
        ck_assert_ptr_null(store_open(t.dir, (store_mode)mode, &error));
        ck_assert_int_eq(error_kind_of(error), ERROR_INPUT);
        ck_assert_ptr_nonnull(strstr(error->message, "newer version of cursus"));
        ck_assert_ptr_nonnull(strstr(error->message, "mail.db"));
    }
    t.s = NULL;
    fixture_close(&t);
}
END_TEST

typedef struct early {
    const char *dir;
    atomic_bool ready, seen;
} early;

static gpointer read_early(gpointer data)
{
    early *e = data;
    store_close(store_open(e->dir, STORE_READ, NULL));
    e->seen = e->ready;
    return NULL;
}

/* The file is of another version until the engine has brought it up to date: its columns are not those we ask for. */
START_TEST(readers_wait_for_the_schema)
{
    fixture t;
    fixture_open(&t);
    db_script(&t.s->d, "PRAGMA user_version=1; PRAGMA wal_checkpoint", NULL);
    ck_assert(store_is_older(t.dir));
    early e = { .dir = t.dir };
    GThread *reader = g_thread_new("reader", read_early, &e);
    g_usleep(50000);
    e.ready = true;
    db_script(&t.s->d, "PRAGMA user_version=4; PRAGMA wal_checkpoint", NULL);
    g_thread_join(reader);
    ck_assert(e.seen);
    ck_assert(!store_is_older(t.dir));
    fixture_close(&t);
}
END_TEST

static void write_bytes(const fixture *t, gsize at, const char *bytes, gsize nbytes)
{
    g_autofree char *path = db_path(t);
    FILE *file = fopen(path, "r+b");
    ck_assert_ptr_nonnull(file);
    fseek(file, (long)at, SEEK_SET);
    ck_assert_uint_eq(fwrite(bytes, 1, nbytes, file), nbytes);
    fclose(file);
}

START_TEST(damage_names_the_file)
{
    fixture t;
    fixture_open(&t);
    store_close(t.s);
    write_bytes(&t, 0, "this is no database, but long enough for one header of it ..........", 60);
    for (int mode = STORE_READ; mode <= STORE_WRITE; mode++) {
        g_autoptr(GError) error = NULL;
        ck_assert_ptr_null(store_open(t.dir, (store_mode)mode, &error));
        ck_assert_int_eq(error_kind_of(error), ERROR_DISK);
        ck_assert_ptr_nonnull(strstr(error->message, "mail.db is damaged"));
    }
    t.s = NULL;
    fixture_close(&t);
}
END_TEST

/* Pages in the middle overwritten: an error that names the file, or rows; never a crash. */
START_TEST(damage_inside_is_an_error)
{
    fixture t;
    fixture_open(&t);
    for (guint32 i = 1; i <= 600; i++) {
        g_autofree char *id = g_strdup_printf("%u@x", i);
        add_mail(t.s, t.folder, new_mail(i, id, NULL, i));
    }
    store_close(t.s);
    g_autofree char *junk = g_strnfill(4096 * 4, 'j');
    for (gsize page = 4; page < 40; page += 4)
        write_bytes(&t, page * 4096, junk, 4096 * 2);
    g_autoptr(GError) error = NULL;
    t.s = store_open(t.dir, STORE_READ, &error);
    if (t.s != NULL) {
        g_autoptr(store_view) v =
            store_view_build(t.s, &(view_request){ .folder = t.folder }, &error);
        ck_assert_ptr_null(v);
    }
    ck_assert_int_eq(error_kind_of(error), ERROR_DISK);
    ck_assert_ptr_nonnull(strstr(error->message, "mail.db"));
    fixture_close(&t);
}
END_TEST

START_TEST(readers_do_not_write)
{
    fixture t;
    fixture_open(&t);
    g_autoptr(GError) error = NULL;
    store *reader = store_open(t.dir, STORE_READ, &error);
    no_error(error);
    ck_assert(!store_begin(reader, &error));
    ck_assert_int_eq(error_kind_of(error), ERROR_INTERNAL);
    store_close(reader);
    fixture_close(&t);
}
END_TEST

static guint descriptors(void)
{
    g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
    guint n = 0;
    while (dir != NULL && g_dir_read_name(dir) != NULL)
        n++;
    return n;
}

/* Between the moment when its writer makes the file and the first migration. */
START_TEST(a_file_without_schema_is_no_store_yet)
{
    fixture t;
    fixture_open(&t);
    g_autofree char *dir = g_build_filename(t.dir, "early", NULL);
    g_autofree char *path = g_build_filename(dir, "mail.db", NULL);
    ck_assert_int_eq(g_mkdir(dir, 0700), 0);
    ck_assert(g_file_set_contents(path, "", 0, NULL));
    guint before = descriptors();
    g_autoptr(GError) error = NULL;
    store *reader = store_open(dir, STORE_READ, &error);
    no_error(error);
    ck_assert_ptr_nonnull(reader);
    ck_assert_uint_eq(descriptors(), before);
    store_close(reader);
    fixture_close(&t);
}
END_TEST

/* Ids are not used again, not even those of the newest rows. */
START_TEST(ids_are_never_reused)
{
    fixture t;
    fixture_open(&t);
    g_autoptr(GError) error = NULL;
    add_mail(t.s, t.folder, new_mail(1, "a@x", NULL, 1));
    g_autoptr(mail_summary) first = summary_of_uid(t.s, t.folder, 1);
    g_autoptr(uid_set) gone = uid_set_new();
    uid_set_add(gone, 1);
    store_vanished(t.s, t.folder, gone, NULL, &error);
    fixture_reopen(&t);
    add_mail(t.s, t.folder, new_mail(2, "b@x", NULL, 1));
    g_autoptr(mail_summary) second = summary_of_uid(t.s, t.folder, 2);
    ck_assert_uint_gt(second->id, first->id);
    ck_assert_uint_gt(second->mail, first->mail);
    t.s->last_placement = G_MAXUINT32;
    g_autoptr(GPtrArray) one = g_ptr_array_new_with_free_func((GDestroyNotify)mail_summary_free);
    g_ptr_array_add(one, new_mail(3, "c@x", NULL, 1));
    ck_assert(!store_messages_add(t.s, t.folder, one, NULL, &error));
    ck_assert_int_eq(error_kind_of(error), ERROR_DISK);
    fixture_close(&t);
}
END_TEST

/* A child writes until it is killed; it tells through a pipe what it has committed. */
static void write_forever(const char *dir, int tell)
{
    store *s = store_open(dir, STORE_WRITE, NULL);
    g_autoptr(folder) inbox = store_folder_find(s, 0, "INBOX");
    for (guint32 uid = 1;; uid++) {
        g_autofree char *id = g_strdup_printf("%u@x", uid),
                        *above = g_strdup_printf("%u@x", uid / 3);
        if (!store_begin(s, NULL))
            _exit(1);
        g_autoptr(GPtrArray) one =
            g_ptr_array_new_with_free_func((GDestroyNotify)mail_summary_free);
        g_ptr_array_add(one, new_mail(uid, id, above, uid));
        if (!store_messages_add(s, inbox->id, one, NULL, NULL))
            _exit(1);
        gint64 placement = s->last_placement;
        guint32 ids[] = { (guint32)placement };
        if (store_act_flag(s, "mark", ids, 1, FLAG_SEEN, 0, NULL, NULL, NULL) == 0 ||
            !store_commit(s, uid % 5 == 0, NULL) || write(tell, &uid, sizeof uid) < 0)
            _exit(1);
        if (uid % 7 == 0)
            store_checkpoint(s);
    }
}

START_TEST(kill_loses_nothing_that_was_committed)
{
    for (int round = 0; round < 6; round++) {
        fixture t;
        fixture_open(&t);
        store_close(t.s);
        int ends[2];
        ck_assert_int_eq(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0)
            write_forever(t.dir, ends[1]);
        close(ends[1]);
        guint32 told = 0, uid;
        while (told < (guint32)(40 + round * 17) && read(ends[0], &uid, sizeof uid) == sizeof uid)
            told = uid;
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        while (read(ends[0], &uid, sizeof uid) == sizeof uid)
            told = uid;
        close(ends[0]);
        g_autoptr(GError) error = NULL;
        t.s = store_open(t.dir, STORE_WRITE, &error);
        no_error(error);
        ck_assert_uint_gt(told, 0);
        for (uid = 1; uid <= told; uid++)
            ck_assert_uint_ne(id_of_uid(t.s, t.folder, uid), 0);
        check_invariants(t.s);
        ck_assert_uint_ge(store_journal_count(t.s, t.account), told);
        g_autoptr(GPtrArray) rows = store_journal(t.s, t.account, 0, &error);
        g_autoptr(uid_set) uids = store_uids(t.s, t.folder, &error);
        ck_assert_uint_eq(rows->len, uid_set_count(uids)); /* both or neither */
        add_mail(t.s, t.folder, new_mail(100000, "after@x", "1@x", 1));
        check_invariants(t.s);
        fixture_close(&t);
    }
}
END_TEST

/* ---- one writes, one reads */

enum { BATCH = 25, BATCHES = 40 };

static gpointer write_batches(gpointer data)
{
    const fixture *t = data;
    store *s = store_open(t->dir, STORE_WRITE, NULL);
    for (guint32 b = 0; b < BATCHES; b++) {
        g_autoptr(GPtrArray) batch =
            g_ptr_array_new_with_free_func((GDestroyNotify)mail_summary_free);
        for (guint32 i = 0; i < BATCH; i++) {
            guint32 uid = BATCHES * BATCH - (b * BATCH + i);
            g_autofree char *id = g_strdup_printf("%u@x", uid);
            g_autofree char *above = g_strdup_printf("%u@x", uid / 2);
            g_ptr_array_add(batch, new_mail(uid, id, above, uid));
        }
        if (!store_messages_add(s, t->folder, batch, NULL, NULL))
            break;
        store_checkpoint(s);
    }
    store_close(s);
    return NULL;
}

/* Every view is one committed state: whole batches, each row once, though trees change between. */
START_TEST(readers_see_whole_states)
{
    fixture t;
    fixture_open(&t);
    store_close(t.s);
    t.s = store_open(t.dir, STORE_READ, NULL);
    GThread *writer = g_thread_new("writer", write_batches, &t);
    for (guint32 seen = 0; seen < BATCH * BATCHES;) {
        g_autoptr(GError) error = NULL;
        view_request r = { .folder = t.folder, .sort = SORT_THREADS };
        g_autoptr(store_view) v = store_view_build(t.s, &r, &error);
        no_error(error);
        ck_assert_uint_eq(v->n % BATCH, 0);
        ck_assert_uint_ge(v->n, seen);
        ck_assert_uint_eq(v->unread, v->n);
        g_autoptr(GHashTable) ids = g_hash_table_new(NULL, NULL);
        for (guint32 i = 0; i < v->n; i++)
            ck_assert(g_hash_table_add(ids, GUINT_TO_POINTER(v->rows[i].id)));
        r.first_page = 10;
        g_autoptr(store_view) page = store_view_build(t.s, &r, &error);
        no_error(error);
        ck_assert_uint_ge(page->n, MIN(seen, 10));
        seen = v->n;
    }
    g_thread_join(writer);
    fixture_close(&t);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("store/database");
    TCase *t = tcase_create("database");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, files_are_private);
    tcase_add_test(t, version_is_marked);
    tcase_add_test(t, a_file_without_schema_is_no_store_yet);
    tcase_add_test(t, newer_version_is_refused);
    tcase_add_test(t, readers_wait_for_the_schema);
    tcase_add_test(t, damage_names_the_file);
    tcase_add_test(t, damage_inside_is_an_error);
    tcase_add_test(t, readers_do_not_write);
    tcase_add_test(t, ids_are_never_reused);
    tcase_add_test(t, readers_see_whole_states);
    tcase_add_test(t, kill_loses_nothing_that_was_committed);
    suite_add_tcase(suite, t);
    return suite;
}
