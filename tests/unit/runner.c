/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The main() of every unit test program: each file of tests/unit/ROOM/ gives one suite. */
#include "unit/runner.h"

#include <locale.h>
#include <stdlib.h>

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    SRunner *runner = srunner_create(unit_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
