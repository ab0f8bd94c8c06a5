"""What the bench found.

check FILE   exits with 0 when the file is whole JSON that has results, else with 1
table DIR    prints the times and ratios in the files of a folder as Markdown
"""

import glob
import json
import os
import sys


def check(path):
    """Whether there are results: an interrupted bench may have finished no round."""
    try:
        with open(path) as f:
            found = json.load(f)
    except (OSError, ValueError):
        return False
    return bool(found) and (not isinstance(found, dict) or found.get("ours", found).get("rounds", 1) > 0)


def number(value, interval=None, scale=1.0):
    if value is None:
        return ""
    text = f"{scale * value:.4g}"
    return text + (f" [{scale * interval[0]:.4g}, {scale * interval[1]:.4g}]" if interval else "")


def row(*cells):
    print("|", " | ".join(cells), "|")


def setting(found):
    return ", ".join(str(found.get(key, "")) for key in ("model", "batch", "dtype", "rounds")) + " rounds"


def table(folder):
    files = {}
    for name in ("bench", "peers"):
        files[name] = [path for path in sorted(glob.glob(os.path.join(folder, name + "-*.json"))) if check(path)]
    if files["bench"]:
        row("net, batch, type", "method", "ms a step", "÷ sgd", "÷ sam", "compile s")
        row(*["---"] * 6)
    for path in files["bench"]:
        found = json.load(open(path))
        for r in found["rows"]:
            ratios = [number(r.get(k), r.get(k + "_ci95")) for k in ("step_cost_vs_sgd", "step_cost_vs_sam")]
            step = number(r.get("step_seconds_median"), r.get("step_seconds_ci95"), 1000)
            row(setting(found), r["method"], step, *ratios, number(r.get("compile_seconds")))
    if files["peers"]:
        print()
        row("net, batch, type", "this", "÷ that", "time of a step")
        row(*["---"] * 4)
    for path in files["peers"]:
        found = json.load(open(path))
        for r in found["ratios"] or []:
            row(setting(found["ours"]), r["of"], r["to"], ratio(r["ratio"]))


def ratio(interval):
    """A ratio as bench/peers writes it."""
    low, high = interval.get("low"), interval.get("high")
    return number(interval.get("median"), None if low is None or high is None else (low, high))


def main():
    if sys.argv[1] == "check":
        sys.exit(0 if check(sys.argv[2]) else 1)
    table(sys.argv[2])


main()
