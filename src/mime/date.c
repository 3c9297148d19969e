/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dates are read by what each token can be, not by its place: "Sun, 22 Nov 2026 10:02:00 +0000
 * (UTC)", the same without zone or seconds, asctime's "Sun Nov 22 10:02:00 2026",
 * "2026-11-22T10:02:00Z", two-digit years and named zones all come out. */
#include "mime/date.h"

#include <string.h>

typedef struct date_fields {
    int year, month, day; /* month 1 to 12; -1 unknown */
    int hour, minute, second;
    int offset_min;
    bool has_zone, afternoon, has_half;
} date_fields;

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return g_ascii_isalpha(c);
}

/* Up to nine digits; the rest of a longer run is skipped and the value is -1. */
static const char *scan_number(const char *p, const char *end, int *value, int *ndigits)
{
    int n = 0, v = 0;
    for (; p < end && is_digit(*p); p++)
        if (++n <= 9)
            v = v * 10 + (*p - '0');
    *value = n <= 9 ? v : -1;
    *ndigits = MIN(n, 10);
    return p;
}

static int month_number(const char *p)
{
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    for (int m = 0; m < 12; m++)
        if (g_ascii_strncasecmp(p, names + 3 * m, 3) == 0)
            return m + 1;
    return 0;
}

/* Section 4.3: the American names; military letters say nothing reliable and count as UTC. */
static bool zone_by_name(const char *p, gsize n, int *offset_min)
{
    static const struct {
        const char *name;
        int hours;
    } zones[] = { { "UT", 0 },   { "UTC", 0 },  { "GMT", 0 },  { "Z", 0 },    { "EST", -5 },
                  { "EDT", -4 }, { "CST", -6 }, { "CDT", -5 }, { "MST", -7 }, { "MDT", -6 },
                  { "PST", -8 }, { "PDT", -7 }, { "CET", 1 },  { "MET", 1 },  { "CEST", 2 },
                  { "MEST", 2 }, { "BST", 1 },  { "JST", 9 } };
    for (gsize i = 0; i < G_N_ELEMENTS(zones); i++) {
        if (strlen(zones[i].name) == n && g_ascii_strncasecmp(p, zones[i].name, n) == 0) {
            *offset_min = zones[i].hours * 60;
            return true;
        }
    }
    return n == 1;
}

static void take_word(date_fields *d, const char *p, gsize n)
{
    int month = n >= 3 ? month_number(p) : 0, offset;
    if (month && d->month < 0) {
        d->month = month;
    } else if (n == 2 && d->hour >= 0 && g_ascii_toupper(p[1]) == 'M' && strchr("aApP", *p)) {
        d->has_half = true;
        d->afternoon = g_ascii_toupper(*p) == 'P';
    } else if (d->hour >= 0 && !d->has_zone) {
        offset = 0;
        d->has_zone = zone_by_name(p, n, &offset);
        if (d->has_zone)
            d->offset_min = offset;
    }
}

/* "+0530", "-08:00", "+1"; what no place on earth has is no zone. */
static const char *take_zone(date_fields *d, const char *p, const char *end)
{
    int sign = *p++ == '-' ? -1 : 1, value, n, minutes = 0, ignored;
    p = scan_number(p, end, &value, &n);
    if (n <= 2 && p + 1 < end && *p == ':' && is_digit(p[1]))
        p = scan_number(p + 1, end, &minutes, &ignored);
    else if (n >= 3)
        minutes = value % 100, value /= 100;
    d->has_zone = true;
    if (value >= 0 && value <= 14 && minutes >= 0 && minutes < 60)
        d->offset_min = sign * (value * 60 + minutes);
    return p;
}

/* The hour is read; p is at its separator. */
static const char *take_time(date_fields *d, int hour, const char *p, const char *end)
{
    char separator = *p;
    int n;
    d->hour = hour;
    p = scan_number(p + 1, end, &d->minute, &n);
    d->second = 0;
    if (p + 1 < end && *p == separator && is_digit(p[1]))
        p = scan_number(p + 1, end, &d->second, &n);
    if (p + 1 < end && *p == '.' && is_digit(p[1])) /* fractions of a second */
        p = scan_number(p + 1, end, &hour, &n);
    return p;
}

static int full_year(int value, int ndigits)
{
    if (ndigits >= 4)
        return value;
    if (ndigits == 3) /* years since 1900, from broken clocks of 2000 */
        return value + 1900;
    return value < 50 ? value + 2000 : value + 1900;
}

static void take_number(date_fields *d, int value, int ndigits)
{
    if (ndigits >= 3 && d->year < 0 && !(ndigits == 3 && value <= 31)) /* "029 Apr" is a day */
        d->year = full_year(value, ndigits);
    else if (d->day < 0)
        d->day = value;
    else if (d->month < 0)
        d->month = value; /* 2026-11-22 has taken its 11 as the day; finish puts that right */
    else if (d->year < 0)
        d->year = full_year(value, ndigits);
}

static const char *skip_comment(const char *p, const char *end)
{
    guint depth = 0;
    for (; p < end; p++) {
        if (*p == '(')
            depth++;
        else if (*p == ')' && --depth == 0)
            return p + 1;
    }
    return end;
}

static bool time_follows(const date_fields *d, const char *p, const char *end, int ndigits)
{
    return d->hour < 0 && ndigits <= 2 && p + 1 < end && is_digit(p[1]) &&
           (*p == ':' || (*p == '.' && d->month > 0 && d->year >= 0));
}

static void scan(date_fields *d, const char *p, const char *end)
{
    bool iso = false;
    while (p < end) {
        if (is_digit(*p)) {
            int value, n;
            p = scan_number(p, end, &value, &n);
            if (time_follows(d, p, end, n)) {
                p = take_time(d, value, p, end);
            } else {
                iso = iso || (n == 4 && d->year < 0 && d->day < 0 && d->month < 0);
                take_number(d, value, n);
            }
        } else if (is_letter(*p)) {
            const char *word = p;
            while (p < end && is_letter(*p))
                p++;
            take_word(d, word, (gsize)(p - word));
        } else if ((*p == '+' || *p == '-') && d->hour >= 0 && p + 1 < end && is_digit(p[1]) &&
                   !d->has_zone) {
            p = take_zone(d, p, end);
        } else if (*p == '(') {
            p = skip_comment(p, end);
        } else {
            p++;
        }
    }
    if (iso) { /* year, month, day */
        int month = d->day;
        d->day = d->month;
        d->month = month;
    }
}

static gint64 days_from_civil(int year, int month, int day)
{
    gint64 y = month <= 2 ? year - 1 : year;
    gint64 era = y / 400, of_era = y - era * 400;
    gint64 of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int days_of_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

bool date_parse(const char *value, gsize nbytes, gint64 *date_s, int *offset_min)
{
    date_fields d = { .year = -1, .month = -1, .day = -1, .hour = -1 };
    *date_s = 0;
    *offset_min = 0;
    scan(&d, value, value + nbytes);
    if (d.year < 1900 || d.year > 9999 || d.month < 1 || d.month > 12 || d.day < 1 ||
        d.day > days_of_month(d.year, d.month))
        return false;
    if (d.has_half && d.hour >= 1 && d.hour <= 12)
        d.hour = d.hour % 12 + (d.afternoon ? 12 : 0);
    if (d.hour < 0 || d.hour > 24 || d.minute < 0 || d.minute > 59 || d.second < 0 || d.second > 60)
        d.hour = d.minute = d.second = 0; /* a day is better than nothing */
    *date_s = days_from_civil(d.year, d.month, d.day) * 86400 + d.hour * 3600 + d.minute * 60 +
              d.second - (gint64)d.offset_min * 60;
    *offset_min = d.offset_min;
    return true;
}
