"""`make test`: every test, on SQLite and on PostgreSQL where one answers, the browser's journeys where there is one.

    python -m tests.run                          all that this machine can
    python -m tests.run --database sqlite        on one database
    python -m tests.run --require-all            leaving something out is a failure
    python -m tests.run -k knock tests/alerts    the rest is pytest's

The last line names what was left out for want of a browser, PostgreSQL or Java (nothing needs Java yet).
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from tests.machine import find_chromium, find_postgresql

ROOT = Path(__file__).resolve().parents[1]
NO_TESTS = 5  # pytest's exit code where nothing was collected


def arguments() -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(prog="python -m tests.run", description="Every test of Linli.")
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], help="default: both where they answer")
    parser.add_argument("--require-all", action="store_true", help="fail where anything is left out")
    parser.add_argument("--workers", default="2", help="processes side by side (default 2)")
    return parser.parse_known_args()


def marks(database: str, *, browser: bool) -> str:
    """Which tests run on a database: what needs PostgreSQL only there; a browser's journeys once, on the first."""
    wanted = []
    if database == "sqlite":
        wanted.append("not postgresql")
    if not browser:
        wanted.append("not browser")
    return " and ".join(wanted)


def run(
    database: str, url: str, more: list[str], *, browser: bool, workers: str, again: bool = False
) -> tuple[int, list[str]]:
    """pytest's exit code, and the reasons of the tests that were skipped. `again`: tests that use no database ran on the
    first already."""
    home = Path(tempfile.mkdtemp(prefix="linli-test-"))
    (home / "static").mkdir()
    env = {key: value for key, value in os.environ.items() if not key.startswith("LINLI_")}
    env |= {"LINLI_TEST_HOME": str(home), "LINLI_HOME": str(home)}
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # tests start the command a hundred times: it is compiled once
    if url:
        env |= {"LINLI_TEST_DATABASE_URL": url, "LINLI_TEST_DB_NAME": f"linli_test_{os.getpid()}"}
    if chromium := find_chromium():
        env["LINLI_CHROMIUM"] = chromium
    report = home / "report.xml"
    command = [sys.executable, "-m", "pytest", "-n", workers, "--dist", "worksteal", "--create-db"]
    command += [f"--junit-xml={report}"]
    if again:
        command.append("--only-database")
    if only := marks(database, browser=browser):
        command += ["-m", only]
    try:
        code = subprocess.run([*command, *more], cwd=ROOT, env=env, check=False).returncode  # noqa: S603
        return code, skipped(report)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def skipped(report: Path) -> list[str]:
    if not report.exists():
        return []
    found = ElementTree.parse(report).iter("skipped")  # noqa: S314
    return sorted({node.get("message") or "no reason given" for node in found})


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    wanted, more = arguments()
    chromium = find_chromium()
    postgresql = find_postgresql() if wanted.database != "sqlite" else None
    runs = []
    if wanted.database != "postgresql":
        runs.append(("sqlite", "", f"On SQLite{' and in Chromium' if chromium else ''}"))
    if postgresql:
        runs.append(("postgresql", postgresql, "On PostgreSQL"))

    left_out = [] if chromium else ["the journeys in a browser (no Chromium found)"]
    if wanted.database == "sqlite":
        left_out.append("PostgreSQL (only SQLite was asked for)")
    elif not postgresql:
        left_out.append("PostgreSQL (no server answers; set LINLI_TEST_DATABASE_URL)")
    if wanted.database == "postgresql":
        left_out.append("SQLite (only PostgreSQL was asked for)")

    codes = []
    for database, url, title in runs:
        say(f"== {title}")
        first = (database, url) == runs[0][:2]
        browser = bool(chromium) and first
        code, reasons = run(database, url, more, browser=browser, workers=wanted.workers, again=not first)
        codes.append(code)
        left_out += [f"tests skipped on {title[3:]}: {reason}" for reason in reasons]
    failed = any(code not in {0, NO_TESTS} for code in codes) or all(code == NO_TESTS for code in codes)
    say("Left out: " + ("; ".join(left_out) or "nothing"))
    return 1 if failed or (wanted.require_all and left_out) else 0


if __name__ == "__main__":
    raise SystemExit(main())
