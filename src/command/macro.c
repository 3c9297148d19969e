/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mutt's macros are keys, ours are commands.  Most of mutt's name functions and type an answer at their prompt:
 * "<limit>~N<enter>", ":set sort=date<enter>".  Those become "limit ~N" and "set sort=date"; what only makes
 * sense as keys is refused. */
#include "command/internal.h"
#include "base/error.h"
#include "base/i18n.h"

#include <string.h>

static bool is_enter(const char *name)
{
    return g_ascii_strcasecmp(name, "enter") == 0 || g_ascii_strcasecmp(name, "return") == 0;
}

/* The <name> at *at, which is stepped over; NULL when there is none. */
static char *take_name(const char **at)
{
    const char *close = **at == '<' ? strchr(*at, '>') : NULL;
    if (close == NULL)
        return NULL;
    char *name = g_strndup(*at + 1, (gsize)(close - *at - 1));
    *at = close + 1;
    return name;
}

/* What is typed up to the <enter> behind it. */
static char *take_typed(const char **at, GError **error)
{
    const char *begin = *at, *end = begin + strcspn(begin, "<");
    g_autofree char *typed = g_strndup(begin, (gsize)(end - begin));
    *at = end;
    if (typed[0] == '\0' && *end == '\0')
        return g_steal_pointer(&typed);
    g_autofree char *name = *end == '<' ? take_name(at) : NULL;
    if (name != NULL && is_enter(name))
        return g_steal_pointer(&typed);
    if (typed[0] == '\0') { /* the next function, nothing typed */
        *at = end;
        return g_steal_pointer(&typed);
    }
    error_set(error, ERROR_INPUT, _("'%s' in a macro is keys; expected commands, or mutt's <function>text<enter>"), typed);
    return NULL;
}

static bool append_function(const command_table *t, const char *name, const char **at, GString *out, GError **error)
{
    g_autofree char *lower = g_ascii_strdown(name, -1);
    const command_row *row = command_find(t, lower, false);
    if (row == NULL) {
        error_set(error, ERROR_INPUT, _("there is no command '%s'; a macro is commands such as \"limit is:unread\""), name);
        return false;
    }
    g_autofree char *typed = take_typed(at, error);
    if (typed == NULL)
        return false;
    bool special = strpbrk(typed, ";#\n") != NULL;
    g_autofree char *quoted = special ? command_quote(typed) : g_strdup(typed);
    g_string_append_printf(out, "%s%s%s%s", out->len > 0 ? "; " : "", row->name, typed[0] != '\0' ? " " : "", quoted);
    return true;
}

char *macro_from_mutt(const command_table *t, const char *sequence, GError **error)
{
    g_autoptr(GString) out = g_string_new(NULL);
    for (const char *p = sequence; *p != '\0';) {
        g_autofree char *name = take_name(&p);
        if (name != NULL && g_ascii_strcasecmp(name, "enter-command") != 0) {
            if (!append_function(t, name, &p, out, error))
                return NULL;
            continue;
        }
        if (name == NULL && *p == ':')
            p++;
        g_autofree char *typed = take_typed(&p, error);
        if (typed == NULL)
            return NULL;
        g_string_append_printf(out, "%s%s", out->len > 0 ? "; " : "", typed);
    }
    if (!script_check((command_table *)t, out->str, error))
        return NULL;
    return g_string_free(g_steal_pointer(&out), FALSE);
}
