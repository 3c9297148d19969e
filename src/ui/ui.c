/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of the screen, and the face it gives to commands.  The first paint comes from the store
 * before any socket is opened. */
#include "ui/ui.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/i18n.h"
#include "text/sanitise.h"
#include "ui/folders.h"
#include "ui/index.h"
#include "ui/pager.h"
#include "ui/prompt-words.h"
#include "ui/screen.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The one screen of the process, while ui_run runs: a call's host is compared with its face. */
static ui *the_ui;

ui *ui_of_call(const command_call *call, GError **error)
{
    if (the_ui != NULL && call->host == &the_ui->face)
        return the_ui;
    error_set(error, ERROR_INPUT, _("%s needs the screen"), call->row->name);
    return NULL;
}

/* ---- words */

char *ui_number(guint64 n)
{
    const struct lconv *local = localeconv();
    const char *separator = local->thousands_sep != NULL && *local->thousands_sep != '\0' &&
                                    g_utf8_validate(local->thousands_sep, -1, NULL)
                                ? local->thousands_sep
                                : ",";
    g_autofree char *digits = g_strdup_printf("%" G_GUINT64_FORMAT, n);
    GString *out = g_string_new(NULL);
    gsize len = strlen(digits);
    for (gsize i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            g_string_append(out, separator);
        g_string_append_c(out, digits[i]);
    }
    return g_string_free(out, FALSE);
}

char *ui_folder_title(ui *u, const folder *f)
{
    g_autofree char *name =
        f->role == ROLE_INBOX ? g_strdup(_("Inbox")) : text_sanitise_line(f->name, -1);
    if (mtm_account_count(u->mtm) < 2)
        return g_steal_pointer(&name);
    g_autofree char *account = text_sanitise_line(f->account_name, -1);
    return g_strdup_printf("%s: %s", account, name);
}

/* ---- the face */

static ui *of_face(face *f)
{
    return f->data;
}

static void face_say(face *f, const char *sentence)
{
    ui_say(of_face(f), sentence);
}

static void face_warn(face *f, const char *sentence)
{
    ui_warn(of_face(f), sentence);
}

GArray *ui_selection(ui *u)
{
    if (u->chosen != NULL)
        return g_array_ref(u->chosen);
    if (u->on_tagged)
        return index_tagged(u->index);
    GArray *ids = g_array_new(FALSE, FALSE, sizeof(guint32));
    view *pager = screen_find(u, CONTEXT_PAGER);
    guint32 id = pager != NULL ? pager_message(pager) : index_cursor_id(u->index);
    if (id != 0 && screen_top(u)->class->context != CONTEXT_FOLDERS)
        g_array_append_val(ids, id);
    return ids;
}

/* What has left the folder is shown still, but is not acted on: a second d would delete it for good in the trash. */
static GArray *face_selection(face *f)
{
    ui *u = of_face(f);
    g_autoptr(GArray) all = ui_selection(u);
    GArray *ids = g_array_sized_new(FALSE, FALSE, sizeof(guint32), all->len);
    for (guint i = 0; i < all->len; i++) {
        guint32 id = g_array_index(all, guint32, i);
        if (!index_left_id(u->index, id))
            g_array_append_val(ids, id);
    }
    if (all->len == 0)
        ui_say(u, _("No message is selected."));
    else if (ids->len == 0)
        ui_say(u, _("This is no longer in this folder; u takes that back."));
    return ids;
}

static guint32 face_folder(face *f)
{
    return index_folder(of_face(f)->index);
}

static void face_started(face *f, guint64 op, const char *label)
{
    ui *u = of_face(f);
    g_hash_table_insert(u->ops, GSIZE_TO_POINTER((gsize)op), g_strdup(label));
    u->acted_on = index_cursor_id(u->index);
}

static bool face_open_folder(face *f, guint32 id, GError **error)
{
    ui *u = of_face(f);
    const folder *found = mtm_folder(u->mtm, id);
    if (found == NULL || !found->selectable) {
        error_set(error, ERROR_INPUT, _("this name holds no mail"));
        return false;
    }
    g_clear_pointer(&u->awaited_folder, g_free);
    screen_pop_to_index(u);
    folders_mark_clear(u->folders);
    if (index_folder(u->index) != id)
        index_open(u->index, id);
    return true;
}

static void face_await_folder(face *f, const char *name)
{
    ui *u = of_face(f);
    ui_say(u, _("The folder list is still coming."));
    events_await_folder(u, name);
}

static const mail_summary *face_summary(face *f, guint32 id)
{
    return index_summary_of(of_face(f)->index, id);
}

/* ---- questions before what is final */

typedef struct question {
    void (*then)(face *f, gpointer data);
    gpointer data;
    GDestroyNotify free_data;
} question;

static void confirmed(ui *u, const char *key, gpointer data)
{
    question *q = data;
    if (key != NULL && strcmp(key, "y") == 0)
        q->then(&u->face, q->data);
    q->free_data(q->data);
    g_free(q);
}

static const prompt_kind confirm_prompt = { .one_key = true, .done = confirmed };

static void face_confirm(face *f, const char *text, void (*then)(face *f, gpointer data), gpointer data,
                         GDestroyNotify free_data)
{
    question *q = g_new0(question, 1);
    *q = (question){ then, data, free_data };
    prompt_open(of_face(f), &confirm_prompt, text, NULL, q);
}

static void face_refresh(face *f)
{
    index_refresh(of_face(f)->index);
}

/* The cursor goes on where its message is done with; in an open message the next one is opened, behind the last one
 * the list. */
static void face_acted(face *f)
{
    ui *u = of_face(f);
    const mail_summary *s = index_cursor_summary(u->index);
    bool in_pager = screen_top(u)->class->context == CONTEXT_PAGER;
    if (u->on_tagged || s == NULL || !index_is_deleted(u->index, s))
        return;
    if (index_step(u->index, 1, true)) {
        u->acted_on = index_cursor_id(u->index);
        if (in_pager)
            pager_open(u, index_cursor_id(u->index));
    } else if (in_pager) {
        screen_pop(u);
    }
}

static void leave_answered(ui *u, const char *key, gpointer data)
{
    if (key != NULL && (strcmp(key, "y") == 0 || strcmp(key, "<enter>") == 0))
        ui_loop_quit(u);
}

static const prompt_kind leave_prompt = { .one_key = true, .done = leave_answered };

static void face_quit(face *f)
{
    ui *u = of_face(f);
    if (conf_bool(u->conf, "quit-asks") && u->started)
        prompt_open(u, &leave_prompt, _("Leave cursus? (y/n) "), NULL, NULL);
    else
        ui_loop_quit(u);
}

static face face_of(ui *u)
{
    return (face){ .mtm = u->mtm,
                   .conf = u->conf,
                   .commands = u->commands,
                   .say = face_say,
                   .warn = face_warn,
                   .selection = face_selection,
                   .folder = face_folder,
                   .started = face_started,
                   .open_folder = face_open_folder,
                   .await_folder = face_await_folder,
                   .quit = face_quit,
                   .summary = face_summary,
                   .confirm = face_confirm,
                   .refresh = face_refresh,
                   .acted = face_acted,
                   .data = u };
}

/* ---- commands */

/* A key of a command that wants arguments: they are asked for. */
static bool asks_for_arguments(ui *u, const char *text)
{
    if (strpbrk(text, " \t;") != NULL)
        return false;
    const command_row *row = command_find(u->commands, text, true);
    if (row == NULL || row->min_args == 0)
        return false;
    g_autofree char *begun = g_strdup_printf("%s ", row->name);
    ui_command_prompt(u, begun);
    return true;
}

void ui_run_text(ui *u, const char *text)
{
    GError *error = NULL;
    if (asks_for_arguments(u, text))
        return;
    if (!command_run_text(u->commands, text, &u->face, NULL, 0, NULL, NULL, &error))
        ui_warn_error(u, error);
    ui_dirty(u);
}

void ui_register(command_table *table)
{
    g_autoptr(GError) error = NULL;
    command_table_add(table, ui_move_rows);
    command_table_add(table, ui_act_rows);
    command_table_add(table, ui_index_rows);
    command_table_add(table, ui_pager_rows);
    command_table_add(table, ui_folder_rows);
    command_table_add(table, ui_manage_rows);
    command_table_add(table, ui_jobs_rows);
    command_table_add(table, ui_screen_rows);
    if (!command_run_text(table, default_keys, NULL, "default keys", 1, NULL, NULL, &error))
        g_error("%s", error->message); /* the tests bind them all */
}

/* ---- options */

static void report_color(const char *sentence, gpointer data)
{
    ui_warn(data, sentence);
}

static void restyle(ui *u)
{
    theme_free(u->theme);
    u->theme = theme_new(u->conf, term_ncolors(), clock_now_s(), report_color, u);
    canvas_set_ascii(!term_is_utf8() || conf_bool(u->conf, "accessible"));
    term_want_mouse(conf_bool(u->conf, "mouse"));
    const char *sidebar = conf_text(u->conf, "sidebar");
    u->sidebar = strcmp(sidebar, "auto") == 0  ? SIDEBAR_AUTO
                 : strcmp(sidebar, "yes") == 0 ? SIDEBAR_YES
                                               : SIDEBAR_NO;
}

static const account_settings *conf_account(const conf *c, const char *name)
{
    const GPtrArray *accounts = conf_accounts(c);
    for (guint i = 0; i < accounts->len; i++) {
        const account_settings *a = accounts->pdata[i];
        if (strcmp(a->name, name) == 0)
            return a;
    }
    return NULL;
}

/* conf has no way to stop watching: only the running screen listens. */
static void option_changed(const char *account, const char *option, gpointer data)
{
    ui *u = the_ui;
    if (u == NULL)
        return;
    const account_settings *settings = account != NULL ? conf_account(u->conf, account) : NULL;
    if (settings != NULL)
        mtm_account_change(u->mtm, settings);
    if (account == NULL) {
        restyle(u);
        if (g_strcmp0(option, "sort") == 0 || g_strcmp0(option, "reverse") == 0)
            index_options_changed(u->index);
        if (g_strcmp0(option, "cache-limit") == 0)
            mtm_set_cache_limit(u->mtm, (guint64)conf_number(u->conf, option));
    }
    ui_dirty(u);
}

static void say_answer(const char *sentence, gpointer host)
{
    if (the_ui != NULL && host == &the_ui->face)
        ui_say(the_ui, sentence);
}

/* ---- life */

static void view_free(gpointer data)
{
    view *v = data;
    v->class->free(v);
}

static ui *ui_new(const ui_options *options)
{
    ui *u = g_new0(ui, 1);
    u->options = options;
    u->mtm = options->mtm;
    u->conf = options->conf;
    u->commands = options->commands;
    u->face = face_of(u);
    u->messages = messages_new();
    u->views = g_ptr_array_new_with_free_func(view_free);
    u->index = index_new(u);
    g_ptr_array_add(u->views, u->index);
    u->folders = folders_new(u);
    u->refusals = refusals_new(u);
    u->history =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_ptr_array_unref);
    u->ops = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free);
    u->noted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    u->keys = g_string_new(NULL);
    u->asks = g_queue_new();
    u->held = g_queue_new();
    u->loop = loop_new(u);
    return u;
}

static void ui_free(ui *u)
{
    events_stop(u);
    prompt_close(u);
    g_ptr_array_unref(u->views);
    folders_free(u->folders);
    refusals_free(u->refusals);
    messages_free(u->messages);
    loop_free(u->loop);
    theme_free(u->theme);
    g_hash_table_unref(u->history);
    g_hash_table_unref(u->ops);
    g_hash_table_unref(u->noted);
    g_free(u->awaited_folder);
    g_string_free(u->keys, TRUE);
    g_queue_free(u->asks);
    g_clear_handle_id(&u->held_source, g_source_remove);
    g_queue_free_full(u->held, g_free);
    g_clear_pointer(&u->chosen, g_array_unref);
    g_free(u->last_target);
    g_free(u);
}

static void run_early_commands(ui *u)
{
    for (char **line = u->options->commands_e; line != NULL && *line != NULL; line++)
        ui_run_text(u, *line);
}

static gboolean go_online(gpointer data)
{
    ui *u = data;
    mtm_connect_and_sync(u->mtm, NULL, UNTIL_DISCONNECT);
    events_await_folder(u, u->options->folder);
    return G_SOURCE_REMOVE;
}

static void before_first_paint(ui *u)
{
    restyle(u);
    mtm_folders_load(u->mtm);
    folders_update(u->folders);
    events_open_first(u, true);
    run_early_commands(u);
}

int ui_run(const ui_options *options)
{
    g_autoptr(GError) error = NULL;
    ui *u = ui_new(options);
    if (!term_open(&error)) {
        fprintf(stderr, "cursus: %s\n", error->message);
        ui_free(u);
        return EXIT_FAILURE;
    }
    the_ui = u;
    command_complete_with(u->commands, prompt_complete_arguments, u);
    conf_watch(u->conf, option_changed, NULL);
    conf_set_say(u->conf, say_answer);
    events_start(u);
    before_first_paint(u);
    u->started = true;
    ui_paint_now(u);
    guint online = 0;
    if (!options->offline && mtm_account_count(u->mtm) > 0)
        online = g_idle_add(go_online, u);
    else
        events_await_folder(u, options->folder);
    ui_loop_run(u);
    if (online != 0 && g_main_context_find_source_by_id(NULL, online) != NULL)
        g_source_remove(online);
    the_ui = NULL;
    ui_free(u);
    term_close();
    return EXIT_SUCCESS;
}
