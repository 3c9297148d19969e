/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing to the terminal or a pipe: charset of the locale, width, and the one place that notices that standard
 * output cannot be written. */
#include "cli/output.h"
#include "base/error.h"
#include "base/i18n.h"
#include "cli/progress.h"
#include "text/sanitise.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define COLUMNS_STANDARD 80
#define COLUMNS_MOST 10000 /* $COLUMNS is anybody's text */

static int write_errno; /* the first failure of standard output */

bool out_is_terminal(void)
{
    return isatty(STDOUT_FILENO) == 1;
}

int out_columns(void)
{
    struct winsize size;
    if (out_is_terminal() && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    const char *columns = g_getenv("COLUMNS");
    guint64 n;
    if (columns != NULL && g_ascii_string_to_unsigned(columns, 10, 1, COLUMNS_MOST, &n, NULL))
        return (int)n;
    return COLUMNS_STANDARD;
}

bool out_is_ascii(void)
{
    return !g_get_charset(NULL);
}

static void put(const void *bytes, gsize nbytes)
{
    if (write_errno == 0 && nbytes > 0 && fwrite(bytes, 1, nbytes, stdout) != nbytes)
        write_errno = errno;
}

static char *in_locale(const char *text, gsize *nbytes)
{
    const char *charset;
    if (g_get_charset(&charset))
        return NULL;
    return g_convert_with_fallback(text, -1, charset, "UTF-8", "?", NULL, nbytes, NULL);
}

void out_text(const char *text)
{
    gsize nbytes = strlen(text);
    g_autofree char *converted = in_locale(text, &nbytes);
    put(converted != NULL ? converted : text, nbytes);
}

void out_line(const char *text)
{
    out_text(text);
    put("\n", 1);
}

void out_json(const GString *object)
{
    /* JSON escapes C0 only; a terminal obeys C1 and bidi controls too */
    g_autofree char *clean = out_is_terminal() ? text_sanitise_body(object->str, (gssize)object->len) : NULL;
    put(clean != NULL ? clean : object->str, clean != NULL ? strlen(clean) : object->len);
    put("\n", 1);
}

void out_bytes(GBytes *bytes)
{
    gsize nbytes;
    const void *data = g_bytes_get_data(bytes, &nbytes);
    put(data, nbytes);
}

bool out_finish(GError **error)
{
    if (fflush(stdout) != 0 && write_errno == 0)
        write_errno = errno;
    if (write_errno == 0 || write_errno == EPIPE)
        return true;
    error_set(error, ERROR_DISK, _("standard output cannot be written: %s"), g_strerror(write_errno));
    return false;
}

void err_line(const char *sentence)
{
    progress_clear();
    fflush(stdout); /* so that a terminal shows both in the order they were said */
    gsize nbytes;
    g_autofree char *converted = in_locale(sentence, &nbytes);
    fprintf(stderr, "cursus: %s\n", converted != NULL ? converted : sentence);
}
