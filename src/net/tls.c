/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OpenSSL's corner: contexts, one connection's handshake and bytes.  There is no switch that turns
 * verification off.  Why a certificate was refused is worded in net/tls-reason.
 * RFC 8446, RFC 5246; names RFC 6125; implicit TLS for mail RFC 8314. */
#include "net/tls.h"

#include "base/error.h"
#include "base/i18n.h"
#include "net/tls-reason.h"
#include "net/tls-staple.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/socket.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* where SO_NOSIGPIPE does it */
#endif

struct tls {
    int fd;
    SSL *ssl;
    char *name;       /* verified: ASCII */
    char *pin;        /* or NULL */
    bool excused;     /* not verified, but of the pinned key */
    GError *refusal;  /* from the verify callback: why the chain was refused */
    int io_errno;     /* of the last socket call that failed */
    bool established, broken;
};

/* ---- the socket below: recv and send, so that a dead peer is EPIPE and not a signal */

static int bio_write(BIO *bio, const char *bytes, int nbytes)
{
    tls *t = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    ssize_t n = send(t->fd, bytes, (size_t)nbytes, MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        BIO_set_retry_write(bio);
    else if (n < 0)
        t->io_errno = errno;
    return (int)n;
}

static int bio_read(BIO *bio, char *bytes, int nbytes)
{
    tls *t = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    ssize_t n = recv(t->fd, bytes, (size_t)nbytes, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        BIO_set_retry_read(bio);
    else if (n < 0)
        t->io_errno = errno;
    else if (n == 0)
        BIO_set_flags(bio, BIO_FLAGS_IN_EOF); /* lets OpenSSL tell a cut stream from an error */
    return (int)n;
}

static long bio_control(BIO *bio, int command, long number, void *data)
{
    switch (command) {
    case BIO_CTRL_FLUSH:
        return 1;
    case BIO_CTRL_EOF:
        return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
    default:
        return 0;
    }
}

static BIO *bio_over(tls *t)
{
    static BIO_METHOD *method;
    if (g_once_init_enter(&method)) {
        BIO_METHOD *made =
            BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "cursus socket");
        BIO_meth_set_write(made, bio_write);
        BIO_meth_set_read(made, bio_read);
        BIO_meth_set_ctrl(made, bio_control);
        g_once_init_leave(&method, made);
    }
    BIO *bio = BIO_new(method);
    BIO_set_data(bio, t);
    BIO_set_init(bio, 1);
    return bio;
}

/* ---- contexts: one for each ca-file, kept for the process */

/* Does the directory hold roots by hash?  Then only those that are needed get read, and the start
 * does not pay for parsing the whole bundle. */
static bool hashed_directory(const char *path)
{
    DIR *dir = opendir(path);
    bool found = false;
    if (dir == NULL)
        return false;
    for (struct dirent *e; !found && (e = readdir(dir)) != NULL;)
        found = strlen(e->d_name) >= 10 && e->d_name[8] == '.' &&
                strspn(e->d_name, "0123456789abcdef") == 8 && g_ascii_isdigit(e->d_name[9]);
    closedir(dir);
    return found;
}

static void load_system_roots(SSL_CTX *context)
{
    const char *dir = g_getenv(X509_get_default_cert_dir_env());
    if (dir == NULL)
        dir = X509_get_default_cert_dir();
    bool chosen = g_getenv(X509_get_default_cert_file_env()) != NULL;
    if (!chosen && hashed_directory(dir))
        SSL_CTX_set_default_verify_dir(context);
    else
        SSL_CTX_set_default_verify_paths(context);
    ERR_clear_error();
}

static SSL_CTX *context_make(const char *ca_file, GError **error)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    if (SSL_CTX_get_security_level(context) < 2) /* no SHA-1 signatures, no keys below 2048 bits */
        SSL_CTX_set_security_level(context, 2);
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_clear_options(context, SSL_OP_LEGACY_SERVER_CONNECT);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_cipher_list(context, "DEFAULT:!aNULL:!eNULL:!3DES:!RC4:!PSK:!SRP");
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    load_system_roots(context);
    if (ca_file != NULL && SSL_CTX_load_verify_file(context, ca_file) != 1) {
        g_autofree char *why = tls_reason_queue();
        error_set(error, ERROR_TLS, _("no certificate could be read from ca-file %s: %s"), ca_file,
                  why);
        SSL_CTX_free(context);
        return NULL;
    }
    return context;
}

typedef struct kept_context {
    SSL_CTX *context;
    char *checksum; /* of the ca-file when it was read; NULL without one */
} kept_context;

static void kept_context_free(gpointer data)
{
    kept_context *k = data;
    SSL_CTX_free(k->context);
    g_free(k->checksum);
    g_free(k);
}

/* A file that is replaced within a tick of the clock may keep its times, its size and its inode:
 * only the bytes tell. */
static bool ca_file_checksum(const char *ca_file, char **checksum, GError **error)
{
    g_autofree char *bytes = NULL;
    gsize nbytes = 0;
    g_autoptr(GError) cause = NULL;
    *checksum = NULL;
    if (ca_file == NULL)
        return true;
    if (!g_file_get_contents(ca_file, &bytes, &nbytes, &cause)) {
        error_set(error, ERROR_TLS, _("the ca-file cannot be read: %s"), cause->message);
        return false;
    }
    *checksum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)bytes, nbytes);
    return true;
}

/* A reference to the context for ca_file; made anew when the file changed. */
static SSL_CTX *context_get(const char *ca_file, GError **error)
{
    static GMutex lock;
    static GHashTable *kept; /* ca-file or "" -> kept_context */
    g_autofree char *checksum = NULL;
    if (!ca_file_checksum(ca_file, &checksum, error))
        return NULL;
    g_mutex_lock(&lock);
    if (kept == NULL)
        kept = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, kept_context_free);
    const char *key = ca_file != NULL ? ca_file : "";
    kept_context *k = g_hash_table_lookup(kept, key);
    if (k == NULL || g_strcmp0(k->checksum, checksum) != 0) {
        SSL_CTX *made = context_make(ca_file, error);
        k = NULL;
        if (made != NULL) {
            k = g_new(kept_context, 1);
            *k = (kept_context){ made, g_steal_pointer(&checksum) };
            g_hash_table_replace(kept, g_strdup(key), k);
        }
    }
    SSL_CTX *context = k != NULL ? k->context : NULL;
    if (context != NULL)
        SSL_CTX_up_ref(context);
    g_mutex_unlock(&lock);
    return context;
}

/* ---- one connection */

static int connection_index(void)
{
    static gsize once;
    static int index;
    if (g_once_init_enter(&once)) {
        index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
        g_once_init_leave(&once, 1);
    }
    return index;
}

/* What no acquaintance with a key excuses. */
static bool is_excusable(int code)
{
    return code != X509_V_ERR_EE_KEY_TOO_SMALL && code != X509_V_ERR_CERT_REVOKED &&
           code != X509_V_ERR_OUT_OF_MEM;
}

/* Keeps the reason while the chain is at hand.  The verdict changes only for the pinned key. */
static int on_verify(int ok, X509_STORE_CTX *store)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    tls *t = SSL_get_ex_data(ssl, connection_index());
    if (ok)
        return ok;
    g_autofree char *key = tls_reason_key(X509_STORE_CTX_get0_cert(store));
    if (t->pin != NULL && is_excusable(X509_STORE_CTX_get_error(store)) &&
        g_ascii_strcasecmp(t->pin, key) == 0) {
        X509_STORE_CTX_set_error(store, X509_V_OK);
        t->excused = true;
        return 1;
    }
    if (t->refusal == NULL)
        tls_reason_certificate(store, t->name, t->pin, &t->refusal);
    return 0;
}

static bool expect_name(tls *t, GError **error)
{
    X509_VERIFY_PARAM *param = SSL_get0_param(t->ssl);
    if (g_hostname_is_ip_address(t->name)) {
        if (X509_VERIFY_PARAM_set1_ip_asc(param, t->name) == 1)
            return true;
    } else {
        /* The subject's CN does not count (RFC 6125 6.4.4: legacy), nor does "f*o.example". */
        X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
                                                   X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
        if (t->name[0] != '\0' && X509_VERIFY_PARAM_set1_host(param, t->name, 0) == 1 &&
            SSL_set_tlsext_host_name(t->ssl, t->name) == 1)
            return true;
    }
    error_set(error, ERROR_TLS, _("'%s' is not a name that a certificate can be checked against"),
              t->name);
    return false;
}

/* The form that stands in certificates: ASCII, no brackets, no final dot. */
static char *certificate_name(const char *name)
{
    gsize n = strlen(name);
    g_autofree char *bare =
        name[0] == '[' && n > 2 && name[n - 1] == ']' ? g_strndup(name + 1, n - 2) : g_strdup(name);
    char *ascii = g_hostname_to_ascii(bare);
    if (ascii == NULL)
        return g_strdup("");
    n = strlen(ascii);
    if (n > 0 && ascii[n - 1] == '.')
        ascii[n - 1] = '\0';
    return ascii;
}

/* An encrypted key would make OpenSSL ask on the terminal that the screen owns. */
static int no_passphrase(char *buffer, int nbytes, int writing, void *data)
{
    return -1;
}

static bool use_client_certificate(tls *t, const char *path, GError **error)
{
    SSL_set_default_passwd_cb(t->ssl, no_passphrase);
    if (SSL_use_certificate_chain_file(t->ssl, path) == 1 &&
        SSL_use_PrivateKey_file(t->ssl, path, SSL_FILETYPE_PEM) == 1 &&
        SSL_check_private_key(t->ssl) == 1)
        return true;
    g_autofree char *why = tls_reason_queue();
    error_set(error, ERROR_TLS,
              _("client-certificate %s holds no certificate and key without a passphrase in PEM: %s"),
              path, why);
    ERR_clear_error();
    return false;
}

tls *tls_new(int fd, const tls_settings *settings, GError **error)
{
    ERR_clear_error();
    SSL_CTX *context = context_get(settings->ca_file, error);
    if (context == NULL)
        return NULL;
    tls *t = g_new0(tls, 1);
    t->fd = fd;
    t->name = certificate_name(settings->name);
    t->pin = g_strdup(settings->pin);
    t->ssl = SSL_new(context);
    SSL_CTX_free(context);
    SSL_set_ex_data(t->ssl, connection_index(), t);
    SSL_set_verify(t->ssl, SSL_VERIFY_PEER, on_verify);
    SSL_set_tlsext_status_type(t->ssl, TLSEXT_STATUSTYPE_ocsp);
    static const unsigned char imap[] = { 4, 'i', 'm', 'a', 'p' };
    SSL_set_alpn_protos(t->ssl, imap, sizeof imap);
    BIO *bio = bio_over(t);
    SSL_set_bio(t->ssl, bio, bio);
    SSL_set_connect_state(t->ssl);
    if (!expect_name(t, error) || (settings->client_certificate != NULL &&
                                   !use_client_certificate(t, settings->client_certificate, error))) {
        tls_free(t);
        return NULL;
    }
    return t;
}

static gssize failed(tls *t, int code, GError **error)
{
    switch (SSL_get_error(t->ssl, code)) {
    case SSL_ERROR_WANT_READ:
        return IO_WANT_READ;
    case SSL_ERROR_WANT_WRITE:
        return IO_WANT_WRITE;
    case SSL_ERROR_ZERO_RETURN:
        return IO_END;
    default:
        t->broken = true;
        if (t->refusal != NULL)
            g_propagate_error(error, g_steal_pointer(&t->refusal));
        else
            tls_reason_failure(t->established, t->io_errno, error);
        ERR_clear_error();
        return IO_ERROR;
    }
}

/* A server that picks another protocol than ours is not the one we mean (RFC 7301 3.2). */
static bool right_protocol(tls *t, GError **error)
{
    const unsigned char *chosen = NULL;
    unsigned n = 0;
    SSL_get0_alpn_selected(t->ssl, &chosen, &n);
    if (n == 0 || (n == 4 && memcmp(chosen, "imap", 4) == 0))
        return true;
    error_set(error, ERROR_TLS, _("the server chose another protocol than IMAP"));
    return false;
}

/* SSL_VERIFY_PEER ended a bad one already: this guards against a change of that alone. */
static bool is_trusted(const tls *t)
{
    X509 *leaf = SSL_get0_peer_certificate(t->ssl);
    if (leaf == NULL || SSL_get_verify_result(t->ssl) != X509_V_OK)
        return false;
    if (!t->excused)
        return true;
    g_autofree char *key = tls_reason_key(leaf);
    return g_ascii_strcasecmp(key, t->pin) == 0;
}

gssize tls_handshake(tls *t, GError **error)
{
    ERR_clear_error();
    int code = SSL_do_handshake(t->ssl);
    if (code != 1) {
        gssize result = failed(t, code, error);
        if (result != IO_END)
            return result;
        error_set(error, ERROR_NETWORK,
                  _("the server closed the connection during the TLS handshake"));
        return IO_ERROR;
    }
    if (!is_trusted(t)) {
        error_set(error, ERROR_TLS, _("the server's certificate could not be verified"));
        return IO_ERROR;
    }
    if (!right_protocol(t, error) || (!t->excused && !tls_staple_check(t->ssl, error)))
        return IO_ERROR;
    t->established = true;
    return 1;
}

gssize tls_read(tls *t, void *bytes, gsize nbytes, GError **error)
{
    ERR_clear_error();
    int n = SSL_read(t->ssl, bytes, (int)MIN(nbytes, 1u << 20));
    return n > 0 ? n : failed(t, n, error);
}

gssize tls_write(tls *t, const void *bytes, gsize nbytes, GError **error)
{
    ERR_clear_error();
    int n = SSL_write(t->ssl, bytes, (int)MIN(nbytes, 1u << 20));
    return n > 0 ? n : failed(t, n, error);
}

char *tls_describe(const tls *t)
{
    return g_strdup_printf("%s %s", SSL_get_version(t->ssl), SSL_get_cipher_name(t->ssl));
}

GBytes *tls_channel_binding(const tls *t)
{
    static const char label[] = "EXPORTER-Channel-Binding";
    guchar bytes[32];
    if (SSL_version(t->ssl) < TLS1_3_VERSION ||
        SSL_export_keying_material(t->ssl, bytes, sizeof bytes, label, strlen(label), NULL, 0, 0) != 1)
        return NULL;
    return g_bytes_new(bytes, sizeof bytes);
}

void tls_free(tls *t)
{
    if (t == NULL)
        return;
    if (t->established && !t->broken)
        SSL_shutdown(t->ssl);
    SSL_free(t->ssl);
    ERR_clear_error();
    g_clear_error(&t->refusal);
    g_free(t->name);
    g_free(t->pin);
    g_free(t);
}
