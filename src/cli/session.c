/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line's face and its waiting: a main loop that runs until an operation is done, with progress,
 * questions and Ctrl-C on the way. */
#include "cli/session.h"
#include "base/error.h"
#include "base/i18n.h"
#include "cli/output.h"
#include "cli/password.h"
#include "cli/progress.h"
#include "text/sanitise.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE_MS 3000 /* for an engine that is just beginning or ending, or is stopped */

typedef struct outcome {
    bool done;
    mtm_problem *problem; /* NULL: success */
    guint count, failed;  /* messages */
    char *label;          /* what was taken back, or NULL */
    document *doc;        /* of an opened message */
} outcome;

static void outcome_free(gpointer data)
{
    outcome *o = data;
    if (o->problem != NULL)
        mtm_problem_free(o->problem);
    if (o->doc != NULL)
        document_unref(o->doc);
    g_free(o->label);
    g_free(o);
}

static outcome *outcome_of(cli_session *s, guint64 op)
{
    outcome *o = g_hash_table_lookup(s->outcomes, &op);
    if (o == NULL) {
        o = g_new0(outcome, 1);
        g_hash_table_insert(s->outcomes, g_memdup2(&op, sizeof op), o);
    }
    return o;
}

/* ---- events */
static void answer(cli_session *s, const mtm_event *e)
{
    g_autofree char *account = text_sanitise_line(e->account != NULL ? e->account : "", -1);
    g_autofree char *prompt = g_strdup_printf(_("Password for %s: "), account);
    secret *password = password_ask(prompt);
    mtm_answer(s->mtm, e->op, password != NULL ? secret_text(password) : NULL);
    secret_unref(password);
}

static void take_done(cli_session *s, const mtm_event *e)
{
    outcome *o = outcome_of(s, e->op);
    o->done = true;
    if (e->problem != NULL && o->problem == NULL)
        o->problem = mtm_problem_dup(e->problem);
    o->count = e->count;
    o->failed = e->failed;
    o->label = g_strdup(e->label);
    g_autofree char *sentence = g_hash_table_contains(s->running, &e->op) ? action_done_sentence(e) : NULL;
    if (sentence != NULL && !s->request->json)
        s->face.say(&s->face, sentence);
    g_hash_table_remove(s->running, &e->op);
}

static void take_message(cli_session *s, const mtm_event *e)
{
    outcome *o = outcome_of(s, e->op);
    if (e->document != NULL && o->doc == NULL)
        o->doc = document_ref(e->document);
    if (e->problem != NULL && o->problem == NULL)
        o->problem = mtm_problem_dup(e->problem);
    o->done = true;
}

/* A problem of a folder comes as a note and again as the outcome: a sentence is said once. */
static void say_once(cli_session *s, const mtm_problem *problem)
{
    g_autofree char *sentence = action_sentence(problem);
    if (g_hash_table_contains(s->said, sentence))
        return;
    err_line(sentence);
    g_hash_table_add(s->said, g_steal_pointer(&sentence));
}

static void on_event(const mtm_event *e, gpointer data)
{
    cli_session *s = data;
    switch (e->kind) {
    case MTM_PROGRESS:
        progress_event(e);
        break;
    case MTM_DONE:
        take_done(s, e);
        break;
    case MTM_MESSAGE:
        take_message(s, e);
        break;
    case MTM_NOTE:
        if (e->problem != NULL && !(s->lists_refusals && action_is_refusal(e->problem)))
            say_once(s, e->problem);
        break;
    case MTM_ASK:
        answer(s, e);
        break;
    case MTM_STATUS:
    case MTM_FOLDERS:
    case MTM_CHANGED:
    case MTM_VIEW:
    case MTM_ROWS:
    case MTM_NEW_MAIL:
        break;
    case MTM_FOUND:
        for (gsize i = 0; i < e->nids; i++)
            g_array_append_val(s->found, ((cli_found){ e->ids[i], e->server }));
        break;
    }
}

static gboolean on_signal(gpointer data)
{
    cli_session *s = data;
    if (s->interrupted)
        _exit(EXIT_FAILED); /* the second one: what is stored is stored */
    s->interrupted = true;
    g_autoptr(GList) ops = g_hash_table_get_keys(s->running);
    for (GList *l = ops; l != NULL; l = l->next)
        mtm_cancel(s->mtm, *(const guint64 *)l->data);
    return G_SOURCE_CONTINUE;
}

/* ---- the face */
static int status_of_kind(int kind)
{
    return kind == ERROR_BUSY ? EXIT_NOT_NOW : EXIT_FAILED;
}

static void face_say(face *f, const char *sentence)
{
    g_autofree char *clean = text_sanitise_line(sentence, -1);
    progress_clear();
    out_line(clean);
}

static void face_warn(face *f, const char *sentence)
{
    g_autofree char *clean = text_sanitise_line(sentence, -1);
    err_line(clean);
}

static GArray *face_selection(face *f)
{
    f->say(f, _("No message is selected.")); /* nothing is under a cursor here */
    return g_array_new(FALSE, FALSE, sizeof(guint32));
}

static guint32 face_folder(face *f)
{
    return ((const cli_session *)f->data)->folder;
}

static void face_started(face *f, guint64 op, const char *label)
{
    session_started(f->data, op);
}

static bool face_wait(face *f, guint64 op, GError **error)
{
    cli_session *s = f->data;
    const mtm_problem *p = session_wait(s, op);
    const outcome *o = outcome_of(s, op);
    s->sum.count += o->count;
    s->sum.failed += o->failed;
    if (o->label != NULL) {
        g_free(s->sum.label);
        s->sum.label = g_strdup(o->label);
    }
    if (p == NULL)
        return true;
    if (o->failed > 0 && o->count > 0) { /* the rest was done, and what follows may be */
        say_once(s, p);
        s->partly = true;
        return true;
    }
    s->failure = status_of_kind(p->kind);
    g_autofree char *sentence = action_sentence(p);
    error_set(error, p->kind != 0 ? (error_kind)p->kind : ERROR_INTERNAL, "%s", sentence);
    return false;
}

static bool face_open_folder(face *f, guint32 folder, GError **error)
{
    ((cli_session *)f->data)->folder = folder;
    mtm_select(f->mtm, folder);
    return true;
}

static void face_partly(face *f)
{
    ((cli_session *)f->data)->partly = true;
}

/* `quit` in a script: the rest of it is not run. */
static void face_quit(face *f)
{
    cli_session *s = f->data;
    g_autoptr(GError) error = NULL;
    int status = out_finish(&error) ? EXIT_DONE : session_fail(error);
    g_clear_pointer(&s->mtm, mtm_free);
    exit(status);
}

/* ---- life */
cli_session *cli_session_new(const cli_request *request, conf *conf, command_table *commands)
{
    cli_session *s = g_new0(cli_session, 1);
    s->request = request;
    s->conf = conf;
    s->commands = commands;
    s->mistakes = g_ptr_array_new_with_free_func(g_free);
    s->startup = g_ptr_array_new_with_free_func(g_free);
    s->outcomes = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, outcome_free);
    s->said = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    s->running = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    s->found = g_array_new(FALSE, FALSE, sizeof(cli_found));
    s->face = (face){ .conf = conf, .commands = commands, .say = face_say, .warn = face_warn,
                      .selection = face_selection, .folder = face_folder, .started = face_started,
                      .open_folder = face_open_folder, .quit = face_quit, .data = s, .wait = face_wait,
                      .account = request->account, .partly = face_partly };
    return s;
}

void cli_session_free(cli_session *s)
{
    if (s == NULL)
        return;
    for (gsize i = 0; i < G_N_ELEMENTS(s->signals); i++)
        if (s->signals[i] != 0)
            g_source_remove(s->signals[i]);
    progress_clear();
    g_hash_table_unref(s->outcomes); /* documents go before the engine */
    g_hash_table_unref(s->running);
    if (s->mtm != NULL) {
        mtm_unobserve(s->mtm, s);
        mtm_free(s->mtm);
    }
    g_hash_table_unref(s->said);
    g_ptr_array_unref(s->mistakes);
    g_ptr_array_unref(s->startup);
    g_array_unref(s->found);
    g_free(s->sum.label);
    g_free(s);
}

void cli_report(const char *message, gpointer session)
{
    g_ptr_array_add(((cli_session *)session)->mistakes, text_sanitise_line(message, -1));
}

static void make_mtm(cli_session *s)
{
    document_init();
    mtm_options options = { .accounts = conf_accounts(s->conf), .offline = s->request->offline,
                            .terminal = isatty(STDIN_FILENO) ? TERMINAL_DIRECT : TERMINAL_NONE,
                            .cache_limit = (guint64)conf_number(s->conf, "cache-limit") };
    s->mtm = mtm_new(&options);
    mtm_observe(s->mtm, on_event, s);
    s->face.mtm = s->mtm;
}

static void drop_mtm(cli_session *s)
{
    mtm_unobserve(s->mtm, s);
    g_clear_pointer(&s->mtm, mtm_free);
    s->face.mtm = NULL;
}

/* A store that cannot be read would look like an empty one: asking for any message tells. */
static bool can_read(const cli_session *s, GError **error)
{
    GError *cause = NULL;
    mail_summary_free(mtm_summary(s->mtm, 0, &cause));
    if (cause == NULL)
        return true;
    g_propagate_error(error, cause);
    return false;
}

bool session_open_reading(cli_session *s, GError **error)
{
    make_mtm(s);
    if (!mtm_start_reading(s->mtm, error) || !can_read(s, error))
        return false;
    mtm_folders_load(s->mtm);
    return true;
}

bool session_open_engine(cli_session *s, GError **error)
{
    if (s->mtm != NULL)
        drop_mtm(s);
    make_mtm(s);
    if (!mtm_join(s->mtm, PATIENCE_MS, error))
        return false;
    mtm_folders_load(s->mtm);
    static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
    for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++)
        s->signals[i] = g_unix_signal_add(numbers[i], on_signal, s);
    return true;
}

bool session_check_account(const cli_session *s, GError **error)
{
    const char *wanted = s->request->account;
    if (wanted == NULL)
        return true;
    const GPtrArray *accounts = conf_accounts(s->conf);
    g_autoptr(GString) names = g_string_new(NULL);
    for (guint i = 0; i < accounts->len; i++) {
        const account_settings *a = accounts->pdata[i];
        if (strcmp(a->name, wanted) == 0)
            return true;
        g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "", a->name);
    }
    error_set(error, ERROR_INPUT, _("there is no account '%s'; %s has: %s"), wanted, conf_config_path(s->conf),
              names->len > 0 ? names->str : _("none"));
    return false;
}

bool session_wants(const cli_session *s, const char *account)
{
    return s->request->account == NULL || g_strcmp0(s->request->account, account) == 0;
}

/* ---- waiting */
void session_started(cli_session *s, guint64 op)
{
    if (!outcome_of(s, op)->done)
        g_hash_table_add(s->running, g_memdup2(&op, sizeof op));
}

const mtm_problem *session_wait(cli_session *s, guint64 op)
{
    outcome *o = outcome_of(s, op);
    while (!o->done)
        g_main_context_iteration(NULL, TRUE);
    return o->problem;
}

document *session_document(cli_session *s, guint64 op)
{
    return outcome_of(s, op)->doc;
}

/* ---- failing */
int session_fail(const GError *error)
{
    g_autofree char *sentence = action_sentence_error(error);
    err_line(sentence);
    return status_of_kind(error_kind_of(error));
}

int session_fail_problem(cli_session *s, const mtm_problem *problem)
{
    say_once(s, problem);
    return status_of_kind(problem->kind);
}

void session_say_error(cli_session *s, const GError *error)
{
    char *sentence = text_sanitise_line(error->message, -1);
    if (!g_hash_table_contains(s->said, sentence))
        err_line(sentence);
    g_hash_table_add(s->said, sentence);
}

int session_usage(const char *sentence)
{
    g_autofree char *clean = text_sanitise_line(sentence, -1);
    err_line(clean);
    return EXIT_USAGE;
}
