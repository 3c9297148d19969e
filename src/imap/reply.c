/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One reply: tag or '*', the word that tells its kind, and the simple kinds.  The larger ones live
 * in fetch, mailbox, search, rights and status-code.  RFC 9051 section 7. */
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

static bool parse_flag_words(cursor *c, imap_reply *r)
{
    r->words = parse_words(c, false);
    return true;
}

bool parse_id(cursor *c, imap_reply *r)
{
    if (!cursor_char(c, '('))
        return true; /* NIL */
    r->id = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (int i = 0; i < ID_PAIRS; i++) {
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
    { "ENABLED", IMAP_ENABLED, parse_capability },
    { "ID", IMAP_ID, parse_id },
    { "NAMESPACE", IMAP_NAMESPACE, parse_namespace },
    { "LIST", IMAP_LIST, parse_list },
    { "LSUB", IMAP_LSUB, parse_list },
    { "STATUS", IMAP_STATUS, parse_mailbox_status },
    { "SEARCH", IMAP_SEARCH, parse_search },
    { "ESEARCH", IMAP_ESEARCH, parse_esearch },
    { "FLAGS", IMAP_FLAGS, parse_flag_words },
    { "VANISHED", IMAP_VANISHED, parse_vanished },
    { "QUOTA", IMAP_QUOTA, parse_quota },
    { "QUOTAROOT", IMAP_QUOTAROOT, parse_quotaroot },
    { "ACL", IMAP_ACL, parse_acl },
    { "MYRIGHTS", IMAP_MYRIGHTS, parse_myrights },
};

static bool parse_kind(cursor *c, const slice *word, imap_reply *r)
{
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (slice_is(word, kinds[i].word)) {
            r->kind = kinds[i].kind;
            return kinds[i].parse(c, r);
        }
    return true; /* IMAP_OTHER */
}

/* "5 EXISTS", "5 FETCH (...)".  Message 0 does not exist: Courier says "0 FETCH" for a message that
 * it could not read, and nothing can be done with one. */
static bool parse_numbered(cursor *c, imap_reply *r)
{
    static const struct {
        const char *word;
        imap_reply_kind kind;
    } simple[] = { { "EXISTS", IMAP_EXISTS },
                   { "RECENT", IMAP_RECENT },
                   { "EXPUNGE", IMAP_EXPUNGE } };
    guint64 number;
    slice word;
    if (cursor_number(c, G_MAXUINT32, &number) != NUMBER_OK)
        return false;
    cursor_blanks(c);
    if (!cursor_atom(c, &word))
        return false;
    cursor_blanks(c);
    if (slice_is(&word, "FETCH") && number > 0)
        return parse_fetch(c, r, (guint32)number);
    for (gsize i = 0; i < G_N_ELEMENTS(simple); i++)
        if (slice_is(&word, simple[i].word) && (number > 0 || simple[i].kind != IMAP_EXPUNGE)) {
            r->kind = simple[i].kind;
            r->number = number;
        }
    return true;
}

static bool parse_untagged(cursor *c, imap_reply *r)
{
    slice word;
    cursor_blanks(c);
    if (c->p < c->end && g_ascii_isdigit(*c->p))
        return parse_numbered(c, r);
    if (c->p < c->end && *c->p == '[') { /* "* [CODE] text": Exchange and home.pl forget the OK */
        r->kind = IMAP_OK;
        return parse_status_text(c, r);
    }
    if (!cursor_item(c, &word)) /* ends before '[': "OK[ALERT]" has been seen */
        return false;
    cursor_blanks(c);
    return parse_kind(c, &word, r);
}

guint32 parse_tag(const slice *s)
{
    guint64 n;
    cursor c = { .p = s->at, .end = s->at + s->nbytes };
    if (!cursor_char(&c, TAG_LETTER) || cursor_number(&c, G_MAXUINT32, &n) != NUMBER_OK ||
        !cursor_at_end(&c))
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
    r->kind = IMAP_BAD;
    if (!cursor_item(c, &word))
        return parse_status_text(c, r);
    if (slice_is(&word, "OK"))
        r->kind = IMAP_OK;
    else if (slice_is(&word, "NO"))
        r->kind = IMAP_NO;
    else if (!slice_is(&word, "BAD"))
        *c = behind_tag;
    cursor_blanks(c);
    return parse_status_text(c, r);
}

static bool parse_any(cursor *c, imap_reply *r)
{
    if (cursor_char(c, '+')) { /* some servers forget the blank */
        slice text;
        (void)cursor_char(c, ' ');
        text = cursor_rest(c);
        r->kind = IMAP_CONTINUE;
        r->text = slice_text(&text);
        return true;
    }
    if (cursor_char(c, '*'))
        return parse_untagged(c, r);
    return parse_tagged(c, r);
}

/* In these what is not named is gone: half of one says what is not so. */
static bool silence_counts(imap_reply_kind kind)
{
    return kind == IMAP_SEARCH || kind == IMAP_ESEARCH || kind == IMAP_VANISHED ||
           kind == IMAP_LIST || kind == IMAP_LSUB;
}

imap_reply *imap_reply_parse(const char *bytes, gsize nbytes, GError **error)
{
    cursor c = { .p = bytes, .end = bytes + nbytes };
    imap_reply *r = g_new0(imap_reply, 1);
    r->kind = IMAP_OTHER;
    if (parse_any(&c, r) && !c.no_memory)
        return r;
    bool counts = silence_counts(r->kind);
    imap_reply_free(r);
    if (!c.literals) {
        r = g_new0(imap_reply, 1);
        *r = (imap_reply){ .kind = IMAP_OTHER, .damaged = true, .silence_counts = counts };
        return r;
    }
    slice shown = { .at = bytes, .nbytes = MIN(nbytes, 100) };
    g_autofree char *text = slice_text(&shown);
    g_strdelimit(text, "\r\n", ' ');
    error_set(error, ERROR_PROTOCOL,
              c.no_memory ? _("the server's reply does not fit into memory: %s")
                          : _("the server sent what is no IMAP reply: %s"),
              text);
    return NULL;
}

void imap_list_free(imap_list *l)
{
    if (l == NULL)
        return;
    g_free(l->wire_name);
    g_free(l->name);
    g_free(l->old_wire_name);
    g_free(l->old_name);
    g_free(l);
}

void imap_status_free(imap_status *s)
{
    if (s == NULL)
        return;
    g_free(s->wire_name);
    g_free(s->mailbox_id);
    g_free(s);
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
    g_free(r->wire_name);
    if (r->quotas != NULL)
        g_ptr_array_unref(r->quotas);
    if (r->namespaces != NULL)
        g_ptr_array_unref(r->namespaces);
    if (r->id != NULL)
        g_hash_table_unref(r->id);
    imap_fetch_free(r->fetch);
    imap_list_free(r->list);
    imap_status_free(r->status);
    g_free(r);
}
