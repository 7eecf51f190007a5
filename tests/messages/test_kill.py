"""kill -9 between sending and recording, and two workers at once: at most once more, never lost, and marked."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.messages.peers import provider

ROOT = Path(__file__).resolve().parents[2]
COUNT = 60


def run(home, hosts, *arguments):
    env = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "LINLI"))}
    env |= {"LINLI_HOME": str(home), "LINLI_SECRET_KEY": "only-for-tests-" * 4, "LINLI_INNER_HOSTS": hosts}
    command = [sys.executable, "-m", "tests.messages.sending", *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, env=env, text=True, stdout=subprocess.PIPE)  # noqa: S603


@pytest.fixture
def deployment(tmp_path):
    with provider() as made:
        made.answer = lambda _one: (200, {"ref": "r"}, {})
        made.delay_s = 0.02
        assert run(tmp_path, made.host, "build", made.url, COUNT).wait(timeout=120) == 0
        yield tmp_path, made


def arrived(made):
    return Counter(str(int(one.json["phone"][-5:])) for one in made.arrived)


def states(home, made):
    return json.loads(run(home, made.host, "check").communicate(timeout=60)[0].splitlines()[-1])


def test_a_worker_is_killed_between_sending_and_recording(deployment):
    home, made = deployment
    victim = run(home, made.host, "work", 20, 60)
    until = time.monotonic() + 60
    while len(made.arrived) < 10 and time.monotonic() < until:
        time.sleep(0.005)
    victim.kill()
    victim.wait(timeout=30)
    before = arrived(made)
    assert before, "it was in the middle of sending"
    assert run(home, made.host, "work", 20, 1).wait(timeout=120) == 0
    found = states(home, made)
    assert {state for _name, state, _twice in found} == {"sent"}, "nothing is lost"
    counts = arrived(made)
    assert set(counts) == {name for name, _state, _twice in found}
    assert max(counts.values()) <= 2
    marked = {name for name, _state, twice in found if twice}
    assert {name for name, n in counts.items() if n == 2} <= marked, "whatever went out twice says so"
    assert len(marked) <= 20


def test_two_live_workers_never_send_the_same(deployment):
    home, made = deployment
    workers = [run(home, made.host, "work", 7, 60) for _ in range(2)]
    assert [one.wait(timeout=120) for one in workers] == [0, 0]
    assert set(arrived(made).values()) == {1}
    assert all((state, twice) == ("sent", False) for _name, state, twice in states(home, made))
