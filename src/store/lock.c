/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine lock: flock on a file that stays, with the holder's pid inside for the message only.
 * The kernel frees it when the holder dies, so it is never stale; removing the file would let two
 * processes lock two files of one name. */
#include "store/store.h"
#include "base/error.h"
#include "base/i18n.h"

#include <errno.h>
#include <fcntl.h>
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

void store_lock_release(store_lock *lock)
{
    if (lock == NULL)
        return;
    if (ftruncate(lock->fd, 0) != 0)
        errno = 0;
    close(lock->fd);
    g_free(lock);
}
