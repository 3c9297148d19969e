/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of this room share. */
#ifndef CURSUS_CONF_INTERNAL_H
#define CURSUS_CONF_INTERNAL_H

#include "conf/conf.h"

typedef struct value {
    char *text;    /* canonical */
    gint64 number; /* NUMBER, BOOL (0, 1), CHOICE (its place) */
    char *origin;  /* "FILE:LINE" */
} value;

typedef struct conf_account {
    account_settings *settings;
    GHashTable *values; /* option -> value, owning: what was set */
} conf_account;

typedef struct folder_rule {
    char *pattern;      /* Lists/ and a star, or work:Lists/ and a star */
    GHashTable *values; /* option -> value, owning */
} folder_rule;

typedef struct watcher {
    conf_changed_fn fn;
    gpointer data;
} watcher;

struct conf {
    GHashTable *values;    /* option -> value, owning: what was set */
    GPtrArray *standards;  /* of value, beside conf_options(): the defaults */
    GPtrArray *accounts;   /* of account_settings, borrowed from the next */
    GPtrArray *states;     /* of conf_account, owning, in the same order */
    GPtrArray *folders;    /* of folder_rule, owning */
    GPtrArray *colors;     /* of color_rule, owning */
    GPtrArray *hooks;      /* of hook_rule, owning */
    GArray *watchers;      /* of watcher */
    conf_account *account; /* the block that is open, NULL none */
    folder_rule *folder;
    conf_say_fn say;
    char *config_path;
};

/* ---- options.c */
/* A value as a person wrote it, checked against its row; NULL with ERROR_INPUT that names what is allowed. */
value *option_parse(const option_row *row, const char *text, const char *origin, GError **error);
void value_free(value *v);
/* The words of a choice, "a, b or c".  Caller frees. */
char *option_choices(const option_row *row);
/* The row, or NULL with ERROR_INPUT and the nearest name. */
const option_row *option_find(const char *name, GError **error);

/* ---- accounts.c */
conf_account *account_open(conf *c, const char *name, GError **error); /* the one of that name, new if need be */
conf_account *account_find(const conf *c, const char *name);
void account_free(conf_account *a);
bool account_assign(conf *c, conf_account *a, const option_row *row, const char *text, const char *origin, GError **error);
void account_reset(conf *c, conf_account *a, const option_row *row);

/* ---- conf.c */
bool conf_assign(conf *c, const option_row *row, const char *text, const char *origin, GError **error);
void conf_reset(conf *c, const option_row *row);
void conf_changed(conf *c, const char *account, const char *option);
const value *conf_value(const conf *c, const option_row *row); /* set or default */
void color_rule_free(gpointer rule);
void hook_rule_free(gpointer rule);
void folder_rule_free(gpointer rule);

/* ---- rows of set.c, blocks.c, rules.c */
extern const command_row conf_set_rows[], conf_block_rows[], conf_rule_rows[];
conf *conf_of(const command_call *call);
char *conf_origin(const command_call *call); /* "FILE:LINE" or words for none; caller frees */
void conf_complete(const command_row *row, char **words, int nwords, GPtrArray *candidates, gpointer data);

/* ---- url.c */
typedef struct server_url {
    char *user;     /* or NULL */
    char *host;     /* ASCII; an IPv6 address without brackets */
    guint16 port;
    bool starttls;
} server_url;
/* "imaps://user@host[:port]", "imap://host?starttls=required"; protocol is "imap" or "smtp".  The ports of the
 * protocol are the caller's.  ERROR_INPUT. */
bool server_url_parse(const char *text, const char *protocol, guint16 tls_port, guint16 clear_port, server_url *out,
                      GError **error);
void server_url_clear(server_url *u);

#endif
