/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One complete reply to a value: the kind is found by its word, the rest by the parser of that kind.
 * RFC 9051 section 9 (response-data, resp-text), RFC 3501 forms accepted. */
#include "imap/parse.h"

#include "base/error.h"
#include "base/limits.h"

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

bool parse_vanished(cursor *c, imap_reply *r)
{
    slice s;
    if (cursor_char(c, '(')) {
        r->earlier = cursor_atom(c, &s) && slice_is(&s, "EARLIER");
        if (!cursor_char(c, ')'))
            return false;
        cursor_blanks(c);
    }
    if (!cursor_atom(c, &s))
        return false;
    r->set = parse_set(&s, NULL);
    return r->set != NULL;
}

bool parse_search(cursor *c, imap_reply *r)
{
    r->set = parse_numbers(c); /* a "(MODSEQ n)" may follow and is not needed */
    return true;
}

/* Tag as text "a12" in ESEARCH's correlator. */
guint32 parse_tag(const slice *s)
{
    if (s->nbytes < 2 || s->at[0] != TAG_LETTER)
        return 0;
    cursor c = { .p = s->at + 1, .end = s->at + s->nbytes };
    guint64 n = 0;
    if (cursor_number(&c, G_MAXUINT32, &n) != NUMBER_OK || !cursor_at_end(&c))
        return 0;
    return (guint32)n;
}

static bool parse_correlator(cursor *c, imap_reply *r)
{
    slice word, tag;
    cursor_blanks(c);
    if (!cursor_atom(c, &word))
        return false;
    cursor_blanks(c);
    if (!cursor_string(c, &tag))
        return false;
    if (slice_is(&word, "TAG"))
        r->esearch_tag = parse_tag(&tag);
    cursor_blanks(c);
    return cursor_char(c, ')');
}

static bool esearch_item(cursor *c, const slice *word, imap_reply *r)
{
    static const struct {
        const char *word;
        gsize offset;
    } numbers[] = {
        { "COUNT", G_STRUCT_OFFSET(imap_reply, esearch_count) },
        { "MIN", G_STRUCT_OFFSET(imap_reply, esearch_min) },
        { "MAX", G_STRUCT_OFFSET(imap_reply, esearch_max) },
        { "MODSEQ", G_STRUCT_OFFSET(imap_reply, esearch_modseq) },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++)
        if (slice_is(word, numbers[i].word))
            return cursor_number(c, G_MAXUINT64, &G_STRUCT_MEMBER(guint64, r, numbers[i].offset)) == NUMBER_OK;
    slice s;
    if (!slice_is(word, "ALL"))
        return cursor_skip_value(c);
    if (!cursor_atom(c, &s))
        return false;
    uid_set_free(r->set);
    r->set = parse_set(&s, NULL);
    return r->set != NULL;
}

bool parse_esearch(cursor *c, imap_reply *r)
{
    if (cursor_char(c, '(') && !parse_correlator(c, r))
        return false;
    for (;;) {
        slice word;
        cursor_blanks(c);
        if (cursor_at_end(c))
            break;
        if (!cursor_atom(c, &word))
            return false;
        if (slice_is(&word, "UID"))
            continue;
        cursor_blanks(c);
        if (!esearch_item(c, &word, r))
            return false;
    }
    if (r->set == NULL)
        r->set = uid_set_new(); /* no ALL: nothing was found */
    return true;
}

bool parse_id(cursor *c, imap_reply *r)
{
    if (!cursor_char(c, '('))
        return true; /* NIL */
    r->id = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (guint i = 0; i < 100; i++) { /* RFC 2971: at most 30 pairs */
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

bool parse_namespace(cursor *c, imap_reply *r)
{
    (void)r; /* known, so that it is not taken for damage; nothing needs it yet */
    return cursor_skip_value(c);
}

static const struct {
    const char *word;
    imap_reply_kind kind;
    parse_fn parse;
} kinds[] = {
    { "OK", IMAP_OK, parse_status_text },
    { "NO", IMAP_NO, parse_status_text },
    { "BAD", IMAP_BAD, parse_status_text },
    { "BYE", IMAP_BYE, parse_status_text },
    { "PREAUTH", IMAP_PREAUTH, parse_status_text },
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

static bool parse_by_word(cursor *c, imap_reply *r)
{
    slice word;
    if (!cursor_item(c, &word)) /* ends before '[': "OK[ALERT]" happens */
        return false;
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (slice_is(&word, kinds[i].word)) {
            r->kind = kinds[i].kind;
            cursor_blanks(c);
            return kinds[i].parse(c, r);
        }
    r->kind = IMAP_OTHER;
    return true;
}

/* "12 EXISTS" and its kin.  Numbers that fit nothing make the reply meaningless, not the connection. */
static bool parse_numbered(cursor *c, imap_reply *r)
{
    guint64 n = 0;
    slice word;
    r->kind = IMAP_OTHER;
    if (cursor_number(c, G_MAXUINT32, &n) != NUMBER_OK)
        return true;
    cursor_blanks(c);
    if (!cursor_item(c, &word))
        return false;
    r->number = n;
    if (slice_is(&word, "EXISTS"))
        r->kind = IMAP_EXISTS;
    else if (slice_is(&word, "RECENT"))
        r->kind = IMAP_RECENT;
    else if (slice_is(&word, "EXPUNGE"))
        r->kind = n > 0 ? IMAP_EXPUNGE : IMAP_OTHER;
    if (!slice_is(&word, "FETCH") || n == 0)
        return true;
    cursor_blanks(c);
    if (!parse_fetch(c, r, (guint32)n))
        return false;
    r->kind = IMAP_FETCH;
    return true;
}

static bool parse_untagged(cursor *c, imap_reply *r)
{
    cursor_blanks(c);
    if (!cursor_at_end(c) && g_ascii_isdigit(*c->p))
        return parse_numbered(c, r);
    return parse_by_word(c, r);
}

static bool parse_tagged(cursor *c, imap_reply *r)
{
    slice tag;
    if (!cursor_atom(c, &tag))
        return false;
    r->tag = parse_tag(&tag);
    cursor_blanks(c);
    if (!parse_by_word(c, r))
        return false;
    if (r->tag == 0 || (r->kind != IMAP_OK && r->kind != IMAP_NO && r->kind != IMAP_BAD))
        r->kind = IMAP_OTHER; /* somebody else's tag, or no status: ignored */
    return true;
}

static bool parse_reply(cursor *c, imap_reply *r)
{
    if (cursor_char(c, '+')) {
        cursor_blanks(c);
        r->kind = IMAP_CONTINUE;
        slice rest = cursor_rest(c);
        r->text = slice_text(&rest);
        return true;
    }
    if (cursor_char(c, '*'))
        return parse_untagged(c, r);
    return parse_tagged(c, r);
}

imap_reply *imap_reply_parse(const char *bytes, gsize nbytes, GError **error)
{
    cursor c = { .p = bytes, .end = bytes + nbytes };
    imap_reply *r = g_new0(imap_reply, 1);
    r->kind = IMAP_OTHER;
    if (parse_reply(&c, r))
        return r;
    slice start = { .at = bytes, .nbytes = MIN(nbytes, 60) };
    g_autofree char *text = slice_text(&start);
    error_set(error, ERROR_PROTOCOL, "the server's reply makes no sense: %s", text);
    imap_reply_free(r);
    return NULL;
}

void imap_reply_free(imap_reply *r)
{
    if (r == NULL)
        return;
    g_free(r->code_text);
    g_free(r->text);
    uid_set_free(r->set);
    uid_set_free(r->set2);
    g_strfreev(r->words);
    g_clear_pointer(&r->id, g_hash_table_unref);
    imap_fetch_free(r->fetch);
    imap_list_free(r->list);
    imap_status_free(r->status);
    g_free(r);
}
