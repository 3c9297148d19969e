/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recorded answers of real servers, where a checkout of the corpora lies beside the source ($CURSUS_CORPUS, else
 * ../shared/corpus): nothing crashes, no split changes what is read, and nearly all of it is understood. */
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

Suite *unit_suite(void)
{
    Suite *s = suite_create("imap/corpora");
    TCase *t = tcase_create("corpora");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, recorded_answers_are_understood);
    tcase_add_test(t, grammar_samples_do_no_harm);
    suite_add_tcase(s, t);
    return s;
}
