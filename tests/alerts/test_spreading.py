"""A notice in the outbox: who is told, who is reminded, and that an old notice wakes nobody."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linli.alerts import actions
from linli.alerts.actions import spreading
from linli.alerts.jobs import advance_alerts, spread_alerts
from linli.alerts.models import Alert, AlertFact, Spread
from linli.alerts.profile import read_urgency
from linli.alerts.rules import due_reminder
from linli.core import clock
from linli.core.actors import SYSTEM, Actor
from linli.grid import actions as grid
from linli.grid.models import Appointment
from linli.messages.models import Delivery, Dispatch

LINK = Actor(kind="link", id=1)


@pytest.fixture
def cast(after, cast):
    return cast


@pytest.fixture
def scene(after, cast, issued):
    return cast, issued(), after


def told(alert, kind, recipient="account"):
    rows = Delivery.objects.filter(dispatch__source_id=str(alert.pk), dispatch__kind=kind, kind=recipient)
    return sorted(rows.values_list("recipient", flat=True))


def ids(cast, *names):
    return sorted(cast.accounts[name].pk for name in names)


def confirm(alert, household):
    return actions.confirm_household(actor=LINK, alert=alert, household=household.pk, receipt_id=uuid4(), how="own_tap")


def test_everybody_on_the_line_and_every_household_with_means_once(scene):
    cast, alert, after = scene
    assert Spread.objects.count() == 1  # issuing wrote no row a recipient
    assert not Delivery.objects.exists()
    after(0)
    assert told(alert, "notice") == ids(cast, "wang", "li", "zhao", "zhou", "wu", "zheng", "sun", "qian")
    assert told(alert, "notice", "household") == sorted(one.pk for one in cast.households)
    after(0)
    assert Delivery.objects.count() == 8 + 15


def test_a_person_in_two_posts_is_told_once(cast, issued, after):
    grid.appoint(
        actor=cast.actor("wang"),
        account=cast.accounts["li"],
        post_kind="cell_leader",
        place=cast.place("001-1-1"),
        paper="1",
    )
    alert = issued()
    after(0)
    assert told(alert, "notice").count(cast.accounts["li"].pk) == 1


def test_who_stands_in_is_told_and_the_absent_is_left_alone(cast, issued, after):
    post = Appointment.objects.select_related("account", "place").get(account=cast.accounts["zhou"])
    away = grid.Away(clock.now() + timedelta(days=1), cast.accounts["wu"], "leave")
    grid.record_absence(actor=cast.actor("zhou"), appointments=[post], away=away)
    alert = issued()
    after(0)
    assert cast.accounts["zhou"].pk not in told(alert, "notice")
    assert actions.acknowledge_alert(actor=cast.actor("wu"), alert=alert) == 2  # her own cell and his


def test_a_worker_that_ended_in_the_middle_is_followed_by_another(scene, monkeypatch):
    cast, alert, _after = scene
    monkeypatch.setattr(spreading, "POSTS_A_BATCH", 3)
    monkeypatch.setattr(spreading, "PLACES_A_BATCH", 1)
    monkeypatch.setattr(spreading, "HOMES_A_BATCH", 1)
    spread = Spread.objects.get()
    enqueue, calls = spreading.messages.enqueue, []

    def dying(**given):
        calls.append(1)
        if len(calls) in (2, 4):
            enqueue(**given)
            raise RuntimeError
        return enqueue(**given)

    monkeypatch.setattr(spreading.messages, "enqueue", dying)
    going = True
    while going:
        try:
            going = actions.spread_on(actor=SYSTEM, spread_id=spread.pk)
        except RuntimeError:
            continue
    assert len(told(alert, "notice")) == 8
    assert told(alert, "notice", "household") == sorted(one.pk for one in cast.households)


def test_only_the_silent_are_reminded_and_a_receipt_stops_what_waits(scene):
    cast, alert, after = scene
    after(1)
    actions.acknowledge_alert(actor=cast.actor("li"), alert=alert)
    confirm(alert, cast.households[0])
    states = Delivery.objects.filter(recipient=cast.households[0].pk, kind="household").values_list("state", flat=True)
    assert set(states) == {"confirmed"}
    after(4)
    assert cast.accounts["li"].pk not in told(alert, "reminder")
    assert cast.accounts["wu"].pk in told(alert, "reminder")
    assert not told(alert, "reminder", "household")
    after(5)
    assert len(told(alert, "reminder", "household")) == 14


def test_a_knock_stops_every_channel(scene):
    cast, alert, after = scene
    after(1)
    actions.record_knock(
        actor=cast.actor("zhou"),
        alert=alert,
        household=cast.households[0].pk,
        outcome="spoken_to",
        attempt_id=uuid4(),
    )
    after(10)
    assert cast.households[0].pk not in told(alert, "reminder", "household")
    assert Delivery.objects.get(recipient=cast.households[0].pk, kind="household").state == "confirmed"


def test_after_a_long_sleep_only_the_newest_reminder_goes_out(scene):
    _cast, _alert, after = scene
    after(9)
    assert list(AlertFact.objects.filter(kind="posts_reminded").values_list("once", flat=True)) == ["posts_reminded:8"]
    after(0)
    assert Dispatch.objects.filter(kind="reminder").count() == 1


def test_past_its_use_nobody_is_woken(scene):
    _cast, alert, _after = scene
    with time_machine.travel(alert.deadline_at + timedelta(hours=1), tick=False):
        advance_alerts()
        spread_alerts()
        assert not Delivery.objects.filter(dispatch__kind__in=["notice", "reminder"]).exists()
    assert Spread.objects.get().done_at is not None


def test_an_ended_notice_wakes_nobody(scene):
    cast, alert, after = scene
    actions.cancel_alert(actor=cast.actor("chen"), alert=alert, reason="误报")
    after(10)
    assert not Delivery.objects.exists()  # nobody had been told, so nobody is told that it is called back


def test_cancelling_reaches_whoever_was_told(scene):
    cast, alert, after = scene
    after(0)
    Delivery.objects.filter(kind="household").update(state="sent")
    Delivery.objects.filter(kind="account").exclude(recipient=cast.accounts["li"].pk).update(state="failed")
    actions.cancel_alert(actor=cast.actor("chen"), alert=alert, reason="误报")
    after(0)
    assert told(alert, "cancel", "household") == sorted(one.pk for one in cast.households)
    assert told(alert, "cancel") == ids(cast, "li")
    assert Dispatch.objects.get(kind="cancel").texts["zh-hans"]["body"] == "误报"


def test_an_update_reaches_whoever_was_told_and_is_out_of_its_places_now(scene, notice):
    cast, alert, after = scene
    after(0)
    Delivery.objects.update(state="sent")
    new = actions.update_alert(actor=cast.actor("chen"), alert=alert, alert_id=uuid4(), notice=notice("001-1"))
    after(0)
    assert told(new, "update", "household") == sorted(one.pk for one in cast.households)
    assert cast.accounts["qian"].pk in told(new, "update")


def test_the_one_above_is_told_and_whoever_has_to_knock(scene):
    cast, alert, after = scene
    after(16)
    assert cast.accounts["zhou"].pk in told(alert, "task")
    assert cast.accounts["chen"].pk in told(alert, "task")
    before = Delivery.objects.count()
    after(0)
    assert Delivery.objects.count() == before


def test_a_clock_that_steps_sends_nothing_twice(scene):
    _cast, alert, after = scene
    after(8)
    for minutes in (-30, 0, 6, 5):
        with time_machine.travel(alert.issued_at + timedelta(minutes=minutes), tick=False):
            advance_alerts()
    assert Dispatch.objects.filter(kind="reminder").count() == 1
    assert Alert.objects.get(pk=alert.pk).state == "issued"


def test_the_page_of_messages_puts_gaps_first_and_shows_ones_own_places_only(scene, sign_in, count_queries):
    cast, alert, after = scene
    after(0)
    address = f"/alerts/{alert.pk}/messages"
    small = count_queries(lambda: sign_in("zhou").get(address))
    home = Delivery.objects.filter(kind="household", path=cast.place("001-1-1").path).first()
    Delivery.objects.exclude(pk=home.pk).update(state="sent", failure="")
    Delivery.objects.filter(pk=home.pk).update(state="failed", failure="bad_address")
    response = sign_in("chen").get(address)
    assert response.context["lines"][0]["line"].row.pk == home.pk
    assert response.context["total"] == 23
    assert count_queries(lambda: sign_in("chen").get(address)) <= small + 2
    theirs = sign_in("sun").get(address).context
    assert theirs["total"] == sum(path.startswith(cast.place("002").path) for path in _paths(alert))
    assert sign_in("sun").get(f"{address}?state=failed").context["lines"] == []


def _paths(alert):
    return Delivery.objects.filter(dispatch__source_id=str(alert.pk)).values_list("path", flat=True)


# The rule ------------------------------------------------------------------------------------------------------------

MINUTES = st.lists(st.integers(1, 300), min_size=1, max_size=5, unique=True).map(sorted)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(MINUTES, st.lists(st.integers(-600, 600), max_size=30), st.integers(1, 400))
def test_reminders_only_ever_go_forward(minutes, steps, until):
    """Whatever the clock does: each at most once, none behind a later one, none past its use, and none but the newest."""
    issued = datetime(2026, 3, 2, 8, tzinfo=UTC)
    sent = []
    for step in steps:
        now = issued + timedelta(minutes=step)
        due = due_reminder(
            issued_at=issued, now=now, minutes=minutes, sent=sent, until=issued + timedelta(minutes=until)
        )
        if due is not None:
            assert step < until
            assert due == max(one for one in minutes if one <= step)
            sent.append(due)
    assert sent == sorted(set(sent))


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Shanghai"])
@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25", "2026-03-08", "2026-11-01"])
def test_minutes_are_minutes_where_summer_time_begins_and_ends(zone, day):
    issued = datetime.fromisoformat(f"{day}T01:30").replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    found = [
        minute
        for minute in range(200)
        if due_reminder(
            issued_at=issued,
            now=(issued + timedelta(minutes=minute)).astimezone(ZoneInfo(zone)),
            minutes=[100],
            sent=[],
            until=issued + timedelta(minutes=180),
        )
    ]
    assert found == list(range(100, 180))


@pytest.mark.parametrize(
    "change",
    [
        {"reminders": [8, 5]},
        {"reminders": 5},
        {"reminders": ["5"]},
        {"reminders": [20]},
        {"remind_homes": [60]},
        {"pass_task": 10},
        {"deadline": 5},
        {"remind": 5},
        {"pass_post": None},
    ],
)
def test_a_profile_that_makes_no_sense_is_refused_in_one_line(change):
    good = {"en": "a", "zh": "b", "reminders": [5, 8], "pass_post": 10, "visit": 15, "pass_task": 35, "deadline": 60}
    assert read_urgency("immediate", good).remind == 5
    with pytest.raises(SystemExit, match=r"immediate of the profile: .+"):
        read_urgency("immediate", {**good, **change})
