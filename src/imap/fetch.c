/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FETCH data items.  RFC 9051 section 7.5.2, RFC 7162 (MODSEQ).  Items that are not known are passed over. */
#include "imap/parse.h"

#include "base/limits.h"

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

static bool fetch_flags(cursor *c, imap_fetch *f)
{
    g_autoptr(GPtrArray) keywords = NULL;
    if (!cursor_char(c, '('))
        return cursor_skip_value(c);
    f->has_flags = true;
    f->flags = 0;
    for (;;) {
        slice s;
        cursor_blanks(c);
        if (cursor_char(c, ')'))
            break;
        if (!cursor_string(c, &s))
            return false;
        g_autofree char *word = slice_text(&s);
        mail_flags bit = flag_from_wire(word);
        if (bit != 0) {
            f->flags |= bit;
        } else if (word[0] != '\\' && keyword_valid(word)) {
            if (keywords == NULL)
                keywords = g_ptr_array_new_with_free_func(g_free);
            g_ptr_array_add(keywords, g_steal_pointer(&word));
        }
    }
    if (keywords != NULL) {
        g_ptr_array_add(keywords, NULL);
        g_free(f->keywords);
        f->keywords = keywords_join((const char *const *)keywords->pdata);
    }
    return true;
}

/* "(123)"; glued or bare numbers of some servers too. */
static bool fetch_modseq(cursor *c, imap_fetch *f)
{
    bool list = cursor_char(c, '(');
    guint64 n = 0;
    cursor_blanks(c);
    number_result got = cursor_number(c, G_MAXINT64, &n);
    if (got == NUMBER_NONE)
        return !list && cursor_skip_value(c);
    if (got == NUMBER_OK)
        f->modseq = n;
    cursor_blanks(c);
    return !list || cursor_char(c, ')');
}

static bool fetch_number(cursor *c, guint64 max, guint64 *out, bool *has)
{
    if (cursor_at_end(c) || !g_ascii_isdigit(*c->p))
        return cursor_skip_value(c);
    *has = cursor_number(c, max, out) == NUMBER_OK;
    return true;
}

static bool fetch_date(cursor *c, imap_fetch *f)
{
    slice s;
    if (!cursor_string(c, &s))
        return false;
    f->received_s = parse_internal_date(&s);
    return true;
}

/* Behind BODY: "[section]<origin> value". */
static bool fetch_section(cursor *c, imap_fetch *f)
{
    const char *close = memchr(c->p, ']', (gsize)(c->end - c->p));
    if (close == NULL)
        return false;
    slice section = { .at = c->p, .nbytes = (gsize)(close - c->p) };
    c->p = close + 1;
    gint64 origin = -1;
    guint64 n = 0;
    if (cursor_char(c, '<')) {
        if (cursor_number(c, G_MAXINT32, &n) != NUMBER_OK || !cursor_char(c, '>'))
            return false;
        origin = (gint64)n;
    }
    slice value;
    cursor_blanks(c);
    if (!cursor_string(c, &value))
        return false;
    if (slice_is_nil(&value))
        return true;
    g_autofree char *unescaped = value.escaped ? slice_dup(&value) : NULL;
    GBytes *bytes = unescaped != NULL ? g_bytes_new(unescaped, strlen(unescaped))
                                      : g_bytes_new(value.at, value.nbytes);
    if (section.nbytes >= 6 && g_ascii_strncasecmp(section.at, "HEADER", 6) == 0) {
        g_clear_pointer(&f->header, g_bytes_unref);
        f->header = bytes;
        return true;
    }
    g_clear_pointer(&f->body, g_bytes_unref);
    g_free(f->body_section);
    f->body = bytes;
    f->body_section = slice_text(&section);
    f->body_origin = origin;
    return true;
}

static bool fetch_item(cursor *c, imap_fetch *f, const slice *word)
{
    guint64 n = 0;
    bool has = false;
    if (slice_is(word, "BODY") && cursor_char(c, '['))
        return fetch_section(c, f);
    cursor_blanks(c);
    if (slice_is(word, "FLAGS"))
        return fetch_flags(c, f);
    if (slice_is(word, "INTERNALDATE"))
        return fetch_date(c, f);
    if (slice_is(word, "RFC822.SIZE"))
        return fetch_number(c, G_MAXINT64, &f->size, &f->has_size);
    if (slice_is(word, "MODSEQ"))
        return fetch_modseq(c, f);
    if (slice_is(word, "BODYSTRUCTURE")) {
        f->has_structure = true;
        return parse_structure(c, &f->has_attachment);
    }
    if (!slice_is(word, "UID"))
        return cursor_skip_value(c);
    if (!fetch_number(c, G_MAXUINT32, &n, &has))
        return false;
    if (has)
        f->uid = (guint32)n;
    return true;
}

bool parse_fetch(cursor *c, imap_reply *r, guint32 seq)
{
    imap_fetch *f = r->fetch = g_new0(imap_fetch, 1);
    f->seq = seq;
    f->body_origin = -1;
    if (!cursor_char(c, '('))
        return false;
    for (;;) {
        slice word;
        cursor_blanks(c);
        if (cursor_char(c, ')'))
            return true;
        if (!cursor_item(c, &word) || !fetch_item(c, f, &word))
            return false;
    }
}

/* ---- "17-Jul-1996 02:44:25 -0700" */

static bool digits(const char *p, int n, int *out)
{
    *out = 0;
    for (int i = 0; i < n; i++) {
        if (p[i] == ' ' && i == 0) /* "date-day-fixed" of one digit */
            continue;
        if (!g_ascii_isdigit(p[i]))
            return false;
        *out = *out * 10 + (p[i] - '0');
    }
    return true;
}

/* Days since 1970 of a date of the Gregorian calendar. */
static gint64 days_from_civil(int year, int month, int day)
{
    gint64 y = month <= 2 ? year - 1 : year;
    gint64 era = y / 400;
    gint64 of_era = y - era * 400;
    gint64 of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

gint64 parse_internal_date(const slice *s)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const char *p = s->at;
    int day, year, hour, minute, second, zone, month = 0;
    if (s->nbytes != 26 || !digits(p, 2, &day) || p[2] != '-' || p[6] != '-' || !digits(p + 7, 4, &year) ||
        !digits(p + 12, 2, &hour) || !digits(p + 15, 2, &minute) || !digits(p + 18, 2, &second) ||
        !digits(p + 22, 4, &zone))
        return 0;
    for (int i = 0; i < 12; i++)
        if (g_ascii_strncasecmp(p + 3, months + i * 3, 3) == 0)
            month = i + 1;
    if (month == 0 || year < 1970 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60 || zone > 1400)
        return 0;
    gint64 t = days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    gint64 east = (zone / 100) * 3600 + (zone % 100) * 60;
    return p[21] == '-' ? t + east : t - east;
}

/* ---- BODYSTRUCTURE: walked once, nothing is built */

bool parse_structure(cursor *c, bool *has_attachment)
{
    int depth = 0;
    *has_attachment = false;
    do {
        slice s;
        cursor_blanks(c);
        if (++c->ntokens > LIMIT_REPLY_TOKENS)
            return false;
        if (cursor_char(c, '(')) {
            if (++depth > LIMIT_REPLY_DEPTH)
                return false;
        } else if (depth > 0 && cursor_char(c, ')')) {
            depth--;
        } else if (cursor_string(c, &s)) {
            if (s.quoted && slice_is(&s, "attachment"))
                *has_attachment = true;
        } else {
            return false;
        }
    } while (depth > 0);
    return true;
}
