/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the store costs: a first synchronisation (newest first, batches of 500), the views, flags.
 * store [MESSAGES] [DIR]: a directory of its own is made in DIR (/tmp) and removed.  The clock is
 * the CPU time of the process where that is said, else real time. */
#include "store/store.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define BATCH 500

static double now(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void check(bool ok, const GError *error)
{
    if (ok)
        return;
    fprintf(stderr, "bench: %s\n", error != NULL ? error->message : "failed");
    exit(1);
}

static long peak_rss_kib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* ---- a mailbox: message i is the i-th oldest; two of three answer one of the 400 before them */

static guint32 mix(guint32 x)
{
    x ^= x >> 16;
    x *= 0x7feb352d;
    x ^= x >> 15;
    x *= 0x846ca68b;
    return x ^ x >> 16;
}

static guint32 parent_of(guint32 i)
{
    guint32 r = mix(i), back = 1 + mix(r) % 400;
    return r % 3 == 0 || back > i ? 0 : i - back;
}

static char *id_of(guint32 i)
{
    return g_strdup_printf("%08x.%u.%x@mail%u.lists.example.org", mix(i + 7), i, mix(i), i % 50);
}

static char **references_of(guint32 i)
{
    GPtrArray *ids = g_ptr_array_new();
    guint32 n = 0;
    for (guint32 p = parent_of(i); p != 0 && n < 8; p = parent_of(p), n++)
        g_ptr_array_insert(ids, 0, id_of(p));
    g_ptr_array_add(ids, NULL);
    return (char **)g_ptr_array_free(ids, FALSE);
}

static mail_summary *message(guint32 i)
{
    static const char *const words[] = { "release", "kernel",  "budget", "meeting",
                                         "patch",   "driver",  "review", "report",
                                         "server",  "invoice", "draft",  "holiday" };
    mail_summary *s = mail_summary_new();
    guint32 r = mix(i * 3);
    s->uid = i;
    s->modseq = i + 1000;
    s->date_s = 1500000000 + (gint64)i * 600 + r % 300;
    s->received_s = s->date_s + 5;
    s->size = 2000 + r % 60000;
    s->flags = r % 5 != 0 ? FLAG_SEEN : 0;
    s->message_id = id_of(i);
    g_free(s->subject);
    s->subject = g_strdup_printf("%s[PATCH %u/9] %s: %s the %s of the %s",
                                 parent_of(i) != 0 ? "Re: " : "", r % 9, words[r % 12],
                                 words[r / 12 % 12], words[r / 144 % 12], words[r / 1728 % 12]);
    g_autofree char *name = g_strdup_printf("Person Number%u", r % 900);
    g_autofree char *mailbox = g_strdup_printf("person%u@company%u.example.com", r % 900, r % 30);
    g_ptr_array_add(s->from, address_new(name, mailbox));
    g_ptr_array_add(s->to, address_new("The List", "list@lists.example.org"));
    if (r % 2 == 0)
        g_ptr_array_add(s->cc, address_new(NULL, "maintainers@company.example.com"));
    s->list_id = g_strdup("list.lists.example.org");
    s->references = references_of(i);
    return s;
}

/* ---- the measurements */

static void fill(store *s, guint32 folder, guint32 n)
{
    double spent = 0, cpu = 0, worst = 0;
    for (guint32 high = n; high > 0;) {
        guint32 count = MIN(BATCH, high);
        g_autoptr(GPtrArray) batch =
            g_ptr_array_new_with_free_func((GDestroyNotify)mail_summary_free);
        g_autoptr(GError) error = NULL;
        for (guint32 i = high - count + 1; i <= high; i++)
            g_ptr_array_add(batch, message(i));
        double start = now(CLOCK_MONOTONIC), start_cpu = now(CLOCK_PROCESS_CPUTIME_ID);
        check(store_messages_add(s, folder, batch, NULL, &error), error);
        double took = now(CLOCK_MONOTONIC) - start;
        spent += took;
        cpu += now(CLOCK_PROCESS_CPUTIME_ID) - start_cpu;
        worst = MAX(worst, took);
        high -= count;
    }
    printf("messages_add      %u messages %.3f s, cpu %.3f s, %.0f/s, slowest batch %.1f ms\n", n,
           spent, cpu, n / spent, worst * 1e3);
}

static void view(store *s, const char *what, const view_request *request)
{
    double best = 1e9;
    guint32 rows = 0;
    for (int k = 0; k < 5; k++) {
        g_autoptr(GError) error = NULL;
        double start = now(CLOCK_MONOTONIC);
        g_autoptr(store_view) v = store_view_build(s, request, &error);
        double took = now(CLOCK_MONOTONIC) - start;
        check(v != NULL, error);
        rows = v->n;
        best = MIN(best, took);
    }
    printf("%-17s %u rows %.2f ms\n", what, rows, best * 1e3);
}

static void views(const char *dir, guint32 folder)
{
    g_autoptr(GError) error = NULL;
    double start = now(CLOCK_MONOTONIC);
    g_autoptr(store) s = store_open(dir, STORE_READ, &error);
    check(s != NULL, error);
    view_request r = { .folder = folder, .sort = SORT_THREADS, .first_page = 50 };
    g_autoptr(store_view) first = store_view_build(s, &r, &error);
    check(first != NULL, error);
    g_autofree guint32 *ids = g_new(guint32, first->n);
    for (guint32 i = 0; i < first->n; i++)
        ids[i] = first->rows[i].id;
    g_autoptr(GPtrArray) summaries = store_summaries(s, ids, first->n, &error);
    check(summaries != NULL, error);
    printf("open, page, rows  %.2f ms\n", (now(CLOCK_MONOTONIC) - start) * 1e3);
    view(s, "first page", &r);
    r.sort = SORT_DATE;
    view(s, "first page, date", &r);
    r = (view_request){ .folder = folder, .sort = SORT_THREADS };
    view(s, "threads", &r);
    r.sort = SORT_DATE;
    view(s, "by date", &r);
    r.sort = SORT_SUBJECT;
    view(s, "by subject", &r);
    r.sort = SORT_THREADS;
    r.folder = 0;
    view(s, "all folders", &r);
    static const char *const limits[] = { "is:unread", "from:person77", "holiday",
                                          "subject:budget is:unread", "larger:60K" };
    for (guint i = 0; i < G_N_ELEMENTS(limits); i++) {
        g_autoptr(query) q = query_parse(limits[i], 0, &error);
        check(q != NULL, error);
        r.query = q;
        r.first_page = 0;
        view(s, limits[i], &r);
        r.first_page = 50;
        view(s, "  its first page", &r);
    }
}

static void flags(store *s, guint32 folder, guint32 n)
{
    g_autoptr(GError) error = NULL;
    g_autofree store_flag_news *news = g_new0(store_flag_news, n);
    for (guint32 i = 0; i < n; i++)
        news[i] =
            (store_flag_news){ .uid = i + 1, .flags = mix((i + 1) * 3) % 5 != 0 ? FLAG_SEEN : 0 };
    double start = now(CLOCK_MONOTONIC);
    guint changed;
    check(store_flags_news(s, folder, news, n, &changed, &error), error);
    printf("flags, no news    %u messages (%u changed) %.1f ms\n", n, changed,
           (now(CLOCK_MONOTONIC) - start) * 1e3);
    guint32 acted = MIN(n, 10000);
    g_autofree guint32 *ids = g_new(guint32, acted);
    for (guint32 i = 0; i < acted; i++)
        ids[i] = i + 1;
    start = now(CLOCK_MONOTONIC);
    check(store_act_flag(s, "flag", ids, acted, FLAG_FLAGGED, 0, NULL, NULL, &error) != 0, error);
    printf("act on            %u messages %.1f ms\n", acted, (now(CLOCK_MONOTONIC) - start) * 1e3);
}

static void renumber_and_vanish(store *s, guint32 folder, guint32 n)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(uid_set) gone = uid_set_new();
    guint removed;
    uid_set_add_range(gone, 1, n / 10);
    double start = now(CLOCK_MONOTONIC);
    check(store_vanished(s, folder, gone, &removed, &error), error);
    printf("vanished          %u messages %.1f ms\n", removed,
           (now(CLOCK_MONOTONIC) - start) * 1e3);
    start = now(CLOCK_MONOTONIC);
    check(store_folder_renumber(s, folder, 2, &error), error);
    printf("renumber          %.1f ms\n", (now(CLOCK_MONOTONIC) - start) * 1e3);
    fill(s, folder, n);
    start = now(CLOCK_MONOTONIC);
    check(store_unbound_drop(s, folder, &error), error);
    printf("unbound_drop      %.1f ms\n", (now(CLOCK_MONOTONIC) - start) * 1e3);
}

static guint32 make_folder(store *s)
{
    g_autoptr(GError) error = NULL;
    guint32 account = store_account(s, "bench", &error);
    check(account != 0, error);
    g_autoptr(GPtrArray) listed = g_ptr_array_new_with_free_func((GDestroyNotify)folder_free);
    folder *inbox = g_new0(folder, 1);
    inbox->name = g_strdup("INBOX");
    inbox->wire_name = g_strdup("INBOX");
    inbox->selectable = true;
    g_ptr_array_add(listed, inbox);
    check(store_folders_apply(s, account, listed, NULL, &error), error);
    g_autoptr(folder) f = store_folder_find(s, account, "INBOX");
    check(f != NULL, NULL);
    return f->id;
}

static void remove_dir(const char *dir)
{
    g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
    const char *name;
    while (d != NULL && (name = g_dir_read_name(d)) != NULL) {
        g_autofree char *path = g_build_filename(dir, name, NULL);
        g_unlink(path);
    }
    g_rmdir(dir);
}

int main(int argc, char **argv)
{
    guint32 n = argc > 1 ? (guint32)g_ascii_strtoull(argv[1], NULL, 10) : 100000;
    g_autofree char *dir =
        g_build_filename(argc > 2 ? argv[2] : "/tmp", "cursus-bench.XXXXXX", NULL);
    g_autoptr(GError) error = NULL;
    check(g_mkdtemp(dir) != NULL, NULL);
    g_autoptr(store) s = store_open(dir, STORE_WRITE, &error);
    check(s != NULL, error);
    long before = peak_rss_kib();
    guint32 folder = make_folder(s);
    fill(s, folder, n);
    double start = now(CLOCK_MONOTONIC);
    store_checkpoint(s);
    g_autofree char *file = g_build_filename(dir, "mail.db", NULL);
    GStatBuf st;
    printf("checkpoint        %.1f ms; mail.db %.1f MB; peak memory %.1f MB above %.1f\n",
           (now(CLOCK_MONOTONIC) - start) * 1e3,
           g_stat(file, &st) == 0 ? (double)st.st_size / 1e6 : 0,
           (double)(peak_rss_kib() - before) / 1024, (double)before / 1024);
    views(dir, folder);
    flags(s, folder, n);
    renumber_and_vanish(s, folder, n);
    printf("peak memory       %.1f MB\n", (double)peak_rss_kib() / 1024);
    remove_dir(dir);
    return 0;
}
