/* SPDX-License-Identifier: GPL-3.0-or-later */
/* config check, show and why. */
#include "base/error.h"
#include "base/i18n.h"
#include "cli/output.h"
#include "cli/session.h"
#include "text/json.h"
#include "text/sanitise.h"

#include <string.h>

static void add_incomplete_accounts(const cli_session *s)
{
    const GPtrArray *accounts = conf_accounts(s->conf);
    for (guint i = 0; i < accounts->len; i++) {
        const account_settings *a = accounts->pdata[i];
        g_autofree char *lacks = conf_account_lacks(a);
        if (lacks == NULL)
            continue;
        g_autofree char *text =
            g_strdup_printf(_("the account '%s' is not usable: '%s' is not set in its block"), a->name, lacks);
        g_ptr_array_add(s->mistakes, text_sanitise_line(text, -1));
    }
}

static int check(cli_session *s)
{
    add_incomplete_accounts(s);
    for (guint i = 0; i < s->mistakes->len; i++) {
        const char *text = s->mistakes->pdata[i];
        if (s->request->json) {
            g_autoptr(GString) object = g_string_new(NULL);
            json_writer w;
            json_init(&w, object);
            json_object_begin(&w, NULL);
            json_string(&w, "mistake", text);
            json_object_end(&w);
            out_json(object);
        } else
            out_line(text);
    }
    if (s->mistakes->len == 0)
        return EXIT_DONE;
    g_autofree char *sentence =
        g_strdup_printf(ngettext("%u mistake in the configuration: correct the line named on standard output",
                                 "%u mistakes in the configuration: correct the lines named on standard output",
                                 s->mistakes->len),
                        s->mistakes->len);
    err_line(sentence);
    return EXIT_FAILED;
}

static char *value_of(const conf *c, const option_row *o)
{
    switch (o->type) {
    case OPTION_BOOL:
        return g_strdup(conf_bool(c, o->name) ? "yes" : "no");
    case OPTION_NUMBER:
        return g_strdup_printf("%" G_GINT64_FORMAT, conf_number(c, o->name));
    case OPTION_TEXT:
    case OPTION_CHOICE:
        break;
    }
    const char *text = conf_text(c, o->name);
    return g_strdup(text != NULL ? text : "");
}

/* One line as it may stand in the config file; account NULL: a global option. */
static void print_option(const cli_session *s, const char *account, const option_row *o, const char *value)
{
    g_autoptr(GString) line = g_string_new(NULL);
    if (s->request->json) {
        json_writer w;
        json_init(&w, line);
        json_object_begin(&w, NULL);
        json_string(&w, "account", account);
        json_string(&w, "option", o->name);
        json_string(&w, "value", value);
        json_string(&w, "standard", o->standard);
        json_object_end(&w);
        out_json(line);
        return;
    }
    g_autofree char *text = command_quote(value);
    g_string_append_printf(line, "%sset %s %s", account != NULL ? "  " : "", o->name, text);
    if (account == NULL && g_strcmp0(value, o->standard) != 0) {
        g_autofree char *standard = command_quote(o->standard != NULL ? o->standard : "");
        g_string_append_printf(line, "  # %s: %s", _("standard"), standard);
    }
    g_autofree char *clean = text_sanitise_body(line->str, (gssize)line->len);
    out_line(clean);
}

/* A block that holds what differs from the standard. */
static void print_account(const cli_session *s, const char *name)
{
    if (!s->request->json) {
        g_autofree char *quoted = command_quote(name);
        g_autofree char *line = g_strdup_printf("account %s", quoted);
        out_line(line);
    }
    for (const option_row *o = conf_options(); o->name != NULL; o++) {
        const char *value = o->account ? conf_account_text(s->conf, name, o->name) : NULL;
        if (value != NULL && g_strcmp0(value, o->standard) != 0 && (value[0] != '\0' || o->standard != NULL))
            print_option(s, name, o, value);
    }
    if (!s->request->json)
        out_line("end");
}

static int show_all(const cli_session *s)
{
    for (const option_row *o = conf_options(); o->name != NULL; o++) {
        g_autofree char *value = o->account ? NULL : value_of(s->conf, o);
        if (value != NULL)
            print_option(s, NULL, o, value);
    }
    const GPtrArray *accounts = conf_accounts(s->conf);
    for (guint i = 0; i < accounts->len; i++) {
        const account_settings *a = accounts->pdata[i];
        if (session_wants(s, a->name))
            print_account(s, a->name);
    }
    return EXIT_DONE;
}

static int show(const cli_session *s)
{
    const cli_request *r = s->request;
    if (r->nargs < 2)
        return show_all(s);
    for (guint i = 1; i < r->nargs; i++) {
        const option_row *o = conf_option(r->args->pdata[i]);
        if (o == NULL || o->account) {
            g_autofree char *sentence =
                g_strdup_printf(_("config show: there is no global option '%s'"), (char *)r->args->pdata[i]);
            return session_usage(sentence);
        }
        g_autofree char *value = value_of(s->conf, o);
        print_option(s, NULL, o, value);
    }
    return EXIT_DONE;
}

static int why(const cli_session *s)
{
    const cli_request *r = s->request;
    if (r->nargs < 2)
        return session_usage(_("config why wants an OPTION or ACCOUNT:OPTION"));
    for (guint i = 1; i < r->nargs; i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *sentence = conf_why(s->conf, r->args->pdata[i], &error);
        if (sentence == NULL)
            return session_usage(error->message);
        g_autofree char *clean = text_sanitise_line(sentence, -1);
        out_line(clean);
    }
    return EXIT_DONE;
}

int cli_config(cli_session *s)
{
    const cli_request *r = s->request;
    const char *verb = r->nargs > 0 ? r->args->pdata[0] : "show";
    if (strcmp(verb, "show") == 0)
        return show(s);
    if (strcmp(verb, "why") == 0)
        return why(s);
    if (r->nargs > 1)
        return session_usage(_("config check takes no further words"));
    return check(s);
}
