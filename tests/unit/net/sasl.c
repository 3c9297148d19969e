/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which mechanism is chosen, and what each says: the examples of the RFCs, and SCRAM against a second
 * reckoning made here, which itself gives the RFCs' values. */
#include "base/error.h"
#include "net/sasl.h"
#include "unit/runner.h"

#include <gsasl.h>
#include <string.h>

/* Channel binding by tls-exporter came with GNU SASL 2.2. */
#define CAN_BIND (GSASL_VERSION_NUMBER >= 0x020200)

static bool in_list(const char *mechanism, gpointer list)
{
    g_auto(GStrv) words = g_strsplit(list, " ", -1);
    return g_strv_contains((const char *const *)words, mechanism);
}

/* ---- the choice */

static const struct {
    auth_choice how;
    const char *offered;
    bool certificate, token, binding;
    const char *chosen; /* NULL: none */
} choices[] = {
#define ALL "ANONYMOUS CRAM-MD5 GSSAPI LOGIN PLAIN SCRAM-SHA-1 SCRAM-SHA-1-PLUS SCRAM-SHA-256 SCRAM-SHA-256-PLUS XOAUTH2 OAUTHBEARER EXTERNAL"
    { AUTH_AUTO, ALL, false, false, true, "SCRAM-SHA-256-PLUS" },
    { AUTH_AUTO, ALL, false, false, false, "SCRAM-SHA-256" },
    { AUTH_AUTO, ALL, true, false, true, "EXTERNAL" },
    { AUTH_AUTO, ALL, false, true, true, "OAUTHBEARER" },
    { AUTH_AUTO, "PLAIN XOAUTH2 SCRAM-SHA-256", false, true, true, "XOAUTH2" },
    { AUTH_AUTO, "PLAIN SCRAM-SHA-256", false, true, true, NULL }, /* a token is no password */
    { AUTH_AUTO, "PLAIN SCRAM-SHA-1 SCRAM-SHA-1-PLUS", false, false, true, "SCRAM-SHA-1-PLUS" },
    { AUTH_AUTO, "PLAIN SCRAM-SHA-1 SCRAM-SHA-256", false, false, true, "SCRAM-SHA-256" },
    { AUTH_AUTO, "PLAIN SCRAM-SHA-1", false, false, true, "SCRAM-SHA-1" },
    { AUTH_AUTO, "PLAIN LOGIN", true, false, true, "PLAIN" },
    { AUTH_AUTO, "CRAM-MD5 GSSAPI ANONYMOUS LOGIN NTLM DIGEST-MD5", false, false, true, NULL },
    { AUTH_AUTO, "", false, false, true, NULL },
    { AUTH_SCRAM_SHA_256, ALL, false, false, true, "SCRAM-SHA-256-PLUS" },
    { AUTH_SCRAM_SHA_256, ALL, false, false, false, "SCRAM-SHA-256" },
    { AUTH_SCRAM_SHA_256, "PLAIN", false, false, true, "SCRAM-SHA-256" }, /* insists */
    { AUTH_SCRAM_SHA_1, ALL, false, false, true, "SCRAM-SHA-1-PLUS" },
    { AUTH_PLAIN, ALL, true, true, true, "PLAIN" },
    { AUTH_LOGIN, ALL, true, true, true, NULL },
    { AUTH_CRAM_MD5, ALL, false, false, true, "CRAM-MD5" },
    { AUTH_GSSAPI, ALL, false, false, true, "GSSAPI" },
    { AUTH_ANONYMOUS, ALL, false, false, true, "ANONYMOUS" },
    { AUTH_EXTERNAL, ALL, false, false, true, "EXTERNAL" },
    { AUTH_OAUTHBEARER, ALL, false, true, true, "OAUTHBEARER" },
    { AUTH_XOAUTH2, ALL, false, true, true, "XOAUTH2" },
};

START_TEST(strongest_mechanism_wins)
{
    if (choices[_i].chosen != NULL && g_str_has_suffix(choices[_i].chosen, "-PLUS") && !CAN_BIND)
        return;
    g_autoptr(GBytes) binding = choices[_i].binding ? g_bytes_new_static("0123", 4) : NULL;
    const sasl_account a = { "user", "imap", "host", 993, choices[_i].certificate, choices[_i].token, binding };
    const char *chosen = sasl_choose(choices[_i].how, &a, in_list, (gpointer)(gsize)choices[_i].offered);
    ck_assert_msg(g_strcmp0(chosen, choices[_i].chosen) == 0, "case %d: %s", _i, chosen != NULL ? chosen : "none");
}
END_TEST

/* ---- the simple ones */

typedef struct said {
    const char *mechanism, *user, *host, *password;
    guint16 port;
    const char *challenge; /* NULL: the initial response */
    const char *answer;
} said;

static const said simple[] = {
    { "PLAIN", "tim", NULL, "tanstaaftanstaaf", 0, NULL, "AHRpbQB0YW5zdGFhZnRhbnN0YWFm" }, /* RFC 4616 */
    { "OAUTHBEARER", "user@example.com", "server.example.com", "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==", 143, NULL,
      "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbGNrQ"
      "mhiSFJoZG1semRHRXVZMjl0Q2c9PQEB" }, /* RFC 7628 section 4.1 */
    { "OAUTHBEARER", "a,b=c", NULL, "t", 0, NULL, "bixhPWE9MkNiPTNEYywBYXV0aD1CZWFyZXIgdAEB" },
    { "XOAUTH2", "someuser@example.com", NULL, "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg", 0, NULL,
      "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ==" },
    { "EXTERNAL", "ada", NULL, NULL, 0, NULL, "" },
    { "ANONYMOUS", NULL, NULL, NULL, 0, NULL, "Y3Vyc3Vz" },
    { "CRAM-MD5", "tim", NULL, "tanstaaftanstaaf", 0, /* RFC 2195 */
      "PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+",
      "dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw" },
};

START_TEST(simple_mechanisms_say_what_their_rfcs_show)
{
    const said *c = &simple[_i];
    const sasl_account a = { c->user, "imap", c->host, c->port, false, false, NULL };
    g_autoptr(secret) password = c->password != NULL ? secret_new(c->password, -1) : NULL;
    g_autoptr(sasl) s = sasl_new(c->mechanism, &a, password, NULL);
    ck_assert_ptr_nonnull(s);
    ck_assert_int_eq(sasl_begins(s), c->challenge == NULL);
    ck_assert_int_eq(sasl_needs_secret(c->mechanism), c->password != NULL);
    GString *answer = sasl_step(s, c->challenge, NULL);
    ck_assert_str_eq(answer->str, c->answer);
    sasl_wipe(answer);
    ck_assert(sasl_finish(s, NULL));
    g_autoptr(GError) error = NULL;
    if (c->challenge == NULL && strstr(c->mechanism, "OAUTH") == NULL) {
        ck_assert_ptr_null(sasl_step(s, "", &error));
        ck_assert_uint_eq(error_kind_of(error), ERROR_PROTOCOL);
    }
}
END_TEST

START_TEST(refused_token_is_explained)
{
    static const char *const names[] = { "OAUTHBEARER", "XOAUTH2" }, *const answers[] = { "AQ==", "" };
    for (int i = 0; i < 2; i++) {
        const sasl_account a = { "user", "imap", "host", 993, false, true, NULL };
        g_autoptr(secret) token = secret_new("t", -1);
        g_autoptr(sasl) s = sasl_new(names[i], &a, token, NULL);
        sasl_wipe(sasl_step(s, NULL, NULL));
        ck_assert_ptr_null(sasl_remark(s));
        g_autofree char *challenge = g_base64_encode((const guchar *)"{\"status\":\"invalid_token\"}\r\n\xff", 29);
        GString *answer = sasl_step(s, challenge, NULL);
        ck_assert_str_eq(answer->str, answers[i]);
        sasl_wipe(answer);
        ck_assert_ptr_nonnull(strstr(sasl_remark(s), "{\"status\":\"invalid_token\"}"));
        ck_assert(g_utf8_validate(sasl_remark(s), -1, NULL));
        g_autoptr(GError) error = NULL;
        ck_assert_ptr_null(sasl_step(s, challenge, &error));
    }
}
END_TEST

START_TEST(what_cannot_be_said_is_refused)
{
    static const char *const bad[] = { "two\nlines", "two\rlines", "a\1b" };
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        for (int user = 0; user < 2; user++) {
            const sasl_account a = { user ? bad[i] : "ada", "imap", "host", 993, false, false, NULL };
            g_autoptr(secret) password = secret_new(user ? "secret" : bad[i], -1);
            g_autoptr(GError) error = NULL;
            ck_assert_ptr_null(sasl_new("XOAUTH2", &a, password, &error));
            ck_assert_uint_eq(error_kind_of(error), ERROR_INPUT);
        }
}
END_TEST

/* ---- SCRAM, reckoned a second time */

enum { HASH_MAX = 64 };

static gsize hmac(GChecksumType type, const void *key, gsize nkey, const void *bytes, gsize nbytes, guchar *out)
{
    g_autoptr(GHmac) h = g_hmac_new(type, key, nkey);
    gsize n = HASH_MAX;
    g_hmac_update(h, bytes, (gssize)nbytes);
    g_hmac_get_digest(h, out, &n);
    return n;
}

static gsize salted(GChecksumType type, const char *password, const guchar *salt, gsize nsalt, int rounds, guchar *out)
{
    guchar u[HASH_MAX];
    g_autofree guchar *first = g_malloc(nsalt + 4);
    memcpy(first, salt, nsalt);
    memcpy(first + nsalt, "\0\0\0\1", 4);
    gsize n = hmac(type, password, strlen(password), first, nsalt + 4, u);
    memcpy(out, u, n);
    for (int i = 1; i < rounds; i++) {
        hmac(type, password, strlen(password), u, n, u);
        for (gsize k = 0; k < n; k++)
            out[k] ^= u[k];
    }
    return n;
}

/* The client's proof and the server's signature over auth_message, base64. */
static void reckon(GChecksumType type, const char *password, const char *salt64, int rounds, const char *auth_message,
                   char **proof, char **signature)
{
    guchar secret_[HASH_MAX], client_key[HASH_MAX], server_key[HASH_MAX], stored[HASH_MAX], client_signature[HASH_MAX],
        server_signature[HASH_MAX];
    gsize nsalt = 0, n = 0, nstored = HASH_MAX;
    g_autofree guchar *salt = g_base64_decode(salt64, &nsalt);
    n = salted(type, password, salt, nsalt, rounds, secret_);
    hmac(type, secret_, n, "Client Key", 10, client_key);
    hmac(type, secret_, n, "Server Key", 10, server_key);
    g_autoptr(GChecksum) sum = g_checksum_new(type);
    g_checksum_update(sum, client_key, (gssize)n);
    g_checksum_get_digest(sum, stored, &nstored);
    hmac(type, stored, n, auth_message, strlen(auth_message), client_signature);
    hmac(type, server_key, n, auth_message, strlen(auth_message), server_signature);
    for (gsize k = 0; k < n; k++)
        client_key[k] ^= client_signature[k];
    *proof = g_base64_encode(client_key, n);
    *signature = g_base64_encode(server_signature, n);
}

START_TEST(second_reckoning_gives_the_rfcs_values)
{
    g_autofree char *proof = NULL, *signature = NULL, *proof2 = NULL, *signature2 = NULL;
    reckon(G_CHECKSUM_SHA1, "pencil", "QSXCR+Q6sek8bf92", 4096,
           "n=user,r=fyko+d2lbbFgONRv9qkxdawL,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096,"
           "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j",
           &proof, &signature);
    ck_assert_str_eq(proof, "v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="); /* RFC 5802 section 5 */
    ck_assert_str_eq(signature, "rmF9pqV8S7suAoZWja4dJRkFsKQ=");
    reckon(G_CHECKSUM_SHA256, "pencil", "W22ZaJ0SNY7soEsUEjb6gQ==", 4096,
           "n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,"
           "i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
           &proof2, &signature2);
    ck_assert_str_eq(proof2, "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="); /* RFC 7677 section 3 */
    ck_assert_str_eq(signature2, "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}
END_TEST

typedef enum ending { RIGHT, WRONG_SIGNATURE, NO_SIGNATURE, REFUSAL, GARBAGE } ending;

typedef struct scram {
    const char *mechanism;
    GChecksumType type;
    const char *binding; /* or NULL */
    const char *rounds;
    ending ending;
} scram;

static const scram scrams[] = {
    { "SCRAM-SHA-256", G_CHECKSUM_SHA256, NULL, "4096", RIGHT },
    { "SCRAM-SHA-1", G_CHECKSUM_SHA1, NULL, "5000", RIGHT },
    { "SCRAM-SHA-256-PLUS", G_CHECKSUM_SHA256, "what only the two ends know 1234", "4096", RIGHT },
    { "SCRAM-SHA-1-PLUS", G_CHECKSUM_SHA1, "what only the two ends know 1234", "4096", RIGHT },
    { "SCRAM-SHA-256", G_CHECKSUM_SHA256, NULL, "4096", WRONG_SIGNATURE },
    { "SCRAM-SHA-256", G_CHECKSUM_SHA256, NULL, "4096", NO_SIGNATURE },
    { "SCRAM-SHA-1", G_CHECKSUM_SHA1, NULL, "4096", REFUSAL },
    { "SCRAM-SHA-1", G_CHECKSUM_SHA1, NULL, "4096", GARBAGE },
};

static char *step_plain(sasl *s, const char *challenge, GError **error)
{
    g_autofree char *coded = challenge != NULL ? g_base64_encode((const guchar *)challenge, strlen(challenge)) : NULL;
    GString *answer = sasl_step(s, coded, error);
    if (answer == NULL)
        return NULL;
    gsize n;
    g_autofree guchar *bytes = g_base64_decode(answer->str, &n);
    sasl_wipe(answer);
    return g_strndup((char *)bytes, n);
}

START_TEST(scram_proves_both_sides)
{
    const scram *c = &scrams[_i];
    if (c->binding != NULL && !CAN_BIND)
        return;
    g_autoptr(GBytes) binding = c->binding != NULL ? g_bytes_new_static(c->binding, strlen(c->binding)) : NULL;
    const sasl_account a = { "user", "imap", "host", 993, false, false, binding };
    g_autoptr(secret) password = secret_new("pencil", -1);
    g_autoptr(GError) error = NULL;
    g_autoptr(sasl) s = sasl_new(c->mechanism, &a, password, NULL);
    g_autofree char *hello = step_plain(s, NULL, &error);
    const char *header = c->binding != NULL ? "p=tls-exporter,," : "n,,";
    ck_assert_msg(g_str_has_prefix(hello, header), "%s", hello);
    const char *bare = hello + strlen(header);
    g_autofree char *server_first = g_strdup_printf("%sSERVER,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=%s", strstr(bare, "r="), c->rounds);
    g_autofree char *final = step_plain(s, server_first, &error);
    ck_assert_msg(final != NULL, "%s", error != NULL ? error->message : "");
    ck_assert(!sasl_finish(s, NULL));
    g_autofree char *bound = g_strconcat(header, c->binding, NULL);
    g_autofree char *bound64 = g_base64_encode((const guchar *)bound, strlen(bound));
    g_autofree char *c_part = g_strdup_printf("c=%s,", bound64);
    ck_assert_msg(g_str_has_prefix(final, c_part), "%s, not %s", final, c_part);
    char *p = strstr(final, ",p=");
    ck_assert_ptr_nonnull(p);
    g_autofree char *without = g_strndup(final, (gsize)(p - final));
    g_autofree char *message = g_strdup_printf("%s,%s,%s", bare, server_first, without);
    g_autofree char *proof = NULL, *signature = NULL;
    reckon(c->type, "pencil", "W22ZaJ0SNY7soEsUEjb6gQ==", (int)g_ascii_strtoull(c->rounds, NULL, 10), message, &proof,
           &signature);
    ck_assert_str_eq(p + 3, proof);
    if (c->ending == WRONG_SIGNATURE)
        signature[3] = signature[3] == 'A' ? 'B' : 'A';
    g_autofree char *server_final = c->ending == REFUSAL   ? g_strdup("e=invalid-proof")
                                    : c->ending == GARBAGE ? g_strdup("hello")
                                                           : g_strdup_printf("v=%s", signature);
    g_autofree char *last = c->ending != NO_SIGNATURE ? step_plain(s, server_final, &error) : NULL;
    if (c->ending == RIGHT) {
        ck_assert_str_eq(last, "");
        ck_assert(sasl_finish(s, NULL));
        return;
    }
    ck_assert_ptr_null(last);
    ck_assert(c->ending == NO_SIGNATURE || error_kind_of(error) == ERROR_AUTH);
    ck_assert(c->ending != REFUSAL || strcmp(error->message, "invalid-proof") == 0);
    g_clear_error(&error);
    ck_assert(!sasl_finish(s, &error)); /* whatever the server says then */
    ck_assert_uint_eq(error_kind_of(error), ERROR_AUTH);
}
END_TEST

/* As often as the server says, but not one that would make the password easy to find or keep us
 * busy for hours; and its nonce must begin with ours. */
START_TEST(scram_refuses_what_a_good_server_does_not_say)
{
    static const char *const ends[] = { "SERVER,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1", "SERVER,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4095",
                                        "SERVER,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=2000001",
                                        "SERVER,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=99999999999999999999",
                                        "SERVER,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=", "SERVER,s=W22ZaJ0SNY7soEsUEjb6gQ==",
                                        "SERVER,s=,i=4096", ",i=4096", "" };
    for (gsize i = 0; i <= G_N_ELEMENTS(ends); i++) {
        const sasl_account a = { "user", "imap", "host", 993, false, false, NULL };
        g_autoptr(secret) password = secret_new("pencil", -1);
        g_autoptr(GError) error = NULL;
        g_autoptr(sasl) s = sasl_new("SCRAM-SHA-256", &a, password, NULL);
        g_autofree char *hello = step_plain(s, NULL, NULL);
        g_autofree char *first = i < G_N_ELEMENTS(ends) ? g_strconcat(strstr(hello, "r="), ends[i], NULL)
                                                        : g_strdup("r=another,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
        g_autofree char *final = step_plain(s, first, &error);
        ck_assert_msg(final == NULL, "case %zu: %s", i, final);
        ck_assert_uint_eq(error_kind_of(error), ERROR_PROTOCOL);
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("net/sasl");
    TCase *tc = tcase_create("sasl");
    tcase_add_loop_test(tc, strongest_mechanism_wins, 0, G_N_ELEMENTS(choices));
    tcase_add_loop_test(tc, simple_mechanisms_say_what_their_rfcs_show, 0, G_N_ELEMENTS(simple));
    tcase_add_test(tc, refused_token_is_explained);
    tcase_add_test(tc, what_cannot_be_said_is_refused);
    tcase_add_test(tc, second_reckoning_gives_the_rfcs_values);
    tcase_add_loop_test(tc, scram_proves_both_sides, 0, G_N_ELEMENTS(scrams));
    tcase_add_test(tc, scram_refuses_what_a_good_server_does_not_say);
    suite_add_tcase(suite, tc);
    return suite;
}
