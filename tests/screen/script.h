/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A .keys file as a list of steps. */
#ifndef CURSUS_TESTS_SCREEN_SCRIPT_H
#define CURSUS_TESTS_SCREEN_SCRIPT_H

#include <glib.h>

typedef struct step {
    char *verb;
    char *rest;       /* the line behind the verb */
    GPtrArray *block; /* lines of char * that follow, each begun with '|'; never NULL */
    int line;
} step;

/* NULL when it cannot be read. */
GPtrArray *script_read(const char *path);
/* "j <enter> <esc>v text" -> the bytes a terminal sends.  NULL for an unknown name. */
GString *script_keys(const char *written);

#endif
