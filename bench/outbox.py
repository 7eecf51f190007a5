"""The outbox: claim, render and record with a sender that sends nothing, and through each library against a bare loop of it."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench import Bench, Result
from bench.rounds import SECRET, SERVER

MOST_MS_A_THOUSAND = 1_000.0  # a thousand messages a second
MOST_OF_BARE = 1 / 0.7  # of its time: at least 70 % of its speed


def run(home: Path, database_url: str = "") -> dict[str, Any]:
    env = {key: value for key, value in os.environ.items() if not key.startswith("LINLI_")}
    env |= {"LINLI_HOME": str(home), "LINLI_SECRET_KEY": SECRET, "LINLI_DATABASE_URL": database_url}
    env |= {"LINLI_PUBLIC_URL": "https://linli.example", "LINLI_LOG_LEVEL": "ERROR"}
    command = [sys.executable, "-m", "bench._outbox"]
    found = subprocess.run(command, env=env, stdout=subprocess.PIPE, check=False, text=True)  # noqa: S603
    if found.returncode:
        raise SystemExit("bench: the outbox failed")
    return dict(json.loads(found.stdout.splitlines()[-1]))


def results(raw: dict[str, Any], database: str) -> list[Result]:
    null = statistics.median(raw["null_s"]) / raw["null_messages"] * 1e6
    found = [
        Result(
            f"1,000 messages claimed, rendered and recorded by one worker, {database}",
            null,
            "ms",
            "limit",
            None,
            MOST_MS_A_THOUSAND,
            raw,
        )
    ]
    for name, words in (("apprise", "apprise"), ("smtp", "e-mail"), ("http", "an SMS gateway")):
        mine, bare = (
            statistics.median(raw[f"{name}_{part}_s"]) / raw[f"{name}_messages"] * 1e6 for part in ("linli", "bare")
        )
        what = f"1,000 messages through {words}, {database}"
        found.append(Result(what, mine, "ms", "bare loop", bare, MOST_OF_BARE))
    return found


def on_sqlite() -> list[Result]:
    with tempfile.TemporaryDirectory(prefix="linli-bench-") as temporary:
        return results(run(Path(temporary)), "SQLite")


def on_postgresql() -> list[Result]:
    import psycopg

    name = "linli_bench_outbox"
    try:
        with psycopg.connect(SERVER, autocommit=True, connect_timeout=3) as link:
            link.execute(f"DROP DATABASE IF EXISTS {name}")
            link.execute(f"CREATE DATABASE {name}")
    except psycopg.OperationalError:
        return []  # no server here
    try:
        with tempfile.TemporaryDirectory(prefix="linli-bench-") as temporary:
            return results(run(Path(temporary), SERVER.rsplit("/", 1)[0] + f"/{name}"), "PostgreSQL")
    finally:
        with psycopg.connect(SERVER, autocommit=True) as link:
            link.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


BENCHES = [Bench("outbox sqlite", on_sqlite), Bench("outbox postgresql", on_postgresql)]
