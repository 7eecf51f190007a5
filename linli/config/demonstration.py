"""The environment of a demonstration, set before the settings are read.

A demonstration has a home of its own with an embedded database: it never touches the one of a deployment, whatever the
environment names. The file `demo.json` marks such a home, so that other commands find its profile and its shown clock.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

from linli.core.keys import write_key_file

MARK = "demo.json"
OF_A_DEPLOYMENT = ("DATABASE_URL", "SECRET_KEY", "KEY_FILE", "HTTPS", "PUBLIC_URL", "INNER_HOSTS")
NOT_FOR = {"serve", "worker"}  # these never run with one-click sign-in because of a file


def option(argv: list[str], name: str, default: str) -> str:
    """The value of `--name VALUE` or `--name=VALUE`."""
    for at, word in enumerate(argv):
        if word.startswith(f"{name}="):
            return word.partition("=")[2]
        if word == name and at + 1 < len(argv):
            return argv[at + 1]
    return default


def prepare_environment(argv: list[str]) -> None:
    """For `linli demo`: a fresh temporary home with --headless, a kept one for a profile and seed otherwise, or the one
    that was named. Raises SystemExit where that one belongs to a deployment."""
    profile, seed = option(argv, "--profile", "china"), option(argv, "--seed", "7")
    named = os.environ.get("LINLI_HOME")
    if named:
        home = Path(named).expanduser()
    elif "--headless" in argv:
        home = Path(tempfile.mkdtemp(prefix="linli-demo-"))
        os.environ["LINLI_DEMO_TEMPORARY"] = str(home)
    else:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
        home = cache / f"linli-demo-{Path(profile).stem}-{seed}"
    if (home / "linli.sqlite3").exists() and not (home / MARK).exists():
        sys.stderr.write(f"linli: {home} holds a deployment, not a demonstration: choose another folder with --home\n")
        raise SystemExit(1)
    home.mkdir(parents=True, exist_ok=True)
    _set(home, profile)
    if not (home / "keys.toml").exists():
        write_key_file(home / "keys.toml")
    (home / MARK).write_text(json.dumps({"profile": profile}) + "\n")


def join_demonstration(argv: list[str]) -> None:
    """For every other command: where the home is a demonstration's, use its profile, its keys and its clock."""
    home = Path(os.environ.get("LINLI_HOME") or "~/.linli").expanduser()
    if not (home / MARK).exists() or argv[:1] == [] or argv[0] in NOT_FOR or os.environ.get("LINLI_DATABASE_URL"):
        return
    _set(home, json.loads((home / MARK).read_text())["profile"])


def _set(home: Path, profile: str) -> None:
    for name in OF_A_DEPLOYMENT:
        os.environ.pop(f"LINLI_{name}", None)
    os.environ.setdefault("LINLI_LOG_LEVEL", "WARNING")
    os.environ |= {"LINLI_HOME": str(home), "LINLI_PROFILE": profile, "LINLI_DEMO": "1"}
