/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SCRAM bound to a real TLS connection: the server is OpenSSL with GNU SASL's other half, and sees through somebody
 * who stands between with a certificate that we trust. */
#include "base/error.h"
#include "imap/connection.h"
#include "unit/runner.h"

#include <arpa/inet.h>
#include <gsasl.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct server {
    int listener;
    guint16 port;
    SSL_CTX *context;
    char *pin;
    bool other_binding; /* its TLS connection is not ours: somebody passes bytes on */
    char mechanism[64];
    GThread *thread;
} server;

static bool read_line(SSL *ssl, char *line, gsize nroom)
{
    gsize n = 0;
    while (n + 1 < nroom && SSL_read(ssl, line + n, 1) == 1)
        if (line[n++] == '\n')
            break;
    line[n] = '\0';
    return n > 0;
}

static void say(SSL *ssl, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void say(SSL *ssl, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    g_autofree char *text = g_strdup_vprintf(format, ap);
    va_end(ap);
    SSL_write(ssl, text, (int)strlen(text));
}

static void set_binding(Gsasl_session *session, SSL *ssl, bool other)
{
    unsigned char bytes[32];
    SSL_export_keying_material(ssl, bytes, sizeof bytes, "EXPORTER-Channel-Binding", 24, NULL, 0, 1);
    bytes[7] ^= other;
    g_autofree char *text = g_base64_encode(bytes, sizeof bytes);
#if GSASL_VERSION_NUMBER >= 0x020200
    gsasl_property_set(session, GSASL_CB_TLS_EXPORTER, text);
#endif
}

/* "A1 AUTHENTICATE MECHANISM RESPONSE" to its end. */
static void authenticate(server *s, SSL *ssl)
{
    char line[4096], tag[16] = "", response[2048] = "";
    Gsasl *library;
    Gsasl_session *session;
    read_line(ssl, line, sizeof line);
    if (sscanf(line, "%15s AUTHENTICATE %63s %2047s", tag, s->mechanism, response) != 3)
        return;
    gsasl_init(&library);
    gsasl_server_start(library, s->mechanism, &session);
    gsasl_property_set(session, GSASL_PASSWORD, "pencil");
    if (g_str_has_suffix(s->mechanism, "-PLUS"))
        set_binding(session, ssl, s->other_binding);
    int result = GSASL_NEEDS_MORE;
    while (result == GSASL_NEEDS_MORE) {
        char *out = NULL;
        result = gsasl_step64(session, response, &out);
        if (result != GSASL_OK && result != GSASL_NEEDS_MORE)
            break;
        say(ssl, "+ %s\r\n", out);
        gsasl_free(out);
        read_line(ssl, line, sizeof line);
        g_strlcpy(response, g_strchomp(line), sizeof response);
    }
    say(ssl, "%s %s\r\n", tag, result == GSASL_OK ? "OK [CAPABILITY IMAP4rev1 MOVE] in" : "NO [AUTHENTICATIONFAILED] no");
    gsasl_finish(session);
    gsasl_done(library);
}

static gpointer serve(gpointer data)
{
    server *s = data;
    int fd = accept(s->listener, NULL, NULL);
    SSL *ssl = SSL_new(s->context);
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1) {
        say(ssl, "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-256-PLUS] hello\r\n");
        authenticate(s, ssl);
        SSL_shutdown(ssl);
    }
    SSL_free(ssl);
    close(fd);
    return NULL;
}

static char *pin_of(X509 *cert)
{
    unsigned char *der = NULL;
    int n = i2d_PUBKEY(X509_get0_pubkey(cert), &der);
    g_autofree char *hex = g_compute_checksum_for_data(G_CHECKSUM_SHA256, der, (gsize)n);
    OPENSSL_free(der);
    return g_strconcat("sha256:", hex, NULL);
}

static void start(server *s, bool only_12)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    X509_sign(cert, key, EVP_sha256());
    s->pin = pin_of(cert);
    s->context = SSL_CTX_new(TLS_server_method());
    if (only_12)
        SSL_CTX_set_max_proto_version(s->context, TLS1_2_VERSION);
    SSL_CTX_use_certificate(s->context, cert);
    SSL_CTX_use_PrivateKey(s->context, key);
    X509_free(cert);
    EVP_PKEY_free(key);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof address;
    signal(SIGPIPE, SIG_IGN);
    s->listener = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(s->listener, (struct sockaddr *)&address, n), 0);
    ck_assert_int_eq(listen(s->listener, 1), 0);
    getsockname(s->listener, (struct sockaddr *)&address, &n);
    s->port = ntohs(address.sin_port);
    s->thread = g_thread_new("server", serve, s);
}

static void stop(server *s)
{
    g_thread_join(s->thread);
    close(s->listener);
    SSL_CTX_free(s->context);
    g_free(s->pin);
}

static secret *known(gpointer data, GError **error)
{
    return secret_new(data, -1);
}

static const struct {
    const char *password;
    bool other_binding, only_12;
    const char *mechanism;
    bool works;
} cases[] = {
    { "pencil", false, false, "SCRAM-SHA-256-PLUS", true },
    { "crayon", false, false, "SCRAM-SHA-256-PLUS", false },
    { "pencil", true, false, "SCRAM-SHA-256-PLUS", false }, /* the right password, but somebody in between */
    { "pencil", false, true, "SCRAM-SHA-256", true },       /* TLS 1.2 has no tls-exporter */
};

START_TEST(login_is_bound_to_its_connection)
{
    server srv = { .other_binding = cases[_i].other_binding };
    start(&srv, cases[_i].only_12);
    const stream_settings dial = { .host = "127.0.0.1", .port = srv.port, .pin = srv.pin, .connect_timeout_ms = 10000 };
    g_autoptr(GError) error = NULL;
    stream *s = stream_open(&dial, NULL, NULL, &error);
    ck_assert_msg(s != NULL, "%s", error != NULL ? error->message : "");
    imap_connection *c = imap_connection_new(s, "test");
    bool preauth;
    ck_assert(imap_greet(c, false, &preauth, NULL));
    const imap_login_settings settings = { .user = "user", .host = "127.0.0.1", .port = srv.port, .password = known,
                                           .data = (gpointer)(gsize)cases[_i].password };
    bool ok = imap_login(c, &settings, &error);
    ck_assert_msg(ok == cases[_i].works, "case %d: %s", _i, error != NULL ? error->message : "it worked");
    ck_assert_str_eq(srv.mechanism, cases[_i].mechanism);
    if (ok) {
        ck_assert_str_eq(imap_login_mechanism(c), cases[_i].mechanism);
        ck_assert(imap_has(c, "MOVE"));
    } else {
        ck_assert_uint_eq(error_kind_of(error), ERROR_AUTH);
    }
    imap_connection_free(c);
    stop(&srv);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("imap/login");
    TCase *tc = tcase_create("login");
    tcase_set_timeout(tc, 30);
    /* An older library cannot bind: the last case is the only one it has. */
    int from = GSASL_VERSION_NUMBER >= 0x020200 ? 0 : G_N_ELEMENTS(cases) - 1;
    tcase_add_loop_test(tc, login_is_bound_to_its_connection, from, G_N_ELEMENTS(cases));
    suite_add_tcase(suite, tc);
    return suite;
}
