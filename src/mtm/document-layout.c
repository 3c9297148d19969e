/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Header block, body parts in order, list of attachments, notes.  Every foreign text passes
 * text/sanitise; words of ours stand in lines of STYLE_NOTE and STYLE_ATTACHMENT, which no message
 * can make. */
#include "mtm/document-layout.h"

#include "base/clock.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "base/log.h"
#include "mime/render.h"
#include "text/cells.h"
#include "text/charset.h"
#include "text/date.h"
#include "text/sanitise.h"
#include "text/wrap.h"

#include <string.h>

#define COLUMNS_MIN 20
#define RENDER_TIMEOUT_MS 5000 /* a page of a megabyte needs a fifth of a second */
#define NAME_COLUMNS 10        /* "Reply-To: " */

typedef struct lay_out {
    mime_message *m;
    const document_layout *layout;
    guint ncols;
    GPtrArray *lines;
    GPtrArray *notes; /* strings, owning: said below the body */
} lay_out;

/* ---- lines of ours */

static void add_line(lay_out *l, const char *text, text_style style)
{
    g_autofree char *clean = text_sanitise_line(text, -1);
    gsize n = strlen(clean);
    gsize fits = text_bytes_for_columns(clean, n, (int)l->ncols);
    if (fits < n) {
        g_autoptr(GPtrArray) wrapped = styled_lines_new();
        wrap_settings settings = { .ncols = l->ncols };
        text_wrap_body(wrapped, clean, n, &settings);
        for (guint i = 0; i < wrapped->len; i++) {
            const char *piece = ((const styled_line *)g_ptr_array_index(wrapped, i))->text;
            styled_line *line = styled_line_new(piece, -1);
            styled_line_add(line, 0, (guint32)strlen(piece), style);
            line->wrapped = i > 0;
            g_ptr_array_add(l->lines, line);
        }
        return;
    }
    styled_line *line = styled_line_new(clean, -1);
    styled_line_add(line, 0, (guint32)n, style);
    g_ptr_array_add(l->lines, line);
}

static void add_blank(lay_out *l)
{
    const styled_line *last =
        l->lines->len > 0 ? g_ptr_array_index(l->lines, l->lines->len - 1) : NULL;
    if (last && *last->text)
        g_ptr_array_add(l->lines, styled_line_new("", 0));
}

static void note(lay_out *l, char *text)
{
    g_ptr_array_add(l->notes, text);
}

/* ---- header block */

static const mime_field *find_field(const GPtrArray *fields, const char *name)
{
    for (guint i = 0; i < fields->len; i++) {
        const mime_field *f = g_ptr_array_index(fields, i);
        if (g_ascii_strcasecmp(f->name, name) == 0)
            return f;
    }
    return NULL;
}

static const char *const weeded[] = { "From", "Reply-To", "To", "Cc", "Date", "Subject" };

/* Reply-To only where it says something. */
static const mime_field *weeded_field(const GPtrArray *fields, const char *name)
{
    const mime_field *f = find_field(fields, name);
    if (f && strcmp(name, "Reply-To") == 0) {
        const mime_field *from = find_field(fields, "From");
        if (from && strcmp(from->value, f->value) == 0)
            return NULL;
    }
    return f;
}

GPtrArray *document_weed(const GPtrArray *fields)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    for (gsize i = 0; i < G_N_ELEMENTS(weeded); i++) {
        const mime_field *f = weeded_field(fields, weeded[i]);
        if (f)
            g_ptr_array_add(lines, g_strdup_printf("%s: %s", weeded[i], f->value));
    }
    return lines;
}

/* "Name:" and the value beside it, broken at the width and hanging. */
static void add_field(lay_out *l, const char *name, const char *value, guint name_ncols)
{
    g_autofree char *label = g_strdup_printf("%s:", name);
    g_autofree char *clean_label = text_sanitise_line(label, -1);
    g_autofree char *clean = text_sanitise_line(value, -1);
    g_autoptr(GPtrArray) pieces = styled_lines_new();
    wrap_settings settings = { .ncols = MAX(l->ncols - MIN(name_ncols, l->ncols / 2), 10) };
    text_wrap_body(pieces, clean, strlen(clean), &settings);
    for (guint i = 0; i < MAX(pieces->len, 1); i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        if (i == 0)
            text_fit(text, clean_label, -1, (int)(l->ncols - settings.ncols), true, false);
        else
            g_string_append_printf(text, "%*s", (int)(l->ncols - settings.ncols), "");
        gsize start = text->len;
        if (i < pieces->len)
            g_string_append(text, ((const styled_line *)g_ptr_array_index(pieces, i))->text);
        styled_line *line = styled_line_new(text->str, (gssize)text->len);
        styled_line_add(line, 0, (guint32)start, STYLE_HEADER_NAME);
        styled_line_add(line, (guint32)start, (guint32)(text->len - start), STYLE_HEADER_VALUE);
        line->wrapped = i > 0;
        g_ptr_array_add(l->lines, line);
    }
}

static const char *field_label(const char *name)
{
    static const char *const labels[] = { N_("From"), N_("Reply-To"), N_("To"),
                                          N_("Cc"),   N_("Date"),     N_("Subject") };
    for (gsize i = 0; i < G_N_ELEMENTS(labels); i++)
        if (strcmp(labels[i], name) == 0)
            return _(labels[i]);
    return name;
}

static void add_weeded(lay_out *l, const GPtrArray *fields, const mail_summary *s)
{
    for (gsize i = 0; i < G_N_ELEMENTS(weeded); i++) {
        const mime_field *f = weeded_field(fields, weeded[i]);
        if (!f)
            continue;
        g_autofree char *date = NULL;
        if (strcmp(weeded[i], "Date") == 0)
            date = text_date_long(s->date_s, s->date_offset_min, clock_now_s());
        add_field(l, field_label(weeded[i]), date && *date ? date : f->value, NAME_COLUMNS);
    }
}

static guint widest_name(const GPtrArray *fields)
{
    gsize widest = NAME_COLUMNS;
    for (guint i = 0; i < fields->len; i++)
        widest = MAX(widest, strlen(((const mime_field *)g_ptr_array_index(fields, i))->name) + 2);
    return (guint)MIN(widest, 20);
}

static void add_headers(lay_out *l, const GPtrArray *fields, const mail_summary *s)
{
    if (l->layout->headers == HEADERS_FULL) {
        guint ncols = widest_name(fields);
        for (guint i = 0; i < fields->len; i++) {
            const mime_field *f = g_ptr_array_index(fields, i);
            add_field(l, f->name, f->value, MAX(ncols, (guint)strlen(f->name) + 2));
        }
    } else {
        add_weeded(l, fields, s);
    }
    add_blank(l);
}

/* ---- bodies */

/* Bytes of text to show, at a character border; what is cut off is said. */
static gsize cut(lay_out *l, const char *text, gsize nbytes)
{
    if (nbytes <= LIMIT_SHOWN_TEXT)
        return nbytes;
    g_autofree char *size = text_size_short(nbytes);
    /* TRANSLATORS: %s is a size such as 12M */
    note(l, g_strdup_printf(_("A text of %s is cut here; save the part to read all of it."), size));
    nbytes = LIMIT_SHOWN_TEXT;
    while (nbytes > 0 && ((guchar)text[nbytes] & 0xc0) == 0x80)
        nbytes--;
    return nbytes;
}

static bool holds_diff(const char *text)
{
    return strncmp(text, "@@ -", 4) == 0 || strstr(text, "\n@@ -") != NULL;
}

static void add_text(lay_out *l, const char *text, gsize nbytes, bool flowed, bool delsp)
{
    g_autofree char *clean = text_sanitise_body(text, (gssize)cut(l, text, nbytes));
    wrap_settings settings = { .ncols = l->ncols,
                               .flowed = flowed,
                               .delsp = delsp,
                               .signature = true,
                               .diff = holds_diff(clean) };
    text_wrap_body(l->lines, clean, strlen(clean), &settings);
}

static void describe_page(lay_out *l, const mime_render_facts *facts)
{
    g_autoptr(GString) text = g_string_new(_("HTML part shown as text"));
    if (facts->nlinks > 0)
        g_string_append_printf(text, ngettext(" · %u link", " · %u links", facts->nlinks),
                               facts->nlinks);
    guint pictures = facts->npictures - MIN(facts->ntrackers, facts->npictures);
    if (pictures > 0)
        g_string_append_printf(text,
                               ngettext(" · %u remote picture not loaded",
                                        " · %u remote pictures not loaded", pictures),
                               pictures);
    if (facts->ntrackers > 0)
        g_string_append_printf(text, ngettext(" · %u tracker", " · %u trackers", facts->ntrackers),
                               facts->ntrackers);
    if (facts->nhidden > 0)
        g_string_append_printf(text,
                               ngettext(" · %u hidden text", " · %u hidden texts", facts->nhidden),
                               facts->nhidden);
    note(l, g_strdup(text->str));
    if (facts->truncated)
        note(l, g_strdup(_("The HTML part is too long; its end is not shown.")));
}

static void add_html(lay_out *l, const char *html, gsize nbytes)
{
    mime_render_facts facts;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) page =
        mime_render_page(html, MIN(cut(l, html, nbytes), LIMIT_RENDER_REQUEST), l->ncols,
                         RENDER_TIMEOUT_MS, &facts, &error);
    if (page) {
        g_ptr_array_extend_and_steal(l->lines, g_steal_pointer(&page));
        describe_page(l, &facts);
        return;
    }
    log_warn(LOG_MIME, "HTML is shown with its tags cut: %s", error->message);
    g_autofree char *plain = mime_render_strip(html, nbytes);
    add_text(l, plain, strlen(plain), false, false);
    note(l, g_strdup_printf(_("HTML part shown with its tags cut: %s"), error->message));
}

static bool is_ascii(const char *text)
{
    for (; *text; text++)
        if ((guchar)*text >= 128)
            return false;
    return true;
}

static void note_guess(lay_out *l, const part *p)
{
    if (!p->charset) {
        note(l, g_strdup(_("The text does not name its character set; it was guessed.")));
        return;
    }
    g_autofree char *label = text_sanitise_line(p->charset, -1);
    note(l,
         g_strdup_printf(
             _("The text is not in the character set that it names (%s); another one was guessed."),
             label));
}

static void add_text_part(lay_out *l, const part *p)
{
    bool guessed = false, delsp = false;
    g_autofree char *text = mime_message_part_text(l->m, p->section, &guessed);
    if (!text) {
        note(l, g_strdup(_("There is not enough memory to show a part.")));
        return;
    }
    gsize nbytes = strlen(text);
    if (guessed && !is_ascii(text))
        note_guess(l, p);
    if (strcmp(p->type, "text/html") == 0 || strcmp(p->type, "application/xhtml+xml") == 0) {
        add_html(l, text, nbytes);
    } else if (strcmp(p->type, "text/enriched") == 0 || strcmp(p->type, "text/richtext") == 0) {
        g_autofree char *plain = mime_render_strip(text, nbytes);
        add_text(l, plain, strlen(plain), false, false);
    } else {
        bool flowed = mime_message_part_flowed(l->m, p->section, &delsp);
        add_text(l, text, nbytes, flowed, delsp);
    }
}

/* A part with a name is announced; one without follows after an empty line. */
static void add_separator(lay_out *l, const part *p)
{
    add_blank(l);
    if (!p->name)
        return;
    g_autofree char *size = text_size_short(p->size);
    g_autofree char *text = g_strdup_printf("── %s  %s  %s", p->name, p->type, size);
    add_line(l, text, STYLE_NOTE);
    add_blank(l);
}

static void add_inner_message(lay_out *l, const part *p)
{
    g_autoptr(mail_summary) s = mime_message_inner_summary(l->m, p->section);
    g_autoptr(GPtrArray) fields = mime_message_inner_fields(l->m, p->section);
    add_blank(l);
    add_line(l, _("── Message inside"), STYLE_NOTE);
    add_blank(l);
    if (s && fields)
        add_weeded(l, fields, s);
    add_blank(l);
}

static bool is_encrypted(const part *p)
{
    return strcmp(p->type, "multipart/encrypted") == 0 ||
           strcmp(p->type, "application/pkcs7-mime") == 0 ||
           strcmp(p->type, "application/x-pkcs7-mime") == 0;
}

static void add_body(lay_out *l)
{
    const part *root = mime_message_structure(l->m);
    g_autoptr(GPtrArray) parts = mime_message_shown(l->m, l->layout->body == BODY_HTML);
    for (guint i = 0; i < parts->len; i++) {
        const part *p = g_ptr_array_index(parts, i);
        if (p->parts->len > 0) {
            add_inner_message(l, p);
            continue;
        }
        if (i > 0 || p->name)
            add_separator(l, p);
        add_text_part(l, p);
    }
    if (is_encrypted(root))
        add_line(l, _("This message is encrypted; it cannot be read here."), STYLE_NOTE);
    else if (parts->len == 0)
        add_line(l, _("This message has no text."), STYLE_NOTE);
}

/* ---- attachments */

static bool is_embedded_picture(const part *p, const part *parent)
{
    return parent && strcmp(parent->type, "multipart/related") == 0 && p->content_id &&
           g_str_has_prefix(p->type, "image/") &&
           (!p->disposition || strcmp(p->disposition, "attachment") != 0);
}

typedef struct attachment_list {
    GHashTable *shown; /* set of const part * */
    GPtrArray *out;
} attachment_list;

/* What is read in its place is not listed, except whole messages, which are both.  Into messages
 * that are not read in their place nobody looks: they are one attachment. */
static void list(attachment_list *a, const part *p, const part *parent)
{
    bool in_place = g_hash_table_contains(a->shown, p);
    bool message = p->parts->len == 1 && g_str_has_prefix(p->type, "message/");
    bool wanted = part_is_attachment(p) && !is_embedded_picture(p, parent) &&
                  strcmp(p->type, "application/pgp-encrypted") != 0;
    if (wanted && (!in_place || message))
        g_ptr_array_add(a->out, (gpointer)p);
    if (message && !in_place)
        return;
    for (guint i = 0; i < p->parts->len; i++)
        list(a, g_ptr_array_index(p->parts, i), p);
}

GPtrArray *document_list_attachments(mime_message *m)
{
    g_autoptr(GHashTable) set = g_hash_table_new(NULL, NULL);
    g_autoptr(GPtrArray) shown = mime_message_shown(m, false);
    for (guint i = 0; i < shown->len; i++)
        g_hash_table_add(set, g_ptr_array_index(shown, i));
    attachment_list a = { set, g_ptr_array_new() };
    list(&a, mime_message_structure(m), NULL);
    return a.out;
}

/* What a file will have on a disk: base64 writes 57 bytes as a line of 76 and its end. */
static guint64 decoded_size(const part *p)
{
    return p->encoding && strcmp(p->encoding, "base64") == 0
               ? p->size / 78 * 57 + p->size % 78 * 3 / 4
               : p->size;
}

/* What a person would call it; caller frees. */
static char *attachment_name(const lay_out *l, const part *p)
{
    if (p->name || p->description)
        return g_strdup(p->name ? p->name : p->description);
    g_autoptr(mail_summary) inner = mime_message_inner_summary(l->m, p->section);
    return g_strdup(inner && *inner->subject ? inner->subject : _("unnamed"));
}

static void add_attachments(lay_out *l)
{
    g_autoptr(GPtrArray) parts = document_list_attachments(l->m);
    if (parts->len == 0)
        return;
    add_blank(l);
    for (guint i = 0; i < parts->len; i++) {
        const part *p = g_ptr_array_index(parts, i);
        g_autofree char *size = text_size_short(decoded_size(p));
        g_autofree char *name = attachment_name(l, p);
        g_autofree char *text = g_strdup_printf("⎘ %u %s  %s  %s", i + 1, name, p->type, size);
        add_line(l, text, STYLE_ATTACHMENT);
    }
}

static void add_notes(lay_out *l)
{
    if (l->notes->len > 0)
        add_blank(l);
    for (guint i = 0; i < l->notes->len; i++)
        add_line(l, g_ptr_array_index(l->notes, i), STYLE_NOTE);
}

/* The message as it came, in characters that can be shown. */
static void add_source(lay_out *l, GBytes *raw)
{
    gsize nbytes, n;
    const char *bytes = g_bytes_get_data(raw, &nbytes);
    g_autofree char *text =
        charset_to_utf8(bytes ? bytes : "", MIN(nbytes, LIMIT_SHOWN_TEXT), NULL, &n, NULL);
    g_autofree char *clean = text_sanitise_body(text, (gssize)n);
    wrap_settings settings = { .ncols = l->ncols };
    text_wrap_body(l->lines, clean, strlen(clean), &settings);
    if (nbytes > LIMIT_SHOWN_TEXT)
        note(l, g_strdup(_("The source is longer than what is shown.")));
}

GPtrArray *document_lay_out(mime_message *m, GBytes *raw, const document_layout *layout)
{
    lay_out l = { .m = m,
                  .layout = layout,
                  .ncols = MAX(layout->ncols, COLUMNS_MIN),
                  .lines = styled_lines_new(),
                  .notes = g_ptr_array_new_with_free_func(g_free) };
    if (layout->body == BODY_SOURCE) {
        add_source(&l, raw);
    } else {
        if (layout->headers != HEADERS_NONE) {
            g_autoptr(mail_summary) s = mime_message_summary(m);
            g_autoptr(GPtrArray) fields = mime_message_fields(m);
            add_headers(&l, fields, s);
        }
        add_body(&l);
        if (layout->attachments)
            add_attachments(&l);
    }
    add_notes(&l);
    g_ptr_array_unref(l.notes);
    return l.lines;
}
