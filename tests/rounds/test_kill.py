"""kill -9 in the middle of confirming: what was confirmed is there, once, and the counters agree with it."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KILLS = 4


def run(home, mode, **more):
    env = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "LINLI"))}
    env |= {"LINLI_HOME": str(home), "LINLI_SECRET_KEY": "only-for-tests-" * 4}
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "tests.rounds.confirming", mode],
        cwd=ROOT,
        env=env,
        text=True,
        stdout=subprocess.PIPE,
        **more,
    )


def said_before_the_kill(process, lines):
    said = [int(process.stdout.readline()) for _ in range(lines)]
    process.kill()
    return said + [int(line) for line in process.stdout.read().splitlines() if line.strip()]


def test_no_confirmed_receipt_is_lost(tmp_path):
    assert run(tmp_path, "build").wait(timeout=60) == 0
    said = []
    for kill in range(KILLS):
        process = run(tmp_path, "confirm")
        said += said_before_the_kill(process, 7 + 5 * kill)
        process.wait(timeout=30)
    answered, stored = run(tmp_path, "check").communicate(timeout=30)[0].split()
    members = [int(one) for one in stored.split(",")]
    assert set(said) <= set(members)
    assert len(members) == len(set(members)) == int(answered)
