/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verification matrix: certificates made here, a server of OpenSSL's on 127.0.0.1, and what
 * stream_open says to each. */
#include "base/clock.h"
#include "base/error.h"
#include "net/stream.h"
#include "unit/runner.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DAY = 86400 };

/* ---- certificates */

typedef struct identity {
    X509 *cert;
    EVP_PKEY *key;
} identity;

typedef struct recipe {
    const char *cn;
    const char *san;      /* as in a configuration file, or NULL */
    bool is_ca;
    int from_days, to_days; /* from today */
    const char *usage;    /* extended key usage; NULL serverAuth */
    const char *constraints; /* name constraints, or NULL */
    bool sha1, small_rsa;
} recipe;

static EVP_PKEY *make_key(bool small_rsa)
{
    static EVP_PKEY *kept; /* one key will do for every certificate but the weak one */
    if (small_rsa)
        return EVP_RSA_gen(1024);
    if (kept == NULL)
        kept = EVP_EC_gen("P-256");
    EVP_PKEY_up_ref(kept);
    return kept;
}

static void extend(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    ck_assert_ptr_nonnull(extension);
    X509_add_ext(cert, extension, -1);
    X509_EXTENSION_free(extension);
}

/* A dNSName with a NUL inside, which no configuration text can say. */
static void extend_with_nul(X509 *cert)
{
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_IA5STRING *text = ASN1_IA5STRING_new();
    ASN1_STRING_set(text, "mail.example.org\0.evil.example", 30);
    GENERAL_NAME_set0_value(name, GEN_DNS, text);
    sk_GENERAL_NAME_push(names, name);
    X509_add1_ext_i2d(cert, NID_subject_alt_name, names, 0, 0);
    GENERAL_NAMES_free(names);
}

static identity certify(const recipe *r, const identity *issuer)
{
    static long serial = 1;
    identity made = { X509_new(), make_key(r->small_rsa) };
    X509 *cert = made.cert;
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(cert), (long)r->from_days * DAY);
    X509_gmtime_adj(X509_getm_notAfter(cert), (long)r->to_days * DAY);
    X509_NAME *name = X509_get_subject_name(cert);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)r->cn, -1, -1, 0);
    X509_set_issuer_name(cert, issuer != NULL ? X509_get_subject_name(issuer->cert) : name);
    X509_set_pubkey(cert, made.key);
    X509 *above = issuer != NULL ? issuer->cert : cert;
    extend(cert, above, NID_basic_constraints, r->is_ca ? "critical,CA:TRUE" : "CA:FALSE");
    if (!r->is_ca)
        extend(cert, above, NID_ext_key_usage, r->usage != NULL ? r->usage : "serverAuth");
    if (r->constraints != NULL)
        extend(cert, above, NID_name_constraints, r->constraints);
    if (r->san != NULL && strcmp(r->san, "NUL") == 0)
        extend_with_nul(cert);
    else if (r->san != NULL)
        extend(cert, above, NID_subject_alt_name, r->san);
    ck_assert_int_gt(X509_sign(cert, issuer != NULL ? issuer->key : made.key, r->sha1 ? EVP_sha1() : EVP_sha256()), 0);
    return made;
}

static void forget(identity *i)
{
    X509_free(i->cert);
    EVP_PKEY_free(i->key);
}

static char *temporary_dir(void)
{
    char *dir = g_dir_make_tmp("cursus-tls.XXXXXX", NULL);
    ck_assert_ptr_nonnull(dir);
    return dir;
}

static char *write_pem(const char *dir, const char *file, X509 *cert)
{
    char *path = g_build_filename(dir, file, NULL);
    FILE *out = fopen(path, "w");
    PEM_write_X509(out, cert);
    fclose(out);
    return path;
}

/* ---- the server */

typedef enum manners {
    POLITE,      /* says hello, then close_notify */
    CUTS,        /* says hello, then just closes */
    ECHOES,      /* sends back what comes, only after all of it */
    PLAIN,       /* speaks no TLS */
    HANGS_UP,    /* closes at once */
    SILENT,      /* accepts and says nothing */
    OLD,         /* TLS 1.1 at most */
    OTHER_ALPN,  /* chooses a protocol of its own */
    BINDS,       /* says what only the two ends know */
    CLEAR_FIRST, /* says a byte in clear, then as POLITE */
    NO_ALPN,     /* refuses every protocol that it does not know */
} manners;

enum { ECHO_NBYTES = 3 << 20 };

typedef struct server {
    int listener;
    guint16 port;
    SSL_CTX *context;
    manners how;
    GCancellable *cancel_on_accept;
    GAsyncQueue *spoken; /* told when it has said what it says in clear; NULL nobody */
    GThread *thread;
} server;

static int choose_other(SSL *ssl, const unsigned char **out, unsigned char *n, const unsigned char *in, unsigned nin,
                        void *data)
{
    *out = (const unsigned char *)"http/1.1";
    *n = 8;
    return SSL_TLSEXT_ERR_OK;
}

static int choose_none(SSL *ssl, const unsigned char **out, unsigned char *n, const unsigned char *in, unsigned nin,
                       void *data)
{
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static void serve_echo(SSL *ssl)
{
    g_autofree char *bytes = g_malloc(ECHO_NBYTES);
    for (int at = 0; at < ECHO_NBYTES;) {
        int n = SSL_read(ssl, bytes + at, ECHO_NBYTES - at);
        if (n <= 0)
            return;
        at += n;
    }
    SSL_write(ssl, bytes, ECHO_NBYTES);
    SSL_shutdown(ssl);
}

static void serve_tls(server *s, int fd)
{
    SSL *ssl = SSL_new(s->context);
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1) {
        if (s->how == ECHOES)
            serve_echo(ssl);
        else if (s->how == BINDS) {
            unsigned char bytes[32];
            SSL_export_keying_material(ssl, bytes, sizeof bytes, "EXPORTER-Channel-Binding", 24, NULL, 0, 1);
            SSL_write(ssl, bytes, sizeof bytes);
        } else
            SSL_write(ssl, "hello", 5);
        if (s->how == POLITE || s->how == CLEAR_FIRST)
            SSL_shutdown(ssl);
    }
    SSL_free(ssl);
}

static gpointer serve(gpointer data)
{
    server *s = data;
    int fd = accept(s->listener, NULL, NULL);
    if (s->cancel_on_accept != NULL)
        g_cancellable_cancel(s->cancel_on_accept);
    if (s->how == PLAIN)
        ck_assert_int_gt(send(fd, "* OK hello\r\n", 12, MSG_NOSIGNAL), 0);
    if (s->how == CLEAR_FIRST)
        ck_assert_int_eq(send(fd, "*", 1, MSG_NOSIGNAL), 1);
    if (s->spoken != NULL)
        g_async_queue_push(s->spoken, s);
    if (s->how == PLAIN || s->how == SILENT) { /* until the client goes */
        char bytes[4096];
        while (recv(fd, bytes, sizeof bytes, 0) > 0)
            ;
    } else if (s->how != HANGS_UP)
        serve_tls(s, fd);
    close(fd);
    return NULL;
}

static SSL_CTX *server_context(const identity *leaf, const identity *intermediate, manners how)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_security_level(context, 0);
    if (how == OLD) {
        SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
        SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
        SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0");
    }
    if (how == OTHER_ALPN)
        SSL_CTX_set_alpn_select_cb(context, choose_other, NULL);
    if (how == NO_ALPN)
        SSL_CTX_set_alpn_select_cb(context, choose_none, NULL);
    SSL_CTX_use_certificate(context, leaf->cert);
    SSL_CTX_use_PrivateKey(context, leaf->key);
    if (intermediate != NULL)
        SSL_CTX_add1_chain_cert(context, intermediate->cert);
    return context;
}

static void start(server *s, const identity *leaf, const identity *intermediate, manners how)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof address;
    signal(SIGPIPE, SIG_IGN); /* the server's: OpenSSL writes with write(2) there */
    s->how = how;
    s->listener = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(s->listener, (struct sockaddr *)&address, n), 0);
    ck_assert_int_eq(listen(s->listener, 5), 0);
    getsockname(s->listener, (struct sockaddr *)&address, &n);
    s->port = ntohs(address.sin_port);
    s->context = leaf != NULL ? server_context(leaf, intermediate, how) : NULL;
    s->thread = g_thread_new("server", serve, s);
}

static void stop(server *s)
{
    g_thread_join(s->thread);
    close(s->listener);
    SSL_CTX_free(s->context);
}

/* ---- the matrix */

typedef enum chain { BY_ROOT, BY_INTERMEDIATE, INTERMEDIATE_KEPT_BACK, SELF, BY_STRANGER, STRANGER_SENT, BY_LEAF } chain;

#define NOW -1, 30
#define GOOD_CA { .cn = "Test Intermediate", .is_ca = true, .from_days = -1, .to_days = 30 }

static const struct {
    const char *name;     /* verified; NULL: the address 127.0.0.1 */
    recipe leaf;
    chain chain;
    recipe intermediate;
    manners how;
    error_kind kind;      /* 0: it works */
    const char *words;    /* in the error */
} cases[] = {
    { "mail.example.org", { "x", "DNS:mail.example.org", false, NOW }, BY_ROOT },
    { "MAIL.Example.ORG.", { "x", "DNS:mail.example.org", false, NOW }, BY_ROOT },
    { "mail.example.org", { "x", "DNS:mail.example.org", false, NOW }, BY_INTERMEDIATE, GOOD_CA },
    { NULL, { "x", "IP:127.0.0.1", false, NOW }, BY_ROOT },
    { "[127.0.0.1]", { "x", "IP:127.0.0.1", false, NOW }, BY_ROOT },
    { "b\xc3\xbc" "cher.example", { "x", "DNS:xn--bcher-kva.example", false, NOW }, BY_ROOT },
    { "b.a.example", { "x", "DNS:*.a.example", false, NOW }, BY_ROOT },
    /* names */
    { "c.b.a.example", { "x", "DNS:*.a.example", false, NOW }, BY_ROOT, .kind = ERROR_TLS,
      .words = "not for c.b.a.example but for *.a.example" },
    { "a.example", { "x", "DNS:*.a.example", false, NOW }, BY_ROOT, .kind = ERROR_TLS, .words = "not for a.example" },
    { "example.com", { "x", "DNS:*.com", false, NOW }, BY_ROOT, .kind = ERROR_TLS, .words = "*.com" },
    { "example", { "x", "DNS:*", false, NOW }, BY_ROOT, .kind = ERROR_TLS, .words = "but for *" },
    { "foo.example.org", { "x", "DNS:f*o.example.org", false, NOW }, BY_ROOT, .kind = ERROR_TLS, .words = "f*o" },
    { "mail.example.org", { "x", "DNS:a.example, DNS:b.example", false, NOW }, BY_ROOT, .kind = ERROR_TLS,
      .words = "not for mail.example.org but for a.example, b.example" },
    { "mail.example.org",
      { "x", "DNS:1.e, DNS:2.e, DNS:3.e, DNS:4.e, DNS:5.e, DNS:6.e, DNS:7.e, DNS:8.e, DNS:9.e, DNS:10.e", false, NOW },
      BY_ROOT, .kind = ERROR_TLS, .words = "4.e and 6 more" },
    { "mail.example.org", { "mail.example.org", NULL, false, NOW }, BY_ROOT, .kind = ERROR_TLS, .words = "no host at all" },
    { "mail.example.org", { "x", "email:mail.example.org@x.example", false, NOW }, BY_ROOT, .kind = ERROR_TLS,
      .words = "no host at all" },
    { "mail.example.org", { "x", "NUL", false, NOW }, BY_ROOT, .kind = ERROR_TLS, .words = "mail.example.org?.evil.example" },
    { NULL, { "x", "DNS:127.0.0.1", false, NOW }, BY_ROOT, .kind = ERROR_TLS, .words = "not for 127.0.0.1" },
    { NULL, { "x", "IP:127.0.0.2, IP:2001:db8::1", false, NOW }, BY_ROOT, .kind = ERROR_TLS,
      .words = "127.0.0.2, 2001:db8:0:0:0:0:0:1" },
    { "", { "x", "DNS:x", false, NOW }, BY_ROOT, .how = HANGS_UP, .kind = ERROR_TLS, .words = "not a name" },
    /* times */
    { "mail.example.org", { "x", "DNS:mail.example.org", false, -30, -2 }, BY_ROOT, .kind = ERROR_TLS,
      .words = "the certificate expired on 20" },
    { "mail.example.org", { "x", "DNS:mail.example.org", false, 2, 30 }, BY_ROOT, .kind = ERROR_TLS,
      .words = "valid only from 20" },
    { "mail.example.org", { "x", "DNS:mail.example.org", false, NOW }, BY_INTERMEDIATE,
      { .cn = "Old Intermediate", .is_ca = true, .from_days = -30, .to_days = -2 }, .kind = ERROR_TLS,
      .words = "authority expired on 20" },
    /* trust */
    { "mail.example.org", { "x", "DNS:mail.example.org", false, NOW }, BY_STRANGER, .kind = ERROR_TLS,
      .words = "issued by CN = Stranger" },
    { "mail.example.org", { "x", "DNS:mail.example.org", false, NOW }, STRANGER_SENT, .kind = ERROR_TLS,
      .words = "not trusted here: CN = Stranger" },
    { "mail.example.org", { "Own Work", "DNS:mail.example.org", false, NOW }, SELF, .kind = ERROR_TLS,
      .words = "self-signed, by CN = Own Work" },
    { "mail.example.org", { "x", "DNS:mail.example.org", false, NOW }, INTERMEDIATE_KEPT_BACK, GOOD_CA,
      .kind = ERROR_TLS, .words = "issued by CN = Test Intermediate" },
    { "mail.example.org", { "x", "DNS:mail.example.org", false, NOW }, BY_LEAF,
      { .cn = "No Authority", .san = "DNS:no.example", .from_days = -1, .to_days = 30 }, .kind = ERROR_TLS,
      .words = "invalid CA certificate" },
    { "mail.example.org", { "x", "DNS:mail.example.org", false, NOW }, BY_INTERMEDIATE,
      { .cn = "Narrow", .is_ca = true, .from_days = -1, .to_days = 30, .constraints = "permitted;DNS:other.example" },
      .kind = ERROR_TLS, .words = "permitted subtree violation" },
    { "mail.example.org", { "x", "DNS:mail.example.org", false, NOW, .usage = "clientAuth" }, BY_ROOT,
      .kind = ERROR_TLS, .words = "purpose" },
    /* strength */
    { "mail.example.org", { "x", "DNS:mail.example.org", false, NOW, .sha1 = true }, BY_ROOT, .kind = ERROR_TLS,
      .words = "digest algorithm too weak" },
    { "mail.example.org", { "x", "DNS:mail.example.org", false, NOW, .small_rsa = true }, BY_ROOT, .kind = ERROR_TLS,
      .words = "key too weak" },
    { "mail.example.org", { "x", "DNS:mail.example.org", false, NOW }, BY_ROOT, .how = OLD, .kind = ERROR_TLS,
      .words = "older than 1.2" },
    /* manners */
    { "mail.example.org", { "x", "DNS:mail.example.org", false, NOW }, BY_ROOT, .how = OTHER_ALPN, .kind = ERROR_TLS,
      .words = "handshake failed" },
    { "mail.example.org", { "x", "DNS:mail.example.org", false, NOW }, BY_ROOT, .how = NO_ALPN, .kind = ERROR_TLS,
      .words = "application protocol" },
    { "mail.example.org", { "x", "DNS:mail.example.org", false, NOW }, BY_ROOT, .how = PLAIN, .kind = ERROR_TLS,
      .words = "does not speak TLS" },
    { "mail.example.org", { "x", "DNS:mail.example.org", false, NOW }, BY_ROOT, .how = HANGS_UP, .kind = ERROR_NETWORK,
      .words = "closed the connection during the TLS handshake" },
};

typedef struct pki {
    char *dir, *ca_file;
    identity root, stranger, intermediate, leaf;
} pki;

static void pki_make(pki *p, const recipe *leaf, const recipe *intermediate, chain by)
{
    static const recipe root = { .cn = "Test Root", .is_ca = true, NOW },
                        stranger = { .cn = "Stranger", .is_ca = true, NOW };
    p->dir = temporary_dir();
    p->root = certify(&root, NULL);
    p->stranger = certify(&stranger, NULL);
    if (intermediate->cn != NULL)
        p->intermediate = certify(intermediate, &p->root);
    bool middle = by == BY_INTERMEDIATE || by == INTERMEDIATE_KEPT_BACK || by == BY_LEAF;
    bool strange = by == BY_STRANGER || by == STRANGER_SENT;
    p->leaf = certify(leaf, by == SELF ? NULL : middle ? &p->intermediate : strange ? &p->stranger : &p->root);
    p->ca_file = write_pem(p->dir, "ca.pem", p->root.cert);
}

static void pki_free(pki *p)
{
    forget(&p->root);
    forget(&p->stranger);
    forget(&p->intermediate);
    forget(&p->leaf);
    unlink(p->ca_file);
    rmdir(p->dir);
    g_free(p->ca_file);
    g_free(p->dir);
}

static const identity *sent_along(const pki *p, chain by)
{
    return by == BY_INTERMEDIATE || by == BY_LEAF ? &p->intermediate : by == STRANGER_SENT ? &p->stranger : NULL;
}

static stream_settings settings_for(const server *s, const char *name, const char *ca_file)
{
    return (stream_settings){ .host = "127.0.0.1", .port = s->port, .tls_name = name, .ca_file = ca_file,
                              .connect_timeout_ms = 10000 };
}

START_TEST(certificate_is_taken_or_refused_with_its_reason)
{
    pki p = { 0 };
    server srv = { 0 };
    pki_make(&p, &cases[_i].leaf, &cases[_i].intermediate, cases[_i].chain);
    start(&srv, &p.leaf, sent_along(&p, cases[_i].chain), cases[_i].how);
    g_autoptr(GError) error = NULL;
    const char *phase = NULL;
    stream_settings settings = settings_for(&srv, cases[_i].name, p.ca_file);
    g_autoptr(stream) s = stream_open(&settings, NULL, &phase, &error);
    ck_assert_str_eq(phase, "tls");
    if (cases[_i].kind == 0) {
        ck_assert_msg(s != NULL, "case %d: %s", _i, error != NULL ? error->message : "");
        ck_assert(stream_is_private(s));
        ck_assert(g_str_has_prefix(stream_security(s), "TLSv1."));
        char bytes[16];
        ck_assert_int_eq(stream_read(s, bytes, sizeof bytes, 0, NULL, NULL), 5);
        ck_assert_mem_eq(bytes, "hello", 5);
    } else {
        ck_assert_ptr_null(s);
        ck_assert_msg(error_kind_of(error) == cases[_i].kind && strstr(error->message, cases[_i].words) != NULL,
                      "case %d: %s: %s", _i, error_kind_word(error_kind_of(error)), error->message);
    }
    stream_close(g_steal_pointer(&s));
    stop(&srv);
    pki_free(&p);
}
END_TEST

static const recipe good_leaf = { "x", "DNS:mail.example.org", false, NOW }, no_recipe = { 0 };

START_TEST(without_ca_file_only_the_system_is_trusted)
{
    pki p = { 0 };
    server srv = { 0 };
    pki_make(&p, &good_leaf, &no_recipe, BY_ROOT);
    start(&srv, &p.leaf, NULL, POLITE);
    g_autoptr(GError) error = NULL;
    stream_settings settings = settings_for(&srv, "mail.example.org", NULL);
    ck_assert_ptr_null(stream_open(&settings, NULL, NULL, &error));
    ck_assert_msg(strstr(error->message, "Test Root") != NULL, "%s", error->message);
    stop(&srv);
    pki_free(&p);
}
END_TEST

START_TEST(ca_file_that_cannot_be_used_is_named)
{
    pki p = { 0 };
    pki_make(&p, &good_leaf, &no_recipe, BY_ROOT);
    g_autofree char *garbage = g_build_filename(p.dir, "garbage.pem", NULL);
    g_autofree char *missing = g_build_filename(p.dir, "missing.pem", NULL);
    ck_assert(g_file_set_contents(garbage, "no certificate", -1, NULL));
    const char *files[] = { garbage, missing };
    for (int i = 0; i < 2; i++) {
        server srv = { 0 };
        start(&srv, &p.leaf, NULL, POLITE);
        g_autoptr(GError) error = NULL;
        stream_settings settings = settings_for(&srv, "mail.example.org", files[i]);
        ck_assert_ptr_null(stream_open(&settings, NULL, NULL, &error));
        ck_assert_uint_eq(error_kind_of(error), ERROR_TLS);
        ck_assert_msg(strstr(error->message, files[i]) != NULL, "%s", error->message);
        stop(&srv);
    }
    unlink(garbage);
    pki_free(&p);
}
END_TEST

START_TEST(ca_file_that_changed_is_read_again)
{
    pki p = { 0 };
    pki_make(&p, &good_leaf, &no_recipe, BY_ROOT);
    g_autofree char *file = write_pem(p.dir, "changing.pem", p.stranger.cert);
    for (int round = 0; round < 2; round++) {
        server srv = { 0 };
        start(&srv, &p.leaf, NULL, POLITE);
        stream_settings settings = settings_for(&srv, "mail.example.org", file);
        stream *s = stream_open(&settings, NULL, NULL, NULL);
        ck_assert_int_eq(s != NULL, round == 1);
        stream_close(s);
        stop(&srv);
        unlink(file);
        g_free(write_pem(p.dir, "changing.pem", p.root.cert));
    }
    unlink(file);
    pki_free(&p);
}
END_TEST

static gssize read_to_end(stream *s, GError **error)
{
    char bytes[64];
    gssize n;
    while ((n = stream_read(s, bytes, sizeof bytes, 0, NULL, error)) > 0)
        ;
    return n;
}

/* ---- pinned keys */

static const struct {
    recipe leaf;
    chain chain;
    bool right;        /* the pin is the leaf's */
    const char *words; /* of the refusal; NULL: it works */
} pinned[] = {
    { { "Own Work", "DNS:mail.example.org", false, NOW }, SELF, true, NULL },
    { { "x", "DNS:mail.example.org", false, NOW }, BY_STRANGER, true, NULL },
    { { "x", "DNS:other.example.org", false, NOW }, BY_ROOT, true, NULL },
    { { "x", "DNS:mail.example.org", false, -30, -2 }, BY_ROOT, true, NULL },
    { { "x", "DNS:mail.example.org", false, NOW }, BY_ROOT, false, NULL }, /* what verifies needs no excuse */
    { { "Own Work", "DNS:mail.example.org", false, NOW }, SELF, false, "and the pinned one is sha256:" },
    { { "x", "DNS:other.example.org", false, NOW }, BY_ROOT, false, "and the pinned one is sha256:" },
    { { "x", "DNS:mail.example.org", false, NOW, .small_rsa = true }, BY_ROOT, true, "key too weak" },
    { { "x", "DNS:mail.example.org", false, NOW, .small_rsa = true }, SELF, true, "key too weak" },
};

static char *pin_of(const X509 *cert)
{
    unsigned char *der = NULL;
    int n = i2d_PUBKEY(X509_get0_pubkey(cert), &der);
    g_autofree char *hex = g_compute_checksum_for_data(G_CHECKSUM_SHA256, der, (gsize)n);
    OPENSSL_free(der);
    return g_strconcat("sha256:", hex, NULL);
}

START_TEST(pin_excuses_exactly_its_key)
{
    pki p = { 0 };
    server srv = { 0 };
    static const recipe none = { 0 };
    pki_make(&p, &pinned[_i].leaf, &none, pinned[_i].chain);
    start(&srv, &p.leaf, NULL, POLITE);
    g_autofree char *key = pin_of(p.leaf.cert);
    g_autofree char *wrong = g_strdup(key);
    wrong[strlen(wrong) - 1] = key[strlen(key) - 1] == '0' ? '1' : '0';
    stream_settings settings = settings_for(&srv, "mail.example.org", p.ca_file);
    settings.pin = pinned[_i].right ? key : wrong;
    g_autoptr(GError) error = NULL;
    g_autoptr(stream) s = stream_open(&settings, NULL, NULL, &error);
    if (pinned[_i].words == NULL)
        ck_assert_msg(s != NULL && stream_is_private(s), "case %d: %s", _i, error != NULL ? error->message : "");
    else {
        ck_assert_ptr_null(s);
        ck_assert_uint_eq(error_kind_of(error), ERROR_TLS);
        ck_assert_msg(strstr(error->message, pinned[_i].words) != NULL, "case %d: %s", _i, error->message);
        ck_assert_msg(strstr(error->message, key) != NULL, "case %d: %s", _i, error->message);
    }
    stream_close(g_steal_pointer(&s));
    stop(&srv);
    pki_free(&p);
}
END_TEST

/* ---- STARTTLS: what was sent in clear must not be read as if it had come protected */

START_TEST(nothing_in_clear_outlives_the_handshake)
{
    for (int round = 0; round < 3; round++) { /* 0: well; 1: a byte waits in the socket; 2: in the inbox */
        pki p = { 0 };
        static const recipe none = { 0 }, leaf = { "x", "DNS:mail.example.org", false, NOW };
        pki_make(&p, &leaf, &none, BY_ROOT);
        server srv = { .spoken = g_async_queue_new() };
        start(&srv, &p.leaf, NULL, round == 0 ? POLITE : CLEAR_FIRST);
        stream_settings settings = settings_for(&srv, "mail.example.org", p.ca_file);
        settings.starttls = true;
        g_autoptr(GError) error = NULL;
        g_autoptr(stream) s = stream_open(&settings, NULL, NULL, &error);
        ck_assert_ptr_nonnull(s);
        ck_assert(!stream_is_private(s));
        ck_assert_ptr_null(stream_channel_binding(s));
        g_async_queue_pop(srv.spoken);
        if (round == 2)
            ck_assert_int_eq(stream_wait(s, 0, NULL, NULL), 1);
        ck_assert_int_eq(stream_start_tls(s, NULL, &error), round == 0);
        ck_assert_int_eq(stream_is_private(s), round == 0);
        char bytes[8];
        if (round == 0) {
            ck_assert_int_eq(stream_read(s, bytes, sizeof bytes, 0, NULL, NULL), 5);
        } else {
            ck_assert_uint_eq(error_kind_of(error), ERROR_PROTOCOL);
            ck_assert(!stream_write(s, "a1 LOGIN", 8, 0, NULL, NULL));
        }
        stream_close(g_steal_pointer(&s));
        stop(&srv);
        g_async_queue_unref(srv.spoken);
        pki_free(&p);
    }
}
END_TEST

START_TEST(both_ends_know_the_same_binding)
{
    pki p = { 0 };
    server srv = { 0 };
    static const recipe none = { 0 }, leaf = { "x", "DNS:mail.example.org", false, NOW };
    pki_make(&p, &leaf, &none, BY_ROOT);
    start(&srv, &p.leaf, NULL, BINDS);
    stream_settings settings = settings_for(&srv, "mail.example.org", p.ca_file);
    g_autoptr(stream) s = stream_open(&settings, NULL, NULL, NULL);
    ck_assert_ptr_nonnull(s);
    guchar theirs[32];
    ck_assert_int_eq(stream_read(s, theirs, sizeof theirs, 0, NULL, NULL), sizeof theirs);
    g_autoptr(GBytes) ours = stream_channel_binding(s);
    ck_assert_ptr_nonnull(ours);
    ck_assert_uint_eq(g_bytes_get_size(ours), 32);
    ck_assert_mem_eq(g_bytes_get_data(ours, NULL), theirs, 32);
    stream_close(g_steal_pointer(&s));
    stop(&srv);
    pki_free(&p);
}
END_TEST

/* A cut message must not pass for a whole one. */
START_TEST(end_without_close_notify_is_an_error)
{
    pki p = { 0 };
    pki_make(&p, &good_leaf, &no_recipe, BY_ROOT);
    for (int cut = 0; cut < 2; cut++) {
        server srv = { 0 };
        start(&srv, &p.leaf, NULL, cut ? CUTS : POLITE);
        g_autoptr(GError) error = NULL;
        stream_settings settings = settings_for(&srv, "mail.example.org", p.ca_file);
        g_autoptr(stream) s = stream_open(&settings, NULL, NULL, &error);
        ck_assert_msg(s != NULL, "%s", error != NULL ? error->message : "");
        ck_assert_int_eq(read_to_end(s, &error), cut ? -1 : 0);
        ck_assert_uint_eq(error_kind_of(error), cut ? ERROR_NETWORK : 0);
        if (cut)
            ck_assert_msg(strstr(error->message, "cut") != NULL, "%s", error->message);
        g_clear_error(&error);
        ck_assert_int_eq(stream_read(s, &cut, 1, 0, NULL, &error), cut ? -1 : 0); /* and again */
        stream_close(g_steal_pointer(&s));
        stop(&srv);
    }
    pki_free(&p);
}
END_TEST

START_TEST(megabytes_go_both_ways)
{
    pki p = { 0 };
    server srv = { 0 };
    pki_make(&p, &good_leaf, &no_recipe, BY_ROOT);
    start(&srv, &p.leaf, NULL, ECHOES);
    stream_settings settings = settings_for(&srv, "mail.example.org", p.ca_file);
    g_autoptr(stream) s = stream_open(&settings, NULL, NULL, NULL);
    g_autofree char *bytes = g_malloc(ECHO_NBYTES), *back = g_malloc(ECHO_NBYTES);
    for (gsize i = 0; i < ECHO_NBYTES; i++)
        bytes[i] = (char)(i * 7 + i / 251);
    gint64 deadline = clock_monotonic_ms() + 20000;
    ck_assert(stream_write(s, bytes, ECHO_NBYTES, deadline, NULL, NULL));
    for (gsize at = 0; at < ECHO_NBYTES;) {
        gssize n = stream_read(s, back + at, ECHO_NBYTES - at, deadline, NULL, NULL);
        ck_assert_int_gt(n, 0);
        at += (gsize)n;
    }
    ck_assert_mem_eq(back, bytes, ECHO_NBYTES);
    guint64 received, sent;
    stream_counts(s, &received, &sent);
    ck_assert_uint_eq(received, ECHO_NBYTES);
    ck_assert_uint_eq(sent, ECHO_NBYTES);
    stream_close(g_steal_pointer(&s));
    stop(&srv);
    pki_free(&p);
}
END_TEST

START_TEST(silent_server_times_out)
{
    server srv = { 0 };
    start(&srv, NULL, NULL, SILENT);
    g_autoptr(GError) error = NULL;
    const char *phase = NULL;
    stream_settings settings = settings_for(&srv, NULL, NULL);
    settings.connect_timeout_ms = 60;
    ck_assert_ptr_null(stream_open(&settings, NULL, &phase, &error));
    ck_assert_uint_eq(error_kind_of(error), ERROR_TIMEOUT);
    ck_assert_str_eq(phase, "tls");
    stop(&srv);
}
END_TEST

START_TEST(cancel_ends_a_handshake)
{
    server srv = { .cancel_on_accept = g_cancellable_new() };
    start(&srv, NULL, NULL, SILENT);
    g_autoptr(GError) error = NULL;
    stream_settings settings = settings_for(&srv, NULL, NULL);
    ck_assert_ptr_null(stream_open(&settings, srv.cancel_on_accept, NULL, &error));
    ck_assert_uint_eq(error_kind_of(error), ERROR_CANCELLED);
    stop(&srv);
    g_object_unref(srv.cancel_on_accept);
}
END_TEST

static gpointer open_and_read(gpointer data)
{
    const stream_settings *settings = data;
    g_autoptr(stream) s = stream_open(settings, NULL, NULL, NULL);
    return GINT_TO_POINTER(s != NULL && read_to_end(s, NULL) == 0);
}

START_TEST(threads_share_a_context)
{
    enum { N = 6 };
    pki p = { 0 };
    pki_make(&p, &good_leaf, &no_recipe, BY_ROOT);
    server srv[N] = { 0 };
    stream_settings settings[N];
    GThread *threads[N];
    for (int i = 0; i < N; i++) {
        start(&srv[i], &p.leaf, NULL, POLITE);
        settings[i] = settings_for(&srv[i], "mail.example.org", p.ca_file);
    }
    for (int i = 0; i < N; i++)
        threads[i] = g_thread_new("client", open_and_read, &settings[i]);
    for (int i = 0; i < N; i++)
        ck_assert(GPOINTER_TO_INT(g_thread_join(threads[i])));
    for (int i = 0; i < N; i++)
        stop(&srv[i]);
    pki_free(&p);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("net/tls");
    TCase *t = tcase_create("certificates");
    tcase_set_timeout(t, 30);
    tcase_add_loop_test(t, certificate_is_taken_or_refused_with_its_reason, 0, G_N_ELEMENTS(cases));
    tcase_add_test(t, without_ca_file_only_the_system_is_trusted);
    tcase_add_test(t, ca_file_that_cannot_be_used_is_named);
    tcase_add_test(t, ca_file_that_changed_is_read_again);
    tcase_add_loop_test(t, pin_excuses_exactly_its_key, 0, G_N_ELEMENTS(pinned));
    tcase_add_test(t, nothing_in_clear_outlives_the_handshake);
    tcase_add_test(t, both_ends_know_the_same_binding);
    suite_add_tcase(s, t);
    TCase *m = tcase_create("manners");
    tcase_set_timeout(m, 30);
    tcase_add_test(m, end_without_close_notify_is_an_error);
    tcase_add_test(m, megabytes_go_both_ways);
    tcase_add_test(m, silent_server_times_out);
    tcase_add_test(m, cancel_ends_a_handshake);
    tcase_add_test(m, threads_share_a_context);
    suite_add_tcase(s, m);
    return s;
}
