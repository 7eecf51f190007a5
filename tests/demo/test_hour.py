"""The hour without a browser, as a user starts it: everybody accounted for, the same seed the same figures, and a count
that notices what is taken away."""

import json
import os
import sqlite3
import subprocess
import sys
from typing import Any

import pytest

REASONS = {
    "refused", "not_at_home", "notice_left", "vacant", "moved", "wrong_address", "post_vacant", "no_means",
    "not_yet_visited",
}  # fmt: skip


def linli(*words: str) -> Any:
    """The command in a process of its own: (exit code, its JSON)."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("LINLI_", "PYTEST_", "DJANGO_"))}
    run = [sys.executable, "-m", "linli", *words, "--json"]
    done = subprocess.run(run, capture_output=True, text=True, env=clean, timeout=300, check=False)  # noqa: S603
    assert done.returncode in {0, 1}, done.stderr
    return done.returncode, json.loads(done.stdout or "null")


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """A home in which the hour of the municipality was played, and what the command said."""
    home = tmp_path_factory.mktemp("demo") / "home"
    code, figures = linli("demo", "--headless", "--profile", "barangay", "--home", str(home))
    return home, code, figures


@pytest.fixture
def changed(played, tmp_path):
    """A copy of that home to take something away from."""
    home, _code, figures = played
    copy = tmp_path / "home"
    subprocess.run(["/bin/cp", "-r", str(home), str(copy)], check=True)  # noqa: S603
    with sqlite3.connect(copy / "linli.sqlite3") as database:
        yield copy, database, figures


def test_nobody_is_left_out(played):
    _home, code, figures = played
    assert code == 0
    assert figures["unaccounted"] == 0
    assert figures["households"] == figures["reached"] + len(figures["not_reached"])
    assert 0.85 < figures["reached"] / figures["households"] < 0.98
    assert figures["receipts"] == figures["reached"] == sum(figures["by_how"].values())
    assert set(figures["by_how"]) == {"own_tap", "relative", "shared_link", "at_door"}
    assert figures["posts"] == 38
    assert figures["vacant_posts"] >= 1
    assert figures["counters"]["agree"] is True
    for line in figures["not_reached"]:
        assert line["reason"] in REASONS
        assert line["responsible"]
    assert len({line["reason"] for line in figures["not_reached"]}) >= 4


def test_a_place_is_split_in_the_middle_and_undone_and_a_drill_is_scored(played):
    _home, _code, figures = played
    assert figures["redrawing"] == {"split": True, "undone": True, "unaccounted": 0, "agree": True}
    drill = figures["drill"]
    assert drill["scored"] is True
    assert drill["posts"] == 6  # five puroks and the barangay, without the captain who planned it
    assert 0 < drill["answered"] <= drill["posts"]
    assert drill["percent"] == drill["answered"] * 100 // drill["posts"]


def test_the_same_seed_gives_the_same_figures_and_another_seed_others(played):
    _home, _code, figures = played
    again = linli("demo", "--headless", "--profile", "barangay")[1]
    other = linli("demo", "--headless", "--profile", "barangay", "--seed", "8")[1]
    for one in (figures, again, other):
        one.pop("elapsed_s", None)
    assert again == figures
    assert (other["households"], other["not_reached"]) != (figures["households"], figures["not_reached"])


def coverage(home, figures, *more: str) -> Any:
    code, found = linli("coverage", "--alert", figures["alert"], "--home", str(home), *more)
    assert code == 0
    return found


def test_coverage_counts_the_same_again(played):
    home, _code, figures = played
    found = coverage(home, figures)
    for name in ("households", "reached", "unaccounted", "posts", "vacant_posts", "receipts", "by_how", "counters"):
        assert found[name] == figures[name], name
    part = coverage(home, figures, "--place", "TNG01")
    assert 0 < part["households"] < found["households"]


def test_coverage_of_an_unknown_notice_is_one_line(played):
    home, _code, _figures = played
    assert linli("coverage", "--alert", "nothing", "--home", str(home)) == (1, None)
    assert linli("coverage", "--alert", "nothing", "--home", str(home), "--place", "TNG01") == (1, None)


def test_a_receipt_taken_away_shows(changed):
    home, database, figures = changed
    one = "SELECT id FROM rounds_answer WHERE how = 'own_tap' LIMIT 1"
    database.execute(f"DELETE FROM rounds_answer WHERE id = ({one})")  # noqa: S608
    database.commit()
    found = coverage(home, figures)
    assert found["reached"] == figures["reached"] - 1
    assert len(found["not_reached"]) == len(figures["not_reached"]) + 1
    assert found["counters"]["agree"] is False


def test_an_appointment_that_ended_leaves_its_households_unaccounted(changed):
    home, database, figures = changed
    # A deputy too: without a post of their own they stand in for nobody.
    name = figures["not_reached"][0]["responsible"]
    theirs = sum(line["responsible"] == name for line in figures["not_reached"])
    who = "SELECT id FROM grid_account WHERE name = ?"
    ended = f"UPDATE grid_appointment SET until_at = '2026-03-05 01:30:00' WHERE account_id IN ({who})"  # noqa: S608
    database.execute(ended, [name])
    database.commit()
    found = coverage(home, figures)
    assert found["unaccounted"] == theirs > 0
    assert found["vacant_posts"] > figures["vacant_posts"]
    assert found["reached"] == figures["reached"]
