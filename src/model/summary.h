/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a list row and the threads need of a message: a value, made by mime/ or read by store/,
 * never changed once handed on. */
#ifndef CURSUS_MODEL_SUMMARY_H
#define CURSUS_MODEL_SUMMARY_H

#include "model/address.h"
#include "model/flags.h"

#include <glib.h>
#include <stdbool.h>

typedef struct mail_summary {
    guint32 id;         /* placement id: local, stable, never reused; 0 before it is stored */
    guint32 mail;       /* content id; 0 before it is stored */
    guint32 folder;     /* folder id */
    guint32 thread;     /* thread id; 0 before it is stored */
    guint32 uid;        /* 0: not yet on the server */
    guint64 modseq;     /* 0: unknown */
    gint64 received_s;  /* INTERNALDATE, seconds since 1970 UTC; 0 unknown */
    gint64 date_s;      /* Date field, seconds since 1970 UTC; 0 missing or unreadable */
    int date_offset_min; /* the zone of the Date field, minutes east of UTC */
    guint64 size;       /* RFC822.SIZE, bytes */
    mail_flags flags;   /* shown state: the server's + pending changes */
    char *keywords;     /* see model/flags.h; never NULL */
    bool has_attachment;
    char *message_id;   /* without <>; NULL when missing */
    char *object_id;    /* the server's own name of the content: EMAILID (RFC 8474), else "gm:" and X-GM-MSGID;
                           NULL unknown */
    char *subject;      /* decoded, one line; "" when missing */
    GPtrArray *from;    /* of address; never NULL */
    GPtrArray *to;
    GPtrArray *cc;
    char *list_id;      /* NULL when none */
    char *preview;      /* first text, one line; NULL unknown */
    char **references;  /* message ids without <>, oldest first: References, else the first of
                           In-Reply-To; NULL in rows read back */
} mail_summary;

mail_summary *mail_summary_new(void); /* strings "" and lists empty, as promised above */
void mail_summary_free(mail_summary *s);
mail_summary *mail_summary_dup(const mail_summary *s);

/* The instant a row is sorted and shown by: the Date field, unless it is missing or more than a day
 * off INTERNALDATE. */
gint64 mail_summary_sort_date(const mail_summary *s);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(mail_summary, mail_summary_free)

#endif
