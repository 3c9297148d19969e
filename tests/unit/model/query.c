/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The query language: trees, values, errors with their column, and matching. */
#include "model/query.h"
#include "base/error.h"
#include "base/limits.h"
#include "unit/runner.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* 2026-11-22 10:00:00 UTC, a Sunday. */
#define NOW G_GINT64_CONSTANT(1795341600)
#define DAY G_GINT64_CONSTANT(86400)

static void utc(void)
{
    g_setenv("TZ", "UTC", TRUE);
    tzset();
}

static void dump(const query *q, GString *out)
{
    static const char *const names[] = {
        [QUERY_ALL] = "all",   [QUERY_AND] = "and",         [QUERY_OR] = "or",           [QUERY_NOT] = "not",
        [QUERY_WORD] = "word", [QUERY_FROM] = "from",       [QUERY_TO] = "to",           [QUERY_CC] = "cc",
        [QUERY_SUBJECT] = "subject", [QUERY_BODY] = "body", [QUERY_LIST] = "list",       [QUERY_ID] = "id",
        [QUERY_FOLDER] = "in", [QUERY_ACCOUNT] = "account", [QUERY_FLAG] = "flag",       [QUERY_KEYWORD] = "tag",
        [QUERY_ATTACHMENT] = "attachment", [QUERY_DATE] = "date", [QUERY_SIZE] = "size",
    };
    g_string_append(out, names[q->kind]);
    if (q->text != NULL)
        g_string_append_printf(out, "[%s]", q->text);
    if (q->kind == QUERY_FLAG)
        g_string_append_printf(out, "[%s]", flag_to_word(q->flags));
    if (q->kind == QUERY_SIZE && q->to_bytes == G_MAXUINT64)
        g_string_append_printf(out, "[%" G_GUINT64_FORMAT "..]", q->from_bytes);
    else if (q->kind == QUERY_SIZE)
        g_string_append_printf(out, "[%" G_GUINT64_FORMAT "..%" G_GUINT64_FORMAT "]", q->from_bytes, q->to_bytes);
    if (q->kind == QUERY_DATE) {
        g_autoptr(GDateTime) from = q->from_s == G_MININT64 ? NULL : g_date_time_new_from_unix_utc(q->from_s);
        g_autoptr(GDateTime) to = q->to_s == G_MAXINT64 ? NULL : g_date_time_new_from_unix_utc(q->to_s);
        g_autofree char *a = from != NULL ? g_date_time_format(from, "%Y-%m-%d %H") : g_strdup("");
        g_autofree char *b = to != NULL ? g_date_time_format(to, "%Y-%m-%d %H") : g_strdup("");
        g_string_append_printf(out, "[%s..%s]", a, b);
    }
    for (guint i = 0; q->children != NULL && i < q->children->len; i++) {
        g_string_append_c(out, i == 0 ? '(' : ' ');
        dump(g_ptr_array_index(q->children, i), out);
    }
    if (q->children != NULL)
        g_string_append_c(out, ')');
}

static const struct {
    const char *text, *tree;
} trees[] = {
    { "", "all" },
    { "  \t", "all" },
    { "ada", "word[ada]" },
    { "ada lovelace", "and(word[ada] word[lovelace])" },
    { "ada and lovelace", "and(word[ada] word[lovelace])" },
    { "\"ada and lovelace\"", "word[ada and lovelace]" },
    { "\"or\"", "word[or]" },
    { "a OR b", "or(word[a] word[b])" },
    { "a or b c", "or(word[a] and(word[b] word[c]))" },
    { "a|b", "or(word[a] word[b])" },
    { "a || b", "or(word[a] word[b])" },
    { "(a | b) c", "and(or(word[a] word[b]) word[c])" },
    { "((((a))))", "word[a]" },
    { "-a", "not(word[a])" },
    { "not a", "not(word[a])" },
    { "!a b", "and(not(word[a]) word[b])" },
    { "-(a b)", "not(and(word[a] word[b]))" },
    { "--a", "not(not(word[a]))" },
    { "a - b", "and(word[a] word[-] word[b])" },
    { "e-mail", "word[e-mail]" },
    { "f(x)", "word[f(x)]" },
    { "(f(x))", "word[f(x)]" },
    { "http://example.org/", "word[http://example.org/]" },
    { "10:30", "word[10:30]" },
    { "\"Re: foo\"", "word[Re: foo]" },
    { "\"a \\\"b\\\" \\\\ c\"", "word[a \"b\" \\ c]" },
    { "notable order android", "and(word[notable] word[order] word[android])" },
    { "お知らせ\xe3\x80\x80予定", "and(word[お知らせ] word[予定])" },
    { "from:ada", "from[ada]" },
    { "From:ada", "from[ada]" },
    { "from:\"Ada Lovelace\" to:b", "and(from[Ada Lovelace] to[b])" },
    { "-from:ada", "not(from[ada])" },
    { "cc:a subject:b body:c list:d", "and(cc[a] subject[b] body[c] list[d])" },
    { "id:<x@y>", "id[x@y]" },
    { "id:x@y", "id[x@y]" },
    { "in:work:Lists/* account:work", "and(in[work:Lists/*] account[work])" },
    { "is:unread", "not(flag[seen])" },
    { "is:new", "not(flag[seen])" },
    { "is:read", "flag[seen]" },
    { "is:flagged is:answered is:replied", "and(flag[flagged] flag[answered] flag[answered])" },
    { "is:draft is:deleted is:forwarded", "and(flag[draft] flag[deleted] flag[forwarded])" },
    { "has:attachment", "attachment" },
    { "tag:todo", "tag[todo]" },
    { "tag:$Forwarded", "flag[forwarded]" },
    { "date:2024", "date[2024-01-01 00..2025-01-01 00]" },
    { "date:2024-02", "date[2024-02-01 00..2024-03-01 00]" },
    { "date:2024-12", "date[2024-12-01 00..2025-01-01 00]" },
    { "date:2024-02-29", "date[2024-02-29 00..2024-03-01 00]" },
    { "date:2024-01..2024-06", "date[2024-01-01 00..2024-07-01 00]" },
    { "date:2024-01-15..", "date[2024-01-15 00..]" },
    { "date:..2024", "date[..2025-01-01 00]" },
    { "date:today", "date[2026-11-22 00..2026-11-23 00]" },
    { "date:yesterday..today", "date[2026-11-21 00..2026-11-23 00]" },
    { "newer:7d", "date[2026-11-15 10..]" },
    { "newer:3h", "date[2026-11-22 07..]" },
    { "older:2w", "date[..2026-11-08 10]" },
    { "older:1m", "date[..2026-10-22 10]" },
    { "older:1y", "date[..2025-11-22 10]" },
    { "larger:1M", "size[1048576..]" },
    { "larger:10", "size[10..]" },
    { "smaller:2k", "size[0..2048]" },
    { "smaller:1G", "size[0..1073741824]" },
    { "larger:10KB", "size[10240..]" },
    /* mutt */
    { "~A", "all" },
    { "~f ada", "from[ada]" },
    { "~fada", "from[ada]" },
    { "~f \"ada l\" ~N", "and(from[ada l] not(flag[seen]))" },
    { "~t a ~c b ~s c ~b d", "and(to[a] cc[b] subject[c] body[d])" },
    { "~C a", "or(to[a] cc[a])" },
    { "~L a", "or(from[a] to[a] cc[a])" },
    { "~N|~F", "or(not(flag[seen]) flag[flagged])" },
    { "!~D", "not(flag[deleted])" },
    { "! ~D", "not(flag[deleted])" },
    { "~U ~O ~R ~Q", "and(not(flag[seen]) not(flag[seen]) flag[seen] flag[answered])" },
    { "(~f a|~f b) ~D", "and(or(from[a] from[b]) flag[deleted])" },
    { "~N~F", "and(not(flag[seen]) flag[flagged])" },
    { "~l", "list[]" },
    { "~y todo", "tag[todo]" },
    { "~i <a@b>", "id[a@b]" },
    { "=s text", "subject[text]" },
    { "=foo", "word[=foo]" },
    { "~d <7d", "date[2026-11-15 10..]" },
    { "~d>1m", "date[..2026-10-22 10]" },
    { "~r =1d", "date[2026-11-21 10..2026-11-22 10]" },
    { "~d 1/5/2024-30/6/2024", "date[2024-05-01 00..2024-07-01 00]" },
    { "~d 20240501-", "date[2024-05-01 00..]" },
    { "~d -1/5/24", "date[..2024-05-02 00]" },
    { "~d 3/2", "date[2026-02-03 00..2026-02-04 00]" },
    { "~d 2024-01..2024-06", "date[2024-01-01 00..2024-07-01 00]" },
    { "~z >1M", "size[1048576..]" },
    { "~z 1K-2K", "size[1024..2049]" },
    { "~z <10", "size[0..10]" },
    { "~z 10-", "size[10..]" },
    { "~z -10", "size[0..11]" },
    { "~z 10", "size[10..11]" },
};

START_TEST(parse_gives_the_tree)
{
    utc();
    g_autoptr(GError) error = NULL;
    g_autoptr(query) q = query_parse(trees[_i].text, NOW, &error);
    ck_assert_msg(q != NULL, "%s: %s", trees[_i].text, error != NULL ? error->message : "no error");
    g_autoptr(query) copy = query_dup(q);
    g_autoptr(GString) out = g_string_new(NULL);
    dump(copy, out);
    ck_assert_str_eq(out->str, trees[_i].tree);
}
END_TEST

static const struct {
    const char *text;
    int column;
    const char *says;
} mistakes[] = {
    { "a (b", 3, "')'" },
    { "a b)", 4, "closes nothing" },
    { "\"abc", 1, "not closed" },
    { "x from:\"abc", 8, "not closed" },
    { "\"\"", 1, "expected text" },
    { "from:", 6, "expected text after from:" },
    { "from: ada", 6, "expected text after from:" },
    { "a OR", 5, "expected a word" },
    { "OR a", 1, "expected a word" },
    { "a OR OR b", 6, "expected a word" },
    { "a |", 4, "expected a word" },
    { "()", 2, "expected a word" },
    { "not", 4, "expected a word" },
    { "!", 2, "expected a word" },
    { "form:ada", 1, "'form:' is not known" },
    { "ä form:ada", 3, "subject:" },
    { "is:hungry", 4, "is:hungry" },
    { "has:wings", 5, "has:attachment" },
    { "date:24", 6, "2024-01-15" },
    { "date:2024-13", 6, "is not a date" },
    { "date:2023-02-29", 6, "is not a date" },
    { "date:..", 6, "is not a date" },
    { "date:2025..2024", 6, "ends before it begins" },
    { "date:0000", 6, "is not a date" },
    { "date:99999", 6, "is not a date" },
    { "newer:7", 7, "as in 7d" },
    { "newer:d", 7, "as in 7d" },
    { "newer:7x", 7, "as in 7d" },
    { "newer:99999y", 7, "as in 7d" },
    { "newer:999999999999d", 7, "as in 7d" },
    { "larger:big", 8, "as in 10K" },
    { "larger:10T", 8, "as in 10K" },
    { "larger:99999999999999999999999", 8, "as in 10K" },
    { "larger:9999999999G", 8, "as in 10K" },
    { "larger:-1", 8, "as in 10K" },
    { "~f", 3, "expected text after ~f" },
    { "~W", 1, "mutt's letters" },
    { "~", 1, "mutt's letters" },
    { "~T", 1, "no counterpart" },
    { "a ~(b)", 3, "no counterpart" },
    { "~d soon", 4, "is not a date" },
    { "~d -", 4, "is not a date" },
    { "~z -", 4, "is not a size" },
    { "~z <", 4, "is not a size" },
    { "~d <", 4, "is not an age" },
    { "a\xff", 0, "UTF-8" },
};

START_TEST(mistake_names_column_and_what_was_expected)
{
    utc();
    g_autoptr(GError) error = NULL;
    g_autofree char *exact = g_strdup(mistakes[_i].text);
    g_autoptr(query) q = query_parse(exact, NOW, &error);
    ck_assert_msg(q == NULL, "%s was taken", exact);
    ck_assert_int_eq(error_kind_of(error), ERROR_INPUT);
    g_autofree char *column = g_strdup_printf("column %d: ", mistakes[_i].column);
    if (mistakes[_i].column != 0)
        ck_assert_msg(g_str_has_prefix(error->message, column), "%s: %s", exact, error->message);
    ck_assert_msg(strstr(error->message, mistakes[_i].says) != NULL, "%s: %s", exact, error->message);
}
END_TEST

static char *repeat(const char *unit, int n, const char *tail)
{
    GString *s = g_string_new(NULL);
    for (int i = 0; i < n; i++)
        g_string_append(s, unit);
    g_string_append(s, tail);
    return g_string_free(s, FALSE);
}

START_TEST(size_and_depth_are_bounded)
{
    static const struct {
        const char *unit, *tail;
    } bombs[] = { { "(", "a" }, { "!", "a" }, { "a ", "a" }, { "~L a ", "a" }, { "(a ", "" }, { "not ", "a" } };
    for (gsize i = 0; i < G_N_ELEMENTS(bombs); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = repeat(bombs[i].unit, 100000, bombs[i].tail);
        ck_assert_ptr_null(query_parse(text, NOW, &error));
        ck_assert_ptr_nonnull(strstr(error->message, "too long"));
    }
    g_autofree char *fits = repeat("a ", LIMIT_QUERY_NODES - 1, ""); /* and the node above them */
    g_autoptr(query) q = query_parse(fits, NOW, NULL);
    ck_assert_ptr_nonnull(q);
    g_autofree char *over = repeat("a ", LIMIT_QUERY_NODES, "");
    ck_assert_ptr_null(query_parse(over, NOW, NULL));
}
END_TEST

START_TEST(days_follow_the_local_zone)
{
    g_setenv("TZ", "Europe/Berlin", TRUE);
    tzset();
    g_autoptr(GTimeZone) zone = g_time_zone_new_local();
    g_autoptr(GDateTime) start = g_date_time_new(zone, 2024, 3, 31, 0, 0, 0.0);
    g_autoptr(query) q = query_parse("date:2024-03-31", NOW, NULL);
    ck_assert_int_eq(q->from_s, g_date_time_to_unix(start));
    if (g_time_zone_is_dst(zone, g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, 1720000000)))
        ck_assert_int_eq(q->to_s - q->from_s, 23 * 3600); /* the day the clocks go forward */
    utc();
}
END_TEST

static mail_summary *sample(void)
{
    mail_summary *s = mail_summary_new();
    s->received_s = s->date_s = NOW - 3 * DAY;
    s->size = 5000;
    s->flags = FLAG_SEEN | FLAG_FLAGGED;
    g_free(s->keywords);
    s->keywords = g_strdup(" todo work ");
    s->message_id = g_strdup("One@example.org");
    g_free(s->subject);
    s->subject = g_strdup("Grüße aus der STRASSE");
    s->list_id = g_strdup("Linux Kernel <linux-kernel.vger.kernel.org>");
    g_ptr_array_add(s->from, address_new("Ada Lovelace", "ada@example.org"));
    g_ptr_array_add(s->to, address_new(NULL, "list@example.net"));
    g_ptr_array_add(s->to, address_new("Ümit", "umit@example.net"));
    g_ptr_array_add(s->cc, address_new("Carl", "carl@example.com"));
    return s;
}

static const struct {
    const char *text;
    bool matches;
} matches[] = {
    { "", true },
    { "grüsse", true },      /* ß folds to ss */
    { "GRÜSSE strasse", true },
    { "gru\xcc\x88\xc3\x9f" "e", true }, /* a decomposed u with dots */
    { "lovelace", true },
    { "umit ümit carl", true },
    { "nobody", false },
    { "nobody OR ada", true },
    { "-nobody", true },
    { "-(ada carl)", false },
    { "from:ADA@EXAMPLE", true },
    { "from:carl", false },
    { "to:ümit", true },
    { "to:ada", false },
    { "cc:carl", true },
    { "subject:aus", true },
    { "subject:ada", false },
    { "body:aus", false },
    { "list:vger", true },
    { "~l", true },
    { "id:One@example.org", true },
    { "id:one@example.org", false },
    { "id:One", false },
    { "in:inbox/Sub", true },
    { "in:INBOX", false },
    { "in:inbox*", true },
    { "in:INBOX/S*", true },
    { "in:work:INBOX/Sub", true },
    { "in:work:*", true },
    { "in:home:INBOX/Sub", false },
    { "in:INBOX/sub", false },
    { "account:work", true },
    { "account:wor", false },
    { "is:unread", false },
    { "is:read is:flagged", true },
    { "is:answered", false },
    { "has:attachment", false },
    { "tag:TODO", true },
    { "tag:tod", false },
    { "newer:4d", true },
    { "newer:2d", false },
    { "older:2d", true },
    { "date:2026-11-19", true },
    { "date:2026-11-18", false },
    { "larger:5000", true },
    { "larger:5001", false },
    { "smaller:5000", false },
    { "smaller:5001", true },
};

START_TEST(match_is_as_asked)
{
    utc();
    g_autoptr(mail_summary) s = sample();
    g_autoptr(query) q = query_parse(matches[_i].text, NOW, NULL);
    ck_assert_ptr_nonnull(q);
    ck_assert_msg(query_match(q, s, "work", "INBOX/Sub") == matches[_i].matches, "%s", matches[_i].text);
}
END_TEST

START_TEST(empty_summary_is_matched_without_harm)
{
    g_autoptr(mail_summary) s = mail_summary_new();
    for (gsize i = 0; i < G_N_ELEMENTS(matches); i++) {
        g_autoptr(query) q = query_parse(matches[i].text, NOW, NULL);
        (void)query_match(q, s, NULL, NULL);
    }
    g_autoptr(query) list = query_parse("~l", NOW, NULL);
    ck_assert(!query_match(list, s, NULL, NULL));
}
END_TEST

START_TEST(single_folder_is_found)
{
    static const struct {
        const char *text, *folder;
    } table[] = {
        { "in:INBOX", "INBOX" },        { "in:INBOX is:unread", "INBOX" }, { "is:unread", NULL },
        { "in:a in:b", NULL },          { "in:a OR in:b", NULL },          { "-in:a", NULL },
        { "in:a*", NULL },              { "x (in:a)", "a" },               { "", NULL },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(query) q = query_parse(table[i].text, NOW, NULL);
        ck_assert_msg(g_strcmp0(query_single_folder(q), table[i].folder) == 0, "%s", table[i].text);
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("query");
    TCase *c = tcase_create("parse");
    tcase_add_loop_test(c, parse_gives_the_tree, 0, G_N_ELEMENTS(trees));
    tcase_add_loop_test(c, mistake_names_column_and_what_was_expected, 0, G_N_ELEMENTS(mistakes));
    tcase_add_test(c, size_and_depth_are_bounded);
    tcase_add_test(c, days_follow_the_local_zone);
    suite_add_tcase(s, c);
    c = tcase_create("match");
    tcase_add_loop_test(c, match_is_as_asked, 0, G_N_ELEMENTS(matches));
    tcase_add_test(c, empty_summary_is_matched_without_harm);
    tcase_add_test(c, single_folder_is_found);
    suite_add_tcase(s, c);
    return s;
}
