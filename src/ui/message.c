/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The message line: sentences for the person.  What was only said goes with the next key; a warning
 * stays until it could be read, the next one waits behind it.  All of them are kept for the list of
 * messages. */
#include "action/face.h"
#include "base/clock.h"
#include "base/i18n.h"
#include "text/sanitise.h"
#include "text/wrap.h"
#include "ui/screen.h"

#include <string.h>

#define KEPT 200
/* A key typed sooner than this after a warning appeared was not an answer to it. */
#define READ_MS 700
#define NROWS_MAX 4

typedef struct message {
    char *text;
    char *account;   /* whose problem it is, NULL: of none */
    gint64 shown_ms; /* 0: waits */
    bool warning;
} message;

struct messages {
    GQueue queue;   /* of message; the head is on the screen */
    GPtrArray *all; /* of char *, oldest first */
};

static void message_free(message *m)
{
    g_free(m->text);
    g_free(m->account);
    g_free(m);
}

messages *messages_new(void)
{
    messages *m = g_new0(messages, 1);
    g_queue_init(&m->queue);
    m->all = g_ptr_array_new_with_free_func(g_free);
    return m;
}

void messages_free(messages *m)
{
    for (message *one; (one = g_queue_pop_head(&m->queue)) != NULL;)
        message_free(one);
    g_ptr_array_unref(m->all);
    g_free(m);
}

static void keep(messages *m, const char *text)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    g_autofree char *time = now != NULL ? g_date_time_format(now, "%H:%M:%S") : g_strdup("");
    if (m->all->len == KEPT)
        g_ptr_array_remove_index(m->all, 0);
    g_ptr_array_add(m->all, g_strdup_printf("%s  %s", time, text));
}

static void show_head(messages *m)
{
    message *head = g_queue_peek_head(&m->queue);
    if (head != NULL && head->shown_ms == 0)
        head->shown_ms = clock_monotonic_ms();
}

static bool is_waiting(messages *m, const char *text)
{
    for (GList *at = m->queue.head; at != NULL; at = at->next)
        if (strcmp(((message *)at->data)->text, text) == 0)
            return true;
    return false;
}

static void add(ui *u, const char *account, const char *sentence, bool warning)
{
    messages *m = u->messages;
    g_autofree char *text = text_sanitise_line(sentence, -1);
    if (is_waiting(m, text))
        return;
    keep(m, text);
    /* What is only said gives way to whatever comes next. */
    message *tail = g_queue_peek_tail(&m->queue);
    if (tail != NULL && !tail->warning)
        message_free(g_queue_pop_tail(&m->queue));
    message *one = g_new0(message, 1);
    one->text = g_steal_pointer(&text);
    one->account = g_strdup(account);
    one->warning = warning;
    g_queue_push_tail(&m->queue, one);
    show_head(m);
    ui_dirty(u);
}

void ui_say(ui *u, const char *sentence)
{
    add(u, NULL, sentence, false);
}

void ui_warn(ui *u, const char *sentence)
{
    add(u, NULL, sentence, true);
}

void ui_warn_account(ui *u, const char *account, const char *sentence)
{
    add(u, account, sentence, true);
}

void messages_resolved(ui *u, const char *account)
{
    messages *m = u->messages;
    for (GList *at = m->queue.head, *next; at != NULL; at = next) {
        message *one = at->data;
        next = at->next;
        if (g_strcmp0(one->account, account) == 0) {
            g_queue_delete_link(&m->queue, at);
            message_free(one);
            ui_dirty(u);
        }
    }
    show_head(m);
}

void ui_warn_error(ui *u, GError *error)
{
    g_autofree char *sentence = action_sentence_error(error);
    ui_warn(u, sentence);
    g_error_free(error);
}

void ui_warn_problem(ui *u, const mtm_problem *problem)
{
    g_autofree char *sentence = action_sentence(problem);
    ui_warn(u, sentence);
}

bool messages_shown(const ui *u)
{
    return !g_queue_is_empty(&u->messages->queue);
}

void messages_key(ui *u)
{
    messages *m = u->messages;
    message *head = g_queue_peek_head(&m->queue);
    if (head == NULL || (head->warning && clock_monotonic_ms() - head->shown_ms < READ_MS))
        return;
    message_free(g_queue_pop_head(&m->queue));
    show_head(m);
    ui_dirty(u);
}

static GPtrArray *wrapped(ui *u, int ncols)
{
    const message *head = g_queue_peek_head(&u->messages->queue);
    GPtrArray *lines = styled_lines_new();
    if (head == NULL)
        return lines;
    guint behind = g_queue_get_length(&u->messages->queue) - 1;
    g_autofree char *text =
        behind == 0
            ? g_strdup(head->text)
            : g_strdup_printf(ngettext("%s (%u more)", "%s (%u more)", behind), head->text, behind);
    wrap_settings settings = { .ncols = (guint)MAX(ncols - 2, 20) };
    text_wrap_body(lines, text, strlen(text), &settings);
    return lines;
}

int messages_nrows(ui *u, int ncols)
{
    g_autoptr(GPtrArray) lines = wrapped(u, ncols);
    return (int)MIN(lines->len, NROWS_MAX);
}

void messages_draw(ui *u, rect area)
{
    const message *head = g_queue_peek_head(&u->messages->queue);
    g_autoptr(GPtrArray) lines = wrapped(u, area.ncols);
    term_style look =
        theme_look(u->theme, head != NULL && head->warning ? LOOK_ERROR : LOOK_MESSAGE);
    look = style_over(theme_look(u->theme, LOOK_NORMAL), look);
    for (int i = 0; i < area.nrows; i++) {
        pen p = pen_at(area.row + i, area.col + 1, area.ncols - 1);
        if ((guint)i < lines->len)
            pen_text(&p, ((styled_line *)lines->pdata[i])->text, -1, look);
    }
}

GPtrArray *messages_all(const ui *u)
{
    return g_ptr_array_ref(u->messages->all);
}
