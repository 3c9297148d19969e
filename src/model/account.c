/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Life and defaults of an account's settings. */
#include "model/account.h"

#define DEFAULT_IMAP_PORT 993
#define DEFAULT_SYNC_INTERVAL_S 300
#define DEFAULT_CONNECT_TIMEOUT_S 30
#define DEFAULT_FETCH_CHUNK (256 << 10)
#define DEFAULT_BODIES_AGE_S (30 * 86400)
#define DEFAULT_BODIES_SIZE (256 << 10)
#define DEFAULT_TEXT_LIMIT (16 << 10) /* header and, nearly always, the text */

account_settings *account_settings_new(const char *name)
{
    account_settings *a = g_new0(account_settings, 1);
    a->name = g_strdup(name);
    a->imap_port = DEFAULT_IMAP_PORT;
    a->auth = AUTH_AUTO;
    a->sync = SYNC_SUBSCRIBED_REMOTE;
    a->sync_interval_s = DEFAULT_SYNC_INTERVAL_S;
    a->idle = true;
    a->stay_online = true;
    a->inbox_limit = -1;
    a->folder_limit = -1;
    a->bodies = BODIES_TEXT;
    a->bodies_age_s = DEFAULT_BODIES_AGE_S;
    a->bodies_size = DEFAULT_BODIES_SIZE;
    a->text_limit = DEFAULT_TEXT_LIMIT;
    a->attachment_limit = -1;
    a->total_limit = -1;
    a->metered_bodies = BODIES_HEADERS;
    a->fetch_chunk = DEFAULT_FETCH_CHUNK;
    a->seen = SEEN_READ;
    a->connect_timeout_s = DEFAULT_CONNECT_TIMEOUT_S;
    return a;
}

void account_settings_free(account_settings *a)
{
    if (a == NULL)
        return;
    g_free(a->name);
    g_free(a->address);
    g_free(a->real_name);
    g_free(a->imap_host);
    g_free(a->imap_user);
    g_free(a->smtp_url);
    g_free(a->password_command);
    g_free(a->token_command);
    g_free(a->ca_file);
    g_free(a->tls_name);
    g_free(a->client_certificate);
    g_free(a->pin);
    g_free(a->proxy);
    g_free(a->tunnel);
    g_free(a->search_filter);
    g_free(a->path_prefix);
    g_strfreev(a->sync_list);
    g_strfreev(a->no_capabilities);
    for (gsize i = 0; i < G_N_ELEMENTS(a->roles); i++)
        g_free(a->roles[i]);
    g_free(a);
}

account_settings *account_settings_dup(const account_settings *a)
{
    account_settings *copy = g_new(account_settings, 1);
    *copy = *a;
    copy->name = g_strdup(a->name);
    copy->address = g_strdup(a->address);
    copy->real_name = g_strdup(a->real_name);
    copy->imap_host = g_strdup(a->imap_host);
    copy->imap_user = g_strdup(a->imap_user);
    copy->smtp_url = g_strdup(a->smtp_url);
    copy->password_command = g_strdup(a->password_command);
    copy->token_command = g_strdup(a->token_command);
    copy->ca_file = g_strdup(a->ca_file);
    copy->tls_name = g_strdup(a->tls_name);
    copy->client_certificate = g_strdup(a->client_certificate);
    copy->pin = g_strdup(a->pin);
    copy->proxy = g_strdup(a->proxy);
    copy->tunnel = g_strdup(a->tunnel);
    copy->search_filter = g_strdup(a->search_filter);
    copy->path_prefix = g_strdup(a->path_prefix);
    copy->sync_list = g_strdupv(a->sync_list);
    copy->no_capabilities = g_strdupv(a->no_capabilities);
    for (gsize i = 0; i < G_N_ELEMENTS(a->roles); i++)
        copy->roles[i] = g_strdup(a->roles[i]);
    return copy;
}

static bool same_lists(char **a, char **b)
{
    static char *none[] = { NULL };
    return g_strv_equal((const char *const *)(a != NULL ? a : none),
                        (const char *const *)(b != NULL ? b : none));
}

static bool same_roles(const account_settings *a, const account_settings *b)
{
    for (gsize i = 0; i < G_N_ELEMENTS(a->roles); i++)
        if (g_strcmp0(a->roles[i], b->roles[i]) != 0)
            return false;
    return true;
}

static bool same_strings(const account_settings *a, const account_settings *b)
{
    return g_strcmp0(a->name, b->name) == 0 && g_strcmp0(a->address, b->address) == 0 &&
           g_strcmp0(a->real_name, b->real_name) == 0 &&
           g_strcmp0(a->imap_host, b->imap_host) == 0 &&
           g_strcmp0(a->imap_user, b->imap_user) == 0 && g_strcmp0(a->smtp_url, b->smtp_url) == 0 &&
           g_strcmp0(a->password_command, b->password_command) == 0 &&
           g_strcmp0(a->token_command, b->token_command) == 0 &&
           g_strcmp0(a->ca_file, b->ca_file) == 0 && g_strcmp0(a->tls_name, b->tls_name) == 0 &&
           g_strcmp0(a->client_certificate, b->client_certificate) == 0 && g_strcmp0(a->pin, b->pin) == 0 &&
           g_strcmp0(a->proxy, b->proxy) == 0 && g_strcmp0(a->search_filter, b->search_filter) == 0 &&
           g_strcmp0(a->path_prefix, b->path_prefix) == 0 &&
           g_strcmp0(a->tunnel, b->tunnel) == 0 && same_lists(a->sync_list, b->sync_list) &&
           same_lists(a->no_capabilities, b->no_capabilities) && same_roles(a, b);
}

static bool same_limits(const account_settings *a, const account_settings *b)
{
    return a->inbox_limit == b->inbox_limit && a->folder_limit == b->folder_limit && a->bodies == b->bodies &&
           a->bodies_age_s == b->bodies_age_s && a->bodies_size == b->bodies_size && a->text_limit == b->text_limit &&
           a->attachment_limit == b->attachment_limit && a->total_limit == b->total_limit &&
           a->metered == b->metered && a->metered_bodies == b->metered_bodies && a->fetch_chunk == b->fetch_chunk;
}

body_choice account_bodies(const account_settings *a)
{
    return a->metered ? a->metered_bodies : a->bodies;
}

bool account_settings_equal(const account_settings *a, const account_settings *b)
{
    return same_strings(a, b) && a->imap_port == b->imap_port &&
           a->imap_starttls == b->imap_starttls && a->auth == b->auth &&
           a->compress == b->compress && a->sync == b->sync &&
           a->sync_interval_s == b->sync_interval_s && a->idle == b->idle &&
           a->idle_timeout_s == b->idle_timeout_s && a->stay_online == b->stay_online &&
           same_limits(a, b) && a->seen == b->seen && a->separator == b->separator &&
           a->del == b->del && a->expunge_on_disconnect == b->expunge_on_disconnect &&
           a->subscribe == b->subscribe &&
           a->connect_timeout_s == b->connect_timeout_s;
}
