/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings of one account, plain: conf/ fills them, mtm/ obeys them. */
#ifndef CURSUS_MODEL_ACCOUNT_H
#define CURSUS_MODEL_ACCOUNT_H

#include "model/folder.h"

#include <glib.h>
#include <stdbool.h>

typedef enum sync_choice { SYNC_SUBSCRIBED_REMOTE, SYNC_SUBSCRIBED_LOCAL, SYNC_SUBSCRIBED_EITHER, SYNC_ALL, SYNC_LIST } sync_choice;
typedef enum body_choice { BODIES_HEADERS, BODIES_TEXT, BODIES_ALL } body_choice;
typedef enum delete_choice { DELETE_TRASH, DELETE_MARK, DELETE_EXPUNGE } delete_choice;
typedef enum subscribe_choice { SUBSCRIBE_NEITHER, SUBSCRIBE_LOCAL, SUBSCRIBE_REMOTE, SUBSCRIBE_BOTH } subscribe_choice;
typedef enum seen_choice { SEEN_READ, SEEN_SYNC, SEEN_NEVER } seen_choice;
/* In the order of the option's words.  LOGIN is a command of IMAP's, the others are SASL's. */
typedef enum auth_choice { AUTH_AUTO, AUTH_PLAIN, AUTH_LOGIN, AUTH_SCRAM_SHA_256, AUTH_SCRAM_SHA_1, AUTH_OAUTHBEARER,
                           AUTH_XOAUTH2, AUTH_EXTERNAL, AUTH_CRAM_MD5, AUTH_GSSAPI, AUTH_ANONYMOUS } auth_choice;

typedef enum compress_choice { COMPRESS_AUTO, COMPRESS_YES, COMPRESS_NO } compress_choice;

typedef struct account_settings {
    char *name;             /* the word after "account" */
    char *address;          /* mailbox only: ada@example.org */
    char *real_name;        /* or NULL */
    char *imap_host;        /* NULL when only a tunnel is given */
    guint16 imap_port;      /* 993 unless the URL says else */
    bool imap_starttls;     /* explicit only */
    char *imap_user;        /* default: the address */
    char *smtp_url;         /* kept for the writing issue; may be NULL */
    char *password_command; /* NULL: ask */
    char *token_command;    /* prints an OAuth2 access token; NULL: there is none */
    char *ca_file;          /* PEM of further roots, or NULL */
    char *tls_name;         /* name to verify instead of the host, or NULL */
    char *client_certificate; /* PEM with certificate and key, or NULL */
    char *pin;              /* "sha256:HEX" of the server's key that is taken unverified, or NULL */
    char *proxy;            /* URL of a SOCKS or HTTP proxy, or NULL */
    char *tunnel;           /* shell command whose standard streams are the connection, or NULL */
    auth_choice auth;
    char **no_capabilities; /* upper case, never believed; NULL: none */
    compress_choice compress;
    sync_choice sync;
    char **sync_list;       /* folder names when sync is SYNC_LIST */
    int sync_interval_s;    /* 0 never */
    bool idle;
    int idle_timeout_s;     /* 0 auto */
    bool stay_online;
    int inbox_limit;        /* newest messages kept: -1 all, 0 none */
    int folder_limit;
    body_choice bodies;
    int bodies_age_s;       /* BODIES_TEXT fetches whole what is not older; 0 any */
    int bodies_size;        /* and not larger, bytes; 0 any */
    int text_limit;         /* bytes of the beginning fetched of what is not fetched whole; 0 none */
    int attachment_limit;   /* bytes: a larger message with attachments is not fetched whole; -1 none */
    gint64 total_limit;     /* bytes fetched in advance after one synchronisation; -1 none */
    bool metered;           /* metered_bodies counts instead of bodies */
    body_choice metered_bodies;
    char *search_filter;    /* query: only what matches is fetched in advance; NULL: everything */
    char *path_prefix;      /* folders below it are listed, as the server spells it; NULL: all */
    char separator;         /* between the levels of names, whatever the server says; 0: as it says */
    int fetch_chunk;        /* bytes asked for at once of a large message */
    seen_choice seen;
    delete_choice del;      /* what "delete" means; in the trash it is always DELETE_EXPUNGE */
    bool expunge_on_disconnect; /* messages that this program marked \Deleted go at the disconnect */
    subscribe_choice subscribe; /* what subscribing in cursus changes */
    char *roles[ROLE_TRASH + 1]; /* folder names by hand, by folder_role; NULL: as the server says */
    int connect_timeout_s;  /* dial, TLS and greeting; default 30 */
} account_settings;

/* What is fetched in advance on the line as it is. */
body_choice account_bodies(const account_settings *a);
account_settings *account_settings_new(const char *name); /* the defaults of the manual */
void account_settings_free(account_settings *a);
account_settings *account_settings_dup(const account_settings *a);
bool account_settings_equal(const account_settings *a, const account_settings *b);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(account_settings, account_settings_free)

#endif
