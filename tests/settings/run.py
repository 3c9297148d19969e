# SPDX-License-Identifier: GPL-3.0-or-later
"""Every option of the table in src/conf/options.c has a row here: its default, another value, where the difference shows,
and a check that is run for both.  An option without a row fails, and so does a row whose default is not the table's."""
import concurrent.futures
import os
import re
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "live")]
import lab  # noqa: E402
import rows  # noqa: E402

TABLE = os.path.join(os.path.dirname(os.path.dirname(HERE)), "src", "conf", "options.c")


def options():
    """{name: default} as the program's table has it."""
    with open(TABLE, encoding="utf-8") as f:
        text = " ".join(f.read().split())
    return dict(re.findall(r'\{ "([a-z-]+)", OPTION_[A-Z]+, "([^"]*)"', text))


def play(build, world, row):
    t, began = lab.Lab(build), time.monotonic()
    try:
        for value in (None, row.other):
            row.check(t, world, value)
        word, notes = "ok", []
    except lab.Skip as why:
        word, notes = "skip", [str(why)]
    except Exception as why:
        word, notes = "FAIL", [str(why), "".join(traceback.format_tb(why.__traceback__, -3))]
    finally:
        t.close()
    lines = ["%-4s settings/%s (%s)  %.1f s" % (word, row.name, row.where, time.monotonic() - began)]
    return word, "\n".join(lines + ["     " + n.rstrip().replace("\n", "\n     ") for n in notes])


def main(build, only):
    table, failed, passed, skipped = options(), 0, 0, 0
    mine = {r.name: r for r in rows.ROWS}
    for name in sorted(set(table) ^ set(mine)):
        print("FAIL settings/%s: %s" % (name, "no row shows what it changes" if name in table else "there is no such option"))
        failed += 1
    for name in sorted(set(table) & set(mine)):
        if mine[name].default != table[name]:
            print("FAIL settings/%s: the row says %r is the default, the table %r" % (name, mine[name].default, table[name]))
            failed += 1
    keeper = lab.Lab(build)
    try:
        world = rows.World(keeper, build)
        wanted = [r for r in rows.ROWS if only is None or r.name == only]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for word, text in pool.map(lambda r: play(build, world, r), sorted(wanted, key=lambda r: -r.slow)):
                failed += word == "FAIL"
                passed += word == "ok"
                skipped += word == "skip"
                if word != "ok" or only:
                    print(text)
    except lab.Skip as why:
        print("settings: not run (%s)" % why)
    finally:
        keeper.close()
    print("settings: %d passed, %d failed%s" % (passed, failed, ", %d skipped" % skipped if skipped else ""))
    return 1 if failed else 0


sys.exit(main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 and sys.argv[2] else None))
