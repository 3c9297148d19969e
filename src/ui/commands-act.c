/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Acting on messages with mutt's fingers: tags, the prefix that acts on them, threads and patterns, prompts for the
 * folder to move to, and taking back. */
#include "base/clock.h"
#include "base/error.h"
#include "base/i18n.h"
#include "text/sanitise.h"
#include "ui/index.h"
#include "ui/prompt-words.h"

#include <string.h>

/* Run a command on these messages instead of the selection.  Takes ids. */
static void run_on(ui *u, const char *command, GArray *ids)
{
    g_clear_pointer(&u->chosen, g_array_unref);
    u->chosen = ids;
    if (ids->len > 0)
        ui_run_text(u, command);
    else
        ui_say(u, _("Nothing here matches."));
    g_clear_pointer(&u->chosen, g_array_unref);
}

/* ---- where to: move and copy */

typedef struct destination {
    bool move;
    GArray *ids; /* what was selected when the prompt was opened */
    char *standard;
} destination;

static char *full_name(const folder *f)
{
    return g_strdup_printf("%s:%s", f->account_name, f->name);
}

/* The one written, or the only one whose name has this in it. */
static const folder *folder_written(ui *u, const char *name)
{
    const folder *f = mtm_folder_find(u->mtm, name);
    gsize start;
    if (f != NULL)
        return f;
    g_autoptr(GPtrArray) list = prompt_complete_folder(u, name, &start);
    return list->len == 1 ? mtm_folder_find(u->mtm, ((candidate *)list->pdata[0])->word) : NULL;
}

static void put_into(ui *u, destination *d, const char *name)
{
    const folder *f = folder_written(u, name);
    if (f == NULL) {
        g_autofree char *shown = text_sanitise_line(name, -1);
        g_autofree char *text =
            g_strdup_printf(_("There is no folder '%s'. :folders create makes one."), shown);
        ui_warn(u, text);
        return;
    }
    g_autofree char *full = full_name(f);
    g_autofree char *quoted = command_quote(full);
    g_autofree char *command = g_strdup_printf("%s %s", d->move ? "move" : "copy", quoted);
    g_free(u->last_target);
    u->last_target = g_steal_pointer(&full);
    run_on(u, command, g_steal_pointer(&d->ids));
}

static void destination_typed(ui *u, const char *text, gpointer data)
{
    destination *d = data;
    g_autofree char *name = text != NULL ? g_strstrip(g_strdup(text)) : NULL;
    if (name != NULL && *name == '\0' && d->standard != NULL) {
        g_free(name);
        name = g_strdup(d->standard);
    }
    if (name != NULL && *name != '\0')
        put_into(u, d, name);
    if (d->ids != NULL)
        g_array_unref(d->ids);
    g_free(d->standard);
    g_free(d);
}

static const prompt_kind destination_prompt = {
    .history = "target", .list = true, .complete = prompt_complete_folder, .done = destination_typed
};

static char *destination_label(ui *u, const destination *d)
{
    guint n = d->ids->len;
    const folder *f = d->standard != NULL ? mtm_folder_find(u->mtm, d->standard) : NULL;
    g_autofree char *what =
        n == 1    ? g_strdup(d->move ? _("Move to folder") : _("Copy to folder"))
        : d->move ? g_strdup_printf(ngettext("Move %u message to folder", "Move %u messages to folder", n), n)
                  : g_strdup_printf(ngettext("Copy %u message to folder", "Copy %u messages to folder", n), n);
    if (f == NULL)
        return g_strdup_printf("%s: ", what);
    g_autofree char *title = ui_folder_title(u, f);
    return g_strdup_printf(_("%s (Enter: %s): "), what, title);
}

static bool ask_destination(command_call *call, bool move, GError **error)
{
    ui *u = ui_of_call(call, error);
    if (u == NULL)
        return false;
    g_autoptr(GArray) ids = u->face.selection(&u->face);
    if (ids->len == 0)
        return true;
    destination *d = g_new0(destination, 1);
    d->move = move;
    d->ids = g_steal_pointer(&ids);
    d->standard = g_strdup(u->last_target);
    g_autofree char *label = destination_label(u, d);
    prompt_open(u, &destination_prompt, label, NULL, d);
    return true;
}

static bool run_move_prompt(command_call *call, GError **error)
{
    return ask_destination(call, true, error);
}

static bool run_copy_prompt(command_call *call, GError **error)
{
    return ask_destination(call, false, error);
}

/* ---- tags */

static bool run_tag(command_call *call, GError **error)
{
    ui *u = ui_of_call(call, error);
    if (u == NULL)
        return false;
    if (u->on_tagged) {
        index_untag_all(u->index);
        return true;
    }
    guint32 id = index_cursor_id(u->index);
    if (id == 0) {
        ui_say(u, _("There is no message here."));
        return true;
    }
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof id);
    g_array_append_val(ids, id);
    index_tag(u->index, ids, !index_is_tagged(u->index, id));
    index_step(u->index, 1, false);
    return true;
}

static bool run_tag_thread(command_call *call, GError **error)
{
    ui *u = ui_of_call(call, error);
    if (u == NULL)
        return false;
    g_autoptr(GArray) ids = index_thread_ids(u->index, false);
    index_tag(u->index, ids, !index_is_tagged(u->index, index_cursor_id(u->index)));
    index_step_thread(u->index, 1);
    return true;
}

static void say_tagged(ui *u, guint n)
{
    g_autofree char *text = n == 0 ? g_strdup(_("Nothing here matches."))
                                   : g_strdup_printf(ngettext("%u message tagged.", "%u messages tagged.", n), n);
    ui_say(u, text);
}

static void tag_these(ui *u, const GArray *ids)
{
    index_tag(u->index, ids, true);
    say_tagged(u, ids->len);
}

static void untag_these(ui *u, const GArray *ids)
{
    index_tag(u->index, ids, false);
}

static bool run_tag_prefix(command_call *call, GError **error)
{
    ui *u = ui_of_call(call, error);
    if (u == NULL)
        return false;
    g_autoptr(GArray) tagged = index_tagged(u->index);
    if (tagged->len == 0) {
        ui_say(u, _("Nothing is tagged."));
        return true;
    }
    g_autofree char *text =
        g_strdup_printf(ngettext("Now a key that acts on the %u tagged message.",
                                 "Now a key that acts on the %u tagged messages.", tagged->len),
                        tagged->len);
    ui_say(u, text);
    u->tag_prefix = true;
    return true;
}

/* ---- what matches a pattern: tag, untag, delete, undelete */

static void delete_these(ui *u, const GArray *ids)
{
    run_on(u, "delete", g_array_ref((GArray *)ids));
}

typedef struct pattern_act {
    const char *label;
    index_gathered_fn done;
} pattern_act;

static const pattern_act pattern_tag = { N_("Tag what matches: "), tag_these },
                         pattern_untag = { N_("Untag what matches: "), untag_these },
                         pattern_delete = { N_("Delete what matches: "), delete_these };

static void pattern_typed(ui *u, const char *text, gpointer data)
{
    const pattern_act *act = data;
    GError *error = NULL;
    if (text != NULL && *text != '\0' && !index_gather_for(u->index, text, act->done, &error))
        ui_warn_error(u, error);
}

static char *check_pattern(ui *u, const char *text, int *column)
{
    return prompt_check_query(text, column);
}

static const prompt_kind pattern_prompt = { .history = "pattern",
                                            .check = check_pattern,
                                            .complete = prompt_complete_query,
                                            .done = pattern_typed };

static bool by_pattern(command_call *call, const pattern_act *act, GError **error)
{
    ui *u = ui_of_call(call, error);
    if (u == NULL)
        return false;
    if (call->nargs == 0) {
        prompt_open(u, &pattern_prompt, _(act->label), NULL, (gpointer)act);
        return true;
    }
    g_autofree char *text = command_call_text(call, 0);
    return index_gather_for(u->index, text, act->done, error);
}

static bool run_tag_pattern(command_call *call, GError **error)
{
    return by_pattern(call, &pattern_tag, error);
}

static bool run_untag_pattern(command_call *call, GError **error)
{
    return by_pattern(call, &pattern_untag, error);
}

static bool run_delete_pattern(command_call *call, GError **error)
{
    return by_pattern(call, &pattern_delete, error);
}

/* ---- threads */

static bool delete_part(command_call *call, bool below_only, GError **error)
{
    ui *u = ui_of_call(call, error);
    if (u == NULL)
        return false;
    if (index_count(u->index) == 0)
        ui_say(u, _("There is no message here."));
    else
        run_on(u, "delete", index_thread_ids(u->index, below_only));
    return true;
}

static bool run_delete_thread(command_call *call, GError **error)
{
    return delete_part(call, false, error);
}

static bool run_delete_subthread(command_call *call, GError **error)
{
    return delete_part(call, true, error);
}

/* ---- taking back */

/* A row as the list has it, else (far from the screen) as the store has it. */
static mail_summary *summary_of(ui *u, guint32 id)
{
    const mail_summary *row = index_summary_of(u->index, id);
    return row != NULL ? mail_summary_dup(row) : mtm_summary(u->mtm, id, NULL);
}

static void post(ui *u, guint64 op)
{
    u->face.started(&u->face, op, _("undelete"));
}

/* What was deleted is undeleted, what was moved comes back; how many that were. */
static guint take_back(ui *u, const GArray *ids, const query *only)
{
    g_autoptr(GArray) deleted = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(GArray) moved = g_array_new(FALSE, FALSE, sizeof(guint32));
    const folder *here = mtm_folder(u->mtm, index_folder(u->index));
    for (guint i = 0; here != NULL && i < ids->len; i++) {
        guint32 id = g_array_index(ids, guint32, i);
        g_autoptr(mail_summary) s = summary_of(u, id);
        if (s == NULL || (only != NULL && !query_match(only, s, here->account_name, here->name)))
            continue;
        bool is_deleted = (s->flags & FLAG_DELETED) != 0 || index_left_deleted(u->index, s);
        if (is_deleted)
            g_array_append_val(deleted, id);
        else if (index_left(u->index, s))
            g_array_append_val(moved, id);
    }
    if (deleted->len > 0)
        post(u, mtm_undelete(u->mtm, (const guint32 *)(const void *)deleted->data, deleted->len));
    if (moved->len > 0)
        post(u, mtm_move(u->mtm, (const guint32 *)(const void *)moved->data, moved->len, here->id));
    return deleted->len + moved->len;
}

static bool run_take_back(command_call *call, GError **error)
{
    ui *u = ui_of_call(call, error);
    if (u == NULL)
        return false;
    g_autoptr(GArray) ids = ui_selection(u);
    bool just_acted = !u->on_tagged && u->acted_on != 0 && u->acted_on == index_cursor_id(u->index);
    if (just_acted || take_back(u, ids, NULL) == 0)
        ui_run_text(u, "undo");
    else
        u->acted_on = 0;
    return true;
}

static void undelete_typed(ui *u, const char *text, gpointer data)
{
    g_autoptr(GError) error = NULL;
    if (text == NULL || *text == '\0')
        return;
    g_autoptr(query) q = query_parse(text, clock_now_s(), &error);
    if (q == NULL) {
        ui_warn_error(u, g_steal_pointer(&error));
        return;
    }
    g_autoptr(GArray) left = index_left_rows(u->index);
    if (take_back(u, left, q) == 0)
        ui_say(u, _("Nothing that was deleted matches."));
}

static const prompt_kind undelete_prompt = { .history = "pattern",
                                             .check = check_pattern,
                                             .complete = prompt_complete_query,
                                             .done = undelete_typed };

static bool run_undelete_pattern(command_call *call, GError **error)
{
    ui *u = ui_of_call(call, error);
    if (u == NULL)
        return false;
    g_autofree char *text = call->nargs > 0 ? command_call_text(call, 0) : NULL;
    if (text != NULL)
        undelete_typed(u, text, NULL);
    else
        prompt_open(u, &undelete_prompt, _("Undelete what matches: "), NULL, NULL);
    return true;
}

/* ---- leaving without this visit's deletions and moves */

static void leave_answered(ui *u, const char *key, gpointer data)
{
    if (key == NULL || (strcmp(key, "y") != 0 && strcmp(key, "<enter>") != 0))
        return;
    g_autoptr(GArray) left = index_left_rows(u->index);
    take_back(u, left, NULL);
    ui_loop_quit(u);
}

static const prompt_kind leave_prompt = { .one_key = true, .done = leave_answered };

static guint still_away(ui *u, const GArray *ids)
{
    guint n = 0;
    for (guint i = 0; i < ids->len; i++) {
        g_autoptr(mail_summary) s = summary_of(u, g_array_index(ids, guint32, i));
        n += s == NULL || index_left(u->index, s);
    }
    return n;
}

static bool run_leave_unsaved(command_call *call, GError **error)
{
    ui *u = ui_of_call(call, error);
    if (u == NULL)
        return false;
    g_autoptr(GArray) left = index_left_rows(u->index);
    guint n = still_away(u, left);
    if (n == 0) {
        u->face.quit(&u->face);
        return true;
    }
    g_autofree char *question = g_strdup_printf(
        ngettext("Take %u deletion or move of this visit back, and leave? (y/n) ",
                 "Take %u deletions and moves of this visit back, and leave? (y/n) ", n),
        n);
    prompt_open(u, &leave_prompt, question, NULL, NULL);
    return true;
}

#define MESSAGES (CONTEXT_INDEX | CONTEXT_PAGER)
const command_row ui_act_rows[] = {
    { "move-prompt", "save-message", MESSAGES, "", 0, 0, N_("move to a folder that is asked for"), run_move_prompt },
    { "copy-prompt", "copy-message", MESSAGES, "", 0, 0, N_("copy to a folder that is asked for"), run_copy_prompt },
    { "tag", "tag-entry tag-message", CONTEXT_INDEX, "", 0, 0, N_("tag the message, or no longer"), run_tag },
    { "tag-thread", NULL, CONTEXT_INDEX, "", 0, 0, N_("tag the thread, or no longer"), run_tag_thread },
    { "tag-pattern", NULL, CONTEXT_INDEX, "[QUERY]", 0, -1, N_("tag what matches"), run_tag_pattern },
    { "untag-pattern", NULL, CONTEXT_INDEX, "[QUERY]", 0, -1, N_("untag what matches"), run_untag_pattern },
    { "tag-prefix", NULL, CONTEXT_INDEX, "", 0, 0, N_("the next key acts on what is tagged"), run_tag_prefix },
    { "delete-pattern", NULL, CONTEXT_INDEX, "[QUERY]", 0, -1, N_("delete what matches"), run_delete_pattern },
    { "undelete-pattern", NULL, CONTEXT_INDEX, "[QUERY]", 0, -1,
      N_("take back what was deleted or moved since the list was read, and matches"), run_undelete_pattern },
    { "delete-thread", NULL, MESSAGES, "", 0, 0, N_("delete the thread"), run_delete_thread },
    { "delete-subthread", NULL, MESSAGES, "", 0, 0, N_("delete the message and what answers it"),
      run_delete_subthread },
    { "take-back", NULL, MESSAGES, "", 0, 0,
      N_("take back what was done to this message: a deletion, a move; else the last act"), run_take_back },
    { "leave-unsaved", NULL, CONTEXT_INDEX, "", 0, 0,
      N_("take this visit's deletions and moves back, when asked, and leave"), run_leave_unsaved },
    { NULL },
};
