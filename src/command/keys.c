/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Key names: what a person writes (mutt's, vi's, Emacs' spellings) to the canonical form of command.h, and that
 * to a label for help. */
#include "command/command.h"
#include "base/error.h"
#include "base/i18n.h"

#include <string.h>

static const struct {
    const char *written, *canonical;
} names[] = {
    { "enter", "<enter>" },         { "return", "<enter>" },       { "cr", "<enter>" },
    { "newline", "<enter>" },       { "keypadenter", "<enter>" },  { "esc", "<esc>" },
    { "escape", "<esc>" },          { "tab", "<tab>" },            { "space", "<space>" },
    { "lt", "<lt>" },               { "less", "<lt>" },            { "gt", ">" },
    { "greater", ">" },             { "backspace", "<backspace>" }, { "bs", "<backspace>" },
    { "backtab", "<backtab>" },     { "shift-tab", "<backtab>" },  { "s-tab", "<backtab>" },
    { "delete", "<delete>" },       { "del", "<delete>" },         { "dc", "<delete>" },
    { "insert", "<insert>" },       { "ins", "<insert>" },         { "ic", "<insert>" },
    { "home", "<home>" },           { "end", "<end>" },            { "pageup", "<pageup>" },
    { "pgup", "<pageup>" },         { "ppage", "<pageup>" },       { "prevpage", "<pageup>" },
    { "pagedown", "<pagedown>" },   { "pgdn", "<pagedown>" },      { "pgdown", "<pagedown>" },
    { "npage", "<pagedown>" },      { "nextpage", "<pagedown>" },  { "up", "<up>" },
    { "down", "<down>" },           { "left", "<left>" },          { "right", "<right>" },
};

static const struct {
    const char *canonical, *label;
} labels[] = {
    { "<enter>", "Enter" },   { "<esc>", "Esc" },       { "<tab>", "Tab" },       { "<space>", "Space" },
    { "<lt>", "<" },          { "<backspace>", "Bksp" }, { "<backtab>", "S-Tab" }, { "<delete>", "Del" },
    { "<insert>", "Ins" },    { "<home>", "Home" },     { "<end>", "End" },       { "<pageup>", "PgUp" },
    { "<pagedown>", "PgDn" }, { "<up>", "Up" },         { "<down>", "Down" },     { "<left>", "Left" },
    { "<right>", "Right" },
};

/* A character as the terminal sends it. */
static void append_character(GString *out, gunichar c)
{
    if (c == '\r' || c == '\n')
        g_string_append(out, "<enter>");
    else if (c == '\t')
        g_string_append(out, "<tab>");
    else if (c == 0x1b)
        g_string_append(out, "<esc>");
    else if (c == 0x7f)
        g_string_append(out, "<backspace>");
    else if (c == ' ')
        g_string_append(out, "<space>");
    else if (c == '<')
        g_string_append(out, "<lt>");
    else if (c < 0x20)
        g_string_append_printf(out, "<ctrl-%c>", g_ascii_tolower((char)(c + 0x40)));
    else
        g_string_append_unichar(out, c);
}

/* Ctrl with the character c ("a", "[", "?", space); false when the terminal has no such key. */
static bool append_control(GString *out, char c)
{
    if (c == '?')
        append_character(out, 0x7f);
    else if (c == ' ')
        g_string_append(out, "<ctrl-@>");
    else if (g_ascii_isalpha(c) || (c >= '@' && c <= '_'))
        append_character(out, (gunichar)(g_ascii_toupper(c) - 0x40));
    else
        return false;
    return true;
}

static bool append_function_key(GString *out, const char *name)
{
    guint64 number;
    if (name[0] != 'f' || !g_ascii_string_to_unsigned(name + 1, 10, 1, 24, &number, NULL))
        return false;
    g_string_append_printf(out, "<f%d>", (int)number);
    return true;
}

/* What stands between < and >; base: after a modifier, where one character stands for itself. */
static bool append_named(GString *out, const char *name, bool base)
{
    static const char *const controls[] = { "ctrl-", "c-", "control-" };
    static const char *const alts[] = { "alt-", "a-", "m-", "meta-", "esc-" };
    g_autofree char *lower = g_ascii_strdown(name, -1);
    if (base && g_utf8_strlen(name, -1) == 1) {
        append_character(out, g_utf8_get_char(name));
        return true;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(lower, names[i].written) == 0) {
            g_string_append(out, names[i].canonical);
            return true;
        }
    for (gsize i = 0; i < G_N_ELEMENTS(controls); i++) {
        gsize n = strlen(controls[i]);
        if (!g_str_has_prefix(lower, controls[i]))
            continue;
        if (strcmp(lower + n, "space") == 0)
            return append_control(out, ' ');
        return lower[n] != '\0' && lower[n + 1] == '\0' && append_control(out, lower[n]);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(alts); i++)
        if (g_str_has_prefix(lower, alts[i]) && !base) {
            g_string_append(out, "<esc>");
            return append_named(out, name + strlen(alts[i]), true);
        }
    return append_function_key(out, lower);
}

/* After a backslash: mutt's \Cd, \e, \033 ..., else the character itself.  Returns the next place. */
static const char *append_escape(GString *out, const char *p)
{
    if ((*p == 'C' || *p == 'c') && p[1] != '\0') {
        const char *key = p[1] == '-' && p[2] != '\0' ? p + 2 : p + 1;
        if (append_control(out, *key))
            return key + 1;
    }
    if (p[0] >= '0' && p[0] <= '3' && p[1] >= '0' && p[1] <= '7' && p[2] >= '0' && p[2] <= '7') {
        gunichar c = (gunichar)((p[0] - '0') * 64 + (p[1] - '0') * 8 + (p[2] - '0'));
        if (c == 0)
            g_string_append(out, "<ctrl-@>");
        else
            append_character(out, c);
        return p + 3;
    }
    switch (*p) {
    case 'e': case 'E': append_character(out, 0x1b); return p + 1;
    case 't': append_character(out, '\t'); return p + 1;
    case 'r': case 'n': append_character(out, '\n'); return p + 1;
    case 'f': append_character(out, '\f'); return p + 1;
    default: append_character(out, g_utf8_get_char(p)); return g_utf8_next_char(p);
    }
}

static bool bad_key(const char *name, GError **error)
{
    error_set(error, ERROR_INPUT,
              _("there is no key '%s'; expected a character, ^D, \\Cd, or a name such as <enter>, <esc>, "
                "<pagedown>, <f1>, <ctrl-d>"), name);
    return false;
}

static bool append_key(GString *out, const char **at, GError **error)
{
    const char *p = *at;
    const char *close = *p == '<' && p[1] != '\0' ? strchr(p + 2, '>') : NULL;
    if (*p == '\\' && p[1] != '\0') {
        *at = append_escape(out, p + 1);
    } else if (*p == '^' && p[1] != '\0' && append_control(out, p[1])) {
        *at = p + 2;
    } else if (close != NULL) {
        g_autofree char *name = g_strndup(p + 1, (gsize)(close - p - 1));
        g_autofree char *shown = g_strndup(p, (gsize)(close + 1 - p));
        *at = close + 1;
        return append_named(out, name, false) || bad_key(shown, error);
    } else {
        append_character(out, g_utf8_get_char(p));
        *at = g_utf8_next_char(p);
    }
    return true;
}

char *command_keys_canonical(const char *written, GError **error)
{
    if (written[0] == '\0' || !g_utf8_validate(written, -1, NULL)) {
        bad_key("", error);
        return NULL;
    }
    g_autoptr(GString) out = g_string_new(NULL);
    for (const char *p = written; *p != '\0';)
        if (!append_key(out, &p, error))
            return NULL;
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static void append_label(GString *out, const char *key)
{
    for (gsize i = 0; i < G_N_ELEMENTS(labels); i++)
        if (strcmp(key, labels[i].canonical) == 0) {
            g_string_append(out, labels[i].label);
            return;
        }
    gsize n = strlen(key);
    if (n < 3 || key[0] != '<')
        g_string_append(out, key);
    else if (g_str_has_prefix(key, "<ctrl-"))
        g_string_append_printf(out, "^%c", g_ascii_toupper(key[6]));
    else
        for (gsize i = 1; i < n - 1; i++)
            g_string_append_c(out, g_ascii_toupper(key[i])); /* F1 */
}

char *command_keys_label(const char *canonical)
{
    g_autoptr(GString) out = g_string_new(NULL);
    bool was_name = false;
    for (const char *p = canonical; *p != '\0';) {
        const char *end = *p == '<' ? strchr(p, '>') : NULL;
        end = end != NULL ? end + 1 : g_utf8_next_char(p);
        g_autofree char *key = g_strndup(p, (gsize)(end - p));
        bool is_name = key[0] == '<' && key[1] != '\0';
        if (out->len > 0 && (is_name || was_name))
            g_string_append_c(out, ' ');
        append_label(out, key);
        was_name = is_name;
        p = end;
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}
