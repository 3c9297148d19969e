/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A row of the journal in words, for both faces. */
#include "action/journal.h"
#include "base/i18n.h"
#include "text/sanitise.h"

#include <string.h>

const char *action_journal_state(mtm_journal_state state)
{
    static const char *const words[] = { [JOURNAL_WAITING] = "waiting",
                                         [JOURNAL_SENT] = "sent",
                                         [JOURNAL_PARKED] = "parked" };
    return words[state];
}

static void add_changes(GString *line, char sign, mail_flags flags, const char *keywords)
{
    for (int bit = 0; bit < 32; bit++) {
        const char *word = flags & (1u << bit) ? flag_to_word(1u << bit) : NULL;
        if (word != NULL)
            g_string_append_printf(line, "%s%c%s", line->len > 0 ? " " : "", sign, word);
    }
    g_auto(GStrv) words = keywords_split(keywords);
    for (char **w = words; *w != NULL; w++)
        g_string_append_printf(line, "%s%c%s", line->len > 0 ? " " : "", sign, *w);
}

static char *flag_words(const mtm_journal_row *row)
{
    GString *line = g_string_new(NULL);
    add_changes(line, '+', row->add, row->add_keywords);
    add_changes(line, '-', row->remove, row->remove_keywords);
    return g_string_free(line, FALSE);
}

char *action_journal_change(const mtm_journal_row *row)
{
    const char *target = row->target != NULL ? row->target : "", *name = row->name != NULL ? row->name : "";
    switch (row->kind) {
    case CHANGE_FLAGS:
        return flag_words(row);
    case CHANGE_COPY:
        return g_strdup_printf(_("copy to %s"), target);
    case CHANGE_MOVE:
        return g_strdup_printf(_("move to %s"), target);
    case CHANGE_DELETE:
        return g_strdup(_("delete"));
    case CHANGE_APPEND:
        return g_strdup_printf(_("upload to %s"), target);
    case CHANGE_FOLDER_CREATE:
        return g_strdup(_("create the folder"));
    case CHANGE_FOLDER_RENAME:
        return g_strdup_printf(_("rename to %s"), name);
    case CHANGE_FOLDER_DELETE:
        return g_strdup(_("delete the folder"));
    case CHANGE_SUBSCRIBE:
        return g_strdup(_("subscribe"));
    case CHANGE_UNSUBSCRIBE:
        return g_strdup(_("unsubscribe"));
    }
    return g_strdup("");
}

char *action_journal_line(const mtm_journal_row *row)
{
    g_autoptr(GString) line = g_string_new(NULL);
    g_autofree char *change = action_journal_change(row);
    g_string_append_printf(line, "%" G_GUINT64_FORMAT "  %-7s  %s:%s  ", row->id, action_journal_state(row->state),
                           row->account, row->folder);
    if (row->message != 0)
        g_string_append_printf(line, "%u  ", row->message);
    g_string_append(line, change);
    if (row->problem != NULL)
        g_string_append_printf(line, "  (%s)", row->problem);
    return text_sanitise_line(line->str, (gssize)line->len);
}

char *action_journal_refused(const mtm_journal_row *row)
{
    g_autofree char *change = action_journal_change(row);
    g_autofree char *why = g_strdup(row->problem != NULL ? row->problem : _("no reason was given"));
    g_strstrip(why);
    gsize n = strlen(why);
    if (n > 0 && why[n - 1] == '.')
        why[n - 1] = '\0';
    g_autofree char *text =
        g_strdup_printf(_("%s:%s: the server refused a change (%s): %s"), row->account, row->folder, change, why);
    return text_sanitise_line(text, -1);
}
