/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Export: messages into files, with those bodies that are missing fetched first.  (Import: import.c.) */
#include "mtm/export.h"
#include "mtm/get.h"
#include "mtm/remote.h"

#include <string.h>

/* The bytes as the server has them. */
static GBytes *body_of(mtm_task *t, const mail_summary *s)
{
    body_store *bodies = task_bodies(t);
    return bodies != NULL ? body_get(bodies, s->mail) : NULL;
}

static void not_stored(mtm_task *t)
{
    g_autoptr(GError) error = NULL;
    error_set(&error, ERROR_REFUSED, "the message is not stored and could not be fetched");
    task_failed(t, "export", error);
}

/* False: the file cannot be written any more. */
static bool write_one(mtm_task *t, export_file *x, guint32 id, GArray *written, guint64 *nbytes)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(mail_summary) s = store_summary(task_store(t), id, NULL);
    if (s == NULL) /* gone meanwhile */
        return true;
    bool there = export_has(x, id);
    g_autoptr(GBytes) raw = there ? NULL : body_of(t, s);
    if (!there && raw == NULL) {
        not_stored(t);
        return true;
    }
    if (!there && !export_add(x, s, raw, &error)) {
        task_failed(t, "export", error);
        return error_kind_of(error) != ERROR_DISK;
    }
    *nbytes += raw != NULL ? g_bytes_get_size(raw) : s->size;
    g_array_append_val(written, id);
    return true;
}

static GArray *write_all_of(mtm_task *t, export_file *x, const GArray *ids)
{
    GArray *written = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint failed = t->failed;
    guint64 nbytes = 0;
    bool ok = task_store(t) != NULL;
    for (guint i = 0; ok && i < ids->len && !task_stopped(t); i++) {
        ok = write_one(t, x, g_array_index(ids, guint32, i), written, &nbytes);
        task_progress(t, "export", NULL, i + 1, ids->len, nbytes, 0);
    }
    g_autoptr(GError) error = NULL;
    if (!export_settle(x, &error)) {
        task_problem(t, problem_new(NULL, "export", error));
        g_array_set_size(written, 0);
    } else if (ok && t->failed == failed && !task_stopped(t) && !export_finish(x, &error)) {
        task_problem(t, problem_new(NULL, "export", error));
    }
    export_close(x);
    return written;
}

GArray *export_to(mtm_task *t, const char *target, const GArray *ids)
{
    g_autoptr(GError) error = NULL;
    const char *path = strchr(target, ':') + 1;
    g_autofree char *kind = g_strndup(target, (gsize)(path - target - 1));
    export_file *x = export_open(kind, path, true, ids->len, &error);
    if (x != NULL)
        return write_all_of(t, x, ids);
    task_problem(t, problem_new(NULL, "export", error));
    t->failed += ids->len;
    return g_array_new(FALSE, FALSE, sizeof(guint32));
}

typedef struct export_job {
    char *kind, *path;
    GArray *ids;
} export_job;

static void export_job_free(gpointer data)
{
    export_job *e = data;
    g_free(e->kind);
    g_free(e->path);
    g_array_unref(e->ids);
    g_free(e);
}

/* The file is opened first: what cannot be written need not be fetched. */
static void run_export(mtm_task *t, gpointer data)
{
    export_job *e = data;
    g_autoptr(GError) error = NULL;
    export_file *x = export_open(e->kind, e->path, false, e->ids->len, &error);
    if (x == NULL) {
        task_problem(t, problem_new(NULL, "export", error));
        return;
    }
    get_bodies(t, e->ids);
    g_autoptr(GArray) written = write_all_of(t, x, e->ids);
    t->count = written->len;
}

guint64 mtm_export(mtm *m, const char *kind, const char *path, const guint32 *ids, gsize n)
{
    owner_assert(&m->owner);
    if (m->remote != NULL) {
        g_autofree char *full = g_canonicalize_filename(path, NULL);
        return remote_post(m, "export", &(remote_args){ .kind = kind, .path = full, .ids = ids, .nids = n });
    }
    guint64 refused = mtm_not_acting(m);
    if (refused != 0)
        return refused;
    if (strcmp(kind, "mbox") != 0 && strcmp(kind, "maildir") != 0 && strcmp(kind, "eml") != 0)
        return mtm_refuse(m, ERROR_INPUT, "export", "a kind of file is mbox, maildir or eml");
    export_job *e = g_new0(export_job, 1);
    e->kind = g_strdup(kind);
    e->path = g_strdup(path);
    e->ids = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_array_append_vals(e->ids, ids, (guint)n);
    return task_start(m, NULL, run_export, e, export_job_free);
}
