/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading and writing mbox files (RFC 4155).  A line "From " counts as a separator only behind an empty line (or at the
 * start) and with a date in it: text is full of lines that begin so.  Content-Length is not believed. */
#include "mime/mbox.h"

#include <stdio.h>
#include <string.h>

static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

enum { POSTMARK_MAX = 1024 }; /* bytes of a "From " line that are looked at */

static bool starts(const char *p, const char *end, const char *word)
{
    gsize n = strlen(word);
    return (gsize)(end - p) >= n && memcmp(p, word, n) == 0;
}

static const char *line_end(const char *p, const char *end)
{
    const char *lf = memchr(p, '\n', (gsize)(end - p));
    return lf != NULL ? lf + 1 : end;
}

/* asctime's date somewhere behind the sender: "Sun Nov 22 19:35:23 2026", a zone before or behind the year. */
static bool postmark_date(const char *line, gint64 *received_s)
{
    for (const char *p = strchr(line, ' '); p != NULL; p = strchr(p + 1, ' ')) {
        char day[4], month[4];
        int mday, hour, minute, second = 0, year = 0, used = 0;
        if (sscanf(p, " %3[A-Za-z] %3[A-Za-z] %2d %2d:%2d%n", day, month, &mday, &hour, &minute, &used) < 5)
            continue;
        int d = 0, m = 0;
        while (d < 7 && strcmp(day, days[d]) != 0)
            d++;
        while (m < 12 && strcmp(month, months[m]) != 0)
            m++;
        if (d == 7 || m == 12)
            continue;
        const char *rest = p + used;
        if (*rest == ':' && sscanf(rest, ":%2d%n", &second, &used) == 1)
            rest += used;
        for (; *rest != '\0' && year == 0; rest++)
            if (rest[0] == ' ' && sscanf(rest, " %4d", &year) == 1 && (year < 1970 || year > 9999))
                year = 0;
        g_autoptr(GDateTime) date =
            year != 0 ? g_date_time_new_utc(year, m + 1, mday, hour, minute, MIN(second, 59)) : NULL;
        *received_s = date != NULL ? g_date_time_to_unix(date) : 0;
        return true;
    }
    return false;
}

static bool is_postmark(const char *p, const char *end, gint64 *received_s)
{
    *received_s = 0;
    if (!starts(p, end, "From "))
        return false;
    const char *eol = line_end(p, end);
    g_autofree char *line = g_strndup(p, MIN((gsize)(eol - p), POSTMARK_MAX));
    return postmark_date(line, received_s);
}

static bool is_empty_line(const char *p, const char *eol)
{
    return eol - p == 1 || (eol - p == 2 && p[0] == '\r');
}

/* The next separator at or behind p; blank: the line before p is empty, or there is none. */
static const char *find_postmark(const char *p, const char *end, bool blank, gint64 *received_s, const char **before)
{
    const char *empty = NULL;
    while (p < end) {
        if (blank && is_postmark(p, end, received_s)) {
            *before = empty;
            return p;
        }
        const char *eol = line_end(p, end);
        blank = is_empty_line(p, eol);
        empty = blank ? p : NULL;
        p = eol;
    }
    *before = empty;
    return end;
}

bool mbox_next(const char *data, gsize nbytes, gsize *at, mbox_item *item)
{
    const char *end = data + nbytes, *before;
    gint64 received_s;
    /* The first line of a file may be any "From ": a writer's date may be unreadable. */
    bool first = *at == 0 && starts(data, end, "From ");
    const char *start = first ? data : find_postmark(data + *at, end, true, &received_s, &before);
    if (start >= end) {
        *at = nbytes;
        return false;
    }
    is_postmark(start, end, &item->received_s);
    const char *message = line_end(start, end);
    const char *next = find_postmark(message, end, false, &received_s, &before);
    item->start = (gsize)(start - data);
    item->message = (gsize)(message - data);
    item->next = (gsize)(next - data);
    item->end = before != NULL && before >= message ? (gsize)(before - data) : item->next;
    *at = item->next;
    return true;
}

/* ---- bytes */

static const char *quoted_from(const char *p, const char *end)
{
    const char *q = p;
    while (q < end && *q == '>')
        q++;
    return starts(q, end, "From ") ? q : NULL;
}

static void add_line(GByteArray *out, const char *p, const char *eol)
{
    gsize n = (gsize)(eol - p);
    if (n == 0 || p[n - 1] != '\n') {
        g_byte_array_append(out, (const guint8 *)p, (guint)n);
        return;
    }
    n -= n > 1 && p[n - 2] == '\r' ? 2 : 1;
    g_byte_array_append(out, (const guint8 *)p, (guint)n);
    g_byte_array_append(out, (const guint8 *)"\r\n", 2);
}

GBytes *mbox_unquote(const char *data, const mbox_item *item)
{
    const char *p = data + item->message, *end = data + item->end;
    GByteArray *out = g_byte_array_sized_new((guint)MIN(item->end - item->message, G_MAXINT32));
    for (const char *eol; p < end; p = eol) {
        eol = line_end(p, end);
        const char *q = *p == '>' ? quoted_from(p, eol) : NULL;
        add_line(out, q != NULL ? p + 1 : p, eol);
    }
    return g_byte_array_free_to_bytes(out);
}

GBytes *mail_canonical(const char *data, gsize nbytes)
{
    const char *p = data, *end = data + nbytes;
    GByteArray *out = g_byte_array_sized_new((guint)MIN(nbytes, G_MAXINT32));
    for (const char *eol; p < end; p = eol) {
        eol = line_end(p, end);
        add_line(out, p, eol);
    }
    return g_byte_array_free_to_bytes(out);
}

/* Each CR stands before a LF and each LF behind a CR. */
static bool is_canonical(const char *p, gsize nbytes)
{
    for (gsize i = 0; i < nbytes; i++)
        if (p[i] == '\r' ? i + 1 == nbytes || p[i + 1] != '\n' : p[i] == '\n' && (i == 0 || p[i - 1] != '\r'))
            return false;
    return true;
}

GBytes *mail_unix(GBytes *raw)
{
    gsize n;
    const char *data = g_bytes_get_data(raw, &n);
    if (n == 0 || !is_canonical(data, n))
        return g_bytes_ref(raw);
    GByteArray *out = g_byte_array_sized_new((guint)MIN(n, G_MAXINT32));
    for (const char *p = data, *end = data + n; p < end;) {
        const char *cr = memchr(p, '\r', (gsize)(end - p));
        const char *stop = cr != NULL ? cr : end;
        g_byte_array_append(out, (const guint8 *)p, (guint)(stop - p));
        p = cr != NULL ? cr + 1 : end;
    }
    return g_byte_array_free_to_bytes(out);
}

static char *postmark(const char *sender, gint64 received_s)
{
    g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc(received_s);
    if (date == NULL)
        return g_strdup("From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n");
    bool plain = sender != NULL && sender[0] != '\0';
    for (const char *p = sender; plain && *p != '\0'; p++)
        plain = g_ascii_isgraph(*p);
    const char *day = days[g_date_time_get_day_of_week(date) - 1], *month = months[g_date_time_get_month(date) - 1];
    return g_strdup_printf("From %s %s %s %2d %02d:%02d:%02d %04d\n", plain ? sender : "MAILER-DAEMON", day, month,
                           g_date_time_get_day_of_month(date), g_date_time_get_hour(date),
                           g_date_time_get_minute(date), g_date_time_get_second(date), g_date_time_get_year(date));
}

GBytes *mbox_quote(GBytes *raw, const char *sender, gint64 received_s)
{
    g_autoptr(GBytes) lines = mail_unix(raw);
    g_autofree char *first = postmark(sender, received_s);
    gsize n;
    const char *data = g_bytes_get_data(lines, &n), *end = data + n;
    GByteArray *out = g_byte_array_sized_new((guint)MIN(n + 256, G_MAXINT32));
    g_byte_array_append(out, (const guint8 *)first, (guint)strlen(first));
    for (const char *p = data, *eol; p < end; p = eol) {
        eol = line_end(p, end);
        if (quoted_from(p, eol) != NULL)
            g_byte_array_append(out, (const guint8 *)">", 1);
        g_byte_array_append(out, (const guint8 *)p, (guint)(eol - p));
    }
    if (n > 0 && end[-1] != '\n')
        g_byte_array_append(out, (const guint8 *)"\n", 1);
    g_byte_array_append(out, (const guint8 *)"\n", 1);
    return g_byte_array_free_to_bytes(out);
}
