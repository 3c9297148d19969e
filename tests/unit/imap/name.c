/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mailbox names there and back, and the ones that only look like names. */
#include "imap/name.h"
#include "unit/runner.h"

#include <string.h>

#define SLASH "\xe2\x88\x95"

static const struct {
    const char *wire, *utf8;
} both_ways[] = {
    { "", "" },
    { "INBOX", "INBOX" },
    { "a&-b", "a&b" },
    { "&-", "&" },
    { "Entw&APw-rfe", "Entw\xc3\xbcrfe" },
    { "~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e" },
    { "&2D3eAA-", "\xf0\x9f\x98\x80" },
    { "x&2D3eANg93gA-y", "x\xf0\x9f\x98\x80\xf0\x9f\x98\x80y" },
    { "&AAo-", "\n" },
    { "&AH8-", "\x7f" },
    { "&JjoBZw-&-&Jjo-", "\xe2\x98\xba\xc5\xa7&\xe2\x98\xba" },
};

START_TEST(name_goes_there_and_back)
{
    g_autofree char *decoded = imap_name_decode(both_ways[_i].wire);
    g_autofree char *encoded = imap_name_encode(both_ways[_i].utf8);
    ck_assert_str_eq(decoded, both_ways[_i].utf8);
    ck_assert_str_eq(encoded, both_ways[_i].wire);
}
END_TEST

static const struct {
    const char *wire, *shown;
} odd[] = {
    { "&", "&" },                       /* no end */
    { "a&b", "a&b" },
    { "&Jjo", "&Jjo" },                 /* no '-' */
    { "&Jjo!", "&Jjo!" },
    { "&Jj-", "&Jj-" },                 /* bits are missing */
    { "&Jjr-", "&Jjr-" },               /* bits that are not zero are left */
    { "&JjoA-", "&JjoA-" },             /* a digit too many */
    { "&AGE-", "&AGE-" },               /* 'a' needs no shift */
    { "&AEkATgBCAE8AWA-", "&AEkATgBCAE8AWA-" }, /* nor does INBOX */
    { "&AC8-", "&AC8-" },               /* nor '/' */
    { "&AAA-", "&AAA-" },               /* NUL */
    { "&2D0-", "&2D0-" },               /* half a pair */
    { "&3gA-", "&3gA-" },
    { "&2D0AZQ-", "&2D0AZQ-" },
    { "&,,8-", "\xef\xbf\xbf" },
    { "&Jjo-&Jjo-", "\xe2\x98\xba\xe2\x98\xba" }, /* two runs where one would do */
    { "Entw\xc3\xbcrfe", "Entw\xc3\xbcrfe" },     /* UTF8=ACCEPT, or a server that does not care */
    { "caf\xe9", "caf\xef\xbf\xbd" },
};

START_TEST(odd_name_is_kept_as_it_is)
{
    g_autofree char *decoded = imap_name_decode(odd[_i].wire);
    ck_assert_str_eq(decoded, odd[_i].shown);
    ck_assert(g_utf8_validate(decoded, -1, NULL));
}
END_TEST

static const struct {
    const char *wire;
    char delimiter;
    const char *name, *back; /* back NULL: the same as wire */
} levels[] = {
    { "INBOX", '/', "INBOX", NULL },
    { "inbox", '/', "INBOX", "INBOX" },
    { "iNbOx.Sub", '.', "INBOX/Sub", "INBOX.Sub" },
    { "Inboxes", '/', "Inboxes", NULL },
    { "work/inbox", '/', "work/inbox", NULL },
    { "a.b.c", '.', "a/b/c", NULL },
    { "a/b.c", '.', "a" SLASH "b/c", NULL },
    { "a/b", '\0', "a" SLASH "b", NULL },
    { "a.b", '/', "a.b", NULL },
    { "a\\b", '\\', "a/b", NULL },
    { "Lists.&U,BTFw-.x", '.', "Lists/\xe5\x8f\xb0\xe5\x8c\x97/x", NULL },
    { "&U,BTFw-,x", ',', "\xe5\x8f\xb0\xe5\x8c\x97/x", NULL }, /* a ',' inside the run is no delimiter */
    { "a&-b.c", '.', "a&b/c", NULL },
    { "../../etc/passwd", '/', "../../etc/passwd", NULL },
    { "a//b/", '/', "a//b/", NULL },
    { "", '/', "", NULL },
};

START_TEST(levels_are_joined_by_slashes)
{
    g_autofree char *name = imap_name_from_wire(levels[_i].wire, levels[_i].delimiter);
    g_autofree char *back = imap_name_to_wire(name, levels[_i].delimiter);
    ck_assert_str_eq(name, levels[_i].name);
    ck_assert_str_eq(back, levels[_i].back != NULL ? levels[_i].back : levels[_i].wire);
}
END_TEST

START_TEST(any_text_survives_encoding)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(3);
    for (int round = 0; round < 3000; round++) {
        g_autoptr(GString) text = g_string_new(NULL);
        for (int n = g_rand_int_range(random, 0, 12); n > 0; n--) {
            gunichar u = (gunichar)g_rand_int_range(random, 1, g_rand_boolean(random) ? 0x300 : 0x10ffff);
            if (g_unichar_validate(u))
                g_string_append_unichar(text, u);
        }
        g_autofree char *wire = imap_name_encode(text->str);
        g_autofree char *back = imap_name_decode(wire);
        ck_assert_str_eq(back, text->str);
        for (const char *p = wire; *p != '\0'; p++)
            ck_assert(*p >= 0x20 && *p <= 0x7e);
    }
}
END_TEST

START_TEST(any_bytes_become_valid_text)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(4);
    for (int round = 0; round < 3000; round++) {
        char bytes[20];
        int n = g_rand_int_range(random, 0, 19);
        for (int i = 0; i < n; i++)
            bytes[i] = g_rand_boolean(random) ? "&-,A+2D3/"[g_rand_int_range(random, 0, 9)]
                                              : (char)g_rand_int_range(random, 1, 256);
        g_autofree char *wire = g_strndup(bytes, (gsize)n);
        g_autofree char *decoded = imap_name_decode(wire);
        g_autofree char *name = imap_name_from_wire(wire, '/');
        g_autofree char *encoded = imap_name_encode(wire);
        ck_assert(g_utf8_validate(decoded, -1, NULL) && g_utf8_validate(name, -1, NULL));
        ck_assert(g_str_is_ascii(encoded));
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("imap/name");
    TCase *t = tcase_create("name");
    tcase_add_loop_test(t, name_goes_there_and_back, 0, G_N_ELEMENTS(both_ways));
    tcase_add_loop_test(t, odd_name_is_kept_as_it_is, 0, G_N_ELEMENTS(odd));
    tcase_add_loop_test(t, levels_are_joined_by_slashes, 0, G_N_ELEMENTS(levels));
    tcase_add_test(t, any_text_survives_encoding);
    tcase_add_test(t, any_bytes_become_valid_text);
    suite_add_tcase(s, t);
    return s;
}
