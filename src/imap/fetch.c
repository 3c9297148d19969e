/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FETCH replies: RFC 9051 section 7.5.2, RFC 7162 (MODSEQ).  The busiest parser of the room: one pass,
 * nothing allocated but what is handed on.  Items that are not known are passed over. */
#include "imap/parse.h"

#include "base/limits.h"

enum { LARGE_NBYTES = 1 << 20 }; /* what must not abort the process when memory is short */

void imap_fetch_free(imap_fetch *f)
{
    if (f == NULL)
        return;
    g_free(f->keywords);
    g_clear_pointer(&f->header, g_bytes_unref);
    g_clear_pointer(&f->body, g_bytes_unref);
    g_free(f->body_section);
    g_free(f);
}

/* A number, and what some servers let hang on it: mail.ru sends "123.0".  What is none (NIL, -1) or too large
 * is eaten, and counts as not given: false. */
static bool lenient_number(cursor *c, guint64 max, guint64 *out)
{
    slice ignored;
    number_result got = cursor_number(c, max, out);
    if (got == NUMBER_NONE) {
        (void)cursor_atom(c, &ignored);
        return false;
    }
    if (!cursor_at_end(c) && *c->p == '.')
        (void)cursor_atom(c, &ignored);
    return got == NUMBER_OK;
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
    f->has_size = lenient_number(c, G_MAXINT64, &f->size);
    if (!f->has_size)
        f->size = 0;
    return true;
}

/* "(123)", or 123 from some. */
static bool modseq_item(cursor *c, imap_fetch *f)
{
    bool list = cursor_char(c, '(');
    guint64 n;
    cursor_blanks(c);
    if (lenient_number(c, G_MAXINT64, &n)) /* Zoho says -1 */
        f->modseq = n;
    cursor_blanks(c);
    return !list || cursor_char(c, ')');
}

static bool date_item(cursor *c, imap_fetch *f)
{
    slice s;
    if (!cursor_string(c, &s))
        return false;
    f->received_s = parse_internal_date(&s);
    return true;
}

static bool flags_item(cursor *c, imap_fetch *f)
{
    if (cursor_at_end(c) || *c->p != '(')
        return cursor_skip_value(c); /* NIL */
    g_auto(GStrv) words = parse_words(c, false);
    guint nkeywords = 0;
    f->has_flags = true;
    f->flags = 0;
    for (char **w = words; *w != NULL; w++) {
        mail_flags bit = flag_from_wire(*w);
        f->flags |= bit;
        if (bit != 0 || !keyword_valid(*w)) { /* neither is an unknown \Flag */
            g_free(*w);
            continue;
        }
        words[nkeywords++] = *w;
    }
    words[nkeywords] = NULL;
    g_free(f->keywords);
    f->keywords = nkeywords > 0 ? keywords_join((const char *const *)words) : NULL;
    return true;
}

/* "BODY" is without extensions: no dispositions in it. */
static bool structure_item(cursor *c, imap_fetch *f)
{
    if (cursor_at_end(c) || *c->p != '(')
        return cursor_skip_value(c);
    f->has_structure = true;
    return parse_structure(c, &f->has_attachment);
}

/* ---- bytes of the message */

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

static bool begins(const slice *s, const char *word)
{
    gsize n = strlen(word);
    return s->nbytes >= n && g_ascii_strncasecmp(s->at, word, n) == 0;
}

/* The first of each stays: nobody asks for two in one command. */
static bool section_value(cursor *c, imap_fetch *f, const slice *section, gint64 origin)
{
    slice value;
    cursor_blanks(c);
    if (!cursor_string(c, &value))
        return false;
    if (begins(section, "HEADER")) {
        if (f->header == NULL)
            f->header = bytes_of(c, &value);
    } else if (f->body_section == NULL) {
        f->body_section = slice_text(section);
        f->body_origin = origin;
        f->body = bytes_of(c, &value);
    }
    return true;
}

/* Behind "BODY[": section]<origin> value. */
static bool section_item(cursor *c, imap_fetch *f)
{
    slice section;
    guint64 n;
    gint64 origin = -1;
    if (!cursor_bracketed(c, &section))
        return false;
    if (cursor_char(c, '<')) {
        if (cursor_number(c, G_MAXINT64, &n) != NUMBER_OK || !cursor_char(c, '>'))
            return false;
        origin = (gint64)n;
    }
    return section_value(c, f, &section, origin);
}

static bool old_section_item(cursor *c, imap_fetch *f, const char *section)
{
    slice s = { .at = section, .nbytes = strlen(section) };
    return section_value(c, f, &s, -1);
}

/* ---- items */

static bool bracketed_item(cursor *c, imap_fetch *f, const slice *word)
{
    slice ignored;
    if (slice_is(word, "BODY") || slice_is(word, "BINARY"))
        return section_item(c, f);
    if (!cursor_bracketed(c, &ignored)) /* BINARY.SIZE[1] 12 */
        return false;
    cursor_blanks(c);
    return cursor_skip_value(c);
}

static bool plain_item(cursor *c, imap_fetch *f, const slice *word)
{
    if (slice_is(word, "UID"))
        return uid_item(c, f);
    if (slice_is(word, "FLAGS"))
        return flags_item(c, f);
    if (slice_is(word, "MODSEQ"))
        return modseq_item(c, f);
    if (slice_is(word, "INTERNALDATE"))
        return date_item(c, f);
    if (slice_is(word, "RFC822.SIZE"))
        return size_item(c, f);
    if (slice_is(word, "BODYSTRUCTURE"))
        return structure_item(c, f);
    if (slice_is(word, "RFC822")) /* names of RFC 3501 for sections */
        return old_section_item(c, f, "");
    if (slice_is(word, "RFC822.HEADER"))
        return old_section_item(c, f, "HEADER");
    if (slice_is(word, "RFC822.TEXT"))
        return old_section_item(c, f, "TEXT");
    return cursor_skip_value(c);
}

static bool item(cursor *c, imap_fetch *f)
{
    slice word;
    if (!cursor_item(c, &word))
        return false;
    if (cursor_char(c, '['))
        return bracketed_item(c, f, &word);
    cursor_blanks(c);
    if (cursor_at_end(c) || *c->p == ')')
        return true; /* a name and no value */
    return plain_item(c, f, &word);
}

bool parse_fetch(cursor *c, imap_reply *r, guint32 seq)
{
    imap_fetch *f = r->fetch = g_new0(imap_fetch, 1);
    f->seq = seq;
    f->body_origin = -1;
    if (!cursor_char(c, '('))
        return false;
    for (;;) {
        cursor_blanks(c);
        if (cursor_char(c, ')'))
            break;
        if (cursor_at_end(c))
            return !c->literals; /* the last parenthesis: forgotten, or eaten by a wrong size */
        if (!item(c, f))
            return false;
    }
    cursor_blanks(c);
    return cursor_at_end(c) || !c->literals;
}
