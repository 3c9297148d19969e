/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CURSUS_TESTS_UNIT_RUNNER_H
#define CURSUS_TESTS_UNIT_RUNNER_H
#include <check.h>

/* Each file in tests/unit/ROOM/ defines this. */
Suite *unit_suite(void);

#endif
