"""What was just done can be taken back by the button beside the words that tell it; without script too."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from linli.alerts import actions as alerts
from linli.core import clock
from linli.core.errors import Conflict, Missing
from linli.core.models import AuditEntry, DoneWrite
from linli.grid import actions as grid
from linli.grid.models import Appointment, Dwelling, VacancyCheck
from linli.messages.models import PersonalLink
from linli.messages.queries import get_link
from linli.messages.rules import SHARED
from linli.residents import actions as residents
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


def test_an_appointment_that_was_ended_by_mistake_goes_on(cast, do, sign_in):
    zhou = Appointment.objects.get(account=cast.accounts["zhou"])
    until = clock.now() + timedelta(days=90)
    Appointment.objects.filter(pk=zhou.pk).update(until_at=until)
    address = reverse("post-end", args=[zhou.pk])
    page = do("wang", address, reason="left", last_on="")
    zhou.refresh_from_db()
    assert zhou.until_at <= clock.now()
    back = reverse("post-resume", args=[zhou.pk])
    assert sign_in("chen").post(back, {"write_id": uuid4()}).status_code == 409  # another's act
    assert sign_in("li").post(back, {"write_id": uuid4()}).status_code == 403
    press_undo(do, "wang", page)
    zhou.refresh_from_db()
    assert zhou.until_at == until
    acts = AuditEntry.objects.filter(object_id=str(zhou.pk), object_type="grid.appointment").order_by("id")
    assert [one.act for one in acts] == ["end_appointment", "resume_appointment"]


def test_an_appointment_goes_on_once_and_while_it_is_fresh(cast):
    wang, zhou = cast.actor("wang"), Appointment.objects.get(account=cast.accounts["zhou"])
    grid.end_appointment(actor=wang, appointment=zhou, reason="left", write_id=uuid4())
    key = uuid4()
    for _twice in range(2):
        grid.resume_appointment(actor=wang, appointment=zhou, write_id=key)
    zhou.refresh_from_db()
    assert zhou.until_at is None
    assert AuditEntry.objects.filter(act="resume_appointment").count() == 1
    grid.end_appointment(actor=wang, appointment=zhou, reason="left", write_id=uuid4())
    DoneWrite.objects.update(at=clock.now() - timedelta(minutes=11))
    with pytest.raises(Conflict):
        grid.resume_appointment(actor=wang, appointment=zhou)


def test_a_post_that_was_given_anew_is_not_given_twice(cast):
    wang, zhou = cast.actor("wang"), Appointment.objects.get(account=cast.accounts["zhou"])
    grid.end_appointment(actor=wang, appointment=zhou, reason="left", write_id=uuid4())
    again = {"account": cast.accounts["zhou"], "post_kind": zhou.post_kind, "place": zhou.place}
    grid.appoint(actor=wang, paper="南浦办〔2026〕8号", **again)
    with pytest.raises(Conflict):
        grid.resume_appointment(actor=wang, appointment=zhou)
    assert Appointment.objects.valid_at(clock.now()).filter(account=cast.accounts["zhou"]).count() == 1


def test_who_answers_for_a_household_is_taken_back(cast, do, sign_in):
    home = cast.households[0].pk
    named = {"household_id": home, "name": "女儿", "phone": "13900017777"}
    answerer = residents.name_answerer(actor=cast.actor("wang"), **named)
    page = do("wang", reverse("answerer-end", args=[home]), answerer=answerer.pk)
    answerer.refresh_from_db()
    assert answerer.until_on == clock.today()
    back = reverse("answerer-resume", args=[home])
    assert sign_in("chen").post(back, {"answerer": answerer.pk, "write_id": uuid4()}).status_code == 409
    assert sign_in("sun").post(back, {"answerer": answerer.pk, "write_id": uuid4()}).status_code == 404
    press_undo(do, "wang", page)
    answerer.refresh_from_db()
    assert answerer.until_on is None


def test_links_of_a_chat_group_open_again_but_not_those_that_were_ended_before(cast, do, sign_in):
    texts = {"en": {"headline": "Rain", "body": ""}}
    place, wang = cast.place("001-1"), cast.actor("wang")
    notice = alerts.Notice(texts=texts, urgency="immediate", places=[cast.place("001")])
    alert = alerts.issue_alert(actor=wang, alert_id=uuid4(), notice=notice)
    tokens = []
    for _link in range(3):
        tokens.append(alerts.make_shared_link(actor=wang, alert=alert, place=place))
        if len(tokens) == 1:
            alerts.end_shared_links(actor=wang, alert=alert, place=place, write_id=uuid4())
    page = do("wang", reverse("alert-copy-end", args=[alert.pk, place.code]))
    assert PersonalLink.objects.filter(revoked_at=None).count() == 0
    back = reverse("alert-copy-reopen", args=[alert.pk, place.code])
    assert sign_in("li").post(back, {"write_id": uuid4()}).status_code == 409
    press_undo(do, "wang", page)
    for token, opens in zip(tokens, (False, True, True), strict=True):
        if opens:
            assert get_link(token=token, purpose=SHARED).subject == place.pk
        else:
            with pytest.raises(Missing):
                get_link(token=token, purpose=SHARED)
