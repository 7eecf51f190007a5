"""`python -m bench [--large] [--json] [--only NAME]`: runs the benchmarks, prints a table, keeps the raw numbers."""

import argparse
import json
import os
import pkgutil
import platform
import re
import sqlite3
import sys
import time
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import bench
from bench import Bench, Result

RESULTS = Path(__file__).parent / "results"


def find_benches() -> list[Bench]:
    """Of every module here, in the order of their names."""
    names = sorted(one.name for one in pkgutil.iter_modules(bench.__path__) if not one.name.startswith("_"))
    return [one for name in names for one in getattr(import_module(f"bench.{name}"), "BENCHES", [])]


def machine() -> dict[str, Any]:
    memory = 0
    if hasattr(os, "sysconf"):
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return {
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_mb": memory,
        "load_before": os.getloadavg() if hasattr(os, "getloadavg") else None,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor())


def entry(result: Result) -> dict[str, Any]:
    return {**result.__dict__, "ratio": result.ratio, "met": result.met}


def print_table(results: list[Result]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("what", "figure", "peer or limit", "ratio", "goal", "met")
    for one in results:
        peer = f"{one.peer} {number(one.peer_figure)} {one.unit}" if one.peer_figure is not None else one.peer
        goal = "" if one.goal is None else f"≤ {number(one.goal)}" + ("×" if one.ratio is not None else f" {one.unit}")
        ratio = "" if one.ratio is None else f"{one.ratio:.2f}×"
        met = {None: "", True: "yes", False: "NO"}[one.met]
        table.add_row(one.what, f"{number(one.figure)} {one.unit}", peer.strip(), ratio, goal, met)
    Console(width=max(120, Console().width)).print(table)


def number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 100 else f"{value:.3g}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--large", action="store_true", help="the national and the 20-million cases too")
    parser.add_argument("--json", action="store_true", help="print the raw numbers instead of the table")
    parser.add_argument("--only", metavar="NAME", help="those whose name holds this")
    chosen = parser.parse_args()
    about, results = machine(), []
    for one in find_benches():
        if (one.large and not chosen.large) or (chosen.only and chosen.only not in one.name):
            continue
        print(f"{one.name} ...", file=sys.stderr, flush=True)
        started = time.perf_counter()
        results += one.run()
        print(f"{one.name}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    at = datetime.now().astimezone()
    raw = {"at": at.isoformat(timespec="seconds"), "machine": about, "results": [entry(one) for one in results]}
    RESULTS.mkdir(exist_ok=True)
    part = "-".join(re.findall(r"\w+", chosen.only)) if chosen.only else ""
    path = RESULTS / f"{at:%Y-%m-%d}{'-' if part else ''}{part}.json"
    path.write_text(json.dumps(raw, ensure_ascii=False, indent=1, default=str) + "\n", encoding="utf-8")
    if chosen.json:
        print(json.dumps(raw, ensure_ascii=False, default=str))
    else:
        print_table(results)
        print(f"raw numbers: {path}")
    return 1 if any(one.met is False for one in results) else 0


if __name__ == "__main__":
    sys.exit(main())
