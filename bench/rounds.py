"""Rounds: opening an alert over the country, coverage of a cell against the country, receipts against a bare insert."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench import Bench, Result
from bench.places import linli, national_table

SECRET = "only-for-the-benchmarks-" * 2
MOST_OPENING_S, MOST_COVERAGE, MOST_INTAKE = 1.0, 2.0, 3.0
SERVER = os.environ.get("LINLI_TEST_DATABASE_URL") or "postgresql://postgres@127.0.0.1:5432/postgres"


def run(case: str, home: Path, database_url: str = "") -> dict[str, Any]:
    """One case in a process of its own."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("LINLI_")}
    env |= {"LINLI_HOME": str(home), "LINLI_SECRET_KEY": SECRET, "LINLI_DATABASE_URL": database_url}
    found = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "bench._rounds", case], env=env, stdout=subprocess.PIPE, check=False, text=True
    )
    if found.returncode:
        raise SystemExit(f"bench: the case {case} failed")
    return json.loads(found.stdout.splitlines()[-1])


def ms(measured: list[float]) -> float:
    return statistics.median(measured) * 1000


def opening_results(raw: dict[str, Any], what: str) -> list[Result]:
    rows, narrow = raw["wide_rows"][-1], raw["narrow_rows"][-1]
    return [
        Result(
            f"Opening an alert over {what}", statistics.median(raw["wide_s"]), "s", "limit", None, MOST_OPENING_S, raw
        ),
        Result("rows written by it", rows, "rows", "over as many cells", narrow, 1.0, raw),
    ]


def reading_results(raw: dict[str, list[float]], wide: str) -> list[Result]:
    found = []
    for what, name in (("coverage", "Coverage"), ("picture", "Picture")):
        cell, top = ms(raw[f"{what}:cell"]), ms(raw[f"{what}:province"])
        goal = (
            MOST_COVERAGE if what == "coverage" else None
        )  # a picture also shows the places right below, which differ
        found.append(Result(f"{name} of {wide}", top, "ms", "of a cell", cell, goal))
    return found


def national() -> list[Result]:
    folder, source = national_table()
    with tempfile.TemporaryDirectory(prefix="linli-bench-") as temporary:
        home = Path(temporary)
        linli(home, "migrate")
        linli(home, "import", "places", str(folder))
        raw = run_on(home)
    reading = raw["reading_s"]
    about = {key: raw[key] for key in ("places", "communities_with_households")} | {"source": source}
    country, cell = ms(reading["all:country"]), ms(reading["all:cell"])
    return [
        *opening_results(raw["opening"] | about, f"the country ({raw['places']:,} places)"),
        *opening_results(raw["opening_one_place"], "one province"),
        *reading_results(reading, "a province"),
        Result("Coverage of the country (all its provinces)", country, "ms", "of a cell", cell, MOST_COVERAGE, reading),
    ]


def run_on(home: Path) -> dict[str, Any]:
    """The import made a key file of its own, which goes on to be used."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("LINLI_")} | {"LINLI_HOME": str(home)}
    found = subprocess.run(
        [sys.executable, "-m", "bench._rounds", "national"], env=env, stdout=subprocess.PIPE, check=False, text=True
    )
    if found.returncode:
        raise SystemExit("bench: the case national failed")
    return json.loads(found.stdout.splitlines()[-1])


def intake_result(raw: dict[str, Any], database: str) -> Result:
    mine, bare = (statistics.median(raw[name]) for name in ("linli_s", "bare_s"))
    return Result(f"{raw['rows']:,} receipts in bulk, {database}", mine, "s", "bare insert", bare, MOST_INTAKE, raw)


def receipts() -> list[Result]:
    with tempfile.TemporaryDirectory(prefix="linli-bench-") as temporary:
        found = [intake_result(run("receipts", Path(temporary)), "SQLite")]
        return [*found, *receipts_on_postgresql(Path(temporary))]


def receipts_on_postgresql(home: Path) -> list[Result]:
    """In a database of its own, which is dropped afterwards; left out where no server answers."""
    import psycopg

    name = f"linli_bench_{os.getpid()}"
    try:
        server = psycopg.connect(SERVER, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError:
        print("PostgreSQL does not answer: receipts were measured on SQLite only", file=sys.stderr)
        return []
    with server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            return [intake_result(run("receipts", home / "pg", f"{SERVER.rpartition('/')[0]}/{name}"), "PostgreSQL")]
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def twenty_million() -> list[Result]:
    with tempfile.TemporaryDirectory(prefix="linli-bench-") as temporary:
        raw = run("twenty-million", Path(temporary))
    what = f"{raw['households']:,} households"
    asked = ms(raw["missing_of_a_cell_s"])
    return [
        *opening_results(raw["opening"], what),
        *reading_results(raw["reading_s"], what),
        Result("The missing of a cell among them", asked, "ms", raw={key: raw[key] for key in raw if key != "opening"}),
    ]


BENCHES = [
    Bench("rounds: national tree", national),
    Bench("rounds: receipts in bulk", receipts),
    Bench("rounds: 20 million households", twenty_million, large=True),
]
