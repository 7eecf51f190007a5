"""What was just done can be taken back by the button beside the words that tell it; without script too."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from linli.core import clock
from linli.core.models import DoneWrite
from linli.grid.models import Appointment, Dwelling, VacancyCheck
from linli.residents.models import GroupMark, Person
from tests.duties.permission_rows import a_task


@pytest.fixture
def do(cast, sign_in):
    """Send a form as somebody, follow it, and give the page with what it tells."""

    def go(username, address, **values):
        client = sign_in(username)
        response = client.post(address, {"write_id": uuid4(), **values}, follow=True, headers={"accept-language": "en"})
        assert response.status_code == 200
        return response.content.decode()

    return go


def press_undo(do, username, page):
    """The address and values of the Undo form, sent as a browser without script sends them."""
    form = re.search(r'<form method="post" action="([^"]+)" class="undo">(.*?)</form>', page, re.DOTALL)
    assert form, "no Undo on the page"
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form[2]))
    hidden.pop("csrfmiddlewaretoken", None)
    return do(username, form[1], **hidden)


def test_a_task_handed_over_is_taken_back(cast, do):
    task = a_task(cast)
    before = task.appointment_id
    to = Appointment.objects.get(account=cast.accounts["li"]).pk
    page = do("wang", reverse("task-hand-over", args=[task.pk]), to=to, note="")
    task.refresh_from_db()
    assert task.appointment_id == to != before
    press_undo(do, "wang", page)
    task.refresh_from_db()
    assert task.appointment_id == before


def test_a_mark_is_taken_back_and_set_again(cast, do):
    person = Person.objects.earliest("id")
    page = do("wang", reverse("person-mark", args=[person.pk]), group="disabled")
    page = press_undo(do, "wang", page)
    assert not GroupMark.objects.filter(person=person, until_on=None).exists()
    press_undo(do, "wang", page)
    assert GroupMark.objects.filter(person=person, until_on=None, group="disabled").count() == 1


def test_a_look_at_a_dwelling_is_taken_back_by_whoever_wrote_it_while_it_is_fresh(cast, do, sign_in):
    dwelling = Dwelling.objects.earliest("id")
    values = {"vacant": "yes", "checked_on": clock.today().isoformat()}
    address = reverse("dwelling-check", args=[dwelling.pk])
    page = do("wang", address, **values)
    made = VacancyCheck.objects.get()
    back = reverse("dwelling-check-undo", args=[dwelling.pk, made.pk])
    assert sign_in("chen").post(back, {"write_id": uuid4()}).status_code == 404  # another's
    press_undo(do, "wang", page)
    assert not VacancyCheck.objects.exists()
    page = do("wang", address, **values)
    made = VacancyCheck.objects.get()
    DoneWrite.objects.update(at=clock.now() - timedelta(minutes=11))
    late = sign_in("wang").post(reverse("dwelling-check-undo", args=[dwelling.pk, made.pk]), {"write_id": uuid4()})
    assert late.status_code == 409
    assert VacancyCheck.objects.exists()


def test_a_saved_outline_is_taken_back(cast, do):
    from linli.core.actors import SYSTEM
    from linli.grid import actions, queries

    place = cast.place("001-1")
    ring = [[115, 28], [115.1, 28], [115.1, 28.1], [115, 28]]
    first = {"type": "Polygon", "coordinates": [ring]}
    actions.save_outline(actor=SYSTEM, place=place, geometry=first, version=0)
    other = '{"type":"Polygon","coordinates":[[[116,28],[116.1,28],[116.1,28.1],[116,28]]]}'
    page = do("wang", reverse("place-outline", args=[place.code]), geometry=other, version=1, source="")
    press_undo(do, "wang", page)
    assert queries.find_outline(place=place).geometry["coordinates"][0][0] == [115.0, 28.0]
    assert queries.last_version(place=place) == 3
