/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One complete reply to a value: the kind is found by its word, the rest by the parser of that kind.
 * RFC 9051 section 9 (response-data, resp-text), RFC 3501 forms accepted. */
#include "imap/parse.h"

#include "base/error.h"
#include "base/i18n.h"

enum { ID_PAIRS = 100 }; /* RFC 2971 allows 30 */

typedef bool (*parse_fn)(cursor *c, imap_reply *r);

static bool parse_capability(cursor *c, imap_reply *r)
{
    r->words = parse_words(c, true);
    return true;
}

static bool parse_flags(cursor *c, imap_reply *r)
{
    r->words = parse_words(c, false);
    return true;
}

static bool parse_id(cursor *c, imap_reply *r)
{
    if (!cursor_char(c, '('))
        return true; /* NIL */
    r->id = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (guint i = 0; i < ID_PAIRS; i++) {
        slice key, value;
        cursor_blanks(c);
        if (cursor_char(c, ')'))
            return true;
        if (!cursor_string(c, &key))
            return false;
        cursor_blanks(c);
        if (!cursor_string(c, &value))
            return false;
        if (slice_is_nil(&value))
            continue;
        g_autofree char *name = slice_text(&key);
        g_hash_table_replace(r->id, g_ascii_strdown(name, -1), slice_text(&value));
    }
    return true;
}

/* Known, so that it is not taken for damage; nothing needs it yet. */
static bool parse_namespace(cursor *c, imap_reply *r)
{
    (void)r;
    return cursor_skip_value(c);
}

typedef struct kind_row {
    const char *word;
    imap_reply_kind kind;
    parse_fn parse;
} kind_row;

static const kind_row statuses[] = {
    { "OK", IMAP_OK, parse_status_text },
    { "NO", IMAP_NO, parse_status_text },
    { "BAD", IMAP_BAD, parse_status_text },
    { "BYE", IMAP_BYE, parse_status_text },
    { "PREAUTH", IMAP_PREAUTH, parse_status_text },
};
enum { NTAGGED = 3 }; /* the first of them may stand behind a tag */

static const kind_row kinds[] = {
    { "CAPABILITY", IMAP_CAPABILITY, parse_capability },
    { "LIST", IMAP_LIST, parse_list },
    { "LSUB", IMAP_LSUB, parse_list },
    { "STATUS", IMAP_STATUS, parse_mailbox_status },
    { "SEARCH", IMAP_SEARCH, parse_search },
    { "ESEARCH", IMAP_ESEARCH, parse_esearch },
    { "FLAGS", IMAP_FLAGS, parse_flags },
    { "VANISHED", IMAP_VANISHED, parse_vanished },
    { "ENABLED", IMAP_ENABLED, parse_capability },
    { "ID", IMAP_ID, parse_id },
    { "NAMESPACE", IMAP_NAMESPACE, parse_namespace },
};

static const kind_row *find(const kind_row *rows, gsize n, const slice *word)
{
    for (gsize i = 0; i < n; i++)
        if (slice_is(word, rows[i].word))
            return &rows[i];
    return NULL;
}

static bool parse_by_word(cursor *c, imap_reply *r)
{
    slice word;
    if (!cursor_item(c, &word)) /* ends before '[': "OK[ALERT]" happens */
        return false;
    const kind_row *row = find(statuses, G_N_ELEMENTS(statuses), &word);
    if (row == NULL)
        row = find(kinds, G_N_ELEMENTS(kinds), &word);
    if (row == NULL)
        return true; /* IMAP_OTHER */
    r->kind = row->kind;
    cursor_blanks(c);
    return row->parse(c, r);
}

/* "12 EXISTS" and its kin.  Message 0 does not exist: Courier says "0 FETCH" of one that it could not read. */
static bool parse_numbered(cursor *c, imap_reply *r)
{
    static const kind_row numbered[] = {
        { "EXISTS", IMAP_EXISTS, NULL },
        { "RECENT", IMAP_RECENT, NULL },
        { "EXPUNGE", IMAP_EXPUNGE, NULL },
        { "FETCH", IMAP_FETCH, NULL },
    };
    guint64 n = 0;
    slice word;
    bool fits = cursor_number(c, G_MAXUINT32, &n) == NUMBER_OK;
    cursor_blanks(c);
    if (!cursor_item(c, &word))
        return false;
    const kind_row *row = find(numbered, G_N_ELEMENTS(numbered), &word);
    if (row == NULL || (n == 0 && fits && (row->kind == IMAP_EXPUNGE || row->kind == IMAP_FETCH)))
        return true;
    r->kind = row->kind;
    r->number = n;
    if (!fits)
        return false;
    cursor_blanks(c);
    return row->kind != IMAP_FETCH || parse_fetch(c, r, (guint32)n);
}

static bool parse_untagged(cursor *c, imap_reply *r)
{
    cursor_blanks(c);
    if (!cursor_at_end(c) && g_ascii_isdigit(*c->p))
        return parse_numbered(c, r);
    if (!cursor_at_end(c) && *c->p == '[') { /* "* [CODE] text": home.pl and Exchange forget the OK */
        r->kind = IMAP_OK;
        return parse_status_text(c, r);
    }
    return parse_by_word(c, r);
}

/* Tag as text "a12", also in ESEARCH's correlator. */
guint32 parse_tag(const slice *s)
{
    cursor c = { .p = s->at, .end = s->at + s->nbytes };
    guint64 n = 0;
    if (!cursor_char(&c, TAG_LETTER) || cursor_number(&c, G_MAXUINT32, &n) != NUMBER_OK || !cursor_at_end(&c))
        return 0;
    return (guint32)n;
}

/* Whatever stands behind a tag of ours ends its command: what is no OK or NO counts as BAD. */
static bool parse_tagged(cursor *c, imap_reply *r)
{
    slice tag, word;
    if (!cursor_atom(c, &tag) || (r->tag = parse_tag(&tag)) == 0) {
        r->foreign = true;
        return true;
    }
    cursor_blanks(c);
    cursor behind_tag = *c;
    const kind_row *row = cursor_item(c, &word) ? find(statuses, NTAGGED, &word) : NULL;
    if (row == NULL)
        *c = behind_tag;
    r->kind = row != NULL ? row->kind : IMAP_BAD;
    cursor_blanks(c);
    return parse_status_text(c, r);
}

static bool parse_any(cursor *c, imap_reply *r)
{
    if (cursor_char(c, '+')) { /* some servers forget the blank */
        cursor_blanks(c);
        slice rest = cursor_rest(c);
        r->kind = IMAP_CONTINUE;
        r->text = slice_text(&rest);
        return true;
    }
    if (cursor_char(c, '*'))
        return parse_untagged(c, r);
    return parse_tagged(c, r);
}

static void clear_values(imap_reply *r)
{
    g_clear_pointer(&r->code_text, g_free);
    g_clear_pointer(&r->text, g_free);
    g_clear_pointer(&r->set, uid_set_free);
    g_clear_pointer(&r->set2, uid_set_free);
    g_clear_pointer(&r->words, g_strfreev);
    g_clear_pointer(&r->id, g_hash_table_unref);
    g_clear_pointer(&r->fetch, imap_fetch_free);
    g_clear_pointer(&r->list, imap_list_free);
    g_clear_pointer(&r->status, imap_status_free);
}

imap_reply *imap_reply_parse(const char *bytes, gsize nbytes, GError **error)
{
    cursor c = { .p = bytes, .end = bytes + nbytes };
    imap_reply *r = g_new0(imap_reply, 1);
    r->kind = IMAP_OTHER;
    bool whole = parse_any(&c, r);
    if (whole && !c.no_memory)
        return r;
    if (!c.literals) {
        clear_values(r);
        *r = (imap_reply){ .kind = IMAP_OTHER, .damaged = r->kind };
        return r;
    }
    slice start = { .at = bytes, .nbytes = MIN(nbytes, 60) };
    g_autofree char *text = slice_text(&start);
    error_set(error, ERROR_PROTOCOL, c.no_memory ? _("the server's reply does not fit into memory: %s")
                                                 : _("the server's reply makes no sense: %s"), text);
    imap_reply_free(r);
    return NULL;
}

void imap_reply_free(imap_reply *r)
{
    if (r == NULL)
        return;
    clear_values(r);
    g_free(r);
}
