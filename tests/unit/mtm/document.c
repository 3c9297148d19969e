/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mtm/document.h"

#include "base/clock.h"
#include "mime/render.h"
#include "text/cells.h"
#include "text/sanitise.h"
#include "unit/runner.h"

#include <stdlib.h>
#include <string.h>

static document *sample(const char *name)
{
    g_autofree char *path = g_build_filename(SRCDIR, "tests/mail", name, NULL);
    char *data;
    gsize nbytes;
    ck_assert(g_file_get_contents(path, &data, &nbytes, NULL));
    g_autoptr(GBytes) raw = g_bytes_new_take(data, nbytes);
    return document_new(raw);
}

static document *of(const char *raw)
{
    g_autoptr(GBytes) bytes = g_bytes_new(raw, strlen(raw));
    return document_new(bytes);
}

static char *text(document *d, const document_layout *layout)
{
    const GPtrArray *lines = document_lines(d, layout);
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < lines->len; i++) {
        const styled_line *line = g_ptr_array_index(lines, i);
        ck_assert_int_le(text_columns(line->text, -1), (int)MAX(layout->ncols, 20));
        ck_assert(text_is_clean_line(line->text, strlen(line->text)));
        g_string_append_printf(out, "%s\n", line->text);
    }
    return g_string_free(out, FALSE);
}

static const document_layout usual = { 72, HEADERS_WEEDED, BODY_BEST, true };

/* Of the first run of the first line that starts so; -1 none. */
static int style_at(document *d, const char *start)
{
    const GPtrArray *lines = document_lines(d, &usual);
    for (guint i = 0; i < lines->len; i++) {
        const styled_line *line = g_ptr_array_index(lines, i);
        if (g_str_has_prefix(line->text, start))
            return line->runs ? (int)g_array_index(line->runs, styled_run, 0).style
                              : (int)STYLE_PLAIN;
    }
    return -1;
}

START_TEST(a_message_of_parts)
{
    g_autoptr(document) d = sample("quotes-and-parts.eml");
    g_autofree char *found = text(d, &usual);
    ck_assert_str_eq(found,
                     "From:     Ada Lövelace <ada@example.org>\n"
                     "Reply-To: Replies <replies@example.org>\n"
                     "To:       Charles Babbage <cb@example.net>, \"Menabrea, Luigi\"\n"
                     "          <luigi@example.it>\n"
                     "Date:     Sun 22 Nov 2026 10:02 +0000 (12 minutes ago)\n"
                     "Subject:  Notes on the analytical engine\n"
                     "\n"
                     "I have put the table of operations into the attachment. See also the\n"
                     "engine page https://example.org/engine and my earlier remarks:\n"
                     "\n"
                     "> We may say most aptly that the Analytical Engine weaves algebraical\n"
                     "> patterns.\n"
                     "\n"
                     "-- \n"
                     "Ada\n"
                     "\n"
                     "── Message inside\n"
                     "\n"
                     "From:     Luigi <luigi@example.it>\n"
                     "Date:     Sat 21 Nov 2026 09:00 +0100 (1 day ago)\n"
                     "Subject:  Sketch\n"
                     "\n"
                     "The inner text.\n"
                     "\n"
                     "── list.txt  text/plain  16\n"
                     "\n"
                     "footer of a list\n"
                     "\n"
                     "⎘ 1 note-g.pdf  application/pdf  21\n"
                     "⎘ 2 Sketch  message/rfc822  101\n");
    ck_assert_int_eq(style_at(d, "From:"), STYLE_HEADER_NAME);
    ck_assert_int_eq(style_at(d, "> We"), STYLE_QUOTE);
    ck_assert_int_eq(style_at(d, "-- "), STYLE_SIGNATURE);
    ck_assert_int_eq(style_at(d, "⎘ 1"), STYLE_ATTACHMENT);
    ck_assert_int_eq(style_at(d, "── Message"), STYLE_NOTE);
    ck_assert_str_eq(document_summary(d)->subject, "Notes on the analytical engine");
    ck_assert(document_summary(d)->has_attachment);
    g_autoptr(GPtrArray) attachments = document_attachments(d);
    ck_assert_uint_eq(attachments->len, 2);
    g_autoptr(GBytes) pdf =
        document_part_bytes(d, ((part *)g_ptr_array_index(attachments, 0))->section);
    ck_assert_uint_eq(g_bytes_get_size(pdf), 20);
}
END_TEST

START_TEST(html_is_laid_out)
{
    g_autoptr(document) d = sample("html-only.eml");
    document_layout layout = { 80, HEADERS_NONE, BODY_BEST, true };
    g_autofree char *found = text(d, &layout);
    ck_assert_str_eq(
        found, "Thank you\n"
               "\n"
               "We send two things to you [1].\n"
               "\n"
               "Thing  Price\n"
               "─────  ─────\n"
               "Café   2.50\n"
               "\n"
               "[Logo]\n"
               "\n"
               "[1] https://example.com/orders/1\n"
               "\n"
               "HTML part shown as text · 1 link · 1 remote picture not loaded · 1 tracker · 1\n"
               "hidden text\n");
}
END_TEST

START_TEST(html_without_the_program)
{
    g_autofree char *path = g_strdup(g_getenv("CURSUS_RENDER"));
    mime_render_stop(); /* one that an earlier test started would go on */
    g_setenv("CURSUS_RENDER", "/nowhere/cursus-render", TRUE);
    g_autoptr(document) d = sample("html-only.eml");
    g_autofree char *found = text(d, &usual);
    g_setenv("CURSUS_RENDER", path, TRUE);
    ck_assert_ptr_nonnull(strstr(found, "We send two things to you."));
    ck_assert_ptr_nonnull(strstr(found, "HTML part shown with its tags cut"));
}
END_TEST

START_TEST(odd_messages_are_shown)
{
    static const struct {
        const char *name, *has;
    } rows[] = {
        { "broken.eml", "text that stands in no part\n" },
        { "broken.eml", "a <a@b>\n" },
        { "encrypted.eml", "This message is encrypted; it cannot be read here.\n" },
        { "header-only.eml", "Subject:  header only\n" },
        { "empty.eml", "" },
        { "carriage-returns.eml", "\none\ntwo\n" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(document) d = sample(rows[i].name);
        g_autofree char *found = text(d, &usual);
        ck_assert_msg(strstr(found, rows[i].has) != NULL, "%s: %s", rows[i].name, found);
    }
}
END_TEST

START_TEST(nothing_foreign_reaches_a_cell)
{
    g_autoptr(document) d =
        of("Subject: =?utf-8?q?=1B[31m=C2=9Bred=E2=80=AE?=\r\nFrom: =?utf-8?q?=1B]0;t=07?= "
           "<a@b\x1b[1m>\r\nX-\x1b[2m: y\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
           "--b\r\n\r\ntext \x1b[31m \x9b \x07\r\n--b\r\nContent-Type: image/\x1b[3m; "
           "name=\"\x1b]0;x\x07\xe2\x80\xaegpj.exe\"\r\n\r\nx\r\n--b--\r\n");
    static const document_headers headers[] = { HEADERS_NONE, HEADERS_WEEDED, HEADERS_FULL };
    static const document_body bodies[] = { BODY_BEST, BODY_HTML, BODY_PLAIN, BODY_SOURCE };
    for (gsize h = 0; h < G_N_ELEMENTS(headers); h++)
        for (gsize b = 0; b < G_N_ELEMENTS(bodies); b++)
            for (guint ncols = 1; ncols < 200; ncols += 23) {
                document_layout layout = { ncols, headers[h], bodies[b], true };
                g_autofree char *found = text(d, &layout); /* checks every line */
                ck_assert_ptr_null(strchr(found, '\x1b'));
            }
}
END_TEST

START_TEST(words_of_a_message_are_no_notes)
{
    g_autoptr(document) d = of("\r\n── Message inside\r\n⎘ 1 fake\r\n");
    ck_assert_int_eq(style_at(d, "── Message"), STYLE_PLAIN);
    ck_assert_int_eq(style_at(d, "⎘ 1"), STYLE_PLAIN);
}
END_TEST

START_TEST(header_lines)
{
    g_autoptr(document) d = of("X: =?utf-8?q?=C3=BC?=\r\nSubject: s\r\nfrom: a@b\r\nFrom: "
                               "second@b\r\nReply-To: a@b\r\n\r\n");
    g_autoptr(GPtrArray) weeded = document_header_lines(d, HEADERS_WEEDED);
    ck_assert_uint_eq(weeded->len, 2);
    ck_assert_str_eq(g_ptr_array_index(weeded, 0), "From: a@b");
    ck_assert_str_eq(g_ptr_array_index(weeded, 1), "Subject: s");
    g_autoptr(GPtrArray) full = document_header_lines(d, HEADERS_FULL);
    ck_assert_uint_eq(full->len, 5);
    ck_assert_str_eq(g_ptr_array_index(full, 0), "X: ü");
    g_autoptr(GPtrArray) none = document_header_lines(d, HEADERS_NONE);
    ck_assert_uint_eq(none->len, 0);
}
END_TEST

START_TEST(lines_are_kept_for_a_layout)
{
    g_autoptr(document) d = of("\r\none two three four five six seven\r\n");
    document_layout wide = { 80, HEADERS_NONE, BODY_BEST, false },
                    narrow = { 20, HEADERS_NONE, BODY_BEST, false };
    const GPtrArray *first = document_lines(d, &wide);
    ck_assert_ptr_eq(first, document_lines(d, &wide));
    ck_assert_uint_eq(first->len, 1);
    ck_assert_uint_eq(document_lines(d, &narrow)->len, 2);
    document *again = document_ref(d);
    document_unref(again);
    ck_assert_uint_eq(document_lines(d, &wide)->len, 1);
}
END_TEST

START_TEST(the_source_is_the_message)
{
    g_autoptr(document) d = of("Subject: =?utf-8?q?a?=\r\n\r\nbody\r\n");
    document_layout layout = { 80, HEADERS_WEEDED, BODY_SOURCE, true };
    g_autofree char *found = text(d, &layout);
    ck_assert_str_eq(found, "Subject: =?utf-8?q?a?=\n\nbody\n");
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("mtm/document");
    TCase *all = tcase_create("all");
    g_setenv("CURSUS_RENDER", BUILDDIR "/cursus-render", TRUE);
    clock_fake_s(1795342440);
    document_init();
    tcase_set_timeout(all, 60);
    tcase_add_test(all, a_message_of_parts);
    tcase_add_test(all, html_is_laid_out);
    tcase_add_test(all, html_without_the_program);
    tcase_add_test(all, odd_messages_are_shown);
    tcase_add_test(all, nothing_foreign_reaches_a_cell);
    tcase_add_test(all, words_of_a_message_are_no_notes);
    tcase_add_test(all, header_lines);
    tcase_add_test(all, lines_are_kept_for_a_layout);
    tcase_add_test(all, the_source_is_the_message);
    suite_add_tcase(suite, all);
    return suite;
}
