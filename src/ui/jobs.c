/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The view of what runs and what waits.  The journal is read in a thread of the pool, again after each event that may
 * have changed it, so that the screen never waits for it. */
#include "ui/jobs.h"

#include "action/journal.h"
#include "action/sync.h"
#include "base/clock.h"
#include "base/fold.h"
#include "base/i18n.h"
#include "text/cells.h"
#include "text/sanitise.h"
#include "ui/index.h"
#include "ui/pane.h"

#include <gio/gio.h>

#define AGAIN_MS 200 /* between readings, while much happens */

typedef struct jobs_view {
    view base;
    GPtrArray *rows; /* of mtm_journal_row; NULL: not read yet */
    guint cursor, top;
    guint64 id; /* of the row under the cursor: it stays when others go */
    int nrows;
    GCancellable *reading; /* NULL: nothing is being read */
    bool again;
    guint timer;
    char *pattern;
} jobs_view;

static guint count(const jobs_view *v)
{
    return v->rows != NULL ? v->rows->len : 0;
}

static const mtm_journal_row *row_at(const jobs_view *v, guint at)
{
    return at < count(v) ? v->rows->pdata[at] : NULL;
}

static void set_cursor(jobs_view *v, int at)
{
    if (count(v) == 0) {
        v->cursor = 0;
        v->id = 0;
        return;
    }
    v->cursor = (guint)CLAMP(at, 0, (int)count(v) - 1);
    v->id = row_at(v, v->cursor)->id;
    ui_dirty(v->base.ui);
}

/* ---- reading */

static void read_rows(jobs_view *v);

static void rows_free(gpointer rows)
{
    g_ptr_array_unref(rows);
}

static void read_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    GError *error = NULL;
    GPtrArray *rows = mtm_journal_list(NULL, &error);
    if (rows != NULL)
        g_task_return_pointer(task, rows, rows_free);
    else
        g_task_return_error(task, error);
}

/* Cancelled: the view is gone. */
static void rows_read(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) rows = g_task_propagate_pointer(G_TASK(result), &error);
    if (g_cancellable_is_cancelled(g_task_get_cancellable(G_TASK(result))))
        return;
    jobs_view *v = data;
    g_clear_object(&v->reading);
    if (rows != NULL) {
        g_clear_pointer(&v->rows, g_ptr_array_unref);
        v->rows = g_steal_pointer(&rows);
    }
    guint at = v->cursor;
    for (guint i = 0; i < count(v); i++)
        if (row_at(v, i)->id == v->id)
            at = i;
    set_cursor(v, (int)at);
    ui_dirty(v->base.ui);
    if (v->again)
        read_rows(v);
}

static gboolean read_due(gpointer data)
{
    jobs_view *v = data;
    v->timer = 0;
    if (v->reading != NULL) {
        v->again = true;
        return G_SOURCE_REMOVE;
    }
    v->again = false;
    v->reading = g_cancellable_new();
    g_autoptr(GTask) task = g_task_new(NULL, v->reading, rows_read, v);
    g_task_run_in_thread(task, read_thread);
    return G_SOURCE_REMOVE;
}

static void read_rows(jobs_view *v)
{
    if (v->timer == 0)
        v->timer = g_timeout_add(v->rows == NULL ? 0 : AGAIN_MS, read_due, v);
}

static void jobs_event(view *base, const mtm_event *e)
{
    if (e->kind == MTM_DONE || e->kind == MTM_STATUS || e->kind == MTM_CHANGED || e->kind == MTM_FOLDERS)
        read_rows((jobs_view *)base);
}

/* ---- drawing */

/* Accounts first: how they are, in a sentence each. */
static int draw_accounts(jobs_view *v, rect area)
{
    ui *u = v->base.ui;
    g_autoptr(GPtrArray) lines = styled_lines_new();
    for (guint i = 0; i < mtm_account_count(u->mtm); i++) {
        g_autofree char *line = action_status_line(mtm_status(u->mtm, i), clock_now_s());
        pane_add(lines, line, STYLE_PLAIN);
    }
    term_style look = theme_look(u->theme, LOOK_NORMAL);
    int n = MIN((int)lines->len, area.nrows / 2);
    for (int i = 0; i < n; i++) {
        pen p = pen_at(area.row + i, area.col + 1, area.ncols - 2);
        pen_text(&p, ((styled_line *)lines->pdata[i])->text, -1, look);
    }
    return n;
}

static const char *state_words(mtm_journal_state state)
{
    switch (state) {
    case JOURNAL_SENT:
        return _("sent");
    case JOURNAL_PARKED:
        return _("refused");
    case JOURNAL_WAITING:
        break;
    }
    return _("waits");
}

static void draw_entry(jobs_view *v, const mtm_journal_row *row, rect line, bool cursor)
{
    const theme *th = v->base.ui->theme;
    term_style ground = theme_look(th, LOOK_NORMAL);
    term_style plain = cursor ? theme_on_cursor(th, ground) : ground;
    term_style state = style_over(ground, theme_look(th, row->state == JOURNAL_PARKED ? LOOK_TRUST_WARN : LOOK_PENDING));
    if (cursor)
        state = theme_on_cursor(th, state);
    g_autofree char *where_raw = g_strdup_printf("%s:%s", row->account, row->folder);
    g_autofree char *where = text_sanitise_line(where_raw, -1);
    g_autofree char *change_raw = action_journal_change(row);
    g_autofree char *change = text_sanitise_line(change_raw, -1);
    pen p = pen_at(line.row, line.col, line.ncols);
    pen_blank(&p, 1, plain);
    pen_field(&p, state_words(row->state), 9, state);
    pen_field(&p, where, MIN(30, line.ncols / 3), plain);
    pen_blank(&p, 2, plain);
    pen_text(&p, change, -1, plain);
    if (row->problem != NULL) {
        g_autofree char *words = text_sanitise_line(row->problem, -1);
        pen_blank(&p, 2, plain);
        pen_text(&p, words, -1, state);
    }
    const mail_summary *s = row->message != 0 ? index_summary_of(v->base.ui->index, row->message) : NULL;
    if (s != NULL) { /* of the folder that is open: nothing is looked up for it */
        g_autofree char *subject = text_sanitise_line(s->subject, -1);
        term_style quiet = style_over(ground, theme_look(th, LOOK_DATE));
        pen_blank(&p, 2, plain);
        pen_text(&p, subject, -1, cursor ? plain : quiet);
    }
    pen_rest(&p, plain);
}

static void draw_nothing(jobs_view *v, rect area)
{
    const theme *th = v->base.ui->theme;
    pen p = pen_at(area.row + 1, area.col + 1, area.ncols - 2);
    pen_text(&p, v->rows == NULL ? _("Reading ...") : _("Nothing waits: the servers have all changes."), -1,
             style_over(theme_look(th, LOOK_NORMAL), theme_look(th, LOOK_NOTE)));
}

static void jobs_draw(view *base, rect area)
{
    jobs_view *v = (jobs_view *)base;
    int used = draw_accounts(v, area) + 1;
    area.row += used;
    v->nrows = area.nrows -= used;
    if (count(v) == 0) {
        draw_nothing(v, area);
        return;
    }
    if (v->cursor < v->top)
        v->top = v->cursor;
    if (v->cursor >= v->top + (guint)area.nrows)
        v->top = v->cursor - (guint)area.nrows + 1;
    for (int i = 0; i < area.nrows && v->top + (guint)i < count(v); i++) {
        guint at = v->top + (guint)i;
        draw_entry(v, row_at(v, at), (rect){ area.row + i, area.col, 1, area.ncols }, at == v->cursor);
        if (at == v->cursor)
            term_cursor(area.row + i, area.col, conf_bool(base->ui->conf, "accessible"));
    }
}

static void jobs_title(view *base, GString *left, GString *right)
{
    jobs_view *v = (jobs_view *)base;
    guint refused = 0;
    for (guint i = 0; i < count(v); i++)
        refused += row_at(v, i)->state == JOURNAL_PARKED;
    g_string_append(left, _("Changes for the servers"));
    if (refused > 0)
        g_string_append_printf(right, ngettext("%u was refused", "%u were refused", refused), refused);
}

static void jobs_place(view *base, GString *out)
{
    jobs_view *v = (jobs_view *)base;
    if (count(v) > 0)
        g_string_append_printf(out, _("%u of %u"), v->cursor + 1, count(v));
}

static void jobs_move(view *base, view_motion motion, int n)
{
    jobs_view *v = (jobs_view *)base;
    int page = MAX(v->nrows - 1, 1);
    int step = motion == MOVE_LINE ? 1 : motion == MOVE_HALF ? MAX(page / 2, 1) : page;
    set_cursor(v, motion == MOVE_END ? (n < 0 ? 0 : G_MAXINT / 2) : (int)v->cursor + n * step);
}

static bool jobs_search(view *base, const char *text, bool backwards, GError **error)
{
    jobs_view *v = (jobs_view *)base;
    if (text != NULL) {
        g_free(v->pattern);
        v->pattern = text_fold(text);
    }
    guint n = count(v);
    for (guint i = 1; v->pattern != NULL && i <= n; i++) {
        guint at = backwards ? (v->cursor + n - i) % n : (v->cursor + i) % n;
        g_autofree char *line = action_journal_line(row_at(v, at));
        if (text_contains_folded(line, v->pattern)) {
            set_cursor(v, (int)at);
            return true;
        }
    }
    ui_say(base->ui, _("No change has this in its line."));
    return true;
}

static void jobs_free(view *base)
{
    jobs_view *v = (jobs_view *)base;
    g_clear_handle_id(&v->timer, g_source_remove);
    if (v->reading != NULL)
        g_cancellable_cancel(v->reading);
    g_clear_object(&v->reading);
    g_clear_pointer(&v->rows, g_ptr_array_unref);
    g_free(v->pattern);
    g_free(v);
}

static const view_class jobs_class = {
    .context = CONTEXT_JOBS,
    .hints = "help retry-job cancel-job show-job sync back",
    .draw = jobs_draw,
    .title = jobs_title,
    .place = jobs_place,
    .event = jobs_event,
    .move = jobs_move,
    .search = jobs_search,
    .free = jobs_free,
};

view *jobs_view_new(ui *u)
{
    jobs_view *v = g_new0(jobs_view, 1);
    v->base = (view){ &jobs_class, u };
    read_rows(v);
    return &v->base;
}

/* ---- for the commands */

guint64 jobs_view_row(view *base)
{
    const jobs_view *v = (const jobs_view *)base;
    return count(v) > 0 ? v->id : 0;
}

GPtrArray *jobs_view_details(view *base)
{
    const jobs_view *v = (const jobs_view *)base;
    const mtm_journal_row *row = row_at(v, v->cursor);
    if (row == NULL)
        return NULL;
    GPtrArray *lines = styled_lines_new();
    g_autofree char *line = action_journal_line(row);
    pane_add(lines, line, STYLE_PLAIN);
    g_autofree char *tries = g_strdup_printf(ngettext("Sent %d time.", "Sent %d times.", (gulong)row->tries), row->tries);
    if (row->tries > 0)
        pane_add(lines, tries, STYLE_NOTE);
    if (row->state == JOURNAL_PARKED) {
        pane_add(lines, "", STYLE_PLAIN);
        pane_add(lines, _("The server refused this change, so the message is shown as the server has it."), STYLE_PLAIN);
        g_autofree char *retry = command_keys_of(base->ui->commands, CONTEXT_JOBS, "retry-job");
        g_autofree char *cancel = command_keys_of(base->ui->commands, CONTEXT_JOBS, "cancel-job");
        g_autofree char *how = g_strdup_printf(_("In the list, %s sends it again and %s forgets it."),
                                               retry != NULL ? retry : ":retry-job", cancel != NULL ? cancel : ":cancel-job");
        pane_add(lines, how, STYLE_PLAIN);
    }
    return lines;
}
