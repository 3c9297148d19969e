/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dates, ages and sizes of the query language.  Days begin at midnight of the local zone, so the
 * calendar is GDateTime's and not seconds divided by 86400. */
#include "model/query-value.h"
#include "base/error.h"
#include "base/i18n.h"

#include <string.h>

/* A run of digits of at most max_digits; NULL when there is none or it is longer. */
static const char *take_number(const char *p, int max_digits, int *number)
{
    int ndigits = 0;
    *number = 0;
    for (; g_ascii_isdigit(*p); p++) {
        if (++ndigits > max_digits)
            return NULL;
        *number = *number * 10 + (*p - '0');
    }
    return ndigits > 0 ? p : NULL;
}

static bool bad_date(const char *text, GError **error)
{
    error_set(error, ERROR_INPUT,
              _("'%s' is not a date; expected 2024, 2024-01, 2024-01-15, today, yesterday or two of them "
                "with '..' between"), text);
    return false;
}

static bool bad_mutt_date(const char *text, GError **error)
{
    error_set(error, ERROR_INPUT,
              _("'%s' is not a date; expected <7d, >1m, 2024-01..2024-06, or DD/MM/YYYY with '-' between two"), text);
    return false;
}

/* The days [*start, *end) that a calendar date covers; day or month 0 is the whole month or year. */
static bool span_of(int year, int month, int day, GDateTime **start, GDateTime **end)
{
    *start = g_date_time_new_local(year, month != 0 ? month : 1, day != 0 ? day : 1, 0, 0, 0);
    *end = NULL;
    if (*start == NULL)
        return false;
    if (month == 0)
        *end = g_date_time_add_years(*start, 1);
    else if (day == 0)
        *end = g_date_time_add_months(*start, 1);
    else
        *end = g_date_time_add_days(*start, 1);
    return *end != NULL;
}

static bool named_day(const char *text, gint64 now_s, GDateTime **start, GDateTime **end)
{
    bool yesterday = g_ascii_strcasecmp(text, "yesterday") == 0;
    if (!yesterday && g_ascii_strcasecmp(text, "today") != 0)
        return false;
    g_autoptr(GDateTime) now = g_date_time_new_from_unix_local(now_s);
    g_autoptr(GDateTime) day = now != NULL ? g_date_time_add_days(now, yesterday ? -1 : 0) : NULL;
    return day != NULL && span_of(g_date_time_get_year(day), g_date_time_get_month(day),
                                  g_date_time_get_day_of_month(day), start, end);
}

static bool iso_day(const char *text, GDateTime **start, GDateTime **end)
{
    int part[3] = { 0, 0, 0 };
    const char *p = text;
    for (int i = 0; i < 3; i++) {
        const char *begin = p;
        p = take_number(p, i == 0 ? 4 : 2, &part[i]);
        if (p == NULL || part[i] == 0 || (i == 0 && p - begin != 4))
            return false;
        if (*p == '\0')
            return span_of(part[0], part[1], part[2], start, end);
        if (*p++ != '-')
            return false;
    }
    return false;
}

/* Seconds of one date; to_s is the first second after it. */
static bool one_date(const char *text, gint64 now_s, gint64 *from_s, gint64 *to_s)
{
    g_autoptr(GDateTime) start = NULL;
    g_autoptr(GDateTime) end = NULL;
    if (!named_day(text, now_s, &start, &end)) {
        g_clear_pointer(&start, g_date_time_unref);
        g_clear_pointer(&end, g_date_time_unref);
        if (!iso_day(text, &start, &end))
            return false;
    }
    *from_s = g_date_time_to_unix(start);
    *to_s = g_date_time_to_unix(end);
    return true;
}

bool query_value_dates(const char *text, gint64 now_s, gint64 *from_s, gint64 *to_s, GError **error)
{
    const char *dots = strstr(text, "..");
    if (dots == NULL)
        return one_date(text, now_s, from_s, to_s) || bad_date(text, error);
    g_autofree char *first = g_strndup(text, (gsize)(dots - text));
    const char *last = dots + 2;
    gint64 ignored;
    *from_s = G_MININT64;
    *to_s = G_MAXINT64;
    if (first[0] == '\0' && last[0] == '\0')
        return bad_date(text, error);
    if (first[0] != '\0' && !one_date(first, now_s, from_s, &ignored))
        return bad_date(first, error);
    if (last[0] != '\0' && !one_date(last, now_s, &ignored, to_s))
        return bad_date(last, error);
    if (*from_s < *to_s)
        return true;
    error_set(error, ERROR_INPUT, _("'%s' ends before it begins"), text);
    return false;
}

bool query_value_age(const char *text, gint64 now_s, gint64 *then_s, GError **error)
{
    int number = 0;
    const char *p = take_number(text, 5, &number);
    g_autoptr(GDateTime) now = g_date_time_new_from_unix_local(now_s);
    g_autoptr(GDateTime) then = NULL;
    if (p != NULL && now != NULL && p[0] != '\0' && p[1] == '\0') {
        switch (g_ascii_tolower(p[0])) {
        case 'h': then = g_date_time_add_hours(now, -number); break;
        case 'd': then = g_date_time_add_days(now, -number); break;
        case 'w': then = g_date_time_add_weeks(now, -number); break;
        case 'm': then = g_date_time_add_months(now, -number); break;
        case 'y': then = g_date_time_add_years(now, -number); break;
        default: break;
        }
    }
    if (then == NULL) {
        error_set(error, ERROR_INPUT,
                  _("'%s' is not an age; expected a number and h, d, w, m (months) or y, as in 7d"), text);
        return false;
    }
    *then_s = g_date_time_to_unix(then);
    return true;
}

bool query_value_size(const char *text, guint64 *nbytes, GError **error)
{
    char *end = NULL;
    guint64 number = g_ascii_isdigit(text[0]) ? g_ascii_strtoull(text, &end, 10) : 0;
    unsigned shift = 0;
    bool good = end != NULL;
    if (good && *end != '\0') {
        switch (g_ascii_toupper(*end)) {
        case 'K': shift = 10; break;
        case 'M': shift = 20; break;
        case 'G': shift = 30; break;
        default: good = false; break;
        }
        if (good && g_ascii_toupper(end[1]) == 'B')
            end++;
        good = good && end[1] == '\0';
    }
    /* Sizes are signed 64 bit numbers in the store. */
    if (!good || number > ((guint64)G_MAXINT64 >> shift)) {
        error_set(error, ERROR_INPUT, _("'%s' is not a size; expected a number and K, M or G, as in 10K"), text);
        return false;
    }
    *nbytes = number << shift;
    return true;
}

/* mutt's 20240501, or DD[/MM[/[YY]YY]] where the missing parts are those of now. */
static bool mutt_day(const char *text, gint64 now_s, gint64 *from_s, gint64 *to_s)
{
    g_autoptr(GDateTime) now = g_date_time_new_from_unix_local(now_s);
    g_autoptr(GDateTime) start = NULL;
    g_autoptr(GDateTime) end = NULL;
    int day = 0, number = 0;
    const char *p = take_number(text, 8, &day);
    if (p == NULL || now == NULL)
        return false;
    int month = g_date_time_get_month(now), year = g_date_time_get_year(now);
    if (*p == '\0' && p - text == 8) {
        year = day / 10000;
        month = day / 100 % 100;
        day %= 100;
    } else if (*p == '/') {
        p = take_number(p + 1, 2, &month);
        if (p != NULL && *p == '/') {
            p = take_number(p + 1, 4, &number);
            year = number < 70 ? 2000 + number : number < 100 ? 1900 + number : number;
        }
    }
    if (p == NULL || *p != '\0' || year == 0 || month == 0 || day == 0 || !span_of(year, month, day, &start, &end))
        return false;
    *from_s = g_date_time_to_unix(start);
    *to_s = g_date_time_to_unix(end);
    return true;
}

static bool mutt_relative(const char *text, gint64 now_s, gint64 *from_s, gint64 *to_s, GError **error)
{
    gint64 then_s = 0;
    if (!query_value_age(text + 1, now_s, &then_s, error))
        return false;
    *from_s = text[0] == '>' ? G_MININT64 : then_s;
    *to_s = text[0] == '>' ? then_s : text[0] == '<' ? G_MAXINT64 : then_s + 86400;
    return true;
}

bool query_value_mutt_dates(const char *text, gint64 now_s, gint64 *from_s, gint64 *to_s, GError **error)
{
    if (strchr("<>=", text[0]) != NULL && text[0] != '\0')
        return mutt_relative(text, now_s, from_s, to_s, error);
    gint64 ignored;
    g_autoptr(GError) own = NULL;
    if (query_value_dates(text, now_s, from_s, to_s, &own))
        return true;
    const char *dash = strchr(text, '-');
    if (dash == NULL)
        return mutt_day(text, now_s, from_s, to_s) || bad_mutt_date(text, error);
    g_autofree char *first = g_strndup(text, (gsize)(dash - text));
    *from_s = G_MININT64;
    *to_s = G_MAXINT64;
    if (first[0] == '\0' && dash[1] == '\0')
        return bad_mutt_date(text, error);
    if ((first[0] != '\0' && !mutt_day(first, now_s, from_s, &ignored)) ||
        (dash[1] != '\0' && !mutt_day(dash + 1, now_s, &ignored, to_s)))
        return bad_mutt_date(text, error);
    return true;
}

bool query_value_mutt_sizes(const char *text, guint64 *from_bytes, guint64 *to_bytes, GError **error)
{
    *from_bytes = 0;
    *to_bytes = G_MAXUINT64;
    guint64 *one = text[0] == '<' ? to_bytes : from_bytes;
    if (text[0] == '<' || text[0] == '>')
        return query_value_size(text + 1, one, error);
    if (text[0] == '=')
        text++;
    const char *dash = strchr(text, '-');
    g_autofree char *first = dash != NULL ? g_strndup(text, (gsize)(dash - text)) : g_strdup(text);
    if (first[0] != '\0' && !query_value_size(first, from_bytes, error))
        return false;
    if (dash == NULL) {
        *to_bytes = *from_bytes + 1;
        return first[0] != '\0' || query_value_size(text, from_bytes, error);
    }
    if (dash[1] == '\0')
        return first[0] != '\0' || query_value_size(text, from_bytes, error);
    if (!query_value_size(dash + 1, to_bytes, error))
        return false;
    *to_bytes += 1; /* mutt's ranges hold both ends */
    return true;
}
