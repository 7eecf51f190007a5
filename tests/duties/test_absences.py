"""Tasks of somebody who goes away go on, and come back with them."""

from datetime import timedelta

import pytest
import time_machine

from linli.core import clock
from linli.core.actors import SYSTEM
from linli.core.models import AuditEntry
from linli.duties import actions
from linli.duties.models import Task, TaskMove
from linli.duties.queries import list_possible_holders, responsible
from linli.duties.rules import AWAY, BACK, HOUSEHOLD_SILENCE
from linli.grid import actions as grid
from linli.grid.models import Appointment
from linli.grid.queries import find_holder, holders_on_the_way_up


@pytest.fixture
def scene(cast):
    with time_machine.travel("2026-03-02T08:00:00+00:00", tick=False) as hand:
        Appointment.objects.update(from_at=clock.now() - timedelta(days=30))
        cell = cast.place("001-1-1")
        holder = find_holder(cell.path, holders_on_the_way_up([cell.path]))
        later = clock.now() + timedelta(days=9)
        new = actions.NewTask(HOUSEHOLD_SILENCE, cell.pk, cell.path, holder, later)
        actions.open_tasks(actor=SYSTEM, source=("alerts", "1"), tasks=[new])
        yield cast, Task.objects.get(), hand


def away(cast, username, deputy=None):
    post = Appointment.objects.select_related("account", "place").get(account=cast.accounts[username])
    grid.record_absence(
        actor=cast.actor(username),
        appointments=[post],
        away=grid.Away(clock.now() + timedelta(days=2), cast.accounts[deputy] if deputy else None, "leave"),
    )


def holder_of(task):
    task.refresh_from_db()
    return task.holder.username, responsible([Task.objects.select_related("holder").get(pk=task.pk)]) != {}


def test_to_who_stands_in_and_back(scene):
    cast, task, hand = scene
    away(cast, "zhou", "wu")
    assert actions.give_on_orphans(actor=SYSTEM) == 1
    assert holder_of(task) == ("wu", True)
    hand.shift(timedelta(days=2))
    assert holder_of(task) == ("wu", False)  # nobody's, the moment the absence ends
    assert actions.give_on_orphans(actor=SYSTEM) == 1
    assert holder_of(task) == ("zhou", True)
    assert list(TaskMove.objects.order_by("id").values_list("cause", flat=True)) == [AWAY, BACK]


def test_without_one_to_the_level_above(scene):
    cast, task, _hand = scene
    away(cast, "zhou")
    actions.give_on_orphans(actor=SYSTEM)
    assert holder_of(task) == ("li", True)


def test_where_everybody_is_away_nothing_is_moved_again_and_again(scene):
    cast, task, _hand = scene
    away(cast, "chen", "wang")
    for username, deputy in (("wang", "li"), ("li", "zhou"), ("zhou", "wu"), ("wu", "zheng")):
        away(cast, username, deputy)
    for _again in range(3):
        actions.give_on_orphans(actor=SYSTEM)
    assert holder_of(task) == ("chen", True)
    assert AuditEntry.objects.filter(act="task_away").count() == 1


def test_it_can_be_handed_to_who_stands_in_but_not_to_who_is_away(scene):
    cast, task, _hand = scene
    away(cast, "li", "wu")
    names = {(one.name, one.stands_in_for) for one in list_possible_holders(task=task)}
    assert ("吴桂芳", "李梅") in names
    assert not any(name == "李梅" for name, _for in names)
    post = Appointment.objects.get(account=cast.accounts["li"])
    actions.hand_over(actor=cast.actor("zhou"), task=task, to=post)
    assert holder_of(task) == ("wu", True)


def test_whoever_leaves_their_own_post_stands_in_no_more(scene):
    cast, task, _hand = scene
    away(cast, "zhou", "wu")
    actions.give_on_orphans(actor=SYSTEM)
    assert holder_of(task) == ("wu", True)
    own = Appointment.objects.get(account=cast.accounts["wu"])
    grid.end_appointment(actor=cast.actor("wang"), appointment=own, reason="搬走")
    assert holder_of(task) == ("wu", False)  # nobody's: the account says so until the clock gives it on
    assert actions.give_on_orphans(actor=SYSTEM) == 1
    assert holder_of(task) == ("li", True)
