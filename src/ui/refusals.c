/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Says what a server has refused: the screen showed the act at once, and now shows the server's state again. */
#include "action/journal.h"
#include "base/i18n.h"
#include "ui/screen.h"

#include <gio/gio.h>

struct refusals {
    ui *ui;
    guint parked;      /* of all accounts, when it was last looked at */
    GHashTable *known; /* ids of rows that were said; of guint64 */
    GCancellable *reading;
};

static void list_free(gpointer rows)
{
    g_ptr_array_unref(rows);
}

static void read_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    GError *error = NULL;
    GPtrArray *rows = mtm_journal_list(NULL, &error);
    if (rows != NULL)
        g_task_return_pointer(task, rows, list_free);
    else
        g_task_return_error(task, error);
}

/* One sentence, however many there are. */
static void say(refusals *r, const mtm_journal_row *first, guint n)
{
    ui *u = r->ui;
    g_autofree char *what = action_journal_refused(first);
    g_autofree char *keys = command_keys_of(u->commands, CONTEXT_GLOBAL, "jobs");
    const char *shows = keys != NULL ? keys : ":jobs";
    g_autofree char *text =
        n == 1 ? g_strdup_printf(_("%s. %s shows it; there it can be sent again, or forgotten."), what, shows)
               : g_strdup_printf(ngettext("%s, and %u more. %s shows them; there they can be sent again, or forgotten.",
                                          "%s, and %u more. %s shows them; there they can be sent again, or forgotten.",
                                          n - 1),
                                 what, n - 1, shows);
    ui_warn_account(u, first->account, text);
}

static void rows_read(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GPtrArray) rows = g_task_propagate_pointer(G_TASK(result), NULL);
    if (g_cancellable_is_cancelled(g_task_get_cancellable(G_TASK(result))))
        return; /* the screen is gone */
    refusals *r = data;
    const mtm_journal_row *first = NULL;
    guint n = 0;
    g_clear_object(&r->reading);
    for (guint i = 0; rows != NULL && i < rows->len; i++) {
        const mtm_journal_row *row = rows->pdata[i];
        if (row->state != JOURNAL_PARKED || !g_hash_table_add(r->known, g_memdup2(&row->id, sizeof row->id)))
            continue;
        first = first != NULL ? first : row;
        n++;
    }
    if (n > 0)
        say(r, first, n);
}

void refusals_look(refusals *r)
{
    guint parked = 0;
    for (guint i = 0; i < mtm_account_count(r->ui->mtm); i++)
        parked += mtm_status(r->ui->mtm, i)->parked;
    bool more = parked > r->parked;
    r->parked = parked;
    if (parked == 0)
        g_hash_table_remove_all(r->known);
    if (!more || r->reading != NULL)
        return;
    r->reading = g_cancellable_new();
    g_autoptr(GTask) task = g_task_new(NULL, r->reading, rows_read, r);
    g_task_run_in_thread(task, read_thread);
}

refusals *refusals_new(ui *u)
{
    refusals *r = g_new0(refusals, 1);
    r->ui = u;
    r->known = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    return r;
}

void refusals_free(refusals *r)
{
    if (r->reading != NULL)
        g_cancellable_cancel(r->reading);
    g_clear_object(&r->reading);
    g_hash_table_unref(r->known);
    g_free(r);
}
