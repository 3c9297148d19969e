# SPDX-License-Identifier: GPL-3.0-or-later
import importlib
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [here, os.path.join(os.path.dirname(here), "live")]
import lab  # noqa: E402

build, only = sys.argv[1], (sys.argv[2] if len(sys.argv) > 2 else None)
alone = ["stall"]  # take long: only when asked for by name
scripts = [only] if only in alone else ["cut", "silent", "killed", "two", "crowd", "sweep"]
sys.exit(lab.run_tests("fault", build, [importlib.import_module(s) for s in scripts], only))
