/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mime/header.h"

#include "base/limits.h"
#include "unit/runner.h"

#include <string.h>

/* A summary of a heap copy of exactly this size. */
static mail_summary *summary_n(const char *block, gsize nbytes)
{
    char *copy = g_memdup2(nbytes > 0 ? block : "x", MAX(nbytes, 1));
    mail_summary *s = mail_summary_new();
    mime_header_summary(copy, nbytes, s);
    g_free(copy);
    return s;
}

static mail_summary *summary(const char *block)
{
    return summary_n(block, strlen(block));
}

START_TEST(subject_is_decoded)
{
    static const struct {
        const char *raw, *expected;
    } rows[] = {
        { "plain text", "plain text" },
        { "", "" },
        { "=?utf-8?Q?J=C3=BCrgen_M=C3=BCller?=", "Jürgen Müller" },
        { "=?UTF-8?B?SsO8cmdlbg==?=", "Jürgen" },
        { "=?iso-8859-1?q?Fran=E7ois?= writes", "François writes" },
        { "Re: =?utf-8?q?a?= =?utf-8?q?b?= c", "Re: ab c" },
        { "=?utf-8?q?a?=\r\n =?utf-8?q?b?=", "ab" },
        { "=?utf-8?q?a?=x=?utf-8?q?b?=", "axb" },
        { "=?utf-8?q?a_b?=", "a b" },
        { "=?utf-8?q?a b?=", "a b" },
        { "=?utf-8*de?q?Gr=C3=BC=C3=9Fe?=", "Grüße" },
        /* one character in two words, by bytes and by base64 quanta */
        { "=?utf-8?Q?=E6=97?= =?utf-8?Q?=A5=E6=9C=AC?=", "日本" },
        { "=?utf-8?B?5pel5p?= =?utf-8?B?ys?=", "日本" },
        { "=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本" },
        { "=?iso-2022-jp?B?GyRCRnw=?= =?iso-2022-jp?B?S1wbKEI=?=", "日本" },
        { "\033$BF|K\\\033(B", "日本" },
        { "=?ks_c_5601-1987?B?x9GxuQ==?=", "한국" },
        { "=?windows-1252?q?=80?=", "€" },
        { "=?iso-8859-1?q?=80?=", "€" },
        { "=?no-such-charset?q?abc?=", "abc" },
        { "raw \xc3\xbc", "raw ü" },
        { "raw \xfc", "raw ü" },
        { "=?utf-8?q?=?=", "=" },
        { "=?utf-8?q?a=?=", "a=" },
        { "=?utf-8?q?unclosed", "=?utf-8?q?unclosed" },
        { "=?utf-8?q?unclosed =?utf-8?q?b?=", "=?utf-8?q?unclosed b" },
        { "=?utf-8?x?abc?=", "=?utf-8?x?abc?=" },
        { "=?"
          "?q?abc?=",
          "=?"
          "?q?abc?=" },
        { "=?utf-8?q?"
          "?=",
          "" },
        { "=?utf-8?q?two=0D=0Alines?=", "two  lines" },
        { "=?utf-8?q?nul=00byte?=", "nul\xef\xbf\xbd"
                                    "byte" },
        { "a\r\n\tb\r\n  c", "a b c" },
        { "a =?", "a =?" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *block = g_strdup_printf("Subject: %s\r\n\r\n", rows[i].raw);
        g_autoptr(mail_summary) s = summary(block);
        ck_assert_str_eq(s->subject, rows[i].expected);
        g_autofree char *again = mime_header_decode(rows[i].raw);
        ck_assert_str_eq(again, rows[i].expected);
    }
}
END_TEST

/* "name|mailbox, ..." */
static char *joined(const GPtrArray *list)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < list->len; i++) {
        const address *a = g_ptr_array_index(list, i);
        g_string_append_printf(out, "%s%s|%s", i > 0 ? ", " : "", a->name ? a->name : "",
                               a->mailbox);
    }
    return g_string_free(out, FALSE);
}

START_TEST(addresses_are_read)
{
    static const struct {
        const char *raw, *expected;
    } rows[] = {
        { "ada@example.org", "|ada@example.org" },
        { "<ada@example.org>", "|ada@example.org" },
        { "Ada <ada@example.org>", "Ada|ada@example.org" },
        { "\"Lovelace, Ada\" <ada@example.org>", "Lovelace, Ada|ada@example.org" },
        { "\"a \\\"b\\\" c\" <a@b>", "a \"b\" c|a@b" },
        { "a@b, c@d", "|a@b, |c@d" },
        { "a@b; c@d;", "|a@b, |c@d" },
        { "a@b,,, c@d,", "|a@b, |c@d" },
        { "ada@example.org (Ada Lovelace)", "Ada Lovelace|ada@example.org" },
        { "<a@b> (Ada)", "Ada|a@b" },
        { "ada@(at)example(dot).org", "dot|ada@example.org" },
        { "ada @ example . org", "|ada@example.org" },
        { "Ada ada@example.org", "Ada|ada@example.org" },
        { "ada@example.org Ada", "Ada|ada@example.org" },
        { "\"Ada L\" ada@example.org", "Ada L|ada@example.org" },
        { "\"ada l\"@example.org", "|\"ada l\"@example.org" },
        { "<@relay,@other:ada@example.org>", "|ada@example.org" },
        { "<mailto:a@b>", "|a@b" },
        { "Ada <a@b", "Ada|a@b" },
        { "<Ada> <a@b>", "Ada|a@b" },
        { "Ada <<a@b>>", "Ada|a@b" },
        { "undisclosed-recipients:;", "undisclosed-recipients|" },
        { "friends: a@b, C <c@d>;, e@f", "|a@b, C|c@d, |e@f" },
        { "a@[IPv6:::1]", "|a@[IPv6:::1]" },
        { "root", "|root" },
        { "Cron Daemon", "Cron Daemon|" },
        { "\"quoted only\"", "quoted only|" },
        { "(comment only)", "comment only|" },
        { "<>", "" },
        { "", "" },
        { "=?utf-8?Q?J=C3=BCrgen?= <j@x>", "Jürgen|j@x" },
        { "\"=?utf-8?Q?J=C3=BCrgen?=\" <j@x>", "Jürgen|j@x" },
        { "J\xc3\xbcrgen <j@x>", "Jürgen|j@x" },
        { "J\xfcrgen <j@x>", "Jürgen|j@x" },
        { "jürgen@exämple.org", "|jürgen@exämple.org" },
        /* an addr-spec is never decoded, and a decoded name is never an addr-spec */
        { "<=?utf-8?Q?root=40bank.example=00?=@evil.example>",
          "|=?utf-8?Q?root=40bank.example=00?=@evil.example" },
        { "=?utf-8?Q?a=40bank.example?= <x@evil.example>", "a@bank.example|x@evil.example" },
        { "=?utf-8?Q?Ada_<a=40b>?=", "Ada <a@b>|" },
        { "=?utf-8?Q?Lovelace,_Ada?= <a@b>", "Lovelace, Ada|a@b" },
        { "=?utf-8?Q?a=40b?=", "a@b|" },
        { "\"a@b\"", "a@b|" },
        { "(unclosed a@b", "unclosed a@b|" },
        { "\"unclosed <a@b>", "unclosed <a@b>|" },
        { "a\r\n <a@b>", "a|a@b" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *block = g_strdup_printf("From: %s\r\nTo: z@z\r\n", rows[i].raw);
        g_autoptr(mail_summary) s = summary(block);
        g_autofree char *found = joined(s->from);
        ck_assert_str_eq(found, rows[i].expected);
        ck_assert_uint_eq(s->to->len, 1);
    }
}
END_TEST

START_TEST(dates_are_read)
{
    static const struct {
        const char *raw;
        gint64 date_s;
        int offset_min;
    } rows[] = {
        { "Sun, 22 Nov 2026 10:02:31 +0100", 1795338151, 60 },
        { "22 Nov 2026 10:02:31 +0100", 1795338151, 60 },
        { "Sun, 22 Nov 2026 10:02:31 +0100 (CET)", 1795338151, 60 },
        { "Sun,22 Nov 2026 10:02:31+0100", 1795338151, 60 },
        { "Sun, 22 Nov 2026 09:02:31 GMT", 1795338151, 0 },
        { "Sun, 22 Nov 2026 04:02:31 EST", 1795338151, -300 },
        { "Sun, 22 Nov 2026 04:02:31 -05:00", 1795338151, -300 },
        { "Sun Nov 22 09:02:31 2026", 1795338151, 0 },
        { "2026-11-22T09:02:31Z", 1795338151, 0 },
        { "2026-11-22 10:02:31 +0100", 1795338151, 60 },
        { "Sunday, November 22, 2026 9:02:31 AM", 1795338151, 0 },
        { "22 Nov 2026 9:02:31 PM", 1795381351, 0 },
        { "22 Nov 2026 12:02:31 AM", 1795305751, 0 },
        { "22 Nov 26 09:02:31 GMT", 1795338151, 0 },
        { "22 Nov 99 09:02:31 GMT", 943261351, 0 },
        { "22 Nov 126 09:02:31 GMT", 1795338151, 0 },
        { "Sun, (a (b) c) 22 Nov (x) 2026 09:02:31", 1795338151, 0 },
        { "Sun, 22 Nov 2026 09:02 GMT", 1795338120, 0 },
        { "Sun, 22 Nov 2026 09:02:31.123 GMT", 1795338151, 0 },
        { "Sun, 22 Nov 2026 09.02.31 GMT", 1795338151, 0 },
        { "Sun, 22 Nov 2026 09:02:31 +9999", 1795338151, 0 },
        { "Sun, 22 Nov 2026", 1795305600, 0 },
        { "Sun, 22 Nov 2026 99:99:99", 1795305600, 0 },
        { "29 Feb 2024 00:00:00 +0000", 1709164800, 0 },
        { "29 Feb 2023 00:00:00 +0000", 0, 0 },
        { "1 Jan 9999 00:00:00 +0000", 253370764800, 0 },
        { "1 Jan 0000 00:00:00 +0000", 0, 0 },
        { "1 Jan 99999999999999 00:00:00", 0, 0 },
        { "30 Feb", 0, 0 },
        { "", 0, 0 },
        { "yesterday", 0, 0 },
        { "(((", 0, 0 },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *block = g_strdup_printf("Date: %s\n", rows[i].raw);
        g_autoptr(mail_summary) s = summary(block);
        ck_assert_msg(s->date_s == rows[i].date_s && s->date_offset_min == rows[i].offset_min,
                      "%s: %" G_GINT64_FORMAT " %d", rows[i].raw, s->date_s, s->date_offset_min);
    }
}
END_TEST

START_TEST(ids_are_found)
{
    static const struct {
        const char *block, *id, *references;
    } rows[] = {
        { "Message-ID: <a@b>\n", "a@b", "" },
        { "Message-Id: a@b\n", "a@b", "" },
        { "Message-ID: < a@ b>\n", "a@b", "" },
        { "Message-ID: <a@b\n", "a@b", "" },
        { "Message-ID: 12345\n", "12345", "" },
        { "Message-ID: (none)\n", "(none)", "" },
        { "Message-ID:\n", NULL, "" },
        { "Message-ID: <>\n", NULL, "" },
        { "References: <a@b> <c@d>\n", NULL, "a@b c@d" },
        { "References: <a@b><c@d>\r\n\t<e@f>\r\n", NULL, "a@b c@d e@f" },
        { "References: a@b c@d\n", NULL, "a@b c@d" },
        { "References: <a@b> (comment <x@y>) <c@d>\n", NULL, "a@b c@d" },
        { "References: <a@b>\nIn-Reply-To: <c@d>\n", NULL, "a@b" },
        { "In-Reply-To: <yes>\n", NULL, "" },
        { "In-Reply-To: <a@b>\nReferences: <a@b> <c@d>\n", NULL, "a@b c@d" },
        { "In-Reply-To: Message from Ada <ada@x> of \"Mon\" <c@d>\n", NULL, "c@d" },
        { "In-Reply-To: <c@d> from Ada <ada@x>\n", NULL, "c@d" },
        { "In-Reply-To: Your message of Monday\n", NULL, "" },
        { "References: <\xfc@b>\n", NULL, "ü@b" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(mail_summary) s = summary(rows[i].block);
        g_autofree char *references = g_strjoinv(" ", s->references);
        ck_assert_pstr_eq(s->message_id, rows[i].id);
        ck_assert_msg(strcmp(references, rows[i].references) == 0, "%s: %s", rows[i].block,
                      references);
    }
}
END_TEST

START_TEST(last_references_are_kept)
{
    g_autoptr(GString) block = g_string_new("References:");
    for (int i = 0; i < LIMIT_REFERENCES + 50; i++)
        g_string_append_printf(block, "\r\n <%d@x>", i);
    g_string_append(block, "\r\n");
    g_autoptr(mail_summary) s = summary(block->str);
    ck_assert_uint_eq(g_strv_length(s->references), LIMIT_REFERENCES);
    ck_assert_str_eq(s->references[0], "50@x");
}
END_TEST

START_TEST(block_forms_are_accepted)
{
    static const struct {
        const char *block, *subject;
    } rows[] = {
        { "Subject: a\r\n\r\nSubject: body", "a" },
        { "Subject: a\n\nSubject: body", "a" },
        { "Subject: a\r\rSubject: body", "a" },
        { "Subject: a", "a" },
        { "Subject:a", "a" },
        { "SUBJECT : a\n", "a" },
        { "From ada Sun Nov 22 10:02:31 2026\nSubject: a\n", "a" },
        { ">From ada Sun Nov 22 10:02:31 2026\nSubject: a\n", "a" },
        { "rubbish\nSubject: a\n", "a" },
        { "   \nSubject: a\n", "a" },
        { "Subject: a\nSubject: b\n", "a" },
        { "X: y\n\nSubject: body\n", "" },
        { "Subject: a\n b\n\tc\nTo: d\n", "a b c" },
        { "Subject:\n a\n", "a" },
        { "", "" },
        { "\n", "" },
        { ":\n", "" },
        { "Subject", "" },
        { "Subjects: a\nSubject: b\n", "b" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(mail_summary) s = summary(rows[i].block);
        ck_assert_str_eq(s->subject, rows[i].subject);
    }
}
END_TEST

START_TEST(nul_and_cr_do_not_divide)
{
    static const char block[] = "Subject: a\0b\rBcc: c\r\nTo: d@e\r\n\r\n";
    g_autoptr(mail_summary) s = summary_n(block, sizeof block - 1);
    ck_assert_str_eq(s->subject, "a\xef\xbf\xbd"
                                 "b Bcc: c");
    ck_assert_uint_eq(s->to->len, 1);
}
END_TEST

START_TEST(every_prefix_is_survived)
{
    static const char block[] =
        "From x\r\nFrom: \"=?utf-8?Q?J=C3=BC?=\" (a (b)) <@r:j@x>, g: a@b;\r\nSubject: "
        "=?utf-8?B?5pel?=\r\n "
        "=?utf-8?B?5pys?=\r\nDate: Sun, 22 Nov 2026 10:02:31.5 +0100 (x)\r\nReferences: <a@b> (c) "
        "\"q\" "
        "<d@e>\r\nList-Id: x <l.x>\r\nContent-Type: multipart/mixed\r\n\r\n";
    for (gsize n = 0; n < sizeof block; n++) {
        g_autoptr(mail_summary) s = summary_n(block, n);
        ck_assert(g_utf8_validate(s->subject, -1, NULL));
        ck_assert_ptr_nonnull(s->references);
    }
}
END_TEST

START_TEST(other_fields)
{
    g_autoptr(mail_summary) s =
        summary("List-Id: The \"list\" <list.example.org>\nContent-Type: multipart/mixed\n"
                "Cc: a@b\n");
    ck_assert_str_eq(s->list_id, "list.example.org");
    ck_assert(s->has_attachment);
    ck_assert_uint_eq(s->cc->len, 1);
    static const struct {
        const char *type;
        bool attachment;
    } rows[] = { { "text/plain; charset=utf-8", false },
                 { "multipart/alternative", false },
                 { "multipart/signed", false },
                 { "MULTIPART/MIXED; boundary=x", true },
                 { "application/pdf", true },
                 { "image/png", true },
                 { "text", false },
                 { "", false } };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *block = g_strdup_printf("Content-Type: %s\n", rows[i].type);
        g_autoptr(mail_summary) t = summary(block);
        ck_assert_msg(t->has_attachment == rows[i].attachment, "%s", rows[i].type);
    }
}
END_TEST

START_TEST(one_field_and_the_length)
{
    static const char raw[] = "A: 1\r\nb:  2\r\n 3\r\n\r\nbody: 4\r\n";
    g_autofree char *a = mime_header_field(raw, sizeof raw - 1, "a");
    g_autofree char *b = mime_header_field(raw, sizeof raw - 1, "B");
    g_autofree char *c = mime_header_field(raw, sizeof raw - 1, "body");
    ck_assert_str_eq(a, "1");
    ck_assert_str_eq(b, "2 3");
    ck_assert_ptr_null(c);
    static const struct {
        const char *raw;
        gsize length;
    } rows[] = { { "A: 1\r\n\r\nx", 8 },
                 { "A: 1\n\nx", 6 },
                 { "A: 1\r\rx", 6 },
                 { "A: 1\n", 5 },
                 { "A: 1\nbroken\nTo: 2\n\nx", 19 },
                 { "A: 1\nbody\nnote: 2\n\nx", 5 },
                 { "broken\nTo: 1\n\n", 0 },
                 { "broken\nTo: 1\nCc: 2\n\nx", 20 },
                 { "\xef\xbb\xbf"
                   "A: 1\n\nx",
                   9 },
                 { "\nx", 1 },
                 { "", 0 },
                 { "no header here", 0 },
                 { "A: 1\nno field\n\n", 5 },
                 { "A: 1\n--b\n", 5 },
                 { "\r\nx", 2 },
                 { "From x\nA: 1\n\nx", 13 } };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        ck_assert_uint_eq(mime_header_length(rows[i].raw, strlen(rows[i].raw)), rows[i].length);
}
END_TEST

START_TEST(time_is_linear)
{
    static const char *const pieces[] = { "=?utf-8?q?",   "=?",    "<", "(",   "\"a", "a:",
                                          "a@b, ",        "<x@y>", "[", "\n ", "a ",  "<(from ",
                                          "=?a?b?YQ==?=b" };
    static const char *const fields[] = { "Subject", "From", "References", "Date" };
    for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
        for (gsize f = 0; f < G_N_ELEMENTS(fields); f++) {
            g_autoptr(GString) block = g_string_new(fields[f]);
            g_string_append(block, ": x@");
            while (block->len < LIMIT_HEADER_BLOCK / 2)
                g_string_append(block, pieces[i]);
            gint64 start_us = g_get_monotonic_time();
            g_autoptr(mail_summary) s = summary_n(block->str, block->len);
            ck_assert_uint_le(s->from->len, LIMIT_ADDRESSES);
            /* quadratic would be minutes */
            ck_assert_msg(g_get_monotonic_time() - start_us < 3000000, "%s %s", fields[f],
                          pieces[i]);
        }
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("mime/header");
    TCase *values = tcase_create("values");
    mime_init();
    tcase_set_timeout(values, 60);
    tcase_add_test(values, subject_is_decoded);
    tcase_add_test(values, addresses_are_read);
    tcase_add_test(values, dates_are_read);
    tcase_add_test(values, ids_are_found);
    tcase_add_test(values, last_references_are_kept);
    tcase_add_test(values, other_fields);
    suite_add_tcase(suite, values);
    TCase *block = tcase_create("block");
    tcase_set_timeout(block, 60);
    tcase_add_test(block, block_forms_are_accepted);
    tcase_add_test(block, nul_and_cr_do_not_divide);
    tcase_add_test(block, every_prefix_is_survived);
    tcase_add_test(block, one_field_and_the_length);
    tcase_add_test(block, time_is_linear);
    suite_add_tcase(suite, block);
    return suite;
}
