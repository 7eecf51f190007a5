"""Whoever gets work is told: deputies, and the new holders of tasks; once, and not at night."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from linli.config.wiring import wire
from linli.core import clock, events
from linli.core.actors import SYSTEM
from linli.duties import actions
from linli.duties.models import Task
from linli.duties.rules import HOUSEHOLD_SILENCE
from linli.grid import actions as grid
from linli.grid.models import Absence, Appointment
from linli.grid.queries import find_holder, holders_on_the_way_up
from linli.messages import actions as messages
from linli.messages.jobs import send_what_is_due
from linli.messages.models import Delivery
from linli.messages.rules import NOTICE, QUEUED, SENT, STOPPED, Sending


@pytest.fixture
def hand(cast):
    wire()
    with time_machine.travel("2026-03-02T08:00:00+00:00", tick=False) as hand:
        Appointment.objects.update(from_at=clock.now() - timedelta(days=30))
        yield hand


def away(cast, username, deputy, *, begins=None, days=2):
    posts = list(Appointment.objects.select_related("account", "place").filter(account=cast.accounts[username]))
    until = (begins or clock.now()) + timedelta(days=days)
    what = grid.Away(until, cast.accounts[deputy], "leave", from_at=begins)
    made = grid.record_absence(actor=cast.actor(username), appointments=posts, away=what, write_id=uuid4())
    events.deliver_due()
    return made


def told(cast, username):
    rows = Delivery.objects.filter(kind="account", recipient=cast.accounts[username].pk).select_related("dispatch")
    return [(row.dispatch.kind, row.dispatch.texts["en"]["headline"], row.state) for row in rows.order_by("id")]


# Deputies -------------------------------------------------------------------------------------------------------------


def test_a_deputy_is_told_for_whom_from_when_to_when_and_where_to_look(cast, hand):
    away(cast, "li", "zhao", begins=clock.now() + timedelta(days=1))
    send_what_is_due()
    assert told(cast, "zhao") == [("task", "You stand in for 李梅", SENT)]
    said = Delivery.objects.get(recipient=cast.accounts["zhao"].pk).dispatch
    assert said.url == "/account/away"
    assert cast.place("001-1").name in said.texts["zh-hans"]["body"]
    assert said.expires_at == clock.now() + timedelta(days=3)


def test_told_once_however_often_the_fact_comes(cast, hand):
    made = away(cast, "li", "zhao")
    for _again in range(2):
        actions.tell_deputies(actor=SYSTEM, absence_ids=[one.pk for one in made])
    assert len(told(cast, "zhao")) == 1


def test_two_posts_of_one_holder_are_one_message(cast, hand):
    first = Appointment.objects.get(account=cast.accounts["li"])
    Appointment.objects.create(
        account=first.account,
        post_kind=first.post_kind,
        place=cast.place("001-2"),
        from_at=first.from_at,
        paper="2",
    )
    made = away(cast, "li", "zhou")
    assert len(made) == 2
    assert len(told(cast, "zhou")) == 1
    assert cast.place("001-2").name in Delivery.objects.get().dispatch.texts["en"]["body"]
    send_what_is_due()
    grid.end_absence(actor=cast.actor("li"), absence=made[0])
    events.deliver_due()
    assert told(cast, "zhou")[1:] == [("cancel", "You need not stand in for 李梅 any more", QUEUED)]


def test_taken_back_before_it_was_sent_nobody_hears_of_it(cast, hand):
    made = away(cast, "li", "zhao")
    grid.end_absence(actor=cast.actor("li"), absence=made[0])
    events.deliver_due()
    assert told(cast, "zhao") == [("task", "You stand in for 李梅", STOPPED)]


def test_taken_back_before_the_worker_came_it_is_never_said(cast, hand):
    Absence.objects.create(
        appointment=Appointment.objects.get(account=cast.accounts["li"]),
        deputy=cast.accounts["zhao"],
        from_at=clock.now(),
        until_at=clock.now(),
        reason="leave",
        made_by="account:1",
        made_at=clock.now(),
    )
    actions.tell_deputies(actor=SYSTEM, absence_ids=[Absence.objects.get().pk])
    assert told(cast, "zhao") == []


def test_who_was_told_is_told_that_it_is_off(cast, hand):
    made = away(cast, "li", "zhao")
    send_what_is_due()
    grid.end_absence(actor=cast.actor("li"), absence=made[0])
    events.deliver_due()
    send_what_is_due()
    assert told(cast, "zhao")[1:] == [("cancel", "You need not stand in for 李梅 any more", SENT)]


def test_laid_down_by_the_deputy_the_holder_is_told(cast, hand):
    made = away(cast, "li", "zhao")
    send_what_is_due()
    grid.end_absence(actor=cast.actor("zhao"), absence=made[0])
    events.deliver_due()
    assert told(cast, "li") == [("cancel", "赵敏 can't stand in for you", QUEUED)]
    assert len(told(cast, "zhao")) == 1


def test_where_the_post_is_given_up_the_deputy_is_told(cast, hand):
    away(cast, "li", "zhao")
    send_what_is_due()
    own = Appointment.objects.get(account=cast.accounts["li"])
    grid.end_appointment(actor=cast.actor("wang"), appointment=own, reason="搬走")
    events.deliver_due()
    assert [kind for kind, _headline, _state in told(cast, "zhao")] == ["task", "cancel"]


# New holders of tasks -------------------------------------------------------------------------------------------------


def open_task(cast, source, code="001-1-1", minutes=30):
    cell = cast.place(code)
    holder = find_holder(cell.path, holders_on_the_way_up([cell.path]))
    soon = clock.now() + timedelta(minutes=minutes)
    new = actions.NewTask(HOUSEHOLD_SILENCE, cell.pk, cell.path, holder, soon + timedelta(hours=1), soon)
    actions.open_tasks(actor=SYSTEM, source=source, tasks=[new])


def notice(source, urgency, *, hours=9, drill=False):
    until = clock.now() + timedelta(hours=hours)
    texts = {"en": {"headline": "Flood", "body": ""}}
    sending = Sending(source=source, kind=NOTICE, texts=texts, urgency=urgency, expires_at=until, drill=drill)
    messages.begin_dispatch(actor=SYSTEM, dispatch_id=uuid4(), sending=sending)


def test_whoever_a_task_climbs_to_is_told_once_and_led_there(cast, hand):
    open_task(cast, ("alerts", "1"))
    hand.shift(timedelta(minutes=31))
    for _again in range(3):
        actions.climb_overdue(actor=SYSTEM)
    assert told(cast, "li") == [("task", "A task has come to you", QUEUED)]
    said = Delivery.objects.get().dispatch
    assert said.url == f"/tasks/{Task.objects.get().pk}"
    assert said.texts["en"]["body"] == "Nobody had begun in time, so it passed to the level above."


def test_many_tasks_of_one_batch_are_one_message(cast, hand):
    for key in range(30):
        open_task(cast, ("alerts", str(key)))
    hand.shift(timedelta(minutes=31))
    assert actions.climb_overdue(actor=SYSTEM) == 30
    assert len(told(cast, "li")) == 1
    assert Delivery.objects.get().dispatch.url == "/"


def test_what_a_batch_costs_does_not_grow_with_it(cast, hand):
    def cost(keys):
        for key in keys:
            open_task(cast, ("alerts", str(key)))
            open_task(cast, ("alerts", str(key)), code="001-2-1")
        hand.shift(timedelta(minutes=31))
        with CaptureQueriesContext(connection) as found:
            actions.climb_overdue(actor=SYSTEM)
        Task.objects.all().delete()
        return len(found)

    assert cost(range(40, 80)) <= cost(range(4))


def test_it_is_as_urgent_as_the_notice_it_belongs_to(cast, hand):
    """And so it obeys the quiet hours as that does; one person's most urgent task decides for all of the batch."""
    notice(("alerts", "1"), "within_three_days")
    notice(("alerts", "2"), "immediate")
    open_task(cast, ("alerts", "1"))
    open_task(cast, ("alerts", "1"), code="001-2-1")
    open_task(cast, ("alerts", "2"), code="001-2-1")
    hand.shift(timedelta(minutes=31))
    actions.climb_overdue(actor=SYSTEM)
    found = dict(Delivery.objects.values_list("recipient", "dispatch__urgency"))
    assert found == {cast.accounts["li"].pk: "within_three_days", cast.accounts["zhao"].pk: "immediate"}


def test_what_belongs_to_a_notice_whose_time_is_over_wakes_nobody(cast, hand):
    notice(("alerts", "1"), "immediate", hours=0.1)
    open_task(cast, ("alerts", "1"))
    hand.shift(timedelta(minutes=31))
    assert actions.climb_overdue(actor=SYSTEM) == 1
    assert told(cast, "li") == []


def test_a_task_of_a_drill_says_so(cast, hand):
    notice(("alerts", "1"), "immediate", drill=True)
    open_task(cast, ("alerts", "1"))
    hand.shift(timedelta(minutes=31))
    actions.climb_overdue(actor=SYSTEM)
    assert Delivery.objects.get().dispatch.drill is True


def test_who_gets_it_from_somebody_away_or_by_hand_is_told_why(cast, hand):
    open_task(cast, ("alerts", "1"))
    away(cast, "zhou", "wu")
    actions.give_on_orphans(actor=SYSTEM)
    assert [headline for _kind, headline, _state in told(cast, "wu")] == [
        "You stand in for 周大勇",
        "A task has come to you",
    ]
    task, post = Task.objects.get(), Appointment.objects.get(account=cast.accounts["li"])
    key = uuid4()
    for _again in range(2):
        actions.hand_over(actor=cast.actor("wu"), task=task, to=post, write_id=key)
    assert len(told(cast, "li")) == 1


def test_who_takes_a_task_is_not_told_of_it(cast, hand):
    open_task(cast, ("alerts", "1"))
    post = Appointment.objects.get(account=cast.accounts["li"])
    actions.hand_over(actor=cast.actor("li"), task=Task.objects.get(), to=post)
    assert told(cast, "li") == []
