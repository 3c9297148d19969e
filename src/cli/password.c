/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line without echo from /dev/tty.  Signals by keys are off meanwhile: Ctrl-C declines. */
#include "cli/password.h"
#include "cli/progress.h"

#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define LIMIT_PASSWORD 1024 /* bytes; longer ones are tokens, which a command gives */
#define CTRL_C 0x03
#define CTRL_D 0x04
#define CTRL_H 0x08
#define CTRL_U 0x15
#define DELETE 0x7f

static void say(int fd, const char *text)
{
    if (write(fd, text, strlen(text)) < 0)
        return; /* the terminal is gone: the read below fails too */
}

/* Length of the line in buffer, or -1 when it was declined. */
static gssize read_line(int fd, char *buffer)
{
    gsize n = 0;
    for (;;) {
        unsigned char c;
        if (read(fd, &c, 1) != 1 || c == CTRL_C || c == CTRL_D)
            return -1;
        if (c == '\n' || c == '\r')
            return (gssize)n;
        if (c == CTRL_U)
            n = 0;
        else if (c == DELETE || c == CTRL_H) { /* one character of UTF-8 */
            while (n > 0 && ((unsigned char)buffer[n - 1] & 0xc0) == 0x80)
                n--;
            n -= n > 0;
        } else if (n < LIMIT_PASSWORD)
            buffer[n++] = (char)c;
    }
}

secret *password_ask(const char *prompt)
{
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    struct termios before, quiet;
    if (fd < 0 || tcgetattr(fd, &before) != 0) {
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    progress_clear();
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ICANON | ISIG);
    quiet.c_cc[VMIN] = 1;
    quiet.c_cc[VTIME] = 0;
    (void)tcsetattr(fd, TCSAFLUSH, &quiet);
    say(fd, prompt);
    char buffer[LIMIT_PASSWORD];
    gssize n = read_line(fd, buffer);
    secret *answer = n > 0 ? secret_new(buffer, n) : NULL;
    secret_wipe(buffer, sizeof buffer);
    say(fd, "\n");
    (void)tcsetattr(fd, TCSAFLUSH, &before);
    close(fd);
    return answer;
}
