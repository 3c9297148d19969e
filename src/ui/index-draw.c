/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of the index.  Columns never move: every mark, date, sender and subject begins at the same
 * cell in every row and at every width; only the subject grows. */
#include "base/clock.h"
#include "base/i18n.h"
#include "text/cells.h"
#include "text/date.h"
#include "text/sanitise.h"
#include "text/wrap.h"
#include "ui/index-private.h"

#include <string.h>

enum { /* cells from the left edge of the index */
       AT_STATE = 1,
       AT_FLAG = 2,
       AT_PENDING = 3,
       AT_DATE = 5,
       AT_SENDER = 16,
       AT_COUNT = 35,
       AT_SUBJECT = 39,
};
enum { DATE_COLS = 9, SENDER_COLS = 18, COUNT_COLS = 3, SIZE_COLS = 5, LABEL_COLS = 10 };
/* From this width on there is a column for a label. */
#define LABEL_FROM 96
/* Levels of a thread that are drawn; deeper ones are drawn as this one. */
#define TREE_LEVELS 12

typedef struct row_look {
    const theme *theme;
    term_style ground; /* of the row, what everything lies on */
    bool cursor;
} row_look;

static term_style look_of(const row_look *l, theme_role role)
{
    term_style style = style_over(l->ground, theme_look(l->theme, role));
    return l->cursor ? theme_on_cursor(l->theme, style) : style;
}

static term_style look_over(const row_look *l, term_style above)
{
    term_style style = style_over(l->ground, above);
    return l->cursor ? theme_on_cursor(l->theme, style) : style;
}

/* ---- words */

/* "Re: Aw: Fwd[2]: x" -> "x": what is compared to find a repeated subject. */
static const char *base_subject(const char *subject)
{
    static const char *const prefixes[] = { "re", "aw", "sv", "antw", "vs", "res" };
    for (;;) {
        while (*subject == ' ')
            subject++;
        gsize skip = 0;
        for (gsize i = 0; i < G_N_ELEMENTS(prefixes) && skip == 0; i++) {
            gsize n = strlen(prefixes[i]);
            if (g_ascii_strncasecmp(subject, prefixes[i], n) == 0 && subject[n] == ':')
                skip = n + 1;
        }
        if (skip == 0)
            return subject;
        subject += skip;
    }
}

static bool is_patch_series(const char *subject)
{
    return g_str_has_prefix(subject, "[PATCH") || g_str_has_prefix(subject, "[RFC PATCH") ||
           g_str_has_prefix(subject, "[RFC,PATCH");
}

static bool is_own(ui *u, const mail_summary *s)
{
    const address *from = s->from->len > 0 ? s->from->pdata[0] : NULL;
    for (guint i = 0; from != NULL && i < mtm_account_count(u->mtm); i++) {
        const account_settings *a = mtm_account(u->mtm, i);
        if (a != NULL && a->address != NULL && g_ascii_strcasecmp(a->address, from->mailbox) == 0)
            return true;
    }
    return false;
}

/* Who it is from; for own mail, who it went to. */
static char *sender_words(ui *u, const mail_summary *s)
{
    if (s->to->len > 0 && is_own(u, s)) {
        g_autofree char *to = text_sanitise_line(address_label(s->to->pdata[0]), -1);
        return g_strdup_printf(_("To %s"), to);
    }
    if (s->from->len == 0)
        return g_strdup(_("(nobody)"));
    return text_sanitise_line(address_label(s->from->pdata[0]), -1);
}

static const char *state_mark(const index_view *ix, const mail_summary *s)
{
    if ((s->flags & FLAG_DELETED) || index_left_deleted(ix, s))
        return "D";
    if (index_left(ix, s))
        return canvas_mark("→", ">");
    if (!(s->flags & FLAG_SEEN))
        return canvas_mark("●", "N");
    if (s->flags & FLAG_ANSWERED)
        return "r";
    if (s->flags & FLAG_FORWARDED)
        return "f";
    return " ";
}

/* The first keyword a person gave; programs' own begin with $ or \. */
static char *label_of(const mail_summary *s)
{
    g_auto(GStrv) words = keywords_split(s->keywords);
    for (char **word = words; *word != NULL; word++)
        if (**word != '$' && **word != '\\' && **word != '\0')
            return text_sanitise_line(*word, -1);
    return NULL;
}

/* ---- parts of a row */

static void draw_tree(pen *p, const mtm_row *row, const row_look *l)
{
    term_style look = look_of(l, LOOK_THREAD);
    guint depth = MIN(row->depth, TREE_LEVELS);
    if (depth == 0)
        return;
    if (row->depth > TREE_LEVELS) {
        pen_text(p, canvas_mark("…", "."), -1, look);
        depth--;
    }
    for (guint d = 1; d < depth; d++)
        pen_text(p, d < 64 && (row->bars >> d & 1) != 0 ? canvas_mark("│ ", "| ") : "  ", -1, look);
    pen_text(p, row->last ? canvas_mark("└─▸", "`->") : canvas_mark("├─▸", "|->"), -1, look);
}

/* Blank when the row above in the same thread says the same. */
static bool is_repeated(index_view *ix, guint32 index, const mail_summary *s, bool first_line)
{
    const mtm_row *row = mtm_view_row(ix->rows, index);
    if (first_line || row->thread_start || row->depth == 0 || index == 0)
        return false;
    const mail_summary *above = mtm_view_summary(ix->rows, index - 1);
    return above != NULL && strcmp(base_subject(above->subject), base_subject(s->subject)) == 0;
}

static void draw_subject(index_view *ix, pen *p, guint32 index, const mail_summary *s,
                         const row_look *l, bool first_line)
{
    draw_tree(p, mtm_view_row(ix->rows, index), l);
    term_style look = look_of(l, LOOK_SUBJECT);
    if (is_repeated(ix, index, s, first_line)) {
        pen_rest(p, look);
        return;
    }
    if (mtm_view_row(ix->rows, index)->depth > 0)
        pen_text(p, " ", -1, look);
    g_autofree char *subject = text_sanitise_line(s->subject, -1);
    pen_text(p, *subject != '\0' ? subject : _("(no subject)"), -1, look);
    pen_rest(p, look);
}

static void draw_count(index_view *ix, pen *p, guint32 index, const row_look *l)
{
    char text[8] = "";
    if (mtm_view_row(ix->rows, index)->thread_start) {
        guint32 n = index_thread_size(ix, index, 1000);
        if (n > 999)
            g_strlcpy(text, "+++", sizeof text);
        else if (n > 1)
            g_snprintf(text, sizeof text, "%u", n);
    }
    pen_field_right(p, text, COUNT_COLS,
                    look_of(l, index_is_folded(ix, index) ? LOOK_SUBJECT : LOOK_THREAD));
}

static void draw_right(ui *u, pen *p, const mail_summary *s, bool thread_start, const row_look *l,
                       bool labels)
{
    term_style plain = look_of(l, LOOK_SIZE);
    if (labels) {
        g_autofree char *label = label_of(s);
        pen_blank(p, 1, plain);
        term_style look = look_over(
            l, theme_name_look(u->theme, "label", label != NULL ? label : "", LOOK_LABEL));
        if (label == NULL)
            pen_blank(p, LABEL_COLS, plain);
        else
            pen_field(p, label, LABEL_COLS, look);
    }
    pen_blank(p, 1, plain);
    bool patch = thread_start && is_patch_series(base_subject(s->subject));
    pen_field(p,
              s->has_attachment ? canvas_mark("⎘", "@")
              : patch           ? "!"
                                : " ",
              1, look_of(l, LOOK_ATTACHMENT));
    g_autofree char *size = text_size_short(s->size);
    pen_blank(p, 1, plain);
    pen_field_right(p, size, SIZE_COLS, plain);
    pen_rest(p, plain);
}

/* A row that one's own act took out of the limit stays until the list is read anew. */
static bool left_limit(const index_view *ix, const mail_summary *s, const folder *f)
{
    return ix->limit != NULL && !index_needs_store(ix->limit) &&
           !query_match(ix->limit, s, f != NULL ? f->account_name : "", f != NULL ? f->name : "");
}

static term_style ground_of(index_view *ix, const mail_summary *s)
{
    ui *u = ix->base.ui;
    const folder *f = mtm_folder(u->mtm, ix->folder != 0 ? ix->folder : s->folder);
    term_style ground = theme_look(u->theme, LOOK_NORMAL), rule;
    ground =
        style_over(ground, theme_look(u->theme, s->flags & FLAG_SEEN ? LOOK_READ : LOOK_UNREAD));
    if (theme_row(u->theme, s, f != NULL ? f->account_name : "", f != NULL ? f->name : "", &rule))
        ground = style_over(ground, rule);
    if (index_is_deleted(ix, s) || left_limit(ix, s, f)) {
        ground = style_over(ground, theme_look(u->theme, LOOK_DELETED));
        ground.attrs &= ~(guint)TERM_BOLD;
    }
    return ground;
}

static void draw_row(index_view *ix, guint32 index, const mail_summary *s, rect line, bool cursor,
                     bool first_line)
{
    ui *u = ix->base.ui;
    row_look l = { u->theme, ground_of(ix, s), cursor };
    term_style plain = look_of(&l, LOOK_NORMAL);
    bool labels = line.ncols >= LABEL_FROM;
    int right = 1 + 1 + 1 + SIZE_COLS + 1 + (labels ? 1 + LABEL_COLS : 0);
    pen p = pen_at(line.row, line.col, line.ncols);
    pen_field(&p, index_is_tagged(ix, s->id) ? "*" : " ", AT_STATE, look_of(&l, LOOK_TAGGED));
    pen_field(&p, state_mark(ix, s), 1, look_of(&l, LOOK_SENDER));
    pen_field(&p, s->flags & FLAG_FLAGGED ? canvas_mark("⚑", "!") : " ", 1,
              look_of(&l, LOOK_FLAGGED));
    pen_field(&p, s->flags & FLAG_PENDING ? canvas_mark("↑", "^") : " ", 1,
              look_of(&l, LOOK_PENDING));
    pen_to(&p, line.col + AT_DATE, plain);
    g_autofree char *date = text_date_short(mail_summary_sort_date(s), clock_now_s());
    pen_field(&p, date, DATE_COLS, look_of(&l, LOOK_DATE));
    pen_to(&p, line.col + AT_SENDER, plain);
    g_autofree char *sender = sender_words(u, s);
    pen_field(&p, sender, SENDER_COLS, look_of(&l, LOOK_SENDER));
    pen_to(&p, line.col + AT_COUNT, plain);
    draw_count(ix, &p, index, &l);
    pen_to(&p, line.col + AT_SUBJECT, plain);
    pen subject = pen_at(line.row, p.col, pen_left(&p) - right);
    draw_subject(ix, &subject, index, s, &l, first_line);
    p.col = subject.end;
    draw_right(u, &p, s, mtm_view_row(ix->rows, index)->thread_start, &l, labels);
}

/* A row that is known to be there, but not what is in it. */
static void draw_pale(index_view *ix, rect line, bool cursor)
{
    ui *u = ix->base.ui;
    row_look l = { u->theme, theme_look(u->theme, LOOK_NORMAL), cursor };
    term_style look = look_of(&l, LOOK_PALE);
    const char *dots = canvas_mark("·····", ".....");
    pen p = pen_at(line.row, line.col, line.ncols);
    pen_to(&p, line.col + AT_DATE, look);
    pen_text(&p, dots, -1, look);
    pen_to(&p, line.col + AT_SENDER, look);
    pen_text(&p, dots, -1, look);
    pen_to(&p, line.col + AT_SUBJECT, look);
    pen_text(&p, dots, -1, look);
    pen_text(&p, dots, -1, look);
    pen_rest(&p, look);
}

/* ---- when there is nothing */

static char *empty_words(index_view *ix)
{
    ui *u = ix->base.ui;
    const folder *f = mtm_folder(u->mtm, ix->folder);
    if (mtm_account_count(u->mtm) == 0)
        return g_strdup_printf(_("No account yet. Write one into %s:\n\n"
                                 "account work\n  set address \"Your Name <you@example.org>\"\n"
                                 "  set imap imaps://you@imap.example.org\nend\n\n"
                                 "The password is asked for."),
                               conf_config_path(u->conf));
    if (ix->folder == 0 || f == NULL)
        return g_strdup(u->options->offline
                            ? _("Nothing is stored yet, and cursus runs offline.")
                            : _("Nothing is stored yet. The folder list is on its way."));
    if (ix->rows == NULL || !mtm_view_complete(ix->rows))
        return g_strdup(_("Reading ..."));
    if (ix->limit_text != NULL) {
        g_autofree char *limit = text_sanitise_line(ix->limit_text, -1);
        return g_strdup_printf(
            _("No message matches the limit  %s\nEsc l shows it, l . clears it."), limit);
    }
    if (f->synced_at_s == 0 && (f->server_messages == G_MAXUINT32 || f->server_messages > 0))
        return g_strdup(
            u->options->offline
                ? _("Nothing of this folder is stored yet, and cursus runs offline.")
                : _("Nothing of this folder is stored yet. The newest messages come first."));
    return g_strdup(_("This folder is empty."));
}

static void draw_empty(index_view *ix, rect area)
{
    g_autofree char *text = empty_words(ix);
    g_autoptr(GPtrArray) lines = styled_lines_new();
    wrap_settings settings = { .ncols = (guint)MAX(area.ncols - 6, 20) };
    text_wrap_body(lines, text, strlen(text), &settings);
    term_style look = style_over(theme_look(ix->base.ui->theme, LOOK_NORMAL),
                                 theme_look(ix->base.ui->theme, LOOK_NOTE));
    int first = MIN(area.nrows / 4, 4);
    for (int i = 0; i < (int)lines->len && first + i < area.nrows; i++) {
        pen p = pen_at(area.row + first + i, area.col + 3, area.ncols - 4);
        pen_text(&p, ((styled_line *)lines->pdata[i])->text, -1, look);
    }
}

/* ---- the whole */

/* Rows around the screen are asked for too, so that a page down finds them. */
static void want(index_view *ix)
{
    if (ix->wanted_top == ix->top)
        return;
    guint32 height = (guint32)MAX(ix->nrows, 1);
    guint32 first = ix->top > height ? ix->top - height : 0;
    ix->wanted_top = ix->top;
    mtm_view_want(ix->rows, first, ix->top - first + 2 * height);
}

void index_draw(view *v, rect area)
{
    index_view *ix = (index_view *)v;
    if (ix->nrows != area.nrows)
        ix->wanted_top = NO_ROW;
    ix->nrows = area.nrows;
    g_array_set_size(ix->screen_ids, 0);
    if (index_count(ix) == 0) {
        draw_empty(ix, area);
        return;
    }
    index_show_cursor(ix);
    want(ix);
    guint32 index = ix->top;
    for (int i = 0; i < area.nrows && index != NO_ROW; i++) {
        rect line = { area.row + i, area.col, 1, area.ncols };
        const mail_summary *s = mtm_view_summary(ix->rows, index);
        bool cursor = index == ix->cursor;
        if (s != NULL)
            draw_row(ix, index, s, line, cursor, i == 0);
        else
            draw_pale(ix, line, cursor);
        if (cursor) /* where a screen reader or a braille line looks */
            term_cursor(line.row, line.col, conf_bool(v->ui->conf, "accessible"));
        g_array_append_val(ix->screen_ids, mtm_view_row(ix->rows, index)->id);
        index = index_next_row(ix, index);
    }
}

static const char *sort_words(mtm_sort sort, bool reverse)
{
    switch (sort) {
    case MTM_SORT_THREADS:
        return reverse ? _("threads, oldest first") : _("threads, newest first");
    case MTM_SORT_DATE:
        return reverse ? _("by date, oldest first") : _("by date, newest first");
    case MTM_SORT_FROM:
        return reverse ? _("by sender, backwards") : _("by sender");
    case MTM_SORT_SUBJECT:
        return reverse ? _("by subject, backwards") : _("by subject");
    case MTM_SORT_SIZE:
        return reverse ? _("by size, smallest first") : _("by size, largest first");
    }
    return "";
}

void index_title(view *v, GString *left, GString *right)
{
    index_view *ix = (index_view *)v;
    const char *dot = canvas_mark(" · ", " - ");
    const folder *f = mtm_folder(v->ui->mtm, ix->folder);
    if (f == NULL) {
        g_string_append(left, "cursus");
        return;
    }
    g_autofree char *name = ui_folder_title(v->ui, f);
    g_autofree char *unseen = ui_number(f->unseen), *messages = ui_number(f->messages);
    g_string_append_printf(left, "%s%s", name, dot);
    if (f->unseen > 0)
        g_string_append_printf(left, _("%s unread of %s"), unseen, messages);
    else
        g_string_append_printf(left, ngettext("%s message", "%s messages", f->messages), messages);
    guint tagged = index_tag_count(ix);
    g_autofree char *tagged_words = ui_number(tagged);
    if (tagged > 0)
        g_string_append_printf(left, ngettext("%s%s tagged", "%s%s tagged", tagged), dot, tagged_words);
    if (ix->above > 0)
        g_string_append_printf(left,
                               ngettext("%s%s%u came in above", "%s%s%u came in above", ix->above),
                               dot, canvas_mark("↑ ", ""), ix->above);
    /* The limit first: the end is cut where there is no room. */
    if (ix->limit_text != NULL) {
        g_autofree char *limit = text_sanitise_line(ix->limit_text, -1);
        g_string_append_printf(right, _("limit: %s%s"), limit, dot);
    }
    g_string_append(right, sort_words(ix->sort, ix->reverse));
}

void index_place(view *v, GString *out)
{
    index_view *ix = (index_view *)v;
    guint32 n = index_count(ix);
    if (n == 0)
        return;
    g_autofree char *here = ui_number(ix->cursor + 1), *all = ui_number(n);
    g_string_append_printf(out, _("%s of %s"), here, all);
    bool top = ix->top == 0, end = index_walk(ix, ix->top, -(ix->nrows - 1)) + 1 >= n;
    if (top && end)
        g_string_append(out, _("   All"));
    else if (top)
        g_string_append(out, _("   Top"));
    else if (end)
        g_string_append(out, _("   End"));
    else
        g_string_append_printf(out, "   %d%%", (int)((guint64)ix->top * 100 / n));
    if (!mtm_view_complete(ix->rows))
        g_string_append(out, "+");
}
