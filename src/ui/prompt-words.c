/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Candidates for prompts. */
#include "ui/prompt-words.h"

#include "base/clock.h"
#include "base/fold.h"
#include "base/i18n.h"
#include "model/query.h"

#include <string.h>

/* What a person reads about a command: its help and its key where the prompt was opened. */
static char *command_note(ui *u, const command_row *row)
{
    g_autofree char *keys = command_keys_of(u->commands, screen_top(u)->class->context, row->name);
    return keys != NULL ? g_strdup_printf("%s  [%s]", _(row->help), keys) : g_strdup(_(row->help));
}

GPtrArray *prompt_complete_command(ui *u, const char *text, gsize *start)
{
    g_autoptr(GPtrArray) words = command_complete(u->commands, text);
    GPtrArray *out = candidates_new();
    const char *blank = strrchr(text, ' ');
    *start = blank != NULL ? (gsize)(blank + 1 - text) : 0;
    if (*text == '\0') /* nothing was asked yet */
        return out;
    for (guint i = 0; i < words->len; i++) {
        const char *word = words->pdata[i];
        const command_row *row = blank == NULL ? command_find(u->commands, word, false) : NULL;
        const option_row *option = blank != NULL ? conf_option(word) : NULL;
        g_autofree char *note = row != NULL      ? command_note(u, row)
                                : option != NULL ? g_strdup(_(option->help))
                                                 : NULL;
        candidates_add(out, word, note);
    }
    return out;
}

static char *folder_note(const folder *f)
{
    g_autofree char *messages = ui_number(f->messages);
    if (f->unseen == 0)
        return g_strdup_printf(ngettext("%s message", "%s messages", f->messages), messages);
    g_autofree char *unseen = ui_number(f->unseen);
    return g_strdup_printf(_("%s unread of %s"), unseen, messages);
}

/* Folders whose name has what was typed anywhere; the whole line is replaced. */
GPtrArray *prompt_complete_folder(ui *u, const char *text, gsize *start)
{
    GPtrArray *out = candidates_new();
    const GPtrArray *folders = mtm_folders(u->mtm);
    g_autofree char *typed = text_fold(text);
    bool several = mtm_account_count(u->mtm) > 1;
    *start = 0;
    for (guint i = 0; folders != NULL && i < folders->len; i++) {
        const folder *f = folders->pdata[i];
        g_autofree char *name =
            several ? g_strdup_printf("%s:%s", f->account_name, f->name) : g_strdup(f->name);
        if (!f->selectable || (*typed != '\0' && !text_contains_folded(name, typed)))
            continue;
        g_autofree char *note = folder_note(f);
        candidates_add(out, name, note);
    }
    return out;
}

static const struct {
    const char *word, *note;
} query_words[] = {
    { "from:", N_("sender") },
    { "to:", N_("recipient") },
    { "cc:", N_("copy recipient") },
    { "subject:", N_("subject") },
    { "list:", N_("mailing list") },
    { "is:unread", N_("not read yet") },
    { "is:flagged", N_("important") },
    { "is:answered", N_("answered") },
    { "is:deleted", N_("marked as deleted") },
    { "is:draft", N_("drafts") },
    { "has:attachment", N_("with attachments") },
    { "tag:", N_("keyword") },
    { "newer:", N_("newer than: 7d, 2w, 1y") },
    { "older:", N_("older than") },
    { "date:", N_("2024-01..2024-06") },
    { "larger:", N_("larger than: 100K, 1M") },
    { "smaller:", N_("smaller than") },
};

GPtrArray *prompt_complete_query(ui *u, const char *text, gsize *start)
{
    GPtrArray *out = candidates_new();
    const char *word = text + strlen(text);
    while (word > text && strchr(" (-", word[-1]) == NULL)
        word--;
    *start = (gsize)(word - text);
    for (gsize i = 0; i < G_N_ELEMENTS(query_words); i++)
        if (g_str_has_prefix(query_words[i].word, word) && strcmp(query_words[i].word, word) != 0)
            candidates_add(out, query_words[i].word, _(query_words[i].note));
    return out;
}

/* The parser's "column 5: what was expected" without the number, which the place under the line
 * says. */
char *prompt_check_query(const char *text, int *column)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(query) parsed = query_parse(text, clock_now_s(), &error);
    if (parsed != NULL)
        return NULL;
    *column = 0;
    const char *digits = strpbrk(error->message, "0123456789"),
               *colon = strstr(error->message, ": ");
    if (digits == NULL || colon == NULL || digits > colon)
        return g_strdup(error->message);
    *column = (int)MIN(g_ascii_strtoull(digits, NULL, 10), 10000);
    return g_strdup(colon + 2);
}

/* ---- arguments of commands */

static void add_words(const char *words, GPtrArray *candidates)
{
    g_auto(GStrv) list = g_strsplit(words, "|", -1);
    for (char **word = list; *word != NULL; word++)
        g_ptr_array_add(candidates, g_strdup(*word));
}

static void add_folders(ui *u, GPtrArray *candidates)
{
    const GPtrArray *folders = mtm_folders(u->mtm);
    bool several = mtm_account_count(u->mtm) > 1;
    for (guint i = 0; folders != NULL && i < folders->len; i++) {
        const folder *f = folders->pdata[i];
        g_autofree char *full = g_strdup_printf("%s:%s", f->account_name, f->name);
        g_ptr_array_add(candidates, command_quote(full));
        if (!several)
            g_ptr_array_add(candidates, command_quote(f->name));
    }
}

static void add_accounts(ui *u, GPtrArray *candidates)
{
    for (guint i = 0; i < mtm_account_count(u->mtm); i++)
        g_ptr_array_add(candidates, g_strdup(mtm_account(u->mtm, i)->name));
}

void prompt_complete_arguments(const command_row *row, char **words, int nwords, GPtrArray *candidates, gpointer data)
{
    static const char *const with_folder[] = { "move", "copy", "change-folder", "sync", "undelete-all", "folders", "get",
                                               "import", NULL };
    static const char *const with_account[] = { "connect", "disconnect", "is-connected", "is-busy", "sync-cancel",
                                                "sync-tree", "sync-wait", "batch-begin", "batch-end", NULL };
    static const struct {
        const char *name, *verbs;
    } verbs[] = { { "folders", "list|create|rename|delete|subscribe|unsubscribe|empty|mark-read" },
                  { "journal", "list|cancel|retry" },
                  { "get", "populate|copy|move" },
                  { "import", "mbox|maildir|eml" },
                  { "export", "mbox|maildir|eml" } };
    ui *u = data;
    for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++)
        if (nwords == 1 && strcmp(row->name, verbs[i].name) == 0) {
            add_words(verbs[i].verbs, candidates);
            return;
        }
    if (g_strv_contains(with_folder, row->name))
        add_folders(u, candidates);
    else if (g_strv_contains(with_account, row->name))
        add_accounts(u, candidates);
}
