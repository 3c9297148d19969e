/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The progress line. */
#include "cli/progress.h"
#include "base/clock.h"
#include "base/i18n.h"
#include "text/cells.h"
#include "text/sanitise.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BAR_COLUMNS 20
#define BAR_INTERVAL_MS 100    /* a terminal: often enough for the eye */
#define LINE_INTERVAL_MS 5000  /* no terminal: only long work says that it lives */

static bool bar_is_shown;
static gint64 last_ms; /* when a line was written; 0: nothing yet */

static const char *phase_text(const char *phase)
{
    static const struct {
        const char *phase, *text;
    } phases[] = {
        { "connect", N_("connecting") }, { "login", N_("logging in") }, { "folders", N_("folder list") },
        { "headers", N_("headers") },    { "flags", N_("flags") },      { "bodies", N_("messages") },
        { "journal", N_("sending changes") }, { "check", N_("checking") },
    };
    for (gsize i = 0; phase != NULL && i < G_N_ELEMENTS(phases); i++)
        if (strcmp(phases[i].phase, phase) == 0)
            return _(phases[i].text);
    return phase != NULL ? phase : "";
}

static void add_bar(GString *line, guint64 done, guint64 total)
{
    int filled = done >= total ? BAR_COLUMNS : (int)((double)done / (double)total * BAR_COLUMNS);
    g_string_append(line, " [");
    for (int i = 0; i < BAR_COLUMNS; i++)
        g_string_append_c(line, i < filled ? '#' : '.');
    g_string_append_c(line, ']');
}

char *progress_line(const mtm_event *e, int ncols, bool bar)
{
    g_autoptr(GString) line = g_string_new(NULL);
    g_autofree char *account = text_sanitise_line(e->account != NULL ? e->account : "", -1);
    g_autofree char *name = text_sanitise_line(e->folder_name != NULL ? e->folder_name : "", -1);
    if (account[0] != '\0')
        g_string_append_printf(line, "%s: ", account);
    g_string_append(line, phase_text(e->phase));
    if (name[0] != '\0')
        g_string_append_printf(line, " %s", name);
    if (e->total > 0 && bar)
        add_bar(line, e->done, e->total);
    if (e->total > 0)
        g_string_append_printf(line, " %" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT, e->done, e->total);
    else if (e->done > 0)
        g_string_append_printf(line, " %" G_GUINT64_FORMAT, e->done);
    GString *fitted = g_string_new(NULL);
    text_fit(fitted, line->str, (gssize)line->len, ncols, false, true);
    return g_string_free(fitted, FALSE);
}

void progress_event(const mtm_event *e)
{
    bool terminal = isatty(STDERR_FILENO) == 1;
    gint64 now_ms = clock_monotonic_ms();
    if (last_ms == 0 && !terminal)
        last_ms = now_ms;
    bool complete = terminal && e->total > 0 && e->done >= e->total;
    if (!complete && now_ms - last_ms < (terminal ? BAR_INTERVAL_MS : LINE_INTERVAL_MS))
        return;
    last_ms = now_ms;
    struct winsize size;
    int ncols = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1 : 79;
    g_autofree char *line = progress_line(e, terminal ? ncols : 1000, terminal);
    fprintf(stderr, terminal ? "\r%s\033[K" : "cursus: %s\n", line);
    fflush(stderr);
    bar_is_shown = terminal;
}

void progress_clear(void)
{
    if (!bar_is_shown)
        return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    bar_is_shown = false;
}
