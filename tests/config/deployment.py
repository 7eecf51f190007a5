"""A deployment of its own for a test: a home, a database on either system, and `linli` as a process."""

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.config.filled import ALERT
from tests.machine import find_postgresql

NOT_INHERITED = ("LINLI_", "PYTEST_", "DJANGO_SETTINGS_MODULE")
SECRET = "a-secret-of-forty-characters-for-this-test"
DATA = Path(__file__).parent / "data"
DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


class Deployment:
    def __init__(self, home: Path, url: str = "", **more: str):
        self.home, self.url = home, url
        self.more = {"LINLI_SECRET_KEY": SECRET, **({"LINLI_DATABASE_URL": url} if url else {}), **more}

    def environment(self, **more: str) -> dict[str, str]:
        found = {key: value for key, value in os.environ.items() if not key.startswith(NOT_INHERITED)}
        return {**found, "LINLI_HOME": str(self.home), **self.more, **more}

    def start(self, *words: str, **more: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", *words]
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, env=self.environment(**more), **pipes)  # noqa: S603

    def run(self, *words: str, stdin: str = "", **more: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", *words]
        return subprocess.run(  # noqa: S603
            command,
            env=self.environment(**more),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def patched(self, code: str, *words: str) -> "subprocess.Popen[str]":
        """`linli` with something bent in its process; `code` imports `main`."""
        text = "import django, os, sys\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'linli.config.settings')\n"
        text += f"django.setup()\nsys.argv = {['linli', *words]!r}\n{code}main()\n"
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen([sys.executable, "-c", text], env=self.environment(), **pipes)  # noqa: S603

    def linli(self, *words: str, **more: str) -> Any:
        """What the command says with --json; it must end well."""
        done = self.run("linli", "--json", *words, **more)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.strip().splitlines()[-1])

    def refused(self, *words: str, **more: str) -> str:
        """The one line that a refused command says."""
        done = self.run("linli", *words, **more)
        assert done.returncode == 1, (done.stdout, done.stderr)
        lines = [line for line in done.stderr.strip().splitlines() if line.startswith("linli: ")]
        assert len(lines) == 1, done.stderr
        return lines[0]

    def fill(self) -> None:
        done = self.run("tests.config.filled")
        assert done.returncode == 0, done.stderr

    def sql(self, text: str, *values: Any) -> list[Any]:
        """Straight into the database, as an attacker or a test would."""
        if self.url:
            with psycopg.connect(self.url, autocommit=True) as link:
                cursor = link.execute(text.replace("?", "%s"), values)
                return cursor.fetchall() if cursor.description else []
        import sqlite3

        link = sqlite3.connect(self.home / "linli.sqlite3", timeout=30)
        try:
            with link:
                return link.execute(text, values).fetchall()
        finally:
            link.close()

    def figures(self) -> Any:
        """The certificate's figures of the alert, counted anew and by the counters."""
        return self.linli("coverage", "--alert", str(ALERT))

    def make_home(self) -> "Deployment":
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self


@contextmanager
def new_database() -> Any:
    """The address of a fresh PostgreSQL database that is gone afterwards."""
    server = find_postgresql()
    if server is None:
        pytest.skip("no PostgreSQL server answers")
    name = f"linli_test_{uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as link:
        link.execute(f"CREATE DATABASE {name}")
    try:
        yield server.rpartition("/")[0] + f"/{name}"
    finally:
        with psycopg.connect(server, autocommit=True) as link:
            link.execute(f"DROP DATABASE {name} WITH (FORCE)")


class Makes:
    """`make("sqlite")` gives an empty deployment; several may stand beside each other."""

    def __init__(self, folder: Path):
        self.folder, self.open, self.made = folder, [], 0

    def __call__(self, database: str, **more: str) -> Deployment:
        self.made += 1
        url = ""
        if database == "postgresql":
            found = new_database()
            url = found.__enter__()
            self.open.append(found)
        return Deployment(self.folder / f"home{self.made}", url, **more).make_home()

    def end(self) -> None:
        for one in self.open:
            one.__exit__(None, None, None)
