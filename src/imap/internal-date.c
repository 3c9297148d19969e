/* SPDX-License-Identifier: GPL-3.0-or-later */
/* INTERNALDATE: " 7-Jul-1996 02:44:25 -0700" (RFC 9051, date-time).  Anything else is "unknown". */
#include "imap/parse.h"

static bool two_digits(const char *p, int *out)
{
    int tens = *p == ' ' ? 0 : *p - '0', ones = p[1] - '0';
    if (tens < 0 || tens > 9 || ones < 0 || ones > 9)
        return false;
    *out = tens * 10 + ones;
    return true;
}

static bool month_of(const char *p, int *out)
{
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    for (int i = 0; i < 12; i++)
        if (g_ascii_strncasecmp(p, names + 3 * i, 3) == 0) {
            *out = i + 1;
            return true;
        }
    return false;
}

/* Days since 1970-01-01 of the Gregorian calendar; the year begins in March so that leap days come
 * last. */
static gint64 days_since_epoch(int year, int month, int day)
{
    gint64 y = month <= 2 ? year - 1 : year;
    gint64 era = y / 400, of_era = y % 400;
    gint64 of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

gint64 parse_internal_date(const slice *s)
{
    const char *p = s->at;
    int day, month, century, years, hour, minute, second, zone_hour, zone_minute;
    char padded[26];
    if (s->nbytes == 25) { /* a day without its padding */
        padded[0] = ' ';
        memcpy(padded + 1, s->at, 25);
        p = padded;
    } else if (s->nbytes != 26)
        return 0;
    if (!two_digits(p, &day) || p[2] != '-' || !month_of(p + 3, &month) || p[6] != '-' ||
        !two_digits(p + 7, &century) || !two_digits(p + 9, &years) || p[11] != ' ')
        return 0;
    if (!two_digits(p + 12, &hour) || p[14] != ':' || !two_digits(p + 15, &minute) ||
        p[17] != ':' || !two_digits(p + 18, &second) || p[20] != ' ')
        return 0;
    if ((p[21] != '+' && p[21] != '-') || !two_digits(p + 22, &zone_hour) ||
        !two_digits(p + 24, &zone_minute))
        return 0;
    if (century < 19 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60 ||
        zone_hour > 23 || zone_minute > 59)
        return 0;
    gint64 seconds = days_since_epoch(century * 100 + years, month, day) * 86400 + hour * 3600 +
                     minute * 60 + second;
    int zone_s = zone_hour * 3600 + zone_minute * 60;
    seconds -= p[21] == '-' ? -zone_s : zone_s;
    return MAX(seconds, 0);
}
