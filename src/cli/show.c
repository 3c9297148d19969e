/* SPDX-License-Identifier: GPL-3.0-or-later */
/* show: a message of the store, of a file or of standard input, as text, bytes, fields or tree.  What goes to a
 * terminal is sanitised, whatever was asked for. */
#include "base/error.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/session.h"
#include "text/date.h"
#include "text/sanitise.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COLUMNS_LEAST 20
#define COLUMNS_MOST 1000

/* ---- reading a file */
static GBytes *read_fd(int fd, const char *name, GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    guint8 buffer[64 << 10];
    for (;;) {
        ssize_t n = read(fd, buffer, sizeof buffer);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            error_set(error, ERROR_DISK, _("%s: cannot be read: %s"), name, g_strerror(errno));
            return NULL;
        }
        if (n == 0)
            return g_byte_array_free_to_bytes(g_steal_pointer(&bytes));
        if (bytes->len + (gsize)n > LIMIT_LITERAL_BODY) {
            error_set(error, ERROR_INPUT, _("%s: larger than a message may be"), name);
            return NULL;
        }
        g_byte_array_append(bytes, buffer, (guint)n);
    }
}

static GBytes *read_file(const char *path, GError **error)
{
    if (strcmp(path, "-") == 0)
        return read_fd(STDIN_FILENO, _("standard input"), error);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        const char *hint = strchr(path, '/') == NULL && errno == ENOENT ? _("; ids are digits only") : "";
        error_set(error, ERROR_DISK, _("%s: cannot be opened: %s%s"), path, g_strerror(errno), hint);
        return NULL;
    }
    GBytes *bytes = read_fd(fd, path, error);
    close(fd);
    return bytes;
}

/* ---- a message of the store */
static document *fetch(cli_session *s, guint32 id, int *status)
{
    g_autoptr(GError) error = NULL;
    if (!session_open_engine(s, &error)) {
        *status = session_fail(error);
        return NULL;
    }
    guint64 op = mtm_message_open(s->mtm, id);
    session_started(s, op);
    const mtm_problem *p = session_wait(s, op);
    document *d = session_document(s, op);
    if (p == NULL && d != NULL)
        return document_ref(d);
    if (p != NULL)
        *status = session_fail_problem(s, p);
    else {
        err_line(_("the message did not come, and no reason was given; try again"));
        *status = EXIT_FAILED;
    }
    return NULL;
}

static document *stored(cli_session *s, guint32 id, int *status)
{
    g_autoptr(GError) error = NULL;
    if (!session_open_reading(s, &error)) {
        *status = session_fail(error);
        return NULL;
    }
    g_autoptr(mail_summary) m = mtm_summary(s->mtm, id, NULL);
    if (m == NULL) {
        g_autofree char *sentence =
            g_strdup_printf(_("there is no message %u in the store; 'cursus list' shows the ids"), id);
        err_line(sentence);
        *status = EXIT_FAILED;
        return NULL;
    }
    g_autoptr(GBytes) raw = mtm_body_stored(s->mtm, id);
    if (raw != NULL)
        return document_new(raw);
    if (!s->request->offline)
        return fetch(s, id, status);
    g_autofree char *sentence =
        g_strdup_printf(_("message %u is not stored here, and --offline forbids to fetch it"), id);
    err_line(sentence);
    *status = EXIT_FAILED;
    return NULL;
}

static document *document_of(cli_session *s, int *status)
{
    const char *what = s->request->args->pdata[0];
    guint64 id;
    if (g_ascii_string_to_unsigned(what, 10, 1, G_MAXUINT32, &id, NULL))
        return stored(s, (guint32)id, status);
    document_init();
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) raw = read_file(what, &error);
    if (raw != NULL)
        return document_new(raw);
    *status = session_fail(error);
    return NULL;
}

/* ---- what is shown */
static bool columns_of(const cli_request *r, guint *ncols, GError **error)
{
    const char *text = cli_value(r, "columns");
    guint64 n = (guint64)CLAMP(out_columns(), COLUMNS_LEAST, COLUMNS_MOST);
    if (text != NULL && !g_ascii_string_to_unsigned(text, 10, COLUMNS_LEAST, COLUMNS_MOST, &n, NULL)) {
        error_set(error, ERROR_INPUT, _("show: --columns wants a number from %d to %d, not '%s'"), COLUMNS_LEAST,
                  COLUMNS_MOST, text);
        return false;
    }
    *ncols = (guint)n;
    return true;
}

static char *text_of(const cli_request *r, document *d, guint ncols)
{
    document_layout layout = { .ncols = ncols,
                               .headers = cli_has(r, "headers") ? HEADERS_FULL : HEADERS_WEEDED,
                               .body = cli_has(r, "html") ? BODY_HTML : BODY_BEST,
                               .attachments = true };
    const GPtrArray *lines = document_lines(d, &layout);
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < lines->len; i++)
        g_string_append_printf(out, "%s\n", ((const styled_line *)lines->pdata[i])->text);
    return g_string_free(out, FALSE);
}

static char *headers_of(document *d)
{
    g_autoptr(GPtrArray) lines = document_header_lines(d, HEADERS_FULL);
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < lines->len; i++) {
        g_autofree char *clean = text_sanitise_line(lines->pdata[i], -1);
        g_string_append_printf(out, "%s\n", clean);
    }
    return g_string_free(out, FALSE);
}

/* The tree is never deeper than LIMIT_MIME_DEPTH. */
static void add_part(GString *out, const part *p, int depth)
{
    g_autofree char *size = text_size_short(p->size);
    g_autoptr(GString) line = g_string_new(NULL);
    g_string_append_printf(line, "%-8s %*s%s", p->section[0] != '\0' ? p->section : "-", depth * 2, "",
                           p->type != NULL ? p->type : "-");
    if (p->charset != NULL)
        g_string_append_printf(line, "; charset=%s", p->charset);
    g_string_append_printf(line, "  %s", size);
    if (p->disposition != NULL)
        g_string_append_printf(line, "  %s", p->disposition);
    if (p->name != NULL)
        g_string_append_printf(line, "  \"%s\"", p->name);
    /* the indentation is ours: only what is foreign may lose runs of blanks */
    g_autofree char *clean = text_sanitise_body(line->str, (gssize)line->len);
    g_strdelimit(clean, "\n", ' ');
    g_string_append_printf(out, "%s\n", clean);
    for (guint i = 0; i < p->parts->len; i++)
        add_part(out, p->parts->pdata[i], depth + 1);
}

static char *structure_of(document *d)
{
    GString *out = g_string_new(NULL);
    add_part(out, document_structure(d), 0);
    return g_string_free(out, FALSE);
}

static GString *json_of(const cli_request *r, document *d, guint ncols)
{
    bool other = cli_has(r, "structure") || cli_has(r, "headers");
    bool text = cli_has(r, "text") || cli_has(r, "html") || !other;
    g_autofree char *lines = text ? text_of(r, d, ncols) : NULL;
    cli_json_show what = { .structure = cli_has(r, "structure") || !other, .headers = cli_has(r, "headers"),
                           .text = lines };
    GString *object = g_string_new(NULL);
    cli_json_document(object, d, &what);
    return object;
}

/* ---- where it goes */
/* Never over a file that is there, never through a link. */
static bool write_new_file(const char *path, GBytes *bytes, GError **error)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0) {
        error_set(error, ERROR_DISK, _("%s: cannot be made: %s; choose another name"), path, g_strerror(errno));
        return false;
    }
    gsize n;
    const char *data = g_bytes_get_data(bytes, &n);
    bool good = true;
    while (good && n > 0) {
        ssize_t written = write(fd, data, n);
        good = written >= 0 || errno == EINTR;
        if (written > 0) {
            data += written;
            n -= (gsize)written;
        }
    }
    int cause = errno;
    if (close(fd) != 0 && good) {
        good = false;
        cause = errno;
    }
    if (good)
        return true;
    unlink(path);
    error_set(error, ERROR_DISK, _("%s: cannot be written: %s"), path, g_strerror(cause));
    return false;
}

/* Foreign bytes: as they are into files and pipes; to a terminal text is sanitised and the rest refused. */
static bool give_bytes(const cli_request *r, GBytes *bytes, bool is_text, GError **error)
{
    const char *output = cli_value(r, "output");
    if (output != NULL)
        return write_new_file(output, bytes, error);
    if (!out_is_terminal()) {
        out_bytes(bytes);
        return true;
    }
    if (!is_text) {
        error_set(error, ERROR_INPUT, _("this part is no text and not shown on a terminal; save it with --output FILE"));
        return false;
    }
    gsize n;
    const char *data = g_bytes_get_data(bytes, &n);
    g_autofree char *clean = text_sanitise_body(data != NULL ? data : "", (gssize)n);
    out_text(clean);
    return true;
}

/* Text of ours, sanitised. */
static bool give_text(const cli_request *r, const char *text, GError **error)
{
    const char *output = cli_value(r, "output");
    if (output == NULL) {
        out_text(text);
        return true;
    }
    g_autoptr(GBytes) bytes = g_bytes_new_static(text, strlen(text));
    return write_new_file(output, bytes, error);
}

static bool give_part(const cli_request *r, document *d, GError **error)
{
    const char *section = cli_value(r, "part");
    const part *p = part_find(document_structure(d), section);
    g_autoptr(GBytes) bytes = p != NULL ? document_part_bytes(d, section) : NULL;
    if (bytes == NULL) {
        error_set(error, ERROR_INPUT, _("there is no part '%s'; --structure shows the parts"), section);
        return false;
    }
    return give_bytes(r, bytes, p->type != NULL && g_str_has_prefix(p->type, "text/"), error);
}

static bool give(const cli_request *r, document *d, guint ncols, GError **error)
{
    if (cli_has(r, "part"))
        return give_part(r, d, error);
    if (cli_has(r, "raw"))
        return give_bytes(r, document_raw(d), true, error);
    if (r->json) {
        g_autoptr(GString) object = json_of(r, d, ncols);
        g_string_append_c(object, '\n');
        g_autoptr(GBytes) bytes = g_bytes_new(object->str, object->len);
        return give_bytes(r, bytes, true, error);
    }
    g_autofree char *text = cli_has(r, "structure") ? structure_of(d)
                            : cli_has(r, "headers") && !cli_has(r, "text") && !cli_has(r, "html")
                                ? headers_of(d)
                                : text_of(r, d, ncols);
    return give_text(r, text, error);
}

int cli_show(cli_session *s)
{
    const cli_request *r = s->request;
    g_autoptr(GError) error = NULL;
    guint ncols;
    if (cli_has(r, "raw") + cli_has(r, "structure") + cli_has(r, "part") > 1)
        return session_usage(_("show: --raw, --structure and --part exclude each other"));
    if (!columns_of(r, &ncols, &error))
        return session_usage(error->message);
    int status = EXIT_DONE;
    g_autoptr(document) d = document_of(s, &status);
    if (d == NULL)
        return status;
    return give(r, d, ncols, &error) ? EXIT_DONE : session_fail(error);
}
