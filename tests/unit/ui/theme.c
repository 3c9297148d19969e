/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words of color rules, and how they are laid over the built-in looks. */
#include "ui/theme.h"

#include "command/command.h"
#include "unit/runner.h"

static const struct {
    const char *words;
    gint32 fg, bg;
    guint attrs;
} good[] = {
    { "", TERM_INHERIT, TERM_INHERIT, 0 },
    { "red", 1, TERM_INHERIT, 0 },
    { "bold red on blue", 1, 4, TERM_BOLD },
    { "bright-red", 9, TERM_INHERIT, 0 },
    { "brightblack on default", 8, TERM_DEFAULT, 0 },
    { "color208 on 17", 208, 17, 0 },
    { "#d75f00 on #000000", TERM_RGB | 0xd75f00, TERM_RGB, 0 },
    { "underline dim italic reverse", TERM_INHERIT, TERM_INHERIT,
      TERM_UNDERLINE | TERM_DIM | TERM_ITALIC | TERM_REVERSE },
    { "on green", TERM_INHERIT, 2, 0 },
};

START_TEST(words_become_styles)
{
    term_style style;
    ck_assert_ptr_null(theme_parse(good[_i].words, &style));
    ck_assert_int_eq(style.fg, good[_i].fg);
    ck_assert_int_eq(style.bg, good[_i].bg);
    ck_assert_uint_eq(style.attrs, good[_i].attrs);
}
END_TEST

static const struct {
    const char *words, *unknown;
} bad[] = { { "pink", "pink" },
            { "red on bold", "bold" },
            { "color256", "color256" },
            { "#12345", "#12345" },
            { "brightx", "brightx" } };

START_TEST(unknown_words_are_named)
{
    term_style style;
    ck_assert_str_eq(theme_parse(bad[_i].words, &style), bad[_i].unknown);
}
END_TEST

START_TEST(every_role_has_a_word)
{
    for (theme_role role = 0; role < LOOK_COUNT; role++) {
        g_autoptr(conf) c = conf_new();
        g_autoptr(theme) t = theme_new(c, 256, 0, NULL, NULL);
        term_style look = theme_look(t, role);
        ck_assert(look.fg >= TERM_INHERIT);
    }
    ck_assert_int_eq(theme_role_from_word("cursor"), LOOK_CURSOR);
    ck_assert_int_eq(theme_role_from_word("no such role"), LOOK_COUNT);
}
END_TEST

typedef struct fixture {
    conf *conf;
    command_table *table;
} fixture;

static fixture configured(const char *text)
{
    fixture f = { conf_new(), command_table_new() };
    conf_register(f.conf, f.table);
    ck_assert(command_run_text(f.table, text, NULL, NULL, 0, NULL, NULL, NULL));
    return f;
}

static void fixture_free(fixture *f)
{
    command_table_free(f->table);
    conf_free(f->conf);
}

START_TEST(rules_lie_over_the_theme)
{
    fixture f = configured(
        "color cursor white on blue; color 'is:flagged' bold red; color from:ada on green");
    g_autoptr(theme) t = theme_new(f.conf, 256, 0, NULL, NULL);
    g_autoptr(mail_summary) s = mail_summary_new();
    term_style style;
    ck_assert_int_eq(theme_look(t, LOOK_CURSOR).bg, 4);
    ck_assert(!theme_row(t, s, "work", "INBOX", &style));
    s->flags = FLAG_FLAGGED;
    g_ptr_array_add(s->from, address_new("Ada", "ada@example.org"));
    ck_assert(theme_row(t, s, "work", "INBOX", &style));
    ck_assert_int_eq(style.fg, 1);
    ck_assert_int_eq(style.bg, 2);
    ck_assert_uint_eq(style.attrs, TERM_BOLD);
    fixture_free(&f);
}
END_TEST

START_TEST(mono_has_no_colors)
{
    fixture f = configured("set theme mono; color cursor white on blue");
    g_autoptr(theme) t = theme_new(f.conf, 256, 0, NULL, NULL);
    for (theme_role role = 0; role < LOOK_COUNT; role++) {
        ck_assert_int_eq(theme_look(t, role).fg, TERM_INHERIT);
        ck_assert_int_eq(theme_look(t, role).bg, TERM_INHERIT);
    }
    fixture_free(&f);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("theme");
    TCase *t = tcase_create("theme");
    tcase_add_loop_test(t, words_become_styles, 0, G_N_ELEMENTS(good));
    tcase_add_loop_test(t, unknown_words_are_named, 0, G_N_ELEMENTS(bad));
    tcase_add_test(t, every_role_has_a_word);
    tcase_add_test(t, rules_lie_over_the_theme);
    tcase_add_test(t, mono_has_no_colors);
    suite_add_tcase(s, t);
    return s;
}
