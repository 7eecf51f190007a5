"""What the clock starts, and the queue of facts: once, retried, forgotten when done."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
import time_machine

from linli.core import clock, events, jobs
from linli.core.models import DoneWrite, Event, EventDelivery, Lease


@dataclass(frozen=True)
class KettleBoiled(events.Fact):
    """A fact of these tests."""

    cups: int


@pytest.fixture
def heard(monkeypatch, db):
    calls: list[int] = []

    def pour(payload):
        calls.append(payload["cups"])
        if payload["cups"] > 9:
            raise ValueError("too many")

    monkeypatch.setattr(events, "_subscribers", {})
    events.subscribe(KettleBoiled, pour)
    return calls


def test_a_fact_is_heard_once(heard):
    events.publish(KettleBoiled(cups=2))
    assert events.deliver_due() == 1
    assert events.deliver_due() == 0
    assert heard == [2]


def test_a_failing_subscriber_is_tried_again_later_and_shown_in_the_end(heard):
    events.publish(KettleBoiled(cups=10))
    with time_machine.travel(clock.now(), tick=False) as traveller:
        for _attempt in range(events.MOST_ATTEMPTS):
            traveller.shift(timedelta(hours=1))
            assert events.deliver_due() == 1
            assert events.deliver_due() == 0
        traveller.shift(timedelta(hours=1))
        assert events.deliver_due() == 0
    assert events.count_failing() == 1
    assert EventDelivery.objects.get().error == "ValueError"  # the type, never the message: it may quote a person


def test_a_fact_without_listeners_costs_nothing(monkeypatch, django_assert_num_queries, db):
    monkeypatch.setattr(events, "_subscribers", {})
    with django_assert_num_queries(0):
        events.publish(KettleBoiled(cups=1))


def test_a_job_runs_once_a_period_whoever_asks(monkeypatch, db):
    runs: list[int] = []

    def tick():
        runs.append(1)

    monkeypatch.setattr(jobs, "_jobs", {})
    jobs.every(60, tick)
    with time_machine.travel(clock.now(), tick=False) as traveller:
        assert jobs.run_due() == 1
        assert jobs.run_due() == 0
        traveller.shift(61)
        assert jobs.run_due() == 1
    assert len(runs) == 2


def test_a_failing_job_stops_no_other_and_is_shown(monkeypatch, db):
    def break_down():
        raise RuntimeError("13800138000")

    monkeypatch.setattr(jobs, "_jobs", {})
    jobs.every(60, break_down)
    assert jobs.run_due() == 1
    assert Lease.objects.get().last_error == "RuntimeError"


def test_what_has_served_is_forgotten(heard):
    events.publish(KettleBoiled(cups=1))
    events.deliver_due()
    events.publish(KettleBoiled(cups=10))  # never delivered: kept
    Event.objects.update(at=clock.now() - timedelta(days=31))
    DoneWrite.objects.create(
        id="7b0f0f5e-58c9-4c50-9d3b-0d8a5b1a0001",
        actor="account:1",
        act="x",
        digest="",
        result="",
        at=clock.now() - timedelta(days=31),
    )
    jobs.forget_old_writes()
    assert Event.objects.count() == 1
    assert not DoneWrite.objects.exists()


def test_an_idle_worker_looks_once_and_takes_no_lock(db, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(jobs, "_jobs", {})
    for number in range(20):
        jobs._jobs[f"job{number}"] = (lambda: None, timedelta(minutes=1))
    assert jobs.run_due() == 20
    with django_assert_num_queries(1):
        assert jobs.run_due() == 0
