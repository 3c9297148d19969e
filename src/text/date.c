/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dates as people read them (in the locale's words and the local zone) and as machines do (RFC
 * 3339, in UTC).  GDateTime ends at the year 9999; what lies outside gives "". */
#include "text/date.h"
#include "base/i18n.h"

#define MINUTE_S 60
#define HOUR_S 3600
#define DAY_S 86400
/* One day less: the same date of last year would look like today's. */
#define YEAR_DAYS 364

/* Whole days from one date to another by the calendar, not by 24 hours. */
static int days_between(GDateTime *from, GDateTime *to)
{
    GDate a, b;
    g_date_clear(&a, 1);
    g_date_clear(&b, 1);
    g_date_set_dmy(&a, (GDateDay)g_date_time_get_day_of_month(from),
                   (GDateMonth)g_date_time_get_month(from), (GDateYear)g_date_time_get_year(from));
    g_date_set_dmy(&b, (GDateDay)g_date_time_get_day_of_month(to),
                   (GDateMonth)g_date_time_get_month(to), (GDateYear)g_date_time_get_year(to));
    return g_date_days_between(&a, &b);
}

char *text_date_short(gint64 date_s, gint64 now_s)
{
    if (date_s == 0)
        return g_strdup("");
    g_autoptr(GDateTime) date = g_date_time_new_from_unix_local(date_s);
    g_autoptr(GDateTime) now = g_date_time_new_from_unix_local(now_s);
    if (date == NULL || now == NULL)
        return g_strdup("");
    int days = days_between(date, now);
    const char *format = "%Y";
    if (days == 0)
        /* TRANSLATORS: time of day in the list of mails, in the letters of strftime; at most 9
         * columns. */
        format = _("%H:%M");
    else if (days == 1)
        return g_strdup(_("Yesterday"));
    else if (days > 1 && days < 7)
        /* TRANSLATORS: the weekday of a mail within the last week; at most 9 columns. */
        format = _("%a");
    else if (ABS(days) < YEAR_DAYS)
        /* TRANSLATORS: day and month of a mail within the last year; at most 9 columns. */
        format = _("%d %b");
    char *text = g_date_time_format(date, format);
    return text != NULL ? text : g_strdup("");
}

/* "12 minutes ago"; the largest unit that fits, rounded down. */
static char *describe_past(gint64 ago_s)
{
    guint64 s = (guint64)ago_s;
    if (s < MINUTE_S)
        return g_strdup(_("just now"));
    if (s < HOUR_S)
        return g_strdup_printf(ngettext("%u minute ago", "%u minutes ago", (guint)(s / MINUTE_S)),
                               (guint)(s / MINUTE_S));
    if (s < DAY_S)
        return g_strdup_printf(ngettext("%u hour ago", "%u hours ago", (guint)(s / HOUR_S)),
                               (guint)(s / HOUR_S));
    guint days = (guint)MIN(s / DAY_S, G_MAXINT);
    if (days < 61)
        return g_strdup_printf(ngettext("%u day ago", "%u days ago", days), days);
    if (days < 731)
        return g_strdup_printf(ngettext("%u month ago", "%u months ago", days / 30), days / 30);
    return g_strdup_printf(ngettext("%u year ago", "%u years ago", days / 365), days / 365);
}

static char *describe_distance(gint64 date_s, gint64 now_s)
{
    /* A minute ahead is a clock that goes a little wrong. */
    if (date_s <= now_s + MINUTE_S)
        return describe_past(MAX(now_s - date_s, 0));
    guint64 s = (guint64)(date_s - now_s);
    guint n = (guint)(s < HOUR_S ? s / MINUTE_S : s < DAY_S ? s / HOUR_S : s / DAY_S);
    if (s < HOUR_S)
        return g_strdup_printf(ngettext("in %u minute", "in %u minutes", n), n);
    if (s < DAY_S)
        return g_strdup_printf(ngettext("in %u hour", "in %u hours", n), n);
    return g_strdup_printf(ngettext("in %u day", "in %u days", n), n);
}

char *text_date_long(gint64 date_s, int offset_min, gint64 now_s)
{
    if (date_s == 0)
        return g_strdup("");
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(date_s);
    if (utc == NULL)
        return g_strdup("");
    if (offset_min <= -24 * 60 || offset_min >= 24 * 60)
        offset_min = 0; /* no such zone: the field lies */
    g_autoptr(GTimeZone) zone = g_time_zone_new_offset(offset_min * 60);
    g_autoptr(GDateTime) there = g_date_time_to_timezone(utc, zone);
    if (there == NULL)
        return g_strdup("");
    /* TRANSLATORS: the Date line of a mail, in the letters of strftime; %z is the sender's zone. */
    g_autofree char *text = g_date_time_format(there, _("%a %d %b %Y %H:%M %z"));
    g_autofree char *distance = describe_distance(date_s, now_s);
    return g_strdup_printf("%s (%s)", text != NULL ? text : "", distance);
}

char *text_date_rfc3339(gint64 date_s)
{
    if (date_s == 0)
        return g_strdup("");
    g_autoptr(GDateTime) d = g_date_time_new_from_unix_utc(date_s);
    if (d == NULL)
        return g_strdup("");
    /* Not g_date_time_format, which asks the locale for digits. */
    return g_strdup_printf("%04d-%02d-%02dT%02d:%02d:%02dZ", g_date_time_get_year(d),
                           g_date_time_get_month(d), g_date_time_get_day_of_month(d),
                           g_date_time_get_hour(d), g_date_time_get_minute(d),
                           g_date_time_get_second(d));
}

char *text_size_short(guint64 nbytes)
{
    static const char units[] = "KMGTPE";
    if (nbytes < 1000)
        return g_strdup_printf("%u", (guint)nbytes);
    guint unit = 0;
    guint64 scale = 1024;
    /* The next unit from 999.5 on, so that rounding never makes 1000. */
    while (nbytes / scale >= 1000 || (nbytes / scale == 999 && nbytes % scale >= scale / 2)) {
        scale *= 1024;
        unit++;
    }
    guint64 tenths = nbytes / scale * 10 + (nbytes % scale * 10 + scale / 2) / scale;
    if (unit > 0 && tenths < 100)
        return g_strdup_printf("%u.%u%c", (guint)tenths / 10, (guint)tenths % 10, units[unit]);
    guint64 whole = nbytes / scale + (nbytes % scale >= scale / 2 ? 1 : 0);
    return g_strdup_printf("%u%c", (guint)MAX(whole, 1), units[unit]);
}
