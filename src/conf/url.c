/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Server URLs (RFC 3986, RFC 5092 without paths): where to connect and as whom.  The user part may hold a plain
 * '@', as people write it; a password is never taken from here. */
#include "conf/internal.h"
#include "base/error.h"
#include "base/i18n.h"

#include <gio/gio.h>
#include <string.h>

void server_url_clear(server_url *u)
{
    g_free(u->user);
    g_free(u->host);
    memset(u, 0, sizeof *u);
}

static bool parse_scheme(const char **at, const char *protocol, bool *tls, GError **error)
{
    gsize n = strlen(protocol);
    const char *p = *at;
    if (g_ascii_strncasecmp(p, protocol, n) == 0) {
        *tls = g_ascii_tolower(p[n]) == 's';
        p += n + (*tls ? 1 : 0);
        if (g_str_has_prefix(p, "://")) {
            *at = p + 3;
            return true;
        }
    }
    error_set(error, ERROR_INPUT, _("'%s' is not a server; expected %ss://USER@HOST"), *at, protocol);
    return false;
}

static bool parse_user(const char *text, gsize n, char **user, GError **error)
{
    g_autofree char *written = g_strndup(text, n);
    if (strchr(written, ':') != NULL) {
        error_set(error, ERROR_INPUT,
                  _("no password can stand in a server's address; set password-command, and write a ':' of the user as %%3A"));
        return false;
    }
    *user = g_uri_unescape_string(written, NULL);
    if (*user != NULL && **user != '\0' && g_utf8_validate(*user, -1, NULL))
        return true;
    error_set(error, ERROR_INPUT, _("'%s' is not a user name; expected text, with %%XX for special characters"), written);
    return false;
}

static bool host_valid(const char *host)
{
    if (strchr(host, ':') != NULL)
        return g_hostname_is_ip_address(host);
    for (const char *p = host; *p != '\0'; p++)
        if (!g_ascii_isalnum(*p) && strchr("-._", *p) == NULL)
            return false;
    return host[0] != '\0' && host[0] != '-' && host[0] != '.' && strlen(host) <= 253 && strstr(host, "..") == NULL;
}

/* "host", "[::1]"; international names become what the resolver and the certificate know. */
static const char *parse_host(const char *p, char **host, GError **error)
{
    const char *end;
    g_autofree char *written = NULL;
    if (*p == '[') {
        end = strchr(p, ']');
        written = g_strndup(p + 1, end != NULL ? (gsize)(end - p - 1) : 0);
        end = end != NULL ? end + 1 : p;
        if (strchr(written, ':') == NULL)
            written[0] = '\0';
    } else {
        end = p + strcspn(p, ":/?");
        written = g_strndup(p, (gsize)(end - p));
    }
    *host = g_hostname_is_ip_address(written) ? g_strdup(written) : g_hostname_to_ascii(written);
    if (*host != NULL && host_valid(*host))
        return end;
    error_set(error, ERROR_INPUT, _("'%s' is not a host name; expected one such as imap.example.org or [2001:db8::1]"), p);
    return NULL;
}

static const char *parse_port(const char *p, guint16 *port, GError **error)
{
    if (*p != ':')
        return p;
    const char *end = p + 1 + strcspn(p + 1, "/?");
    g_autofree char *written = g_strndup(p + 1, (gsize)(end - p - 1));
    guint64 number;
    if (g_ascii_string_to_unsigned(written, 10, 1, 65535, &number, NULL)) {
        *port = (guint16)number;
        return end;
    }
    error_set(error, ERROR_INPUT, _("'%s' is not a port; expected a number from 1 to 65535"), written);
    return NULL;
}

/* What is behind the port.  There is no plaintext mode, so a scheme without TLS must ask for STARTTLS. */
static bool parse_rest(const char *p, const char *protocol, bool tls, bool *starttls, GError **error)
{
    if (*p == '/')
        p++;
    *starttls = !tls && g_ascii_strcasecmp(p, "?starttls=required") == 0;
    if (*starttls || (tls && *p == '\0'))
        return true;
    if (tls)
        error_set(error, ERROR_INPUT, _("'%s' at the end is not known; expected %ss://USER@HOST:PORT and nothing more"), p,
                  protocol);
    else
        error_set(error, ERROR_INPUT,
                  _("a connection without encryption is not made; expected %ss://HOST, or %s://HOST?starttls=required"),
                  protocol, protocol);
    return false;
}

bool server_url_parse(const char *text, const char *protocol, guint16 tls_port, guint16 clear_port, server_url *out,
                      GError **error)
{
    memset(out, 0, sizeof *out);
    const char *p = text;
    bool tls = false;
    if (!parse_scheme(&p, protocol, &tls, error))
        return false;
    gsize authority = strcspn(p, "/?");
    const char *at = g_strrstr_len(p, (gssize)authority, "@");
    if (at != NULL && !parse_user(p, (gsize)(at - p), &out->user, error))
        goto fail;
    out->port = tls ? tls_port : clear_port;
    p = parse_host(at != NULL ? at + 1 : p, &out->host, error);
    p = p != NULL ? parse_port(p, &out->port, error) : NULL;
    if (p != NULL && parse_rest(p, protocol, tls, &out->starttls, error))
        return true;
fail:
    server_url_clear(out);
    return false;
}
