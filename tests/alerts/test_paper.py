"""Lists on paper: as they were printed, typed back in one go, once; numbers in full only by the rules of showing them."""

import re
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from linli.alerts import actions
from linli.alerts.models import Sheet
from linli.core import clock
from linli.core.models import AuditEntry
from linli.residents import rules as residents
from linli.residents.models import Household
from linli.rounds.models import Answer, Attempt
from tests.conftest import make_household

CELL = "360103001001-1-1"


@pytest.fixture
def alert(cast, issued):
    return issued()


@pytest.fixture
def li(sign_in):
    return sign_in("li")


def make(client, alert, kind="doors", **more):
    got = client.post(reverse("paper-make", args=[alert.pk, CELL]), {"kind": kind, "write_id": str(uuid4()), **more})
    assert got.status_code == 302, got.content.decode()
    return Sheet.objects.get(code=got["Location"].rsplit("/", 1)[1])


def type_back(client, sheet, lines, at=None):
    at = at or clock.local(clock.now()).strftime("%Y-%m-%dT%H:%M")
    return client.post(reverse("paper-type", args=[sheet.code]), {"lines": lines, "at": at})


def test_the_page_offers_the_places_for_which_one_answers(alert, li):
    text = li.get(reverse("alert-paper", args=[alert.pk])).content.decode()
    assert reverse("paper-make", args=[alert.pk, CELL]) in text
    assert "360103001001-2-1" not in text


def test_a_door_list_has_a_row_a_home_and_codes_that_tell_nothing(cast, alert, li):
    sheet = make(li, alert)
    assert sheet.rows == [[one.pk, one.residences.get().pk] for one in cast.households[:3]]
    text = li.get(reverse("paper-sheet", args=[sheet.code])).content.decode()
    assert re.findall(r'class="sheet-number">(\d)', text) == ["1", "2", "3"]
    assert text.count("data:image/svg+xml") == 4
    assert "13800" not in text


def test_what_was_printed_twice_by_one_tap_is_one_list(alert, li):
    key = str(uuid4())
    assert make(li, alert, write_id=key) == make(li, alert, write_id=key)
    assert Sheet.objects.count() == 1


def test_a_list_is_typed_back_in_one_request_and_once(cast, alert, li):
    sheet = make(li, alert)
    lines = "1 1\n2 2 二楼灯亮\n\n3.4"
    for _again in range(2):
        assert type_back(li, sheet, lines).status_code == 302
    found = dict(Attempt.objects.values_list("member", "outcome"))
    assert found == dict(
        zip([one.pk for one in cast.households[:3]], ["spoken_to", "not_at_home", "refused"], strict=True)
    )
    assert Attempt.objects.get(member=cast.households[1].pk).note == "二楼灯亮"
    assert Answer.objects.filter(how="at_door").count() == 1
    text = li.get(reverse("paper-type", args=[sheet.code])).content.decode()
    assert text.count("data-typed") == 3


def test_a_second_person_who_types_the_same_list_doubles_nothing(cast, alert, li):
    sheet = make(li, alert)
    type_back(li, sheet, "1 1")
    wang = Client()
    wang.force_login(cast.accounts["wang"], backend="django.contrib.auth.backends.ModelBackend")
    type_back(wang, sheet, "1 4\n2 4")
    assert Attempt.objects.count() == 2
    assert Attempt.objects.get(member=cast.households[0].pk).outcome == "spoken_to"


def test_later_changes_shift_no_row(cast, alert, li):
    sheet = make(li, alert)
    make_household(cast.place("001-1-1"), 0, rooms=2)  # walks first now
    actions.confirm_household(
        actor=cast.actor("li"), alert=alert, household=cast.households[0].pk, receipt_id=uuid4(), how="own_tap"
    )
    type_back(li, sheet, "2 4")
    assert Attempt.objects.get().member == cast.households[1].pk


@pytest.mark.parametrize("lines", ["", "1", "1 9", "99 1", "x 1", "1 1\nhello", "0 1", "<script>"])
def test_what_can_t_be_read_saves_nothing_and_says_where(alert, li, lines):
    sheet = make(li, alert)
    got = type_back(li, sheet, lines)
    assert got.status_code == 422
    assert 'role="alert"' in got.content.decode()
    assert Attempt.objects.count() == 0


@pytest.mark.parametrize("at", ["2001-01-01T10:00", "2999-01-01T10:00", "noon"])
def test_a_time_before_the_printing_or_ahead(alert, li, at):
    sheet = make(li, alert)
    type_back(li, sheet, "1 1", at=at)
    assert all(one.at <= clock.now() and one.at >= sheet.made_at for one in Attempt.objects.all())


def test_a_call_sheet_is_masked_until_a_purpose_is_given(cast, alert, li):
    sheet = make(li, alert, "calls")
    address = reverse("paper-sheet", args=[sheet.code])
    assert "+86138" not in li.get(address).content.decode()
    assert li.post(address, {"purpose": ""}).status_code == 422
    shown = li.post(address, {"purpose": next(iter(residents.PURPOSES))})
    assert "+861380013" in shown.content.decode().replace(" ", "")
    assert shown["Cache-Control"] == "no-store"
    assert AuditEntry.objects.filter(act="reveal_numbers").count() == 6
    assert "+86138" not in li.get(address).content.decode()


def test_more_numbers_than_an_hour_allows_are_not_shown_at_all(cast, alert, li, monkeypatch):
    monkeypatch.setattr(residents, "REVEALS_AN_HOUR", 3)
    sheet = make(li, alert, "calls")
    got = li.post(reverse("paper-sheet", args=[sheet.code]), {"purpose": next(iter(residents.PURPOSES))})
    assert got.status_code == 422
    assert "+86138" not in got.content.decode()
    assert AuditEntry.objects.filter(act="reveal_numbers").count() == 0


def test_a_protected_home_has_neither_door_nor_number_on_paper(cast, alert, li):
    Household.objects.filter(pk=cast.households[0].pk).update(protected=True)
    sheet = make(li, alert, "calls")
    text = li.get(reverse("paper-sheet", args=[sheet.code])).content.decode()
    assert "1-1户" not in text


@pytest.mark.parametrize("username", ["sun", "zhao", "nobody", "operator"])
def test_another_s_list_is_not_there(cast, alert, li, username):
    sheet = make(li, alert)
    other = Client()
    other.force_login(cast.accounts[username], backend="django.contrib.auth.backends.ModelBackend")
    assert other.get(reverse("paper-sheet", args=[sheet.code])).status_code == 404
    assert type_back(other, sheet, "1 1").status_code == 404
    assert other.post(reverse("paper-make", args=[alert.pk, CELL]), {"kind": "doors"}).status_code == 404
    assert other.post(reverse("alert-poster", args=[alert.pk, CELL])).status_code == 404
    assert Attempt.objects.count() == 0


def test_the_code_is_found_however_it_is_written(alert, li):
    sheet = make(li, alert)
    got = li.get(reverse("paper-find"), {"code": f" {sheet.code[:3].lower()}-{sheet.code[3:]} "})
    assert got["Location"] == reverse("paper-type", args=[sheet.code])
    missed = li.get(reverse("paper-find"), {"code": "zzz"})
    assert missed.status_code == 404
    assert "请对照纸上的编号" in missed.content.decode()


def test_a_poster_carries_the_notice_in_every_language_and_a_code(alert, li):
    text = li.post(reverse("alert-poster", args=[alert.pk, CELL]), {"size": "a3"}).content.decode()
    assert "暴雨红色预警" in text
    assert "Red rainstorm warning" in text
    assert "poster-a3" in text
    assert "data:image/svg+xml" in text


def test_the_sheet_takes_the_same_queries_for_three_rows_and_for_forty(cast, alert, li, count_queries):
    few = make(li, alert, "calls")
    first = count_queries(lambda: li.get(reverse("paper-sheet", args=[few.code])))
    make_household(cast.place("001-1-1"), 9, rooms=40)
    many = make(li, alert, "calls")
    assert len(many.rows) == 43
    assert count_queries(lambda: li.get(reverse("paper-sheet", args=[many.code]))) == first


def test_nothing_is_printed_of_an_ended_notice(cast, alert, li):
    actions.cancel_alert(actor=cast.actor("chen"), alert=alert, reason="误发")
    got = li.post(reverse("paper-make", args=[alert.pk, CELL]), {"kind": "doors", "write_id": str(uuid4())})
    assert got.status_code == 409
    assert Sheet.objects.count() == 0
