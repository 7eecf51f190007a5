"""The runner says what it left out, and refuses to when all was asked for."""

import sys

import pytest

from tests import run

REPORT = """<testsuites><testsuite><testcase name="a"/><testcase name="b"><skipped message="no Java"/></testcase>
<testcase name="c"><skipped message="no Java"/></testcase></testsuite></testsuites>"""


@pytest.fixture
def tried(monkeypatch, capsys):
    """`tried("--database", "sqlite")` gives the exit code, the last line and the runs, without running anything."""

    def go(*words, chromium="/usr/bin/chromium", postgresql="postgresql://x", code=0, skipped=()):
        runs = []

        def record(database, url, more, *, browser, workers, again):
            assert again == bool(runs), "what uses no database runs once"
            runs.append((database, browser, more))
            return code, list(skipped)

        monkeypatch.setattr(run, "find_chromium", lambda: chromium)
        monkeypatch.setattr(run, "find_postgresql", lambda: postgresql)
        monkeypatch.setattr(run, "run", record)
        monkeypatch.setattr(sys, "argv", ["run", *words])
        found = run.main()
        return found, capsys.readouterr().out.splitlines()[-1], runs

    return go


def test_all_that_the_machine_has(tried):
    code, last, runs = tried("-k", "knock")
    assert (code, last) == (0, "Left out: nothing")
    assert runs == [("sqlite", True, ["-k", "knock"]), ("postgresql", False, ["-k", "knock"])]


@pytest.mark.parametrize(
    ("words", "lacks", "named"),
    [
        ([], {"chromium": None}, "no Chromium found"),
        ([], {"postgresql": None}, "no server answers"),
        (["--database", "sqlite"], {}, "only SQLite was asked for"),
        (["--database", "postgresql"], {}, "only PostgreSQL was asked for"),
        ([], {"skipped": ["no Java"]}, "tests skipped on SQLite and in Chromium: no Java"),
    ],
)
def test_what_is_left_out_is_named_and_may_be_refused(tried, words, lacks, named):
    code, last, _runs = tried(*words, **lacks)
    assert (code, named in last) == (0, True)
    assert tried(*words, "--require-all", **lacks)[0] == 1


def test_failing_tests_fail_the_run(tried):
    assert tried(code=1)[0] == 1
    assert tried(code=run.NO_TESTS)[0] == 1, "no test at all is a failure too"


def test_reasons_of_skipped_tests_are_read_once(tmp_path):
    (tmp_path / "report.xml").write_text(REPORT)
    assert run.skipped(tmp_path / "report.xml") == ["no Java"]
    assert run.skipped(tmp_path / "none.xml") == []


@pytest.mark.parametrize(
    ("database", "browser", "only"),
    [
        ("sqlite", True, "not postgresql"),
        ("sqlite", False, "not postgresql and not browser"),
        ("postgresql", True, ""),
        ("postgresql", False, "not browser"),
    ],
)
def test_marks_choose_the_tests(database, browser, only):
    assert run.marks(database, browser=browser) == only
