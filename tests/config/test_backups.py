"""A backup taken while everything runs comes back whole, on both databases, or not at all."""

import json
import re
import signal
import stat
import time

import pytest

from linli.config import archive
from linli.config.archive.folder import _mark as folder_mark
from linli.core import crypto
from linli.core.errors import SetupError
from tests.config.deployment import DATA, DATABASES, SECRET, Deployment

OTHER_KEY = "another-secret-of-forty-characters-for-tests"


@pytest.fixture(scope="module")
def backup(filled, tmp_path_factory):
    """One sealed backup of the filled SQLite deployment."""
    file = tmp_path_factory.mktemp("backups") / "linli.backup"
    told = filled("sqlite").linli("backup", str(file))
    assert told["rows"] > 200
    return file


@pytest.mark.parametrize("database", DATABASES)
def test_what_was_backed_up_comes_back_whole(filled, make, tmp_path, database):
    source, target = filled(database), make(database)
    file = tmp_path / "one.backup"
    source.linli("backup", str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    held = file.read_bytes()
    for text in ("住户111", "住户111".encode("unicode-escape").decode(), "暴雨", "argon2"):
        assert text.encode() not in held  # sealed

    told = target.linli("restore", str(file))
    assert told["audit"] == "ok"
    assert target.figures() == source.figures()
    assert target.linli("audit", "verify")["ok"]
    # people can still be found and their numbers read
    assert target.linli("audit", "head")["seal"] > source.sql("SELECT MAX(id) FROM core_auditseal")[0][0] - 1
    # the number of a row that is gone is not given again
    account = target.linli("account", "create", "new", "--name", "新来")
    assert account["username"] == "new"
    most = source.sql("SELECT MAX(id) FROM grid_account")[0][0]
    assert target.sql("SELECT id FROM grid_account WHERE username = 'new'")[0][0] > most + 1
    # numbers stay sealed in the table, and open with the key
    sealed = target.sql("SELECT phone FROM residents_person ORDER BY id LIMIT 1")[0][0]
    assert bytes(sealed).startswith(b"k1:")
    # nobody stays signed in, and no lease is carried along
    assert target.sql("SELECT COUNT(*) FROM django_session")[0][0] == 0


def test_a_restore_over_a_newer_schema_is_refused(make, backup, tmp_path):
    """The key guards the head too, so a newer version is played by a Linli that lacks the last migration."""
    target = make("sqlite")
    code = (
        "from django.db.migrations.loader import MigrationLoader as Loader\nload = Loader.load_disk\n"
        "def without(self):\n    load(self)\n"
        "    del self.disk_migrations[max(key for key in self.disk_migrations if key[0] == 'alerts')]\n"
        "Loader.load_disk = without\nfrom linli.config.cli import main\n"
    )
    process = target.patched(code, "restore", str(backup))
    said = process.communicate(timeout=120)[1]
    assert process.returncode == 1
    assert "newer database" in said
    assert "upgrade Linli first" in said
    assert not (target.home / "linli.sqlite3").exists()


@pytest.mark.parametrize("database", DATABASES)
def test_an_older_backup_is_migrated_up(make, database):
    target = make(database)
    told = target.linli("restore", str(DATA / "older.backup"))
    assert told["audit"] == "ok"
    figures = target.figures()
    assert (figures["households"], figures["reached"]) == (15, 7)
    assert figures["counters"]["reached"] == 7
    target.linli("migrate")


def test_the_wrong_key_opens_nothing(make, backup):
    target = make("sqlite", LINLI_SECRET_KEY=OTHER_KEY)
    assert "another key" in target.refused("restore", str(backup))
    assert not (target.home / "linli.sqlite3").exists()
    without = make("sqlite")
    without.more.pop("LINLI_SECRET_KEY")
    assert "no secret key" in without.refused("restore", str(backup))
    assert list(without.home.iterdir()) == []


@pytest.fixture
def its_key(settings):
    """This process holds the key of the deployments."""
    settings.DATA_SECRET = SECRET
    crypto.forget_keys()
    yield
    crypto.forget_keys()


def said_of(file):
    try:
        archive.examine(archive.ContainerSource(file))
    except SetupError as error:
        return str(error)
    return "whole"


BREAKS = {
    "cut": lambda data, head: data[:-100],
    "without its frames": lambda data, head: data[:head],
    "longer": lambda data, head: data + b"more",
    "a bit changed": lambda data, head: data[: head + 500] + bytes([data[head + 500] ^ 1]) + data[head + 501 :],
    "another head": lambda data, head: data.replace(b'"version": "0.1.0"', b'"version": "0.0.9"', 1),
    "the frames twice": lambda data, head: data + data[head:],
    "a huge frame": lambda data, head: data[:head] + b"\xff\xff\xff\xff" + data[head + 4 :],
    "a frame of nothing": lambda data, head: data[:head] + b"\0\0\0\0" + data[head + 4 :],
    "another file": lambda data, head: b"PK\x03\x04" + data,
    "a head of numbers": lambda data, head: data[:15] + b"12" + data[head - 1 :],
    "a deep head": lambda data, head: data[:15] + b"[" * 100_000 + data[head - 1 :],
    "empty": lambda data, head: b"",
}


@pytest.mark.parametrize("plain", [False, True], ids=["sealed", "plain"])
def test_a_file_that_was_cut_or_changed_is_refused(make, filled, tmp_path, its_key, plain):
    whole, file = tmp_path / "whole.backup", tmp_path / "broken.backup"
    filled("sqlite").linli("backup", str(whole), *(["--plain"] if plain else []))
    archive.examine(archive.ContainerSource(whole))
    data = whole.read_bytes()
    head = data.index(b"\n", 20) + 1
    for name, bend in BREAKS.items():
        file.write_bytes(bend(data, head))
        assert re.search("damaged|no backup", said_of(file)), name
    target = make("sqlite")
    assert "linli: " in target.refused("restore", str(file))
    assert list(target.home.iterdir()) == []


def test_a_bomb_is_never_unpacked_whole(tmp_path, its_key):
    """Only who has the key can make one; even then no line longer than any real one is held in memory."""
    head = {"key_id": "k1", "migrations": {}}
    file = tmp_path / "bomb.backup"
    with file.open("wb") as out:
        sink = archive.ContainerSink(out, head, sealed=True)
        sink.begin("grid_place", ["id"])
        for _megabyte in range(100):
            sink.lines(b"1" * 1024 * 1024)
        sink.finish({"tables": {}})
    assert file.stat().st_size < 1024 * 1024
    with pytest.raises(archive.Damaged, match="without an end"):
        archive.examine(archive.ContainerSource(file))


def test_only_an_empty_database_takes_a_backup_unless_told(make, backup):
    target = make("sqlite")
    target.linli("account", "create", "chen", "--name", "陈书琴")
    assert "--replace" in target.refused("restore", str(backup))
    assert "nothing was changed" in target.refused("restore", str(backup), "--replace")  # asked, and not answered
    told = target.linli("restore", str(backup), "--replace", "--yes")
    assert target.figures()["reached"] == 7
    back = make("sqlite")
    back.linli("restore", told["replaced"])
    assert back.sql("SELECT username FROM grid_account") == [("chen",)]


def test_nothing_is_replaced_under_a_living_worker(make, backup):
    target = make("sqlite")
    target.linli("account", "create", "chen", "--name", "陈书琴")
    worker = target.start("linli", "worker")
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if target.sql("SELECT COUNT(*) FROM core_lease WHERE last_ok_at IS NOT NULL")[0][0]:
                break
            time.sleep(0.3)
        assert "stop 'linli serve'" in target.refused("restore", str(backup), "--replace", "--yes")
    finally:
        worker.terminate()
        worker.communicate(timeout=30)


def test_a_profile_that_is_not_its_own_is_refused(make, backup):
    assert "LINLI_PROFILE" in make("sqlite", LINLI_PROFILE="barangay").refused("restore", str(backup))


# Erased since --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("database", DATABASES)
def test_who_was_erased_since_the_backup_is_erased_again(make, tmp_path, database):
    source, file, kept = make("sqlite"), tmp_path / "one.backup", tmp_path / "kept"
    source.more["LINLI_ERASURE_LIST"] = str(kept / "erasures.jsonl")
    source.fill()
    source.linli("backup", str(file))
    (person,) = source.sql("SELECT id FROM residents_person WHERE name = '住户111'")[0]
    erased = source.run("tests.config.erase", str(person))
    assert erased.returncode == 0, erased.stderr
    after = tmp_path / "after.backup"
    source.linli("backup", str(after))

    target = make(database, LINLI_ERASURE_LIST=source.more["LINLI_ERASURE_LIST"])
    told = target.linli("restore", str(file))
    assert told["erased_again"] == 1
    assert target.sql("SELECT COUNT(*) FROM residents_person WHERE name = '住户111'")[0][0] == 0
    assert target.figures()["reached"] == 7
    assert target.linli("audit", "verify")["ok"]
    assert target.linli("erasures", "replay") == {"erased_again": 0}

    (kept / "erasures.jsonl").rename(tmp_path / "lost")
    lost = make("sqlite", LINLI_ERASURE_LIST=str(kept / "erasures.jsonl"))
    assert "LINLI_ERASURE_LIST" in lost.refused("restore", str(after))
    lost.linli("restore", str(after), "--without-list")


# Kept for how long ---------------------------------------------------------------------------------------------------


def test_a_folder_keeps_the_newest(filled, tmp_path):
    source, folder = filled("sqlite"), tmp_path / "kept"
    folder.mkdir()
    for day in range(1, 6):
        (folder / f"linli-2026010{day}T000000Z.backup").write_text("old")
    (folder / "notes.txt").write_text("mine")
    (folder / "linli-20200101T000000Z.backup.bak").write_text("mine too")
    told = source.linli("backup", str(folder), "--keep", "3")
    assert len(told["removed"]) == 3
    names = sorted(one.name for one in folder.iterdir())
    assert names[0:1] == ["linli-20200101T000000Z.backup.bak"]
    assert [name for name in names if re.fullmatch(r"linli-2026010\dT000000Z.backup", name)] == [
        "linli-20260104T000000Z.backup",
        "linli-20260105T000000Z.backup",
    ]
    assert "notes.txt" in names
    assert "already" in source.refused("backup", told["file"])
    assert "folder" in source.refused("backup", str(tmp_path / "x.backup"), "--keep", "2")
    assert "no folder" in source.refused("backup", str(tmp_path / "nowhere" / "x.backup"))


# Killed in the middle ------------------------------------------------------------------------------------------------


SLOW = (
    "import os, sys, time\n"
    "from linli.config.archive import {module} as module\n"
    "before = module.{name}\n"
    "def slowly(*args):\n"
    "    for at, found in enumerate(before(*args)):\n"
    "        yield found\n"
    "        if at == {after}:\n"
    "            sys.stdout.write('now\\n'); sys.stdout.flush(); time.sleep(60)\n"
    "module.{name} = slowly\n"
    "from linli.config.cli import main\n"
)


def killed(target: Deployment, code: str, *words: str) -> None:
    process = target.patched(code, *words)
    assert process.stdout is not None
    assert process.stdout.readline() == "now\n", process.communicate()[1]
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)


def test_a_backup_killed_in_the_middle_leaves_no_file(filled, make, tmp_path):
    source, file = filled("sqlite"), tmp_path / "one.backup"
    killed(source, SLOW.format(module="snapshot", name="_lines", after=0), "backup", str(file))
    assert not file.exists()
    part = tmp_path / "one.backup.part"
    assert "linli: " in make("sqlite").refused("restore", str(part))
    source.linli("backup", str(file))
    assert not part.exists()
    make("sqlite").linli("restore", str(file))


@pytest.mark.parametrize("database", DATABASES)
def test_a_restore_killed_in_the_middle_is_not_used_and_can_be_done_again(make, backup, database):
    target = make(database)
    killed(target, SLOW.format(module="loading", name="_parts", after=5), "restore", str(backup))
    assert target.sql("SELECT COUNT(*) FROM grid_place")[0][0] == 0
    for words in (["serve"], ["worker"], ["migrate"], ["account", "operator", "chen"], ["backup", str(target.home)]):
        assert "was not finished" in target.refused(*words)
    target.linli("restore", str(backup))
    assert target.figures()["reached"] == 7


def test_a_backup_sees_one_moment_while_others_write(filled, make, tmp_path):
    """Somebody confirms between two tables: neither half of it is in the file, so the counters still agree."""
    source = make("sqlite")
    source.fill()
    file = tmp_path / "one.backup"
    before = source.figures()
    statements = ["UPDATE grid_account SET name = username", "DELETE FROM rounds_answer"]
    confirm = f"    import sqlite3\n    link = sqlite3.connect({str(source.home / 'linli.sqlite3')!r}, timeout=5)\n"
    confirm += f"    for one in {statements}:\n        link.execute(one)\n    link.commit()\n"
    code = (
        "from linli.config.archive import snapshot as module\nbefore = module._lines\nseen = []\n"
        "def write():\n" + confirm + "def meanwhile(*args):\n    seen or write()\n    seen.append(1)\n"
        "    yield from before(*args)\nmodule._lines = meanwhile\nfrom linli.config.cli import main\n"
    )
    process = source.patched(code, "backup", str(file))
    errors = process.communicate(timeout=120)[1]
    assert process.returncode == 0, errors
    assert source.sql("SELECT COUNT(*) FROM rounds_answer")[0][0] == 0
    target = make("sqlite")
    target.linli("restore", str(file))
    assert target.figures() == before


# A whole deployment moves --------------------------------------------------------------------------------------------


def rows_of(file):
    """JSON inside a value is compared as such: PostgreSQL puts its names in an order of its own."""
    return [
        [json.loads(one) if isinstance(one, str) and one[:1] in ("{", "[") else one for one in json.loads(line)]
        for line in file.read_text().splitlines()
    ]


@pytest.mark.postgresql
@pytest.mark.parametrize(("here", "there"), [("sqlite", "postgresql"), ("postgresql", "sqlite")])
def test_a_deployment_moves_between_databases(filled, make, tmp_path, here, there):
    source, target, folder = filled(here), make(there), tmp_path / "moved"
    told = source.linli("export", "deployment", str(folder))
    assert told["rows"] > 200
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert all(stat.S_IMODE(one.stat().st_mode) == 0o600 for one in (folder / "tables").iterdir())
    person = (folder / "tables" / "residents_person.jsonl").read_text().splitlines()[0]
    assert "+8613800130111" not in person
    target.linli("import", "deployment", str(folder))
    assert target.figures() == source.figures()
    assert target.linli("audit", "verify")["ok"]
    again = tmp_path / "again"
    target.linli("export", "deployment", str(again))
    left_alone = {"core_auditentry", "core_auditseal"}  # the move itself is an entry
    for file in sorted((folder / "tables").iterdir()):
        if file.stem not in left_alone:
            assert rows_of(again / "tables" / file.name) == rows_of(file), file.name


def test_a_folder_from_elsewhere_is_not_trusted(filled, make, tmp_path, its_key):
    source, folder, away = filled("sqlite"), tmp_path / "moved", tmp_path / "away"
    source.linli("export", "deployment", str(folder))
    manifest, accounts = folder / "manifest.json", folder / "tables" / "grid_account.jsonl"

    def refused(match):
        with pytest.raises(SetupError, match=match):
            archive.examine(archive.FolderSource(folder))

    kept = manifest.read_text()
    climbing = json.loads(kept)
    climbing["foot"]["tables"]["../../../etc/passwd"] = climbing["foot"]["tables"].pop("grid_place")
    manifest.write_text(json.dumps(climbing))
    refused("manifest")
    climbing["mark"] = folder_mark({key: value for key, value in climbing.items() if key != "mark"})
    manifest.write_text(json.dumps(climbing))  # by somebody who has the key
    refused("name of a table")
    manifest.write_text(kept)

    rows = accounts.read_text()
    accounts.write_text(rows.replace('"chen"', '"evil"'))
    refused("grid_account")
    accounts.rename(away)
    refused("grid_account")
    accounts.symlink_to(away)  # it may lead anywhere
    refused("grid_account")
    accounts.unlink()
    accounts.write_text(rows)
    with pytest.raises(SetupError, match="no export"):
        archive.FolderSource(tmp_path)
    archive.examine(archive.FolderSource(folder))

    target = make("sqlite")
    target.linli("import", "deployment", str(folder))
    assert "--replace" in target.refused("import", "deployment", str(folder))
    assert target.figures()["reached"] == 7


def test_every_table_is_in_a_backup_or_left_out_for_a_reason():
    from django.apps import apps

    from linli.config.archive.rows import LEFT_OUT, LEFT_OUT_APPS, tables_of

    held = {one.name for one in tables_of(apps)}
    models = apps.get_models(include_auto_created=True)
    ours = {one._meta.db_table for one in models if one.__module__.startswith("linli.")}
    assert ours - held == LEFT_OUT
    assert {one._meta.app_label for one in models if one._meta.db_table not in held} <= LEFT_OUT_APPS | {"core"}


def test_what_was_still_to_be_sent_is_marked(db):
    from uuid import uuid4

    from linli.config.archive.loading import mark_unsent
    from linli.core import clock
    from linli.messages.models import Delivery, Dispatch
    from linli.messages.rules import QUEUED, SENT

    now = clock.now()
    made = Dispatch.objects.create(id=uuid4(), source_room="x", source_id="1", kind="notice", texts={}, made_at=now)
    for number, state in enumerate((QUEUED, SENT)):
        Delivery.objects.create(
            dispatch=made,
            kind="account",
            recipient=number,
            state=state,
            tries=0,
            maybe_twice=False,
            tried=[],
            next_at=now,
            set_at=now,
        )
    assert mark_unsent() == 1
    assert Delivery.objects.get(maybe_twice=True).state == QUEUED
