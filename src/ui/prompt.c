/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The prompt: what its keys do, its history and its completion list.  The line itself is edited in
 * line.c. */
#include "ui/prompt.h"

#include "base/i18n.h"
#include "text/cells.h"
#include "text/sanitise.h"
#include "ui/line.h"

#include <string.h>

#define LIST_ROWS 8
#define HISTORY_MAX 200
/* Typing on within this time asks for no new results. */
#define CHANGED_MS 120

struct prompt {
    const prompt_kind *kind;
    char *label;
    gpointer data;
    line *line;
    GPtrArray *candidates; /* NULL: no list is open */
    gsize word_start;      /* byte where the candidates begin */
    int chosen;            /* candidate in the line, -1 none */
    char *typed;           /* the line before candidates were put into it */
    guint history_at;      /* entries from the newest one back, 0: the line itself */
    char *kept;            /* the line while history is looked through */
    char *remark;
    int remark_column;
    guint changed_timer;
};

static void candidate_free(gpointer data)
{
    candidate *c = data;
    g_free(c->word);
    g_free(c->note);
    g_free(c);
}

GPtrArray *candidates_new(void)
{
    return g_ptr_array_new_with_free_func(candidate_free);
}

void candidates_add(GPtrArray *list, const char *word, const char *note)
{
    candidate *c = g_new0(candidate, 1);
    c->word = g_strdup(word);
    c->note = g_strdup(note);
    g_ptr_array_add(list, c);
}

/* ---- changes */

static gboolean changed_now(gpointer data)
{
    ui *u = data;
    prompt *p = u->prompt;
    p->changed_timer = 0;
    p->kind->changed(u, line_text(p->line), p->data);
    return G_SOURCE_REMOVE;
}

static void list_close(prompt *p)
{
    g_clear_pointer(&p->candidates, g_ptr_array_unref);
    g_clear_pointer(&p->typed, g_free);
    p->chosen = -1;
}

static void list_open(ui *u, prompt *p)
{
    list_close(p);
    if (p->kind->complete == NULL || line_cursor(p->line) != strlen(line_text(p->line)))
        return;
    p->candidates = p->kind->complete(u, line_text(p->line), &p->word_start);
    if (p->candidates != NULL && p->candidates->len == 0)
        list_close(p);
}

static void after_edit(ui *u, prompt *p)
{
    list_close(p);
    g_clear_pointer(&p->remark, g_free);
    if (p->kind->list)
        list_open(u, p);
    if (p->kind->check != NULL)
        p->remark = p->kind->check(u, line_text(p->line), &p->remark_column);
    if (p->kind->changed != NULL) {
        g_clear_handle_id(&p->changed_timer, g_source_remove);
        p->changed_timer = g_timeout_add(CHANGED_MS, changed_now, u);
    }
    ui_dirty(u);
}

void prompt_folders_changed(ui *u)
{
    prompt *p = u->prompt;
    if (p == NULL || !p->kind->list || p->chosen >= 0)
        return;
    list_open(u, p);
    ui_dirty(u);
}

/* ---- history */

static GPtrArray *history_of(ui *u, const prompt *p)
{
    if (p->kind->history == NULL || p->kind->secret)
        return NULL;
    GPtrArray *list = g_hash_table_lookup(u->history, p->kind->history);
    if (list == NULL) {
        list = g_ptr_array_new_with_free_func(g_free);
        g_hash_table_insert(u->history, (gpointer)p->kind->history, list);
    }
    return list;
}

static void history_keep(ui *u, const prompt *p, const char *text)
{
    GPtrArray *list = history_of(u, p);
    if (list == NULL || *text == '\0')
        return;
    for (guint i = 0; i < list->len; i++) {
        if (strcmp(list->pdata[i], text) == 0) {
            g_ptr_array_remove_index(list, i);
            break;
        }
    }
    if (list->len == HISTORY_MAX)
        g_ptr_array_remove_index(list, 0);
    g_ptr_array_add(list, g_strdup(text));
}

/* Only entries that begin with what was typed. */
static void history_move(ui *u, prompt *p, int direction)
{
    GPtrArray *list = history_of(u, p);
    if (list == NULL)
        return;
    if (p->history_at == 0) {
        g_free(p->kept);
        p->kept = g_strdup(line_text(p->line));
    }
    guint at = p->history_at;
    while (direction < 0 ? at < list->len : at > 0) {
        at = direction < 0 ? at + 1 : at - 1;
        const char *entry = at == 0 ? p->kept : list->pdata[list->len - at];
        if (g_str_has_prefix(entry, p->kept)) {
            p->history_at = at;
            line_set(p->line, entry);
            after_edit(u, p);
            list_close(p);
            return;
        }
    }
}

/* ---- completion */

static gsize common_prefix(const GPtrArray *list)
{
    const char *first = ((candidate *)list->pdata[0])->word;
    gsize n = strlen(first);
    for (guint i = 1; i < list->len; i++) {
        const char *word = ((candidate *)list->pdata[i])->word;
        gsize same = 0;
        while (same < n && word[same] == first[same])
            same++;
        n = same;
    }
    while (n > 0 && (first[n] & 0xc0) == 0x80) /* at a character border */
        n--;
    return n;
}

static void put_word(prompt *p, const char *word, gsize nbytes, const char *behind)
{
    const char *before = p->typed != NULL ? p->typed : line_text(p->line);
    g_autofree char *text =
        g_strdup_printf("%.*s%.*s%s", (int)p->word_start, before, (int)nbytes, word, behind);
    line_set(p->line, text);
}

static void complete(ui *u, prompt *p, int direction)
{
    if (p->candidates == NULL)
        list_open(u, p);
    if (p->candidates == NULL)
        return;
    GPtrArray *list = p->candidates;
    const char *first = ((candidate *)list->pdata[0])->word;
    gsize typed = strlen(line_text(p->line)) - MIN(p->word_start, strlen(line_text(p->line)));
    if (list->len == 1) {
        put_word(p, first, strlen(first), " ");
        after_edit(u, p);
        return;
    }
    if (p->chosen < 0 && common_prefix(list) > typed) {
        gsize n = common_prefix(list);
        g_autofree char *word = g_strndup(first, n);
        put_word(p, word, n, "");
        after_edit(u, p);
        if (p->candidates == NULL)
            list_open(u, p);
        return;
    }
    if (p->typed == NULL)
        p->typed = g_strdup(line_text(p->line));
    int n = (int)list->len;
    p->chosen = p->chosen < 0 ? (direction > 0 ? 0 : n - 1) : (p->chosen + direction + n) % n;
    const char *word = ((candidate *)list->pdata[p->chosen])->word;
    put_word(p, word, strlen(word), "");
}

/* ---- life */

static void prompt_free(prompt *p)
{
    g_clear_handle_id(&p->changed_timer, g_source_remove);
    list_close(p);
    line_free(p->line);
    g_free(p->label);
    g_free(p->kept);
    g_free(p->remark);
    g_free(p);
}

void prompt_open(ui *u, const prompt_kind *kind, const char *label, const char *initial,
                 gpointer data)
{
    prompt_close(u);
    prompt *p = g_new0(prompt, 1);
    p->kind = kind;
    p->label = text_sanitise_line(label, -1);
    p->line = line_new(kind->secret);
    p->chosen = -1;
    p->data = data;
    line_set(p->line, initial != NULL ? initial : "");
    u->prompt = p;
    g_string_truncate(u->keys, 0);
    if (kind->list)
        list_open(u, p);
    ui_dirty(u);
}

/* The prompt is gone before its answer is acted on: that may open the next one. */
static void finish(ui *u, const char *answer)
{
    prompt *p = g_steal_pointer(&u->prompt);
    if (answer != NULL)
        history_keep(u, p, answer);
    p->kind->done(u, answer, p->data);
    prompt_free(p);
    events_prompt_is_free(u);
    ui_dirty(u);
}

void prompt_close(ui *u)
{
    if (u->prompt != NULL)
        finish(u, NULL);
}

static bool edit(line *l, const char *key)
{
    static const struct {
        const char *key;
        void (*edit)(line *l);
    } edits[] = {
        { "<left>", line_left },
        { "<ctrl-b>", line_left },
        { "<right>", line_right },
        { "<ctrl-f>", line_right },
        { "<home>", line_home },
        { "<ctrl-a>", line_home },
        { "<end>", line_end },
        { "<ctrl-e>", line_end },
        { "<backspace>", line_backspace },
        { "<ctrl-h>", line_backspace },
        { "<delete>", line_delete },
        { "<ctrl-d>", line_delete },
        { "<ctrl-k>", line_kill_end },
        { "<ctrl-u>", line_kill_begin },
        { "<ctrl-w>", line_kill_word },
        { "<esc><backspace>", line_kill_word },
        { "<esc>d", line_kill_word_ahead },
        { "<esc>b", line_word_left },
        { "<esc>f", line_word_right },
        { "<ctrl-y>", line_yank },
        { "<ctrl-t>", line_transpose },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(edits); i++) {
        if (strcmp(edits[i].key, key) == 0) {
            edits[i].edit(l);
            return true;
        }
    }
    if (strcmp(key, "<space>") == 0)
        key = " ";
    else if (strcmp(key, "<lt>") == 0)
        key = "<";
    else if (key[0] == '<' && key[1] != '\0')
        return false;
    line_insert(l, key);
    return true;
}

static bool is_any(const char *key, const char *const *keys)
{
    return g_strv_contains(keys, key);
}

void prompt_key(ui *u, const char *key)
{
    static const char *const leave[] = { "<esc>", "<ctrl-g>", "<ctrl-c>", NULL };
    static const char *const up[] = { "<up>", "<ctrl-p>", NULL }, *const down[] = { "<down>",
                                                                                    "<ctrl-n>",
                                                                                    NULL };
    static const char *const back[] = { "<backtab>", "<esc><tab>", NULL };
    prompt *p = u->prompt;
    ui_dirty(u);
    if (is_any(key, leave)) {
        finish(u, NULL);
    } else if (p->kind->one_key) {
        g_autofree char *answer = g_strdup(key);
        finish(u, answer);
    } else if (strcmp(key, "<enter>") == 0) {
        g_autofree char *answer = p->kind->secret ? NULL : g_strdup(line_text(p->line));
        finish(u, p->kind->secret ? line_text(p->line) : answer);
    } else if (strcmp(key, "<tab>") == 0) {
        complete(u, p, 1);
    } else if (is_any(key, back)) {
        complete(u, p, -1);
    } else if (is_any(key, up)) {
        history_move(u, p, -1);
    } else if (is_any(key, down)) {
        history_move(u, p, 1);
    } else if (strcmp(key, "<backspace>") == 0 && *line_text(p->line) == '\0') {
        finish(u, NULL);
    } else if (edit(p->line, key)) {
        p->history_at = 0;
        after_edit(u, p);
    }
}

void prompt_paste(ui *u, const char *text)
{
    prompt *p = u->prompt;
    if (p->kind->one_key)
        return;
    g_autofree char *plain = text_sanitise_line(text, -1);
    line_insert(p->line, g_strchomp(plain));
    after_edit(u, p);
}

/* ---- drawing */

int prompt_nrows(const ui *u)
{
    return u->prompt->remark != NULL ? 2 : 1;
}

static void draw_list(ui *u, const prompt *p, int bottom, int ncols)
{
    int n = (int)p->candidates->len, shown = MIN(n, LIST_ROWS);
    int first = CLAMP(p->chosen - shown / 2, 0, n - shown);
    int width = 12;
    for (int i = 0; i < n; i++)
        width = MAX(width, MIN(text_columns(((candidate *)p->candidates->pdata[i])->word, -1), 40));
    term_style ground = theme_look(u->theme, LOOK_NORMAL);
    canvas_hline(bottom - shown - 1, 0, ncols, style_over(ground, theme_look(u->theme, LOOK_LINE)));
    for (int i = 0; i < shown; i++) {
        const candidate *c = p->candidates->pdata[first + i];
        term_style look = ground;
        if (first + i == p->chosen)
            look = style_over(look, theme_look(u->theme, LOOK_COMPLETION));
        g_autofree char *word = text_sanitise_line(c->word, -1);
        pen at = pen_at(bottom - shown + i, 0, ncols);
        pen_blank(&at, 1, look);
        pen_field(&at, word, width, look);
        pen_blank(&at, 2, look);
        if (c->note != NULL)
            pen_text(&at, c->note, -1,
                     first + i == p->chosen ? look
                                            : style_over(look, theme_look(u->theme, LOOK_HINT)));
        pen_rest(&at, look);
    }
    if (n > shown) {
        g_autofree char *more = g_strdup_printf(_(" %d of %d "), shown, n);
        int cols = text_columns(more, -1);
        pen at = pen_at(bottom - shown - 1, ncols - cols - 1, cols);
        pen_text(&at, more, -1, style_over(ground, theme_look(u->theme, LOOK_HINT)));
    }
}

void prompt_draw(ui *u, rect area)
{
    const prompt *p = u->prompt;
    term_style ground = theme_look(u->theme, LOOK_NORMAL);
    if (p->candidates != NULL && area.row > LIST_ROWS + 3)
        draw_list(u, p, area.row, area.ncols);
    pen at = pen_at(area.row, area.col + 1, area.ncols - 1);
    pen_text(&at, p->label, -1, style_over(ground, theme_look(u->theme, LOOK_PROMPT)));
    int text_col = at.col;
    int cursor_col = line_draw(p->line, &at, ground);
    if (p->remark != NULL && area.nrows > 1) {
        int column = MIN(text_col + MAX(p->remark_column - 1, 0), area.ncols * 2 / 3);
        pen below = pen_at(area.row + 1, column, area.ncols - column);
        pen_text(&below, "^ ", -1, style_over(ground, theme_look(u->theme, LOOK_ERROR)));
        pen_text(&below, p->remark, -1, style_over(ground, theme_look(u->theme, LOOK_ERROR)));
    }
    term_cursor(area.row, cursor_col, true);
}
