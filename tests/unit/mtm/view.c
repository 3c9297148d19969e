/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows that are gone from the store keep their places in a view. */
#include "unit/runner.h"

#include "mtm/view-private.h"

#include <string.h>

/* "abc": a row a letter; ids are the letters. */
static store_view *snapshot(const char *letters)
{
    store_view *v = g_new0(store_view, 1);
    v->n = (guint32)strlen(letters);
    v->rows = g_new0(view_row, v->n + 1);
    v->complete = true;
    for (guint32 i = 0; i < v->n; i++)
        v->rows[i].id = (guint32)letters[i];
    return v;
}

static char *letters_of(const store_view *v)
{
    GString *out = g_string_new(NULL);
    for (guint32 i = 0; i < v->n; i++)
        g_string_append_c(out, (char)v->rows[i].id);
    return g_string_free(out, FALSE);
}

static const struct {
    const char *before, *moved, *read, *fresh, *after; /* after NULL: fresh as it is */
} kept[] = {
    { "abcd", "", "", "abd", NULL },
    { "abcd", "c", "", "abcd", NULL },
    { "abcd", "c", "", "abd", "abcd" },
    { "abcd", "", "c", "abd", NULL },
    { "abcd", "bc", "", "ad", "abcd" },
    { "abcd", "a", "", "bcd", "abcd" },
    { "abcd", "a", "", "Nbcd", "Nabcd" },
    { "abcd", "abcd", "", "", "abcd" },
    { "abcd", "abcd", "", "N", "Nabcd" },
    { "abcd", "d", "", "abcN", "abcdN" },
    { "abcd", "c", "", "bad", "bcad" },
    { "abcd", "x", "", "ab", NULL },
};

START_TEST(gone_rows_stay)
{
    struct mtm_view v = { .snapshot = snapshot(kept[_i].before), .held = g_hash_table_new(NULL, NULL) };
    v.by_id = view_index_by_id(v.snapshot);
    for (const char *c = kept[_i].moved; *c != '\0'; c++)
        g_hash_table_insert(v.held, GUINT_TO_POINTER((guint)*c), GUINT_TO_POINTER(1));
    for (const char *c = kept[_i].read; *c != '\0'; c++)
        g_hash_table_insert(v.held, GUINT_TO_POINTER((guint)*c), NULL);
    g_autoptr(store_view) fresh = snapshot(kept[_i].fresh);
    g_autofree id_index *by_id = view_index_by_id(fresh);
    g_autoptr(store_view) out = view_keep_gone(&v, fresh, by_id);
    if (kept[_i].after == NULL) {
        ck_assert_ptr_null(out);
    } else {
        ck_assert_ptr_nonnull(out);
        g_autofree char *letters = letters_of(out);
        ck_assert_str_eq(letters, kept[_i].after);
    }
    g_hash_table_unref(v.held);
    g_free(v.by_id);
    store_view_free(v.snapshot);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("mtm/view");
    TCase *t = tcase_create("held");
    tcase_add_loop_test(t, gone_rows_stay, 0, G_N_ELEMENTS(kept));
    suite_add_tcase(suite, t);
    return suite;
}
