/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Views: trees as they are drawn, order, first pages, limits equal to query_match. */
#include "base/fold.h"
#include "unit/store/fixture.h"
#include "unit/store/mailbox.h"

static store_view *build(store *s, const view_request *request)
{
    g_autoptr(GError) error = NULL;
    store_view *v = store_view_build(s, request, &error);
    no_error(error);
    ck_assert_ptr_nonnull(v);
    return v;
}

/* The tree as text: a line a row, the Message-ID up to the @. */
static char *draw(store *s, const store_view *v)
{
    GString *out = g_string_new(NULL);
    for (guint32 i = 0; i < v->n; i++) {
        const view_row *r = &v->rows[i];
        g_autoptr(mail_summary) m = store_summary(s, r->id, NULL);
        ck_assert_int_eq(r->thread_start, r->depth == 0);
        for (guint d = 1; d < r->depth; d++)
            g_string_append(out, r->bars & G_GUINT64_CONSTANT(1) << d ? "| " : "  ");
        if (r->depth > 0)
            g_string_append(out, r->last ? "`-" : "+-");
        g_string_append_len(out, m->message_id, (gssize)strcspn(m->message_id, "@"));
        g_string_append_c(out, '\n');
    }
    return g_string_free(out, FALSE);
}

static char *draw_request(store *s, const view_request *request)
{
    g_autoptr(store_view) v = build(s, request);
    return draw(s, v);
}

/* A line a message: date, folder (I S A), name, references; uids and sizes are made up. */
typedef struct line {
    int date;
    char folder;
    const char *id, *references;
    mail_flags flags;
} line;

static void add_lines(fixture *t, const line *lines)
{
    for (guint i = 0; lines[i].id != NULL; i++) {
        const char *name = lines[i].folder == 'I'   ? "INBOX"
                           : lines[i].folder == 'S' ? "Sent"
                                                    : "Archive";
        mail_summary *m = new_mail(i + 1, lines[i].id, lines[i].references, lines[i].date);
        m->flags = lines[i].flags;
        add_mail(t->s, folder_id(t->s, t->account, name), m);
    }
    check_invariants(t->s);
}

static const struct {
    const char *what;
    line lines[12];
    const char *inbox, *unread; /* drawn: the whole, and limited to unread */
} trees[] = {
    { "newest thread on top, the tree by date",
      { { 10, 'I', "a@x", NULL },
        { 20, 'I', "b@x", NULL },
        { 30, 'I', "a1@x", "a@x" },
        { 40, 'I', "a2@x", "a@x" },
        { 35, 'I', "a11@x", "a@x a1@x" },
        { 25, 'I', "b1@x", "b@x" } },
      "a\n+-a1\n| `-a11\n`-a2\nb\n`-b1\n",
      "a\n+-a1\n| `-a11\n`-a2\nb\n`-b1\n" },
    { "bars pass by deep branches",
      { { 1, 'I', "r@x", NULL },
        { 2, 'I', "a@x", "r@x" },
        { 3, 'I', "b@x", "r@x a@x" },
        { 4, 'I', "c@x", "r@x a@x b@x" },
        { 5, 'I', "d@x", "r@x a@x" },
        { 6, 'I', "e@x", "r@x" } },
      "r\n+-a\n| +-b\n| | `-c\n| `-d\n`-e\n",
      "r\n+-a\n| +-b\n| | `-c\n| `-d\n`-e\n" },
    { "answers to a message that is not here: the oldest is the root",
      { { 5, 'I', "b@x", "gone@x" }, { 4, 'I', "a@x", "gone@x" }, { 6, 'I', "c@x", "gone@x b@x" } },
      "a\n`-b\n  `-c\n",
      "a\n`-b\n  `-c\n" },
    { "what is between is skipped",
      { { 1, 'I', "a@x", NULL },
        { 2, 'I', "b@x", "a@x", FLAG_SEEN },
        { 3, 'I', "c@x", "b@x" },
        { 4, 'I', "d@x", "c@x gone@x gone2@x" },
        { 5, 'I', "e@x", "b@x" } },
      "a\n`-b\n  +-c\n  | `-d\n  `-e\n",
      "a\n+-c\n| `-d\n`-e\n" },
    { "a parent in another folder is skipped too",
      { { 1, 'I', "q@x", NULL }, { 2, 'S', "mine@x", "q@x" }, { 3, 'I', "w@x", "mine@x" } },
      "q\n`-w\n",
      "q\n`-w\n" },
    { "a limit does not move threads",
      { { 1, 'I', "a@x", NULL }, { 9, 'I', "a1@x", "a@x", FLAG_SEEN }, { 5, 'I', "b@x", NULL } },
      "a\n`-a1\nb\n",
      "a\nb\n" },
    { "a limit without the root",
      { { 1, 'I', "a@x", NULL, FLAG_SEEN },
        { 2, 'I', "b@x", "a@x" },
        { 3, 'I', "c@x", "a@x" },
        { 4, 'I', "d@x", "b@x" },
        { 5, 'I', "lone@x", NULL, FLAG_SEEN } },
      "lone\na\n+-b\n| `-d\n`-c\n",
      "b\n+-c\n`-d\n" },
};

START_TEST(trees_are_drawn)
{
    fixture t;
    fixture_open(&t);
    add_lines(&t, trees[_i].lines);
    view_request r = { .folder = t.folder, .sort = SORT_THREADS };
    g_autofree char *whole = draw_request(t.s, &r);
    ck_assert_str_eq(whole, trees[_i].inbox);
    g_autoptr(query) unread = query_parse("is:unread", 0, NULL);
    r.query = unread;
    g_autofree char *limited = draw_request(t.s, &r);
    ck_assert_msg(strcmp(limited, trees[_i].unread) == 0, "%s\n%s", trees[_i].what, limited);
    fixture_close(&t);
}
END_TEST

/* What an act of one's own took out of a view stays in its place: read under a limit, or moved elsewhere. */
START_TEST(held_rows_stay)
{
    static const line lines[] = { { 1, 'I', "a@x", NULL },
                                  { 2, 'I', "a1@x", "a@x" },
                                  { 3, 'S', "a2@x", "a1@x", FLAG_SEEN },
                                  { 4, 'I', "b@x", NULL },
                                  { 9, 'S', "c@x", NULL },
                                  { 5, 'I', "d@x", NULL, FLAG_SEEN },
                                  { 0 } };
    fixture t;
    fixture_open(&t);
    add_lines(&t, lines);
    g_autofree guint32 *held = g_new0(guint32, 3);
    gsize n = 0;
    g_autoptr(store_view) all = build(t.s, &(view_request){ .sort = SORT_DATE });
    for (guint32 i = 0; i < all->n; i++) {
        g_autoptr(mail_summary) m = store_summary(t.s, all->rows[i].id, NULL);
        if ((m->flags & FLAG_SEEN) || m->folder != t.folder)
            held[n++] = m->id;
    }
    ck_assert_uint_eq(n, 3);
    view_request r = { .folder = t.folder, .sort = SORT_THREADS, .held = held, .nheld = n };
    g_autofree char *whole = draw_request(t.s, &r);
    ck_assert_str_eq(whole, "c\nd\nb\na\n`-a1\n  `-a2\n");
    g_autoptr(query) unread = query_parse("is:unread", 0, NULL);
    r.query = unread;
    g_autofree char *limited = draw_request(t.s, &r);
    ck_assert_str_eq(limited, "c\nd\nb\na\n`-a1\n  `-a2\n");
    r.sort = SORT_SUBJECT;
    g_autoptr(store_view) flat = build(t.s, &r);
    ck_assert_uint_eq(flat->n, 6);
    fixture_close(&t);
}
END_TEST

/* 300 deep: depth is told exactly, bars stop at the word's end, nothing recurses. */
START_TEST(deep_threads_are_drawn)
{
    fixture t;
    fixture_open(&t);
    for (guint i = 1; i <= 300; i++) {
        g_autofree char *id = g_strdup_printf("m%u@x", i), *above = g_strdup_printf("m%u@x", i - 1);
        add_mail(t.s, t.folder, new_mail(i, id, i > 1 ? above : NULL, i));
    }
    view_request r = { .folder = t.folder, .sort = SORT_THREADS };
    g_autoptr(store_view) v = build(t.s, &r);
    ck_assert_uint_eq(v->n, 300);
    for (guint i = 0; i < 300; i++) {
        ck_assert_uint_eq(v->rows[i].depth, i);
        ck_assert_uint_eq(v->rows[i].bars, 0);
        ck_assert_uint_eq(v->rows[i].last, 1);
    }
    fixture_close(&t);
}
END_TEST

/* ---- a mailbox of chance, in three folders */

static void fill(fixture *t, guint32 seed, guint n)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    g_autoptr(GPtrArray) mailbox = box_random(rand, n);
    guint32 folders[] = { t->folder, folder_id(t->s, t->account, "Sent"),
                          folder_id(t->s, t->account, "Archive") };
    static const char *const names[] = { "Ada Lovelace", "Émile Zola", "STRASSE", NULL, "straße" };
    static const char *const subjects[] = { "Budget", "Re: budget", "ÜBER uns", "naïve plan", "" };
    for (guint i = 0; i < mailbox->len; i++) {
        const box_mail *m = g_ptr_array_index(mailbox, i);
        mail_summary *s =
            new_mail(i + 1, m->id, NULL, 1000000 + g_rand_int_range(rand, 0, (gint32)n / 3));
        s->references = g_strdupv(m->references);
        s->flags = g_rand_int_range(rand, 0, 2) ? FLAG_SEEN : FLAG_FLAGGED;
        s->size = (guint64)g_rand_int_range(rand, 0, 5000);
        s->has_attachment = g_rand_int_range(rand, 0, 3) == 0;
        g_free(s->subject);
        s->subject = g_strdup(subjects[g_rand_int_range(rand, 0, 5)]);
        g_ptr_array_add(s->from,
                        address_new(names[g_rand_int_range(rand, 0, 5)], "ada@example.org"));
        g_ptr_array_add(
            s->to, address_new(NULL, g_rand_int_range(rand, 0, 2) ? "Bob@example.net" : "list@x"));
        if (g_rand_int_range(rand, 0, 2))
            g_ptr_array_add(s->cc,
                            address_new(names[g_rand_int_range(rand, 0, 5)], "cc@example.com"));
        if (g_rand_int_range(rand, 0, 3) == 0)
            s->list_id = g_strdup("Talk.lists.example");
        if (g_rand_int_range(rand, 0, 3) == 0) {
            g_free(s->keywords);
            s->keywords = g_strdup(" Work todo ");
        }
        add_mail(t->s, folders[g_rand_int_range(rand, 0, 3)], s);
    }
}

/* The first page is the beginning of the whole. */
static void compare_first_page(store *s, view_request r)
{
    g_autoptr(store_view) whole = build(s, &r);
    ck_assert(whole->complete);
    static const guint32 pages[] = { 1, 5, 40, 100000 };
    for (guint i = 0; i < G_N_ELEMENTS(pages); i++) {
        r.first_page = pages[i];
        g_autoptr(store_view) page = build(s, &r);
        ck_assert_uint_ge(page->n, MIN(pages[i], whole->n));
        ck_assert_uint_le(page->n, whole->n);
        if (page->complete) {
            ck_assert_uint_eq(page->n, whole->n);
            ck_assert_uint_eq(page->unread, whole->unread);
        }
        for (guint32 k = 0; k < page->n; k++)
            ck_assert_msg(memcmp(&page->rows[k], &whole->rows[k], sizeof(view_row)) == 0,
                          "sort %d, page of %u, row %u", r.sort, pages[i], k);
    }
}

START_TEST(first_page_begins_the_whole)
{
    fixture t;
    fixture_open(&t);
    fill(&t, 5, 300);
    static const char *const limits[] = { NULL, "is:unread", "in:Sent", "from:ada tag:work",
                                          "nothing-has-this" };
    for (guint i = 0; i < G_N_ELEMENTS(limits); i++) {
        g_autoptr(query) q = limits[i] != NULL ? query_parse(limits[i], 0, NULL) : NULL;
        for (int sort = SORT_THREADS; sort <= SORT_SIZE; sort++)
            for (int way = 0; way < 4; way++)
                compare_first_page(t.s, (view_request){ .query = q,
                                                        .folder = way & 1 ? t.folder : 0,
                                                        .sort = (view_sort)sort,
                                                        .reverse = (way & 2) != 0 });
    }
    fixture_close(&t);
}
END_TEST

/* Of one second: what the index of marks holds to be first must be first in the whole too. */
START_TEST(ties_do_not_part_the_pages)
{
    fixture t;
    fixture_open(&t);
    add_mail(t.s, t.folder, new_mail(1, "a@x", NULL, 10));
    add_mail(t.s, t.folder, new_mail(2, "b@x", NULL, 10));
    add_mail(t.s, t.folder, new_mail(3, "a1@x", "a@x", 10));
    for (int sort = SORT_THREADS; sort <= SORT_DATE; sort++) {
        view_request r = { .folder = t.folder, .sort = (view_sort)sort };
        compare_first_page(t.s, r);
    }
    fixture_close(&t);
}
END_TEST

/* Every row once; a thread's rows together; threads in the order of their newest message. */
START_TEST(threads_are_in_order)
{
    fixture t;
    fixture_open(&t);
    fill(&t, 9, 300);
    view_request r = { .folder = t.folder, .sort = SORT_THREADS };
    g_autoptr(store_view) v = build(t.s, &r);
    g_autoptr(store_view) reversed =
        build(t.s, &(view_request){ .folder = t.folder, .reverse = true });
    g_autoptr(folder) f = store_folder(t.s, t.folder, NULL);
    ck_assert_uint_eq(v->n, f->messages);
    ck_assert_uint_eq(reversed->n, f->messages);
    ck_assert_uint_eq(v->unread, f->unseen);
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    gint64 above = G_MAXINT64;
    for (guint32 i = 0; i < v->n;) {
        gint64 newest = 0;
        guint32 start = i;
        g_autoptr(mail_summary) first = store_summary(t.s, v->rows[i].id, NULL);
        do {
            g_autoptr(mail_summary) m = store_summary(t.s, v->rows[i].id, NULL);
            ck_assert(g_hash_table_add(seen, GUINT_TO_POINTER(m->id)));
            ck_assert_uint_eq(m->thread, first->thread);
            newest = MAX(newest, mail_summary_sort_date(m));
        } while (++i < v->n && !v->rows[i].thread_start);
        ck_assert_int_le(newest, above);
        above = newest;
        /* the same tree stands in the reversed view, from the other end */
        ck_assert(memcmp(&reversed->rows[v->n - i], &v->rows[start],
                         sizeof(view_row) * (i - start)) == 0);
    }
    fixture_close(&t);
}
END_TEST

static int compare_by(view_sort sort, const mail_summary *a, const mail_summary *b)
{
    g_autofree char *x =
        text_fold(sort == SORT_SUBJECT ? a->subject : address_label(a->from->pdata[0]));
    g_autofree char *y =
        text_fold(sort == SORT_SUBJECT ? b->subject : address_label(b->from->pdata[0]));
    if (sort == SORT_DATE)
        return mail_summary_sort_date(a) < mail_summary_sort_date(b);
    if (sort == SORT_SIZE)
        return a->size < b->size;
    const char *p = g_str_has_prefix(x, "re: ") ? x + 4 : x,
               *q = g_str_has_prefix(y, "re: ") ? y + 4 : y;
    return strcmp(p, q);
}

START_TEST(flat_views_are_sorted)
{
    fixture t;
    fixture_open(&t);
    fill(&t, 11, 200);
    for (int sort = SORT_DATE; sort <= SORT_SIZE; sort++) {
        view_request r = { .folder = 0, .sort = (view_sort)sort };
        g_autoptr(store_view) v = build(t.s, &r);
        ck_assert_int_eq(v->n, number_of(t.s, "SELECT count(*) FROM placement"));
        for (guint32 i = 1; i < v->n; i++) {
            g_autoptr(mail_summary) a = store_summary(t.s, v->rows[i - 1].id, NULL);
            g_autoptr(mail_summary) b = store_summary(t.s, v->rows[i].id, NULL);
            ck_assert_int_le(compare_by((view_sort)sort, a, b), 0);
            ck_assert_uint_eq(v->rows[i].depth, 0);
            ck_assert_uint_eq(v->rows[i].thread_start, 1);
        }
    }
    fixture_close(&t);
}
END_TEST

static const char *const queries[] = {
    "",
    "budget",
    "BUDGET -from:ada",
    "über",
    "naive",
    "naïve",
    "from:zola OR to:bob",
    "from:strasse",
    "from:ADA@EXAMPLE",
    "cc:lovelace",
    "subject:plan",
    "list:talk",
    "~l",
    "id:m7@x",
    "-id:m7@x",
    "in:INBOX",
    "in:inbox",
    "in:Sent OR in:work:Archive",
    "-in:INBOX",
    "in:S*",
    "in:nowhere",
    "account:work",
    "account:home",
    "-account:home is:unread",
    "is:unread",
    "is:flagged is:unread",
    "-(is:flagged OR has:attachment)",
    "has:attachment",
    "tag:WORK",
    "tag:wor",
    "-tag:todo",
    "date:1970-01-12..1970-01-13",
    "larger:2K",
    "smaller:1K",
    "larger:1K smaller:3K",
    "body:anything",
    "-body:anything",
    "\"emile zola\" OR (budget (in:Sent OR larger:4K))",
    "1%",
    "o'x\\ _",
};

/* What a limit shows is what query_match says of each row. */
START_TEST(limits_equal_query_match)
{
    fixture t;
    fixture_open(&t);
    fill(&t, 13, 250);
    g_autoptr(GPtrArray) folders = store_folders(t.s, 0, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(queries); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(query) q = query_parse(queries[i], 2000000, &error);
        ck_assert_msg(q != NULL, "%s: %s", queries[i], error != NULL ? error->message : "");
        view_request r = { .query = q, .sort = SORT_THREADS };
        g_autoptr(store_view) v = build(t.s, &r);
        g_autoptr(GHashTable) shown = g_hash_table_new(NULL, NULL);
        guint unread = 0, matching = 0;
        for (guint32 k = 0; k < v->n; k++)
            g_hash_table_add(shown, GUINT_TO_POINTER(v->rows[k].id));
        for (guint32 id = 1; id <= t.s->last_placement; id++) {
            g_autoptr(mail_summary) m = store_summary(t.s, id, NULL);
            const char *name = NULL;
            for (guint k = 0; k < folders->len; k++)
                if (((folder *)folders->pdata[k])->id == m->folder)
                    name = ((folder *)folders->pdata[k])->name;
            bool match = query_match(q, m, "work", name);
            ck_assert_msg(match == g_hash_table_contains(shown, GUINT_TO_POINTER(id)), "%s: %u",
                          queries[i], id);
            matching += match;
            unread += match && !(m->flags & FLAG_SEEN);
        }
        ck_assert_uint_eq(v->n, matching);
        ck_assert_uint_eq(v->unread, unread);
    }
    fixture_close(&t);
}
END_TEST

START_TEST(readers_begin_empty_and_follow)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *dir = g_dir_make_tmp("cursus-store.XXXXXX", NULL);
    g_autofree char *later = g_build_filename(dir, "later", NULL);
    store *reader = store_open(later, STORE_READ, &error);
    no_error(error);
    view_request r = { .sort = SORT_THREADS };
    g_autoptr(store_view) none = build(reader, &r);
    ck_assert(none->complete && none->n == 0);
    g_autoptr(GPtrArray) folders = store_folders(reader, 0, &error);
    ck_assert_uint_eq(folders->len, 0);
    ck_assert_ptr_null(store_summary(reader, 1, &error));
    ck_assert_ptr_null(store_folder_find(reader, 0, "INBOX"));
    ck_assert_uint_eq(store_account_find(reader, "work"), 0);
    no_error(error);
    ck_assert(!store_exists(later));
    store *writer = store_open(later, STORE_WRITE, &error);
    no_error(error);
    guint32 account = store_account(writer, "work", &error);
    list_folders(writer, account, (const char *const[]){ "INBOX", NULL });
    add_mail(writer, folder_id(writer, account, "INBOX"), new_mail(1, "a@x", NULL, 1));
    /* while the next transaction is open, a reader sees what is committed */
    ck_assert(store_begin(writer, &error));
    add_mail(writer, folder_id(writer, account, "INBOX"), new_mail(2, "b@x", NULL, 2));
    g_autoptr(store_view) one = build(reader, &r);
    ck_assert_uint_eq(one->n, 1);
    ck_assert(store_commit(writer, true, &error));
    g_autoptr(store_view) two = build(reader, &r);
    ck_assert_uint_eq(two->n, 2);
    store_close(writer);
    g_autoptr(store_view) still = build(reader, &r);
    ck_assert_uint_eq(still->n, 2);
    store_close(reader);
    remove_tree(dir);
}
END_TEST

START_TEST(summaries_keep_their_places)
{
    fixture t;
    fixture_open(&t);
    g_autoptr(GError) error = NULL;
    mail_summary *m = new_mail(3, "a@x", "b@x", 86400 * 3);
    m->date_s = 86400 * 3 + 60;
    m->date_offset_min = -90;
    m->has_attachment = true;
    m->preview = g_strdup("Dear all");
    m->list_id = g_strdup("talk.example");
    g_free(m->subject);
    m->subject = g_strdup("Grüße");
    g_ptr_array_add(m->from, address_new("A\x1f B\x1e", "a@x"));
    g_ptr_array_add(m->from, address_new(NULL, "b@x"));
    g_ptr_array_add(m->to, address_new("", ""));
    add_mail(t.s, t.folder, m);
    guint32 id = id_of_uid(t.s, t.folder, 3);
    const guint32 ids[] = { 99, id, 98 };
    g_autoptr(GPtrArray) rows = store_summaries(t.s, ids, 3, &error);
    no_error(error);
    ck_assert_ptr_null(rows->pdata[0]);
    ck_assert_ptr_null(rows->pdata[2]);
    const mail_summary *r = rows->pdata[1];
    ck_assert_uint_eq(r->id, id);
    ck_assert_uint_eq(r->folder, t.folder);
    ck_assert_uint_eq(r->uid, 3);
    ck_assert_int_eq(r->received_s, 86400 * 3);
    ck_assert_int_eq(r->date_s, 86400 * 3 + 60);
    ck_assert_int_eq(r->date_offset_min, -90);
    ck_assert_uint_eq(r->size, 1003);
    ck_assert(r->has_attachment);
    ck_assert_str_eq(r->preview, "Dear all");
    ck_assert_str_eq(r->list_id, "talk.example");
    ck_assert_str_eq(r->subject, "Grüße");
    ck_assert_str_eq(r->message_id, "a@x");
    ck_assert_uint_eq(r->from->len, 2);
    ck_assert_str_eq(((address *)r->from->pdata[0])->name, "A B");
    ck_assert_ptr_null(((address *)r->from->pdata[1])->name);
    ck_assert_str_eq(((address *)r->from->pdata[1])->mailbox, "b@x");
    ck_assert_uint_eq(r->to->len, 1);
    ck_assert_uint_eq(r->cc->len, 0);
    fixture_close(&t);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("store/view");
    TCase *t = tcase_create("view");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, trees_are_drawn, 0, G_N_ELEMENTS(trees));
    tcase_add_test(t, deep_threads_are_drawn);
    tcase_add_test(t, held_rows_stay);
    tcase_add_test(t, first_page_begins_the_whole);
    tcase_add_test(t, ties_do_not_part_the_pages);
    tcase_add_test(t, threads_are_in_order);
    tcase_add_test(t, flat_views_are_sorted);
    tcase_add_test(t, limits_equal_query_match);
    tcase_add_test(t, readers_begin_empty_and_follow);
    tcase_add_test(t, summaries_keep_their_places);
    suite_add_tcase(suite, t);
    return suite;
}
