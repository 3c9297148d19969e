# SPDX-License-Identifier: GPL-3.0-or-later
import importlib
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402

SCRIPTS = ["sync", "engine", "offline", "refusals", "starttls", "certificates", "passwords", "watching", "changes", "bodies", "gets", "operations", "silent", "matrix", "flights", "replay", "corpus"]

build, only = sys.argv[1], (sys.argv[2] if len(sys.argv) > 2 else None)
sys.exit(lab.run_tests("live", build, [importlib.import_module(s) for s in SCRIPTS], only))
