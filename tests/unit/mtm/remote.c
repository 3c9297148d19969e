/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What goes over the engine's socket: lines and their limits, arguments, queries, events; the socket's place. */
#include "mtm/remote-place.h"
#include "mtm/remote-wire.h"
#include "mtm/remote.h"
#include "base/limits.h"
#include "base/paths.h"
#include "unit/runner.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- lines */

typedef struct heard {
    GString *lines; /* each with '|' behind it */
    const char *why;
    remote_wire *wire;
    bool leave; /* frees the wire from inside */
} heard;

static void line(const char *text, gsize nbytes, gpointer data)
{
    heard *h = data;
    ck_assert_uint_eq(strlen(text), nbytes);
    g_string_append_printf(h->lines, "%s|", text);
    if (h->leave)
        g_clear_pointer(&h->wire, remote_wire_free);
}

static void end(const char *why, gpointer data)
{
    heard *h = data;
    ck_assert_ptr_null(h->why);
    h->why = why;
}

static int wire_begin(heard *h, gsize max_line)
{
    static const remote_wire_hooks hooks = { line, end };
    int ends[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    *h = (heard){ .lines = g_string_new(NULL) };
    h->wire = remote_wire_new(ends[0], max_line, &hooks, h);
    return ends[1];
}

static void wire_done(heard *h, int fd)
{
    remote_wire_free(h->wire);
    g_string_free(h->lines, TRUE);
    if (fd >= 0)
        close(fd);
}

static void settle(void)
{
    while (g_main_context_iteration(NULL, FALSE))
        continue;
}

static void put(int fd, const char *text)
{
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    settle();
}

START_TEST(lines_come_whole_however_they_arrive)
{
    heard h;
    int fd = wire_begin(&h, 100);
    put(fd, "one\ntw");
    ck_assert_str_eq(h.lines->str, "one|");
    ck_assert(remote_wire_has_part(h.wire));
    put(fd, "o");
    put(fd, "\n\nfour\n");
    ck_assert_str_eq(h.lines->str, "one|two||four|");
    ck_assert(!remote_wire_has_part(h.wire));
    ck_assert_ptr_null(h.why);
    close(fd);
    settle();
    ck_assert_ptr_nonnull(h.why);
    wire_done(&h, -1);
}
END_TEST

START_TEST(a_line_has_a_longest_length)
{
    static const char *const too_long[] = { "12345678901\n", "12345678901", "ok\n12345678901" };
    heard h;
    int fd = wire_begin(&h, 10);
    put(fd, "1234567890\n");
    ck_assert_ptr_null(h.why);
    put(fd, too_long[_i]);
    ck_assert_str_eq(h.lines->str, _i == 2 ? "1234567890|ok|" : "1234567890|");
    ck_assert_ptr_nonnull(h.why);
    wire_done(&h, fd);
}
END_TEST

START_TEST(a_wire_may_be_freed_by_its_line)
{
    heard h;
    int fd = wire_begin(&h, 100);
    h.leave = true;
    put(fd, "one\ntwo\nthree\n");
    ck_assert_str_eq(h.lines->str, "one|");
    wire_done(&h, fd);
}
END_TEST

START_TEST(who_does_not_read_is_given_up)
{
    heard h;
    int fd = wire_begin(&h, 100);
    g_autofree char *words = g_strnfill(1000, 'x');
    guint sent = 0;
    for (; h.why == NULL && sent < 100000; sent++) {
        g_autoptr(GString) text = g_string_new(words);
        remote_wire_send(h.wire, text);
        ck_assert_uint_eq(text->len, 0);
        settle();
    }
    ck_assert_ptr_nonnull(h.why);
    ck_assert_uint_ge(sent * 1001ULL, LIMIT_ENGINE_BEHIND);
    ck_assert_uint_le(sent * 1001ULL, LIMIT_ENGINE_BEHIND + (2u << 20));
    wire_done(&h, fd);
}
END_TEST

START_TEST(who_reads_late_gets_all)
{
    /* many lines; one that is longer than what may wait: an act on a million messages */
    const gsize nlines = _i == 0 ? 2000 : 1, nbytes = _i == 0 ? 1000 : 8u << 20, all = nlines * (nbytes + 1);
    heard h;
    int fd = wire_begin(&h, 100);
    g_autofree char *words = g_strnfill(nbytes, 'y');
    for (gsize i = 0; i < nlines; i++) {
        g_autoptr(GString) text = g_string_new(words);
        remote_wire_send(h.wire, text);
    }
    ck_assert(!remote_wire_is_empty(h.wire));
    gsize got = 0;
    char buffer[65536];
    for (int idle = 0; idle < 100 && got < all;) {
        ssize_t n = read(fd, buffer, sizeof buffer);
        if (n > 0)
            got += (gsize)n;
        idle = n > 0 ? 0 : idle + 1;
        settle();
    }
    ck_assert_uint_eq(got, all);
    ck_assert(remote_wire_is_empty(h.wire));
    ck_assert_ptr_null(h.why);
    wire_done(&h, fd);
}
END_TEST

/* ---- arguments */

static json_text *written(GString *out, const remote_args *a)
{
    json_writer w;
    json_init(&w, out);
    json_object_begin(&w, NULL);
    remote_args_write(&w, a);
    json_object_end(&w);
    json_text *t = json_read(out->str, out->len, NULL);
    ck_assert_ptr_nonnull(t);
    return t;
}

START_TEST(arguments_come_back_as_they_were)
{
    const guint32 ids[] = { 1, G_MAXUINT32, 7 };
    const guint64 rows[] = { 1ULL << 40 };
    const char *const words[] = { "todo", "later", NULL };
    remote_args a = { .account = "wörk", .name = "A/B", .path = "/tmp/x\ny", .folder = 9, .ids = ids, .nids = 3,
                      .rows = rows, .nrows = 1, .add = FLAG_SEEN | FLAG_JUNK, .remove = FLAG_FLAGGED,
                      .add_keywords = words, .until = UNTIL_DISCONNECT, .on = true,
                      .get = { .verb = GET_MOVE, .scope = GET_ALL, .mode = GET_STAY, .to = 4, .parts = GET_WHOLE,
                               .max_size = -1, .total_limit = 1LL << 40, .cumulative = true } };
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(json_text) t = written(out, &a);
    g_autoptr(GPtrArray) owned = g_ptr_array_new_with_free_func(g_free);
    remote_args b;
    ck_assert(remote_args_read(t, &b, owned));
    ck_assert_str_eq(b.account, a.account);
    ck_assert_str_eq(b.path, a.path);
    ck_assert_ptr_null(b.kind);
    ck_assert_uint_eq(b.folder, 9);
    ck_assert_uint_eq(b.nids, 3);
    ck_assert_mem_eq(b.ids, ids, sizeof ids);
    ck_assert_uint_eq(b.rows[0], rows[0]);
    ck_assert_uint_eq(b.add, a.add);
    ck_assert_uint_eq(b.remove, a.remove);
    ck_assert_str_eq(b.add_keywords[1], "later");
    ck_assert_ptr_null(b.add_keywords[2]);
    ck_assert_ptr_null(b.remove_keywords[0]);
    ck_assert_uint_eq(b.until, UNTIL_DISCONNECT);
    ck_assert(b.on && b.get.cumulative);
    ck_assert_int_eq(b.get.verb, GET_MOVE);
    ck_assert_int_eq(b.get.parts, GET_WHOLE);
    ck_assert_int_eq(b.get.max_size, -1);
    ck_assert_int_eq(b.get.total_limit, 1LL << 40);
    remote_args_clear(&b);
}
END_TEST

static const char *const wrong[] = {
    "{\"ids\":[1,-1]}",   "{\"ids\":[4294967296]}", "{\"ids\":1}",       "{\"folder\":\"x\"}", "{\"account\":5}",
    "{\"add\":[\"a b\"]}", "{\"add\":[7]}",         "{\"until\":\"x\"}", "{\"on\":1}",         "{\"query\":[]}",
    "{\"query\":[{\"is\":\"and\",\"children\":2},{\"is\":\"all\"}]}",
    "{\"query\":[{\"is\":\"not\",\"children\":2},{\"is\":\"all\"},{\"is\":\"all\"}]}",
    "{\"query\":[{\"is\":\"from\"}]}", "{\"query\":[{\"is\":\"all\"},{\"is\":\"all\"}]}",
};

START_TEST(wrong_arguments_are_seen)
{
    g_autoptr(json_text) t = json_read(wrong[_i], strlen(wrong[_i]), NULL);
    g_autoptr(GPtrArray) owned = g_ptr_array_new_with_free_func(g_free);
    remote_args a;
    ck_assert_ptr_nonnull(t);
    ck_assert_msg(!remote_args_read(t, &a, owned), "%s", wrong[_i]);
    remote_args_clear(&a);
}
END_TEST

static bool same(const query *a, const query *b)
{
    guint n = a->children != NULL ? a->children->len : 0, m = b->children != NULL ? b->children->len : 0;
    bool ok = a->kind == b->kind && n == m && g_strcmp0(a->text, b->text) == 0 && g_strcmp0(a->folded, b->folded) == 0 &&
              (a->kind != QUERY_FLAG || a->flags == b->flags) &&
              (a->kind != QUERY_DATE || (a->from_s == b->from_s && a->to_s == b->to_s)) &&
              (a->kind != QUERY_SIZE || (a->from_bytes == b->from_bytes && a->to_bytes == b->to_bytes));
    for (guint i = 0; ok && i < n; i++)
        ok = same(g_ptr_array_index(a->children, i), g_ptr_array_index(b->children, i));
    return ok;
}

static const char *const queries[] = {
    "", "word", "from:ada -is:flagged", "(a OR b c) newer:7d larger:1M", "in:work:Lists/* body:\"x y\" smaller:10K",
    "older:1y tag:todo has:attachment is:unread id:<x@y> ~l account:work", "not (not (not to:\xc3\x89))",
};

START_TEST(a_query_comes_back_as_it_was)
{
    g_autoptr(query) q = query_parse(queries[_i], 1770000000, NULL);
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(json_text) t = written(out, &(remote_args){ .query = q });
    g_autoptr(query) back = remote_query_read(t, json_member(t, 0, "query"));
    ck_assert_ptr_nonnull(back);
    ck_assert(same(q, back));
}
END_TEST

START_TEST(every_operation_is_found_by_its_name)
{
    static const char *const names[] = { "flag", "move", "folders create", "sync", "search", "open", "journal" };
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        ck_assert_ptr_nonnull(remote_operation_find(names[i]));
    ck_assert_ptr_null(remote_operation_find("hello"));
    ck_assert(!remote_operation_find("copy")->repeats);
    ck_assert(!remote_operation_find("delete")->repeats);
    ck_assert(!remote_operation_find("undo")->repeats);
}
END_TEST

/* ---- events */

START_TEST(a_problem_and_a_state_come_back)
{
    mtm_problem p = { .kind = ERROR_TLS, .account = (char *)"w", .host = (char *)"h", .port = 993, .step = (char *)"tls",
                      .detail = (char *)"why \"so\"" };
    mtm_account_status s = { .account = "w", .state = STATE_WAITING, .phase = "headers", .done = 3, .total = 9,
                             .folder_name = "INBOX", .idle = true, .pending = 4, .parked = 1, .received = 1ULL << 40,
                             .next_try_s = 1770000000, .problem = &p };
    g_autoptr(GString) out = g_string_new(NULL);
    remote_status_write(out, &s, true);
    g_autoptr(json_text) t = json_read(out->str, out->len, NULL);
    session_state back;
    ck_assert(remote_status_read(t, &back));
    ck_assert_int_eq(back.state, STATE_WAITING);
    ck_assert_str_eq(back.phase, "headers");
    ck_assert_str_eq(back.folder_name, "INBOX");
    ck_assert(back.idle && back.listing);
    ck_assert_uint_eq(back.received, 1ULL << 40);
    ck_assert_int_eq(back.next_try_s, 1770000000);
    ck_assert_int_eq(back.problem->kind, ERROR_TLS);
    ck_assert_uint_eq(back.problem->port, 993);
    ck_assert_str_eq(back.problem->detail, p.detail);
    g_free(back.folder_name);
    mtm_problem_free(back.problem);
}
END_TEST

/* ---- the place */

START_TEST(a_socket_has_its_place)
{
    g_autofree char *dir = g_dir_make_tmp("cursus-place.XXXXXX", NULL);
    g_autofree char *deep = g_build_filename(dir, "a-name-of-forty-characters-aaaaaaaaaaaaa", "b-name-of-forty-characters-bbbbbbbbbbbb",
                                             "c-name-of-forty-characters-cccccccccccc", NULL);
    const char *runtime = _i == 0 ? dir : deep;
    g_mkdir_with_parents(runtime, 0700);
    g_setenv("XDG_RUNTIME_DIR", runtime, TRUE);
    g_autofree char *state_home = g_build_filename(dir, "state", NULL);
    g_setenv("XDG_STATE_HOME", state_home, TRUE);
    g_autofree char *state = path_state_dir(), *path = NULL, *second = NULL;
    int fd = remote_place_listen(state, &path, NULL);
    ck_assert_int_ge(fd, 0);
    ck_assert(g_str_has_suffix(path, "/cursus/engine.sock") && g_str_has_prefix(path, runtime));
    struct stat s;
    ck_assert_int_eq(lstat(path, &s), 0);
    ck_assert_uint_eq(s.st_mode & 0777, 0600);
    int client = remote_place_connect(path), there = remote_place_accept(fd);
    ck_assert_int_ge(client, 0);
    ck_assert_int_ge(there, 0);
    int other = remote_place_listen(state, &second, NULL); /* while that one lives, as another store's would */
    ck_assert_int_ge(other, 0);
    ck_assert_str_ne(path, second);
    close(fd);
    ck_assert_int_lt(remote_place_connect(path), 0);
    g_autofree char *again = NULL;
    fd = remote_place_listen(state, &again, NULL); /* the file of a dead one is replaced */
    ck_assert_str_eq(again, path);
    remote_place_remove(again);
    remote_place_remove(second);
    ck_assert(!g_file_test(path, G_FILE_TEST_EXISTS));
    close(fd);
    close(other);
    close(client);
    close(there);
    ck_assert_int_lt(remote_place_connect("relative"), 0);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("remote");
    TCase *t = tcase_create("wire");
    tcase_add_test(t, lines_come_whole_however_they_arrive);
    tcase_add_loop_test(t, a_line_has_a_longest_length, 0, 3);
    tcase_add_test(t, a_wire_may_be_freed_by_its_line);
    tcase_add_test(t, who_does_not_read_is_given_up);
    tcase_add_loop_test(t, who_reads_late_gets_all, 0, 2);
    suite_add_tcase(s, t);
    t = tcase_create("words");
    tcase_add_test(t, arguments_come_back_as_they_were);
    tcase_add_loop_test(t, wrong_arguments_are_seen, 0, G_N_ELEMENTS(wrong));
    tcase_add_loop_test(t, a_query_comes_back_as_it_was, 0, G_N_ELEMENTS(queries));
    tcase_add_test(t, every_operation_is_found_by_its_name);
    tcase_add_test(t, a_problem_and_a_state_come_back);
    suite_add_tcase(s, t);
    t = tcase_create("place");
    tcase_add_loop_test(t, a_socket_has_its_place, 0, 2);
    suite_add_tcase(s, t);
    return s;
}
