/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine lock: flock on a file that stays, with the holder's pid inside for the message, and behind it where the
 * holder can be talked to.
 * The kernel frees it when the holder dies, so it is never stale; removing the file would let two
 * processes lock two files of one name. */
#include "store/store.h"
#include "base/error.h"
#include "base/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

struct store_lock {
    int fd;
};

static void read_pid(int fd, char *pid, gsize nbytes)
{
    ssize_t n = pread(fd, pid, nbytes - 1, 0);
    pid[n > 0 ? n : 0] = '\0';
    pid[strspn(pid, "0123456789")] = '\0';
}

static void refuse(int fd, const char *path, GError **error)
{
    char pid[24];
    if (errno != EWOULDBLOCK) {
        error_set(error, ERROR_DISK, "%s: %s", path, g_strerror(errno));
        return;
    }
    read_pid(fd, pid, sizeof pid);
    error_set(error, ERROR_BUSY, _("another cursus is running (process %s)"),
              pid[0] != '\0' ? pid : "?");
}

store_lock *store_lock_take(const char *state_dir, GError **error)
{
    g_autofree char *path = g_build_filename(state_dir, "engine.lock", NULL);
    if (g_mkdir_with_parents(state_dir, 0700) != 0) {
        error_set(error, ERROR_DISK, "%s: %s", state_dir, g_strerror(errno));
        return NULL;
    }
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        error_set(error, ERROR_DISK, "%s: %s", path, g_strerror(errno));
        return NULL;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        refuse(fd, path, error);
        close(fd);
        return NULL;
    }
    g_autofree char *pid = g_strdup_printf("%ld\n", (long)getpid());
    /* The pid is a courtesy: a full disk must not keep the engine from running. */
    if (ftruncate(fd, 0) == 0 && pwrite(fd, pid, strlen(pid), 0) < 0)
        errno = 0;
    store_lock *lock = g_new(store_lock, 1);
    lock->fd = fd;
    return lock;
}

bool store_lock_note(store_lock *lock, const char *text)
{
    char pid[24];
    read_pid(lock->fd, pid, sizeof pid);
    g_autofree char *line = g_strdup_printf("%s\n", text);
    return pwrite(lock->fd, line, strlen(line), (off_t)strlen(pid) + 1) == (ssize_t)strlen(line);
}

char *store_lock_noted(const char *state_dir)
{
    g_autofree char *path = g_build_filename(state_dir, "engine.lock", NULL);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    char text[PATH_MAX + 32];
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    char *from = strchr(text, '\n'), *to = from != NULL ? strchr(from + 1, '\n') : NULL;
    return to != NULL ? g_strndup(from + 1, (gsize)(to - from - 1)) : NULL; /* without an end it is being written */
}

void store_lock_release(store_lock *lock)
{
    if (lock == NULL)
        return;
    if (ftruncate(lock->fd, 0) != 0)
        errno = 0;
    close(lock->fd);
    g_free(lock);
}
