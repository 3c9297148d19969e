/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages into files: mbox (mboxrd), Maildir, eml.  Nothing that is there is overwritten.  An mbox is written beside
 * its name, with a list of what is in it, and gets its name when it is complete; one that a get adds to has such a list
 * too, so that a cut costs the message that was being written and nothing is there twice. */
#include "mtm/export.h"
#include "mime/mbox.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SYNC_BYTES = 1 << 20 };

struct export_file {
    char kind;           /* 'b' mbox, 'd' Maildir, 'e' eml */
    char *path, *part, *list;
    bool append;         /* an mbox that may be there already */
    bool single;         /* eml: path is a file */
    int fd, list_fd;
    goffset end;         /* of the last whole message */
    gsize unsynced;      /* bytes written since the last fdatasync */
    goffset tail;        /* bytes behind that: a message that was cut, or somebody else's */
    GHashTable *there;   /* mbox: ids; Maildir: file names without flags */
};

static bool fail(GError **error, const char *path)
{
    error_set(error, errno == EEXIST ? ERROR_INPUT : ERROR_DISK, "%s: %s", path, g_strerror(errno));
    return false;
}

static bool write_all(int fd, const char *data, gsize n)
{
    while (n > 0) {
        ssize_t done = write(fd, data, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        data += done;
        n -= (gsize)done;
    }
    return true;
}

static bool write_bytes(int fd, GBytes *bytes)
{
    gsize n;
    const char *data = g_bytes_get_data(bytes, &n);
    return write_all(fd, data, n);
}

static void sync_directory(const char *path)
{
    g_autofree char *dir = g_path_get_dirname(path);
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
}

/* ---- mbox */

/* "ID END" a line; what is behind the last whole line, or beyond the file, does not count. */
static void read_list(export_file *x, goffset size)
{
    g_autofree char *text = NULL;
    if (!g_file_get_contents(x->list, &text, NULL, NULL))
        return;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; line[0] != NULL && line[1] != NULL; line++) {
        char *rest;
        guint64 id = g_ascii_strtoull(*line, &rest, 10);
        gint64 end = *rest == ' ' ? g_ascii_strtoll(rest + 1, NULL, 10) : -1;
        if (end <= 0 || end > size || end < x->end)
            break;
        if (id > 0 && id <= G_MAXUINT32)
            g_hash_table_add(x->there, GUINT_TO_POINTER((guint)id));
        x->end = end;
    }
}

static bool note_end(export_file *x, guint32 id)
{
    g_autofree char *line = g_strdup_printf("%u %" G_GOFFSET_FORMAT "\n", id, x->end);
    return write_all(x->list_fd, line, strlen(line));
}

/* What an mbox was before we added to it. */
static bool note_size(export_file *x, goffset size)
{
    g_autofree char *line = g_strdup_printf("0 %" G_GOFFSET_FORMAT "\n", size);
    return write_all(x->list_fd, line, strlen(line));
}

static bool open_mbox(export_file *x, GError **error)
{
    struct stat st;
    x->part = x->append ? g_strdup(x->path) : g_strconcat(x->path, ".part", NULL);
    x->list = g_strconcat(x->path, ".part-list", NULL);
    if (!x->append && lstat(x->path, &st) == 0) {
        error_set(error, ERROR_INPUT, "%s exists and is not overwritten", x->path);
        return false;
    }
    x->fd = open(x->part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (x->fd < 0 || fstat(x->fd, &st) < 0)
        return fail(error, x->part);
    if (!S_ISREG(st.st_mode)) {
        error_set(error, ERROR_INPUT, "%s is not a file", x->part);
        return false;
    }
    bool begun = g_file_test(x->list, G_FILE_TEST_EXISTS), begins = x->append && !begun && st.st_size > 0;
    if (begun)
        read_list(x, st.st_size);
    else if (x->append)
        x->end = 0; /* all of it is somebody else's */
    x->list_fd = open(x->list, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (x->list_fd < 0 || (begins && !note_size(x, st.st_size)))
        return fail(error, x->list);
    x->tail = st.st_size - x->end;
    if (!x->append && ftruncate(x->fd, x->end) < 0)
        return fail(error, x->part);
    if (!x->append)
        x->tail = 0;
    return lseek(x->fd, x->end, SEEK_SET) >= 0 || fail(error, x->part);
}

/* Behind our last message in somebody's mbox: is it the beginning of this one, cut by a crash, or did others write? */
static bool settle_tail(export_file *x, GBytes *next)
{
    goffset n = x->tail;
    x->tail = 0;
    bool cut = n <= (goffset)g_bytes_get_size(next);
    g_autofree char *data = cut && n > 0 ? g_malloc((gsize)n) : NULL;
    if (data != NULL)
        cut = pread(x->fd, data, (size_t)n, x->end) == n && memcmp(data, g_bytes_get_data(next, NULL), (gsize)n) == 0;
    if (cut)
        return ftruncate(x->fd, x->end) == 0 && lseek(x->fd, x->end, SEEK_SET) >= 0;
    char last[2] = "\n";
    x->end += n;
    if (pread(x->fd, last, 2, MAX(x->end - 2, 0)) < 0 || lseek(x->fd, x->end, SEEK_SET) < 0)
        return false;
    const char *blank = last[1] == '\n' ? (last[0] == '\n' ? "" : "\n") : "\n\n";
    x->end += (goffset)strlen(blank);
    return write_all(x->fd, blank, strlen(blank));
}

/* A power cut may cost what was written last; the list names no more than the file then holds. */
static bool sync_some(export_file *x, gsize nbytes)
{
    x->unsynced += nbytes;
    if (x->unsynced < SYNC_BYTES)
        return true;
    x->unsynced = 0;
    return fdatasync(x->fd) == 0;
}

static bool add_mbox(export_file *x, const mail_summary *s, GBytes *raw, GError **error)
{
    const address *from = s->from->len > 0 ? g_ptr_array_index(s->from, 0) : NULL;
    g_autoptr(GBytes) quoted = mbox_quote(raw, from != NULL ? from->mailbox : NULL, s->received_s);
    if (x->tail > 0 && !settle_tail(x, quoted))
        return fail(error, x->part); /* what others wrote is not touched */
    if (!write_bytes(x->fd, quoted) || !sync_some(x, g_bytes_get_size(quoted))) {
        fail(error, x->part);
        (void)!ftruncate(x->fd, x->end); /* at the next try anyway */
        (void)lseek(x->fd, x->end, SEEK_SET);
        return false;
    }
    x->end += (goffset)g_bytes_get_size(quoted);
    return note_end(x, s->id) || fail(error, x->list);
}

/* The name it has in the end is given without taking anybody's place. */
static bool finish_mbox(export_file *x, GError **error)
{
    if (!x->append && (link(x->part, x->path) < 0 || unlink(x->part) < 0))
        return fail(error, x->path);
    sync_directory(x->path);
    (void)unlink(x->list);
    return true;
}

/* ---- Maildir */

static char *maildir_flags(mail_flags flags)
{
    static const struct {
        mail_flags flag;
        char letter;
    } letters[] = { { FLAG_DRAFT, 'D' },    { FLAG_FLAGGED, 'F' }, { FLAG_FORWARDED, 'P' },
                    { FLAG_ANSWERED, 'R' }, { FLAG_SEEN, 'S' },    { FLAG_DELETED, 'T' } };
    GString *out = g_string_new(NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(letters); i++)
        if ((flags & letters[i].flag) != 0)
            g_string_append_c(out, letters[i].letter);
    return g_string_free(out, FALSE);
}

static void read_names(export_file *x, const char *sub)
{
    g_autofree char *path = g_build_filename(x->path, sub, NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;)
        g_hash_table_add(x->there, g_strndup(name, strcspn(name, ":")));
}

static bool open_maildir(export_file *x, GError **error)
{
    static const char *const subs[] = { "tmp", "new", "cur" };
    for (gsize i = 0; i < G_N_ELEMENTS(subs); i++) {
        g_autofree char *path = g_build_filename(x->path, subs[i], NULL);
        if (g_mkdir_with_parents(path, 0700) < 0)
            return fail(error, path);
    }
    read_names(x, "new");
    read_names(x, "cur");
    return true;
}

/* Of the message, so that a second export finds it; of its bytes too, so that another store's is another. */
static char *maildir_name(const mail_summary *s, GBytes *raw)
{
    g_autofree char *sum = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, raw);
    return g_strdup_printf("%" G_GINT64_FORMAT ".%u_%.16s.cursus", MAX(s->received_s, 0), s->id, sum);
}

static bool put_file(const char *tmp, const char *path, GBytes *raw, gint64 received_s, GError **error)
{
    int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool ok = fd >= 0 && write_bytes(fd, raw) && fsync(fd) == 0;
    if (ok && received_s > 0) {
        struct timespec times[2] = { { .tv_sec = received_s }, { .tv_sec = received_s } };
        (void)futimens(fd, times);
    }
    if (fd >= 0)
        close(fd);
    ok = ok && link(tmp, path) == 0;
    if (!ok)
        fail(error, path);
    (void)unlink(tmp);
    return ok;
}

static bool add_maildir(export_file *x, const mail_summary *s, GBytes *raw, GError **error)
{
    g_autofree char *name = maildir_name(s, raw), *flags = maildir_flags(s->flags);
    if (g_hash_table_contains(x->there, name))
        return true;
    g_autofree char *full = g_strdup_printf("%s:2,%s", name, flags);
    g_autofree char *tmp = g_build_filename(x->path, "tmp", name, NULL);
    g_autofree char *path = g_build_filename(x->path, "cur", full, NULL);
    g_autoptr(GBytes) lines = mail_unix(raw);
    if (!put_file(tmp, path, lines, s->received_s, error))
        return false;
    g_hash_table_add(x->there, g_steal_pointer(&name));
    return true;
}

/* ---- eml */

static bool open_eml(export_file *x, GError **error)
{
    if (x->single || g_mkdir_with_parents(x->path, 0700) == 0)
        return true;
    return fail(error, x->path);
}

static bool same_bytes(const char *path, GBytes *raw)
{
    g_autofree char *data = NULL;
    gsize n;
    return g_file_get_contents(path, &data, &n, NULL) && n == g_bytes_get_size(raw) &&
           (n == 0 || memcmp(data, g_bytes_get_data(raw, NULL), n) == 0);
}

static bool add_eml(export_file *x, const mail_summary *s, GBytes *raw, GError **error)
{
    g_autofree char *name = g_strdup_printf("%u.eml", s->id);
    g_autofree char *path = x->single ? g_strdup(x->path) : g_build_filename(x->path, name, NULL);
    g_autofree char *tmp = g_strconcat(path, ".part", NULL);
    if (same_bytes(path, raw))
        return true;
    return put_file(tmp, path, raw, s->received_s, error);
}

/* ---- the face */

export_file *export_open(const char *kind, const char *path, bool append, gsize n, GError **error)
{
    export_file *x = g_new0(export_file, 1);
    x->kind = strcmp(kind, "mbox") == 0 ? 'b' : strcmp(kind, "maildir") == 0 ? 'd' : 'e';
    x->path = g_strdup(path);
    x->append = append;
    x->single = x->kind == 'e' && n == 1 && g_str_has_suffix(path, ".eml");
    x->fd = x->list_fd = -1;
    x->there = x->kind == 'b' ? g_hash_table_new(g_direct_hash, g_direct_equal)
                              : g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    bool ok = x->kind == 'b' ? open_mbox(x, error) : x->kind == 'd' ? open_maildir(x, error) : open_eml(x, error);
    if (!ok)
        g_clear_pointer(&x, export_close);
    return x;
}

bool export_has(const export_file *x, guint32 id)
{
    return x->kind == 'b' && g_hash_table_contains(x->there, GUINT_TO_POINTER(id));
}

bool export_add(export_file *x, const mail_summary *s, GBytes *raw, GError **error)
{
    return x->kind == 'b' ? add_mbox(x, s, raw, error)
           : x->kind == 'd' ? add_maildir(x, s, raw, error)
                            : add_eml(x, s, raw, error);
}

bool export_settle(export_file *x, GError **error)
{
    if (x->kind == 'b')
        return fsync(x->fd) == 0 || fail(error, x->part);
    g_autofree char *inside = g_build_filename(x->path, x->kind == 'd' ? "cur" : ".", "x", NULL);
    sync_directory(x->single ? x->path : inside);
    return true;
}

bool export_finish(export_file *x, GError **error)
{
    return x->kind != 'b' || finish_mbox(x, error);
}

void export_close(export_file *x)
{
    if (x->fd >= 0)
        close(x->fd);
    if (x->list_fd >= 0)
        close(x->list_fd);
    g_hash_table_unref(x->there);
    g_free(x->path);
    g_free(x->part);
    g_free(x->list);
    g_free(x);
}
