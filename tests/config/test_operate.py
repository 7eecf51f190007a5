"""Running a deployment: keys, migrations, the servers and their end, the operators' commands. Each in its own home."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

NOT_INHERITED = ("LINLI_", "PYTEST_", "DJANGO_SETTINGS_MODULE")
SECRET = "a-secret-of-forty-characters-for-this-test"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def environment(home: Path, **more: str) -> dict[str, str]:
    found = {key: value for key, value in os.environ.items() if not key.startswith(NOT_INHERITED)}
    return {**found, "LINLI_HOME": str(home), **more}


def linli(home: Path, *words: str, stdin: str = "", **more: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "linli", *words]
    return subprocess.run(  # noqa: S603
        command, env=environment(home, **more), input=stdin, capture_output=True, text=True, timeout=120, check=False
    )


def refused(done: "subprocess.CompletedProcess[str]") -> str:
    """One clear line, nothing on standard output, exit code 1."""
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("linli: ")
    return lines[0]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# Keys ----------------------------------------------------------------------------------------------------------------


def test_no_key_no_start_and_nothing_made(home):
    assert "there is no secret key" in refused(linli(home, "serve"))
    assert "there is no secret key" in refused(linli(home, "worker"))
    assert not home.exists()
    assert "at least 32 characters" in refused(linli(home, "serve", LINLI_SECRET_KEY="short"))


def test_the_key_and_the_database_belong_together(home):
    assert linli(home, "keys", "create").returncode == 0
    key = home / "keys.toml"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert "already" in refused(linli(home, "keys", "create"))

    made = linli(home, "account", "create", "chen", "--name", "陈书琴", "--operator", "--json")
    assert made.returncode == 0, made.stderr
    assert stat.S_IMODE((home / "linli.sqlite3").stat().st_mode) == 0o600
    password = json.loads(made.stdout)["password"]
    assert len(password) >= 20

    token = linli(home, "token", "create", "--user", "chen", "--scope", "places.see", "--days", "3", "--json")
    told = json.loads(token.stdout)
    assert told["token"].startswith("linli_")
    assert told["scopes"] == ["places.see"]
    stored = b"".join(found.read_bytes() for found in home.glob("linli.sqlite3*"))
    assert told["token"].encode() not in stored
    assert password.encode() not in stored
    assert json.loads(linli(home, "token", "revoke", str(told["id"]), "--json").stdout)["revoked"]

    kept = key.rename(home / "kept")
    assert "the key of this database is missing" in refused(linli(home, "serve"))
    assert "another key" in refused(linli(home, "keys", "create"))
    wrong = linli(home, "token", "create", "--user", "chen", LINLI_SECRET_KEY=SECRET)
    assert "does not belong to this database" in refused(wrong)
    assert "does not belong" in refused(linli(home, "serve", LINLI_SECRET_KEY=SECRET))
    kept.rename(key)
    key.chmod(0o644)
    assert "chmod 600" in refused(linli(home, "serve"))


def test_a_command_on_data_makes_what_is_missing(home):
    done = linli(
        home, "account", "create", "chen", "--name", "陈书琴", "--password-stdin", stdin="three-green-lanterns\n"
    )
    assert done.returncode == 0, done.stderr
    assert "Made a new key file" in done.stderr
    assert "three-green" not in done.stdout + done.stderr
    assert (home / "keys.toml").exists()
    assert "there is no account" in refused(linli(home, "token", "create", "--user", "nobody"))
    assert "scopes" in refused(linli(home, "token", "create", "--user", "chen", "--scope", "*"))
    weak = linli(home, "account", "password", "chen", "--password-stdin", stdin="short\n")
    assert "password" in refused(weak)
    assert linli(home, "account", "operator", "chen").returncode == 0
    assert "profile" in refused(linli(home, "account", "operator", "chen", LINLI_PROFILE="barangay"))
    assert linli(home, "token", "create", "--help").returncode == 0


def test_a_database_behind_this_version_is_refused(home):
    assert linli(home, "migrate", LINLI_SECRET_KEY=SECRET).returncode == 0
    back = (
        "import django; django.setup();"
        "from django.db import connection as c;"
        "c.cursor().execute(\"DELETE FROM django_migrations WHERE app = 'alerts'\")"
    )
    command = [sys.executable, "-c", back]
    with_settings = environment(home, LINLI_SECRET_KEY=SECRET, DJANGO_SETTINGS_MODULE="linli.config.settings")
    subprocess.run(command, env=with_settings, check=True, timeout=60)  # noqa: S603
    for words in (["serve"], ["worker"], ["account", "operator", "chen"]):
        assert "run 'linli migrate'" in refused(linli(home, *words, LINLI_SECRET_KEY=SECRET))


# The servers ---------------------------------------------------------------------------------------------------------


class Running:
    """`linli serve` as a process of its own."""

    def __init__(self, home: Path, *words: str):
        self.port = free_port()
        command = [sys.executable, "-m", "linli", "--json", "serve", "--port", str(self.port), *words]
        self.process = subprocess.Popen(  # noqa: S603
            command,
            env=environment(home, LINLI_SECRET_KEY=SECRET),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        line = self.process.stdout.readline()  # type: ignore[union-attr]
        assert line, self.process.stderr.read()  # type: ignore[union-attr]
        self.told: dict[str, Any] = json.loads(line)

    def get(self, path: str) -> tuple[int, Any]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as answer:
            return answer.status, answer.headers

    def children(self) -> set[int]:
        found = Path(f"/proc/{self.process.pid}/task").glob("*/children")  # by the thread that started them
        return {int(key) for one in found for key in one.read_text().split()}

    def end(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        try:
            return self.process.wait(30)
        finally:
            self.process.stdout.close()  # type: ignore[union-attr]
            self.process.stderr.close()  # type: ignore[union-attr]


def gone(keys: set[int], within: float = 20) -> bool:
    until = time.monotonic() + within
    while time.monotonic() < until:
        if not any(_lives(key) for key in keys):
            return True
        time.sleep(0.2)
    return False


def _lives(key: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{key}/status").read_text()
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")
def test_the_servers_start_together_and_end_together(home):
    assert linli(home, "migrate", LINLI_SECRET_KEY=SECRET).returncode == 0
    running = Running(home)
    try:
        assert running.told["address"] == f"http://127.0.0.1:{running.port}"
        assert running.get("/healthz")[0] == 200
        status, headers = running.get("/static/linli/linli.css")
        assert status == 200
        assert "max-age" in headers["Cache-Control"]
        children = running.children()
        assert len(children) == 2, "one that answers, one worker"
        busy = linli(home, "serve", "--port", str(running.port), LINLI_SECRET_KEY=SECRET)
        assert "can't be used" in refused(busy)
    finally:
        code = running.end(signal.SIGTERM)
    assert code == 0
    assert gone(children)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")
def test_no_child_outlives_a_killed_parent(home):
    assert linli(home, "migrate", LINLI_SECRET_KEY=SECRET).returncode == 0
    running = Running(home)
    children = running.children()
    running.end(signal.SIGKILL)
    assert children
    assert gone(children)
