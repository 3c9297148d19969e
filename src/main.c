/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wires the rooms. */
#include "config.h"
#include "base/i18n.h"

#include <locale.h>

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "");
    return argc > 1 && argv[1] == NULL;
}
