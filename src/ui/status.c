/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The status line: each account's connection, what waits, when it was synchronised; at the right
 * the place in the view, or the progress of what runs while it lasts.  And the hint bar below it.
 */
#include "base/clock.h"
#include "base/i18n.h"
#include "text/cells.h"
#include "text/date.h"
#include "text/sanitise.h"
#include "ui/screen.h"

#include <string.h>

#define BAR_COLS 10

static const char *state_mark(mtm_state state)
{
    switch (state) {
    case STATE_ONLINE:
        return canvas_mark("●", "+");
    case STATE_CONNECTING:
        return canvas_mark("◌", "~");
    case STATE_WAITING:
    case STATE_OFFLINE:
        break;
    }
    return canvas_mark("○", "-");
}

/* 40 -> "40 s", 130 -> "2 min". */
static char *span(gint64 seconds)
{
    if (seconds < 60)
        return g_strdup_printf(_("%d s"), (int)MAX(seconds, 0));
    if (seconds < 3600)
        return g_strdup_printf(_("%d min"), (int)(seconds / 60));
    if (seconds < 86400)
        return g_strdup_printf(_("%d h"), (int)(seconds / 3600));
    return g_strdup_printf(_("%d d"), (int)MIN(seconds / 86400, 9999));
}

static char *state_words(const mtm_account_status *s)
{
    switch (s->state) {
    case STATE_ONLINE:
        return g_strdup(_("online"));
    case STATE_CONNECTING:
        return g_strdup(_("connecting"));
    case STATE_WAITING: {
        g_autofree char *left = span(s->next_try_s - clock_now_s());
        return g_strdup_printf(_("offline, again in %s"), left);
    }
    case STATE_OFFLINE:
        break;
    }
    return g_strdup(_("offline"));
}

static void draw_accounts(ui *u, pen *p, term_style ground)
{
    guint n = mtm_account_count(u->mtm);
    guint waits = 0, parked = 0;
    gint64 synced_s = 0;
    for (guint i = 0; i < n; i++) {
        const mtm_account_status *s = mtm_status(u->mtm, i);
        if (s == NULL)
            continue;
        waits += s->pending;
        parked += s->parked;
        synced_s = MAX(synced_s, s->synced_at_s);
        bool good = s->state == STATE_ONLINE || s->state == STATE_CONNECTING;
        term_style look =
            style_over(ground, theme_look(u->theme, good ? LOOK_ONLINE : LOOK_OFFLINE));
        g_autofree char *name = text_sanitise_line(s->account, -1);
        g_autofree char *words = state_words(s);
        if (i > 0)
            pen_text(p, " · ", -1, ground);
        pen_text(p, name, -1,
                 style_over(ground, theme_name_look(u->theme, "account", s->account, LOOK_STATUS)));
        pen_text(p, " ", -1, ground);
        pen_text(p, state_mark(s->state), -1, look);
        pen_text(p, " ", -1, ground);
        pen_text(p, words, -1, ground);
    }
    const char *dot = canvas_mark(" · ", ", ");
    if (waits > 0) {
        g_autofree char *text =
            g_strdup_printf(ngettext("%s%u change waits", "%s%u changes wait", waits), dot, waits);
        pen_text(p, text, -1, style_over(ground, theme_look(u->theme, LOOK_PENDING)));
    }
    if (parked > 0) {
        g_autofree char *text = g_strdup_printf(_("%s%u refused"), dot, parked);
        pen_text(p, text, -1, style_over(ground, theme_look(u->theme, LOOK_TRUST_WARN)));
    }
    if (synced_s > 0) {
        gint64 ago = clock_now_s() - synced_s;
        g_autofree char *words = span(ago);
        g_autofree char *text = ago < 10 ? g_strdup_printf(_("%ssynced now"), dot)
                                         : g_strdup_printf(_("%ssynced %s ago"), dot, words);
        pen_text(p, text, -1, style_over(ground, theme_look(u->theme, LOOK_HINT)));
    }
}

static const struct {
    const char *phase, *words;
} phases[] = {
    { "connect", N_("connecting") },      { "login", N_("logging in") },
    { "folders", N_("folder list") },     { "headers", N_("fetching headers") },
    { "flags", N_("comparing flags") },   { "bodies", N_("fetching messages") },
    { "journal", N_("sending changes") },
};

static const char *phase_words(const char *phase)
{
    for (gsize i = 0; i < G_N_ELEMENTS(phases); i++)
        if (strcmp(phases[i].phase, phase) == 0)
            return _(phases[i].words);
    return phase;
}

/* The first account that is busy, as words; NULL when none is. */
static char *progress_words(ui *u, double *part)
{
    *part = -1;
    for (guint i = 0; i < mtm_account_count(u->mtm); i++) {
        const mtm_account_status *s = mtm_status(u->mtm, i);
        if (s == NULL || s->phase == NULL)
            continue;
        GString *words = g_string_new(phase_words(s->phase));
        if (s->folder_name != NULL) {
            g_autofree char *name = text_sanitise_line(s->folder_name, -1);
            g_string_append_printf(words, " %s", name);
        }
        g_autofree char *done = ui_number(s->done), *total = ui_number(s->total);
        if (s->total > 0) {
            g_string_append_printf(words, " %s/%s", done, total);
            *part = CLAMP((double)s->done / (double)s->total, 0, 1);
        } else if (s->done > 0) {
            g_string_append_printf(words, " %s", done);
        }
        return g_string_free(words, FALSE);
    }
    return NULL;
}

static void draw_bar(pen *p, double part, term_style look, term_style ground)
{
    static const char *const eighths[] = { " ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█" };
    int filled = (int)(part * BAR_COLS * 8 + 0.5);
    for (int i = 0; i < BAR_COLS; i++) {
        int here = CLAMP(filled - i * 8, 0, 8);
        if (canvas_ascii())
            pen_text(p, here >= 4 ? "#" : ".", -1, look);
        else
            pen_text(p, here == 0 ? "·" : eighths[here], -1,
                     here == 0 ? style_over(ground, look) : look);
    }
}

static void draw_right(ui *u, int row, int col, int ncols, term_style ground)
{
    double part;
    g_autofree char *progress = progress_words(u, &part);
    g_autoptr(GString) text = g_string_new(NULL);
    view *v = screen_top(u);
    if (progress != NULL)
        g_string_assign(text, progress);
    else if (v->class->place != NULL)
        v->class->place(v, text);
    int bar = progress != NULL && part >= 0 ? BAR_COLS + 1 : 0;
    int width = text_columns(text->str, -1) + bar;
    int first = MAX(ncols - 1 - width, 0);
    term_style look =
        progress != NULL ? style_over(ground, theme_look(u->theme, LOOK_PROGRESS)) : ground;
    pen p = pen_at(row, col + first, ncols - first);
    pen text_part = pen_at(row, p.col, pen_left(&p) - bar - 1);
    pen_text(&text_part, text->str, -1, look);
    if (bar > 0) {
        p.col = text_part.col;
        pen_text(&p, " ", -1, ground);
        draw_bar(&p, part, look, ground);
    }
}

void status_draw(ui *u, int row, int col, int ncols)
{
    term_style ground =
        style_over(theme_look(u->theme, LOOK_NORMAL), theme_look(u->theme, LOOK_STATUS));
    double part;
    g_autofree char *progress = progress_words(u, &part);
    g_autoptr(GString) place = g_string_new(NULL);
    view *v = screen_top(u);
    if (v->class->place != NULL)
        v->class->place(v, place);
    /* Progress may take half of the line, the place only what it needs. */
    int right = progress != NULL ? ncols / 2 : MIN(text_columns(place->str, -1) + 3, ncols / 2);
    pen p = pen_at(row, col, ncols - right);
    pen_text(&p, " ", -1, ground);
    draw_accounts(u, &p, ground);
    draw_right(u, row, col + ncols - right, right, ground);
}

/* ---- the hint bar */

static void hint(ui *u, pen *p, const char *keys, const char *what)
{
    term_style ground =
        style_over(theme_look(u->theme, LOOK_NORMAL), theme_look(u->theme, LOOK_HINT));
    term_style key =
        style_over(theme_look(u->theme, LOOK_NORMAL), theme_look(u->theme, LOOK_HINT_KEY));
    /* Whole hints only. */
    if (text_columns(keys, -1) + text_columns(what, -1) + 1 > pen_left(p)) {
        p->col = p->end;
        return;
    }
    pen_text(p, keys, -1, key);
    pen_text(p, " ", -1, ground);
    pen_text(p, what, -1, ground);
    pen_text(p, "  ", -1, ground);
}

/* Short words for the bar; the help has the long ones. */
static const struct {
    const char *command, *word;
} hint_words[] = {
    { "help", N_("help") },
    { "open-message", N_("open") },
    { "delete", N_("delete") },
    { "take-back", N_("undo") },
    { "move-prompt", N_("move") },
    { "copy-prompt", N_("copy") },
    { "archive", N_("archive") },
    { "tag", N_("tag") },
    { "tag-thread", N_("tag thread") },
    { "delete-subthread", N_("delete below") },
    { "redo", N_("redo") },
    { "limit", N_("limit") },
    { "search", N_("search") },
    { "toggle-flagged", N_("flag") },
    { "toggle-new", N_("unread") },
    { "change-folder-prompt", N_("folder") },
    { "folder-list", N_("folders") },
    { "sort", N_("sort") },
    { "sync-folder", N_("synchronise") },
    { "prompt", N_("commands") },
    { "quit", N_("quit") },
    { "back", N_("back") },
    { "next-message", N_("next") },
    { "previous-message", N_("previous") },
    { "next-unread", N_("next unread") },
    { "toggle-headers", N_("headers") },
    { "toggle-quoted", N_("quotes") },
    { "skip-quoted", N_("skip quotes") },
    { "view-attachments", N_("parts") },
    { "open-folder", N_("open") },
    { "create-folder", N_("new") },
    { "rename-folder", N_("rename") },
    { "delete-folder", N_("delete") },
    { "jobs", N_("changes") },
    { "retry-job", N_("send again") },
    { "cancel-job", N_("forget") },
    { "show-job", N_("details") },
    { "show-limit", N_("limit?") },
    { "fold-thread", N_("fold") },
    { "fold-all", N_("fold all") },
    { "previous-unread", N_("unread above") },
    { "sidebar-toggle", N_("folders at the left") },
    { "sidebar-next", N_("mark next") },
    { "sidebar-previous", N_("mark previous") },
    { "sidebar-open", N_("open marked") },
    { "messages", N_("messages") },
    { "search-reverse", N_("search back") },
    { "next-page", N_("page") },
    { "sync", N_("get mail") },
    { "fold-folder", N_("fold") },
};

static const char *hint_word(const char *command)
{
    for (gsize i = 0; i < G_N_ELEMENTS(hint_words); i++)
        if (strcmp(hint_words[i].command, command) == 0)
            return _(hint_words[i].word);
    return command;
}

static void draw_continuations(ui *u, pen *p, command_context context)
{
    g_autoptr(GPtrArray) bindings = command_bindings(u->commands, context);
    for (guint i = 0; i < bindings->len && pen_left(p) > 0; i++) {
        const key_binding *b = bindings->pdata[i];
        if (!g_str_has_prefix(b->keys, u->keys->str) || strlen(b->keys) == u->keys->len)
            continue;
        g_autofree char *rest = command_keys_label(b->keys + u->keys->len);
        hint(u, p, rest, b->note != NULL ? b->note : hint_word(b->command));
    }
}

/* The way to everything else stands at the right end, where it always is. */
static void hint_last(ui *u, command_context context, pen *p)
{
    g_autofree char *keys = command_keys_of(u->commands, context, "prompt");
    if (keys == NULL)
        return;
    const char *word = hint_word("prompt");
    int ncols = text_columns(keys, -1) + 1 + text_columns(word, -1);
    pen right = pen_at(p->row, p->end - ncols - 1, ncols);
    p->end = right.col - 1;
    hint(u, &right, keys, word);
}

void hints_draw(ui *u, int row, int ncols)
{
    pen p = pen_at(row, 1, ncols - 1);
    if (u->keys->len > 0) {
        draw_continuations(u, &p, screen_top(u)->class->context);
        draw_continuations(u, &p, CONTEXT_GLOBAL);
        return;
    }
    view *v = screen_top(u);
    hint_last(u, v->class->context, &p);
    g_auto(GStrv) commands = g_strsplit(v->class->hints, " ", -1);
    for (char **c = commands; *c != NULL && pen_left(&p) > 0; c++) {
        g_autofree char *keys = command_keys_of(u->commands, v->class->context, *c);
        if (keys != NULL)
            hint(u, &p, keys, hint_word(*c));
    }
}
