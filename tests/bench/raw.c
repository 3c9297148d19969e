/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a server can give at most: reads the items that cursus stores of every message of the INBOX, in pipelined
 * FETCHes over TLS, and throws them away.
 *
 *   raw PORT USER PASSWORD_FILE [WINDOW [IN_FLIGHT]]      (500 messages, 4 in flight)
 *
 * Prints seconds from the first connection to the last answer, messages and bytes. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ITEMS                                                                                                \
    "(UID FLAGS MODSEQ INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (DATE FROM TO CC SUBJECT MESSAGE-ID " \
    "IN-REPLY-TO REFERENCES CONTENT-TYPE LIST-ID)])"

static SSL *tls;
static char buffer[1 << 20];
static size_t have, at;
static unsigned long long nbytes;

static void die(const char *what)
{
    fprintf(stderr, "raw: %s\n", what);
    exit(1);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fill(void)
{
    memmove(buffer, buffer + at, have - at);
    have -= at;
    at = 0;
    if (have == sizeof buffer)
        die("a line is too long");
    int n = SSL_read(tls, buffer + have, (int)(sizeof buffer - have));
    if (n <= 0)
        die("the server closed the connection");
    have += (size_t)n;
    nbytes += (unsigned long long)n;
}

static void say(const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (n <= 0 || n >= (int)sizeof line || SSL_write(tls, line, n) != n)
        die("cannot write");
}

/* The literal that a line announces, or -1. */
static long literal(const char *line, size_t n)
{
    if (n < 4 || line[n - 3] != '}')
        return -1;
    size_t i = n - 4;
    while (i > 0 && line[i] >= '0' && line[i] <= '9')
        i--;
    return line[i] == '{' ? atol(line + i + 1) : -1;
}

/* One reply without its literals' bytes; the beginning of it in `start`. */
static void reply(char *start, size_t size)
{
    for (int first = 1;; first = 0) {
        char *end;
        while ((end = memchr(buffer + at, '\n', have - at)) == NULL)
            fill();
        char *line = buffer + at;
        size_t n = (size_t)(end - line) + 1;
        if (first)
            snprintf(start, size, "%.*s", (int)(n - 1), line);
        long left = literal(line, n);
        at += n;
        if (left < 0)
            return;
        while (left > 0) {
            if (at == have)
                fill();
            size_t some = have - at < (size_t)left ? have - at : (size_t)left;
            at += some;
            left -= (long)some;
        }
    }
}

/* Reads to the answer of a tag; counts FETCHes and takes the number from EXISTS. */
static void until(const char *tag, unsigned *fetched, unsigned *exists)
{
    char start[64];
    unsigned n;
    do {
        reply(start, sizeof start);
        if (sscanf(start, "* %u EXISTS", &n) == 1 && strstr(start, "EXISTS") != NULL)
            *exists = n;
        *fetched += strstr(start, " FETCH (") != NULL;
    } while (strncmp(start, tag, strlen(tag)) != 0);
    if (strstr(start, " OK") == NULL)
        die(start);
}

static void dial(int port)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((unsigned short)port) };
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        die("cannot connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    tls = SSL_new(SSL_CTX_new(TLS_client_method()));
    SSL_set_fd(tls, fd);
    if (SSL_connect(tls) != 1)
        die("no TLS");
}

int main(int argc, char **argv)
{
    if (argc < 4)
        die("usage: raw PORT USER PASSWORD_FILE [WINDOW [IN_FLIGHT]]");
    unsigned window = argc > 4 ? (unsigned)atoi(argv[4]) : 500, depth = argc > 5 ? (unsigned)atoi(argv[5]) : 4;
    char password[256] = "";
    FILE *f = fopen(argv[3], "r");
    if (f == NULL || fgets(password, sizeof password, f) == NULL)
        die("no password");
    fclose(f);
    password[strcspn(password, "\n")] = '\0';
    double began = now();
    dial(atoi(argv[1]));
    unsigned fetched = 0, exists = 0, sent = 0, answered = 0;
    char greeting[100];
    reply(greeting, sizeof greeting);
    say("a LOGIN \"%s\" \"%s\"\r\n", argv[2], password);
    until("a ", &fetched, &exists);
    say("b ENABLE CONDSTORE\r\nc SELECT INBOX\r\n");
    until("c ", &fetched, &exists);
    unsigned windows = (exists + window - 1) / window;
    while (answered < windows) {
        for (; sent < windows && sent < answered + depth; sent++) { /* newest first */
            unsigned last = exists - sent * window;
            say("t%u FETCH %u:%u " ITEMS "\r\n", sent, last > window ? last - window + 1 : 1, last);
        }
        char tag[32];
        snprintf(tag, sizeof tag, "t%u ", answered++);
        until(tag, &fetched, &exists);
    }
    printf("%.3f s, %u messages, %llu bytes\n", now() - began, fetched, nbytes);
    say("z LOGOUT\r\n");
    return fetched == exists ? 0 : 1;
}
