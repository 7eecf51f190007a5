"""The database that an earlier Linli left behind: refused until it is migrated, and with the same figures afterwards."""

import gzip
import sqlite3

import psycopg
import pytest

from tests.config.deployment import DATA, DATABASES


def put_back(target, version):
    """The dump that `version` left, as the database of `target`."""
    kind = "postgresql" if target.url else "sqlite"
    text = gzip.decompress((DATA / f"{version}.{kind}.sql.gz").read_bytes()).decode()
    if target.url:
        with psycopg.connect(target.url, autocommit=True) as link:
            link.execute(text)
        return
    link = sqlite3.connect(target.home / "linli.sqlite3")
    link.executescript(text)
    link.close()


@pytest.mark.parametrize("database", DATABASES)
def test_the_database_of_the_spine_is_migrated(make, database):
    target = make(database)
    put_back(target, "spine")
    assert "linli migrate" in target.refused("coverage", "--alert", "x")
    target.linli("migrate")
    figures = target.figures()
    assert (figures["households"], figures["reached"], len(figures["not_reached"])) == (15, 7, 8)
    assert (figures["counters"]["households"], figures["counters"]["reached"]) == (15, 7)
    assert figures["counters"]["agree"]
    assert {one["reason"] for one in figures["not_reached"]} == {"not_yet_visited", "not_at_home", "post_vacant"}
    assert target.sql("SELECT COUNT(*) FROM residents_person")[0][0] == 30
    # the chain that it sealed still holds, and goes on
    before = target.sql("SELECT COUNT(*) FROM core_auditseal")[0][0]
    assert target.linli("audit", "head")["seal"] >= before
    assert target.linli("audit", "verify")["ok"]
    # its numbers still open and its people are still found by them
    told = target.run("tests.config.lookup", "13800130111")
    assert told.stdout.strip() == "住户111 +8613800130111", told.stderr
