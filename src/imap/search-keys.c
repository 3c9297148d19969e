/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A query as SEARCH keys: RFC 9051 section 6.4.4.  Where a server's key is coarser than ours (days
 * for seconds) it is asked for more than is meant, or, below a NOT, for less to be left out: what
 * comes back is to be matched once more where it matters, and nothing is missing from it. */
#include "imap/private.h"

#include "model/query.h"

#include <string.h>

enum { DAY_S = 86400, YEAR_MIN = 1971, YEAR_MAX = 9998 };

typedef struct keys {
    const imap_connection *c;
    GString *out;
    const char *account, *folder;
    bool eight_bit; /* a text needs a charset */
} keys;

static bool put_query(keys *k, const query *q, bool negated);

static void put(keys *k, const char *text)
{
    g_string_append_c(k->out, ' ');
    g_string_append(k->out, text);
}

static bool put_text(keys *k, const char *key, const char *text)
{
    put(k, key);
    k->eight_bit |= !g_str_is_ascii(text);
    if (imap_speaks_utf8(k->c) && !g_str_is_ascii(text))
        return imap_add_quoted(k->out, text);
    return imap_add_string(k->out, text);
}

static bool put_word(keys *k, const char *text)
{
    put(k, "OR OR OR");
    return put_text(k, "SUBJECT", text) && put_text(k, "FROM", text) && put_text(k, "TO", text) &&
           put_text(k, "CC", text);
}

/* ---- lists: a key stands for one set of messages, so several are put in parentheses */

static void put_truth(keys *k, bool truth)
{
    put(k, truth ? "ALL" : "NOT ALL");
}

static bool put_and(keys *k, const GPtrArray *children, bool negated)
{
    if (children->len == 0) {
        put_truth(k, true);
        return true;
    }
    g_string_append(k->out, " (");
    gsize start = k->out->len;
    for (guint i = 0; i < children->len; i++)
        if (!put_query(k, children->pdata[i], negated))
            return false;
    g_string_erase(k->out, (gssize)start, 1); /* the blank behind the parenthesis */
    g_string_append_c(k->out, ')');
    return true;
}

static bool put_or(keys *k, const GPtrArray *children, bool negated)
{
    if (children->len == 0)
        put_truth(k, false);
    for (guint i = 0; i < children->len; i++) {
        if (i + 1 < children->len)
            put(k, "OR");
        if (!put_query(k, children->pdata[i], negated))
            return false;
    }
    return true;
}

static bool put_not(keys *k, const query *q, bool negated)
{
    const query *child = g_ptr_array_index(q->children, 0);
    if (child->kind == QUERY_FLAG && child->flags == FLAG_SEEN) {
        put(k, "UNSEEN");
        return true;
    }
    put(k, "NOT");
    return put_query(k, child, !negated);
}

/* ---- leaves */

static bool put_flags(keys *k, mail_flags flags)
{
    static const struct {
        mail_flags flag;
        const char *key;
    } system[] = { { FLAG_SEEN, "SEEN" },
                   { FLAG_ANSWERED, "ANSWERED" },
                   { FLAG_FLAGGED, "FLAGGED" },
                   { FLAG_DELETED, "DELETED" },
                   { FLAG_DRAFT, "DRAFT" } };
    if (flags == 0 || (flags & ~FLAGS_STORABLE) != 0) /* what is only known here */
        return false;
    bool many = (flags & (flags - 1)) != 0;
    if (many)
        g_string_append(k->out, " (");
    gsize start = k->out->len;
    for (gsize i = 0; i < G_N_ELEMENTS(system); i++)
        if ((flags & system[i].flag) != 0) {
            put(k, system[i].key);
            flags &= ~system[i].flag;
        }
    for (mail_flags bit = 1; flags != 0; bit <<= 1)
        if ((flags & bit) != 0) {
            put(k, "KEYWORD");
            put(k, flag_to_wire(bit));
            flags &= ~bit;
        }
    if (many) {
        g_string_erase(k->out, (gssize)start, 1);
        g_string_append_c(k->out, ')');
    }
    return true;
}

/* " SINCE 7-Jul-2024"; false: a time that no calendar of IMAP has. */
static bool put_day(keys *k, const char *key, gint64 when_s)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(when_s);
    if (utc == NULL || g_date_time_get_year(utc) < YEAR_MIN || g_date_time_get_year(utc) > YEAR_MAX)
        return false;
    g_string_append_printf(k->out, " %s %d-%.3s-%04d", key, g_date_time_get_day_of_month(utc),
                           months + 3 * (g_date_time_get_month(utc) - 1),
                           g_date_time_get_year(utc));
    return true;
}

/* The server compares days in the zone of each message: a day more on both sides holds all that is
 * meant, a day less nothing else. */
static bool put_dates(keys *k, const query *q, bool negated)
{
    gint64 wider = negated ? -DAY_S : DAY_S;
    g_string_append(k->out, " (");
    gsize start = k->out->len;
    /* What lies beyond the calendar is no bound. */
    bool since = q->from_s != G_MININT64 && put_day(k, "SINCE", q->from_s - wider);
    bool before =
        q->to_s != G_MAXINT64 && put_day(k, "BEFORE", q->to_s + wider + (negated ? 0 : DAY_S));
    if (!since && !before)
        put_truth(k, true);
    g_string_erase(k->out, (gssize)start, 1);
    g_string_append_c(k->out, ')');
    return true;
}

static void put_number(keys *k, const char *key, guint64 n)
{
    g_string_append_printf(k->out, "%s %" G_GUINT64_FORMAT, key, n);
}

/* Sizes on the wire have 32 bits: nothing is larger. */
static void put_sizes(keys *k, const query *q)
{
    bool larger = q->from_bytes > 0, smaller = q->to_bytes <= G_MAXUINT32;
    if (q->from_bytes > G_MAXUINT32 || (!larger && !smaller)) {
        put_truth(k, q->from_bytes <= G_MAXUINT32);
        return;
    }
    if (larger)
        put_number(k, smaller ? " (LARGER" : " LARGER", q->from_bytes - 1);
    if (smaller)
        put_number(k, " SMALLER", q->to_bytes);
    if (larger && smaller)
        g_string_append_c(k->out, ')');
}

static bool put_keyword(keys *k, const char *word)
{
    if (!keyword_valid(word))
        return false;
    put(k, "KEYWORD");
    put(k, word);
    return true;
}

static bool put_query(keys *k, const query *q, bool negated)
{
    switch (q->kind) {
    case QUERY_ALL:
        put_truth(k, true);
        return true;
    case QUERY_AND:
        return put_and(k, q->children, negated);
    case QUERY_OR:
        return put_or(k, q->children, negated);
    case QUERY_NOT:
        return put_not(k, q, negated);
    case QUERY_WORD:
        return put_word(k, q->text);
    case QUERY_FROM:
        return put_text(k, "FROM", q->text);
    case QUERY_TO:
        return put_text(k, "TO", q->text);
    case QUERY_CC:
        return put_text(k, "CC", q->text);
    case QUERY_SUBJECT:
        return put_text(k, "SUBJECT", q->text);
    case QUERY_BODY:
        return put_text(k, "BODY", q->text);
    case QUERY_LIST:
        return put_text(k, "HEADER LIST-ID", q->text);
    case QUERY_ID:
        return put_text(k, "HEADER MESSAGE-ID", q->text);
    case QUERY_FOLDER:
        put_truth(k, query_folder_match(q->text, k->account, k->folder));
        return true;
    case QUERY_ACCOUNT:
        put_truth(k, k->account != NULL && strcmp(k->account, q->text) == 0);
        return true;
    case QUERY_FLAG:
        return put_flags(k, q->flags);
    case QUERY_KEYWORD:
        return put_keyword(k, q->text);
    case QUERY_ATTACHMENT:
        return false;
    case QUERY_DATE:
        return put_dates(k, q, negated);
    case QUERY_SIZE:
        put_sizes(k, q);
        return true;
    }
    return false;
}

bool imap_add_search(const imap_connection *c, GString *command, const query *q,
                     const char *account_name, const char *folder_name)
{
    keys k = { .c = c, .out = g_string_new(NULL), .account = account_name, .folder = folder_name };
    bool ok = true;
    /* At the top a list needs no parentheses. */
    for (guint i = 0; ok && q->kind == QUERY_AND && i < q->children->len; i++)
        ok = put_query(&k, q->children->pdata[i], false);
    if (q->kind != QUERY_AND || q->children->len == 0)
        ok = put_query(&k, q, false);
    ok = ok && k.out->len + command->len < imap_line_limit(c);
    if (ok) {
        /* Once UTF-8 is in force a charset is an error (RFC 6855 section 3). */
        if (k.eight_bit && !imap_speaks_utf8(c))
            g_string_append(command, " CHARSET UTF-8");
        g_string_append_len(command, k.out->str, (gssize)k.out->len);
    }
    g_string_free(k.out, TRUE);
    return ok;
}
