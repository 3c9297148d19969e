/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mime/message.h"

#include "base/limits.h"
#include "mime/header.h"
#include "unit/runner.h"

#include <string.h>

/* "section type[...]" of a tree. */
static void describe(GString *out, const part *p)
{
    g_string_append_printf(out, "%s%s %s", out->len > 0 && out->str[out->len - 1] != '(' ? " " : "",
                           *p->section ? p->section : "-", p->type);
    if (p->parts->len == 0)
        return;
    g_string_append(out, "(");
    for (guint i = 0; i < p->parts->len; i++)
        describe(out, g_ptr_array_index(p->parts, i));
    g_string_append(out, ")");
}

static mime_message *message_n(const char *raw, gsize nbytes)
{
    g_autoptr(GBytes) bytes = g_bytes_new(raw, nbytes);
    return mime_message_new(bytes);
}

static mime_message *message(const char *raw)
{
    return message_n(raw, strlen(raw));
}

#define MIXED "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
#define HTML "Content-Type: text/html\r\n\r\n<b>h</b>"

START_TEST(structure_is_numbered_as_imap_does)
{
    static const struct {
        const char *raw, *expected;
    } rows[] = {
        { "Subject: a\r\n\r\nbody", "1 text/plain" },
        { "", "1 text/plain" },
        { "Subject: a\r\n", "1 text/plain" },
        { "\r\n", "1 text/plain" },
        { "Content-Type: TEXT/HTML; charset=x\r\n\r\n", "1 text/html" },
        { "Content-Type: text\r\n\r\n", "1 text/plain" },
        { "Content-Type: application\r\n\r\n", "1 application/octet-stream" },
        { MIXED "preamble\r\n--b\r\n\r\none\r\n--b\r\n" HTML
                "\r\n--b--\r\nepilogue\r\n--b\r\n\r\nno\r\n",
          "- multipart/mixed(1 text/plain 2 text/html)" },
        /* no closing delimiter; blanks behind one; a longer line is none */
        { MIXED "--b  \r\n\r\none\r\n--bb\r\n--b \r\n\r\ntwo",
          "- multipart/mixed(1 text/plain 2 text/plain)" },
        { MIXED "--b\n\none\n--b--", "- multipart/mixed(1 text/plain)" },
        { "Content-Type: multipart/mixed; boundary=b\r\r--b\r\rone\r--b\r\rtwo\r--b--\r",
          "- multipart/mixed(1 text/plain 2 text/plain)" },
        /* a header that the next delimiter ends */
        { MIXED "--b\r\nContent-Type: text/html\r\n--b\r\n\r\nx\r\n--b--",
          "- multipart/mixed(1 text/html 2 text/plain)" },
        { MIXED "--b\r\nContent-Type: multipart/alternative; "
                "boundary=c\r\n\r\n--c\r\n\r\n1\r\n--c\r\n" HTML
                "\r\n--c--\r\n--b\r\n\r\n2\r\n--b--",
          "- multipart/mixed(1 multipart/alternative(1.1 text/plain 1.2 text/html) 2 text/plain)" },
        /* the inner one is not closed: the outer delimiter ends both */
        { MIXED "--b\r\nContent-Type: multipart/alternative; "
                "boundary=c\r\n\r\n--c\r\n\r\n1\r\n--b\r\n\r\n2\r\n--b--",
          "- multipart/mixed(1 multipart/alternative(1.1 text/plain) 2 text/plain)" },
        { MIXED "no delimiter", "- multipart/mixed" },
        { "Content-Type: multipart/mixed\r\n\r\n--b\r\n\r\nx", "1 multipart/mixed" },
        /* RFC 3501 section 6.4.5 */
        { MIXED "--b\r\n\r\n1\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: "
                "in\r\n\r\nx\r\n--b--",
          "- multipart/mixed(1 text/plain 2 message/rfc822(2.1 text/plain))" },
        { MIXED "--b\r\nContent-Type: message/rfc822\r\n\r\nContent-Type: multipart/mixed; "
                "boundary=c\r\n\r\n"
                "--c\r\n\r\n1\r\n--c\r\n\r\n2\r\n--c--\r\n--b--",
          "- multipart/mixed(1 message/rfc822(1.TEXT multipart/mixed(1.1 text/plain 1.2 "
          "text/plain)))" },
        { "Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nx",
          "1 message/rfc822(1.1 text/plain)" },
        { "Content-Type: message/rfc822\r\n\r\n\r\nSubject: in\r\n\r\nx",
          "1 message/rfc822(1.1 text/plain)" },
        /* "Content-Type: text/html\n\nx" in base64, although nobody should */
        { MIXED "--b\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                "Q29udGVudC1UeXBlOiB0ZXh0L2h0bWwKCng=\r\n--b\r\n\r\nx",
          "- multipart/mixed(1 message/rfc822(1.1 text/html) 2 text/plain)" },
        { "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n",
          "1 message/rfc822(1.1 text/plain)" },
        { "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nSubject: "
          "in\r\n\r\nx\r\n--b--",
          "- multipart/digest(1 message/rfc822(1.1 text/plain))" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(mime_message) m = message(rows[i].raw);
        g_autoptr(GString) found = g_string_new(NULL);
        describe(found, mime_message_structure(m));
        ck_assert_str_eq(found->str, rows[i].expected);
    }
}
END_TEST

static void check_bytes(mime_message *m, const char *section, const char *expected)
{
    g_autoptr(GBytes) bytes = mime_message_part_bytes(m, section);
    ck_assert_ptr_nonnull(bytes);
    gsize n;
    const char *data = g_bytes_get_data(bytes, &n);
    ck_assert_uint_eq(n, strlen(expected));
    ck_assert_mem_eq(data ? data : "", expected, n);
}

START_TEST(parts_have_their_bytes)
{
    g_autoptr(mime_message) m = message(
        MIXED
        "--b\r\n\r\none\r\n\r\n--b\r\nContent-Transfer-Encoding: BASE64\r\nContent-Type: "
        "image/png; "
        "name=p.png\r\nContent-Disposition: attachment; filename=\"q.png\"\r\nContent-ID: <i@d>\r\n"
        "Content-Description: "
        "=?utf-8?q?=C3=BC?=\r\n\r\nAQID\r\nBAU=\r\n--b\r\nContent-Transfer-Encoding: "
        "quoted-printable\r\n\r\na=\r\nb=3D=C3=BC\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nA: "
        "1\r\n\r\nx\r\n--b--\r\n");
    check_bytes(m, "1", "one\r\n");
    check_bytes(m, "2", "\1\2\3\4\5");
    check_bytes(m, "3", "ab=\xc3\xbc");
    check_bytes(m, "4", "A: 1\r\n\r\nx");
    check_bytes(m, "4.1", "x");
    ck_assert_ptr_null(mime_message_part_bytes(m, "5"));
    ck_assert_ptr_null(mime_message_part_bytes(m, "TEXT"));
    const part *p = part_find(mime_message_structure(m), "2");
    ck_assert_str_eq(p->name, "q.png");
    ck_assert_str_eq(p->encoding, "base64");
    ck_assert_str_eq(p->disposition, "attachment");
    ck_assert_str_eq(p->content_id, "i@d");
    ck_assert_str_eq(p->description, "ü");
    ck_assert_uint_eq(p->size, strlen("AQID\r\nBAU="));
    ck_assert_uint_eq(part_find(mime_message_structure(m), "1")->size, strlen("one\r\n"));
    ck_assert_uint_eq(part_find(mime_message_structure(m), "4")->size, strlen("A: 1\r\n\r\nx"));
    g_autoptr(mail_summary) s = mime_message_summary(m);
    ck_assert(s->has_attachment);
}
END_TEST

START_TEST(encoded_messages_are_looked_into)
{
    g_autoptr(mime_message) m =
        message("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
                "U3ViamVjdDogaW5uZXIKCng=\n");
    check_bytes(m, "1", "Subject: inner\n\nx");
    check_bytes(m, "1.1", "x");
    g_autoptr(mail_summary) s = mime_message_inner_summary(m, "1");
    ck_assert_str_eq(s->subject, "inner");
}
END_TEST

START_TEST(text_is_utf8_with_line_feeds)
{
    static const struct {
        const char *raw, *text;
        bool guessed;
    } rows[] = {
        { "Content-Type: text/plain; charset=utf-8\n\na\r\nb\rc\n", "a\nb\nc\n", false },
        { "Content-Type: text/plain; charset=iso-8859-1\n\n\xfc", "ü", false },
        { "Content-Type: text/plain; charset=utf-8\n\n\xfc", "ü", true },
        { "\n\xc3\xbc", "ü", true },
        { "Content-Type: text/html\n\n<meta charset=\"iso-8859-2\">\xb1",
          "<meta charset=\"iso-8859-2\">ą", false },
        { "Content-Type: text/html\n\n<META http-equiv=x content='text/html; charset=koi8-r'>\xc1",
          "<META http-equiv=x content='text/html; charset=koi8-r'>а", false },
        { "\n\033$BF|K\\\033(B", "日本", false },
        { "\n\xef\xbb\xbf"
          "a",
          "a", false },
        { "Content-Type: multipart/mixed; boundary=x\n\nshown", "shown", true },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        bool guessed = false;
        g_autoptr(mime_message) m = message(rows[i].raw);
        g_autofree char *text = mime_message_part_text(m, "", &guessed);
        ck_assert_str_eq(text, rows[i].text);
        for (const char *p = text; *p; p++) /* of ASCII it does not matter */
            if ((guchar)*p >= 128) {
                ck_assert_msg(guessed == rows[i].guessed, "%s", rows[i].raw);
                break;
            }
    }
    g_autoptr(mime_message) m = message_n("\na\0b", 4);
    g_autofree char *text = mime_message_part_text(m, "1", NULL);
    ck_assert_str_eq(text, "a\xef\xbf\xbd"
                           "b");
}
END_TEST

START_TEST(flowed_is_known)
{
    bool delsp;
    g_autoptr(mime_message) a = message("Content-Type: text/plain; format=Flowed; DelSp=yes\n\n");
    ck_assert(mime_message_part_flowed(a, "1", &delsp) && delsp);
    g_autoptr(mime_message) b = message("Content-Type: text/plain; format=flowed\n\n");
    ck_assert(mime_message_part_flowed(b, "1", &delsp) && !delsp);
    g_autoptr(mime_message) c = message("Content-Type: text/html; format=flowed\n\n");
    ck_assert(!mime_message_part_flowed(c, "1", &delsp) && !delsp);
}
END_TEST

static char *shown(const char *raw, bool prefer_html)
{
    g_autoptr(mime_message) m = message(raw);
    g_autoptr(GPtrArray) parts = mime_message_shown(m, prefer_html);
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < parts->len; i++)
        g_string_append_printf(out, "%s%s", i > 0 ? " " : "",
                               ((part *)g_ptr_array_index(parts, i))->section);
    return g_string_free(out, FALSE);
}

#define ALTERNATIVE "Content-Type: multipart/alternative; boundary=b\r\n\r\n"
#define OF(type) "--b\r\nContent-Type: " type "\r\n\r\n"

START_TEST(what_is_shown)
{
    static const struct {
        const char *raw, *plain, *html;
    } rows[] = {
        { "\r\nbody", "1", "1" },
        { ALTERNATIVE OF("text/plain") "p\r\n" OF("text/html") "h\r\n--b--", "1", "2" },
        { ALTERNATIVE OF("text/plain") " \r\n\r\n" OF("text/html") "h\r\n--b--", "2", "2" },
        { ALTERNATIVE OF("text/html") "h\r\n" OF("text/calendar") "c\r\n--b--", "1", "1" },
        { ALTERNATIVE OF("text/calendar") "c\r\n" OF("text/enriched") "e\r\n--b--", "2", "2" },
        { ALTERNATIVE OF("text/plain") "p\r\n" OF(
              "multipart/related; boundary=c") "--c\r\nContent-Type: "
                                               "text/html\r\n\r\nh\r\n--c\r\nContent-Type: "
                                               "image/png\r\n\r\ni\r\n--c--\r\n--b--",
          "1", "2.1" },
        { MIXED OF("text/plain") "p\r\n" OF("image/png") "i\r\n" OF("text/plain") "footer\r\n--b--",
          "1 3", "1 3" },
        { MIXED OF("text/plain") "p\r\n--b\r\nContent-Disposition: attachment\r\n\r\nx\r\n--b--",
          "1", "1" },
        { MIXED "--b\r\nContent-Disposition: attachment\r\n\r\nx\r\n--b--", "1", "1" },
        { "Content-Type: multipart/related; boundary=b; start=\"<r>\"\r\n\r\n" OF(
              "image/png") "i\r\n--b\r\nContent-ID: "
                           "<r>\r\nContent-Type: text/html\r\n\r\nh\r\n--b--",
          "2", "2" },
        { "Content-Type: multipart/signed; boundary=b\r\n\r\n" OF("text/plain") "p\r\n" OF(
              "application/pgp-signature") "s\r\n--b--",
          "1", "1" },
        { "Content-Type: multipart/encrypted; boundary=b\r\n\r\n" OF(
              "application/pgp-encrypted") "p\r\n" OF("application/octet-stream") "s\r\n--b--",
          "", "" },
        { "Content-Type: multipart/report; boundary=b\r\n\r\n" OF("text/plain") "p\r\n" OF(
              "message/delivery-status") "s\r\n" OF("message/rfc822") "A: b\r\n\r\nx\r\n--b--",
          "1 2 3 3.1", "1 2 3 3.1" },
        { MIXED "broken", "", "" },
        { "Content-Type: image/png\r\n\r\nx", "", "" },
        { "Content-Type: text/calendar\r\n\r\nx", "1", "1" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *plain = shown(rows[i].raw, false);
        g_autofree char *html = shown(rows[i].raw, true);
        ck_assert_msg(strcmp(plain, rows[i].plain) == 0 && strcmp(html, rows[i].html) == 0,
                      "%s: '%s' '%s'", rows[i].raw, plain, html);
    }
}
END_TEST

START_TEST(fields_are_decoded_in_order)
{
    g_autoptr(mime_message) m =
        message("X-B: =?utf-8?q?=C3=BC?=\r\nFrom: =?utf-8?q?=C3=BC?= <=?utf-8?q?a?=@b>\r\nX-A: "
                "1\r\n 2\r\n\r\nNo: 1");
    g_autoptr(GPtrArray) fields = mime_message_fields(m);
    static const char *const expected[] = {
        "X-B", "ü", "From", "ü <=?utf-8?q?a?=@b>", "X-A", "1 2"
    };
    ck_assert_uint_eq(fields->len, 3);
    for (guint i = 0; i < fields->len; i++) {
        const mime_field *f = g_ptr_array_index(fields, i);
        ck_assert_str_eq(f->name, expected[2 * i]);
        ck_assert_str_eq(f->value, expected[2 * i + 1]);
    }
}
END_TEST

START_TEST(preview_is_one_line)
{
    static const struct {
        const char *raw, *expected;
    } rows[] = {
        { "\n> quoted\n\nHello,\n  world and more", "Hello, world" },
        { "\n> only\n> quoted", "> only > quo" },
        { "Content-Type: text/html\n\n<style>x{}</style><p>Hi&amp;<b>you</b></p>", "Hi&you" },
        { "\n\n", "" },
        { "Content-Type: image/png\n\nx", "" },
        { "\nüüüüüüüüüüüüüü", "üüüüüüüüüüüü" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(mime_message) m = message(rows[i].raw);
        g_autofree char *text = mime_message_preview(m, 12);
        ck_assert_str_eq(text, rows[i].expected);
    }
}
END_TEST

static guint count(const part *p, guint depth, guint *deepest)
{
    guint n = 1;
    *deepest = MAX(*deepest, depth);
    for (guint i = 0; i < p->parts->len; i++)
        n += count(g_ptr_array_index(p->parts, i), depth + 1, deepest);
    return n;
}

static void check_limits(GString *raw)
{
    guint deepest = 0;
    g_autoptr(mime_message) m = message_n(raw->str, raw->len);
    guint n = count(mime_message_structure(m), 1, &deepest);
    ck_assert_uint_le(n, LIMIT_MIME_PARTS + 1);
    ck_assert_uint_le(deepest, LIMIT_MIME_DEPTH + 1);
    g_ptr_array_unref(mime_message_shown(m, false));
    g_free(mime_message_preview(m, 10));
}

START_TEST(limits_hold)
{
    g_autoptr(GString) nested = g_string_new(NULL);
    for (int i = 0; i < 3000; i++)
        g_string_append_printf(
            nested, "Content-Type: multipart/alternative; boundary=b%d\n\n--b%d\n", i, i);
    check_limits(nested);
    g_autoptr(GString) messages = g_string_new(NULL);
    for (int i = 0; i < 3000; i++)
        g_string_append(messages, "Content-Type: message/rfc822\n\n");
    check_limits(messages);
    g_autoptr(GString) parts = g_string_new("Content-Type: multipart/mixed; boundary=b\n\n");
    for (int i = 0; i < LIMIT_MIME_PARTS + 100; i++)
        g_string_append(parts, "--b\n\nx\n");
    check_limits(parts);
}
END_TEST

START_TEST(every_prefix_is_survived)
{
    static const char raw[] =
        MIXED "--b\r\nContent-Type: multipart/alternative; boundary=\"c d\"; x*0*=utf-8''%C3; "
              "x*1*=%BC\r\n\r\n--c "
              "d\r\n\r\n1\r\n--c d\r\n" HTML
              "\r\n--c d--\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nA: 1\r\n\r\nx\r\n"
              "--b\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD=\r\n--b--\r\n";
    for (gsize n = 0; n < sizeof raw; n++) {
        char *copy = g_memdup2(raw, n > 0 ? n : 1);
        g_autoptr(GBytes) bytes = g_bytes_new_take(copy, n);
        g_autoptr(mime_message) m = mime_message_new(bytes);
        g_ptr_array_unref(mime_message_shown(m, true));
        g_free(mime_message_preview(m, 10));
        g_autofree char *text = mime_message_part_text(m, "", NULL);
        ck_assert(g_utf8_validate(text, -1, NULL));
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("mime/message");
    TCase *all = tcase_create("all");
    mime_init();
    tcase_set_timeout(all, 60);
    tcase_add_test(all, structure_is_numbered_as_imap_does);
    tcase_add_test(all, parts_have_their_bytes);
    tcase_add_test(all, encoded_messages_are_looked_into);
    tcase_add_test(all, text_is_utf8_with_line_feeds);
    tcase_add_test(all, flowed_is_known);
    tcase_add_test(all, what_is_shown);
    tcase_add_test(all, fields_are_decoded_in_order);
    tcase_add_test(all, preview_is_one_line);
    tcase_add_test(all, limits_hold);
    tcase_add_test(all, every_prefix_is_survived);
    suite_add_tcase(suite, all);
    return suite;
}
