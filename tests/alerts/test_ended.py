"""What a notice that has ended says of whom it did not reach: as it was so at its end, whatever came later."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from linli.alerts import actions, queries
from linli.config.cli import build
from linli.core import clock, console
from linli.core.actors import SYSTEM, Actor
from linli.grid import actions as grid
from linli.grid.models import Absence, Account, Appointment

LINK = Actor(kind="link", id=1)


@pytest.fixture
def cast(after, cast):
    return cast


@pytest.fixture
def scene(after, cast, issued):
    """A notice over the street, sixteen minutes old: whoever has not answered is somebody's task."""
    alert = issued()
    actions.confirm_household(
        actor=LINK, alert=alert, household=cast.households[0].pk, receipt_id=uuid4(), how="own_tap"
    )
    knocked = {"actor": cast.actor("wu"), "alert": alert, "household": cast.households[3].pk, "outcome": "refused"}
    after(16)
    actions.record_knock(**knocked, attempt_id=uuid4())
    return alert


def told(alert):
    """Household → (reason, who answers), as the account says it."""
    alert.refresh_from_db()
    found = queries.accounting(actor=SYSTEM, alert=alert)
    return {row.household: (row.reason, row.responsible) for row in found.not_reached}


def end(cast, alert, how):
    if how == "cancelled":
        actions.cancel_alert(actor=cast.actor("chen"), alert=alert, reason="The rain is over")
    elif how == "expired":
        actions.expire_alert(actor=SYSTEM, alert=alert)
    else:
        places = [cast.place("360103001")]
        notice = actions.Notice(texts={"en": {"headline": "Go home", "body": ""}}, urgency="expected", places=places)
        actions.update_alert(actor=cast.actor("chen"), alert=alert, alert_id=uuid4(), notice=notice)


@pytest.mark.parametrize("how", ["cancelled", "expired", "updated"])
def test_who_answered_for_the_silent_at_the_end_stays_named(cast, scene, after, how):
    before = told(scene)
    assert before[cast.households[3].pk] == ("refused", "吴桂芳")
    assert all(who for _reason, who in before.values())
    end(cast, scene, how)
    assert told(scene) == before
    after(120)
    assert told(scene) == before


def test_appointments_that_end_later_change_nothing_of_it(cast, scene, after):
    before = told(scene)
    end(cast, scene, "cancelled")
    after(60)
    wu = Appointment.objects.get(account=cast.accounts["wu"])
    grid.end_appointment(actor=cast.actor("wang"), appointment=wu, reason="moved away")
    li = Appointment.objects.get(account=cast.accounts["li"])
    now = clock.now()
    Absence.objects.create(appointment=li, from_at=now, until_at=now + timedelta(days=3), made_at=now)
    Account.objects.filter(username__in=["wu", "zhao"]).update(is_active=False)
    after(60)
    assert told(scene) == before


def test_somebody_appointed_later_was_not_responsible_then(cast, scene, after):
    before = told(scene)
    end(cast, scene, "expired")
    after(60)
    cell = cast.place("001-2-2")
    Appointment.objects.create(
        account=cast.accounts["nobody"],
        post_kind="cell_leader",
        place=cell,
        from_at=clock.now(),
        paper="南浦办〔2026〕9号",
    )
    assert told(scene) == before
    assert before[cast.households_in("001-2-2")[0].pk] == ("post_vacant", "赵敏")


def test_what_nobody_answered_for_at_the_end_stays_unaccounted(cast, issued, after):
    alert = issued()
    after(1)  # no visit is due yet, so there is no task
    end(cast, alert, "cancelled")
    alert.refresh_from_db()
    assert queries.accounting(actor=SYSTEM, alert=alert).unaccounted == 15


def test_a_holder_whose_appointment_had_ended_did_not_answer_for_them(cast, scene):
    """The minute between the end of an appointment and the clock that gives its tasks on."""
    Appointment.objects.filter(account=cast.accounts["wu"]).update(until_at=clock.now())
    end(cast, scene, "cancelled")
    assert {told(scene)[one.pk][1] for one in cast.households_in("001-1-2")} == {""}


@pytest.fixture(params=["cancelled", "expired"])
def over(request, cast, scene, after):
    end(cast, scene, request.param)
    after(90)
    return scene


def test_certificate_command_and_rows_agree(cast, over, sign_in, monkeypatch):
    scene = over
    scene.refresh_from_db()
    made = actions.draw_up_certificate(actor=cast.actor("chen"), certificate_id=uuid4(), alert=scene)
    assert (made.figures["not_reached"], made.figures["unaccounted"]) == (14, 0)
    assert sum(row[4] for row in made.figures["by_place"]) == 0
    lines = {row.household: (row.reason, row.responsible) for row in queries.list_lines_of(certificate=made)}
    assert lines == told(scene)
    shown = run(monkeypatch, "coverage", "--alert", str(scene.pk))
    assert (shown["unaccounted"], shown["counters"]["agree"]) == (0, True)
    assert {one["household"]: (one["reason"], one["responsible"]) for one in shown["not_reached"]} == lines
    page = sign_in("chen").get(f"/alerts/{scene.pk}/certificate", headers={"Accept-Language": "en"}).content.decode()
    assert "cert-lack" not in page
    assert "周大勇" in page


def run(monkeypatch, *words):
    monkeypatch.setattr("linli.config.operate.before_command", lambda *_args: None)
    console.use_json(on=True)
    try:
        found = CliRunner().invoke(build(), list(words))
    finally:
        console.use_json(on=False)
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return json.loads(found.stdout)
