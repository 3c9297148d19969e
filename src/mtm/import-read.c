/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading what is to be imported.  An mbox is read through a window that holds one message: files are larger than
 * memory, and may be cut by others while they are read. */
#include "mtm/import-read.h"
#include "base/error.h"
#include "base/limits.h"
#include "mime/mbox.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    WINDOW_BYTES = 1 << 20,
    STAMP_BYTES = 1024,
};

struct import_source {
    bool mbox;
    char *path, *stamp;
    /* mbox */
    int fd;
    GByteArray *window;
    guint start;        /* of what is left in it */
    goffset base;       /* of that in the file */
    goffset size;
    bool eof, first;
    /* files */
    GPtrArray *files;   /* of char *, paths */
    guint next;
};

static bool fail(GError **error, const char *path)
{
    error_set(error, errno == ENOENT || errno == ENOTDIR || errno == EACCES ? ERROR_INPUT : ERROR_DISK, "%s: %s", path,
              g_strerror(errno));
    return false;
}

void import_item_clear(import_item *item)
{
    g_free(item->name);
    g_free(item->problem);
    g_clear_pointer(&item->raw, g_bytes_unref);
    *item = (import_item){ 0 };
}

/* ---- mbox */

/* Up to nbytes more behind the window. */
static bool fill(import_source *s, gsize nbytes, GError **error)
{
    g_byte_array_remove_range(s->window, 0, s->start);
    s->start = 0;
    while (nbytes > 0 && !s->eof) {
        guint had = s->window->len;
        gsize step = MIN(nbytes, (gsize)WINDOW_BYTES);
        g_byte_array_set_size(s->window, had + (guint)step);
        ssize_t n = read(s->fd, s->window->data + had, step);
        g_byte_array_set_size(s->window, had + (guint)MAX(n, 0));
        if (n < 0 && errno != EINTR)
            return fail(error, s->path);
        s->eof = n == 0;
        nbytes -= (gsize)MAX(n, 0);
    }
    return true;
}

static void forget(import_source *s, gsize nbytes)
{
    s->start += (guint)nbytes;
    s->base += (goffset)nbytes;
}

/* An item that does not end in a window of this size is too large. */
static bool window_full(const import_source *s)
{
    return s->window->len - s->start > LIMIT_LITERAL_BODY;
}

/* Drops what cannot be the start of the next one; keeps whole lines, so that a separator stays one. */
static void forget_text(import_source *s)
{
    guint keep = s->window->len;
    while (keep > s->start && s->window->data[keep - 1] != '\n')
        keep--;
    forget(s, (keep > s->start ? keep : s->window->len) - s->start);
    s->first = false;
}

static int next_mbox(import_source *s, import_item *item, GError **error)
{
    for (;;) {
        if (s->window->len == s->start && !fill(s, WINDOW_BYTES, error))
            return -1;
        mbox_item found;
        const char *data = (const char *)s->window->data + s->start;
        gsize n = s->window->len - s->start, at = s->first ? 0 : MIN(1, n);
        bool any = mbox_next(data, n, &at, &found);
        if (any && found.start > 0) {
            forget(s, found.start);
            s->first = true; /* it stands at the start now */
            continue;
        }
        bool whole = any && (s->eof || found.next < n);
        if (whole) {
            item->name = g_strdup_printf("%" G_GOFFSET_FORMAT, s->base);
            item->raw = mbox_unquote(data, &found);
            item->received_s = found.received_s;
            item->at = (guint64)s->base;
            forget(s, found.next);
            s->first = true;
            return 1;
        }
        if (s->eof)
            return 0;
        if (window_full(s)) {
            if (any) {
                item->name = g_strdup_printf("%" G_GOFFSET_FORMAT, s->base);
                item->problem = g_strdup_printf("larger than %u MB", LIMIT_LITERAL_BODY >> 20);
                item->at = (guint64)s->base;
            }
            forget_text(s);
            if (any)
                return 1;
        }
        if (!fill(s, MAX(n, (gsize)WINDOW_BYTES), error)) /* it doubles */
            return -1;
    }
}

static bool open_mbox(import_source *s, GError **error)
{
    struct stat st;
    s->fd = open(s->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (s->fd < 0 || fstat(s->fd, &st) < 0)
        return fail(error, s->path);
    if (!S_ISREG(st.st_mode)) {
        error_set(error, ERROR_INPUT, "%s is not a file", s->path);
        return false;
    }
    s->size = st.st_size;
    s->window = g_byte_array_new();
    s->first = true;
    if (!fill(s, WINDOW_BYTES, error))
        return false;
    if (s->window->len > 0 && (s->window->len < 5 || memcmp(s->window->data, "From ", 5) != 0)) {
        error_set(error, ERROR_INPUT, "%s is no mbox: it does not begin with a line From", s->path);
        return false;
    }
    s->stamp = g_compute_checksum_for_data(G_CHECKSUM_SHA256, s->window->data,
                                           MIN(s->window->len, (guint)STAMP_BYTES));
    return true;
}

/* ---- files */

static mail_flags flags_of_name(const char *name)
{
    static const struct {
        char letter;
        mail_flags flag;
    } letters[] = { { 'D', FLAG_DRAFT },    { 'F', FLAG_FLAGGED }, { 'P', FLAG_FORWARDED },
                    { 'R', FLAG_ANSWERED }, { 'S', FLAG_SEEN },    { 'T', FLAG_DELETED } };
    const char *info = strstr(name, ":2,");
    mail_flags flags = 0;
    for (gsize i = 0; info != NULL && i < G_N_ELEMENTS(letters); i++)
        if (strchr(info + 3, letters[i].letter) != NULL)
            flags |= letters[i].flag;
    return flags;
}

static char *read_file(const char *path, gsize *nbytes, gint64 *received_s, char **problem)
{
    struct stat st;
    char *data = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) < 0) {
        *problem = g_strdup(g_strerror(errno));
    } else if (!S_ISREG(st.st_mode)) {
        *problem = g_strdup("not a file");
    } else if (st.st_size > LIMIT_LITERAL_BODY) {
        *problem = g_strdup_printf("larger than %u MB", LIMIT_LITERAL_BODY >> 20);
    } else {
        data = g_malloc((gsize)st.st_size + 1);
        *nbytes = 0;
        for (ssize_t n; *nbytes < (gsize)st.st_size && (n = read(fd, data + *nbytes, (gsize)st.st_size - *nbytes)) > 0;)
            *nbytes += (gsize)n;
        *received_s = st.st_mtime;
    }
    if (fd >= 0)
        close(fd);
    return data;
}

static int next_file(import_source *s, import_item *item)
{
    if (s->next >= s->files->len)
        return 0;
    const char *path = g_ptr_array_index(s->files, s->next++);
    g_autofree char *base = g_path_get_basename(path);
    gsize n = 0;
    item->flags = flags_of_name(base);
    item->name = g_utf8_make_valid(base, (gssize)(strstr(base, ":2,") != NULL ? strcspn(base, ":") : strlen(base)));
    item->at = s->next - 1;
    item->total = s->files->len;
    g_autofree char *data = read_file(path, &n, &item->received_s, &item->problem);
    if (data != NULL)
        item->raw = mail_canonical(data, n);
    return 1;
}

static bool add_files(import_source *s, const char *path, const char *suffix, GError **error)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    if (dir == NULL) {
        errno = ENOTDIR;
        return fail(error, path);
    }
    for (const char *name; (name = g_dir_read_name(dir)) != NULL;)
        if (name[0] != '.' && g_str_has_suffix(name, suffix))
            g_ptr_array_add(s->files, g_build_filename(path, name, NULL));
    return true;
}

static int by_name(gconstpointer a, gconstpointer b)
{
    g_autofree char *x = g_path_get_basename(*(const char *const *)a), *y = g_path_get_basename(*(const char *const *)b);
    return strcmp(x, y);
}

static bool open_files(import_source *s, bool maildir, GError **error)
{
    s->files = g_ptr_array_new_with_free_func(g_free);
    s->stamp = g_strdup("");
    g_autofree char *cur = g_build_filename(s->path, "cur", NULL), *new = g_build_filename(s->path, "new", NULL);
    bool ok = true;
    if (maildir)
        ok = add_files(s, cur, "", error) && add_files(s, new, "", error);
    else if (g_file_test(s->path, G_FILE_TEST_IS_DIR))
        ok = add_files(s, s->path, ".eml", error);
    else if (g_file_test(s->path, G_FILE_TEST_EXISTS))
        g_ptr_array_add(s->files, g_strdup(s->path));
    else
        ok = (errno = ENOENT, fail(error, s->path));
    g_ptr_array_sort(s->files, by_name);
    return ok;
}

/* ---- the face */

import_source *import_open(const char *kind, const char *path, GError **error)
{
    import_source *s = g_new0(import_source, 1);
    s->mbox = strcmp(kind, "mbox") == 0;
    s->path = g_strdup(path);
    s->fd = -1;
    if (!(s->mbox ? open_mbox(s, error) : open_files(s, strcmp(kind, "maildir") == 0, error)))
        g_clear_pointer(&s, import_close);
    return s;
}

const char *import_stamp(const import_source *s)
{
    return s->stamp;
}

int import_next(import_source *s, import_item *item, GError **error)
{
    *item = (import_item){ 0 };
    if (!s->mbox)
        return next_file(s, item);
    int step = next_mbox(s, item, error);
    item->total = (guint64)s->size;
    return step;
}

void import_close(import_source *s)
{
    if (s->fd >= 0)
        close(s->fd);
    if (s->window != NULL)
        g_byte_array_unref(s->window);
    if (s->files != NULL)
        g_ptr_array_unref(s->files);
    g_free(s->path);
    g_free(s->stamp);
    g_free(s);
}
