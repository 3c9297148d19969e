/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sentences for problems: what failed, where, why in the cause's own words, and what to do.  One table, the
 * first row that fits; the words of servers are sanitised and cut, never believed. */
#include "action/face.h"
#include "base/error.h"
#include "base/i18n.h"
#include "text/sanitise.h"

#include <string.h>

/* The steps of sending changes. */
#define CHANGES "copy move expunge append store-flags folder"

#define LIMIT_WHY 400 /* bytes of foreign words in one sentence: a line or two of a terminal */

typedef struct sentence_row {
    int kind;           /* error_kind; 0 any */
    const char *step;   /* steps separated by blanks; NULL any */
    const char *words;  /* one of these, separated by '|', stands in the detail, in lower case; NULL any */
    const char *text;   /* {host} host:port, {name} the host alone, {why} the cause */
} sentence_row;

/* The lower rooms' causes are clauses ("the host name was not found"), so a row says what failed before {why} and
 * what to do behind it.  Words are looked for in the untranslated cause; where they are not found, the general
 * row of the kind still fits. */
static const sentence_row rows[] = {
    /* TRANSLATORS: {host}, {name} and {why} are replaced and stay as they are. */
    { 0, "engine-gone", NULL,
      N_("the cursus that did the work ended before it said whether '{why}' is done: look, before you do it again") },
    { 0, "password", "no password was given",
      N_("{why}: set password-command in the account, or sync where a password can be asked for") },
    { ERROR_CANCELLED, NULL, NULL, N_("cancelled") },
    { 0, "password", NULL,
      N_("cannot get the password: {why}. Run the account's password-command in a shell, and correct it") },
    { 0, "tunnel", NULL, N_("the tunnel failed: {why}. Run the account's tunnel command in a shell, and correct it") },
    { 0, "settings account", NULL, N_("the account cannot be used: {why}") },
    { 0, "offline", NULL, N_("not possible now: {why}") },

    { ERROR_TLS, "binding", NULL,
      N_("{host}: {why}. If those who run the server changed nothing, somebody may stand between you and them") },
    { ERROR_TLS, NULL, "the pinned one is",
      N_("{host} is not the server that was pinned: {why}. Nothing was sent. Ask those who run it whether they changed "
         "its key, and set pin to the new one only then") },
    { ERROR_TLS, NULL, "revoked", N_("{host} is not trusted: {why}. Nothing was sent. Tell those who run the server") },
    { ERROR_TLS, NULL, "client-certificate", N_("the account cannot be used: {why}") },
    { ERROR_TLS, NULL, "not private|no private|in clear|plaintext",
      N_("{host} offers no private connection, so no password was sent: {why}. Use TLS (imaps://) or a tunnel") },
    { ERROR_TLS, NULL, "is not for|mismatch|does not match",
      N_("{host} is not trusted: {why}. Correct the host in the account's imap address, or set tls-name to the name "
         "in the certificate if that one is right") },
    { ERROR_TLS, NULL, "valid only from|not yet valid",
      N_("{host} is not trusted: {why}. Set the clock of this machine, or tell those who run the server") },
    { ERROR_TLS, NULL, "expired",
      N_("{host} is not trusted: {why}. Tell those who run the server, and look at the clock of this machine; a pin "
         "to the key takes it all the same") },
    { ERROR_TLS, NULL, "ca-file",
      N_("cannot check {host}: {why}. The account's ca-file must be readable and hold certificates in PEM") },
    { ERROR_TLS, NULL, "self-signed|not trusted here|issuer",
      N_("{host} is not trusted: {why}. If the server is your own, set ca-file to the certificate of its authority, or "
         "pin to the key once you have compared it with the server's") },
    { ERROR_TLS, NULL, "does not speak tls|wrong version number",
      N_("no safe connection to {host}: {why}. IMAP with TLS is usually on port 993") },
    { ERROR_TLS, NULL, NULL,
      N_("no safe connection to {host}: {why}. Nothing was sent. Check host and port; for a server of your own set "
         "ca-file") },

    { ERROR_NETWORK, "resolve", NULL,
      N_("cannot find {name}: {why}. Check its spelling in the account's imap address, and the network") },
    { ERROR_NETWORK, "connect", "refused",
      N_("cannot connect to {host}: {why}. Is the port right, and does the server run?") },
    { ERROR_NETWORK, "connect", NULL,
      N_("cannot connect to {host}: {why}. Check the network, then host and port") },
    { ERROR_NETWORK, "tls greeting", NULL,
      N_("cannot connect to {host}: {why}. Is there IMAP with TLS on this port (usually 993)?") },
    { ERROR_NETWORK, NULL, NULL,
      N_("the connection to {host} broke: {why}. Nothing is lost; the next sync goes on from here") },
    { ERROR_TIMEOUT, "resolve connect tls greeting", NULL,
      N_("cannot connect to {host}: {why}. Check host and port; a firewall may swallow the connection") },
    { ERROR_TIMEOUT, NULL, NULL,
      N_("{host} fell silent: {why}. Nothing is lost; the next sync goes on from here") },

    { ERROR_AUTH, NULL, NULL,
      N_("{host} refused the login: {why}. Check the user in the account's imap address, and the password; some "
         "providers want an app password") },
    { ERROR_REFUSED, "login", NULL,
      N_("{host} refused the login: {why}. Check the user in the account's imap address, and the password") },
    { ERROR_REFUSED, "greeting connect capability", NULL, N_("{host} refuses service: {why}. Try again later") },
    { ERROR_REFUSED, "select folder", NULL,
      N_("{host} does not open a folder: {why}. It may be gone or forbidden; a sync brings the folder list up to "
         "date") },
    { ERROR_REFUSED, CHANGES, NULL,
      N_("{host} refused a change: {why}. 'cursus journal' lists it; it can be sent again, or forgotten") },
    { ERROR_REFUSED, "export import get search", NULL, N_("not everything could be done: {why}") },
    { ERROR_REFUSED, "fetch", NULL,
      N_("cannot fetch the message: {why}. A sync brings the folder up to date") },
    { ERROR_REFUSED, NULL, NULL,
      N_("{host} refused: {why}. 'cursus journal list' shows the changes that were refused") },
    { ERROR_PROTOCOL, NULL, NULL,
      N_("{host} answers what is no IMAP: {why}. Check the port; --log FILE -d wire=trace shows the conversation") },
    { ERROR_QUOTA, NULL, NULL,
      N_("there is no room left: {why}. Delete mail, or ask those who run the server for more") },

    { 0, NULL, "no space left|disk is full",
      N_("the disk is full: {why}. Make room and try again; what was stored is kept") },
    { 0, "beginning", NULL, N_("only the beginning of this message is stored here: {why}") },
    { ERROR_DISK, "salvage", NULL,
      N_("the mail store was damaged and has been set aside ({why}); what could be read of it was saved, and the next "
         "sync fetches the rest") },
    { ERROR_DISK, "network-store", NULL,
      N_("the mail store lies on a network file system ({why}), where its log is not safe when two machines use it: "
         "set XDG_DATA_HOME to a directory of this machine") },
    { ERROR_DISK, "cache", NULL,
      N_("the store of message bodies was damaged and has been set aside ({why}); bodies are fetched again when they "
         "are wanted") },
    { ERROR_DISK, "cache-gone", NULL,
      N_("the store of message bodies was gone ({why}); bodies are fetched again when they are wanted") },
    { ERROR_DISK, NULL, "is damaged|malformed|not a database|is not a file of cursus",
      N_("the mail store is damaged: {why}. 'cursus store check' says more; the next sync sets it aside, saves what "
         "can be read and fetches the rest") },
    { ERROR_DISK, "export import", NULL, N_("the file cannot be read or written: {why}") },
    { ERROR_INPUT, "store", NULL, N_("the mail store cannot be used: {why}") },
    { ERROR_DISK, "store", NULL,
      N_("the mail store cannot be used: {why}. Check that its directory can be written and has room") },
    { ERROR_BUSY, "connect", NULL, N_("nothing to do: {why}") },
    { ERROR_BUSY, "keeper act", NULL, N_("not possible now: {why}. Try again in a moment") },
    { ERROR_BUSY, NULL, NULL, N_("another cursus is at work on this mail: {why}. Use that one, or leave it first") },
    { ERROR_INTERNAL, NULL, NULL, N_("a mistake inside cursus: {why}. Please report it") },
    { 0, NULL, NULL, "{why}" },
};

static bool word_in(const char *words, char separator, const char *text, bool whole)
{
    const char sep[] = { separator, '\0' };
    g_auto(GStrv) list = g_strsplit(words, sep, -1);
    for (char **w = list; *w != NULL; w++)
        if (whole ? strcmp(*w, text) == 0 : strstr(text, *w) != NULL)
            return true;
    return false;
}

/* An account without a host is behind a tunnel: what fails before the login is the tunnel's. */
static const char *step_of(const mtm_problem *p)
{
    bool dialling = p->step != NULL && word_in("connect tls greeting", ' ', p->step, true);
    bool dead = p->kind == ERROR_NETWORK || p->kind == ERROR_TIMEOUT;
    return dialling && dead && p->account != NULL && p->host == NULL ? "tunnel" : p->step;
}

static const char *sentence_for(const mtm_problem *p, const char *why)
{
    g_autofree char *lower = g_ascii_strdown(why, -1);
    const char *step = step_of(p);
    const sentence_row *row = rows;
    for (; row < &rows[G_N_ELEMENTS(rows) - 1]; row++) {
        if (row->kind != 0 && row->kind != p->kind)
            continue;
        if (row->step != NULL && (step == NULL || !word_in(row->step, ' ', step, true)))
            continue;
        if (row->words == NULL || word_in(row->words, '|', lower, false))
            break;
    }
    return row->text;
}

/* Foreign words as they may stand inside a sentence: one line, not long, no full stop of their own. */
static char *quoted_cause(const char *detail)
{
    char *why = text_sanitise_line(detail != NULL ? detail : "", -1);
    g_strstrip(why);
    gsize n = strlen(why);
    if (n > LIMIT_WHY) {
        char *end = g_utf8_find_prev_char(why, why + LIMIT_WHY);
        *end = '\0';
        char *cut = g_strconcat(why, "…", NULL);
        g_free(why);
        return cut;
    }
    while (n > 0 && (why[n - 1] == '.' || why[n - 1] == ' '))
        why[--n] = '\0';
    if (n == 0) {
        g_free(why);
        why = g_strdup(_("no reason was given"));
    }
    return why;
}

static void expand(GString *out, const char *text, const char *host, const char *name, const char *why)
{
    const struct {
        const char *key, *value;
    } keys[] = { { "{host}", host }, { "{name}", name }, { "{why}", why } };
    while (*text != '\0') {
        gsize i = 0;
        while (i < G_N_ELEMENTS(keys) && !g_str_has_prefix(text, keys[i].key))
            i++;
        if (i < G_N_ELEMENTS(keys)) {
            g_string_append(out, keys[i].value);
            text += strlen(keys[i].key);
        } else
            g_string_append_c(out, *text++);
    }
}

char *action_sentence(const mtm_problem *p)
{
    g_autofree char *why = quoted_cause(p->detail);
    g_autofree char *name = text_sanitise_line(p->host != NULL ? p->host : _("the server"), -1);
    g_autofree char *host = p->host != NULL && p->port != 0 ? g_strdup_printf("%s:%u", name, p->port)
                                                            : g_strdup(name);
    GString *out = g_string_new(NULL);
    if (p->account != NULL) {
        g_autofree char *account = text_sanitise_line(p->account, -1);
        g_string_append_printf(out, "%s: ", account);
    }
    const char *text = sentence_for(p, why);
    expand(out, strcmp(text, "{why}") == 0 ? text : _(text), host, name, why);
    return g_string_free(out, FALSE);
}

bool action_is_refusal(const mtm_problem *p)
{
    return p->kind == ERROR_REFUSED && p->step != NULL && word_in(CHANGES, ' ', p->step, true);
}

char *action_sentence_error(const GError *error)
{
    mtm_problem p = { .kind = error_kind_of(error), .detail = error->message };
    /* GLib's own errors name file and cause: nothing to add. */
    if (p.kind == ERROR_INTERNAL && error->domain != CURSUS_ERROR)
        p.kind = 0;
    return action_sentence(&p);
}
