/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Masking and shortening of protocol text.  Secrets are kept out twice: the arguments of the
 * commands that carry them are not looked at, and what a server echoes is searched for them. */
#include "net/wirelog.h"

#include "base/log.h"
#include "base/secret.h"

#include <string.h>

enum {
    LINE_MAX_BYTES = 2000, /* of one log line */
    HIDE_MIN_BYTES = 4,
};

struct wirelog {
    char *name;
    GPtrArray *hidden; /* of secret */
};

static void unref_secret(gpointer s)
{
    secret_unref(s);
}

wirelog *wirelog_new(const char *name)
{
    wirelog *log = g_new0(wirelog, 1);
    log->name = g_strdup(name);
    log->hidden = g_ptr_array_new_with_free_func(unref_secret);
    return log;
}

void wirelog_free(wirelog *log)
{
    if (log == NULL)
        return;
    g_ptr_array_unref(log->hidden);
    g_free(log->name);
    g_free(log);
}

void wirelog_hide(wirelog *log, const char *bytes, gsize nbytes)
{
    if (nbytes >= HIDE_MIN_BYTES)
        g_ptr_array_add(log->hidden, secret_new(bytes, (gssize)nbytes));
}

/* The hidden bytes that stand at p, NULL when there are none. */
static const secret *hidden_at(const wirelog *log, const char *p, const char *end)
{
    for (guint i = 0; i < log->hidden->len; i++) {
        const secret *s = log->hidden->pdata[i];
        gsize n = secret_length(s);
        if ((gsize)(end - p) >= n && memcmp(p, secret_text(s), n) == 0)
            return s;
    }
    return NULL;
}

/* What becomes longer than max is left off. */
static GString *masked(const wirelog *log, const char *bytes, gsize nbytes, gsize max)
{
    GString *out = g_string_new(NULL);
    for (const char *p = bytes, *end = bytes + nbytes; p < end && out->len <= max;) {
        const secret *s = hidden_at(log, p, end);
        if (s != NULL) {
            g_string_append(out, "****");
            p += secret_length(s);
        } else {
            g_string_append_c(out, *p++);
        }
    }
    return out;
}

char *wirelog_masked(const wirelog *log, const char *text)
{
    return g_string_free(masked(log, text, strlen(text), G_MAXSIZE - 1), FALSE);
}

/* The size in a literal's head that ends at end ("... {12}" or "{12+}"); -1 when there is none. */
static gint64 literal_nbytes(const char *bytes, const char *end)
{
    if (end == bytes || *--end != '}')
        return -1;
    if (end > bytes && end[-1] == '+')
        end--;
    gint64 n = 0, power = 1;
    const char *digits = end;
    while (end > bytes && g_ascii_isdigit(end[-1]) && power < G_GINT64_CONSTANT(1000000000000)) {
        n += (*--end - '0') * power;
        power *= 10;
    }
    return end > bytes && end < digits && end[-1] == '{' ? n : -1;
}

/* The text with "<n bytes>" for the bytes of each literal. */
static GString *without_literals(const char *bytes, gsize nbytes)
{
    GString *line = g_string_new(NULL);
    const char *end = bytes + nbytes;
    while (bytes < end) {
        const char *lf = memchr(bytes, '\n', (gsize)(end - bytes));
        const char *eol = lf == NULL ? end : lf > bytes && lf[-1] == '\r' ? lf - 1 : lf;
        g_string_append_len(line, bytes, eol - bytes);
        if (lf == NULL || line->len > LINE_MAX_BYTES)
            break;
        gint64 n = literal_nbytes(bytes, eol);
        bytes = lf + 1;
        if (n < 0)
            g_string_append_c(line, ' ');
        else {
            bytes += MIN(n, end - bytes);
            g_string_append_printf(line, "<%" G_GINT64_FORMAT " bytes>", n);
        }
    }
    return line;
}

/* Takes text. */
static void write_line(const wirelog *log, const char *arrow, GString *text)
{
    g_autoptr(GString) line = masked(log, text->str, text->len, LINE_MAX_BYTES);
    g_string_free(text, TRUE);
    for (gsize i = 0; i < line->len; i++)
        if ((guchar)line->str[i] < ' ' || line->str[i] == 0x7f)
            line->str[i] = '?';
    if (line->len > LINE_MAX_BYTES) {
        g_string_truncate(line, LINE_MAX_BYTES);
        g_string_append(line, "...");
    }
    log_write(LOG_WIRE, LEVEL_TRACE, "%s %s %s", log->name, arrow, line->str);
}

/* Where the arguments of a command that carries a secret begin, 0 for others: "a1 LOGIN " -> 9. */
static gsize secret_from(const char *bytes, gsize nbytes)
{
    static const char *const verbs[] = { "LOGIN", "AUTHENTICATE" };
    const char *blank = memchr(bytes, ' ', nbytes);
    if (blank == NULL)
        return 0;
    gsize verb = (gsize)(blank + 1 - bytes);
    for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++) {
        gsize n = strlen(verbs[i]);
        if (nbytes >= verb + n && g_ascii_strncasecmp(bytes + verb, verbs[i], n) == 0)
            return verb + n;
    }
    return 0;
}

void wirelog_sent(const wirelog *log, const char *bytes, gsize nbytes)
{
    if (!log_wants(LOG_WIRE, LEVEL_TRACE))
        return;
    gsize secret = secret_from(bytes, nbytes);
    GString *line;
    if (secret > 0) {
        line = g_string_new_len(bytes, (gssize)secret);
        g_string_append(line, " ****");
    } else
        line = without_literals(bytes, nbytes);
    write_line(log, ">", line);
}

void wirelog_received(const wirelog *log, const char *bytes, gsize nbytes)
{
    if (!log_wants(LOG_WIRE, LEVEL_TRACE))
        return;
    write_line(log, "<", without_literals(bytes, nbytes));
}

void wirelog_sent_secret(const wirelog *log)
{
    log_write(LOG_WIRE, LEVEL_TRACE, "%s > ****", log->name);
}
