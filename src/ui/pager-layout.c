/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Header block, body, attachments as lines of a pane.  What runs in the thread touches nothing of
 * the screen: a document goes in, lines come out. */
#include "ui/pager-layout.h"

#include "base/i18n.h"
#include "base/limits.h"
#include "text/cells.h"
#include "text/date.h"
#include "text/sanitise.h"
#include "text/wrap.h"
#include "ui/pane.h"

#include <gio/gio.h>
#include <string.h>

#define NAME_COLS 9
/* Fewer quoted lines than this are not worth folding. */
#define FOLD_MIN 3

/* ---- headers */

/* "Name: value" with the names in a column and the values wrapped beside them. */
static void add_header(GPtrArray *lines, const char *name, const char *value, guint ncols)
{
    g_autoptr(GPtrArray) parts = styled_lines_new();
    g_autofree char *clean = text_sanitise_line(value, -1);
    int name_cols = MAX(text_columns(name, -1) + 1, NAME_COLS);
    wrap_settings settings = { .ncols = (guint)MAX((int)ncols - name_cols, 20) };
    text_wrap_body(parts, clean, strlen(clean), &settings);
    for (guint i = 0; i < parts->len; i++) {
        pane_add_pair(lines, i == 0 ? name : "", name_cols, STYLE_HEADER_NAME,
                      ((styled_line *)parts->pdata[i])->text);
        ((styled_line *)lines->pdata[lines->len - 1])->wrapped = i > 0;
    }
    if (parts->len == 0)
        pane_add_pair(lines, name, name_cols, STYLE_HEADER_NAME, "");
}

/* The names people read, in their language. */
static const char *header_label(const char *name)
{
    static const struct {
        const char *name, *label;
    } labels[] = { { "From", N_("From") },       { "To", N_("To") },
                   { "Cc", N_("Cc") },           { "Date", N_("Date") },
                   { "Subject", N_("Subject") }, { "Reply-To", N_("Reply-To") } };
    for (gsize i = 0; i < G_N_ELEMENTS(labels); i++)
        if (g_ascii_strcasecmp(labels[i].name, name) == 0)
            return _(labels[i].label);
    return name;
}

static void add_document_headers(GPtrArray *lines, document *d, const pager_layout *l)
{
    g_autoptr(GPtrArray) headers = document_header_lines(d, l->headers);
    const mail_summary *s = document_summary(d);
    for (guint i = 0; headers != NULL && i < headers->len; i++) {
        const char *text = headers->pdata[i], *colon = strchr(text, ':');
        if (colon == NULL)
            continue;
        g_autofree char *name = g_strndup(text, (gsize)(colon - text));
        const char *value = colon + 1 + strspn(colon + 1, " ");
        bool weeded = l->headers == HEADERS_WEEDED;
        if (weeded && s != NULL && s->date_s != 0 && g_ascii_strcasecmp(name, "Date") == 0) {
            g_autofree char *date = text_date_long(s->date_s, s->date_offset_min, l->now_s);
            add_header(lines, header_label(name), date, l->ncols);
        } else {
            add_header(lines, weeded ? header_label(name) : name, value, l->ncols);
        }
    }
}

GPtrArray *pager_layout_row(const mail_summary *s, const pager_layout *l, const char *remark)
{
    GPtrArray *lines = styled_lines_new();
    g_autofree char *from = address_list_format(s->from), *to = address_list_format(s->to);
    g_autofree char *date =
        text_date_long(s->date_s != 0 ? s->date_s : s->received_s, s->date_offset_min, l->now_s);
    add_header(lines, _("From"), from, l->ncols);
    add_header(lines, _("To"), to, l->ncols);
    add_header(lines, _("Date"), date, l->ncols);
    add_header(lines, _("Subject"), s->subject, l->ncols);
    pane_add(lines, PANE_RULE, STYLE_PLAIN);
    g_autoptr(GPtrArray) words = styled_lines_new();
    wrap_settings settings = { .ncols = l->ncols };
    text_wrap_body(words, remark, strlen(remark), &settings);
    for (guint i = 0; i < words->len; i++)
        pane_add(lines, ((styled_line *)words->pdata[i])->text, STYLE_NOTE);
    return lines;
}

/* ---- body */

static styled_line *line_copy(const styled_line *line)
{
    styled_line *copy = styled_line_new(line->text, -1);
    copy->quote = line->quote;
    copy->wrapped = line->wrapped;
    for (guint i = 0; line->runs != NULL && i < line->runs->len; i++) {
        const styled_run *run = &g_array_index(line->runs, styled_run, i);
        styled_line_add(copy, run->start, run->length, run->style);
    }
    return copy;
}

static guint quoted_run(const GPtrArray *body, guint from)
{
    guint n = 0;
    while (from + n < body->len && ((styled_line *)body->pdata[from + n])->quote > 0)
        n++;
    return n;
}

document_layout pager_layout_body(const pager_layout *l)
{
    return (document_layout){
        .ncols = l->ncols, .headers = HEADERS_NONE, .body = l->body, .attachments = true
    };
}

static void add_body(GPtrArray *lines, document *d, const pager_layout *l)
{
    document_layout layout = pager_layout_body(l);
    const GPtrArray *body = document_lines(d, &layout);
    for (guint i = 0; body != NULL && i < body->len; i++) {
        guint quoted = l->hide_quoted ? quoted_run(body, i) : 0;
        if (quoted >= FOLD_MIN) {
            g_autofree char *text =
                g_strdup_printf(ngettext("%s %u quoted line", "%s %u quoted lines", quoted),
                                canvas_mark("▸", "+"), quoted);
            pane_add(lines, text, STYLE_NOTE);
            i += quoted - 1;
            continue;
        }
        g_ptr_array_add(lines, line_copy(body->pdata[i]));
    }
}

/* ---- the thread */

typedef struct job {
    document *document;
    pager_layout layout;
    pager_layout_done done;
    gpointer data;
} job;

static void job_free(gpointer data)
{
    job *j = data;
    document_unref(j->document);
    g_free(j);
}

static void lines_free(gpointer data)
{
    g_ptr_array_unref(data);
}

static void run(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    job *j = data;
    GPtrArray *lines = styled_lines_new();
    add_document_headers(lines, j->document, &j->layout);
    pane_add(lines, PANE_RULE, STYLE_PLAIN);
    add_body(lines, j->document, &j->layout);
    g_task_return_pointer(task, lines, lines_free);
}

static void finished(GObject *source, GAsyncResult *result, gpointer data)
{
    job *j = g_task_get_task_data(G_TASK(result));
    g_autoptr(GError) error = NULL;
    GPtrArray *lines = g_task_propagate_pointer(G_TASK(result), &error);
    if (lines != NULL)
        j->done(lines, j->data);
}

void pager_layout_start(document *d, const pager_layout *layout, GCancellable *cancellable,
                        pager_layout_done done, gpointer data)
{
    job *j = g_new0(job, 1);
    j->document = document_ref(d);
    j->layout = *layout;
    j->done = done;
    j->data = data;
    GTask *task = g_task_new(NULL, cancellable, finished, NULL);
    g_task_set_priority(task, G_PRIORITY_HIGH + 10); /* a person waits for it */
    g_task_set_task_data(task, j, job_free);
    g_task_run_in_thread(task, run);
    g_object_unref(task);
}

/* ---- parts */

static void add_part(GPtrArray *lines, const part *p, int depth)
{
    g_autofree char *type = text_sanitise_line(p->type, -1);
    g_autofree char *name = text_sanitise_line(p->name != NULL          ? p->name
                                               : p->description != NULL ? p->description
                                                                        : "",
                                               -1);
    g_autofree char *size = text_size_short(p->size);
    g_autofree char *left =
        g_strdup_printf("%*s%s  %s", 2 * MIN(depth, 20), "",
                        *p->section != '\0' ? p->section : canvas_mark("·", "-"), type);
    g_autofree char *right =
        g_strdup_printf("%6s  %-10s %s", size, p->disposition != NULL ? p->disposition : "", name);
    pane_add_pair(lines, left, 44, part_is_attachment(p) ? STYLE_ATTACHMENT : STYLE_PLAIN, right);
    for (guint i = 0; depth < LIMIT_MIME_DEPTH && i < p->parts->len; i++)
        add_part(lines, p->parts->pdata[i], depth + 1);
}

GPtrArray *pager_layout_parts(document *d)
{
    GPtrArray *lines = styled_lines_new();
    const part *root = document_structure(d);
    if (root != NULL)
        add_part(lines, root, 0);
    return lines;
}
