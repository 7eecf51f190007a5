"""What is held about a home, for its own people: behind a second proof, masked, with who looked at it."""

import pytest
from django.test import Client
from django.urls import reverse

from linli.core.models import AuditEntry
from linli.residents import actions
from linli.residents.models import Consent, ContactCheck, Correction, Household
from linli.residents.rules import PersonEntry
from tests.alerts.test_public import form_of, open_home
from tests.conftest import Cast
from tests.residents.test_reach import people_of

OWN = "0111"  # the end of the first person's phone


def prove(phone: Client, digits: str = OWN):
    return phone.post("/n/about/prove", {**form_of(phone.get("/n/about")), "last4": digits})


@pytest.fixture
def home(cast: Cast) -> Household:
    """Of two with phones of their own and a child without."""
    li, home = cast.actor("li"), cast.households[0]
    actions.add_person(actor=li, household_id=home.pk, entry=PersonEntry("小明", role="child"))
    actions.mark_group(actor=li, person_id=people_of(home)[0].pk, group="elderly_alone")
    return home


@pytest.fixture
def phone(home: Household) -> Client:
    return open_home(home)


def test_a_link_alone_opens_nothing(phone: Client, home: Household):
    text = phone.get("/n/about").content.decode()
    assert people_of(home)[0].name not in text
    assert phone.get("/n/about/download").status_code == 404
    assert phone.post("/n/about/contact", {}).status_code == 404


def test_one_sees_oneself_and_who_has_no_phone(phone: Client, home: Household, cast: Cast):
    me, other, child = people_of(home)
    assert prove(phone).status_code == 303
    text = phone.get("/n/about").content.decode()
    assert "138****0111" in text
    assert "13800130111" not in text
    assert "独居老人" in text
    assert child.name in text
    assert "138****0112" not in text  # that of somebody with a phone of their own
    assert other.name in text  # only that they live here
    assert f'value="{other.pk}"' not in text
    assert me.name in phone.get("/n/about/download").content.decode()
    assert AuditEntry.objects.filter(act="open_own_record").count() == 1


def test_wrong_digits_are_few(phone: Client, home: Household):
    for _try in range(5):
        answer = prove(phone, "9999")
        assert answer.status_code == 422
        assert people_of(home)[0].name not in answer.content.decode()
    assert prove(phone).status_code == 429  # even the right ones: the link is closed for today
    assert prove(open_home(home)).status_code == 303  # another link of the home is not


def test_many_links_do_not_give_more_tries(home: Household):
    answers = [prove(open_home(home), "9999").status_code for _try in range(11)]
    assert answers[-1] == 429


def test_the_proof_is_of_one_link(home: Household, cast: Cast):
    phone = open_home(home)
    prove(phone)
    stranger = open_home(cast.households[1])
    stranger.cookies["linli_proof"] = phone.cookies["linli_proof"].value
    assert people_of(home)[0].name not in stranger.get("/n/about").content.decode()
    forged = open_home(home)
    forged.cookies["linli_proof"] = "1:1,2,3"
    assert people_of(home)[0].name not in forged.get("/n/about").content.decode()


def test_a_proof_without_the_page_is_none(phone: Client):
    assert phone.post("/n/about/prove", {"last4": OWN}).status_code == 403


def test_digits_of_the_next_door_open_nothing(home: Household):
    assert prove(open_home(home), "0121").status_code == 422


def test_who_looked_is_named_by_post_and_purpose(phone: Client, home: Household, cast: Cast, sign_in):
    client = sign_in("zhou")
    client.get(reverse("person", args=[people_of(home)[0].pk]))
    client.get(reverse("person", args=[people_of(home)[0].pk]))
    actions.reveal_numbers(
        actor=cast.actor("li"), person_id=people_of(home)[0].pk, fields=["phone"], purpose="visit", note="李梅去看她"
    )
    prove(phone)
    text = phone.get("/n/about?language=zh-hans").content.decode()
    assert "微网格长 · 1号微网格" in text
    assert "网格员 · 第一网格" in text
    assert "上门走访" in text
    for private in ("周大勇", "李梅"):
        assert private not in text


def test_asked_there_and_answered_there(phone: Client, home: Household, cast: Cast):
    prove(phone)
    form = form_of(phone.get("/n/about"), -1)
    me = people_of(home)[0]
    sent = {**form, "person": me.pk, "field": "phone", "value": "139 0001 0001"}
    assert phone.post("/n/about/ask", sent).status_code == 303
    assert phone.post("/n/about/ask", sent).status_code == 303  # sent twice
    made = Correction.objects.get()
    assert (made.person_id, made.asked_as) == (me.pk, "resident")
    actions.refuse_correction(actor=cast.actor("li"), correction_id=made.pk, answer="请本人到居委会")
    assert "请本人到居委会" in phone.get("/n/about").content.decode()


@pytest.mark.parametrize("changes", [{"value": "12"}, {"field": "made_at"}, {"person": "999999"}, {"field": ""}])
def test_what_is_wrong_with_it_is_said(phone: Client, home: Household, changes: dict):
    prove(phone)
    form = form_of(phone.get("/n/about"), -1)
    sent = {**form, "person": people_of(home)[0].pk, "field": "phone", "value": "139 0001 0001", **changes}
    assert phone.post("/n/about/ask", sent).status_code == 422
    assert not Correction.objects.exists()


def test_own_contact_and_consent(phone: Client, home: Household, cast: Cast):
    me, other, _child = people_of(home)
    given = {"purpose": "skills", "ground": "consent", "word": "本人"}
    mine = actions.record_ground(actor=cast.actor("li"), person_id=me.pk, **given)
    theirs = actions.record_ground(actor=cast.actor("li"), person_id=other.pk, **given)
    prove(phone)
    page = phone.get("/n/about")
    assert phone.post("/n/about/contact", form_of(page, 0)).status_code == 303
    assert ContactCheck.objects.get(person=me, channel="phone").how == "self"
    assert phone.post("/n/about/withdraw", form_of(page, 1)).status_code == 303
    mine.refresh_from_db()
    assert mine.withdrawn_at is not None
    for path, name, key in (("contact", "person", other.pk), ("withdraw", "consent", theirs.pk)):
        forged = {**form_of(page, 0 if path == "contact" else 1), name: key}
        assert phone.post(f"/n/about/{path}", forged).status_code == 403
    assert Consent.objects.get(pk=theirs.pk).withdrawn_at is None


def test_names_of_html_stay_text(cast: Cast):
    evil = "<img src=x onerror=alert(1)>"
    home = cast.households[0]
    actions.change_person(actor=cast.actor("li"), person_id=people_of(home)[0].pk, changes={"name": evil})
    phone = open_home(home)
    prove(phone)
    assert "<img src=x" not in phone.get("/n/about").content.decode()
    sheet = phone.get("/n/about/download")
    assert sheet.headers["Content-Type"].startswith("text/plain")
    assert sheet.headers["Cache-Control"] == "no-store"
    assert "attachment" in sheet.headers["Content-Disposition"]


def test_it_closes_by_itself_and_with_the_household(phone: Client, home: Household, cast: Cast):
    prove(phone)
    actions.depart_household(actor=cast.actor("li"), household_id=home.pk)
    assert phone.get("/n/about").status_code == 404
