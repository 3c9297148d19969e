/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cursus-render: HTML in, styled lines out (text/render_protocol.h).  Single-threaded: it reads a
 * request and forks a child that parses, answers and ends, so that no page meets what another one
 * left behind.  It opens nothing; started on a terminal it has nothing to say.
 *
 * cursus-render COLUMNS <page.html   prints the text, for people and tests. */
#include "config.h"
#include "base/limits.h"
#include "render/answer.h"
#include "render/layout.h"
#include "text/render_protocol.h"

#include <errno.h>
#include <libxml/parser.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define CPU_S 10 /* seconds one page may compute */
#define MEMORY                                                                                     \
    (1ull << 30) /* bytes of address space; the largest page makes a tree of some 200 MB */

static bool read_all(void *bytes, gsize nbytes)
{
    char *p = bytes;
    while (nbytes > 0) {
        ssize_t n = read(STDIN_FILENO, p, nbytes);
        if (n <= 0 && !(n < 0 && errno == EINTR))
            return false;
        if (n > 0) {
            p += n;
            nbytes -= (gsize)n;
        }
    }
    return true;
}

static bool write_all(const void *bytes, gsize nbytes)
{
    const char *p = bytes;
    while (nbytes > 0) {
        ssize_t n = write(STDOUT_FILENO, p, nbytes);
        if (n <= 0 && !(n < 0 && errno == EINTR))
            return false;
        if (n > 0) {
            p += n;
            nbytes -= (gsize)n;
        }
    }
    return true;
}

static bool write_answer(guint32 status, const guchar *payload, gsize nbytes)
{
    guint32 header[3] = { g_htonl(RENDER_ANSWER_MAGIC), g_htonl(status), g_htonl((guint32)nbytes) };
    G_STATIC_ASSERT(sizeof header == RENDER_ANSWER_HEADER);
    return write_all(header, sizeof header) && write_all(payload, nbytes);
}

static void limit(int resource, rlim_t value)
{
    struct rlimit r = { value, value };
    setrlimit(resource, &r);
}

static void limit_self(void)
{
    limit(RLIMIT_CPU, CPU_S);
    limit(RLIMIT_FSIZE, 0);
    limit(RLIMIT_CORE, 0);
#if !CURSUS_SANITIZED /* AddressSanitizer's shadow is larger than any limit */
    limit(RLIMIT_AS, MEMORY);
#endif
}

/* The child.  Its whole answer is made before the first byte is written: one that dies early leaves
 * the stream as it was. */
static void work(const char *html, gsize nbytes, guint ncols)
{
    limit_self();
    GByteArray *answer = answer_html(html, nbytes, ncols);
    if (answer->len > LIMIT_RENDER_ANSWER)
        _exit(EXIT_FAILURE);
    _exit(write_answer(RENDER_STATUS_OK, answer->data, answer->len) ? EXIT_SUCCESS : EXIT_FAILURE);
}

static bool serve_html(const char *html, gsize nbytes, guint ncols)
{
    pid_t child = fork();
    if (child == 0)
        work(html, nbytes, ncols);
    int status = 0;
    if (child < 0)
        return write_answer(RENDER_STATUS_DIED, NULL, 0);
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS)
        return true;
    return write_answer(RENDER_STATUS_DIED, NULL, 0);
}

static bool serve_one(void)
{
    guint32 header[4];
    if (!read_all(header, sizeof header) || g_ntohl(header[0]) != RENDER_REQUEST_MAGIC)
        return false;
    guint32 kind = g_ntohl(header[1]), ncols = g_ntohl(header[2]), nbytes = g_ntohl(header[3]);
    if (nbytes > LIMIT_RENDER_REQUEST || ncols < RENDER_MIN_COLUMNS || ncols > RENDER_MAX_COLUMNS)
        return false;
    g_autofree char *html = g_try_malloc((gsize)nbytes + 1);
    if (!html || !read_all(html, nbytes))
        return false;
    if (kind != RENDER_KIND_HTML)
        return write_answer(RENDER_STATUS_REFUSED, NULL, 0);
    return serve_html(html, nbytes, ncols);
}

/* What every child needs is loaded and started once, here. */
static void preload(void)
{
    static const char page[] = "<p>a <b>b</b> &eacute; <a href='https://example.org/'>c</a></p>";
    GByteArray *answer = answer_html(page, sizeof page - 1, 80);
    g_byte_array_unref(answer);
}

static int print_page(const char *columns)
{
    guint64 ncols = g_ascii_strtoull(columns, NULL, 10);
    g_autoptr(GByteArray) html = g_byte_array_new();
    guchar buffer[65536];
    ssize_t n;
    while ((n = read(STDIN_FILENO, buffer, sizeof buffer)) > 0 && html->len < LIMIT_RENDER_REQUEST)
        g_byte_array_append(html, buffer, (guint)n);
    tree *t = tree_new((const char *)html->data, MIN(html->len, LIMIT_RENDER_REQUEST));
    page *p =
        page_new((guint)CLAMP(ncols, RENDER_MIN_COLUMNS, RENDER_MAX_COLUMNS), LIMIT_RENDER_ANSWER);
    links *l = links_new();
    if (t->root)
        layout(p, l, t->root, false);
    links_append(l, p);
    const GPtrArray *lines = page_lines(p);
    for (guint i = 0; i < lines->len; i++)
        puts(((const styled_line *)g_ptr_array_index(lines, i))->text);
    links_free(l);
    page_free(p);
    tree_free(t);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "");
    xmlInitParser();
    if (argc == 2 && g_ascii_isdigit(argv[1][0]))
        return print_page(argv[1]);
    signal(SIGPIPE, SIG_IGN);
    preload();
    while (serve_one())
        ;
    return EXIT_SUCCESS;
}
