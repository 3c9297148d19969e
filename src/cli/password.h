/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asking for a password on the controlling terminal. */
#ifndef CURSUS_CLI_PASSWORD_H
#define CURSUS_CLI_PASSWORD_H

#include "base/secret.h"

/* Prompts on /dev/tty without echo and blocks.  NULL: there is no terminal, or the person declined (Ctrl-C,
 * Ctrl-D).  Main thread. */
secret *password_ask(const char *prompt);

#endif
