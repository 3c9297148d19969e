/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Import: messages of files become messages of a folder that have not reached the server; replay appends them.  Cut or
 * killed, the same import goes on where it was (store/imports.c). */
#include "mtm/import-read.h"
#include "mtm/remote.h"
#include "mtm/task.h"
#include "base/clock.h"
#include "mime/header.h"

#include <string.h>

enum {
    BATCH_MESSAGES = 50,
    BATCH_BYTES = 4 << 20,
};

typedef struct import_job {
    char *kind, *path;
    guint32 folder;
} import_job;

typedef struct made {
    char *name;
    mail_summary *summary;  /* id and mail are what it became */
    GBytes *raw;
} made;

typedef struct batch {
    const import_job *job;
    const char *source, *stamp;
    GPtrArray *items;       /* of made */
    gsize nbytes;
    GHashTable *known;      /* item -> placement, of a run before */
    GArray *held;           /* of guint32: placements whose text is stored now */
} batch;

static void import_job_free(gpointer data)
{
    import_job *j = data;
    g_free(j->kind);
    g_free(j->path);
    g_free(j);
}

static void made_free(gpointer data)
{
    made *m = data;
    g_free(m->name);
    mail_summary_free(m->summary);
    g_bytes_unref(m->raw);
    g_free(m);
}

static mail_summary *summary_of(const import_item *item)
{
    mail_summary *s = mail_summary_new();
    gsize n;
    const char *raw = g_bytes_get_data(item->raw, &n);
    mime_header_summary(raw, mime_header_length(raw, n), s);
    s->size = n;
    s->flags = item->flags;
    s->received_s = item->received_s != 0 ? item->received_s : s->date_s != 0 ? s->date_s : clock_now_s();
    return s;
}

/* ---- in the keeper */

static bool run_begin(store *s, gpointer data, GError **error)
{
    batch *b = data;
    return store_import_begin(s, b->source, b->stamp, b->job->folder, b->known, error);
}

static bool run_make(store *s, gpointer data, GError **error)
{
    batch *b = data;
    for (guint i = 0; i < b->items->len; i++) {
        made *m = g_ptr_array_index(b->items, i);
        if (m->summary->id == 0 && /* else it is of a run before */
            (store_act_append(s, "import", b->job->folder, m->summary, &m->summary->id, &m->summary->mail, error) == 0 ||
             !store_import_note(s, b->source, b->stamp, b->job->folder, m->name, m->summary->id, error)))
            return false;
    }
    return true;
}

static bool run_release(store *s, gpointer data, GError **error)
{
    const batch *b = data;
    return store_import_release(s, (const guint32 *)(gpointer)b->held->data, b->held->len, error);
}

static bool run_end(store *s, gpointer data, GError **error)
{
    const batch *b = data;
    return store_import_end(s, b->source, b->job->folder, error);
}

static bool in_keeper(mtm_task *t, keeper_fn fn, batch *b)
{
    g_autoptr(GError) error = NULL;
    if (keeper_run(t->m, fn, b, &error))
        return true;
    task_problem(t, problem_new(NULL, "import", error));
    return false;
}

/* ---- a batch */

static void folder_apply(mtm *m, posted *p)
{
    views_folder_changed(m, p->event.folder, true, false, true);
    for (guint i = 0; i < m->accounts->len; i++) {
        mtm_account_entry *a = g_ptr_array_index(m->accounts, i);
        if (a->session != NULL)
            session_wake(a->session);
    }
}

static void announce(mtm_task *t, guint32 folder)
{
    posted *p = posted_new(MTM_CHANGED);
    p->event.folder = folder;
    p->apply = folder_apply;
    mtm_post(t->m, p);
    folders_changed(t->m);
}

/* The texts of what the batch made.  What cannot be kept would be lost: the import stops. */
static bool store_texts(mtm_task *t, batch *b)
{
    for (guint i = 0; i < b->items->len; i++) {
        made *m = g_ptr_array_index(b->items, i);
        archive_body(t->m, m->summary->id, m->summary->mail, m->raw, clock_now_s());
    }
    archive_settle(t->m);
    body_store *bodies = task_bodies(t);
    for (guint i = 0; bodies != NULL && i < b->items->len; i++) {
        made *m = g_ptr_array_index(b->items, i);
        g_autoptr(mail_summary) now = store_summary(task_store(t), m->summary->id, NULL);
        if (now == NULL) /* deleted meanwhile */
            continue;
        if (!body_has(bodies, now->mail)) {
            task_refuse(t, ERROR_DISK, "import", "the text of a message could not be kept: is cache-limit too small?");
            return false;
        }
        g_array_append_val(b->held, now->id);
    }
    return bodies != NULL;
}

static bool flush(mtm_task *t, batch *b)
{
    if (b->items->len == 0)
        return true;
    g_array_set_size(b->held, 0);
    bool ok = in_keeper(t, run_make, b) && store_texts(t, b) && in_keeper(t, run_release, b);
    if (ok)
        t->count += b->items->len;
    g_ptr_array_set_size(b->items, 0);
    b->nbytes = 0;
    announce(t, b->job->folder);
    return ok;
}

/* Of a run before, and with its text: nothing is left to do. */
static bool is_there(mtm_task *t, const batch *b, const import_item *item, guint32 *placement, guint32 *mail)
{
    gpointer found;
    *placement = *mail = 0;
    if (!g_hash_table_lookup_extended(b->known, item->name, NULL, &found))
        return false;
    g_autoptr(mail_summary) s = store_summary(task_store(t), GPOINTER_TO_UINT(found), NULL);
    if (s == NULL) /* it was, and was deleted since */
        return true;
    *placement = s->id;
    *mail = s->mail;
    return s->uid != 0;
}

static bool take(mtm_task *t, batch *b, import_item *item)
{
    if (item->problem != NULL) {
        g_autoptr(GError) error = NULL;
        error_set(&error, ERROR_INPUT, "%s, message %s: %s", b->job->path, item->name, item->problem);
        task_failed(t, "import", error);
        return true;
    }
    guint32 placement, mail;
    if (is_there(t, b, item, &placement, &mail)) {
        t->count++;
        return true;
    }
    made *m = g_new0(made, 1);
    m->name = g_strdup(item->name);
    m->summary = summary_of(item);
    m->summary->id = placement;
    m->summary->mail = mail;
    m->raw = g_bytes_ref(item->raw);
    b->nbytes += g_bytes_get_size(m->raw);
    g_ptr_array_add(b->items, m);
    return b->items->len < BATCH_MESSAGES && b->nbytes < BATCH_BYTES ? true : flush(t, b);
}

static bool read_all(mtm_task *t, batch *b, import_source *source)
{
    g_autoptr(GError) error = NULL;
    import_item item;
    bool ok = true;
    int step = 0;
    while (ok && !task_stopped(t) && (step = import_next(source, &item, &error)) > 0) {
        ok = take(t, b, &item);
        bool mbox = strcmp(b->job->kind, "mbox") == 0;
        task_progress(t, "import", NULL, mbox ? t->count + t->failed : item.at, mbox ? 0 : item.total,
                      mbox ? item.at : 0, mbox ? item.total : 0);
        import_item_clear(&item);
    }
    if (step < 0)
        task_problem(t, problem_new(NULL, "import", error));
    return flush(t, b) && ok && step == 0 && !task_stopped(t);
}

static void run_import(mtm_task *t, gpointer data)
{
    import_job *j = data;
    g_autoptr(GError) error = NULL;
    import_source *source = task_store(t) != NULL ? import_open(j->kind, j->path, &error) : NULL;
    if (source == NULL) {
        if (error != NULL)
            task_problem(t, problem_new(NULL, "import", error));
        return;
    }
    g_autofree char *path = g_canonicalize_filename(j->path, NULL), *name = g_strdup_printf("%s:%s", j->kind, path);
    g_autofree char *valid = g_utf8_make_valid(name, -1);
    batch b = { .job = j, .source = valid, .stamp = import_stamp(source),
                .items = g_ptr_array_new_with_free_func(made_free), .held = g_array_new(FALSE, FALSE, sizeof(guint32)),
                .known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL) };
    if (in_keeper(t, run_begin, &b) && read_all(t, &b, source))
        in_keeper(t, run_end, &b);
    import_close(source);
    g_ptr_array_unref(b.items);
    g_array_unref(b.held);
    g_hash_table_unref(b.known);
}

guint64 mtm_import(mtm *m, const char *kind, const char *path, guint32 folder_id)
{
    owner_assert(&m->owner);
    if (m->remote != NULL) {
        g_autofree char *full = g_canonicalize_filename(path, NULL);
        return remote_post(m, "import", &(remote_args){ .kind = kind, .path = full, .folder = folder_id });
    }
    guint64 refused = mtm_not_acting(m);
    if (refused != 0)
        return refused;
    const folder *f = mtm_folder(m, folder_id);
    if (f == NULL)
        return mtm_refuse(m, ERROR_INPUT, "folder", "no such folder");
    if (strcmp(kind, "mbox") != 0 && strcmp(kind, "maildir") != 0 && strcmp(kind, "eml") != 0)
        return mtm_refuse(m, ERROR_INPUT, "import", "a kind of file is mbox, maildir or eml");
    import_job *j = g_new0(import_job, 1);
    j->kind = g_strdup(kind);
    j->path = g_strdup(path);
    j->folder = folder_id;
    return task_start(m, f->account_name, run_import, j, import_job_free);
}
