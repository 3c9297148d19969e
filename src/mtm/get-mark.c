/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is new to a get: what came into a folder since the last get of new mail there, and the first time what its own
 * synchronisation brings.  UIDs only rise (RFC 9051 section 2.3.1.1), so one number a folder says it. */
#include "mtm/get.h"
#include "base/log.h"

#include <string.h>

static char *marks_path(const mtm *m)
{
    return g_build_filename(m->state_dir, "got", NULL);
}

/* Names of folders may hold what a key of a GKeyFile cannot. */
static char *key_of(const folder *f)
{
    return g_uri_escape_string(f->name, NULL, TRUE);
}

static GKeyFile *marks_load(const mtm *m)
{
    GKeyFile *marks = g_key_file_new();
    g_autofree char *path = marks_path(m);
    g_key_file_load_from_file(marks, path, G_KEY_FILE_NONE, NULL); /* none yet, or damaged: none */
    return marks;
}

void get_mark(mtm_task *t, get_source *s)
{
    g_autoptr(GKeyFile) marks = marks_load(t->m);
    g_autofree char *key = key_of(s->folder);
    gsize n = 0;
    g_autofree gint *numbers = g_key_file_get_integer_list(marks, s->folder->account_name, key, &n, NULL);
    s->uidvalidity = s->folder->uidvalidity;
    if (n == 2 && (guint32)numbers[0] == s->folder->uidvalidity) {
        s->above = (guint32)numbers[1];
        return;
    }
    g_autoptr(uid_set) stored = store_uids(task_store(t), s->folder->id, NULL);
    s->above = stored != NULL ? uid_set_max(stored) : 0;
}

void get_mark_set(mtm_task *t, const get_source *s)
{
    g_autoptr(GKeyFile) marks = marks_load(t->m);
    g_autofree char *key = key_of(s->folder), *path = marks_path(t->m);
    g_autoptr(GError) error = NULL;
    gint numbers[] = { (gint)s->uidvalidity, (gint)s->highest };
    g_key_file_set_integer_list(marks, s->folder->account_name, key, numbers, 2);
    if (!g_key_file_save_to_file(marks, path, &error)) {
        log_warn(LOG_MTM, "%s", error->message);
        task_problem(t, problem_new(NULL, "state", error));
    }
}
