"""`make check`: the static checks, one line each with its time. Exit code 1 where one fails.

python -m tests.check            all
python -m tests.check mypy       those whose name begins so
"""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
PYTHON = sys.executable

# The longest first: they run two at a time.
CHECKS: dict[str, list[str]] = {
    "mypy: types": [str(BIN / "mypy"), "linli"],
    "shape: tests/architecture": [PYTHON, "-m", "pytest", "tests/architecture", "-p", "no:cacheprovider"],
    "arrows: import-linter": [str(BIN / "lint-imports"), "--no-logo"],
    "ruff: style": [str(BIN / "ruff"), "check", "."],
    "ruff: format": [str(BIN / "ruff"), "format", "--check", "."],
    "deptry: dependencies": [str(BIN / "deptry"), "."],
    "djlint: templates": [str(BIN / "djlint"), "linli", "--lint", "--quiet"],
    "languages: every text translated": [PYTHON, "-m", "tests.languages", "check"],
    "documents: tables and the API file": [PYTHON, "-m", "tests.documents", "check"],
    "vendored: files as published": [PYTHON, "linli/vendor/renew.py", "--check"],
}


def run(name: str) -> tuple[bool, float, str]:
    """Did it pass, after how many seconds, and what it said."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("LINLI_")}
    started = time.perf_counter()
    found = subprocess.run(  # noqa: S603
        CHECKS[name],
        cwd=ROOT,
        env=env | {"COLUMNS": "160", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return found.returncode == 0, time.perf_counter() - started, (found.stdout + found.stderr).strip()


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(wanted: list[str]) -> int:
    names = [name for name in CHECKS if not wanted or name.startswith(tuple(wanted))]
    started, failed = time.perf_counter(), []
    with ThreadPoolExecutor(2) as pool:
        for name, (passed, seconds, output) in zip(names, pool.map(run, names), strict=True):
            say(f"{'ok  ' if passed else 'FAIL'}  {name:<36} {seconds:5.1f} s")
            if not passed:
                failed.append(name)
                say("\n".join(f"      {line}" for line in output.splitlines()))
    seconds = time.perf_counter() - started
    if failed:
        say(f"{len(failed)} of {len(names)} checks failed: {', '.join(failed)} ({seconds:.0f} s)")
        return 1
    say(f"All {len(names)} checks passed in {seconds:.0f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
