/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FETCH replies: RFC 9051 section 7.5.2, RFC 7162 (MODSEQ), 3516 (BINARY), 8474 (EMAILID), 8514
 * (SAVEDATE), 8970 (PREVIEW), and Gmail's X-GM-EXT-1.  The busiest parser
 * of the house: one pass, nothing allocated but what is handed on.  Items that are unknown are
 * passed over. */
#include "imap/parse.h"

#include "base/limits.h"
#include "imap/name.h"

enum {
    FLAG_MAX_BYTES = 255,
    OBJECT_ID_MAX = 255,    /* RFC 8474 section 4 */
    LARGE_NBYTES = 1 << 20, /* what must not abort the process when memory is short */
};

void imap_fetch_free(imap_fetch *f)
{
    if (f == NULL)
        return;
    g_free(f->keywords);
    g_clear_pointer(&f->header, g_bytes_unref);
    g_clear_pointer(&f->body, g_bytes_unref);
    g_free(f->body_section);
    g_free(f->email_id);
    g_free(f->thread_id);
    g_free(f->preview);
    g_free(f->labels);
    g_free(f);
}

/* A number, and what some servers let hang on it: mail.ru sends "123.0".  False: unreadable (NIL,
 * negative, too large); it was eaten and counts as not given. */
static bool lenient_number(cursor *c, guint64 max, guint64 *out)
{
    slice ignored;
    switch (cursor_number(c, max, out)) {
    case NUMBER_OK:
        if (cursor_char(c, '.'))
            (void)cursor_number(c, G_MAXUINT64, &(guint64){ 0 });
        return true;
    case NUMBER_OVERFLOW:
        return false;
    default:
        (void)cursor_atom(c, &ignored);
        return false;
    }
}

static bool uid_item(cursor *c, imap_fetch *f)
{
    guint64 n;
    if (lenient_number(c, G_MAXUINT32, &n))
        f->uid = (guint32)n;
    return true;
}

static bool size_item(cursor *c, imap_fetch *f)
{
    guint64 n;
    if (lenient_number(c, G_MAXINT64, &n)) {
        f->size = n;
        f->has_size = true;
    }
    return true;
}

static bool modseq_item(cursor *c, imap_fetch *f)
{
    guint64 n;
    bool list = cursor_char(c, '(');
    if (lenient_number(c, G_MAXINT64, &n)) /* Zoho says -1 */
        f->modseq = n;
    cursor_blanks(c);
    return !list || cursor_char(c, ')');
}

static bool date_item(cursor *c, gint64 *out)
{
    slice s;
    if (!cursor_string(c, &s))
        return false;
    *out = parse_internal_date(&s);
    return true;
}

/* (M6d99ac3275bb4e) or NIL; the server's own number weighs more than Gmail's. */
static bool object_id(cursor *c, char **out)
{
    slice s;
    bool list = cursor_char(c, '(');
    if (!cursor_string(c, &s))
        return false;
    if (!slice_is_nil(&s) && s.nbytes > 0 && s.nbytes <= OBJECT_ID_MAX) {
        g_free(*out);
        *out = slice_text(&s);
    }
    return !list || cursor_char(c, ')');
}

static bool gmail_id(cursor *c, char **out)
{
    guint64 n;
    if (lenient_number(c, G_MAXUINT64, &n) && *out == NULL)
        *out = g_strdup_printf("gm:%" G_GUINT64_FORMAT, n);
    return true;
}

static bool preview_item(cursor *c, imap_fetch *f)
{
    slice s;
    if (!cursor_string(c, &s))
        return false;
    if (!slice_is_nil(&s) && f->preview == NULL) {
        s.nbytes = MIN(s.nbytes, LIMIT_SERVER_TEXT); /* RFC 8970: 256 characters */
        f->preview = slice_text(&s);
    }
    return true;
}

/* (\Inbox "a b" &-modified UTF-7-): labels are folders there, and spelled like them. */
static bool labels_item(cursor *c, imap_fetch *f)
{
    if (c->p < c->end && *c->p != '(')
        return cursor_skip_value(c);
    g_auto(GStrv) words = parse_words(c, false);
    g_autoptr(GString) joined = g_string_new(NULL);
    for (char **word = words; *word != NULL; word++) {
        g_autofree char *label = imap_name_decode(*word);
        g_strdelimit(label, "\n", ' ');
        g_string_append_printf(joined, "%s%s", joined->len > 0 ? "\n" : "", label);
    }
    g_free(f->labels);
    f->labels = g_strdup(joined->str);
    return true;
}

/* One flag: a bit, a keyword that we can hold, or neither (an unknown \System flag). */
static void flag(imap_fetch *f, GPtrArray **keywords, const slice *s)
{
    char name[FLAG_MAX_BYTES + 1];
    if (s->nbytes > FLAG_MAX_BYTES)
        return;
    memcpy(name, s->at, s->nbytes);
    name[s->nbytes] = '\0';
    mail_flags bit = flag_from_wire(name);
    f->flags |= bit;
    if (bit != 0 || !keyword_valid(name))
        return;
    if (*keywords == NULL)
        *keywords = g_ptr_array_new_with_free_func(g_free);
    if ((*keywords)->len < LIMIT_WORDS)
        g_ptr_array_add(*keywords, g_strdup(name));
}

static bool flags_item(cursor *c, imap_fetch *f)
{
    g_autoptr(GPtrArray) keywords = NULL;
    if (!cursor_char(c, '('))
        return cursor_skip_value(c); /* NIL */
    f->flags = 0;
    g_clear_pointer(&f->keywords, g_free);
    for (;;) {
        slice s;
        cursor_blanks(c);
        if (cursor_char(c, ')'))
            break;
        if (c->p < c->end && *c->p == '(') { /* a list among flags: some server's mistake */
            if (!cursor_skip_value(c))
                return false;
        } else if (!cursor_string(c, &s))
            return false;
        else
            flag(f, &keywords, &s);
    }
    f->has_flags = true;
    if (keywords != NULL) {
        g_ptr_array_add(keywords, NULL);
        f->keywords = keywords_join((const char *const *)keywords->pdata);
    }
    return true;
}

/* ---- BODY[section]<origin> nstring */

static bool origin(cursor *c, gint64 *out)
{
    guint64 n;
    *out = -1;
    if (!cursor_char(c, '<'))
        return true;
    if (cursor_number(c, G_MAXINT64, &n) != NUMBER_OK)
        return false;
    *out = (gint64)n;
    return cursor_char(c, '>');
}

static bool begins(const slice *s, const char *word)
{
    gsize n = strlen(word);
    return s->nbytes >= n && g_ascii_strncasecmp(s->at, word, n) == 0;
}

static GBytes *bytes_of(cursor *c, const slice *s)
{
    if (slice_is_nil(s))
        return NULL;
    if (s->escaped) {
        char *text = slice_dup(s);
        return text != NULL ? g_bytes_new_take(text, strlen(text)) : NULL;
    }
    if (s->nbytes < LARGE_NBYTES)
        return g_bytes_new(s->at, s->nbytes);
    void *copy = g_try_malloc(s->nbytes);
    if (copy == NULL) {
        c->no_memory = true;
        return NULL;
    }
    memcpy(copy, s->at, s->nbytes);
    return g_bytes_new_take(copy, s->nbytes);
}

/* The first of each stays: nobody asks for two in one command. */
static void keep(cursor *c, imap_fetch *f, const slice *where, gint64 from, const slice *value)
{
    if (begins(where, "HEADER")) {
        if (f->header == NULL)
            f->header = bytes_of(c, value);
        return;
    }
    if (f->body_section != NULL)
        return;
    f->body_section = slice_text(where);
    f->body_origin = from;
    f->body = bytes_of(c, value);
}

static bool section_item(cursor *c, imap_fetch *f)
{
    slice where, value;
    gint64 from;
    if (!cursor_bracketed(c, &where) || !origin(c, &from))
        return false;
    cursor_blanks(c);
    if (!cursor_string(c, &value))
        return false;
    keep(c, f, &where, from, &value);
    return true;
}

static bool structure_item(cursor *c, imap_fetch *f)
{
    if (c->p < c->end && *c->p != '(')
        return cursor_skip_value(c);
    f->has_structure = true;
    return parse_structure(c, &f->has_attachment);
}

/* RFC822, RFC822.HEADER and RFC822.TEXT, the old names of sections. */
static bool rfc822_item(cursor *c, imap_fetch *f, const char *name)
{
    slice where = { .at = name, .nbytes = strlen(name) }, value;
    if (!cursor_string(c, &value))
        return false;
    keep(c, f, &where, -1, &value);
    return true;
}

static bool extension_item(cursor *c, imap_fetch *f, const slice *name)
{
    if (slice_is(name, "EMAILID"))
        return object_id(c, &f->email_id);
    if (slice_is(name, "THREADID"))
        return object_id(c, &f->thread_id);
    if (slice_is(name, "X-GM-MSGID"))
        return gmail_id(c, &f->email_id);
    if (slice_is(name, "X-GM-THRID"))
        return gmail_id(c, &f->thread_id);
    if (slice_is(name, "X-GM-LABELS"))
        return labels_item(c, f);
    if (slice_is(name, "PREVIEW"))
        return preview_item(c, f);
    if (slice_is(name, "SAVEDATE"))
        return date_item(c, &f->saved_s);
    return cursor_skip_value(c);
}

static bool item(cursor *c, imap_fetch *f, const slice *name)
{
    if (slice_is(name, "UID"))
        return uid_item(c, f);
    if (slice_is(name, "FLAGS"))
        return flags_item(c, f);
    if (slice_is(name, "MODSEQ"))
        return modseq_item(c, f);
    if (slice_is(name, "INTERNALDATE"))
        return date_item(c, &f->received_s);
    if (slice_is(name, "RFC822.SIZE"))
        return size_item(c, f);
    if (slice_is(name, "BODYSTRUCTURE") || slice_is(name, "BODY"))
        return structure_item(c, f);
    if (slice_is(name, "RFC822"))
        return rfc822_item(c, f, "");
    if (slice_is(name, "RFC822.HEADER"))
        return rfc822_item(c, f, "HEADER");
    if (slice_is(name, "RFC822.TEXT"))
        return rfc822_item(c, f, "TEXT");
    return extension_item(c, f, name);
}

/* A name with a section: BODY[...] and BINARY[...] hold bytes, BINARY.SIZE[...] a value. */
static bool item_with_section(cursor *c, imap_fetch *f, const slice *name)
{
    slice ignored;
    bool binary = slice_is(name, "BINARY");
    if (binary || slice_is(name, "BODY")) {
        f->decoded |= binary;
        return section_item(c, f);
    }
    if (!cursor_bracketed(c, &ignored))
        return false;
    cursor_blanks(c);
    if (!slice_is(name, "BINARY.SIZE"))
        return cursor_skip_value(c);
    f->has_decoded_size = lenient_number(c, G_MAXINT64, &f->decoded_size);
    return true;
}

static bool any_item(cursor *c, imap_fetch *f)
{
    slice name;
    if (!cursor_item(c, &name))
        return false;
    if (cursor_char(c, '['))
        return item_with_section(c, f, &name);
    cursor_blanks(c);
    if (c->p < c->end && *c->p == ')') /* a name without a value */
        return true;
    return item(c, f, &name);
}

bool parse_fetch(cursor *c, imap_reply *r, guint32 seq)
{
    if (!cursor_char(c, '('))
        return true; /* nothing said: IMAP_OTHER */
    imap_fetch *f = r->fetch = g_new0(imap_fetch, 1);
    r->kind = IMAP_FETCH;
    f->seq = seq;
    f->body_origin = -1;
    cursor_blanks(c);
    while (!cursor_char(c, ')')) {
        if (!any_item(c, f))
            return false;
        cursor_blanks(c);
    }
    cursor_blanks(c);
    return !c->literals || cursor_at_end(c); /* more than the last parenthesis: was a size wrong? */
}
