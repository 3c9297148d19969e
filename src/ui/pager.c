/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The message view.  The old message stays on the screen until the next one is laid out, so that
 * going through a folder does not flicker; only what takes long is announced. */
#include "ui/pager.h"

#include "action/face.h"
#include "base/clock.h"
#include "base/i18n.h"
#include "text/sanitise.h"
#include "ui/index.h"
#include "ui/pager-layout.h"
#include "ui/pane.h"

#include <string.h>

/* A message that is not here after this time is announced by its row. */
#define LATE_MS 120
/* Two columns at the left, one at the right. */
#define MARGIN_COLS 3

typedef struct pager_view {
    view base;
    pane pane;
    guint32 id;         /* what is wanted */
    guint32 shown;      /* what the pane shows, 0 nothing */
    guint64 op;         /* of the fetch, 0 none */
    guint late;         /* source */
    document *document; /* of id; NULL while it is not here */
    char *refusal;      /* sentence: why it will not come */
    document_headers headers;
    bool hide_quoted;
    guint ncols;       /* the layout is for; 0 none yet */
    GCancellable *job; /* a layout runs: the document is not ours meanwhile */
    bool again;        /* lay out again when it is done */
} pager_view;

static const mail_summary *row_of(pager_view *v)
{
    return index_summary(v->base.ui->index, v->id);
}

/* ---- read marks */

static bool marks_seen(ui *u, const mail_summary *s)
{
    const folder *f = mtm_folder(u->mtm, s->folder != 0 ? s->folder : index_folder(u->index));
    for (guint i = 0; f != NULL && i < mtm_account_count(u->mtm); i++) {
        const account_settings *a = mtm_account(u->mtm, i);
        if (a != NULL && strcmp(a->name, f->account_name) == 0)
            return a->seen != SEEN_NEVER;
    }
    return true;
}

static void mark_seen(pager_view *v)
{
    ui *u = v->base.ui;
    const mail_summary *s = row_of(v);
    if (!conf_bool(u->conf, "mark-seen"))
        return;
    if (s != NULL && !(s->flags & FLAG_SEEN) && marks_seen(u, s) && mtm_can_act(u->mtm))
        mtm_flag(u->mtm, &v->id, 1, FLAG_SEEN, 0, NULL, NULL);
}

/* ---- layout */

static void lay_out(pager_view *v);

static guint body_columns(pager_view *v, int area)
{
    gint64 most = conf_number(v->base.ui->conf, "wrap");
    int room = MAX(area - MARGIN_COLS, 20);
    return (guint)(most > 0 ? MIN(room, (int)most) : room);
}

static void laid_out(GPtrArray *lines, gpointer data)
{
    pager_view *v = data;
    g_clear_object(&v->job);
    if (v->again) { /* another width, or another message */
        g_ptr_array_unref(lines);
        v->again = false;
        lay_out(v);
        return;
    }
    g_clear_handle_id(&v->late, g_source_remove);
    bool other = v->shown != v->id;
    if (other)
        v->pane.top = 0;
    pane_set(&v->pane, lines);
    v->shown = v->id;
    if (other)
        mark_seen(v);
    ui_dirty(v->base.ui);
}

static pager_layout layout_of(pager_view *v)
{
    bool html = strcmp(conf_text(v->base.ui->conf, "html"), "text") == 0;
    return (pager_layout){ .ncols = MAX(v->ncols, 20),
                           .headers = v->headers,
                           .body = html ? BODY_HTML : BODY_BEST,
                           .hide_quoted = v->hide_quoted,
                           .now_s = clock_now_s() };
}

static void lay_out(pager_view *v)
{
    if (v->job != NULL) {
        v->again = true;
        return;
    }
    if (v->document == NULL || v->ncols == 0)
        return;
    pager_layout layout = layout_of(v);
    v->job = g_cancellable_new();
    pager_layout_start(v->document, &layout, v->job, laid_out, v);
}

/* The next documents come laid out for this width. */
static void hint(pager_view *v)
{
    pager_layout layout = layout_of(v);
    document_layout body = pager_layout_body(&layout);
    mtm_layout_hint(v->base.ui->mtm, &body);
}

/* What is known of a message that is not here: its row, and why. */
static void show_row(pager_view *v, const char *remark)
{
    const mail_summary *s = row_of(v);
    g_autoptr(mail_summary) none = NULL;
    if (s == NULL)
        s = none = mail_summary_new();
    pager_layout layout = layout_of(v);
    pane_set(&v->pane, pager_layout_row(s, &layout, remark));
    v->pane.top = 0;
    v->shown = 0;
    ui_dirty(v->base.ui);
}

static gboolean is_late(gpointer data)
{
    pager_view *v = data;
    v->late = 0;
    if (v->shown != v->id && v->refusal == NULL)
        show_row(v, _("Fetching this message ..."));
    return G_SOURCE_REMOVE;
}

/* ---- coming and going */

static void forget_message(pager_view *v)
{
    if (v->op != 0)
        mtm_cancel(v->base.ui->mtm, v->op);
    v->op = 0;
    g_clear_handle_id(&v->late, g_source_remove);
    if (v->job != NULL)
        v->again = true; /* its answer is of the old message */
    g_clear_pointer(&v->document, document_unref);
    g_clear_pointer(&v->refusal, g_free);
}

static void want(pager_view *v, guint32 id)
{
    forget_message(v);
    v->id = id;
    v->late = g_timeout_add(LATE_MS, is_late, v);
    if (v->ncols == 0)
        v->ncols = body_columns(v, screen_view_area(v->base.ui).ncols);
    hint(v);
    v->op = mtm_message_open(v->base.ui->mtm, id);
    ui_dirty(v->base.ui);
}

static void pager_event(view *base, const mtm_event *e)
{
    pager_view *v = (pager_view *)base;
    if (v->op == 0 || e->op != v->op)
        return;
    if (e->kind == MTM_PROGRESS && e->total > 0 && v->late == 0 && v->shown != v->id) {
        g_autofree char *part = g_strdup_printf(_("Fetching this message: %d%% ..."), (int)(e->done * 100 / e->total));
        show_row(v, part);
    }
    if (e->kind != MTM_MESSAGE)
        return;
    v->op = 0;
    if (e->document != NULL) {
        v->document = document_ref(e->document);
        lay_out(v);
        if (e->problem != NULL)
            ui_warn_problem(v->base.ui, e->problem);
        return;
    }
    g_clear_handle_id(&v->late, g_source_remove);
    v->refusal = e->problem != NULL ? action_sentence(e->problem)
                                    : g_strdup(_("This message could not be read."));
    show_row(v, v->refusal);
}

static void pager_free(view *base)
{
    pager_view *v = (pager_view *)base;
    forget_message(v);
    if (v->job != NULL) {
        g_cancellable_cancel(v->job);
        g_object_unref(v->job);
    }
    pane_clear(&v->pane);
    g_free(v);
}

/* ---- as a view */

static void pager_draw(view *base, rect area)
{
    pager_view *v = (pager_view *)base;
    guint ncols = body_columns(v, area.ncols);
    if (ncols != v->ncols) {
        v->ncols = ncols;
        hint(v);
        lay_out(v);
    }
    pane_draw(&v->pane, area);
    if (conf_bool(base->ui->conf, "accessible"))
        term_cursor(area.row, area.col, true);
}

static void pager_title(view *base, GString *left, GString *right)
{
    pager_view *v = (pager_view *)base;
    ui *u = base->ui;
    const folder *f = mtm_folder(u->mtm, index_folder(u->index));
    const mail_summary *s = row_of(v);
    guint nth, total;
    g_autofree char *folder_name = f != NULL ? ui_folder_title(u, f) : g_strdup("");
    g_autofree char *subject = text_sanitise_line(s != NULL ? s->subject : "", -1);
    g_string_append_printf(left, "%s%s%s", folder_name, canvas_mark(" › ", " > "),
                           *subject != '\0' ? subject : _("(no subject)"));
    index_thread_place(u->index, &nth, &total);
    if (total > 1 && index_cursor_id(u->index) == v->id)
        g_string_append_printf(right, _("%u of %u in thread"), nth, total);
}

static void pager_place(view *base, GString *out)
{
    pane_place(&((pager_view *)base)->pane, out);
}

static void pager_move(view *base, view_motion motion, int n)
{
    pane_move(&((pager_view *)base)->pane, motion, n);
}

static bool pager_search(view *base, const char *text, bool backwards, GError **error)
{
    return pane_search(&((pager_view *)base)->pane, text, backwards, error);
}

static const view_class pager_class = {
    .context = CONTEXT_PAGER,
    .hints = "help next-page next-message previous-message back delete move-prompt archive take-back "
             "toggle-headers toggle-quoted skip-quoted view-attachments toggle-flagged search",
    .draw = pager_draw,
    .title = pager_title,
    .place = pager_place,
    .event = pager_event,
    .move = pager_move,
    .search = pager_search,
    .free = pager_free,
};

void pager_open(ui *u, guint32 id)
{
    pager_view *v = (pager_view *)screen_find(u, CONTEXT_PAGER);
    if (v == NULL) {
        v = g_new0(pager_view, 1);
        v->base = (view){ &pager_class, u };
        v->headers = HEADERS_WEEDED;
        pane_init(&v->pane, u, 2);
        screen_push(u, &v->base);
    }
    if (v->id != id || v->refusal != NULL)
        want(v, id);
}

guint32 pager_message(const view *v)
{
    return ((const pager_view *)v)->id;
}

void pager_toggle_headers(view *base)
{
    pager_view *v = (pager_view *)base;
    v->headers = v->headers == HEADERS_FULL ? HEADERS_WEEDED : HEADERS_FULL;
    v->pane.top = 0;
    lay_out(v);
}

void pager_toggle_quoted(view *base)
{
    pager_view *v = (pager_view *)base;
    v->hide_quoted = !v->hide_quoted;
    lay_out(v);
}

/* To the first line behind the quoted lines that begin at or below the top. */
void pager_skip_quoted(view *base)
{
    pager_view *v = (pager_view *)base;
    const GPtrArray *lines = v->pane.lines;
    guint at = (guint)v->pane.top;
    while (at < lines->len && ((styled_line *)lines->pdata[at])->quote == 0)
        at++;
    while (at < lines->len && ((styled_line *)lines->pdata[at])->quote > 0)
        at++;
    if (at < lines->len)
        pane_move(&v->pane, MOVE_LINE, (int)at - v->pane.top);
    else
        ui_say(base->ui, _("Nothing is quoted below."));
}

bool pager_at_end(const view *v)
{
    return pane_at_end(&((const pager_view *)v)->pane);
}

GPtrArray *pager_parts(view *base)
{
    pager_view *v = (pager_view *)base;
    return v->document != NULL && v->job == NULL ? pager_layout_parts(v->document) : NULL;
}

bool pager_stop_waiting(view *base)
{
    pager_view *v = (pager_view *)base;
    if (v->op == 0)
        return false;
    mtm_cancel(base->ui->mtm, v->op);
    return true;
}
