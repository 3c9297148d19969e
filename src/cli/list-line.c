/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One message as a line: cut and aligned for a terminal, whole for a pipe. */
#include "cli/list.h"
#include "text/cells.h"
#include "text/date.h"
#include "text/sanitise.h"

#define FROM_COLUMNS 20
#define DATE_COLUMNS 9

static char *from_of(const mail_summary *s)
{
    return text_sanitise_line(s->from->len > 0 ? address_label(s->from->pdata[0]) : "", -1);
}

static void add_marks(GString *line, mail_flags flags)
{
    g_string_append_c(line, flags & FLAG_DELETED ? 'D' : flags & FLAG_SEEN ? ' ' : 'N');
    g_string_append_c(line, flags & FLAG_ANSWERED ? 'r' : flags & FLAG_FORWARDED ? 'f' : ' ');
    g_string_append_c(line, flags & FLAG_FLAGGED ? '!' : ' ');
    g_string_append_c(line, flags & FLAG_PENDING ? '^' : ' ');
}

char *list_line_columns(const mail_summary *s, int id_columns, int ncols, bool inside_thread, bool ascii,
                        gint64 now_s)
{
    GString *line = g_string_new(NULL);
    g_autofree char *date = text_date_short(mail_summary_sort_date(s), now_s);
    g_autofree char *from = from_of(s);
    g_autofree char *subject = text_sanitise_line(s->subject, -1);
    g_string_append_printf(line, "%*u ", id_columns, s->id);
    add_marks(line, s->flags);
    g_string_append_c(line, ' ');
    text_fit(line, date, -1, DATE_COLUMNS, true, ascii);
    g_string_append(line, "  ");
    text_fit(line, from, -1, FROM_COLUMNS, true, ascii);
    g_string_append(line, "  ");
    g_autofree char *shown = g_strdup_printf("%s%s", inside_thread ? "  " : "", subject);
    int rest = ncols - id_columns - 1 - 4 - 1 - DATE_COLUMNS - 2 - FROM_COLUMNS - 2;
    text_fit(line, shown, -1, MAX(rest, 10), false, ascii);
    return g_string_free(line, FALSE);
}

static void add_flag_words(GString *line, const mail_summary *s)
{
    gsize before = line->len;
    for (int bit = 0; bit < 32; bit++) {
        const char *word = s->flags & FLAGS_STORABLE & (1u << bit) ? flag_to_word(1u << bit) : NULL;
        if (word != NULL)
            g_string_append_printf(line, "%s%s", line->len > before ? "," : "", word);
    }
    g_auto(GStrv) words = keywords_split(s->keywords);
    for (char **w = words; *w != NULL; w++)
        g_string_append_printf(line, "%s%s", line->len > before ? "," : "", *w);
    if (line->len == before)
        g_string_append_c(line, '-');
}

char *list_line_plain(const mail_summary *s)
{
    GString *line = g_string_new(NULL);
    g_autofree char *date = text_date_rfc3339(mail_summary_sort_date(s));
    g_autofree char *from = address_list_format(s->from);
    g_autofree char *subject = text_sanitise_line(s->subject, -1);
    g_autofree char *clean = text_sanitise_line(from, -1);
    g_string_append_printf(line, "%u  ", s->id);
    add_flag_words(line, s);
    g_string_append_printf(line, "  %s  %s  %s", date[0] != '\0' ? date : "-", clean[0] != '\0' ? clean : "-",
                           subject);
    return g_string_free(line, FALSE);
}
