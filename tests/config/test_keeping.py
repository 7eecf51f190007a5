"""What is kept how long: less than the law asks for is refused, and what is over goes with its job."""

from datetime import timedelta
from uuid import uuid4

import pytest
from pydantic import ValidationError

from linli.config import keeping
from linli.config.env import Env
from linli.config.wiring import wire
from linli.core import audit, chain, clock, jobs
from linli.core.actors import SYSTEM
from linli.core.models import AuditEntry, AuditSeal, DoneWrite
from linli.core.retention import kept
from linli.messages import jobs as message_jobs
from linli.messages.models import Dispatch


@pytest.mark.parametrize(("days", "is_right"), [(0, True), (182, False), (183, True), (1095, True), (-1, False)])
def test_logs_of_access_are_kept_at_least_six_months(days, is_right):
    if is_right:
        assert Env(keep_audit_days=days).keep_audit_days == days
    else:
        with pytest.raises(ValidationError, match="six months"):
            Env(keep_audit_days=days)


def test_a_setting_that_is_too_short_stops_the_start(make):
    assert "LINLI_KEEP_AUDIT_DAYS" in make("sqlite").refused("doctor", LINLI_KEEP_AUDIT_DAYS="30")


def test_every_line_names_a_job_that_runs():
    wire()
    running = {name.removeprefix("linli.") for name in jobs.schedule()}
    assert {one.job for one in keeping.table()} <= running


def test_what_is_over_is_counted_and_goes(db, settings):
    settings.KEEP_AUDIT_DAYS = 200
    audit.record(SYSTEM, "open_person", ("residents.person", 1))
    chain.seal_new_entries()
    audit.record(SYSTEM, "open_person", ("residents.person", 2))
    chain.seal_new_entries()
    old = clock.now() - timedelta(days=201)
    first = AuditSeal.objects.order_by("id").first()
    AuditSeal.objects.filter(id=first.id).update(at=old)
    DoneWrite.objects.create(
        id="7b0f0f5e-58c9-4c50-9d3b-0d8a5b1a0002",
        actor="x",
        act="x",
        digest="",
        result="",
        at=clock.now() - timedelta(40),
    )
    due = {one.what: one.due() for one in keeping.table() if one.due}
    assert due["ids of writes that may be sent twice"] == 1
    jobs.forget_old_audit()
    jobs.forget_old_writes()
    assert list(AuditEntry.objects.exclude(act="forget_audit").values_list("object_id", flat=True)) == ["2"]
    assert AuditEntry.objects.filter(act="forget_audit").count() == 1
    assert not DoneWrite.objects.exists()
    chain.seal_new_entries()
    assert chain.find_break() is None
    settings.KEEP_AUDIT_DAYS = 0
    jobs.forget_old_audit()
    assert AuditEntry.objects.count() == 2


@pytest.fixture
def retention(settings, monkeypatch):
    """`retention(messages=30)`: what that section of the profile says."""

    def say(**days):
        monkeypatch.setitem(settings.PROFILE.sections, "retention", days)
        kept.cache_clear()

    yield say
    kept.cache_clear()


def test_the_profile_says_how_long_messages_are_kept(db, retention):
    retention(messages=30)
    assert (kept("messages").days, kept("replies").days) == (30, 180)
    for days in (29, 31):
        at = clock.now() - timedelta(days=days)
        Dispatch.objects.create(id=uuid4(), kind="notice", texts={}, made_at=at)
    line = next(one for one in keeping.table() if one.what.startswith("messages"))
    assert (line.words, line.due()) == ("30 days", 1)
    message_jobs.forget_old_messages()
    assert Dispatch.objects.count() == 1
    assert line.due() == 0


@pytest.mark.parametrize("wrong", [{"messages": 0}, {"replies": "long"}, {"late_notes": True}, {"mesages": 30}])
def test_a_section_that_makes_no_sense_is_refused(retention, wrong):
    retention(**wrong)
    with pytest.raises(SystemExit, match=next(iter(wrong))):
        kept("messages")
