/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Themes are lines of "role words", the same words as in the person's color rules, which are laid
 * over them. */
#include "ui/theme.h"

#include "base/i18n.h"
#include "model/query.h"

#include <string.h>

typedef struct row_rule {
    query *query;
    term_style style;
} row_rule;

struct theme {
    term_style looks[LOOK_COUNT];
    bool mono;
    GArray *rules;     /* of row_rule, as written */
    GHashTable *names; /* "label:work" -> term_style */
};

/* The look of each role in the two built-in themes.  `default` keeps the terminal's own ground and
 * its 16 colours; quiet things are dim rather than grey, since grey is the ground in some palettes.
 */
static const struct {
    const char *word, *standard, *mono;
} roles[LOOK_COUNT] = {
    [LOOK_NORMAL] = { "normal", "", "" },
    [LOOK_CURSOR] = { "cursor", "reverse", "reverse" },
    [LOOK_UNREAD] = { "unread", "bold", "bold" },
    [LOOK_READ] = { "read", "", "" },
    [LOOK_FLAGGED] = { "flagged", "yellow", "bold" },
    [LOOK_TAGGED] = { "tagged", "cyan", "bold" },
    [LOOK_DELETED] = { "deleted", "dim", "dim" },
    [LOOK_PENDING] = { "pending", "cyan", "" },
    [LOOK_THREAD] = { "thread", "dim", "dim" },
    [LOOK_DATE] = { "date", "dim", "" },
    [LOOK_SENDER] = { "sender", "", "" },
    [LOOK_SUBJECT] = { "subject", "", "" },
    [LOOK_SIZE] = { "size", "dim", "" },
    [LOOK_LABEL] = { "label", "magenta", "underline" },
    [LOOK_ATTACHMENT] = { "attachment", "", "" },
    [LOOK_PALE] = { "pale", "dim", "dim" },
    [LOOK_TITLE] = { "title", "bold", "bold" },
    [LOOK_FOLDER] = { "folder", "", "" },
    [LOOK_FOLDER_UNREAD] = { "folder-unread", "bold", "bold" },
    [LOOK_FOLDER_CURRENT] = { "folder-current", "bold cyan", "bold underline" },
    [LOOK_ACCOUNT] = { "account", "dim", "" },
    [LOOK_LINE] = { "line", "dim", "dim" },
    [LOOK_STATUS] = { "status", "", "" },
    [LOOK_ONLINE] = { "online", "green", "" },
    [LOOK_OFFLINE] = { "offline", "yellow", "" },
    [LOOK_HINT] = { "hint", "dim", "dim" },
    [LOOK_HINT_KEY] = { "hint-key", "", "bold" },
    [LOOK_MESSAGE] = { "message", "", "" },
    [LOOK_ERROR] = { "error", "red bold", "bold" },
    [LOOK_PROGRESS] = { "progress", "cyan", "" },
    [LOOK_PROMPT] = { "prompt", "bold", "bold" },
    [LOOK_COMPLETION] = { "completion", "reverse", "reverse" },
    [LOOK_MATCH] = { "match", "black on yellow", "reverse" },
    [LOOK_HEADER_NAME] = { "header-name", "dim", "" },
    [LOOK_HEADER] = { "header", "", "" },
    [LOOK_QUOTE1] = { "quote1", "cyan", "" },
    [LOOK_QUOTE2] = { "quote2", "green", "" },
    [LOOK_QUOTE3] = { "quote3", "magenta", "" },
    [LOOK_QUOTE4] = { "quote4", "yellow", "" },
    [LOOK_QUOTE5] = { "quote5", "cyan", "" },
    [LOOK_QUOTE6] = { "quote6", "green", "" },
    [LOOK_SIGNATURE] = { "signature", "dim", "dim" },
    [LOOK_LINK] = { "link", "underline", "underline" },
    [LOOK_CODE] = { "code", "", "" },
    [LOOK_HEADING] = { "heading", "bold", "bold" },
    [LOOK_NOTE] = { "note", "dim italic", "dim" },
    [LOOK_DIFF_ADD] = { "diff-add", "green", "bold" },
    [LOOK_DIFF_DELETE] = { "diff-del", "red", "" },
    [LOOK_DIFF_HUNK] = { "diff-hunk", "cyan", "underline" },
    [LOOK_TRUST_GOOD] = { "trust-good", "green", "" },
    [LOOK_TRUST_WARN] = { "trust-warn", "yellow bold", "bold" },
};

static const char *const color_names[] = { "black", "red",     "green", "yellow",
                                           "blue",  "magenta", "cyan",  "white" };

static const struct {
    const char *word;
    guint attrs;
} attr_names[] = {
    { "bold", TERM_BOLD },
    { "dim", TERM_DIM },
    { "faint", TERM_DIM },
    { "italic", TERM_ITALIC },
    { "underline", TERM_UNDERLINE },
    { "reverse", TERM_REVERSE },
    { "none", 0 },
    { "normal", 0 },
};

/* "red", "bright-red", "brightred", "color208", "208", "#d75f00", "default". */
static bool color_from_word(const char *word, gint32 *color)
{
    gint32 bright = 0;
    if (strcmp(word, "default") == 0) {
        *color = TERM_DEFAULT;
        return true;
    }
    if (word[0] == '#' && strlen(word) == 7 && strspn(word + 1, "0123456789abcdefABCDEF") == 6) {
        *color = TERM_RGB | (gint32)g_ascii_strtoull(word + 1, NULL, 16);
        return true;
    }
    guint64 number;
    const char *digits = g_str_has_prefix(word, "color") ? word + 5 : word;
    if (g_ascii_string_to_unsigned(digits, 10, 0, 255, &number, NULL)) {
        *color = (gint32)number;
        return true;
    }
    if (g_str_has_prefix(word, "bright")) {
        bright = 8;
        word += word[6] == '-' ? 7 : 6;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(color_names); i++) {
        if (strcmp(word, color_names[i]) == 0) {
            *color = (gint32)i + bright;
            return true;
        }
    }
    return false;
}

static bool attr_from_word(const char *word, guint *attrs)
{
    for (gsize i = 0; i < G_N_ELEMENTS(attr_names); i++) {
        if (strcmp(word, attr_names[i].word) == 0) {
            *attrs |= attr_names[i].attrs;
            return true;
        }
    }
    return false;
}

const char *theme_parse(const char *words, term_style *out)
{
    static char unknown[64];
    *out = (term_style){ TERM_INHERIT, TERM_INHERIT, 0 };
    bool ground = false;
    g_auto(GStrv) list = g_strsplit_set(words, " \t", -1);
    for (char **word = list; *word != NULL; word++) {
        if (**word == '\0')
            continue;
        if (strcmp(*word, "on") == 0) {
            ground = true;
        } else if (color_from_word(*word, ground ? &out->bg : &out->fg)) {
            ground = false;
        } else if (ground || !attr_from_word(*word, &out->attrs)) {
            g_strlcpy(unknown, *word, sizeof unknown);
            return unknown;
        }
    }
    return NULL;
}

theme_role theme_role_from_word(const char *word)
{
    theme_role role = 0;
    while (role < LOOK_COUNT && strcmp(roles[role].word, word) != 0)
        role++;
    return role;
}

static void rule_clear(gpointer data)
{
    query_free(((row_rule *)data)->query);
}

static void without_color(term_style *style)
{
    style->fg = style->bg = TERM_INHERIT;
}

/* One rule of the person; a sentence when it makes no sense. */
static char *take_rule(theme *t, const color_rule *rule, gint64 now_s)
{
    term_style style;
    const char *unknown = theme_parse(rule->words, &style);
    if (unknown != NULL)
        return g_strdup_printf(
            _("color %s: '%s' is no colour and no attribute; expected words such as "
              "'bold red on blue', 'color208' or '#d75f00'"),
            rule->what, unknown);
    if (t->mono)
        without_color(&style);
    theme_role role = theme_role_from_word(rule->what);
    if (role < LOOK_COUNT) {
        t->looks[role] = style;
        return NULL;
    }
    if (g_str_has_prefix(rule->what, "label:") || g_str_has_prefix(rule->what, "account:")) {
        g_hash_table_insert(t->names, g_strdup(rule->what), g_memdup2(&style, sizeof style));
        return NULL;
    }
    g_autoptr(GError) error = NULL;
    row_rule row = { .query = query_parse(rule->what, now_s, &error), .style = style };
    if (row.query == NULL)
        return g_strdup_printf(_("color %s: neither a role nor a query: %s"), rule->what,
                               error->message);
    g_array_append_val(t->rules, row);
    return NULL;
}

theme *theme_new(const conf *c, int ncolors, gint64 now_s, command_report_fn report, gpointer data)
{
    theme *t = g_new0(theme, 1);
    t->mono =
        ncolors < 8 || strcmp(conf_text(c, "theme"), "mono") == 0 || g_getenv("NO_COLOR") != NULL;
    t->rules = g_array_new(FALSE, FALSE, sizeof(row_rule));
    g_array_set_clear_func(t->rules, rule_clear);
    t->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (theme_role role = 0; role < LOOK_COUNT; role++)
        theme_parse(t->mono ? roles[role].mono : roles[role].standard, &t->looks[role]);
    const GPtrArray *rules = conf_colors(c);
    for (guint i = 0; i < rules->len; i++) {
        g_autofree char *mistake = take_rule(t, g_ptr_array_index(rules, i), now_s);
        if (mistake != NULL && report != NULL)
            report(mistake, data);
    }
    return t;
}

void theme_free(theme *t)
{
    if (t == NULL)
        return;
    g_array_unref(t->rules);
    g_hash_table_unref(t->names);
    g_free(t);
}

term_style theme_look(const theme *t, theme_role role)
{
    return t->looks[role];
}

term_style theme_name_look(const theme *t, const char *kind, const char *name, theme_role fallback)
{
    g_autofree char *key = g_strdup_printf("%s:%s", kind, name);
    const term_style *found = g_hash_table_lookup(t->names, key);
    return found != NULL ? *found : t->looks[fallback];
}

term_style theme_on_cursor(const theme *t, term_style style)
{
    term_style cursor = t->looks[LOOK_CURSOR];
    cursor.attrs |= style.attrs & (TERM_BOLD | TERM_UNDERLINE | TERM_ITALIC);
    if (cursor.fg == TERM_INHERIT)
        cursor.fg = TERM_DEFAULT;
    if (cursor.bg == TERM_INHERIT)
        cursor.bg = TERM_DEFAULT;
    return cursor;
}

bool theme_row(const theme *t, const mail_summary *s, const char *account, const char *folder,
               term_style *out)
{
    bool any = false;
    for (guint i = 0; i < t->rules->len; i++) {
        const row_rule *rule = &g_array_index(t->rules, row_rule, i);
        if (!query_match(rule->query, s, account, folder))
            continue;
        if (!any)
            *out = (term_style){ TERM_INHERIT, TERM_INHERIT, 0 };
        any = true;
        out->fg = rule->style.fg == TERM_INHERIT ? out->fg : rule->style.fg;
        out->bg = rule->style.bg == TERM_INHERIT ? out->bg : rule->style.bg;
        out->attrs |= rule->style.attrs;
    }
    return any;
}

term_style theme_text(const theme *t, text_style style, guint quote)
{
    static const theme_role of_style[] = {
        [STYLE_PLAIN] = LOOK_NORMAL,
        [STYLE_HEADING] = LOOK_HEADING,
        [STYLE_LINK] = LOOK_LINK,
        [STYLE_CODE] = LOOK_CODE,
        [STYLE_SIGNATURE] = LOOK_SIGNATURE,
        [STYLE_HEADER_NAME] = LOOK_HEADER_NAME,
        [STYLE_HEADER_VALUE] = LOOK_HEADER,
        [STYLE_ATTACHMENT] = LOOK_ATTACHMENT,
        [STYLE_NOTE] = LOOK_NOTE,
        [STYLE_DIFF_ADD] = LOOK_DIFF_ADD,
        [STYLE_DIFF_DELETE] = LOOK_DIFF_DELETE,
        [STYLE_DIFF_HUNK] = LOOK_DIFF_HUNK,
    };
    term_style look = { TERM_INHERIT, TERM_INHERIT, 0 };
    if (quote > 0 && (style == STYLE_PLAIN || style == STYLE_QUOTE))
        return t->looks[LOOK_QUOTE1 + (quote - 1) % 6];
    switch (style) {
    case STYLE_BOLD:
        look.attrs = TERM_BOLD;
        return look;
    case STYLE_ITALIC:
        look.attrs = TERM_ITALIC;
        return look;
    case STYLE_UNDERLINE:
        look.attrs = TERM_UNDERLINE;
        return look;
    case STYLE_QUOTE:
        return t->looks[LOOK_QUOTE1];
    default:
        break;
    }
    return (gsize)style < G_N_ELEMENTS(of_style) ? t->looks[of_style[style]] : look;
}
