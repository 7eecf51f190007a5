"""My day: what is due, on one page, in walking order, for each person their own."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from linli.alerts import actions
from linli.core.actors import SYSTEM
from linli.duties.models import Task
from linli.grid.models import Appointment
from linli.residents.models import Household
from tests.conftest import make_household

EN = {"accept-language": "en"}


@pytest.fixture
def cast(after, cast):
    """The clock first, so that appointments and notices belong to one day."""
    return cast


@pytest.fixture
def day(sign_in):
    """What a person reads on their day."""

    def read(username, **headers):
        response = sign_in(username).get("/", headers={**EN, **headers})
        assert response.status_code == 200
        return response.content.decode()

    return read


def test_nothing_is_due_until_a_notice_goes_out(cast, day):
    assert "Nothing is due" in day("zhou")
    assert "1号微网格" in day("zhou")  # the post held


def test_somebody_without_a_post_is_told_whom_to_ask(cast, day):
    assert "You hold no post at present" in day("nobody")


def test_a_notice_is_confirmed_with_one_tap(cast, day, issued, sign_in):
    alert = issued()
    text = day("zhou")
    assert "Red rainstorm warning" in text
    assert reverse("alert-acknowledge", args=[alert.pk]) in text
    actions.acknowledge_alert(actor=cast.actor("zhou"), alert=alert)
    assert "I have read it" not in day("zhou")


def test_silent_doors_become_rows_each_household_once(cast, day, issued, after):
    issued()
    issued("wang", "001")
    after(16)
    text = day("zhou")
    homes = cast.households[:3]
    for home in homes:
        assert text.count(f'id="door-{home.pk}"') == 1
    assert text.count("door-due") == 6  # two notices at each of three doors
    assert re.findall(r'class="door-room">(\d+)', text) == ["101", "201", "301"]
    actions.confirm_household(actor=SYSTEM, alert=_first(), household=homes[0].pk, receipt_id=_id(), how="own_tap")
    assert day("zhou").count("door-due") == 1 + 2 + 2


def _first():
    from linli.alerts.models import Alert

    return Alert.objects.select_related("households", "posts").order_by("issued_at", "id").first()


def _id():
    from uuid import uuid4

    return uuid4()


def test_others_doors_are_not_mine(cast, day, issued, after):
    issued()
    after(16)
    assert "door-row" in day("wu")
    assert f'id="door-{cast.households[0].pk}"' not in day("wu")
    assert "door-row" not in day("sun")


def test_overdue_is_said_in_words_and_stands_first(cast, day, issued, after):
    issued()
    after(16)
    assert "Overdue" not in day("zhou")
    after(50)
    Task.objects.update(holder=cast.accounts["zhou"])
    assert "Overdue" in day("zhou")


def test_the_part_of_a_vacant_post_is_shown_to_whoever_holds_it(cast, day):
    text = day("zhao")
    assert "Posts whose part I hold meanwhile" in text
    assert "Posts whose part I hold meanwhile" not in day("li")
    Appointment.objects.filter(account=cast.accounts["zhou"]).update(until_at=None)


def test_what_was_recorded_a_moment_ago_can_be_undone(cast, day, issued, after):
    alert = issued()
    after(16)
    actions.record_knocks(
        actor=cast.actor("zhou"),
        alerts=[alert],
        household=cast.households[0].pk,
        outcome="spoken_to",
        attempt_id=_id(),
    )
    text = day("zhou")
    assert "Just recorded by you" in text
    assert reverse("knock-undo", args=[cast.households[0].pk]) in text


def test_only_the_inside_is_fetched_anew(cast, day):
    text = day("zhou", **{"HX-Request": "true"})
    assert "<html" not in text
    assert "data-live" not in text


def test_the_day_takes_the_same_queries_however_much_is_due(cast, day, issued, after, sign_in):
    def count(username):
        client = sign_in(username)
        with CaptureQueriesContext(connection) as captured:
            client.get("/")
        return len(captured)

    issued()
    after(16)
    few = count("zhou")
    make_household(cast.place("001-1-1"), 30, rooms=30)
    for _one in range(3):
        issued("wang", "001")
    after(150)
    Task.objects.filter(closed_at=None).update(holder=cast.accounts["zhou"])
    assert Task.objects.filter(holder=cast.accounts["zhou"], closed_at=None).count() > 6
    assert count("zhou") == few
    assert few <= 26
    assert Household.objects.count() == 45
