/* SPDX-License-Identifier: GPL-3.0-or-later */
/* config check and config show. */
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
            g_strdup_printf(_("%s: the account '%s' is not usable: '%s' is not set"), conf_config_path(s->conf),
                            a->name, lacks);
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

/* A value as it may stand in the config file. */
static char *quoted(const char *value)
{
    if (value[0] != '\0' && strpbrk(value, " \t'\"\\;#$`") == NULL)
        return g_strdup(value);
    GString *out = g_string_new("\"");
    for (; *value != '\0'; value++) {
        if (*value == '"' || *value == '\\')
            g_string_append_c(out, '\\');
        g_string_append_c(out, *value);
    }
    g_string_append_c(out, '"');
    return g_string_free(out, FALSE);
}

static void print_option(const cli_session *s, const option_row *o)
{
    g_autofree char *value = value_of(s->conf, o);
    g_autoptr(GString) line = g_string_new(NULL);
    if (s->request->json) {
        json_writer w;
        json_init(&w, line);
        json_object_begin(&w, NULL);
        json_string(&w, "option", o->name);
        json_string(&w, "value", value);
        json_string(&w, "standard", o->standard);
        json_object_end(&w);
        out_json(line);
        return;
    }
    g_autofree char *text = quoted(value);
    g_string_append_printf(line, "set %s %s", o->name, text);
    if (g_strcmp0(value, o->standard) != 0) {
        g_autofree char *standard = quoted(o->standard != NULL ? o->standard : "");
        g_string_append_printf(line, "  # %s: %s", _("standard"), standard);
    }
    g_autofree char *clean = text_sanitise_line(line->str, (gssize)line->len);
    out_line(clean);
}

static const option_row *option_named(const char *name)
{
    for (const option_row *o = conf_options(); o->name != NULL; o++)
        if (strcmp(o->name, name) == 0 && !o->account)
            return o;
    return NULL;
}

static int show(const cli_session *s)
{
    const cli_request *r = s->request;
    for (guint i = 1; i < r->nargs; i++) {
        const option_row *o = option_named(r->args->pdata[i]);
        if (o == NULL) {
            g_autofree char *sentence =
                g_strdup_printf(_("config show: there is no option '%s'"), (char *)r->args->pdata[i]);
            return session_usage(sentence);
        }
        print_option(s, o);
    }
    for (const option_row *o = conf_options(); r->nargs < 2 && o->name != NULL; o++)
        if (!o->account)
            print_option(s, o);
    return EXIT_DONE;
}

int cli_config(cli_session *s)
{
    const cli_request *r = s->request;
    const char *verb = r->nargs > 0 ? r->args->pdata[0] : "show";
    if (strcmp(verb, "show") == 0)
        return show(s);
    if (r->nargs > 1)
        return session_usage(_("config check takes no further words"));
    return check(s);
}
