/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who a server is taken for, and that a stranger is taken for nobody. */
#include "imap/quirks.h"
#include "unit/runner.h"

#include <string.h>

static const struct {
    const char *greeting, *id, *capabilities, *server;
} cases[] = {
    { "Gimap ready for requests from 192.0.2.1 a1mb1", "", "", "Gmail" },
    { "", "GImap", "", "Gmail" },
    { "ready", "", "IDLE X-GM-EXT-1", "Gmail" },
    { "The Microsoft Exchange IMAP4 service is ready. [TAA]", "", "", "Exchange" },
    { "", "Microsoft.Exchange.Imap4.Imap4Server", "", "Exchange" },
    { "Microsoft Exchange Server 2003 IMAP4rev1 server version 6.5.7638.1 (x) ready.", "", "", "Exchange 2003" },
    { "IMAP4rev1 Hello", "", "XYMHIGHESTMODSEQ", "Yahoo" },
    { "", "", "XAPPLEPUSHSERVICE XAPPLELITERAL", "iCloud" },
    { "Courier-IMAP ready. Copyright 1998-2022", "", "", "Courier" },
    { "Dovecot (Debian) ready.", "", "", "Dovecot" },
    { "mail.example.org Cyrus IMAP 3.6.1-4 server ready", "", "", "Cyrus" },
    { "", "Cyrus IMAPD", "", "Cyrus" },
    { "ready", "Cyrus IMAPD", "XAPPLEPUSHSERVICE", "Cyrus" },
    { "IMAP4rev1 DavMail 6.0.1 server ready", "", "", "DavMail" },
    { "Proton Mail Bridge 03.10 - gluon session ID 7", "", "", "Proton Bridge" },
    { "localhost IMAP4rev1 2007e.404 at Mon", "", "", "UW" },
    { "", "", "", "" },
    { "ready", "Example IMAP", "IDLE", "" },
};

static GHashTable *words_of(const char *text)
{
    GHashTable *words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_auto(GStrv) split = g_strsplit(text, " ", -1);
    for (char **word = split; *word != NULL; word++)
        g_hash_table_add(words, g_strdup(*word));
    return words;
}

START_TEST(server_is_known_by_what_it_says)
{
    g_autoptr(GHashTable) words = words_of(cases[_i].capabilities);
    imap_server_facts facts = { cases[_i].greeting, cases[_i].id, words };
    const imap_quirks *q = imap_quirks_find(&facts);
    ck_assert_str_eq(q->server, cases[_i].server);
    ck_assert_uint_ge(q->line_nbytes, 900);
    ck_assert_uint_le(q->line_nbytes, 65000);
    ck_assert(q->not_believed == NULL ||
              (q->not_believed[0] == ' ' && g_str_has_suffix(q->not_believed, " ")));
}
END_TEST

START_TEST(nothing_known_is_nobody)
{
    imap_server_facts nothing = { NULL, NULL, NULL };
    const imap_quirks *q = imap_quirks_find(&nothing);
    ck_assert_str_eq(q->server, "");
    ck_assert(q->not_believed == NULL && q->bits == 0 && q->nmessages == 0);
    ck_assert_uint_eq(q->line_nbytes, 8000);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("imap/quirks");
    TCase *t = tcase_create("quirks");
    tcase_add_loop_test(t, server_is_known_by_what_it_says, 0, G_N_ELEMENTS(cases));
    tcase_add_test(t, nothing_known_is_nobody);
    suite_add_tcase(s, t);
    return s;
}
