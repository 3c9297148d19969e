/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Passwords by command: first where no terminal is, so that nothing draws over the screen; a command that fails there
 * gets the terminal from the face that has it.  Its output is never logged and wiped as soon as it is copied. */
#include "mtm/password.h"
#include "mtm/command-output.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    ASK_POLL_MS = 200,    /* how often a waiting question looks whether the program ends */
    COMPLAINT_NBYTES = 300,
};

typedef enum command_place { NO_TERMINAL, OUR_TERMINAL, LENT_TERMINAL } command_place;

bool password_is_token(const account_settings *s)
{
    return s->auth == AUTH_OAUTHBEARER || s->auth == AUTH_XOAUTH2 ||
           (s->auth == AUTH_AUTO && s->token_command != NULL);
}

/* NULL: a person is asked. */
static const char *command_of(const account_settings *s)
{
    return password_is_token(s) && s->token_command != NULL ? s->token_command : s->password_command;
}

/* ---- one run of the command */

/* A session of its own has no terminal to ask on. */
static void without_terminal(gpointer data)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
}

/* The terminal's foreground, so that ^C ends the command and not us; ^Z would leave us waiting. */
static void in_foreground(gpointer data)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    signal(SIGTTOU, SIG_IGN);
    tcsetpgrp(STDIN_FILENO, getpgrp());
    signal(SIGTTOU, SIG_DFL);
    signal(SIGTSTP, SIG_IGN);
}

/* GnuPG's agent would draw on the terminal that it names. */
static char **environment_for(command_place place)
{
    char **environment = g_get_environ();
    const char *tty = place != NO_TERMINAL ? ttyname(STDIN_FILENO) : NULL;
    if (place == NO_TERMINAL)
        environment = g_environ_unsetenv(environment, "GPG_TTY");
    else if (tty != NULL)
        environment = g_environ_setenv(environment, "GPG_TTY", tty, TRUE);
    return environment;
}

static secret *first_line(const char *bytes, gsize n)
{
    gsize line = 0;
    while (line < n && bytes[line] != '\n' && bytes[line] != '\r')
        line++;
    return line > 0 ? secret_new(bytes, (gssize)line) : NULL;
}

static void complain(const GString *err, GError **error)
{
    g_autofree char *cut = g_strndup(err->str, MIN(err->len, COMPLAINT_NBYTES));
    g_autofree char *text = g_utf8_make_valid(cut, -1);
    g_strstrip(text);
    error_set(error, ERROR_AUTH, "the command failed%s%s", text[0] != '\0' ? ": " : "", text);
}

/* *failed (may be NULL): the command ran, and its status was not 0. */
static secret *run(const char *command, command_place place, GCancellable *cancel, bool *failed, GError **error)
{
    g_auto(GStrv) environment = environment_for(place);
    bool reads = place != NO_TERMINAL && isatty(STDIN_FILENO); /* else it is somebody's data */
    command_run how = { .command = command, .environment = environment,
                        .flags = reads ? G_SPAWN_CHILD_INHERITS_STDIN : G_SPAWN_DEFAULT,
                        .setup = place == NO_TERMINAL     ? without_terminal
                                 : place == LENT_TERMINAL ? in_foreground
                                                          : NULL,
                        .session = place == NO_TERMINAL, .collect_errors = place == NO_TERMINAL };
    command_output output;
    secret *result = NULL;
    if (command_output_read(&how, cancel, &output, error)) {
        bool ok = WIFEXITED(output.status) && WEXITSTATUS(output.status) == 0;
        if (failed != NULL)
            *failed = !ok;
        if (!ok)
            complain(output.err, error);
        else if ((result = first_line(output.out, output.out_nbytes)) == NULL)
            error_set(error, ERROR_AUTH, "the command printed nothing");
    }
    command_output_clear(&output);
    return result;
}

/* ---- questions to a person; with a->mutex held */

/* Until the answer to what is asked: false, it was given up. */
static bool ask(mtm_account_entry *a, const char *question, GCancellable *cancel)
{
    if (a->ask_op == 0) {
        a->ask_op = mtm_next_op(a->m);
        a->declined = false;
        posted *p = posted_new(MTM_ASK);
        p->event.op = a->ask_op;
        p->event.question = question;
        p->account = g_strdup(a->name);
        mtm_post(a->m, p);
    }
    while (a->ask_op != 0 && !g_cancellable_is_cancelled(cancel) && !atomic_load(&a->m->closing))
        g_cond_wait_until(&a->answered, &a->mutex, g_get_monotonic_time() + ASK_POLL_MS * 1000);
    bool answered = a->ask_op == 0;
    a->ask_op = 0;
    return answered && !a->declined;
}

static secret *ask_password(mtm_account_entry *a, GCancellable *cancel, GError **error)
{
    ask(a, "password", cancel);
    if (a->password != NULL)
        return secret_ref(a->password);
    error_set(error, a->declined ? ERROR_AUTH : ERROR_CANCELLED, "no password was given");
    return NULL;
}

/* ---- the thread that runs the command */

static gpointer fetch(gpointer data)
{
    mtm_account_entry *a = data;
    GError *error = NULL;
    bool failed = false, direct = a->m->terminal == TERMINAL_DIRECT;
    secret *s = run(a->command, direct ? OUR_TERMINAL : NO_TERMINAL, a->command_cancel, &failed, &error);
    g_mutex_lock(&a->mutex);
    if (s == NULL && failed && a->m->terminal == TERMINAL_LENT && ask(a, "terminal", a->command_cancel)) {
        g_clear_error(&error);
        s = g_steal_pointer(&a->typed);
        if (s == NULL)
            error = g_steal_pointer(&a->typed_error);
    }
    secret_unref(a->password);
    a->password = s;
    a->command_error = error;
    a->command_runs = false;
    g_cond_broadcast(&a->answered);
    g_mutex_unlock(&a->mutex);
    return NULL;
}

void mtm_run_in_terminal(mtm *m, guint64 op)
{
    for (guint i = 0; i < m->accounts->len; i++) {
        mtm_account_entry *a = g_ptr_array_index(m->accounts, i);
        g_mutex_lock(&a->mutex);
        g_autofree char *command = a->ask_op == op ? g_strdup(a->command) : NULL;
        g_mutex_unlock(&a->mutex);
        if (command == NULL)
            continue;
        GError *error = NULL;
        secret *s = run(command, LENT_TERMINAL, NULL, NULL, &error);
        sigset_t held, before; /* taking the terminal back from a group that is gone */
        sigemptyset(&held);
        sigaddset(&held, SIGTTOU);
        pthread_sigmask(SIG_BLOCK, &held, &before);
        (void)tcsetpgrp(STDIN_FILENO, getpgrp());
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        g_mutex_lock(&a->mutex);
        secret_unref(a->typed);
        a->typed = s;
        g_clear_error(&a->typed_error);
        a->typed_error = error;
        if (a->ask_op == op)
            a->ask_op = 0;
        g_cond_broadcast(&a->answered);
        g_mutex_unlock(&a->mutex);
    }
}

/* With a->mutex held. */
static void begin(mtm_account_entry *a, const char *command)
{
    if (a->command_thread != NULL)
        g_thread_join(a->command_thread); /* it has nothing more to do */
    g_clear_error(&a->command_error);
    g_free(a->command);
    a->command = g_strdup(command);
    if (a->command_cancel == NULL)
        a->command_cancel = g_cancellable_new();
    a->command_runs = true;
    a->command_thread = g_thread_new("password", fetch, a);
}

void password_begin(mtm_account_entry *a, const account_settings *settings)
{
    const char *command = command_of(settings);
    g_mutex_lock(&a->mutex);
    if (command != NULL && a->password == NULL && !a->command_runs)
        begin(a, command);
    g_mutex_unlock(&a->mutex);
}

/* With a->mutex held. */
static secret *await_command(mtm_account_entry *a, const char *command, GCancellable *cancel, GError **error)
{
    if (!a->command_runs && a->command_error == NULL)
        begin(a, command);
    while (a->command_runs && !g_cancellable_is_cancelled(cancel) && !atomic_load(&a->m->closing))
        g_cond_wait_until(&a->answered, &a->mutex, g_get_monotonic_time() + ASK_POLL_MS * 1000);
    if (a->password != NULL)
        return secret_ref(a->password);
    if (!a->command_runs && a->command_error != NULL)
        g_propagate_error(error, g_error_copy(a->command_error));
    else
        error_set(error, ERROR_CANCELLED, "no password was given");
    return NULL;
}

secret *password_get(mtm_account_entry *a, const account_settings *settings, GCancellable *cancel, GError **error)
{
    const char *command = command_of(settings);
    g_mutex_lock(&a->mutex);
    secret *s = a->password != NULL ? secret_ref(a->password)
                : command != NULL   ? await_command(a, command, cancel, error)
                                    : ask_password(a, cancel, error);
    g_mutex_unlock(&a->mutex);
    return s;
}

void password_forget(mtm_account_entry *a)
{
    g_mutex_lock(&a->mutex);
    g_clear_pointer(&a->password, secret_unref);
    g_mutex_unlock(&a->mutex);
}

void password_stop(mtm_account_entry *a)
{
    if (a->command_cancel != NULL)
        g_cancellable_cancel(a->command_cancel);
    if (a->command_thread != NULL)
        g_thread_join(a->command_thread);
    g_clear_object(&a->command_cancel);
    g_clear_error(&a->command_error);
    g_clear_error(&a->typed_error);
    g_clear_pointer(&a->typed, secret_unref);
    g_clear_pointer(&a->command, g_free);
    a->command_thread = NULL;
}
