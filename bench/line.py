"""The line over a country: issued, told to every holder, confirmed by everyone, rolled up; and how its picture is read."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench import Bench, Result
from bench.places import FILES, linli, national_table

LEAST_RECEIPTS_S, MOST_PICTURE = 10_000, 3.0
DISTRICT = "360103"  # Xihu, Nanchang


def run(case: str, home: Path) -> dict[str, Any]:
    """One case in a process of its own, on a home that places were imported into."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("LINLI_")} | {"LINLI_HOME": str(home)}
    found = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "bench._line", case], env=env, stdout=subprocess.PIPE, check=False, text=True
    )
    if found.returncode:
        raise SystemExit(f"bench: the case {case} failed")
    return json.loads(found.stdout.splitlines()[-1])


def only_one_district(folder: Path, into: Path) -> None:
    """The rows of the tables that belong to it or stand above it."""
    into.mkdir()
    for name in FILES:
        head, *rows = (folder / name).read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [row for row in rows if DISTRICT in row or name in ("provinces.csv", "cities.csv")]
        (into / name).write_text(head + "".join(kept), encoding="utf-8")


def p95(measured: list[float]) -> float:
    return statistics.quantiles(measured, n=20)[-1] * 1000


def nation() -> list[Result]:
    folder, source = national_table()
    with tempfile.TemporaryDirectory(prefix="linli-bench-") as temporary:
        whole, part = Path(temporary) / "nation", Path(temporary) / "district"
        only_one_district(folder, Path(temporary) / "tables")
        for home, tables in ((whole, folder), (part, Path(temporary) / "tables")):
            linli(home, "migrate")
            linli(home, "import", "places", str(tables))
        raw, small = run("nation", whole), run("district", part)
    if not raw["credited"] == raw["counted"] == raw["holders"] or raw["missing"]:
        raise SystemExit(f"bench: the counters do not add up: {raw}")
    receipts_s = sum(seconds for _count, seconds in raw["receipts"])
    scattered, scattered_s = raw["receipts"][-1]
    seconds = raw["issued_s"] + raw["told_s"] + receipts_s + raw["folded_s"]
    raw |= {"source": source, "seconds": seconds}
    limit = raw["credited"] / LEAST_RECEIPTS_S
    return [
        Result(
            f"Alert to a country, {raw['credited']:,} posts told and confirmed, end to end",
            seconds,
            "s",
            f"at {LEAST_RECEIPTS_S:,} receipts a second",
            limit,
            1.0,
            raw,
        ),
        Result("of it the receipts", receipts_s, "s", "limit", None, None),
        Result(f"of them one request scattered over the country, {scattered:,}", scattered_s, "s", "limit", None, None),
        Result("of it telling the holders", raw["told_s"], "s", "limit", None, None),
        Result(
            "Picture, p95, with the country",
            p95(raw["pictures_s"]),
            "ms",
            "with one district",
            p95(small["pictures_s"]),
            MOST_PICTURE,
            {"nation_s": raw["pictures_s"], "district_s": small["pictures_s"]},
        ),
    ]


BENCHES = [Bench("line: an alert to the country", nation)]
