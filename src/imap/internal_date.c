/* SPDX-License-Identifier: GPL-3.0-or-later */
/* INTERNALDATE: " 7-Jul-1996 02:44:25 -0700" (RFC 9051, date-time).  Anything else is "unknown". */
#include "imap/parse.h"

enum { NBYTES = 26 };

static bool two_digits(const char *p, int *out)
{
    if ((!g_ascii_isdigit(p[0]) && p[0] != ' ') || !g_ascii_isdigit(p[1]))
        return false;
    *out = (p[0] == ' ' ? 0 : p[0] - '0') * 10 + (p[1] - '0');
    return true;
}

static bool month_of(const char *p, int *out)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (int i = 0; i < 12; i++)
        if (g_ascii_strncasecmp(p, names + i * 3, 3) == 0) {
            *out = i + 1;
            return true;
        }
    return false;
}

/* Days since 1970 of a date of the Gregorian calendar; the year begins in March so that leap days come last. */
static gint64 days_since_epoch(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year;
    int era = y / 400, of_era = y % 400;
    int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return (gint64)era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

gint64 parse_internal_date(const slice *s)
{
    char p[NBYTES];
    int day, month, century, years, hour, minute, second, zone_hour, zone_minute;
    if (s->nbytes != NBYTES && s->nbytes != NBYTES - 1)
        return 0;
    p[0] = ' '; /* a day of one digit without its padding is shorter */
    memcpy(p + NBYTES - s->nbytes, s->at, s->nbytes);
    if (!two_digits(p, &day) || p[2] != '-' || !month_of(p + 3, &month) || p[6] != '-' ||
        !two_digits(p + 7, &century) || !two_digits(p + 9, &years) || p[11] != ' ')
        return 0;
    if (!two_digits(p + 12, &hour) || p[14] != ':' || !two_digits(p + 15, &minute) || p[17] != ':' ||
        !two_digits(p + 18, &second) || p[20] != ' ')
        return 0;
    if ((p[21] != '+' && p[21] != '-') || !two_digits(p + 22, &zone_hour) || !two_digits(p + 24, &zone_minute))
        return 0;
    int year = century * 100 + years;
    if (year < 1970 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60 || zone_hour > 23 ||
        zone_minute > 59)
        return 0;
    gint64 local = days_since_epoch(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    gint64 east = zone_hour * 3600 + zone_minute * 60;
    return MAX(p[21] == '-' ? local + east : local - east, 0);
}
