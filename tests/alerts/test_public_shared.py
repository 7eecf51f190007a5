"""The link of a chat group: a door and four digits, nothing more, and no way to try them all."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from linli.alerts import actions
from linli.alerts.models import Alert
from linli.alerts.rules import split_door
from linli.core import clock
from linli.messages.models import PersonalLink
from linli.residents.models import GroupMark, Person
from linli.rounds.models import Answer

HIDDEN = re.compile(r'name="(receipt_id|proof)" value="([^"]*)"')
DOOR = {"building": "1", "entrance": "1", "room": "101", "last4": "0111"}  # a phone of the first household


def group_phone(cast, alert, code="001-1-1", username="zhou", **extra):
    """A phone on which the group's link was opened."""
    token = actions.make_shared_link(actor=cast.actor(username), alert=alert, place=cast.place(code))
    phone = Client(enforce_csrf_checks=True, **extra)
    assert phone.get(f"/s/{token}")["Location"] == "/s/"
    return phone


def hidden(phone):
    return dict(HIDDEN.findall(phone.get("/s/").content.decode()))


def send(phone, **fields):
    return phone.post("/s/confirm", {**hidden(phone), **DOOR, **fields})


def answers():
    return list(Answer.objects.exclude(how="issued").values_list("member", "how"))


@pytest.fixture
def alert(cast, issued):
    return issued()


@pytest.fixture
def phone(cast, alert):
    return group_phone(cast, alert)


@pytest.mark.parametrize(
    ("written", "door"),
    [
        (("3", "2", "301"), ("3", "2", "301")),
        (("3-2-301", "", ""), ("3", "2", "301")),
        (("", "", "3-2-301"), ("3", "2", "301")),
        (("", "", "3－2－301"), ("3", "2", "301")),
        (("3栋2单元301室", "", ""), ("3", "2", "301")),
        (("３号楼 ２单元 ３０１", "", ""), ("3", "2", "301")),
        (("3栋301", "", ""), ("3", "", "301")),
        (("3/2/301", "", ""), ("3", "2", "301")),
        (("301", "", ""), ("301", "", "")),
        (("", "", ""), ("", "", "")),
        (("3栋", "2单元", "301室"), ("3栋", "2单元", "301室")),
        (("1-2-3-4", "", ""), ("1-2-3-4", "", "")),
    ],
)
def test_a_door_may_be_written_in_one(written, door):
    assert split_door(*written) == door


def test_the_page_shows_the_notice_of_its_place(phone):
    text = phone.get("/s/").content.decode()
    assert "暴雨红色预警" in text
    assert "1号微网格" in text
    assert answers() == []


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"building": "1栋", "entrance": "1单元", "room": "101室"},
        {"building": "１号楼", "entrance": "１", "room": "１０１"},
        {"building": "1-1-101", "entrance": "", "room": ""},
        {"building": "", "entrance": "", "room": "1栋1单元101"},
        {"last4": " 0112 "},
        {"last4": "０１１１"},
    ],
)
def test_a_household_confirms_however_it_writes_its_door(phone, cast, fields):
    done = send(phone, **fields)
    assert (done.status_code, done["Location"]) == (303, "/s/done")
    assert answers() == [(cast.households[0].pk, "shared_link")]
    assert phone.get("/s/done").status_code == 200


WRONG = [
    {"last4": "9999"},  # the door is there, the digits are not
    {"room": "909"},  # no such door
    {"building": "2", "last4": "0211"},  # true, but of another cell
    {"room": "102"},
    {"building": "'; DROP TABLE--", "entrance": "%", "room": "_"},
]


@pytest.mark.parametrize("fields", WRONG)
def test_wrong_and_unknown_look_alike(phone, fields):
    expected = re.sub(r'(value|content)="[^"]*"', "", send(phone, last4="9998").content.decode())
    got = send(phone, **fields)
    assert got.status_code == 422
    assert re.sub(r'(value|content)="[^"]*"', "", got.content.decode()) == expected
    assert answers() == []


def test_wrong_and_unknown_take_the_same_work(phone):
    def statements(fields):
        form = hidden(phone)
        with CaptureQueriesContext(connection) as captured:
            phone.post("/s/confirm", {**form, **DOOR, **fields})
        return [re.sub(r"'[^']*'|_x\d+|\b[\d.:]+\b", "", query["sql"])[:60] for query in captured]

    send(phone, last4="9999")
    first = statements({"last4": "9998"})
    assert statements({"last4": "9997"}) == first
    send(phone, room="808")
    assert statements({"room": "808"}) == first


def test_confirming_again_looks_like_confirming(phone, cast):
    assert send(phone)["Location"] == "/s/done"
    assert send(phone)["Location"] == "/s/done"
    assert len(answers()) == 1


def test_the_digits_of_one_who_answers_for_them_do(phone, cast):
    from linli.residents.models import Answerer
    from linli.residents.numbers import phone_last4

    names = {field.name for field in Answerer._meta.get_fields()}
    row = {"household": cast.households[0], "phone_last4": phone_last4("7788"), "from_on": clock.today()}
    Answerer.objects.create(**{name: value for name, value in row.items() if name in names}, name="女儿")
    assert send(phone, last4="7788")["Location"] == "/s/done"


def test_a_household_outside_the_notice_s_groups_looks_wrong(cast, issued):
    alert = issued(groups=["elderly"])
    phone = group_phone(cast, alert)
    assert send(phone).status_code == 422
    person = Person.objects.filter(memberships__household=cast.households[0]).first()
    GroupMark.objects.create(person=person, group="elderly", from_on=clock.today())
    assert send(phone)["Location"] == "/s/done"


def test_the_link_works_in_its_place_only(cast, alert):
    phone = group_phone(cast, alert, code="001-1-2", username="wu")
    assert send(phone).status_code == 422
    assert send(phone, building="2", last4="0211")["Location"] == "/s/done"
    assert answers() == [(cast.households[3].pk, "shared_link")]


@pytest.mark.parametrize(
    "fields", [{"last4": ""}, {"last4": "12"}, {"last4": "12345"}, {"last4": "abcd"}, {"room": ""}, {"room": "x" * 61}]
)
def test_what_is_missing_is_said_at_its_field(phone, fields):
    got = send(phone, **fields)
    assert got.status_code == 422
    assert 'aria-invalid="true"' in got.content.decode()
    assert answers() == []


# What doesn't open, and who guesses -----------------------------------------------------------------------------------


def test_a_notice_that_is_over_closes_its_link(phone, cast, alert):
    form = hidden(phone)
    actions.cancel_alert(actor=cast.actor("chen"), alert=alert, reason="误发")
    assert phone.get("/s/").status_code == 404
    assert phone.post("/s/confirm", {**form, **DOOR}).status_code == 404
    assert answers() == []


def test_an_ended_link_closes_its_page(phone):
    form = hidden(phone)
    PersonalLink.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    assert phone.post("/s/confirm", {**form, **DOOR}).status_code == 404


def test_guessing_the_digits_is_stopped_even_for_the_right_ones(phone):
    seen = [send(phone, last4=f"{number:04d}").status_code for number in range(10)]
    assert seen == [422] * 8 + [429] * 2
    assert send(phone).status_code == 429
    assert answers() == []


def test_many_guessers_of_one_door_are_stopped(cast, alert):
    token = actions.make_shared_link(actor=cast.actor("zhou"), alert=alert, place=cast.place("001-1-1"))
    seen = []
    for number in range(12):
        one = Client(REMOTE_ADDR=f"10.0.0.{number}")
        one.get(f"/s/{token}")
        written = {"building": "1栋"} if number % 2 else {"building": "1-1-101", "entrance": "", "room": ""}
        seen.append(send(one, last4=f"{number:04d}", **written).status_code)
    assert seen == [422] * 10 + [429] * 2


def test_a_stairwell_that_confirms_from_one_address_is_not_stopped(cast, alert):
    phone = group_phone(cast, alert)
    for _again in range(5):
        for room in (1, 2, 3):
            assert send(phone, room=f"{room}01", last4=f"01{room}1").status_code == 303
    assert len(answers()) == 3


def test_only_the_page_s_own_form_counts(phone, cast, alert):
    assert phone.post("/s/confirm", DOOR).status_code == 403
    other = group_phone(cast, alert)
    assert phone.post("/s/confirm", {**hidden(other), **DOOR}).status_code == 403
    assert answers() == []


@pytest.mark.parametrize("method", ["get", "head", "put", "delete"])
def test_only_a_post_confirms(phone, method):
    form = hidden(phone)
    assert getattr(phone, method)("/s/confirm", {**form, **DOOR}).status_code == 405
    assert answers() == []


def test_what_was_typed_is_shown_as_text(phone):
    text = send(phone, building="<script>alert(1)</script>").content.decode()
    assert "<script>alert" not in text
    assert "&lt;script&gt;" in text


def test_the_page_takes_the_same_queries_for_a_cell_and_a_street(cast, alert):
    def count(phone):
        with CaptureQueriesContext(connection) as captured:
            phone.get("/s/")
        return len(captured)

    cell = count(group_phone(cast, alert))
    street = count(group_phone(cast, alert, code="360103001", username="chen"))
    assert cell == street
    assert cell <= 5


@pytest.mark.django_db(transaction=True)
def test_two_phones_of_a_household_at_once_count_once(cast, issued):
    alert = issued()
    phones = [group_phone(cast, alert) for _one in range(4)]
    forms = [hidden(phone) for phone in phones]

    def tap(at):
        try:
            return phones[at].post("/s/confirm", {**forms[at], **DOOR}).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(tap, range(4))) == [303] * 4
    assert answers() == [(cast.households[0].pk, "shared_link")]
    assert Alert.objects.count() == 1
