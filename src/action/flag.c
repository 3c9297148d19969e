/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands that change flags and keywords: of the ids given, else of the face's selection.  What is
 * changed is on the screen and in the journal at once; the server hears of it when there is a connection. */
#include "action/internal.h"
#include "base/error.h"
#include "base/i18n.h"

#include <string.h>

/* words: +X and -Y, NULL-terminated. */
static bool post(face *f, const GArray *ids, const char *const *words, GError **error)
{
    action_flags flags;
    if (!action_flags_parse(words, &flags, error))
        return false;
    bool good = true;
    if (ids->len > 0) {
        guint64 op = mtm_flag(f->mtm, action_ids_data(ids), ids->len, flags.add,
                              flags.remove, (const char *const *)flags.add_keywords->pdata,
                              (const char *const *)flags.remove_keywords->pdata);
        good = action_posted(f, op, _("flags"), error);
    }
    action_flags_clear(&flags);
    return good;
}

static bool post_one(face *f, const GArray *ids, char sign, const char *flag, GError **error)
{
    g_autofree char *word = g_strdup_printf("%c%s", sign, flag);
    const char *words[] = { word, NULL };
    return post(f, ids, words, error);
}

static bool run_flag(command_call *call, GError **error)
{
    face *f = action_face(call, error);
    if (f == NULL)
        return false;
    int nwords = 0;
    while (nwords < call->nargs && strcmp(call->args[nwords], "--query") != 0 &&
           (call->args[nwords][0] == '+' || call->args[nwords][0] == '-'))
        nwords++;
    if (nwords == 0) {
        error_set(error, ERROR_INPUT, _("flag wants changes first: flag +seen -flagged [ID...]"));
        return false;
    }
    g_autoptr(GArray) ids = action_ids(call, nwords, call->nargs, error);
    if (ids == NULL)
        return false;
    g_autofree const char **words = g_new0(const char *, nwords + 1);
    memcpy(words, call->args, sizeof *words * (gsize)nwords);
    return post(f, ids, words, error);
}

/* Of more messages than these, what the face does not hold is not looked up: a key must not wait for the store. */
#define LOOKED_UP 200

static bool has_flag(face *f, guint32 id, mail_flags flag, bool few)
{
    const mail_summary *row = f->summary != NULL ? f->summary(f, id) : NULL;
    if (row != NULL)
        return (row->flags & flag) != 0;
    if (!few && f->wait == NULL)
        return true;
    g_autoptr(mail_summary) stored = mtm_summary(f->mtm, id, NULL);
    return stored != NULL && (stored->flags & flag) != 0;
}

/* Several at once become alike: set where one lacks the flag, else cleared. */
static bool toggle(command_call *call, mail_flags flag, GError **error)
{
    face *f = action_face(call, error);
    if (f == NULL)
        return false;
    g_autoptr(GArray) ids = action_ids(call, 0, call->nargs, error);
    if (ids == NULL)
        return false;
    bool all = true;
    for (guint i = 0; i < ids->len && all; i++)
        all = has_flag(f, g_array_index(ids, guint32, i), flag, ids->len <= LOOKED_UP);
    return post_one(f, ids, all ? '-' : '+', flag_to_word(flag), error);
}

static bool run_toggle_flagged(command_call *call, GError **error)
{
    return toggle(call, FLAG_FLAGGED, error);
}

static bool run_toggle_new(command_call *call, GError **error)
{
    return toggle(call, FLAG_SEEN, error);
}

static bool run_mark_read(command_call *call, GError **error)
{
    face *f = action_face(call, error);
    g_autoptr(GArray) ids = f != NULL ? action_ids(call, 0, call->nargs, error) : NULL;
    return ids != NULL && post_one(f, ids, '+', "seen", error);
}

/* mutt's one-letter names of flags are words too; "N" and "O" name the absence of \Seen. */
static const char *word_of_letter(const char *word)
{
    static const struct {
        const char *letter, *word;
    } letters[] = { { "!", "flagged" }, { "d", "deleted" }, { "D", "deleted" }, { "N", "unread" },
                    { "O", "unread" },  { "r", "answered" } };
    for (gsize i = 0; i < G_N_ELEMENTS(letters); i++)
        if (strcmp(word, letters[i].letter) == 0)
            return letters[i].word;
    return word;
}

static bool change_one(command_call *call, char sign, GError **error)
{
    face *f = action_face(call, error);
    g_autoptr(GArray) ids = f != NULL ? action_ids(call, 1, call->nargs, error) : NULL;
    if (ids == NULL)
        return false;
    return post_one(f, ids, sign, word_of_letter(call->args[0]), error);
}

static bool run_set_flag(command_call *call, GError **error)
{
    return change_one(call, '+', error);
}

static bool run_clear_flag(command_call *call, GError **error)
{
    return change_one(call, '-', error);
}

#define MESSAGES (CONTEXT_INDEX | CONTEXT_PAGER)
const command_row action_flag_rows[] = {
    { "flag", NULL, MESSAGES, "+X -Y... [ID...]", 1, -1,
      N_("add and remove flags and keywords"), run_flag },
    { "toggle-flagged", "flag-message", MESSAGES, "[ID...]", 0, -1,
      N_("mark as important, or no longer"), run_toggle_flagged },
    { "toggle-new", NULL, MESSAGES, "[ID...]", 0, -1, N_("mark as unread, or as read"), run_toggle_new },
    { "set-flag", NULL, MESSAGES, "FLAG [ID...]", 1, -1, N_("set a flag or keyword"), run_set_flag },
    { "clear-flag", NULL, MESSAGES, "FLAG [ID...]", 1, -1, N_("clear a flag or keyword"), run_clear_flag },
    { "mark-read", NULL, MESSAGES, "[ID...]", 0, -1, N_("mark as read"), run_mark_read },
    { NULL },
};
