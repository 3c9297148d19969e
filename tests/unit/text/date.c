/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dates for people around a frozen now, for machines, and sizes. */
#include "text/date.h"
#include "text/cells.h"
#include "unit/runner.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MINUTE 60
#define HOUR 3600
#define DAY 86400
/* Sunday, 2026-11-22 10:14:00 UTC. */
#define NOW G_GINT64_CONSTANT(1795342440)

static void zone(const char *name)
{
    g_setenv("TZ", name, TRUE);
    tzset();
}

static void utc(void)
{
    zone("UTC");
}

static const struct {
    gint64 ago_s;
    const char *text;
} shorts[] = {
    { 0, "10:14" },
    { 10 * HOUR + 14 * MINUTE, "00:00" },
    { 10 * HOUR + 15 * MINUTE, "Yesterday" },
    { 34 * HOUR + 14 * MINUTE, "Yesterday" },
    { 34 * HOUR + 15 * MINUTE, "Fri" },
    { 6 * DAY, "Mon" },
    { 7 * DAY, "15 Nov" },
    { 19 * DAY, "03 Nov" },
    { 363 * DAY, "24 Nov" },
    { 364 * DAY, "2025" },
    { 3000 * DAY, "2018" },
    { -HOUR, "11:14" },
    { -DAY, "23 Nov" },
    { -400 * DAY, "2027" },
};

START_TEST(short_dates_follow_the_calendar)
{
    g_autofree char *text = text_date_short(NOW - shorts[_i].ago_s, NOW);
    ck_assert_str_eq(text, shorts[_i].text);
    ck_assert_int_le(text_columns(text, -1), 9);
}
END_TEST

START_TEST(short_dates_are_local)
{
    zone("TST-13");
    g_autofree char *today = text_date_short(NOW, NOW);
    ck_assert_str_eq(today, "23:14");
    /* 23 hours ago is today's 00:14 there and yesterday in London. */
    g_autofree char *early = text_date_short(NOW - 23 * HOUR, NOW);
    ck_assert_str_eq(early, "00:14");
}
END_TEST

/* The clock went back on 2026-10-25: 25 hours before a Monday noon is still the Sunday. */
START_TEST(a_day_of_25_hours_is_one_day)
{
    zone("CET-1CEST,M3.5.0,M10.5.0/3");
    gint64 monday_noon = 1792926000; /* 2026-10-26 12:00 CET */
    g_autofree char *text = text_date_short(monday_noon - 36 * HOUR, monday_noon);
    ck_assert_str_eq(text, "Yesterday"); /* Sunday 00:00 CET is 01:00 CEST */
}
END_TEST

static const struct {
    gint64 ago_s;
    int offset_min;
    const char *text;
} longs[] = {
    { 12 * MINUTE, 0, "Sun 22 Nov 2026 10:02 +0000 (12 minutes ago)" },
    { 0, 0, "Sun 22 Nov 2026 10:14 +0000 (just now)" },
    { 59, 0, "Sun 22 Nov 2026 10:13 +0000 (just now)" },
    { MINUTE, 0, "Sun 22 Nov 2026 10:13 +0000 (1 minute ago)" },
    { HOUR, 330, "Sun 22 Nov 2026 14:44 +0530 (1 hour ago)" },
    { 23 * HOUR, -480, "Sat 21 Nov 2026 03:14 -0800 (23 hours ago)" },
    { DAY, 0, "Sat 21 Nov 2026 10:14 +0000 (1 day ago)" },
    { 60 * DAY, 0, "Wed 23 Sep 2026 10:14 +0000 (60 days ago)" },
    { 61 * DAY, 0, "Tue 22 Sep 2026 10:14 +0000 (2 months ago)" },
    { 800 * DAY, 0, "Fri 13 Sep 2024 10:14 +0000 (2 years ago)" },
    { -30, 0, "Sun 22 Nov 2026 10:14 +0000 (just now)" },
    { -5 * MINUTE, 0, "Sun 22 Nov 2026 10:19 +0000 (in 5 minutes)" },
    { -2 * HOUR, 0, "Sun 22 Nov 2026 12:14 +0000 (in 2 hours)" },
    { -3 * DAY, 0, "Wed 25 Nov 2026 10:14 +0000 (in 3 days)" },
    { 0, 99999, "Sun 22 Nov 2026 10:14 +0000 (just now)" },
    { 0, -1440, "Sun 22 Nov 2026 10:14 +0000 (just now)" },
    { 0, 1439, "Mon 23 Nov 2026 10:13 +2359 (just now)" },
};

START_TEST(long_dates_show_the_senders_zone_and_the_distance)
{
    g_autofree char *text = text_date_long(NOW - longs[_i].ago_s, longs[_i].offset_min, NOW);
    ck_assert_str_eq(text, longs[_i].text);
}
END_TEST

static const struct {
    gint64 date_s;
    const char *text;
} machines[] = {
    { NOW, "2026-11-22T10:14:00Z" },
    { 1, "1970-01-01T00:00:01Z" },
    { -1, "1969-12-31T23:59:59Z" },
    { 0, "" },
    { G_GINT64_CONSTANT(253402300799), "9999-12-31T23:59:59Z" },
    { G_GINT64_CONSTANT(253402300800), "" },
    { G_GINT64_CONSTANT(-62135596800), "0001-01-01T00:00:00Z" },
    { G_MAXINT64, "" },
    { G_MININT64, "" },
};

START_TEST(machines_get_rfc_3339)
{
    g_autofree char *text = text_date_rfc3339(machines[_i].date_s);
    ck_assert_str_eq(text, machines[_i].text);
}
END_TEST

START_TEST(absurd_dates_are_empty_not_fatal)
{
    static const gint64 dates[] = { 0, G_MAXINT64, G_MININT64, G_MAXINT64 / 1000000,
                                    G_MININT64 / 1000000 };
    for (guint i = 0; i < G_N_ELEMENTS(dates); i++) {
        g_autofree char *line = text_date_short(dates[i], NOW);
        ck_assert_str_eq(line, "");
        g_autofree char *full = text_date_long(dates[i], 0, NOW);
        ck_assert_str_eq(full, "");
    }
}
END_TEST

static const struct {
    guint64 nbytes;
    const char *text;
} sizes[] = {
    { 0, "0" },
    { 340, "340" },
    { 999, "999" },
    { 1000, "1K" },
    { 1024, "1K" },
    { 1535, "1K" },
    { 1536, "2K" },
    { 18 * 1024, "18K" },
    { 1023487, "999K" },
    { 1023488, "1.0M" },
    { 1 << 20, "1.0M" },
    { 1258291, "1.2M" },
    { 10433332, "10M" }, /* 9.95 rounds to two digits */
    { 10380902, "9.9M" },
    { 500 << 20, "500M" },
    { G_GUINT64_CONSTANT(1) << 40, "1.0T" },
    { G_MAXUINT64, "16E" },
};

START_TEST(sizes_have_at_most_five_columns)
{
    g_autofree char *text = text_size_short(sizes[_i].nbytes);
    ck_assert_str_eq(text, sizes[_i].text);
}
END_TEST

START_TEST(sizes_never_shrink)
{
    double last = 0;
    for (guint64 n = 0; n < G_MAXUINT64 / 2; n += n / 97 + 1) {
        g_autofree char *text = text_size_short(n);
        if (strlen(text) > 5)
            ck_abort_msg("%s", text);
        char *unit;
        double value = g_ascii_strtod(text, &unit);
        for (const char *u = "KMGTPE"; *unit != '\0' && *u != '\0'; u++) {
            value *= 1024;
            if (*u == *unit)
                break;
        }
        if (value < last * 0.95)
            ck_abort_msg("%s after %f", text, last);
        last = value;
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("date");
    TCase *people = tcase_create("people");
    tcase_add_checked_fixture(people, utc, NULL);
    tcase_add_loop_test(people, short_dates_follow_the_calendar, 0, G_N_ELEMENTS(shorts));
    tcase_add_test(people, short_dates_are_local);
    tcase_add_test(people, a_day_of_25_hours_is_one_day);
    tcase_add_loop_test(people, long_dates_show_the_senders_zone_and_the_distance, 0,
                        G_N_ELEMENTS(longs));
    tcase_add_test(people, absurd_dates_are_empty_not_fatal);
    suite_add_tcase(suite, people);
    TCase *machine = tcase_create("machines");
    tcase_add_loop_test(machine, machines_get_rfc_3339, 0, G_N_ELEMENTS(machines));
    tcase_add_loop_test(machine, sizes_have_at_most_five_columns, 0, G_N_ELEMENTS(sizes));
    tcase_add_test(machine, sizes_never_shrink);
    suite_add_tcase(suite, machine);
    return suite;
}
