/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Preloaded into cursus by the fault sweep: kills it at the Nth commit, the Nth write to the server or the Nth write to a
 * write-ahead log, before or after it.  CURSUS_KILL="commit 3 before"; CURSUS_COUNT names a file that gets a letter for
 * each event (c, s, w), so that an undisturbed run tells how many there are.  Not part of the program. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct sqlite3_stmt sqlite3_stmt;
const char *sqlite3_sql(sqlite3_stmt *);

static const char letters[] = "csw";
static atomic_int seen[3];
static int kind = -1, number, after, counts = -1;

__attribute__((constructor)) static void read_plan(void)
{
    const char *plan = getenv("CURSUS_KILL"), *file = getenv("CURSUS_COUNT");
    char what[16], when[16];
    if (plan != NULL && sscanf(plan, "%15s %d %15s", what, &number, when) == 3) {
        kind = (int)(strchr(letters, what[0]) - letters);
        after = strcmp(when, "after") == 0;
    }
    if (file != NULL)
        counts = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    unsetenv("LD_PRELOAD"); /* the tunnel and cursus-render are left alone */
    unsetenv("CURSUS_KILL");
    unsetenv("CURSUS_COUNT");
}

/* Is this event the one?  Dies at once when it is to happen before it. */
static int marked(int what)
{
    int n = atomic_fetch_add(&seen[what], 1);
    if (counts >= 0 && write(counts, &letters[what], 1) < 0)
        abort();
    if (what != kind || n != number)
        return 0;
    if (!after)
        kill(getpid(), SIGKILL);
    return 1;
}

static void end(int is_marked)
{
    if (is_marked)
        kill(getpid(), SIGKILL);
}

int sqlite3_step(sqlite3_stmt *statement)
{
    static int (*real)(sqlite3_stmt *);
    if (real == NULL)
        real = (int (*)(sqlite3_stmt *))dlsym(RTLD_NEXT, "sqlite3_step");
    const char *sql = sqlite3_sql(statement);
    int mark = sql != NULL && strncasecmp(sql, "COMMIT", 6) == 0 && marked(0);
    int result = real(statement);
    end(mark);
    return result;
}

ssize_t send(int fd, const void *bytes, size_t n, int flags)
{
    static ssize_t (*real)(int, const void *, size_t, int);
    if (real == NULL)
        real = (ssize_t (*)(int, const void *, size_t, int))dlsym(RTLD_NEXT, "send");
    int mark = marked(1);
    ssize_t result = real(fd, bytes, n, flags);
    end(mark);
    return result;
}

static int is_log(int fd)
{
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path);
    return n > 4 && memcmp(path + n - 4, "-wal", 4) == 0;
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off_t at)
{
    static ssize_t (*real)(int, const void *, size_t, off_t);
    if (real == NULL)
        real = (ssize_t (*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite64");
    int mark = is_log(fd) && marked(2);
    ssize_t result = real(fd, bytes, n, at);
    end(mark);
    return result;
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at)
{
    return pwrite64(fd, bytes, n, at);
}
