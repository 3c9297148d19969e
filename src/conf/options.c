/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of options, and checking a value against its row.  Options of an account are filled into
 * model/account.h's struct by accounts.c. */
#include "conf/internal.h"
#include "base/error.h"
#include "base/i18n.h"

#include <string.h>

static const option_row options[] = {
    { "sort", OPTION_CHOICE, "threads", "threads date from subject size", 0, 0, NULL, false, true,
      N_("order of the message list") },
    { "reverse", OPTION_BOOL, "no", NULL, 0, 0, NULL, false, true, N_("turn the order of the message list round") },
    { "sidebar", OPTION_CHOICE, "auto", "auto yes no", 0, 0, NULL, false, false,
      N_("show the folder tree; auto: from 110 columns") },
    { "sidebar-width", OPTION_NUMBER, "26", NULL, 10, 80, "columns", false, false, N_("width of the folder tree") },
    { "hints", OPTION_BOOL, "yes", NULL, 0, 0, NULL, false, false, N_("show the keys at the bottom") },
    { "theme", OPTION_CHOICE, "default", "default mono", 0, 0, NULL, false, false, N_("colours; mono: none") },
    { "accessible", OPTION_BOOL, "no", NULL, 0, 0, NULL, false, false,
      N_("no line drawing and no marks beyond ASCII, for screen readers") },
    { "mouse", OPTION_CHOICE, "no", "no", 0, 0, NULL, false, false, N_("the mouse is left to the terminal") },
    { "quit-asks", OPTION_BOOL, "no", NULL, 0, 0, NULL, false, false, N_("ask before leaving") },
    { "mark-seen", OPTION_BOOL, "yes", NULL, 0, 0, NULL, false, false, N_("a message that is opened becomes read") },
    { "wrap", OPTION_NUMBER, "0", "screen=0", 0, 1000, "columns", false, false,
      N_("width of a message's text; 0: the screen's") },
    { "cache-limit", OPTION_NUMBER, "2G", "none=0", 0, G_GINT64_CONSTANT(1) << 50, "bytes", false, false,
      N_("how much room fetched messages may take on the disk; 0: no limit") },
    { "html", OPTION_CHOICE, "plain", "plain text", 0, 0, NULL, false, false,
      N_("HTML mail: its plain part where it has one, or formatted text") },

    { "address", OPTION_TEXT, "", NULL, 0, 0, NULL, true, false, N_("your address, with your name if you like") },
    { "name", OPTION_TEXT, "", NULL, 0, 0, NULL, true, false, N_("your name") },
    { "imap", OPTION_TEXT, "", NULL, 0, 0, NULL, true, false, N_("the IMAP server: imaps://USER@HOST[:PORT]") },
    { "smtp", OPTION_TEXT, "", NULL, 0, 0, NULL, true, false, N_("the submission server: smtps://USER@HOST[:PORT]") },
    { "auth", OPTION_CHOICE, "auto", 
      "auto plain login scram-sha-256 scram-sha-1 oauthbearer xoauth2 external cram-md5 gssapi anonymous", 0, 0, NULL, true,
      false, N_("how to log in") },
    { "password-command", OPTION_TEXT, "", NULL, 0, 0, NULL, true, false,
      N_("a command whose first line of output is the password; without it you are asked") },
    { "token-command", OPTION_TEXT, "", NULL, 0, 0, NULL, true, false,
      N_("a command whose first line of output is an OAuth2 access token, used instead of a password") },
    { "ca-file", OPTION_TEXT, "", NULL, 0, 0, NULL, true, false, N_("a PEM file of further certificate authorities") },
    { "tls-name", OPTION_TEXT, "", NULL, 0, 0, NULL, true, false, N_("the name the certificate must have, if not the host's") },
    { "pin", OPTION_TEXT, "", NULL, 0, 0, NULL, true, false,
      N_("sha256:HEX, the key of a server whose certificate cannot be verified") },
    { "client-certificate", OPTION_TEXT, "", NULL, 0, 0, NULL, true, false,
      N_("a PEM file with a certificate and its key, shown to the server") },
    { "tunnel", OPTION_TEXT, "", NULL, 0, 0, NULL, true, false,
      N_("a command whose standard input and output are the connection") },
    { "proxy", OPTION_TEXT, "", NULL, 0, 0, NULL, true, false,
      N_("a proxy to connect through: socks5://HOST[:PORT], socks4a://... or http://...") },
    { "capabilities", OPTION_TEXT, "", NULL, 0, 0, NULL, true, false,
      N_("no-NAME ...: what the server announces and does not do well") },
    { "compress", OPTION_CHOICE, "auto", "auto yes no", 0, 0, NULL, true, false,
      N_("compress what goes over the line; auto: where that is faster") },
    { "sync", OPTION_TEXT, "subscribed-remote", "subscribed-remote subscribed-local subscribed-either all", 0, 0, NULL,
      true, false, N_("which folders are kept: by subscription, all, or a list of names") },
    { "sync-interval", OPTION_NUMBER, "300", "never=0", 0, 7 * 86400, "s", true, false, N_("time between two synchronisations; 0: never") },
    { "idle", OPTION_BOOL, "yes", NULL, 0, 0, NULL, true, false, N_("let the server tell of new mail at once (IDLE)") },
    { "idle-timeout", OPTION_NUMBER, "0", "auto=0", 0, 1740, "s", true, false, N_("renew IDLE after this time; 0: automatic") },
    { "stay-online", OPTION_BOOL, "yes", NULL, 0, 0, NULL, true, false, N_("connect again when the connection breaks") },
    { "inbox-limit", OPTION_NUMBER, "-1", "all=-1 none=0", -1, G_MAXINT32, "messages", true, false,
      N_("how many of the newest messages of the inbox are kept; -1: all") },
    { "folder-limit", OPTION_NUMBER, "-1", "all=-1 none=0", -1, G_MAXINT32, "messages", true, false,
      N_("the same for each other folder") },
    { "bodies", OPTION_CHOICE, "text", "headers text all", 0, 0, NULL, true, false, N_("what of a message is fetched in advance") },
    { "bodies-age", OPTION_NUMBER, "30d", "all=0", 0, G_MAXINT32, "s", true, false,
      N_("bodies text: how old messages may be that are fetched whole") },
    { "bodies-size", OPTION_NUMBER, "256K", "all=0", 0, G_MAXINT32, "bytes", true, false,
      N_("bodies text: how large messages may be that are fetched whole") },
    { "text-limit", OPTION_NUMBER, "16K", "none=0", 0, 64 << 20, "bytes", true, false,
      N_("how much is fetched of a message that is not fetched whole: its beginning, where the text is") },
    { "attachment-limit", OPTION_NUMBER, "-1", "none=-1", -1, G_MAXINT32, "bytes", true, false,
      N_("larger messages with attachments are not fetched whole in advance") },
    { "total-limit", OPTION_NUMBER, "-1", "none=-1", -1, G_GINT64_CONSTANT(1) << 50, "bytes", true, false,
      N_("how much is fetched in advance after one synchronisation") },
    { "search-filter", OPTION_TEXT, "", NULL, 0, 0, NULL, true, false,
      N_("a query: only messages that match are fetched in advance") },
    { "metered", OPTION_BOOL, "no", NULL, 0, 0, NULL, true, false,
      N_("the line is paid by volume: metered-bodies counts instead of bodies") },
    { "metered-bodies", OPTION_CHOICE, "headers", "headers text all", 0, 0, NULL, true, false,
      N_("what is fetched in advance on a metered line") },
    { "fetch-chunk", OPTION_NUMBER, "256K", NULL, 16 << 10, 64 << 20, "bytes", true, false,
      N_("large messages are fetched in pieces of this size, and go on where they were cut") },
    { "seen", OPTION_CHOICE, "read", "read sync never", 0, 0, NULL, true, false, N_("when the server learns that a message was read") },
    { "delete", OPTION_CHOICE, "trash", "trash mark expunge", 0, 0, NULL, true, false,
      N_("what deleting does: move to the trash, mark, or remove at once") },
    { "expunge-on-disconnect", OPTION_BOOL, "no", NULL, 0, 0, NULL, true, false,
      N_("messages that were marked deleted here are removed at the disconnect") },
    { "subscribe", OPTION_CHOICE, "neither", "neither local remote both", 0, 0, NULL, true, false,
      N_("what subscribing to a folder changes: the mark here, the server's, or both") },
    { "sent", OPTION_TEXT, "", NULL, 0, 0, NULL, true, false, N_("the folder for sent mail, if not the one the server names") },
    { "drafts", OPTION_TEXT, "", NULL, 0, 0, NULL, true, false, N_("the same for drafts") },
    { "trash", OPTION_TEXT, "", NULL, 0, 0, NULL, true, false, N_("the same for deleted mail") },
    { "junk", OPTION_TEXT, "", NULL, 0, 0, NULL, true, false, N_("the same for spam") },
    { "archive", OPTION_TEXT, "", NULL, 0, 0, NULL, true, false, N_("the same for archived mail") },
    { "path-prefix", OPTION_TEXT, "", NULL, 0, 0, NULL, true, false,
      N_("only folders below this one are listed, beside the inbox") },
    { "separator", OPTION_TEXT, "", NULL, 0, 0, NULL, true, false,
      N_("what the server puts between the levels of folder names, if it does not say so itself") },
    { "connect-timeout", OPTION_NUMBER, "30", NULL, 1, 600, "s", true, false, N_("how long connecting may take") },
    { NULL },
};

const option_row *conf_options(void)
{
    return options;
}

const option_row *conf_option(const char *name)
{
    g_autofree char *dashed = g_strdelimit(g_strdup(name), "_", '-');
    for (const option_row *row = options; row->name != NULL; row++)
        if (strcmp(row->name, dashed) == 0)
            return row;
    return NULL;
}

const option_row *option_find(const char *name, GError **error)
{
    static const char *const secrets[] = { "password", "pass", "passwd", "imap-password", "imap-pass", "imap_pass",
                                           "smtp-password", "smtp-pass", "smtp_pass" };
    const option_row *row = conf_option(name);
    if (row != NULL)
        return row;
    for (gsize i = 0; i < G_N_ELEMENTS(secrets); i++)
        if (g_ascii_strcasecmp(name, secrets[i]) == 0) {
            error_set(error, ERROR_INPUT,
                      _("there is no option '%s': a password does not belong into a file; "
                        "set password-command \"COMMAND\" to one that prints it, or leave it out to be asked"), name);
            return NULL;
        }
    const char *names[G_N_ELEMENTS(options)];
    gsize n = 0;
    for (row = options; row->name != NULL; row++)
        names[n++] = row->name;
    const char *near = command_near_word(name, names, n);
    if (near != NULL)
        error_set(error, ERROR_INPUT, _("there is no option '%s'; did you mean '%s'?"), name, near);
    else
        error_set(error, ERROR_INPUT, _("there is no option '%s'; expected one such as sort, sidebar or theme"), name);
    return NULL;
}

void value_free(value *v)
{
    if (v == NULL)
        return;
    g_free(v->text);
    g_free(v->origin);
    g_free(v);
}

static value *value_new(char *text, gint64 number, const char *origin)
{
    value *v = g_new0(value, 1);
    v->text = text;
    v->number = number;
    v->origin = g_strdup(origin);
    return v;
}

char *option_choices(const option_row *row)
{
    g_auto(GStrv) words = g_strsplit(row->choices, " ", -1);
    g_autoptr(GString) out = g_string_new(words[0]);
    for (int i = 1; words[i] != NULL; i++)
        g_string_append_printf(out, words[i + 1] != NULL ? ", %s" : _(" or %s"), words[i]);
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static value *parse_bool(const option_row *row, const char *text, const char *origin, GError **error)
{
    static const char *const words[] = { "no", "yes", "off", "on", "false", "true", "0", "1" };
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_ascii_strcasecmp(text, words[i]) == 0)
            return value_new(g_strdup(i % 2 == 1 ? "yes" : "no"), i % 2, origin);
    error_set(error, ERROR_INPUT, _("'%s' cannot be '%s'; expected yes or no"), row->name, text);
    return NULL;
}

static value *parse_choice(const option_row *row, const char *text, const char *origin, GError **error)
{
    g_auto(GStrv) words = g_strsplit(row->choices, " ", -1);
    for (int i = 0; words[i] != NULL; i++)
        if (g_ascii_strcasecmp(text, words[i]) == 0)
            return value_new(g_strdup(words[i]), i, origin);
    g_autofree char *allowed = option_choices(row);
    error_set(error, ERROR_INPUT, _("'%s' cannot be '%s'; expected %s"), row->name, text, allowed);
    return NULL;
}

/* The number a word stands for ("all=-1"). */
static bool number_word(const option_row *row, const char *text, gint64 *number)
{
    g_auto(GStrv) words = g_strsplit(row->choices != NULL ? row->choices : "", " ", -1);
    for (char **word = words; *word != NULL; word++) {
        char *equals = strchr(*word, '=');
        if (equals == NULL)
            continue;
        *equals = '\0';
        if (g_ascii_strcasecmp(text, *word) == 0)
            return g_ascii_string_to_signed(equals + 1, 10, G_MININT64, G_MAXINT64, number, NULL);
    }
    return false;
}

static const struct unit {
    const char *of;
    char letter;
    gint64 factor;
} units[] = {
    { "s", 's', 1 },         { "s", 'm', 60 },        { "s", 'h', 3600 },    { "s", 'd', 86400 },
    { "bytes", 'G', 1 << 30 }, { "bytes", 'M', 1 << 20 }, { "bytes", 'K', 1 << 10 },
};

/* "300", "90s", "5m", "1h", "1d" in seconds; "2G", "500M", "64K" in bytes. */
static bool number_of(const option_row *row, const char *text, gint64 *number)
{
    g_autofree char *digits = g_strdup(text);
    gsize n = strlen(digits);
    gint64 factor = 1;
    for (gsize i = 0; n > 1 && i < G_N_ELEMENTS(units); i++)
        if (g_strcmp0(row->unit, units[i].of) == 0 && g_ascii_toupper(digits[n - 1]) == g_ascii_toupper(units[i].letter)) {
            factor = units[i].factor;
            digits[n - 1] = '\0';
            break;
        }
    gint64 count, most = g_strcmp0(row->unit, "bytes") == 0 ? G_MAXINT64 / factor : G_MAXINT32;
    if (!g_ascii_string_to_signed(digits, 10, -most, most, &count, NULL))
        return false;
    *number = count * factor;
    return true;
}

/* As a person would write it: "256K", "30d". */
static char *number_text(const option_row *row, gint64 number)
{
    for (gsize i = 0; number > 0 && i < G_N_ELEMENTS(units); i++)
        if (g_strcmp0(row->unit, units[i].of) == 0 && number % units[i].factor == 0 &&
            (units[i].letter == 'd' || strcmp(units[i].of, "bytes") == 0))
            return g_strdup_printf("%" G_GINT64_FORMAT "%c", number / units[i].factor, units[i].letter);
    return g_strdup_printf("%" G_GINT64_FORMAT, number);
}

static value *parse_number(const option_row *row, const char *text, const char *origin, GError **error)
{
    gint64 number = 0;
    if ((number_word(row, text, &number) || number_of(row, text, &number)) && number >= row->min && number <= row->max)
        return value_new(number_text(row, number), number, origin);
    g_autofree char *low = number_text(row, row->min);
    g_autofree char *high = number_text(row, row->max);
    if (g_strcmp0(row->unit, "s") == 0)
        error_set(error, ERROR_INPUT, _("'%s' cannot be '%s'; expected seconds from %s to %s, or a time such as 5m or 1h"),
                  row->name, text, low, high);
    else if (g_strcmp0(row->unit, "bytes") == 0)
        error_set(error, ERROR_INPUT, _("'%s' cannot be '%s'; expected bytes from %s to %s, such as 64K, 500M or 2G"),
                  row->name, text, low, high);
    else
        error_set(error, ERROR_INPUT, _("'%s' cannot be '%s'; expected a number from %s to %s"), row->name, text, low, high);
    return NULL;
}

static value *parse_text(const option_row *row, const char *text, const char *origin, GError **error)
{
    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p))
        if (g_unichar_iscntrl(g_utf8_get_char(p)) && *p != '\t') {
            error_set(error, ERROR_INPUT, _("'%s' cannot hold a control character; expected one line of text"), row->name);
            return NULL;
        }
    return value_new(g_strdup(text), 0, origin);
}

value *option_parse(const option_row *row, const char *text, const char *origin, GError **error)
{
    if (!g_utf8_validate(text, -1, NULL)) {
        error_set(error, ERROR_INPUT, _("the value of '%s' is not valid UTF-8"), row->name);
        return NULL;
    }
    switch (row->type) {
    case OPTION_BOOL: return parse_bool(row, text, origin, error);
    case OPTION_CHOICE: return parse_choice(row, text, origin, error);
    case OPTION_NUMBER: return parse_number(row, text, origin, error);
    case OPTION_TEXT: break;
    }
    return parse_text(row, text, origin, error);
}
