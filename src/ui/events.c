/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What mtm tells: to the views, to the message line, to the folder list; and the questions it asks.
 */
#include "action/face.h"
#include "base/error.h"
#include "base/i18n.h"
#include "text/sanitise.h"
#include "ui/folders.h"
#include "ui/index.h"
#include "ui/prompt.h"
#include "ui/screen.h"
#include "ui/term-curses.h"

#include <stdio.h>
#include <string.h>

/* ---- questions: one after the other, when no other prompt is open */

typedef struct ask {
    guint64 op;
    char *account;
    bool terminal; /* a command wants it */
} ask;

static void ask_free(gpointer data)
{
    ask *a = data;
    g_free(a->account);
    g_free(a);
}

static void ask_next(ui *u);

static gboolean ask_later(gpointer data)
{
    ask_next(data);
    return G_SOURCE_REMOVE;
}

static void password_typed(ui *u, const char *text, gpointer data)
{
    ask *a = data;
    mtm_answer(u->mtm, a->op, text);
    ask_free(a);
}

void events_prompt_is_free(ui *u)
{
    /* Not at once: another prompt may be taking its place. */
    if (!g_queue_is_empty(u->asks))
        g_idle_add(ask_later, u);
}

static const prompt_kind password_prompt = { .secret = true, .done = password_typed };

static const account_settings *settings_of(ui *u, const char *account)
{
    for (guint i = 0; i < mtm_account_count(u->mtm); i++) {
        const account_settings *a = mtm_account(u->mtm, i);
        if (a != NULL && g_strcmp0(a->name, account) == 0)
            return a;
    }
    return NULL;
}

/* The command asks in its own way, on a screen that is not ours meanwhile. */
static void lend_terminal(ui *u, ask *a)
{
    g_autofree char *account = text_sanitise_line(a->account != NULL ? a->account : "", -1);
    g_autofree char *label = g_strdup_printf(_("Password for the account %s"), account);
    term_lend();
    fprintf(stderr, "%s\n", label);
    mtm_run_in_terminal(u->mtm, a->op);
    term_take_back();
    ask_free(a);
    ui_dirty(u);
    events_prompt_is_free(u);
}

static void ask_next(ui *u)
{
    if (u->prompt != NULL || g_queue_is_empty(u->asks))
        return;
    ask *a = g_queue_pop_head(u->asks);
    if (a->terminal) {
        lend_terminal(u, a);
        return;
    }
    const account_settings *s = settings_of(u, a->account);
    const char *user = s == NULL ? NULL : s->imap_user != NULL ? s->imap_user : s->address;
    g_autofree char *label =
        user != NULL && s->imap_host != NULL
            ? g_strdup_printf(_("Password of %s at %s (not shown): "), user, s->imap_host)
            : g_strdup_printf(_("Password for the account %s (not shown): "),
                              a->account != NULL ? a->account : "");
    prompt_open(u, &password_prompt, label, NULL, a);
}

static void ask_event(ui *u, const mtm_event *e)
{
    bool terminal = g_strcmp0(e->question, "terminal") == 0;
    if (!terminal && g_strcmp0(e->question, "password") != 0) {
        mtm_answer(u->mtm, e->op, NULL);
        return;
    }
    ask *a = g_new0(ask, 1);
    a->op = e->op;
    a->terminal = terminal;
    a->account = g_strdup(e->account);
    g_queue_push_tail(u->asks, a);
    ask_next(u);
}

/* ---- problems: each is said once, not at every try */

static bool is_said(ui *u, const char *account, const char *sentence)
{
    const char *key = account != NULL ? account : "";
    const char *last = g_hash_table_lookup(u->noted, key);
    if (last != NULL && strcmp(last, sentence) == 0)
        return true;
    g_hash_table_insert(u->noted, g_strdup(key), g_strdup(sentence));
    return false;
}

static void note_problem(ui *u, const mtm_event *e)
{
    if (e->problem == NULL || e->problem->kind == ERROR_CANCELLED || action_is_refusal(e->problem))
        return; /* refusals.c says those */
    g_autofree char *sentence = action_sentence(e->problem);
    const char *account = e->problem->account != NULL ? e->problem->account : e->account;
    if (!is_said(u, account, sentence))
        ui_warn_account(u, account, sentence);
}

/* What `change-folder` asked for before its name was known. */
static void awaited_folder(ui *u)
{
    if (u->awaited_folder == NULL)
        return;
    const folder *f = mtm_folder_find(u->mtm, u->awaited_folder);
    if (f == NULL && !mtm_folders_settled(u->mtm))
        return;
    g_autofree char *name = g_steal_pointer(&u->awaited_folder);
    g_autofree char *shown = text_sanitise_line(name, -1);
    g_autofree char *none = g_strdup_printf(_("There is no folder '%s'."), shown);
    g_autoptr(GError) error = NULL;
    if (f == NULL)
        ui_warn(u, none);
    else if (!u->face.open_folder(&u->face, f->id, &error))
        ui_warn(u, error->message);
}

void events_await_folder(ui *u, const char *name)
{
    g_free(u->awaited_folder);
    u->awaited_folder = g_strdup(name);
    awaited_folder(u);
}

static void status_event(ui *u, const mtm_event *e)
{
    for (guint i = 0; i < mtm_account_count(u->mtm); i++) {
        const mtm_account_status *s = mtm_status(u->mtm, i);
        if (s != NULL && s->state == STATE_ONLINE && g_hash_table_remove(u->noted, s->account))
            messages_resolved(u, s->account);
    }
    awaited_folder(u);
    refusals_look(u->refusals);
}

/* An operation of the person that failed is said even if the same was said before: they asked
 * again. */
static void done_event(ui *u, const mtm_event *e)
{
    gpointer key = GSIZE_TO_POINTER((gsize)e->op);
    if (!g_hash_table_contains(u->ops, key))
        return;
    g_hash_table_remove(u->ops, key);
    if (e->problem != NULL && e->problem->kind == ERROR_CANCELLED)
        ui_say(u, _("Stopped."));
    else if (e->problem != NULL && !action_is_refusal(e->problem))
        ui_warn_problem(u, e->problem);
    g_autofree char *sentence = action_done_sentence(e);
    if (sentence != NULL)
        ui_say(u, sentence);
}

static void new_mail_event(ui *u, const mtm_event *e)
{
    const folder *f = mtm_folder(u->mtm, e->folder);
    if (f == NULL || e->count == 0)
        return;
    g_autofree char *name = ui_folder_title(u, f);
    g_autofree char *text = g_strdup_printf(
        ngettext("%u new message in %s", "%u new messages in %s", e->count), e->count, name);
    ui_say(u, text);
}

/* ---- folders */

void events_open_first(ui *u, bool first)
{
    const char *wanted = u->options->folder;
    const folder *f = wanted != NULL ? mtm_folder_find(u->mtm, wanted) : NULL;
    const GPtrArray *folders = mtm_folders(u->mtm);
    for (guint i = 0; f == NULL && folders != NULL && i < folders->len; i++) {
        const folder *one = folders->pdata[i];
        if (one->role == ROLE_INBOX && one->selectable)
            f = one;
    }
    if (f == NULL)
        return;
    if (first)
        index_open_now(u->index, f->id);
    else
        index_open(u->index, f->id);
}

static void folders_event(ui *u)
{
    folders_update(u->folders);
    prompt_folders_changed(u);
    guint32 open = index_folder(u->index);
    bool is_gone = open != 0 && mtm_folder(u->mtm, open) == NULL;
    if (open == 0 || is_gone)
        events_open_first(u, false);
    awaited_folder(u);
}

/* ---- all of them */

static void observe(const mtm_event *e, gpointer data)
{
    ui *u = data;
    switch (e->kind) {
    case MTM_FOLDERS:
        folders_event(u);
        break;
    case MTM_STATUS:
        status_event(u, e);
        break;
    case MTM_DONE:
        done_event(u, e);
        break;
    case MTM_NOTE:
        note_problem(u, e);
        break;
    case MTM_ASK:
        ask_event(u, e);
        break;
    case MTM_NEW_MAIL:
    case MTM_FOUND:
        new_mail_event(u, e);
        break;
    case MTM_PROGRESS:
    case MTM_CHANGED:
    case MTM_VIEW:
    case MTM_ROWS:
    case MTM_MESSAGE:
        break;
    }
    for (guint i = u->views->len; i-- > 0;) {
        view *v = g_ptr_array_index(u->views, i);
        if (v->class->event != NULL)
            v->class->event(v, e);
    }
    ui_dirty(u);
}

void events_start(ui *u)
{
    mtm_observe(u->mtm, observe, u);
}

void events_stop(ui *u)
{
    mtm_unobserve(u->mtm, u);
    while (g_idle_remove_by_data(u))
        continue;
    for (ask *a; (a = g_queue_pop_head(u->asks)) != NULL;)
        ask_free(a);
}
