"""A household asks on the page behind its link, and reads the answer there; a reply is a receipt."""

import re
from uuid import uuid4

from django.test import Client

from linli.alerts import actions, jobs
from linli.duties import actions as duties
from linli.duties.models import Question
from linli.rounds.models import Answer

HIDDEN = re.compile(r'name="(\w+)" value="([^"]*)"')


def open_home(cast, household):
    phone = Client(enforce_csrf_checks=True)
    token = actions.make_household_link(actor=cast.actor("zhou"), household=household.pk)
    phone.get(f"/l/{token}")
    return phone


def form_of(page):
    form = next(one for one in re.findall(r"<form.*?</form>", page, re.DOTALL) if "/n/ask" in one)
    return dict(HIDDEN.findall(form))


def send(phone, text="几点停水？", kind="question", **changes):
    hidden = {**form_of(phone.get("/n/").content.decode()), "kind": kind, "text": text, **changes}
    return phone.post("/n/ask", hidden), hidden


def test_asked_answered_and_read_on_the_same_page(cast):
    home = cast.households_in("001-1-1")[0]
    phone = open_home(cast, home)
    answer, sent = send(phone)
    assert answer.status_code == 303
    assert phone.post("/n/ask", sent).status_code == 303  # tapped twice
    one = Question.objects.get()
    assert (one.household, one.kind, one.how) == (home.pk, "question", "link")
    assert "几点停水" in phone.get("/n/").content.decode()
    duties.answer_question(actor=cast.actor("zhou"), question=one, text="晚上十点")
    assert "晚上十点" in phone.get("/n/").content.decode()
    other = open_home(cast, cast.households_in("001-1-1")[1])
    assert "几点停水" not in other.get("/n/").content.decode()


def test_a_forged_form_an_empty_one_and_too_many(cast):
    phone = open_home(cast, cast.households_in("001-1-1")[0])
    assert send(phone, question_id=str(uuid4()))[0].status_code == 403
    assert send(phone, text=" ")[0].status_code == 422
    assert not Question.objects.exists()
    assert [send(phone, text=f"问题{n}")[0].status_code for n in range(6)] == [303] * 5 + [429]
    assert Question.objects.count() == 5


def test_a_yes_written_back_is_a_receipt(cast, issued):
    alert = issued()
    payload = {"reply_id": 3, "filed_as": "confirmed", "source_room": "alerts", "source_id": str(alert.pk)}
    for _again in range(2):
        jobs.take_confirmation({**payload, "recipient_kind": "household", "recipient_id": cast.households[0].pk})
    jobs.take_confirmation({**payload, "recipient_kind": "account", "recipient_id": cast.accounts["li"].pk})
    jobs.take_confirmation({**payload, "recipient_kind": "account", "recipient_id": cast.accounts["nobody"].pk})
    found = Answer.objects.exclude(how="issued").values_list("member", "how")
    assert set(found) == {(cast.households[0].pk, "reply"), (cast.place("001-1").pk, "in_app")}
