"""What the doctor finds, each fault planted and then mended."""

from datetime import timedelta

import pytest
from django.utils import translation

from linli.config import gauges
from linli.config.wiring import wire
from linli.core import audit, clock, doctor, jobs
from linli.core.actors import SYSTEM
from linli.core.doctor import life, place
from linli.core.models import AuditEntry, Lease
from linli.messages.models import Sender


def codes(check):
    return [one.code for one in check()]


@pytest.fixture
def home(settings, tmp_path):
    settings.HOME = tmp_path
    settings.ERASURE_LIST = tmp_path / "list" / "erasures.jsonl"
    settings.KEY_FILE = tmp_path / "keys.toml"
    tmp_path.chmod(0o700)
    return tmp_path


def test_files_that_others_can_read(home, settings):
    assert "home-open" not in codes(place.check_files)
    home.chmod(0o755)
    assert "home-open" in codes(place.check_files)
    settings.ERASURE_LIST.parent.mkdir()
    settings.ERASURE_LIST.write_text("")
    settings.ERASURE_LIST.chmod(0o644)
    assert "file-open" in codes(place.check_files)


def test_a_backup_beside_the_key(home):
    (home / "linli-1.backup").write_text("")
    assert codes(place.check_key_copy) == []
    (home / "keys.toml").write_text("")
    assert codes(place.check_key_copy) == ["key-beside-backup"]


def test_a_list_of_erasures_that_cannot_outlive_the_database(home, settings, monkeypatch):
    assert codes(place.check_erasure_list) == []
    settings.ERASURE_LIST.parent.mkdir()
    monkeypatch.setattr(place.os, "access", lambda *_args: False)
    assert codes(place.check_erasure_list) == ["erasure-list-closed"]


@pytest.mark.parametrize(
    ("hosts", "https", "url", "expected"),
    [
        (["localhost", "127.0.0.1"], False, "", []),
        (["linli.example.org"], True, "https://linli.example.org", []),
        (["linli.example.org"], False, "https://linli.example.org", ["no-https"]),
        (["linli.example.org"], True, "", ["no-public-url"]),
        (["linli.example.org"], True, "http://linli.example.org", ["public-url-plain"]),
        (["linli.example.org"], True, "https://other.example.org", ["public-url-unanswered"]),
        (["*"], True, "https://linli.example.org", ["any-host", "public-url-unanswered"]),
    ],
)
def test_addresses(settings, hosts, https, url, expected):
    settings.ALLOWED_HOSTS, settings.SESSION_COOKIE_SECURE, settings.PUBLIC_URL = hosts, https, url
    assert codes(place.check_addresses) == expected


def test_a_network_disk(tmp_path):
    mounts = tmp_path / "mounts"
    mounts.write_text("/dev/sda1 / ext4 rw 0 0\nserver:/x /srv/linli nfs4 rw 0 0\nx /srv/li\\040nli cifs rw 0 0\n")
    assert place.file_system(tmp_path.__class__("/srv/linli/linli.sqlite3"), mounts) == "nfs4"
    assert place.file_system(tmp_path.__class__("/srv/li nli/x"), mounts) == "cifs"
    assert place.file_system(tmp_path.__class__("/srv/linlin/linli.sqlite3"), mounts) == "ext4"


def test_a_worker_that_died_and_a_job_that_fails(db):
    assert codes(life.check_worker) == ["no-worker"]
    lease = Lease.objects.create(name="linli.core.jobs.seal_audit", next_at=clock.now(), last_ok_at=clock.now())
    assert codes(life.check_worker) == []
    Lease.objects.update(last_ok_at=clock.now() - timedelta(minutes=5))
    assert codes(life.check_worker) == ["no-worker"]
    Lease.objects.filter(pk=lease.pk).update(last_ok_at=clock.now(), last_error="OperationalError")
    assert codes(life.check_worker) == ["job-failing"]


def test_a_broken_chain_is_unsafe(db, monkeypatch):
    monkeypatch.setattr(jobs, "_jobs", {})
    jobs.every(86_400, jobs.verify_audit)
    audit.record(SYSTEM, "x", ("a", 1))
    jobs.seal_audit()
    AuditEntry.objects.update(reason="y")
    jobs.run_due()
    Lease.objects.create(name="other", next_at=clock.now(), last_ok_at=clock.now())
    (found,) = life.check_worker()
    assert (found.code, found.level, found.mend) == ("audit-broken", doctor.UNSAFE, "linli audit verify")


def test_backups_grow_old(db):
    assert [one.level for one in life.check_backup()] == [doctor.WARNING]
    audit.record(SYSTEM, "back_up", ("core.backup", "x"))
    assert codes(life.check_backup) == []
    AuditEntry.objects.update(at=clock.now() - timedelta(days=2))
    assert [one.level for one in life.check_backup()] == [doctor.WARNING]
    AuditEntry.objects.update(at=clock.now() - timedelta(days=9))
    assert [one.level for one in life.check_backup()] == [doctor.UNSAFE]


def test_entries_that_nobody_chains_and_a_seal_without_entries(db):
    audit.record(SYSTEM, "x", ("a", 1))
    assert codes(life.check_audit) == []
    AuditEntry.objects.update(at=clock.now() - timedelta(hours=1))
    assert codes(life.check_audit) == ["audit-unsealed"]
    jobs.seal_audit()
    AuditEntry.objects.all().delete()
    assert codes(life.check_audit) == ["audit-emptied"]


def test_somebody_must_be_an_operator(cast):
    assert "no-operator" not in codes(gauges.check_accounts)
    type(cast.accounts["operator"]).objects.update(is_operator=False)
    assert "no-operator" in codes(gauges.check_accounts)


def test_an_empty_deployment_is_told_how_to_begin(db):
    with translation.override("en"):
        (found,) = gauges.check_places()
    assert (found.code, found.mend) == ("no-places", "linli import places FOLDER")


def test_with_places_nothing_is_said_of_them(cast):
    assert codes(gauges.check_places) == []


def test_senders_without_an_address_for_their_links(db, settings):
    settings.PUBLIC_URL, settings.DEMO, settings.ALLOWED_HOSTS = "", False, ["localhost", ".linli.example.org"]
    assert codes(gauges.check_links) == []  # nothing is sent
    robot = Sender.objects.create(name="Robot", kind="wecom", config="{}", per_minute=9, made_at=clock.now())
    (found,) = gauges.check_links()
    assert (found.code, found.level) == ("links-without-address", doctor.UNSAFE)
    assert found.mend == "LINLI_PUBLIC_URL=https://linli.example.org"
    settings.PUBLIC_URL = "https://linli.example.org"
    assert codes(gauges.check_links) == []
    settings.PUBLIC_URL = ""
    Sender.objects.filter(pk=robot.pk).update(is_on=False)
    assert codes(gauges.check_links) == []


def test_a_background_of_maps_that_cannot_be_shown(settings, tmp_path):
    settings.TILES = None
    assert codes(place.check_background) == []
    settings.TILES = tmp_path / "nothing.mbtiles"
    (found,) = place.check_background()
    assert (found.code, found.level) == ("tiles", doctor.WARNING)
    assert str(settings.TILES) in found.what
    settings.TILES.write_bytes(b"no database")
    assert codes(place.check_background) == ["tiles"]
    settings.TILES = tmp_path
    assert codes(place.check_background) == []


def test_a_check_that_fails_is_a_finding_and_says_no_value(monkeypatch):
    def broken():
        raise ValueError("13800138000")

    monkeypatch.setattr(doctor.findings, "_checks", [broken])
    (found,) = doctor.examine()
    assert found.code == "check-failed"
    assert "138" not in str(found)


def test_the_gravest_come_first_and_decide_the_exit_code(monkeypatch):
    def some():
        for level in (doctor.HINT, doctor.UNSAFE, doctor.WARNING):
            yield doctor.Finding(level, level, "what", "why", "mend")

    monkeypatch.setattr(doctor.findings, "_checks", [some])
    found = doctor.examine()
    assert [one.level for one in found] == [doctor.UNSAFE, doctor.WARNING, doctor.HINT]
    assert doctor.worst(found) == 1
    assert doctor.worst(found[1:]) == 2
    assert doctor.worst(found[2:]) == 0


def test_every_finding_says_what_why_and_how(cast):
    wire()
    for one in doctor.examine():
        assert one.what
        assert one.why
        assert one.mend, one.code


@pytest.mark.parametrize("hours", [-5, 5, -1000, 1000])
def test_jobs_go_on_after_the_clock_steps(db, monkeypatch, hours):
    """A lease left by a clock that was ahead must not stop a job until that time comes round again."""
    import time_machine

    ran = []
    monkeypatch.setattr(jobs, "_jobs", {})

    def sweep():
        ran.append(1)

    jobs.every(60, sweep)
    with time_machine.travel("2026-03-29T00:59:30+00:00", tick=False) as traveller:
        jobs.run_due()
        traveller.shift(timedelta(hours=hours))
        jobs.run_due()
        jobs.run_due()
        assert len(ran) == 2
        traveller.shift(61)
        jobs.run_due()
        assert len(ran) == 3
