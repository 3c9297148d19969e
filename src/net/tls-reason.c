/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OpenSSL's verdicts as sentences for a person.  What a certificate says is a stranger's text: made
 * printable by OpenSSL's escapes here, sanitised again where it is shown. */
#include "net/tls-reason.h"

#include "base/error.h"
#include "base/i18n.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

enum {
    NAMES_SHOWN = 4,
    NAME_SHOWN_NBYTES = 100, /* what follows must not be pushed out of sight by a stranger's name */
};

static char *take_memory(BIO *bio)
{
    char *bytes;
    long n = BIO_get_mem_data(bio, &bytes);
    char *text = g_strndup(bytes, n > 0 ? (gsize)n : 0);
    BIO_free(bio);
    return text;
}

static char *name_text(const X509_NAME *name)
{
    BIO *bio = BIO_new(BIO_s_mem());
    X509_NAME_print_ex(bio, name, 0,
                       (XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB) | ASN1_STRFLGS_UTF8_CONVERT);
    char *text = take_memory(bio);
    if (strlen(text) > NAME_SHOWN_NBYTES) {
        *g_utf8_find_prev_char(text, text + NAME_SHOWN_NBYTES) = '\0';
        char *cut = g_strconcat(text, "...", NULL);
        g_free(text);
        return cut;
    }
    if (text[0] != '\0')
        return text;
    g_free(text);
    return g_strdup(_("(no name)"));
}

static char *time_text(const ASN1_TIME *time)
{
    struct tm tm;
    if (ASN1_TIME_to_tm(time, &tm) != 1)
        return g_strdup("?");
    return g_strdup_printf("%04d-%02d-%02d %02d:%02d UTC", tm.tm_year + 1900, tm.tm_mon + 1,
                           tm.tm_mday, tm.tm_hour, tm.tm_min);
}

/* One name of subjectAltName, NULL for kinds that name no host. */
static char *host_of(const GENERAL_NAME *general)
{
    const ASN1_STRING *string = general->type == GEN_DNS     ? general->d.dNSName
                                : general->type == GEN_IPADD ? general->d.iPAddress
                                                             : NULL;
    if (string == NULL)
        return NULL;
    const unsigned char *bytes = ASN1_STRING_get0_data(string);
    int n = ASN1_STRING_length(string);
    if (general->type == GEN_DNS) {
        char *host = g_malloc0((gsize)n + 1);
        for (int i = 0; i < n; i++) /* a NUL would hide the rest of the name */
            host[i] = g_ascii_isgraph(bytes[i]) ? (char)bytes[i] : '?';
        return host;
    }
    if (n == 4)
        return g_strdup_printf("%d.%d.%d.%d", bytes[0], bytes[1], bytes[2], bytes[3]);
    GString *text = g_string_new(NULL);
    for (int i = 0; i + 1 < n; i += 2)
        g_string_append_printf(text, "%s%x", i > 0 ? ":" : "", bytes[i] << 8 | bytes[i + 1]);
    return g_string_free(text, FALSE);
}

/* "a.example, *.b.example and 3 more". */
static char *hosts_text(X509 *certificate)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    GString *text = g_string_new(NULL);
    int shown = 0, more = 0;
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        g_autofree char *host = host_of(sk_GENERAL_NAME_value(names, i));
        if (host == NULL)
            continue;
        if (shown == NAMES_SHOWN) {
            more++;
            continue;
        }
        g_string_append_printf(text, "%s%.60s", shown++ > 0 ? ", " : "", host);
    }
    GENERAL_NAMES_free(names);
    if (more > 0)
        g_string_append_printf(text, ngettext(" and %d more", " and %d more", (unsigned long)more),
                               more);
    if (text->len == 0)
        g_string_append(text, _("no host at all"));
    return g_string_free(text, FALSE);
}

char *tls_reason_key(const X509 *certificate)
{
    unsigned char *der = NULL;
    int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    g_autofree char *hex = g_compute_checksum_for_data(G_CHECKSUM_SHA256, der, n > 0 ? (gsize)n : 0);
    OPENSSL_free(der);
    return g_strconcat("sha256:", hex, NULL);
}

/* What is wrong with the certificate at hand, a clause. */
static char *fault(X509_STORE_CTX *store, X509 *certificate, const char *name)
{
    int code = X509_STORE_CTX_get_error(store);
    g_autofree char *subject = name_text(X509_get_subject_name(certificate));
    g_autofree char *issuer = name_text(X509_get_issuer_name(certificate));
    bool leaf = X509_STORE_CTX_get_error_depth(store) == 0;
    g_autofree char *when = NULL, *hosts = NULL;
    switch (code) {
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return g_strdup_printf(
            _("the certificate is self-signed, by %s: nobody else vouches for it"), subject);
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        return g_strdup_printf(
            _("the certificate comes from an authority that is not trusted here: %s"), subject);
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return g_strdup_printf(_("the certificate of %s was issued by %s, which is not trusted here "
                                 "and was not vouched for"),
                               subject, issuer);
    case X509_V_ERR_CERT_HAS_EXPIRED:
        when = time_text(X509_get0_notAfter(certificate));
        return g_strdup_printf(leaf ? _("the certificate expired on %s (%s)")
                                    : _("a certificate of its authority expired on %s (%s)"),
                               when, subject);
    case X509_V_ERR_CERT_NOT_YET_VALID:
        when = time_text(X509_get0_notBefore(certificate));
        return g_strdup_printf(_("the certificate is valid only from %s on (%s)"), when, subject);
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        hosts = hosts_text(certificate);
        return g_strdup_printf(_("the certificate is not for %s but for %s"), name, hosts);
    default:
        return g_strdup_printf(_("the certificate of %s (issued by %s) was refused: %s"), subject,
                               issuer, X509_verify_cert_error_string(code));
    }
}

void tls_reason_certificate(X509_STORE_CTX *store, const char *name, const char *pin,
                            GError **error)
{
    X509 *leaf = X509_STORE_CTX_get0_cert(store);
    X509 *certificate = X509_STORE_CTX_get_current_cert(store);
    g_autofree char *why = fault(store, certificate != NULL ? certificate : leaf, name);
    g_autofree char *key = tls_reason_key(leaf);
    if (pin != NULL && g_ascii_strcasecmp(pin, key) != 0)
        error_set(error, ERROR_TLS, _("its key is %s, and the pinned one is %s"), key, pin);
    else
        error_set(error, ERROR_TLS, _("%s; its key is %s"), why, key);
}

char *tls_reason_queue(void)
{
    unsigned long code = ERR_peek_error();
    const char *reason = ERR_reason_error_string(code);
    if (ERR_SYSTEM_ERROR(code))
        reason = g_strerror(ERR_GET_REASON(code));
    return g_strdup(reason != NULL ? reason : _("unknown reason"));
}

void tls_reason_failure(bool established, int io_errno, GError **error)
{
    unsigned long code = ERR_peek_error();
    int reason = ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0;
    g_autofree char *words = tls_reason_queue();
    bool hung_up = !established && (io_errno == EPIPE || io_errno == ECONNRESET);
    if (io_errno != 0 && !hung_up)
        error_set(error, ERROR_NETWORK, "%s", g_strerror(io_errno));
    else if (hung_up || reason == SSL_R_UNEXPECTED_EOF_WHILE_READING || code == 0)
        error_set(error, ERROR_NETWORK, "%s",
                  established
                      ? _("the connection was cut: it ended without the closing message of TLS")
                      : _("the server closed the connection during the TLS handshake"));
    else if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST ||
             reason == SSL_R_PACKET_LENGTH_TOO_LONG)
        error_set(error, ERROR_TLS, _("the server does not speak TLS on this port"));
    else if (reason == SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED)
        error_set(error, ERROR_TLS, _("the server wants a client-certificate, and the account has none"));
    else if (reason == SSL_R_TLSV1_ALERT_PROTOCOL_VERSION || reason == SSL_R_UNSUPPORTED_PROTOCOL)
        error_set(error, ERROR_TLS, _("the server speaks only versions of TLS older than 1.2"));
    else if (established)
        error_set(error, ERROR_NETWORK, _("TLS failed: %s"), words);
    else
        error_set(error, ERROR_TLS, _("the TLS handshake failed: %s"), words);
}
