/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One pass over the bytes; an element of the list is collected in three ways at once (as the words
 * of a display name, as a bare addr-spec, and by its <...> and (...)) and what it was is decided at
 * its end. */
#include "mime/addresses.h"

#include "base/limits.h"
#include "mime/words.h"
#include "model/address.h"

#include <stdbool.h>
#include <string.h>

typedef struct element {
    GString *phrase;  /* unquoted words outside <> and () */
    GString *bare;    /* the same with quotes kept: an addr-spec when there is no <> */
    GString *angle;   /* inside the last <> that held something like an address */
    GString *comment; /* the last (...) */
    bool has_angle;
    bool angle_has_at;
    bool has_at;   /* in bare, outside quotes */
    bool has_text; /* anything at all */
} element;

typedef struct scanner {
    const char *p, *end;
    element e;
    bool in_group;
    char *group; /* its name, until a member is found */
    GPtrArray *list;
} scanner;

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* A quoted string from behind its opening quote; bare keeps quotes and escapes. */
static void scan_quoted(scanner *s, GString *unquoted, GString *bare)
{
    if (bare)
        g_string_append_c(bare, '"');
    while (s->p < s->end) {
        char c = *s->p++;
        if (bare)
            g_string_append_c(bare, c);
        if (c == '"')
            return;
        if (c == '\\' && s->p < s->end) {
            c = *s->p++;
            if (bare)
                g_string_append_c(bare, c);
        }
        if (unquoted)
            g_string_append_c(unquoted, c);
    }
}

/* A comment from behind its opening parenthesis; comments nest, only a counter remembers. */
static void scan_comment(scanner *s, GString *out)
{
    guint depth = 1;
    g_string_truncate(out, 0);
    while (s->p < s->end) {
        char c = *s->p++;
        if (c == '\\' && s->p < s->end)
            c = *s->p++;
        else if (c == '(')
            depth++;
        else if (c == ')' && --depth == 0)
            return;
        g_string_append_c(out, c);
    }
}

/* <...> from behind the '<'.  One that never closes ends at the comma or the end. */
static void scan_angle(scanner *s, GString *out)
{
    g_autoptr(GString) comment = g_string_new(NULL);
    g_string_truncate(out, 0);
    while (s->p < s->end && *s->p != '>' && *s->p != ',') {
        char c = *s->p++;
        if (c == '"')
            scan_quoted(s, NULL, out);
        else if (c == '(')
            scan_comment(s, comment);
        else if (c == '[')
            while (g_string_append_c(out, c), c != ']' && s->p < s->end && *s->p != '>')
                c = *s->p++;
        else if (!is_blank(c) && c != '<')
            g_string_append_c(out, c);
        /* "<@a,@b:c@d>": the comma of a route (section 4.4) */
        if (s->p < s->end && *s->p == ',' && out->len > 0 && out->str[0] == '@')
            g_string_append_c(out, *s->p++);
    }
    while (s->p < s->end && *s->p == '>')
        s->p++;
}

static void add(scanner *s, char *name, char *mailbox)
{
    g_strstrip(name);
    if (s->list->len < LIMIT_ADDRESSES && (*name || *mailbox)) { /* "<>" is nobody */
        g_ptr_array_add(s->list, address_new(*name ? name : NULL, mailbox));
    }
    g_clear_pointer(&s->group, g_free);
    g_free(name);
    g_free(mailbox);
}

/* An addr-spec as it will be shown and sent to: no route, no "mailto:", no control characters; not
 * decoded. */
static char *clean_mailbox(const char *text, gsize nbytes)
{
    const char *end = text + nbytes;
    if (nbytes > 7 && g_ascii_strncasecmp(text, "mailto:", 7) == 0)
        text += 7;
    if (text < end && *text == '@') {
        const char *colon = memchr(text, ':', (gsize)(end - text));
        if (colon)
            text = colon + 1;
    }
    char *mailbox = words_repair(text, (gsize)(end - text));
    char *to = mailbox;
    for (const char *from = mailbox; *from; from++)
        if ((guchar)*from > ' ' && *from != 127)
            *to++ = *from;
        else if (*from == ' ' && mailbox[0] == '"')
            *to++ = *from; /* blanks live in quoted local parts */
    *to = '\0';
    return mailbox;
}

static char *name_of(const element *e)
{
    const GString *from = e->phrase->len > 0 ? e->phrase : e->comment;
    return words_decode(from->str, from->len);
}

/* "user @ host . example" is one addr-spec (section 4.4): blanks about '@' and '.' say nothing.
 * Returns the last blank that is left outside quotes, NULL none; *behind_at is the first one behind
 * an '@'. */
static char *join_bare(GString *bare, char **behind_at)
{
    char *to = bare->str, *last = NULL;
    bool quoted = false, at = false;
    *behind_at = NULL;
    for (const char *p = bare->str, *end = p + bare->len; p < end; p++) {
        if (*p == '"')
            quoted = !quoted;
        at = at || (*p == '@' && !quoted);
        if (*p == ' ' && !quoted) {
            char before = to > bare->str ? to[-1] : '@', behind = p + 1 < end ? p[1] : '@';
            if (strchr("@. ", before) || strchr("@. ", behind))
                continue;
            last = to;
            if (at && !*behind_at)
                *behind_at = to;
        }
        *to++ = *p;
    }
    g_string_truncate(bare, (gsize)(to - bare->str));
    return last;
}

static char *decode_unquoted(const char *text, const char *end)
{
    g_autoptr(GString) words = g_string_new(NULL);
    for (; text < end; text++)
        if (*text != '"')
            g_string_append_c(words, *text);
    return words_decode(words->str, words->len);
}

/* No <>: an addr-spec, perhaps with a name in a comment, or words in front of it. */
static void finish_bare(scanner *s)
{
    element *e = &s->e;
    char *behind_at, *blank = join_bare(e->bare, &behind_at);
    const char *text = e->bare->str, *end = text + e->bare->len;
    if (!e->has_at && (blank || *text == '"' || text == end || strstr(text, "=?")))
        add(s, name_of(e), g_strdup("")); /* words, but no address, not even in an encoded word */
    else if (e->has_at && blank && strchr(blank, '@')) /* "John Doe john@example.org" */
        add(s, decode_unquoted(text, blank), clean_mailbox(blank + 1, (gsize)(end - blank - 1)));
    else if (behind_at) /* "john@example.org John Doe" */
        add(s, decode_unquoted(behind_at, end), clean_mailbox(text, (gsize)(behind_at - text)));
    else
        add(s, words_decode(e->comment->str, e->comment->len), clean_mailbox(text, e->bare->len));
}

static void finish_element(scanner *s)
{
    element *e = &s->e;
    while (e->bare->len > 0 && is_blank(e->bare->str[e->bare->len - 1]))
        g_string_truncate(e->bare, e->bare->len - 1);
    if (e->has_angle)
        add(s, name_of(e), clean_mailbox(e->angle->str, e->angle->len));
    else if (e->has_text)
        finish_bare(s);
    g_string_truncate(e->phrase, 0);
    g_string_truncate(e->bare, 0);
    g_string_truncate(e->angle, 0);
    g_string_truncate(e->comment, 0);
    e->has_angle = e->angle_has_at = e->has_at = e->has_text = false;
}

static void begin_group(scanner *s)
{
    g_free(s->group);
    s->group = name_of(&s->e);
    s->in_group = true;
    s->e.has_text = s->e.has_angle = false;
    finish_element(s);
}

static void end_group(scanner *s)
{
    finish_element(s);
    if (s->group)
        add(s, g_steal_pointer(&s->group), g_strdup(""));
    s->in_group = false;
}

static void scan_angle_or_word(scanner *s)
{
    element *e = &s->e;
    if (e->has_angle && !e->angle_has_at) {
        /* "<Ada> <ada@example.org>": the first was a name */
        if (e->phrase->len > 0)
            g_string_append_c(e->phrase, ' ');
        g_string_append_len(e->phrase, e->angle->str, (gssize)e->angle->len);
    } else if (e->has_angle) {
        g_autoptr(GString) ignored = g_string_new(NULL);
        scan_angle(s, ignored);
        return;
    }
    scan_angle(s, e->angle);
    e->angle_has_at = memchr(e->angle->str, '@', e->angle->len) != NULL;
    e->has_angle = e->has_text = true;
}

static void append_blank(GString *out)
{
    if (out->len > 0 && out->str[out->len - 1] != ' ')
        g_string_append_c(out, ' ');
}

static void scan_literal(scanner *s)
{
    char c = '[';
    g_string_append_c(s->e.bare, c);
    g_string_append_c(s->e.phrase, c);
    while (c != ']' && s->p < s->end && *s->p != '<' && *s->p != ',') {
        c = *s->p++;
        g_string_append_c(s->e.bare, c);
        g_string_append_c(s->e.phrase, c);
    }
}

/* An encoded word is one atom, although some mailers leave ',' and '<' in it as they are. */
static bool scan_word(scanner *s)
{
    element *e = &s->e;
    gsize n = *s->p == '=' && !e->has_angle ? words_length(s->p, s->end) : 0;
    g_string_append_len(e->phrase, s->p, (gssize)n);
    g_string_append_len(e->bare, s->p, (gssize)n);
    s->p += n;
    e->has_text = e->has_text || n > 0;
    return n > 0;
}

static void scan_one(scanner *s)
{
    element *e = &s->e;
    if (scan_word(s))
        return;
    char c = *s->p++;
    if (c == ',') {
        finish_element(s);
    } else if (c == ';') { /* the end of a group; a separator for those who learnt it elsewhere */
        if (s->in_group)
            end_group(s);
        else
            finish_element(s);
    } else if (c == ':' && !e->has_angle && !e->has_at) {
        begin_group(s);
    } else if (c == '<') {
        scan_angle_or_word(s);
    } else if (c == '(') {
        scan_comment(s, e->comment);
        e->has_text = true;
    } else if (c == '"') {
        scan_quoted(s, e->phrase, e->bare);
        e->has_text = true;
    } else if (c == '[') {
        scan_literal(s);
        e->has_text = true;
    } else if (is_blank(c)) {
        append_blank(e->phrase);
        append_blank(e->bare);
    } else if (!e->has_angle) { /* text behind <...> is dropped */
        e->has_at = e->has_at || c == '@';
        g_string_append_c(e->bare, c);
        g_string_append_c(e->phrase, c == '\\' && s->p < s->end ? *s->p : c);
        if (c == '\\' && s->p < s->end)
            g_string_append_c(e->bare, *s->p++);
        e->has_text = true;
    }
}

/* Letters that need no care: atoms, with blanks and dots between them; words: and whole encoded words. */
static bool is_plain(const char *p, const char *end, bool words)
{
    static const char others[] = "-._+'/!#$%&*^`{|}~";
    for (; p < end; p++)
        if (!g_ascii_isalnum(*p) && !(*p && strchr(others, *p)) && !(words && (*p == ' ' || *p == '=' || *p == '?')))
            return false;
    return true;
}

/* A name that is_plain lets pass. */
static address *simple_address(const char *name, gsize name_nbytes, const char *spec, gsize spec_nbytes)
{
    if (memchr(name, '=', name_nbytes) == NULL)
        return address_new_len(name, name_nbytes, spec, spec_nbytes);
    g_autofree char *decoded = g_strstrip(words_decode(name, name_nbytes));
    return address_new_len(decoded, strlen(decoded), spec, spec_nbytes);
}

/* One of the common forms, without any scanning: `a@b`, `Name <a@b>`, `"Name" <a@b>`. */
static bool parse_simple(GPtrArray *list, const char *p, const char *end)
{
    const char *spec = p, *spec_end = end, *name_end = p;
    if (end - p > 2 && end[-1] == '>') {
        spec_end = end - 1;
        spec = memchr(p, '<', (gsize)(end - p));
        if (!spec)
            return false;
        name_end = spec++;
        while (name_end > p && name_end[-1] == ' ')
            name_end--;
        if (name_end - p >= 2 && *p == '"' && name_end[-1] == '"')
            p++, name_end--;
    }
    const char *at = memchr(spec, '@', (gsize)(spec_end - spec));
    if (!at || at == spec || at + 1 == spec_end || !is_plain(spec, at, false) ||
        !is_plain(at + 1, spec_end, false) || !is_plain(p, name_end, true))
        return false;
    g_ptr_array_add(list, simple_address(p, (gsize)(name_end - p), spec, (gsize)(spec_end - spec)));
    return true;
}

/* As many of the first elements as have such a form.  Where it stopped. */
static const char *parse_simple_ones(GPtrArray *list, const char *p, const char *end)
{
    while (p < end && list->len < LIMIT_ADDRESSES) {
        const char *comma = memchr(p, ',', (gsize)(end - p)), *stop = comma != NULL ? comma : end;
        const char *from = p;
        while (from < stop && *from == ' ')
            from++;
        const char *to = stop;
        while (to > from && to[-1] == ' ')
            to--;
        if (!parse_simple(list, from, to))
            return p;
        p = comma != NULL ? comma + 1 : end;
    }
    return p;
}

void addresses_parse(GPtrArray *list, const char *value, gsize nbytes)
{
    const char *end = value + nbytes;
    value = parse_simple_ones(list, value, end);
    if (value == end || list->len >= LIMIT_ADDRESSES)
        return;
    scanner s = { .p = value, .end = end, .list = list };
    s.e.phrase = g_string_new(NULL);
    s.e.bare = g_string_new(NULL);
    s.e.angle = g_string_new(NULL);
    s.e.comment = g_string_new(NULL);
    while (s.p < s.end && list->len < LIMIT_ADDRESSES)
        scan_one(&s);
    if (s.in_group)
        end_group(&s);
    else
        finish_element(&s);
    g_free(s.group);
    g_string_free(s.e.phrase, TRUE);
    g_string_free(s.e.bare, TRUE);
    g_string_free(s.e.angle, TRUE);
    g_string_free(s.e.comment, TRUE);
}
