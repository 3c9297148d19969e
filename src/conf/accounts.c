/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Accounts: their options checked and filled into account_settings.  Nothing is connected or read here; what a
 * setting means is mtm's business. */
#include "conf/internal.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/i18n.h"
#include "base/paths.h"
#include "model/address.h"
#include "model/query.h"

#include <gio/gio.h>
#include <stddef.h>
#include <string.h>

#define IMAPS_PORT 993
#define IMAP_PORT 143
#define SUBMISSIONS_PORT 465 /* RFC 8314 */
#define SUBMISSION_PORT 587
#define PROXY_PORT 1080 /* SOCKS, RFC 1928 */

void account_free(conf_account *a)
{
    if (a == NULL)
        return;
    account_settings_free(a->settings);
    g_hash_table_unref(a->values);
    g_free(a);
}

conf_account *account_find(const conf *c, const char *name)
{
    for (guint i = 0; i < c->states->len; i++) {
        conf_account *a = g_ptr_array_index(c->states, i);
        if (strcmp(a->settings->name, name) == 0)
            return a;
    }
    return NULL;
}

/* The name stands before ':' in folder names and in file names. */
static bool name_valid(const char *name)
{
    for (const char *p = name; *p != '\0'; p = g_utf8_next_char(p))
        if (!g_unichar_isalnum(g_utf8_get_char(p)) && strchr("._-", *p) == NULL)
            return false;
    return name[0] != '\0' && name[0] != '.' && name[0] != '-' && strspn(name, "0123456789") != strlen(name);
}

conf_account *account_open(conf *c, const char *name, GError **error)
{
    conf_account *a = account_find(c, name);
    if (a != NULL)
        return a;
    if (!name_valid(name)) {
        error_set(error, ERROR_INPUT,
                  _("'%s' is no name of an account; expected letters, digits, '_', '-' and '.', not only digits"), name);
        return NULL;
    }
    a = g_new0(conf_account, 1);
    a->settings = account_settings_new(name);
    a->values = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)value_free);
    g_ptr_array_add(c->states, a);
    g_ptr_array_add(c->accounts, a->settings);
    return a;
}

static void replace(char **field, const char *text)
{
    g_free(*field);
    *field = text != NULL && text[0] != '\0' ? g_strdup(text) : NULL;
}

static const char *text_of(const conf_account *a, const char *option)
{
    const value *v = g_hash_table_lookup(a->values, option);
    return v != NULL ? v->text : "";
}

/* ---- options whose text means more than itself.  Each gets a checked value, "" for its default. */

/* An "imap" without a user logs in as the address, whichever of the two was set last. */
static void settle_user(conf_account *a, const char *imap, const char *address)
{
    server_url u = { 0 };
    bool has_user = imap[0] != '\0' && server_url_parse(imap, "imap", IMAPS_PORT, IMAP_PORT, &u, NULL) && u.user != NULL;
    replace(&a->settings->imap_user, has_user ? u.user : address);
    server_url_clear(&u);
}

static bool set_address(conf_account *a, const char *text, GError **error)
{
    g_autoptr(address) parsed = NULL;
    if (text[0] != '\0') {
        g_autoptr(GError) own = NULL;
        parsed = address_parse(text, &own);
        if (parsed == NULL || strchr(parsed->mailbox, '@') == NULL) {
            error_set(error, ERROR_INPUT, _("'%s' is not an address (%s); expected ada@example.org or \"Ada Lovelace <ada@example.org>\""),
                      text, own != NULL ? own->message : _("it has no '@'"));
            return false;
        }
    }
    replace(&a->settings->address, parsed != NULL ? parsed->mailbox : NULL);
    if (text_of(a, "name")[0] == '\0')
        replace(&a->settings->real_name, parsed != NULL ? parsed->name : NULL);
    settle_user(a, text_of(a, "imap"), parsed != NULL ? parsed->mailbox : "");
    return true;
}

static bool set_name(conf_account *a, const char *text, GError **error)
{
    g_autoptr(address) parsed = NULL;
    if (text[0] == '\0' && text_of(a, "address")[0] != '\0')
        parsed = address_parse(text_of(a, "address"), NULL);
    replace(&a->settings->real_name, parsed != NULL ? parsed->name : text);
    return true;
}

static bool set_imap(conf_account *a, const char *text, GError **error)
{
    server_url u = { .port = IMAPS_PORT };
    if (text[0] != '\0' && !server_url_parse(text, "imap", IMAPS_PORT, IMAP_PORT, &u, error))
        return false;
    replace(&a->settings->imap_host, u.host);
    a->settings->imap_port = u.port;
    a->settings->imap_starttls = u.starttls;
    settle_user(a, text, a->settings->address != NULL ? a->settings->address : "");
    server_url_clear(&u);
    return true;
}

static bool set_smtp(conf_account *a, const char *text, GError **error)
{
    server_url u = { 0 };
    if (text[0] != '\0' && !server_url_parse(text, "smtp", SUBMISSIONS_PORT, SUBMISSION_PORT, &u, error))
        return false;
    server_url_clear(&u);
    replace(&a->settings->smtp_url, text);
    return true;
}

static bool set_ca_file(conf_account *a, const char *text, GError **error)
{
    g_autofree char *path = path_expand(text);
    replace(&a->settings->ca_file, path);
    return true;
}

static bool set_client_certificate(conf_account *a, const char *text, GError **error)
{
    g_autofree char *path = path_expand(text);
    replace(&a->settings->client_certificate, path);
    return true;
}

/* As other programs print it too: with colons, without "sha256:", in either case. */
static bool set_pin(conf_account *a, const char *text, GError **error)
{
    const char *digits = g_ascii_strncasecmp(text, "sha256:", 7) == 0 ? text + 7 : text;
    g_autoptr(GString) pin = g_string_new("sha256:");
    for (const char *p = digits; *p != '\0'; p++)
        if (g_ascii_isxdigit(*p))
            g_string_append_c(pin, g_ascii_tolower(*p));
        else if (*p != ':')
            g_string_append_c(pin, '?');
    if (digits[0] != '\0' && (pin->len != 7 + 64 || strchr(pin->str, '?') != NULL)) {
        error_set(error, ERROR_INPUT, _("'%s' is not a key; expected sha256: and 64 hexadecimal digits"), text);
        return false;
    }
    replace(&a->settings->pin, digits[0] != '\0' ? pin->str : NULL);
    return true;
}

/* "no-QRESYNC no-IDLE": words of the server's announcement that are not believed. */
static bool set_capabilities(conf_account *a, const char *text, GError **error)
{
    g_auto(GStrv) words = command_words(text, error);
    if (words == NULL)
        return false;
    for (char **w = words; *w != NULL; w++) {
        if (g_ascii_strncasecmp(*w, "no-", 3) != 0 || (*w)[3] == '\0') {
            error_set(error, ERROR_INPUT, _("'%s' is not understood; expected no- and the name of a capability, such as no-QRESYNC"), *w);
            return false;
        }
        char *name = g_ascii_strup(*w + 3, -1);
        g_free(*w);
        *w = name;
    }
    g_strfreev(a->settings->no_capabilities);
    a->settings->no_capabilities = words[0] != NULL ? g_steal_pointer(&words) : NULL;
    return true;
}

/* A password in it would stand in a file: a proxy that wants one is reached through a tunnel. */
static bool set_proxy(conf_account *a, const char *text, GError **error)
{
    static const char *const schemes[] = { "socks5://", "socks4a://", "socks4://", "http://" };
    bool known = text[0] == '\0';
    for (gsize i = 0; i < G_N_ELEMENTS(schemes); i++)
        known |= g_ascii_strncasecmp(text, schemes[i], strlen(schemes[i])) == 0;
    g_autoptr(GSocketConnectable) address =
        known && text[0] != '\0' ? g_network_address_parse_uri(text, PROXY_PORT, NULL) : NULL;
    if (text[0] != '\0' && (address == NULL || strchr(text, '@') != NULL)) {
        error_set(error, ERROR_INPUT,
                  _("'%s' is not a proxy; expected socks5://HOST:PORT, socks4a://HOST:PORT or http://HOST:PORT, without a password"),
                  text);
        return false;
    }
    replace(&a->settings->proxy, text);
    return true;
}

static bool set_search_filter(conf_account *a, const char *text, GError **error)
{
    g_autoptr(query) parsed = text[0] != '\0' ? query_parse(text, clock_now_s(), error) : NULL;
    if (text[0] != '\0' && parsed == NULL)
        return false;
    replace(&a->settings->search_filter, text);
    return true;
}

static bool set_separator(conf_account *a, const char *text, GError **error)
{
    if (strlen(text) > 1 || (text[0] != '\0' && !g_ascii_ispunct(text[0]))) {
        error_set(error, ERROR_INPUT, _("'%s' is not a separator; expected one character such as / or ."), text);
        return false;
    }
    a->settings->separator = text[0];
    return true;
}

static bool set_sync(conf_account *a, const char *text, GError **error)
{
    const option_row *row = conf_option("sync");
    g_auto(GStrv) choices = g_strsplit(row->choices, " ", -1);
    const char *asked = text[0] != '\0' ? text : row->standard;
    int place = 0;
    while (choices[place] != NULL && g_ascii_strcasecmp(choices[place], asked) != 0)
        place++;
    g_auto(GStrv) list = NULL;
    if (choices[place] == NULL) {
        list = command_words(asked, error);
        if (list == NULL)
            return false;
        if (list[0] == NULL || g_str_has_prefix(asked, "subscribed")) {
            g_autofree char *allowed = option_choices(row);
            error_set(error, ERROR_INPUT, _("'sync' cannot be '%s'; expected %s, or names of folders"), asked, allowed);
            return false;
        }
    }
    g_strfreev(a->settings->sync_list);
    a->settings->sync_list = g_steal_pointer(&list);
    a->settings->sync = (sync_choice)place; /* behind the last choice: a list */
    return true;
}
G_STATIC_ASSERT(SYNC_SUBSCRIBED_REMOTE == 0 && SYNC_ALL == 3 && SYNC_LIST == 4);
G_STATIC_ASSERT(AUTH_AUTO == 0 && AUTH_LOGIN == 2 && AUTH_SCRAM_SHA_256 == 3 && AUTH_ANONYMOUS == 10);
G_STATIC_ASSERT(COMPRESS_AUTO == 0 && COMPRESS_YES == 1 && COMPRESS_NO == 2);
G_STATIC_ASSERT(BODIES_HEADERS == 0 && BODIES_TEXT == 1 && BODIES_ALL == 2);
G_STATIC_ASSERT(DELETE_TRASH == 0 && DELETE_MARK == 1 && DELETE_EXPUNGE == 2);
G_STATIC_ASSERT(SUBSCRIBE_NEITHER == 0 && SUBSCRIBE_LOCAL == 1 && SUBSCRIBE_REMOTE == 2 && SUBSCRIBE_BOTH == 3);
G_STATIC_ASSERT(SEEN_READ == 0 && SEEN_SYNC == 1 && SEEN_NEVER == 2);

static bool set_auth(conf_account *a, const value *v)
{
    a->settings->auth = (auth_choice)v->number;
    return true;
}

static bool set_compress(conf_account *a, const value *v)
{
    a->settings->compress = (compress_choice)v->number;
    return true;
}

static bool set_bodies(conf_account *a, const value *v)
{
    a->settings->bodies = (body_choice)v->number;
    return true;
}

static bool set_seen(conf_account *a, const value *v)
{
    a->settings->seen = (seen_choice)v->number;
    return true;
}

static bool set_metered_bodies(conf_account *a, const value *v)
{
    a->settings->metered_bodies = (body_choice)v->number;
    return true;
}

static bool set_delete(conf_account *a, const value *v)
{
    a->settings->del = (delete_choice)v->number;
    return true;
}

static bool set_subscribe(conf_account *a, const value *v)
{
    a->settings->subscribe = (subscribe_choice)v->number;
    return true;
}

typedef enum field_kind { FIELD_TEXT, FIELD_INT, FIELD_BOOL, FIELD_MEANING, FIELD_CHOICE, FIELD_BYTES } field_kind;

static const struct field {
    const char *option;
    field_kind kind;
    gsize offset; /* in account_settings, of the first three */
    bool (*meaning)(conf_account *a, const char *text, GError **error);
    bool (*choice)(conf_account *a, const value *v);
} fields[] = {
    { "address", FIELD_MEANING, 0, set_address },
    { "name", FIELD_MEANING, 0, set_name },
    { "imap", FIELD_MEANING, 0, set_imap },
    { "smtp", FIELD_MEANING, 0, set_smtp },
    { "ca-file", FIELD_MEANING, 0, set_ca_file },
    { "client-certificate", FIELD_MEANING, 0, set_client_certificate },
    { "pin", FIELD_MEANING, 0, set_pin },
    { "capabilities", FIELD_MEANING, 0, set_capabilities },
    { "sync", FIELD_MEANING, 0, set_sync },
    { "auth", FIELD_CHOICE, .choice = set_auth },
    { "compress", FIELD_CHOICE, .choice = set_compress },
    { "bodies", FIELD_CHOICE, .choice = set_bodies },
    { "metered-bodies", FIELD_CHOICE, .choice = set_metered_bodies },
    { "seen", FIELD_CHOICE, .choice = set_seen },
    { "delete", FIELD_CHOICE, .choice = set_delete },
    { "subscribe", FIELD_CHOICE, .choice = set_subscribe },
    { "proxy", FIELD_MEANING, 0, set_proxy },
    { "search-filter", FIELD_MEANING, 0, set_search_filter },
    { "separator", FIELD_MEANING, 0, set_separator },
    { "path-prefix", FIELD_TEXT, offsetof(account_settings, path_prefix) },
    { "sent", FIELD_TEXT, offsetof(account_settings, roles[ROLE_SENT]) },
    { "drafts", FIELD_TEXT, offsetof(account_settings, roles[ROLE_DRAFTS]) },
    { "trash", FIELD_TEXT, offsetof(account_settings, roles[ROLE_TRASH]) },
    { "junk", FIELD_TEXT, offsetof(account_settings, roles[ROLE_JUNK]) },
    { "archive", FIELD_TEXT, offsetof(account_settings, roles[ROLE_ARCHIVE]) },
    { "expunge-on-disconnect", FIELD_BOOL, offsetof(account_settings, expunge_on_disconnect) },
    { "bodies-age", FIELD_INT, offsetof(account_settings, bodies_age_s) },
    { "bodies-size", FIELD_INT, offsetof(account_settings, bodies_size) },
    { "text-limit", FIELD_INT, offsetof(account_settings, text_limit) },
    { "attachment-limit", FIELD_INT, offsetof(account_settings, attachment_limit) },
    { "total-limit", FIELD_BYTES, offsetof(account_settings, total_limit) },
    { "password-command", FIELD_TEXT, offsetof(account_settings, password_command) },
    { "token-command", FIELD_TEXT, offsetof(account_settings, token_command) },
    { "tls-name", FIELD_TEXT, offsetof(account_settings, tls_name) },
    { "tunnel", FIELD_TEXT, offsetof(account_settings, tunnel) },
    { "sync-interval", FIELD_INT, offsetof(account_settings, sync_interval_s) },
    { "idle", FIELD_BOOL, offsetof(account_settings, idle) },
    { "idle-timeout", FIELD_INT, offsetof(account_settings, idle_timeout_s) },
    { "stay-online", FIELD_BOOL, offsetof(account_settings, stay_online) },
    { "inbox-limit", FIELD_INT, offsetof(account_settings, inbox_limit) },
    { "folder-limit", FIELD_INT, offsetof(account_settings, folder_limit) },
    { "metered", FIELD_BOOL, offsetof(account_settings, metered) },
    { "fetch-chunk", FIELD_INT, offsetof(account_settings, fetch_chunk) },
    { "connect-timeout", FIELD_INT, offsetof(account_settings, connect_timeout_s) },
};

static bool fill(conf_account *a, const option_row *row, const value *v, GError **error)
{
    const struct field *f = fields;
    while (strcmp(f->option, row->name) != 0)
        f++;
    char *at = (char *)a->settings + f->offset;
    switch (f->kind) {
    case FIELD_TEXT: replace((char **)(gpointer)at, v->text); break;
    case FIELD_INT: *(int *)(gpointer)at = (int)v->number; break;
    case FIELD_BYTES: *(gint64 *)(gpointer)at = v->number; break;
    case FIELD_BOOL: *(bool *)at = v->number != 0; break;
    case FIELD_MEANING: return f->meaning(a, v->text, error);
    case FIELD_CHOICE: return f->choice(a, v);
    }
    return true;
}

bool account_assign(conf *c, conf_account *a, const option_row *row, const char *text, const char *origin, GError **error)
{
    value *v = option_parse(row, text, origin, error);
    if (v == NULL || !fill(a, row, v, error)) {
        value_free(v);
        return false;
    }
    g_hash_table_replace(a->values, (gpointer)row->name, v);
    conf_changed(c, a->settings->name, row->name);
    return true;
}

void account_reset(conf *c, conf_account *a, const option_row *row)
{
    g_hash_table_remove(a->values, row->name);
    value *v = option_parse(row, row->standard, NULL, NULL);
    fill(a, row, v, NULL);
    value_free(v);
    conf_changed(c, a->settings->name, row->name);
}

const GPtrArray *conf_accounts(const conf *c)
{
    return c->accounts;
}

bool conf_account_set(conf *c, const char *account, const char *option, const char *text, GError **error)
{
    conf_account *a = account_find(c, account);
    const option_row *row = a != NULL ? option_find(option, error) : NULL;
    if (row != NULL && row->account)
        return account_assign(c, a, row, text, NULL, error);
    if (a == NULL)
        error_set(error, ERROR_INPUT, _("there is no account '%s'"), account);
    else if (row != NULL)
        error_set(error, ERROR_INPUT, _("'%s' is no option of an account"), option);
    return false;
}

const char *conf_account_text(const conf *c, const char *account, const char *option)
{
    const conf_account *a = account_find(c, account);
    const option_row *row = conf_option(option);
    if (a == NULL || row == NULL || !row->account)
        return NULL;
    const value *v = g_hash_table_lookup(a->values, row->name);
    return v != NULL ? v->text : row->standard;
}

char *conf_account_lacks(const account_settings *a)
{
    if (a->imap_host == NULL && a->tunnel == NULL)
        return g_strdup("imap");
    if (a->imap_user == NULL && a->tunnel == NULL)
        return g_strdup("address");
    return NULL;
}
