/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cuts a byte stream into replies: lines joined by the literals that they announce.  It looks at
 * every byte once, skips literals unseen, and knows of the grammar only which replies hold no
 * literals. RFC 9051 sections 2.2, 4.3; bare LF is taken for CRLF. */
#include "imap/reply.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/limits.h"

#include <string.h>

enum { KEEP_NBYTES = 256 << 10 }; /* a larger buffer is given back when it is empty */

struct imap_lexer {
    imap_limits limits;
    char *bytes;
    gsize nbytes, room;
    gsize start;        /* of the reply being read */
    gsize line;         /* start of its present line */
    gsize scanned;      /* no line end before here; beyond nbytes inside a literal */
    gsize outside;      /* bytes of the reply's finished lines, without literals */
    gsize drop; /* bytes still to come of a literal that is cut; they would stand at `scanned` */
    bool cutting, was_cut;
    bool out_of_memory;
};

static const imap_limits default_limits = {
    .line = LIMIT_LINE,
    .literal = LIMIT_LITERAL_HEADER,
    .total = LIMIT_LITERAL_HEADER + LIMIT_REPLY,
};

imap_lexer *imap_lexer_new(const imap_limits *limits)
{
    imap_lexer *lexer = g_new0(imap_lexer, 1);
    lexer->limits = limits != NULL ? *limits : default_limits;
    return lexer;
}

void imap_lexer_free(imap_lexer *lexer)
{
    if (lexer == NULL)
        return;
    g_free(lexer->bytes);
    g_free(lexer);
}

void imap_lexer_set_limits(imap_lexer *lexer, const imap_limits *limits)
{
    lexer->limits = *limits;
}

gsize imap_lexer_pending(const imap_lexer *lexer)
{
    return lexer->nbytes - lexer->start;
}

bool imap_lexer_was_cut(const imap_lexer *lexer)
{
    return lexer->was_cut;
}

/* Move what is left to the front of the buffer.  Only when that is the smaller half: linear in
 * total. */
static void compact(imap_lexer *lexer)
{
    gsize left = lexer->nbytes - lexer->start;
    if (lexer->start == 0 || left > lexer->start)
        return;
    if (left > 0)
        memmove(lexer->bytes, lexer->bytes + lexer->start, left);
    lexer->line -= lexer->start;
    lexer->scanned -= lexer->start;
    lexer->nbytes = left;
    lexer->start = 0;
    if (left == 0 && lexer->room > KEEP_NBYTES) {
        g_clear_pointer(&lexer->bytes, g_free);
        lexer->room = 0;
    }
}

static bool append(imap_lexer *lexer, const char *bytes, gsize nbytes)
{
    if (lexer->nbytes + nbytes > lexer->room) {
        gsize room = MAX(lexer->nbytes + nbytes, lexer->room + lexer->room / 2);
        char *bigger = g_try_realloc(lexer->bytes, room);
        if (bigger == NULL) {
            lexer->out_of_memory = true;
            return false;
        }
        lexer->bytes = bigger;
        lexer->room = room;
    }
    memcpy(lexer->bytes + lexer->nbytes, bytes, nbytes);
    lexer->nbytes += nbytes;
    return true;
}

void imap_lexer_feed(imap_lexer *lexer, const char *bytes, gsize nbytes)
{
    if (nbytes == 0 || lexer->out_of_memory)
        return;
    compact(lexer);
    if (lexer->drop > 0) {
        gsize kept = MIN(nbytes, lexer->scanned - lexer->nbytes);
        if (kept > 0 && !append(lexer, bytes, kept))
            return;
        gsize dropped = MIN(nbytes - kept, lexer->drop);
        lexer->drop -= dropped;
        bytes += kept + dropped;
        nbytes -= kept + dropped;
    }
    if (nbytes > 0)
        append(lexer, bytes, nbytes);
}

/* Answers to a search list every message of a folder, and a message may have thousands of parts or
 * flags: one line each, and refusing it would close the folder for ever. */
static bool may_be_long(const char *reply, gsize nbytes)
{
    static const char *const words[] = {
        "FETCH", "SEARCH", "ESEARCH", "VANISHED", "SORT", "THREAD"
    };
    const char *p = reply, *end = reply + nbytes;
    if (nbytes == 0 || *p++ != '*')
        return false;
    while (p < end && (*p == ' ' || g_ascii_isdigit(*p)))
        p++;
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        gsize n = strlen(words[i]);
        if ((gsize)(end - p) > n && g_ascii_strncasecmp(p, words[i], n) == 0 &&
            !g_ascii_isalpha(p[n]))
            return true;
    }
    return false;
}

/* Human text may end in "{5}" without meaning it: status replies and continuations hold no
 * literals. */
static bool holds_no_literals(const char *reply, gsize nbytes)
{
    static const char *const words[] = { "OK", "NO", "BAD", "BYE", "PREAUTH" };
    const char *end = reply + nbytes;
    if (nbytes > 0 && reply[0] == '+')
        return true;
    const char *word = memchr(reply, ' ', nbytes);
    if (word == NULL)
        return true;
    word++;
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        gsize n = strlen(words[i]);
        if ((gsize)(end - word) >= n && g_ascii_strncasecmp(word, words[i], n) == 0 &&
            (word + n == end || word[n] == ' '))
            return true;
    }
    return false;
}

/* The size that "...{n}" or "...{n+}" announces: -1 none, -2 more than any number. */
static gint64 announced(const char *line, gsize nbytes)
{
    const char *p = line + nbytes;
    if (nbytes < 3 || *--p != '}')
        return -1;
    const char *end = p[-1] == '+' ? p - 1 : p;
    for (p = end; p > line && g_ascii_isdigit(p[-1]); p--)
        ;
    if (p == end || p == line || p[-1] != '{')
        return -1;
    guint64 n = 0;
    for (; p < end; p++) {
        n = n * 10 + (guint64)(*p - '0');
        if (n > G_MAXINT32)
            return -2;
    }
    return (gint64)n;
}

static int refuse(GError **error, const char *what, gsize limit)
{
    error_set(error, ERROR_PROTOCOL, _("the server sent %s of more than %lu bytes"), what,
              (unsigned long)limit);
    return -1;
}

/* The literal behind eol is longer than may be kept: adjust its count in place, let go of what is
 * beyond. */
static void cut_literal(imap_lexer *lexer, gsize eol, gsize literal)
{
    gsize keep = lexer->limits.literal, from = eol + 1 + keep;
    char *digit = lexer->bytes + eol;
    while (!g_ascii_isdigit(*digit))
        digit--;
    for (gsize rest = keep; g_ascii_isdigit(*digit); rest /= 10)
        *digit-- = (char)('0' + rest % 10);
    lexer->drop = literal - keep;
    lexer->cutting = true;
    if (lexer->nbytes > from) {
        gsize dropped = MIN(lexer->nbytes - from, lexer->drop);
        memmove(lexer->bytes + from, lexer->bytes + from + dropped, lexer->nbytes - from - dropped);
        lexer->nbytes -= dropped;
        lexer->drop -= dropped;
    }
}

/* The present line goes to eol (its LF).  1: the reply ends there; 0: a literal follows; -1. */
static int end_line(imap_lexer *lexer, gsize eol, GError **error)
{
    const char *line = lexer->bytes + lexer->line;
    gsize nbytes = eol - lexer->line;
    if (nbytes > 0 && line[nbytes - 1] == '\r')
        nbytes--;
    gint64 literal = announced(line, nbytes);
    lexer->outside += nbytes;
    if (literal == -1 || (lexer->line == lexer->start && holds_no_literals(line, nbytes)))
        return 1;
    if (literal == -2 || (gsize)literal > MAX(lexer->limits.literal, lexer->limits.cut))
        return refuse(error, _("a literal"), lexer->limits.literal);
    gsize kept = MIN((gsize)literal, lexer->limits.literal);
    if (eol + 1 - lexer->start + kept > lexer->limits.total)
        return refuse(error, _("a reply"), lexer->limits.total);
    if (kept < (gsize)literal)
        cut_literal(lexer, eol, (gsize)literal);
    lexer->line = lexer->scanned = eol + 1 + kept;
    return 0;
}

static int check_line(const imap_lexer *lexer, gsize so_far, GError **error)
{
    gsize outside = lexer->outside + so_far - lexer->line;
    gsize limit = lexer->limits.line;
    if (outside <= limit)
        return 0;
    if (may_be_long(lexer->bytes + lexer->start, so_far - lexer->start))
        limit = lexer->limits.total;
    return outside <= limit ? 0 : refuse(error, _("a line"), limit);
}

static void next_reply(imap_lexer *lexer, gsize start)
{
    lexer->start = lexer->line = lexer->scanned = start;
    lexer->outside = 0;
    lexer->was_cut = lexer->cutting;
    lexer->cutting = false;
}

int imap_lexer_next(imap_lexer *lexer, const char **reply, gsize *nbytes, GError **error)
{
    if (lexer->out_of_memory) {
        error_set(error, ERROR_PROTOCOL, _("a reply did not fit into memory"));
        return -1;
    }
    while (lexer->scanned < lexer->nbytes) {
        const char *from = lexer->bytes + lexer->scanned;
        const char *lf = memchr(from, '\n', lexer->nbytes - lexer->scanned);
        gsize eol = lf != NULL ? (gsize)(lf - lexer->bytes) : lexer->nbytes;
        if (check_line(lexer, eol, error) < 0)
            return -1;
        if (lf == NULL) {
            lexer->scanned = lexer->nbytes;
            return 0;
        }
        int ended = end_line(lexer, eol, error);
        if (ended < 0)
            return -1;
        if (ended == 0)
            continue;
        gsize start = lexer->start, end = eol;
        if (end > lexer->line && lexer->bytes[end - 1] == '\r')
            end--;
        next_reply(lexer, eol + 1);
        if (end == start) /* some servers put empty lines between replies */
            continue;
        *reply = lexer->bytes + start;
        *nbytes = end - start;
        return 1;
    }
    return 0;
}
