/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recorded answers of real servers, where a checkout of the corpora lies beside the source ($CURSUS_CORPUS, else
 * ../shared/corpus): nothing crashes, no split changes what is read, and nearly all of it is understood. */
#include "dialogue/reply-text.h"
#include "imap/reply.h"
#include "unit/runner.h"

#include <string.h>

static char *corpus(const char *name)
{
    const char *root = g_getenv("CURSUS_CORPUS");
    return g_build_filename(root != NULL ? root : SRCDIR "/../shared/corpus", name, NULL);
}

typedef struct tally {
    guint replies, fetches, lists, refused;
    guint checksum; /* of kinds and sizes, in order */
} tally;

static void count(tally *t, const char *reply, gsize nbytes)
{
    char *exact = g_memdup2(reply, nbytes);
    g_autoptr(imap_reply) r = imap_reply_parse(exact, nbytes, NULL);
    g_free(exact);
    t->replies++;
    t->refused += r == NULL || r->damaged;
    t->fetches += r != NULL && r->kind == IMAP_FETCH;
    t->lists += r != NULL && r->kind == IMAP_LIST;
    t->checksum = t->checksum * 31 + (guint)nbytes * 64 + (r != NULL ? (guint)r->kind : 63);
}

static tally feed(const char *bytes, gsize nbytes, gsize split)
{
    static const imap_limits limits = { .line = 64 << 10, .literal = 16 << 20, .total = 64 << 20 };
    tally t = { 0 };
    imap_lexer *lexer = imap_lexer_new(&limits);
    const char *reply;
    gsize n;
    int got = 0;
    for (gsize at = 0; at < nbytes && got >= 0; at += split) {
        imap_lexer_feed(lexer, bytes + at, MIN(split, nbytes - at));
        while ((got = imap_lexer_next(lexer, &reply, &n, NULL)) == 1)
            count(&t, reply, n);
    }
    imap_lexer_free(lexer);
    return t;
}

/* Most were kept with LF; the sizes of their literals count CRLF. */
static void wire_form(char **bytes, gsize *nbytes)
{
    if (memchr(*bytes, '\r', *nbytes) != NULL)
        return;
    g_auto(GStrv) lines = g_strsplit(*bytes, "\n", -1);
    g_free(*bytes);
    *bytes = g_strjoinv("\r\n", lines);
    *nbytes = strlen(*bytes);
}

static void feed_folder(const char *name, guint *nfiles, tally *sum)
{
    g_autofree char *path = corpus(name);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    for (const char *file; dir != NULL && (file = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *whole = g_build_filename(path, file, NULL), *bytes = NULL;
        gsize n = 0;
        if (!g_file_get_contents(whole, &bytes, &n, NULL))
            continue;
        wire_form(&bytes, &n);
        tally t = feed(bytes, n, 4096), t1 = feed(bytes, n, 1), t7 = feed(bytes, n, 7);
        ck_assert_msg(t.checksum == t1.checksum && t.checksum == t7.checksum, "%s: a split matters", file);
        sum->replies += t.replies;
        sum->fetches += t.fetches;
        sum->lists += t.lists;
        sum->refused += t.refused;
        ++*nfiles;
    }
}

START_TEST(recorded_answers_are_understood)
{
    guint nfiles = 0;
    tally sum = { 0 };
    feed_folder("imap-transcripts-mailkit", &nfiles, &sum);
    if (nfiles == 0)
        return;
    ck_assert_uint_gt(sum.fetches, 200);
    ck_assert_uint_gt(sum.lists, 50);
    ck_assert_msg(sum.refused * 200 < sum.replies, "%u of %u refused", sum.refused, sum.replies);
}
END_TEST

START_TEST(grammar_samples_do_no_harm)
{
    guint nfiles = 0;
    tally sum = { 0 };
    feed_folder("imap-grammar-libetpan", &nfiles, &sum);
}
END_TEST

/* ---- what a file is there to show: its nth reply, without what is only said to people */

typedef struct promise {
    const char *file;
    int nth;
    const char *value;
} promise;

static const promise transcripts[] = {
    { "common__getquota-no-root.txt", 0, "QUOTAROOT words=storage=0 wire='INBOX'" },
    { "common__getquota-no-root.txt", 1, "QUOTA words=storage=0 STORAGE=28257/256000" },
    { "common__getquota.txt", 0, "QUOTAROOT words= wire='INBOX'" },
    { "common__getquota.txt", 1, "QUOTA words= STORAGE=3783/15728640" },
    { "common__setquota.txt", 0, "QUOTA words= MESSAGE=1107/1000000 STORAGE=3783/5242880" },
    { "common__id.txt", 0, "ID name='GImap' version='gmail_imap_150623.03_p1'" },
    { "common__list-literal-subfolders.txt", 1,
      "LIST wire='Literal Folder Name' name='Literal Folder Name' delimiter=/ childless" },
    { "common__list-nil-folder-delim.txt", 1, "LIST wire='Folder1' name='Folder1' childless" },
    { "common__namespace.txt", 0, "NAMESPACE personal=''/ other='Other Users/'/ shared='Public Folders/'/" },
    { "common__preauth-capability-greeting.txt", 0, "PREAUTH code=CAPABILITY words=IMAP4REV1" },
    { "common__status-literal-folder.txt", 0, "STATUS wire='Literal Folder Name' messages=60" },
    { "common__select-inbox-no-modseq.txt", 3, "RECENT number=8" },
    { "common__select-inbox-no-modseq.txt", 6, "OK code=UIDNEXT number=9" },
    { "dovecot__append.1.txt", 0, "OK tag=1 code=APPENDUID number2=1436832084 set2=1" },
    { "dovecot__multiappend.txt", 0, "OK tag=1 code=APPENDUID number2=1436832084 set2=1:8" },
    { "dovecot__copy.txt", 0, "OK tag=1 code=COPYUID number2=1436832101 set=1:7 set2=1:7" },
    { "dovecot__move.txt", 0, "OK code=COPYUID number2=1436832101 set=1:7 set2=8:14" },
    { "dovecot__move.txt", 1, "VANISHED set=1:7" },
    { "dovecot__enable-qresync.txt", 0, "ENABLED words=QRESYNC,CONDSTORE" },
    { "dovecot__expunge.txt", 0, "VANISHED set=1:14" },
    { "dovecot__fetch-partial-vanished.txt", 0, "VANISHED earlier set=5" },
    { "dovecot__fetch-partial-vanished.txt", 1, "FETCH seq=6 uid=6 flags=1 modseq=4" },
    { "dovecot__list-special-use.txt", 2,
      "LIST wire='Sent Messages' name='Sent Messages' delimiter=. subscribed role='sent'" },
    { "dovecot__noop+alert.txt", 0, "OK code=ALERT" },
    { "dovecot__notify-idle.txt", 1, "STATUS wire='INBOX' messages=3 unseen=3 uidnext=4 highestmodseq=3" },
    { "dovecot__notify-idle.txt", 3, "LIST wire='DeleteMe' name='DeleteMe' delimiter=. noselect nonexistent" },
    { "dovecot__notify-idle.txt", 4,
      "LIST wire='RenamedFolder' name='RenamedFolder' delimiter=. childless old_wire='RenameMe' old='RenameMe'" },
    { "dovecot__search-changed-since.txt", 0, "ESEARCH set=1:7 count=7 min=1 max=7 modseq=4 of=1" },
    { "dovecot__search-partial.txt", 0, "ESEARCH set=1:3,5,7:10 partial=1:10 of=1" },
    { "dovecot__search-partial-negative.txt", 0, "ESEARCH set=5:14 partial=-1:-10 of=1" },
    { "dovecot__search-partial-nil.txt", 0, "ESEARCH set= partial=100:110 of=1" },
    { "dovecot__search-partial-options.txt", 0, "ESEARCH set=1:10 count=14 min=1 max=14 partial=1:10 of=1" },
    { "dovecot__search-raw.txt", 0, "SEARCH set=1:14 modseq=12345678" },
    { "dovecot__search-uids-options.txt", 0, "ESEARCH set=2:6,9:13 count=10 min=2 max=13 of=1" },
    { "dovecot__setflags-unchangedsince.txt", 7, "OK tag=1 code=MODIFIED set=7,9" },
    { "dovecot__status-unittests-destination.txt", 0,
      "STATUS wire='UnitTests.Destination' messages=14 unseen=0 uidnext=15 uidvalidity=1436832101 highestmodseq=3" },
    { "dovecot__uid-expunge.txt", 0, "VANISHED set=8" },
    { "gmail__create-mailboxid.txt", 0, "OK tag=1 code=MAILBOXID words=25dcfa84-fd65-41c3-abc3-633c8f10923f" },
    { "gmail__expunge-during-fetch.txt", 5, "EXPUNGE number=2" },
    { "gmail__fetch-nil-bodystructure.txt", 0, "FETCH seq=1 uid=1 structure=plain" },
    { "gmail__fetch-nil.txt", 0, "FETCH seq=3 uid=1 section='1.TEXT' origin=0" },
    { "gmail__fetch-objectid.txt", 0, "FETCH seq=1 uid=1 email='M6d99ac3275bb4e' thread='T64b478a75b7ea9'" },
    { "gmail__fetch-objectid.txt", 3, "FETCH seq=4 uid=4 email='M4fdc09b49ea629'" },
    { "gmail__fetch-savedate.txt", 0, "FETCH seq=1 uid=1 saved=1694540341" },
    { "gmail__fetch-savedate.txt", 3, "FETCH seq=4 uid=4" },
    { "gmail__idle.txt", 0, "+" },
    { "gmail__idle.txt", 1, "FETCH seq=1 uid=1 flags=b" },
    { "gmail__search.txt", 0, "ESEARCH set=1:3,5,7:9,11:14,26:29,31,34,41:43,50 of=1" },
    { "gmail__search-summary.txt", 0,
      "FETCH seq=1 uid=1 flags=1 modseq=29233 size=181614 received=685298503 email='gm:1592225494819146101' thread='gm:1592225494819146101' labels='Test Messages|\\Important' structure=attachment" },
    { "gmail__status-inbox.txt", 0,
      "STATUS wire='INBOX' messages=60 unseen=0 uidnext=410 uidvalidity=1 highestmodseq=41234 size=1024 id='d0f3b017-d3ec-40aa-9bb9-66c1aeccbb24'" },
    { "gmail__status-inbox-appendlimit.txt", 0, "STATUS wire='INBOX' appendlimit=35651584" },
    { "gmail__status-inbox-appendlimit-nil.txt", 0, "STATUS wire='INBOX' appendlimit=none" },
    { "gmail__uid-copy.txt", 0,
      "OK tag=1 code=COPYUID number2=85 set=1:3,5,7:9,11:14,26:29,31,34,41:43,50 set2=1:21" },
    { "gmail__uid-move.txt", 11, "EXPUNGE number=1" },
    { "gmail__uid-move.txt", 12, "EXPUNGE number=1" },
    { "gmail__utf8accept.txt", 0, "ENABLED words=UTF8=ACCEPT" },
};

static const promise grammar[] = {
    { "response-data__capability.imap", 0,
      "CAPABILITY words=IMAP4REV1,STARTTLS,AUTH=PLAIN,COMPRESS=DEFLATE,ENABLE,NAMESPACE" },
    { "response-data__cond-state-ok-alert.imap", 0, "OK code=ALERT" },
    { "response-data__cond-state-ok-badcharset.imap", 0, "OK code=BADCHARSET words=US-ASCII,UTF-8" },
    { "response-data__cond-state-ok-capability-code.imap", 0,
      "OK code=CAPABILITY words=IMAP4REV1,STARTTLS,AUTH=PLAIN" },
    { "response-data__cond-state-ok-permanentflags-nested-invalid.imap", 0,
      "OK code=PERMANENTFLAGS words=\\Answered,\\Deleted,\\Draft,\\Flagged,\\Seen,\\*" },
    { "response-data__cond-state-ok-read-only.imap", 0, "OK code=READ-ONLY" },
    { "response-data__cond-state-ok-unknown-code.imap", 0, "OK code=OTHER" },
    { "response-data__cond-state-ok.imap", 0,
      "OK code=PERMANENTFLAGS words=\\Answered,\\Flagged,\\Deleted,\\Seen,\\Draft" },
    { "response-data__enabled.imap", 0, "ENABLED words=CONDSTORE,UTF8=ACCEPT" },
    { "response-data__fetch-bodystructure.imap", 0, "FETCH seq=12 structure=plain" },
    { "response-data__fetch-envelope-icloud-message-id.imap", 0,
      "FETCH seq=7027 uid=11153 flags=1 modseq=366744470000000 received=1517351955 header=''" },
    { "response-data__fetch-envelope.imap", 0, "FETCH seq=4" },
    { "response-data__fetch-flags-nested-invalid.imap", 0, "FETCH seq=2 uid=10 flags=1 keywords=' $label1 ' size=12" },
    { "response-data__fetch-literal.imap", 0,
      "FETCH seq=2 uid=10 flags=1 size=12 received=837596665 section='' body='Hello World!'" },
    { "response-data__fetch-rfc822-text.imap", 0, "FETCH seq=5 section='TEXT' body='Hello'" },
    { "response-data__flags-empty.imap", 0, "FLAGS words=" },
    { "response-data__flags-nested-invalid.imap", 0,
      "FLAGS words=\\Answered,\\Deleted,\\Draft,\\Flagged,\\Seen,$label1" },
    { "response-data__list-empty-flag-extension.imap", 0, "LIST wire='Archive' name='Archive' delimiter=. children" },
    { "response-data__list-nil-delimiter.imap", 0, "LIST wire='[Gmail]' name='[Gmail]' noselect" },
    { "response-data__obsolete-search-empty.imap", 0, "SEARCH set=" },
    { "response-data__obsolete-search.imap", 0, "SEARCH set=2:3,6,9,12,17,22,25,37,41" },
    { "response-data__xlist-empty-flag-extension.imap", 0, "other" },
    { "response-done__continue-then-ok.imap", 0, "+" },
    { "response-done__continue-then-ok.imap", 1, "OK tag=1" },
    { "response-done__multi-response.imap", 0, "FLAGS words=\\Answered,\\Flagged,\\Deleted,\\Seen,\\Draft" },
    { "response-done__multi-response.imap", 1, "LIST wire='INBOX' name='INBOX' delimiter=/ childless role='inbox'" },
    { "response-done__multi-response.imap", 2,
      "STATUS wire='INBOX' messages=3 unseen=1 uidnext=10 uidvalidity=12345" },
    { "response-done__multi-response.imap", 3, "EXISTS number=3" },
    { "response-done__multi-response.imap", 4, "FETCH seq=2 uid=10 flags=1 size=12" },
    { "response-done__multi-response.imap", 5, "OK tag=1 code=READ-WRITE" },
    { "unsupported__esearch.imap", 0, "ESEARCH set=1:5 count=5 of=1" },
    { "unsupported__fetch-binary-size.imap", 0, "FETCH seq=7 decoded_size=5" },
    { "unsupported__fetch-binary.imap", 0, "FETCH seq=7 section='1' body='Hello' decoded" },
    { "unsupported__fetch-literal8.imap", 0, "FETCH seq=7 section='1' body='Hello' decoded" },
    { "unsupported__list-extended-oldname.imap", 0,
      "LIST wire='Archive' name='Archive' delimiter=/ childless old_wire='Old Archive' old='Old Archive'" },
    { "unsupported__status-rev2-deleted-size.imap", 0,
      "STATUS wire='INBOX' messages=3 unseen=1 uidnext=10 uidvalidity=12345 size=4096 deleted=0" },
};

/* " name='...'" */
static void drop_field(char *text, const char *name)
{
    g_autofree char *head = g_strdup_printf(" %s='", name);
    char *from = strstr(text, head), *to = from != NULL ? strchr(from + strlen(head), '\'') : NULL;
    if (to != NULL)
        memmove(from, to + 1, strlen(to));
}

/* Tags were blotted out, or are another client's: "a1" for all of them. */
static GString *with_our_tag(const char *bytes, gsize nbytes)
{
    GString *out = g_string_new_len(bytes, (gssize)nbytes);
    g_string_replace(out, "A########", "a1", 0);
    for (gsize at = 0; at < out->len; at++)
        if ((at == 0 || strchr("\n\"", out->str[at - 1]) != NULL) && out->str[at] == 'A' &&
            g_ascii_isdigit(out->str[at + 1]) && strspn(out->str + at + 1, "0123456789") == 3) {
            g_string_erase(out, (gssize)at, 4);
            g_string_insert(out, (gssize)at, "a1");
        }
    return out;
}

/* The value of the nth reply, NULL: there is none. */
static char *value_of(const GString *bytes, int nth)
{
    g_autofree char *text = NULL;
    imap_lexer *lexer = imap_lexer_new(NULL);
    const char *reply;
    gsize n;
    imap_lexer_feed(lexer, bytes->str, bytes->len);
    while (text == NULL && imap_lexer_next(lexer, &reply, &n, NULL) == 1)
        if (nth-- == 0) {
            g_autoptr(imap_reply) r = imap_reply_parse(reply, n, NULL);
            text = reply_text(r);
            drop_field(text, "arguments");
            drop_field(text, "text");
        }
    imap_lexer_free(lexer);
    return g_steal_pointer(&text);
}

static void check_promise(const char *folder, const promise *p)
{
    g_autofree char *path = corpus(folder), *whole = g_build_filename(path, p->file, NULL), *bytes = NULL;
    gsize n = 0;
    if (!g_file_get_contents(whole, &bytes, &n, NULL))
        return; /* no corpus here */
    wire_form(&bytes, &n);
    g_autoptr(GString) tagged = with_our_tag(bytes, n);
    g_autofree char *value = value_of(tagged, p->nth);
    ck_assert_msg(g_strcmp0(value, p->value) == 0, "%s, reply %d:\n  got      %s\n  expected %s", p->file,
                  p->nth, value != NULL ? value : "(nothing)", p->value);
}

START_TEST(transcripts_give_what_they_promise)
{
    check_promise("imap-transcripts-mailkit", &transcripts[_i]);
}
END_TEST

START_TEST(grammar_samples_give_what_they_promise)
{
    check_promise("imap-grammar-libetpan", &grammar[_i]);
}
END_TEST

/* The one that must not be believed: more than memory could hold. */
START_TEST(literal_beyond_every_size_is_refused)
{
    static const char line[] = "* 2 FETCH (UID 10 BODY[] {4294967296}\r\n)\r\n";
    imap_lexer *lexer = imap_lexer_new(NULL);
    const char *reply;
    gsize n;
    imap_lexer_feed(lexer, line, sizeof line - 1);
    ck_assert_int_eq(imap_lexer_next(lexer, &reply, &n, NULL), -1);
    imap_lexer_free(lexer);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("imap/corpora");
    TCase *t = tcase_create("corpora");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, recorded_answers_are_understood);
    tcase_add_test(t, grammar_samples_do_no_harm);
    tcase_add_loop_test(t, transcripts_give_what_they_promise, 0, G_N_ELEMENTS(transcripts));
    tcase_add_loop_test(t, grammar_samples_give_what_they_promise, 0, G_N_ELEMENTS(grammar));
    tcase_add_test(t, literal_beyond_every_size_is_refused);
    suite_add_tcase(s, t);
    return s;
}
