"""From door to door: the walk, a knock, its undo, and what others can't."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from linli.alerts import actions, queries
from linli.alerts.models import Alert
from linli.core import clock
from linli.messages.models import PersonalLink
from linli.rounds.models import Answer, Attempt
from tests.conftest import make_household

HX = {"HX-Request": "true"}


def walk(client, alert, code="360103001001-1-1", **more):
    return client.get(reverse("alert-doors", args=[alert.pk, code]), **more)


def form_of(client, household):
    text = client.get(reverse("door", args=[household.pk]), headers=HX).content.decode()
    return {
        "attempt_id": re.search(r'name="attempt_id" value="([^"]+)"', text)[1],
        "alert": re.findall(r'name="alert" value="([^"]+)"', text),
    }


def knock(client, household, outcome="spoken_to", **more):
    data = {**form_of(client, household), "outcome": outcome, **more}
    return client.post(reverse("knock", args=[household.pk]), data, headers=HX)


def undo(client, household):
    ids = [str(one) for one in Attempt.objects.filter(member=household.pk).values_list("pk", flat=True)]
    return client.post(reverse("knock-undo", args=[household.pk]), {"attempt": ids}, headers=HX)


def answers():
    return list(Answer.objects.filter(withdrawn_at=None).exclude(how="issued").values_list("member", "how"))


@pytest.fixture
def alert(cast, issued):
    return issued()


@pytest.fixture
def zhou(sign_in, alert):
    return sign_in("zhou")


def test_the_walk_goes_by_building_entrance_floor_and_room(cast, alert, zhou):
    make_household(cast.place("001-1-1"), 12, rooms=2)
    make_household(cast.place("001-1-1"), 7, rooms=1)
    text = walk(zhou, alert).content.decode()
    stairs = re.findall(r'<h2><svg.*?</svg>([^<]+?)(?: <span class="quiet">|</h2>)', text)
    assert stairs == ["1栋 1单元", "7栋 1单元", "12栋 1单元"]
    assert re.findall(r'class="door-room">(\d+)', text) == ["101", "201", "301", "101", "101", "201"]


def test_the_progress_says_how_many_are_left(cast, alert, zhou):
    assert "3 of 3 doors left" in walk(zhou, alert, headers={"accept-language": "en"}).content.decode()
    knock(zhou, cast.households[0])
    part = walk(zhou, alert, headers={"accept-language": "en", **HX}).content.decode()
    assert "2 of 3 doors left" in part
    assert "<html" not in part


@pytest.mark.parametrize(
    ("outcome", "counts"),
    [
        ("spoken_to", True),
        ("not_at_home", False),
        ("notice_left", False),
        ("refused", False),
        ("vacant", False),
        ("moved", False),
        ("wrong_address", False),
    ],
)
def test_only_spoken_to_is_a_receipt(cast, zhou, outcome, counts):
    home = cast.households[0]
    assert knock(zhou, home, outcome, note="二楼灯亮").status_code == 200
    assert answers() == ([(home.pk, "at_door")] if counts else [])
    assert list(Attempt.objects.values_list("outcome", "note")) == [(outcome, "二楼灯亮")]


def test_the_row_comes_back_with_what_was_recorded_and_undo(cast, alert, zhou):
    home = cast.households[0]
    done = knock(zhou, home)
    assert done.headers["HX-Trigger"] == "doors-changed"
    assert f'id="door-{home.pk}"' in done.content.decode()
    assert reverse("knock-undo", args=[home.pk]) in done.content.decode()
    again = undo(zhou, home)
    assert f'hx-get="{reverse("door", args=[home.pk])}' in again.content.decode()
    assert answers() == []
    assert f'id="door-{home.pk}"' in walk(zhou, alert).content.decode()


def test_a_knock_sent_twice_is_one(cast, zhou):
    home = cast.households[0]
    form = {**form_of(zhou, home), "outcome": "not_at_home"}
    for _again in range(2):
        assert zhou.post(reverse("knock", args=[home.pk]), form, headers=HX).status_code == 200
    assert Attempt.objects.count() == 1
    other = zhou.post(reverse("knock", args=[home.pk]), {**form, "outcome": "refused"}, headers=HX)
    assert other.status_code == 409


def test_one_knock_tells_all_notices_that_are_due(cast, zhou, issued):
    issued("wang", "001")
    home = cast.households[0]
    assert len(form_of(zhou, home)["alert"]) == 2
    knock(zhou, home)
    assert answers() == [(home.pk, "at_door")] * 2
    undo(zhou, home)
    assert answers() == []


def test_only_the_ticked_notices_are_told(cast, zhou, alert, issued):
    second = issued("wang", "001")
    knock(zhou, cast.households[0], alert=[str(second.pk)])
    assert list(Answer.objects.exclude(how="issued").values_list("round", flat=True)) == [second.households_id]


@pytest.mark.parametrize("chosen", [[], ["not-an-id"], [str(uuid4())]])
def test_a_notice_that_is_not_due_there_is_refused(cast, zhou, chosen):
    assert knock(zhou, cast.households[0], alert=chosen).status_code in {404, 422}
    assert Attempt.objects.count() == 0


def test_a_notice_elsewhere_can_t_be_told_here(cast, zhou, issued):
    elsewhere = issued("sun", "002")
    assert knock(zhou, cast.households[0], alert=[str(elsewhere.pk)]).status_code == 404


def test_an_ended_notice_takes_no_knock(cast, zhou, alert):
    home = cast.households[0]
    form = {**form_of(zhou, home), "outcome": "spoken_to"}
    actions.cancel_alert(actor=cast.actor("chen"), alert=alert, reason="误发")
    assert zhou.post(reverse("knock", args=[home.pk]), form, headers=HX).status_code == 404
    assert "door-row" not in walk(zhou, alert).content.decode()
    assert answers() == []


@pytest.mark.parametrize("wrong", [{"outcome": "hugged"}, {"outcome": ""}, {"attempt_id": "1"}, {"note": "x" * 201}])
def test_nonsense_is_refused_in_words(cast, zhou, wrong):
    got = knock(zhou, cast.households[0], **wrong)
    assert got.status_code == 422
    assert Attempt.objects.count() == 0


def test_without_script_every_step_is_a_page(cast, alert, zhou):
    home = cast.households[0]
    back = reverse("alert-doors", args=[alert.pk, "360103001001-1-1"])
    page = zhou.get(reverse("door", args=[home.pk]), {"back": back})
    assert "<html" in page.content.decode()
    form = {**form_of(zhou, home), "outcome": "not_at_home", "back": back}
    done = zhou.post(reverse("knock", args=[home.pk]), form)
    assert (done.status_code, done["Location"]) == (303, back)
    text = zhou.get(back).content.decode()
    attempt = re.search(r'name="attempt" value="([^"]+)"', text)[1]
    assert zhou.post(reverse("knock-undo", args=[home.pk]), {"attempt": attempt, "back": back}).status_code == 303
    assert 'name="attempt"' not in zhou.get(back).content.decode()


@pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", ""])
def test_the_way_back_leads_nowhere_else(cast, zhou, back):
    home = cast.households[0]
    form = {**form_of(zhou, home), "outcome": "not_at_home", "back": back}
    assert zhou.post(reverse("knock", args=[home.pk]), form)["Location"] == "/"


def test_undo_is_offered_for_ten_minutes_and_for_one_s_own(cast, alert, zhou, sign_in):
    knock(zhou, cast.households[0], "refused")
    assert 'name="attempt"' in walk(zhou, alert).content.decode()
    Attempt.objects.update(at=clock.now() - timedelta(minutes=11))
    assert 'name="attempt"' not in walk(zhou, alert).content.decode()
    Attempt.objects.update(at=clock.now())
    li = Client()
    li.force_login(cast.accounts["li"], backend="django.contrib.auth.backends.ModelBackend")
    assert 'name="attempt"' not in walk(li, alert).content.decode()
    assert undo(li, cast.households[0]).status_code == 403


def test_a_note_is_text_and_nothing_else(cast, zhou):
    home = cast.households[0]
    knock(zhou, home, "refused", note="<img src=x onerror=alert(1)>")
    text = zhou.get(reverse("door", args=[home.pk])).content.decode()
    assert "<img src=x" not in text
    assert "&lt;img src=x" in text


def test_a_protected_home_stands_at_the_end_without_its_door(cast, alert, zhou):
    home = cast.households[0]
    home.protected = True
    home.save()
    text = walk(zhou, alert).content.decode()
    assert re.findall(r'class="door-room">(\d+)', text) == ["201", "301"]
    assert "101" not in re.sub(r"36010\d+[-\d]*|[0-9a-f-]{36}", "", text)


# Who may not ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("username", ["wu", "sun", "qian", "nobody", "operator"])
def test_another_cell_s_leader_finds_nothing(cast, alert, sign_in, username):
    client, home = sign_in(username), cast.households[0]
    attempt = actions.record_knock(
        actor=cast.actor("zhou"), alert=alert, household=home.pk, outcome="refused", attempt_id=uuid4()
    )
    form = {"attempt_id": str(uuid4()), "alert": str(alert.pk), "outcome": "spoken_to"}
    assert walk(client, alert).status_code == 404
    assert client.get(reverse("door", args=[home.pk])).status_code == 404
    assert client.post(reverse("knock", args=[home.pk]), form).status_code == 404
    assert client.post(reverse("knock-undo", args=[home.pk]), {"attempt": str(attempt.pk)}).status_code == 404
    assert client.post(reverse("household-link", args=[home.pk]), {"answers_as": "itself"}).status_code == 404
    assert Attempt.objects.filter(withdrawn_at=None).count() == 1
    assert PersonalLink.objects.count() == 0


def test_an_attempt_of_another_household_can_t_be_undone_through_one_s_own(cast, alert, sign_in):
    attempt = actions.record_knock(
        actor=cast.actor("wu"), alert=alert, household=cast.households[3].pk, outcome="refused", attempt_id=uuid4()
    )
    zhou = sign_in("zhou")
    own = reverse("knock-undo", args=[cast.households[0].pk])
    assert zhou.post(own, {"attempt": str(attempt.pk)}).status_code == 404


def test_nothing_is_recorded_without_the_token_or_by_looking(cast, alert):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.accounts["zhou"], backend="django.contrib.auth.backends.ModelBackend")
    home = cast.households[0]
    form = {**form_of(client, home), "outcome": "spoken_to"}
    assert client.post(reverse("knock", args=[home.pk]), form).status_code == 400
    for method in ("get", "head"):
        assert getattr(client, method)(reverse("knock", args=[home.pk]), form).status_code == 405
    assert answers() == []


# A link to hand over -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("answers_as", "how"), [("itself", "own_tap"), ("relative", "relative")])
def test_the_code_opens_the_household_s_page_and_is_shown_once(cast, zhou, answers_as, how):
    home = cast.households[0]
    page = zhou.post(reverse("household-link", args=[home.pk]), {"answers_as": answers_as})
    text = page.content.decode()
    address = re.search(r"http://testserver(/l/[\w-]{32})", text)[1]
    assert 'class="qr"' in text
    assert page["Cache-Control"] == "no-store"
    assert address not in zhou.get(reverse("door", args=[home.pk])).content.decode()
    assert Client().get(address)["Location"] == "/n/"
    assert PersonalLink.objects.get().answers_as == answers_as
    assert address.rsplit("/", 1)[1] not in str(list(PersonalLink.objects.values()))


def test_a_link_as_somebody_else_is_not_made(cast, zhou):
    made = zhou.post(reverse("household-link", args=[cast.households[0].pk]), {"answers_as": "mayor"})
    assert made.status_code == 404
    assert PersonalLink.objects.count() == 0


# Sizes and two at once ----------------------------------------------------------------------------------------------


def test_the_walk_takes_the_same_queries_for_three_doors_and_for_forty(cast, alert, zhou):
    def count():
        with CaptureQueriesContext(connection) as captured:
            assert walk(zhou, alert).status_code == 200
        return len(captured)

    knock(zhou, cast.households[1], "refused")
    few = count()
    make_household(cast.place("001-1-1"), 9, rooms=40)
    assert count() == few
    assert few <= 22


def test_long_lists_come_in_pages(cast, alert, zhou):
    make_household(cast.place("001-1-1"), 9, rooms=110)
    assert walk(zhou, alert).content.decode().count('class="door-row"') == 100
    last = zhou.get(reverse("alert-doors", args=[alert.pk, "360103001001-1-1"]), {"page": 2})
    assert last.content.decode().count('class="door-row"') == 13


@pytest.mark.django_db(transaction=True)
def test_a_knock_and_a_tap_at_once_count_once(cast, issued):
    alert = issued()
    home = cast.households[0]

    def act(at):
        try:
            if at % 2:
                actions.record_knock(
                    actor=cast.actor("zhou"),
                    alert=Alert.objects.select_related("households", "posts").get(pk=alert.pk),
                    household=home.pk,
                    outcome="spoken_to",
                    attempt_id=uuid4(),
                )
            else:
                actions.confirm_household(
                    actor=cast.actor("zhou"), alert=alert, household=home.pk, receipt_id=uuid4(), how="own_tap"
                )
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(act, range(4)))
    assert len(answers()) == 1
    found = queries.list_due_doors(actor=cast.actor("zhou"), due=[(alert, [cast.place("001-1-1").path])])
    assert home.pk not in {one.household for one in found}
