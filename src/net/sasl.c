/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mechanisms: the cryptographic ones by GNU SASL (SCRAM RFC 5802 and 7677, CRAM-MD5, GSSAPI), the
 * simple ones here: PLAIN (RFC 4616), EXTERNAL (RFC 4422), ANONYMOUS (RFC 4505), OAUTHBEARER (RFC
 * 7628), XOAUTH2.  Whatever holds a secret is wiped, as far as the library lets us. */
#include "net/sasl.h"

#include "base/error.h"
#include "base/i18n.h"

#include <gsasl.h>
#include <string.h>

enum {
    ITERATIONS_MIN = 4096,    /* RFC 7677 section 4 */
    ITERATIONS_MAX = 2000000, /* a second of work: a server must not keep us busy */
    REMARK_NBYTES = 200,
};

/* tls-exporter came with 2.2. */
#define CAN_BIND (GSASL_VERSION_NUMBER >= 0x020200)

typedef enum kind { PLAIN, EXTERNAL, ANONYMOUS, OAUTHBEARER, XOAUTH2, LIBRARY } kind;

/* Strongest first. */
static const struct mechanism {
    const char *name;
    kind kind;
    auth_choice choice;
    bool automatic;  /* may be chosen unasked */
    bool binds;      /* -PLUS */
    bool scram;
    bool begins;
    bool needs_secret;
    bool token;
} mechanisms[] = {
    { "EXTERNAL", EXTERNAL, AUTH_EXTERNAL, true, .begins = true },
    { "OAUTHBEARER", OAUTHBEARER, AUTH_OAUTHBEARER, true, .begins = true, .needs_secret = true, .token = true },
    { "XOAUTH2", XOAUTH2, AUTH_XOAUTH2, true, .begins = true, .needs_secret = true, .token = true },
    { "SCRAM-SHA-256-PLUS", LIBRARY, AUTH_SCRAM_SHA_256, true, true, true, true, true },
    { "SCRAM-SHA-256", LIBRARY, AUTH_SCRAM_SHA_256, true, false, true, true, true },
    { "SCRAM-SHA-1-PLUS", LIBRARY, AUTH_SCRAM_SHA_1, true, true, true, true, true },
    { "SCRAM-SHA-1", LIBRARY, AUTH_SCRAM_SHA_1, true, false, true, true, true },
    { "PLAIN", PLAIN, AUTH_PLAIN, true, .begins = true, .needs_secret = true },
    { "CRAM-MD5", LIBRARY, AUTH_CRAM_MD5, false, .needs_secret = true },
    { "GSSAPI", LIBRARY, AUTH_GSSAPI, false, .begins = true },
    { "ANONYMOUS", ANONYMOUS, AUTH_ANONYMOUS, false, .begins = true },
};

struct sasl {
    const struct mechanism *mechanism;
    sasl_account account;
    const secret *password;
    guint step;
    bool proven; /* the other side's signature was right, or there is none */
    char *remark;
    Gsasl *library;
    Gsasl_session *session;
};

static const struct mechanism *find(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(mechanisms); i++)
        if (strcmp(mechanisms[i].name, name) == 0)
            return &mechanisms[i];
    return NULL;
}

/* ---- the choice */

static bool can_bind(const sasl_account *a)
{
    return CAN_BIND && a->binding != NULL;
}

static bool fits(const struct mechanism *m, const sasl_account *a)
{
    if (!m->automatic || (m->binds && !can_bind(a)))
        return false;
    return m->kind == EXTERNAL ? a->has_certificate : m->token == a->has_token;
}

const char *sasl_choose(auth_choice how, const sasl_account *a, sasl_offered_fn offered,
                        gpointer data)
{
    for (gsize i = 0; i < G_N_ELEMENTS(mechanisms); i++) {
        const struct mechanism *m = &mechanisms[i];
        if (how == AUTH_AUTO && fits(m, a) && offered(m->name, data))
            return m->name;
        if (how != AUTH_AUTO && m->choice == how &&
            (!m->binds || (can_bind(a) && offered(m->name, data))))
            return m->name;
    }
    return NULL;
}

bool sasl_needs_secret(const char *mechanism)
{
    return find(mechanism)->needs_secret;
}

/* ---- lines with secrets in them: never regrown, so that no copy stays behind */

static GString *line_new(gsize nbytes)
{
    return g_string_sized_new(nbytes + 64);
}

void sasl_wipe(GString *line)
{
    if (line == NULL)
        return;
    secret_wipe(line->str, line->allocated_len);
    g_string_free(line, TRUE);
}

/* Takes raw. */
static GString *encoded(GString *raw)
{
    GString *line = line_new(raw->len * 4 / 3);
    int state = 0, save = 0;
    gsize n = g_base64_encode_step((guchar *)raw->str, raw->len, FALSE, line->str, &state, &save);
    n += g_base64_encode_close(FALSE, line->str + n, &state, &save);
    g_string_set_size(line, n);
    sasl_wipe(raw);
    return line;
}

static char *decoded(const char *challenge)
{
    gsize n = 0;
    g_autofree guchar *bytes = g_base64_decode(challenge, &n);
    return g_utf8_make_valid((char *)bytes, (gssize)n);
}

/* ---- the simple ones */

static GString *plain(const sasl *s)
{
    GString *raw = line_new(strlen(s->account.user) + secret_length(s->password) + 2);
    g_string_append_c(raw, '\0');
    g_string_append(raw, s->account.user);
    g_string_append_c(raw, '\0');
    g_string_append_len(raw, secret_text(s->password), (gssize)secret_length(s->password));
    return encoded(raw);
}

/* "n,a=USER," with the saslname's escapes (RFC 5801). */
static void add_header(GString *raw, const char *user)
{
    g_string_append(raw, "n,a=");
    for (const char *p = user; *p != '\0'; p++)
        if (*p == ',' || *p == '=')
            g_string_append(raw, *p == ',' ? "=2C" : "=3D");
        else
            g_string_append_c(raw, *p);
    g_string_append(raw, ",\1");
}

static GString *bearer(const sasl *s)
{
    const sasl_account *a = &s->account;
    gsize nhost = a->host != NULL ? strlen(a->host) : 0;
    GString *raw = line_new(strlen(a->user) * 3 + nhost + secret_length(s->password) + 64);
    if (s->mechanism->kind == XOAUTH2)
        g_string_append_printf(raw, "user=%s\1", a->user);
    else {
        add_header(raw, a->user);
        if (a->host != NULL)
            g_string_append_printf(raw, "host=%s\1port=%u\1", a->host, a->port);
    }
    g_string_append(raw, "auth=Bearer ");
    g_string_append_len(raw, secret_text(s->password), (gssize)secret_length(s->password));
    g_string_append(raw, "\1\1");
    return encoded(raw);
}

static GString *first(const sasl *s)
{
    switch (s->mechanism->kind) {
    case PLAIN:
        return plain(s);
    case OAUTHBEARER:
    case XOAUTH2:
        return bearer(s);
    case ANONYMOUS:
        return encoded(g_string_new("cursus"));
    default: /* EXTERNAL: as whom the certificate says */
        return g_string_new("");
    }
}

/* A refused token is explained in a challenge (RFC 7628 section 3.2.2). */
static void take_remark(sasl *s, const char *challenge)
{
    g_free(s->remark);
    s->remark = decoded(challenge);
    if (strlen(s->remark) > REMARK_NBYTES)
        *g_utf8_find_prev_char(s->remark, s->remark + REMARK_NBYTES) = '\0';
    g_strdelimit(s->remark, "\r\n\t", ' ');
}

static GString *simple_step(sasl *s, const char *challenge, GError **error)
{
    /* Without an initial response the first challenge is empty. */
    if (s->step++ == 0)
        return first(s);
    if (s->mechanism->token && s->step == 2 && challenge != NULL) {
        take_remark(s, challenge);
        return g_string_new(s->mechanism->kind == OAUTHBEARER ? "AQ==" : "");
    }
    error_set(error, ERROR_PROTOCOL, _("the server asks for more than %s has"), s->mechanism->name);
    return NULL;
}

/* ---- the library's */

static bool provide(sasl *s, GError **error)
{
    if (gsasl_init(&s->library) != GSASL_OK ||
        gsasl_client_start(s->library, s->mechanism->name, &s->session) != GSASL_OK) {
        error_set(error, ERROR_AUTH, _("this build cannot log in by %s"), s->mechanism->name);
        return false;
    }
    const sasl_account *a = &s->account;
    if (a->user != NULL)
        gsasl_property_set(s->session, GSASL_AUTHID, a->user);
    if (s->password != NULL)
        gsasl_property_set(s->session, GSASL_PASSWORD, secret_text(s->password));
    gsasl_property_set(s->session, GSASL_SERVICE, a->service);
    if (a->host != NULL)
        gsasl_property_set(s->session, GSASL_HOSTNAME, a->host);
#if CAN_BIND
    if (s->mechanism->binds) {
        gsize n = 0;
        const guchar *bytes = g_bytes_get_data(a->binding, &n);
        g_autofree char *text = g_base64_encode(bytes, n);
        gsasl_property_set(s->session, GSASL_CB_TLS_EXPORTER, text);
    }
#endif
    return true;
}

/* "...,i=4096": how often the server lets us hash. */
static bool iterations_are_sane(const char *challenge, GError **error)
{
    guint64 count = 0;
    g_autofree char *text = decoded(challenge);
    const char *at = strstr(text, ",i=");
    g_autofree char *digits = at != NULL ? g_strndup(at + 3, strspn(at + 3, "0123456789")) : NULL;
    if (digits == NULL || (g_ascii_string_to_unsigned(digits, 10, ITERATIONS_MIN, ITERATIONS_MAX,
                                                      &count, NULL)))
        return true; /* what is no such message the library refuses */
    error_set(error, ERROR_PROTOCOL, _("the server wants the password hashed %s times, which is out "
                                       "of all reason"),
              digits);
    return false;
}

/* "e=invalid-proof" instead of a signature (RFC 5802 section 7). */
static bool is_refusal(const char *challenge, GError **error)
{
    g_autofree char *text = decoded(challenge);
    if (!g_str_has_prefix(text, "e="))
        return false;
    text[MIN(strcspn(text, ","), REMARK_NBYTES)] = '\0';
    error_set(error, ERROR_AUTH, "%s", text + 2);
    return true;
}

static GString *library_step(sasl *s, const char *challenge, GError **error)
{
    char *out = NULL;
    if (s->mechanism->scram && challenge != NULL &&
        ((s->step == 1 && !iterations_are_sane(challenge, error)) ||
         (s->step == 2 && is_refusal(challenge, error))))
        return NULL;
    int result = gsasl_step64(s->session, challenge != NULL ? challenge : "", &out);
    s->step++;
    if (result == GSASL_OK || result == GSASL_NEEDS_MORE) {
        s->proven = result == GSASL_OK;
        GString *line = line_new(strlen(out));
        g_string_append(line, out);
        secret_wipe(out, strlen(out));
        gsasl_free(out);
        return line;
    }
    gsasl_free(out);
    if (s->mechanism->scram && s->step > 2)
        error_set(error, ERROR_AUTH, _("the server did not prove that it knows the password (%s)"),
                  gsasl_strerror(result));
    else
        error_set(error, ERROR_PROTOCOL, _("%s failed: %s"), s->mechanism->name,
                  gsasl_strerror(result));
    return NULL;
}

/* ---- the face */

static bool one_line(const char *text, gsize nbytes)
{
    return memchr(text, '\0', nbytes) == NULL && memchr(text, '\r', nbytes) == NULL &&
           memchr(text, '\n', nbytes) == NULL && memchr(text, '\1', nbytes) == NULL;
}

static bool can_be_said(const struct mechanism *m, const sasl_account *a, const secret *password,
                        GError **error)
{
    if (m->needs_secret && a->user == NULL) {
        error_set(error, ERROR_INPUT, _("the account has no user name"));
        return false;
    }
    if ((a->user == NULL || one_line(a->user, strlen(a->user))) &&
        (password == NULL || one_line(secret_text(password), secret_length(password))))
        return true;
    error_set(error, ERROR_INPUT, _("user name and password must each be one line"));
    return false;
}

sasl *sasl_new(const char *mechanism, const sasl_account *a, const secret *password,
               GError **error)
{
    const struct mechanism *m = find(mechanism);
    g_assert(!m->needs_secret || password != NULL);
    if (!can_be_said(m, a, password, error))
        return NULL;
    sasl *s = g_new0(sasl, 1);
    s->mechanism = m;
    s->account = *a;
    s->password = m->needs_secret ? password : NULL;
    s->proven = !m->scram;
    if (m->kind == LIBRARY && !provide(s, error)) {
        sasl_free(s);
        return NULL;
    }
    return s;
}

void sasl_free(sasl *s)
{
    if (s == NULL)
        return;
    if (s->session != NULL) {
        char *copy = (char *)(gsize)gsasl_property_fast(s->session, GSASL_PASSWORD);
        if (copy != NULL)
            secret_wipe(copy, strlen(copy));
        gsasl_finish(s->session);
    }
    if (s->library != NULL)
        gsasl_done(s->library);
    g_free(s->remark);
    g_free(s);
}

bool sasl_begins(const sasl *s)
{
    return s->mechanism->begins;
}

GString *sasl_step(sasl *s, const char *challenge, GError **error)
{
    return s->mechanism->kind == LIBRARY ? library_step(s, challenge, error)
                                         : simple_step(s, challenge, error);
}

const char *sasl_remark(const sasl *s)
{
    return s->remark;
}

bool sasl_finish(const sasl *s, GError **error)
{
    if (s->proven)
        return true;
    error_set(error, ERROR_AUTH, _("the server did not prove that it knows the password"));
    return false;
}
