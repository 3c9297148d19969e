/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OCSP answers that come with the handshake (RFC 6960, stapled by RFC 6066).  One that cannot be used
 * counts as none: without the certificate's demand anybody could leave it out as well. */
#include "net/tls-staple.h"

#include "base/error.h"
#include "base/i18n.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

enum {
    STATUS_REQUEST = 5, /* of RFC 7633: the TLS extension's number */
    CLOCK_SKEW_S = 300,
};

typedef enum staple { STAPLE_NONE, STAPLE_GOOD, STAPLE_REVOKED } staple;

static bool demands_staple(const X509 *leaf)
{
    bool demands = false;
    TLS_FEATURE *features = X509_get_ext_d2i(leaf, NID_tlsfeature, NULL, NULL);
    for (int i = 0; i < sk_ASN1_INTEGER_num(features); i++)
        demands = demands || ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features, i)) == STATUS_REQUEST;
    sk_ASN1_INTEGER_pop_free(features, ASN1_INTEGER_free);
    return demands;
}

/* What a signed answer says of leaf. */
static staple status_of(OCSP_BASICRESP *basic, const X509 *leaf, const X509 *issuer)
{
    int status = V_OCSP_CERTSTATUS_UNKNOWN;
    ASN1_GENERALIZEDTIME *from = NULL, *to = NULL;
    OCSP_CERTID *id = OCSP_cert_to_id(NULL, leaf, issuer);
    bool found = id != NULL && OCSP_resp_find_status(basic, id, &status, NULL, NULL, &from, &to) == 1;
    OCSP_CERTID_free(id);
    if (found && status == V_OCSP_CERTSTATUS_REVOKED)
        return STAPLE_REVOKED; /* for good: however old the answer is */
    if (found && status == V_OCSP_CERTSTATUS_GOOD &&
        OCSP_check_validity(from, to, CLOCK_SKEW_S, -1) == 1)
        return STAPLE_GOOD;
    return STAPLE_NONE;
}

static staple read_staple(SSL *ssl, const X509 *leaf)
{
    const unsigned char *bytes = NULL;
    long nbytes = SSL_get_tlsext_status_ocsp_resp(ssl, &bytes);
    STACK_OF(X509) *chain = SSL_get0_verified_chain(ssl);
    if (nbytes <= 0 || sk_X509_num(chain) < 2)
        return STAPLE_NONE;
    OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &bytes, nbytes);
    OCSP_BASICRESP *basic = response != NULL ? OCSP_response_get1_basic(response) : NULL;
    X509_STORE *roots = SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl));
    staple says = STAPLE_NONE;
    if (basic != NULL && OCSP_basic_verify(basic, chain, roots, 0) == 1)
        says = status_of(basic, leaf, sk_X509_value(chain, 1));
    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(response);
    ERR_clear_error();
    return says;
}

bool tls_staple_check(SSL *ssl, GError **error)
{
    const X509 *leaf = SSL_get0_peer_certificate(ssl);
    switch (read_staple(ssl, leaf)) {
    case STAPLE_GOOD:
        return true;
    case STAPLE_REVOKED:
        error_set(error, ERROR_TLS, _("the certificate was revoked by its authority"));
        return false;
    case STAPLE_NONE:
        break;
    }
    if (!demands_staple(leaf))
        return true;
    error_set(error, ERROR_TLS, _("the certificate is only good with a current proof that it was not "
                                  "revoked, and the server sent none"));
    return false;
}
