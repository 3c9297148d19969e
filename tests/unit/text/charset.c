/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Labels, conversions, repairs, and what holds for any bytes under any label. */
#include "text/charset.h"
#include "text/charset-names.h"
#include "unit/runner.h"

#include <string.h>

static const struct {
    const char *label, *name;
} aliases[] = {
    { "utf-8", "UTF-8" },
    { "UTF8", "UTF-8" },
    { "us-ascii", "US-ASCII" },
    { "ANSI_X3.4-1968", "US-ASCII" },
    { "unknown-8bit", "US-ASCII" },
    { "iso-8859-1", "WINDOWS-1252" },
    { "ISO_8859-1:1987", "WINDOWS-1252" },
    { "latin1", "WINDOWS-1252" },
    { "8859-1", "WINDOWS-1252" },
    { "7bit", "US-ASCII" },
    { "8bit", "US-ASCII" },
    { "646", "US-ASCII" },
    { "binary", "US-ASCII" },
    { "windows-1251", "WINDOWS-1251" },
    { "x-cp1251", "WINDOWS-1251" },
    { "x-x-big5", "CP950" },
    { "Cp1252", "WINDOWS-1252" },
    { "iso-8859-11", "CP874" },
    { "iso-8859-15", "ISO-8859-15" },
    { "iso-8859-8-i", "ISO-8859-8" },
    { "ks_c_5601-1987", "CP949" },
    { "euc-kr", "CP949" },
    { "x-sjis", "CP932" },
    { "Shift_JIS", "CP932" },
    { "gb2312", "GB18030" },
    { "HZ-GB-2312", "HZ" },
    { "unicode-1-1-utf-7", "UTF-7" },
    { "x-mac-roman", "MACINTOSH" },
    { "x-user-defined", "WINDOWS-1252" },
    { "\"utf-8\"", "UTF-8" },
    { " utf-8 ", "UTF-8" },
    { "klingon", "klingon" },
    { "", "" },
    { "--", "--" },
};

START_TEST(labels_have_our_names)
{
    ck_assert_str_eq(charset_alias(aliases[_i].label), aliases[_i].name);
    /* A second look changes nothing. */
    ck_assert_str_eq(charset_alias(charset_alias(aliases[_i].label)), aliases[_i].name);
}
END_TEST

#define BYTES(text) text, sizeof text - 1

static const struct {
    const char *charset, *bytes;
    gsize nbytes;
    const char *utf8;
    bool guessed;
} table[] = {
    { NULL, BYTES(""), "", false },
    { NULL, BYTES("plain"), "plain", false },
    { "utf-8", BYTES("gr\xc3\xbcn"), "gr\u00fcn", false },
    { NULL, BYTES("gr\xc3\xbcn"), "gr\u00fcn", true },
    { "us-ascii", BYTES("gr\xc3\xbcn"), "gr\u00fcn", true },
    { "us-ascii", BYTES("gr\xfcn"), "gr\u00fcn", true },
    { "unknown-8bit", BYTES("\x93quoted\x94"), "\u201cquoted\u201d", true },
    { "iso-8859-1", BYTES("gr\xfcn \x80 5"), "gr\u00fcn \u20ac 5", false },
    { "iso-8859-1", BYTES("gr\xc3\xbcn"), "gr\u00fcn", true },
    { "iso-8859-1", BYTES("a\x81z"), "a\ufffdz", false },
    { "klingon", BYTES("gr\xfcn"), "gr\u00fcn", true },
    { "klingon", BYTES("gr\xc3\xbcn"), "gr\u00fcn", true },
    { "klingon", BYTES("plain"), "plain", false },
    { "", BYTES("gr\xfcn"), "gr\u00fcn", true },
    /* damaged UTF-8, and what is none */
    { "utf-8", BYTES("gr\xc3\xbcn \xff \xe2\x82"), "gr\u00fcn \ufffd \ufffd", false },
    { "utf-8", BYTES("cut \xe2\x82"), "cut \ufffd", false },
    { "utf-8", BYTES("gr\xfcn Tee"), "gr\u00fcn Tee", true },
    { "utf-8", BYTES("\xef\xbb\xbfmark"), "mark", false },
    /* NUL ends no string */
    { "utf-8", BYTES("a\0b"),
      "a\ufffd"
      "b",
      false },
    { "iso-8859-2", BYTES("a\0b"),
      "a\ufffd"
      "b",
      false },
    { "utf-16be", BYTES("\0a\0\0\0b"),
      "a\ufffd"
      "b",
      false },
    /* single bytes */
    { "iso-8859-2", BYTES("\xb1"), "\u0105", false },
    { "iso-8859-15", BYTES("\xa4"), "\u20ac", false },
    { "koi8-r", BYTES("\xf0\xd2\xc9"), "\u041f\u0440\u0438", false },
    { "windows-1251", BYTES("\xcf\xf0\xe8"), "\u041f\u0440\u0438", false },
    { "windows-1251", BYTES("\xc5\xb8"), "\u0415\u0451", false }, /* also valid UTF-8 */
    { "tis-620", BYTES("\xa1"), "\u0e01", false },
    { "macintosh", BYTES("\x8a"), "\u00e4", false },
    { "iso-8859-8-i", BYTES("\xf9"), "\u05e9", false },
    /* East Asia */
    { "iso-2022-jp", BYTES("\x1b$B$3$s\x1b(B!"), "\u3053\u3093!", false },
    { "iso-2022-jp", BYTES("\x1b$B-!\x1b(B"), "\u2460", false }, /* vendor row 13 */
    { "iso-2022-jp", BYTES("\x1b(I1\x1b(B"), "\uff71", false },  /* half-width kana */
    { "iso-2022-jp", BYTES("\x1b$B$3\na"), "\u3053\na", false }, /* not switched back */
    { "iso-2022-jp", BYTES("\x82\xa0"), "\u3042", false },       /* Shift JIS in disguise */
    { "iso-2022-jp", BYTES("\x1b$B$"), "$", false },
    { NULL, BYTES("\x1b$B$3\x1b(B"), "\u3053", true },
    { NULL, BYTES("\x1b[1mno\x1b[m"), "\x1b[1mno\x1b[m", false },
    { "x-sjis", BYTES("\x82\xa0\x87\x40"), "\u3042\u2460", false },
    { "euc-jp", BYTES("\xa4\xa2"), "\u3042", false },
    { "gb2312", BYTES("\xc4\xe3\xba\xc3"), "\u4f60\u597d", false },
    { "gb2312", BYTES("\xc4\xe3\xba"), "\u4f60\ufffd", false },
    { "gb2312", BYTES("\xe4\xbd\xa0!"), "\u4f60!", true },
    { "big5", BYTES("\xa4\xa4\xa4\xe5"), "\u4e2d\u6587", false },
    { "ks_c_5601-1987", BYTES("\xc7\xd1\xb1\xdb"), "\ud55c\uae00", false },
    { "euc-kr", BYTES("\x8c\x63"), "\ub620", false }, /* only in the superset */
    { "iso-2022-kr", BYTES("\x1b$)C\x0eGQ1[\x0f!"), "\ud55c\uae00!", false },
    { "hz-gb-2312", BYTES("~{<:Ky2;~} ~~ x~\ny"), "\u5df1\u6240\u4e0d ~ xy", false },
    { "hz-gb-2312", BYTES("~{<:\nx"), "\u5df1\nx", false },
    /* other units */
    { "utf-7", BYTES("Hi Mom -+Jjo--!"), "Hi Mom -\u263a-!", false },
    { "unicode-1-1-utf-7", BYTES("+ZeVnLIqe-"), "\u65e5\u672c\u8a9e", false },
    { "utf-16", BYTES("\xff\xfeh\0i\0"), "hi", false },
    { "utf-16", BYTES("\xfe\xff\0h\0i"), "hi", false },
    { "utf-16", BYTES("\0h\0i"), "hi", false },
    { "utf-16", BYTES("h\0i\0"), "hi", false },
    { "utf-16", BYTES("\xff\xfeh\0i"), "h\ufffd", false },
    { "utf-16le", BYTES("\0\xd8h\0"), "\ufffdh", false }, /* a lone surrogate, then aligned again */
    /* names that are no names */
    { "iso-8859-2//TRANSLIT", BYTES("gr\xfcn"), "gr\u00fcn", true },
    { "../../../tmp/evil", BYTES("gr\xfcn"), "gr\u00fcn", true },
    { "char", BYTES("gr\xfcn"), "gr\u00fcn", true },
    { "WCHAR_T", BYTES("gr\xfcn"), "gr\u00fcn", true },
    { "IBM1364", BYTES("gr\xfcn"), "gr\u00fcn", true },
    { "ebcdic-us", BYTES("gr\xfcn"), "gr\u00fcn", true },
};

START_TEST(bytes_become_text)
{
    g_autofree char *bytes = g_malloc(table[_i].nbytes + (table[_i].nbytes == 0));
    memcpy(bytes, table[_i].bytes, table[_i].nbytes);
    gsize n;
    bool guessed;
    g_autofree char *utf8 =
        charset_to_utf8(bytes, table[_i].nbytes, table[_i].charset, &n, &guessed);
    ck_assert_str_eq(utf8, table[_i].utf8);
    ck_assert_uint_eq(n, strlen(utf8));
    ck_assert_msg(guessed == table[_i].guessed, "%s", table[_i].charset);
    /* The cached converter starts anew each time. */
    g_autofree char *again =
        charset_to_utf8(bytes, table[_i].nbytes, table[_i].charset, NULL, NULL);
    ck_assert_str_eq(again, utf8);
}
END_TEST

/* How many marks a surrogate's three bytes become is up to the libraries. */
START_TEST(surrogates_are_no_text)
{
    g_autofree char *utf8 = charset_to_utf8("\xed\xa0\x80\xc3\xbc", 5, "utf-8", NULL, NULL);
    ck_assert(g_str_has_prefix(utf8, "\ufffd") && g_str_has_suffix(utf8, "\ufffd\u00fc"));
    ck_assert(g_utf8_validate(utf8, -1, NULL));
}
END_TEST

static const char *const labels[] = {
    "utf-8",   "us-ascii",   "iso-8859-1",     "iso-8859-7",    "koi8-r",      "windows-1258",
    "gb18030", "big5",       "big5-hkscs",     "euc-jp",        "euc-tw",      "cp932",
    "euc-kr",  "johab",      "iso-2022-jp",    "iso-2022-jp-2", "iso-2022-kr", "iso-2022-cn",
    "hz",      "utf-7",      "utf-16",         "utf-16le",      "utf-32",      "ucs-4",
    "tscii",   "tcvn",       "viscii",         "armscii-8",     "utf-7-imap",  "macintosh",
    "cp437",   "iso-ir-165", "shift_jisx0213", "euc-jisx0213",  "klingon",
};

START_TEST(any_bytes_under_any_label_give_bounded_valid_text)
{
    static const char *const pieces[] = { "\x1b$B", "\x1b(B", "\x1b$)C",  "~{",  "~}",
                                          "+",      "-",      "\xff\xfe", "\x0e" };
    GRand *rand = g_rand_new_with_seed((guint32)_i);
    g_autoptr(GString) bytes = g_string_new(NULL);
    for (int round = 0; round < 200; round++) {
        g_string_truncate(bytes, 0);
        for (int n = g_rand_int_range(rand, 0, 60); n > 0; n--)
            if (g_rand_int_range(rand, 0, 8) == 0)
                g_string_append(bytes, pieces[g_rand_int_range(rand, 0, G_N_ELEMENTS(pieces))]);
            else
                g_string_append_c(bytes, (char)g_rand_int_range(rand, 0, 256));
        gsize n;
        g_autofree char *exact = g_memdup2(bytes->str, bytes->len + 1);
        g_autofree char *utf8 = charset_to_utf8(exact, bytes->len, labels[_i], &n, NULL);
        if (!g_utf8_validate_len(utf8, n, NULL) || utf8[n] != '\0' || n > 4 * bytes->len)
            ck_abort_msg("%s: %zu bytes of %zu", labels[_i], n, bytes->len);
    }
    g_rand_free(rand);
}
END_TEST

static gpointer convert_in_thread(gpointer data)
{
    for (int round = 0; round < 300; round++) {
        const char *label = labels[(GPOINTER_TO_INT(data) + round) % (int)G_N_ELEMENTS(labels)];
        g_free(charset_to_utf8("\xc4\xe3", 2, label, NULL, NULL));
        g_autofree char *text = charset_to_utf8("\xc4\xe3", 2, "gb2312", NULL, NULL);
        if (strcmp(text, "\u4f60") != 0)
            return GINT_TO_POINTER(1);
    }
    return NULL;
}

START_TEST(threads_convert_with_their_own_converters)
{
    GThread *threads[4];
    for (int i = 0; i < 4; i++)
        threads[i] = g_thread_new("convert", convert_in_thread, GINT_TO_POINTER(i));
    for (int i = 0; i < 4; i++)
        ck_assert_ptr_null(g_thread_join(threads[i]));
}
END_TEST

/* More labels than a thread keeps converters for. */
START_TEST(a_thousand_labels_are_no_burden)
{
    for (int i = 0; i < 1000; i++) {
        g_autofree char *label = g_strdup_printf("nosuch-%d", i);
        g_autofree char *text = charset_to_utf8("\xfc", 1, label, NULL, NULL);
        ck_assert_str_eq(text, "\u00fc");
    }
    g_autofree char *text = charset_to_utf8("\xb1", 1, "iso-8859-2", NULL, NULL);
    ck_assert_str_eq(text, "\u0105");
}
END_TEST

START_TEST(all_aliases_lead_to_what_can_be_converted)
{
    static const char *const names[] = {
        "CP932",     "CP949",        "CP950",        "CP874",        "GB18030",
        "EUC-JP-MS", "KOI8-R",       "KOI8-U",       "MACINTOSH",    "MAC-CYRILLIC",
        "UTF-7",     "WINDOWS-1250", "WINDOWS-1254", "WINDOWS-1258", "ISO-8859-16",
    };
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        bool guessed = true;
        g_free(charset_to_utf8("\xa1\xa1\x1b", 3, names[i], NULL, &guessed));
        ck_assert_msg(!guessed, "%s", names[i]);
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("charset");
    TCase *names = tcase_create("names");
    tcase_add_loop_test(names, labels_have_our_names, 0, G_N_ELEMENTS(aliases));
    tcase_add_test(names, all_aliases_lead_to_what_can_be_converted);
    suite_add_tcase(suite, names);
    TCase *bytes = tcase_create("bytes");
    tcase_add_loop_test(bytes, bytes_become_text, 0, G_N_ELEMENTS(table));
    tcase_add_test(bytes, surrogates_are_no_text);
    tcase_add_loop_test(bytes, any_bytes_under_any_label_give_bounded_valid_text, 0,
                        G_N_ELEMENTS(labels));
    tcase_add_test(bytes, threads_convert_with_their_own_converters);
    tcase_add_test(bytes, a_thousand_labels_are_no_burden);
    suite_add_tcase(suite, bytes);
    return suite;
}
