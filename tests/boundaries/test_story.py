"""A grid is split in the middle of a running alert and undone, and the certificate adds up at every step."""

from datetime import timedelta
from uuid import uuid4

from django.conf import settings

from linli.alerts import actions as alerts
from linli.alerts.queries import accounting, read_figures
from linli.boundaries.actions import redraw, undo_redrawing
from linli.core import clock, jobs
from linli.core.actors import SYSTEM
from linli.duties.models import Task
from linli.grid.models import Place
from linli.rounds import queries as rounds
from linli.rounds.models import Round
from tests.boundaries.wishes import confirm, entrances_at, merge, move, shift, split


def at_the_doors(monkeypatch, alert):
    """The time when every silent household is on somebody's list."""
    later = clock.now() + timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    alerts.advance_alert(actor=SYSTEM, alert=alert)


def assert_adds_up(alert, households=15):
    account = accounting(actor=SYSTEM, alert=alert)
    assert (account.households, account.unaccounted) == (households, 0)
    assert account.reached + len(account.not_reached) == households
    assert read_figures(actor=SYSTEM, alert=alert, place=None).agree


def test_a_grid_split_in_the_middle_of_an_alert_and_undone(cast, alert, monkeypatch):
    at_the_doors(monkeypatch, alert)
    assert_adds_up(alert)
    before = figures(alert)
    made = redraw(
        actor=cast.actor("wang"), wish=split(cast.place("001-1"), "第三网格", children=[cast.place("001-1-2")])
    )
    assert_adds_up(alert)  # at once, without waiting for any job
    new = Place.objects.get(name="第三网格")
    seen = rounds.read_coverage(found=fresh(alert), places=[(new.pk, new.path)])[new.pk]
    assert (seen.expected, seen.arrived, seen.left, seen.answered) == (3, 0, 0, 1)
    assert alert.facts.filter(kind="places_redrawn").exists()
    confirm(alert, cast.households_in("001-1")[:1])
    jobs.run_everything()
    assert_adds_up(alert)
    undo_redrawing(actor=cast.actor("wang"), redrawing_id=made.pk, reason="划错了")
    assert_adds_up(alert)
    jobs.run_everything()
    assert_adds_up(alert)
    after = figures(alert)
    assert [one[:3] for one in after] == [one[:3] for one in before]  # and one more has answered


def fresh(alert):
    """The round as it is stored: where its counters stand is part of it."""
    return Round.objects.get(pk=alert.households_id)


def figures(alert):
    places = list(Place.objects.filter(until_on=None).order_by("path").values_list("pk", "path"))
    read = rounds.read_coverage(found=fresh(alert), places=places)
    return [(path, read[key].expected, read[key].members, read[key].answered) for key, path in places]


def test_a_cell_split_gets_its_tasks_at_once(cast, alert, monkeypatch):
    from tests.conftest import make_household

    more = make_household(cast.place("001-1-1"), 9)
    at_the_doors(monkeypatch, alert)
    assert_adds_up(alert, 18)
    cell = cast.place("001-1-1")
    made = redraw(actor=cast.actor("wang"), wish=split(cell, "3号微网格", entrances=entrances_at(cell)[1:]))
    assert_adds_up(alert, 18)
    new = Place.objects.get(name="3号微网格")
    assert Task.objects.open().filter(area=new).count() == 1
    undo_redrawing(actor=cast.actor("wang"), redrawing_id=made.pk)
    assert_adds_up(alert, 18)
    assert not Task.objects.open().filter(area=new).exists()
    assert more


def test_merged_and_shifted_the_sum_holds_and_nobody_is_asked_twice(cast, alert, monkeypatch):
    at_the_doors(monkeypatch, alert)
    for wish in (
        merge(cast.place("001-1-1"), cast.place("001-1-2")),
        merge(cast.place("001-1"), cast.place("001-2")),
        move(cast.place("002-1"), cast.place("001")),
    ):
        made = redraw(actor=cast.actor("chen"), wish=wish)
        assert_adds_up(alert)
        undo_redrawing(actor=cast.actor("chen"), redrawing_id=made.pk)
        assert_adds_up(alert)
    cells = cast.place("001-1-1"), cast.place("001-1-2")
    made = redraw(actor=cast.actor("wang"), wish=shift(*cells, entrances_at(cells[0])))
    assert_adds_up(alert)
    undo_redrawing(actor=cast.actor("wang"), redrawing_id=made.pk)
    assert_adds_up(alert)


def test_a_moved_grid_keeps_its_receipt_and_its_holders(cast, alert):
    redraw(actor=cast.actor("chen"), wish=move(cast.place("001-1"), cast.place("002")))
    new = Place.objects.get(kind="grid", parent=cast.place("002"), until_on=None, path__gt=cast.place("002-1").path)
    assert new.pk in rounds.list_answered(found=alert.posts, members=[new.pk])
    assert cast.actor("li").may("alerts.answer", new.path)
    silent = {path for _key, path, _kind in rounds.list_silent_posts(found=alert.posts, paths=[new.path])}
    assert new.path not in silent


def test_a_notice_of_the_grid_follows_it_to_another_community(cast):
    texts = {settings.LANGUAGE_CODE: {"headline": "停水", "body": ""}}
    notice = alerts.Notice(texts=texts, urgency="immediate", places=[cast.place("001")])
    alert = alerts.issue_alert(actor=cast.actor("wang"), alert_id=uuid4(), notice=notice)
    made = redraw(actor=cast.actor("chen"), wish=move(cast.place("001-1"), cast.place("002")))
    assert accounting(actor=SYSTEM, alert=alert).households == 12  # nobody it promised to reach is lost
    assert alert.places.count() == 2
    undo_redrawing(actor=cast.actor("chen"), redrawing_id=made.pk)
    assert accounting(actor=SYSTEM, alert=alert).households == 12
    assert alert.places.count() == 1


def test_an_ended_notice_keeps_its_picture(cast, alert):
    from linli.alerts.queries import picture

    alerts.cancel_alert(actor=cast.actor("chen"), alert=alert, reason="解除")
    alert.refresh_from_db()
    before = picture(actor=cast.actor("chen"), alert=alert, place=cast.place("001"))
    redraw(actor=cast.actor("chen"), wish=merge(cast.place("001-1"), cast.place("001-2")))
    after = picture(actor=cast.actor("chen"), alert=alert, place=cast.place("001"))
    assert [(one.place.name, one.households, one.posts) for one in after[1]] == [
        (one.place.name, one.households, one.posts) for one in before[1]
    ]
    assert after[0].households == before[0].households
