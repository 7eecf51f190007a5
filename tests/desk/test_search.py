"""Search: within one's places, masked, and no number in an address."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from linli.core import clock
from linli.core.actors import SYSTEM
from linli.desk.queries import search
from linli.desk.rules import EXACT, holds_number, plain_text
from linli.grid.models import Appointment
from linli.grid.queries import search_places
from linli.residents.models import Person
from tests.conftest import make_household

PHONE = "13800130111"  # of the first household


@pytest.fixture
def seek(sign_in):
    def go(username, text):
        response = sign_in(username).post(
            reverse("search"), {"q": text}, follow=True, headers={"accept-language": "en"}
        )
        assert response.status_code == 200
        return response.content.decode()

    return go


@pytest.mark.parametrize(
    ("text", "is_number"),
    [
        ("13800130111", True),
        ("138 0013 0111", True),
        ("１３８００１３０１１１", True),
        ("138-0013-0111", True),
        ("36010319900101123X", True),
        ("住户 1380013 0111", True),
        ("0111", False),
        ("360103", False),
        ("3-2-301", False),
        ("张伟", False),
        ("", False),
    ],
)
def test_what_counts_as_a_number(text, is_number):
    assert holds_number(text) is is_number


def test_a_long_text_is_cut():
    assert len(plain_text("长" * 500)) == 60


@pytest.mark.parametrize(
    ("text", "finds"),
    [
        ("微网格", "1号微网格"),
        ("360103001001", "二郎庙社区居委会"),
        ("住户111", "住户111"),
        ("1-1户", "1-1户"),
        (PHONE, "住户111"),
        ("0111", "住户111"),
        ("暴雨", "Red rainstorm warning"),
        ("rainstorm", "Red rainstorm warning"),
    ],
)
def test_everything_is_found_from_one_field(cast, issued, seek, text, finds):
    issued()
    found = seek("wang", text)
    assert finds in found
    assert PHONE not in found.replace(f'value="{PHONE}"', "")


@pytest.mark.parametrize(
    ("text", "finds"),
    [
        ("zdy", "周大勇"),
        ("ＺＤＹ", "周大勇"),
        ("周大勇", "Cell leader"),
        ("第一网格 李梅", "Grid administrator"),
        ("「二郎庙」", "二郎庙社区居委会"),
        ("３６０１０３００１００１", "二郎庙社区居委会"),
        ("郎庙", "二郎庙社区居委会"),
    ],
)
def test_holders_are_found_by_name_sound_and_post_and_marks_are_forgiven(cast, seek, text, finds):
    assert finds in seek("wang", text)


def test_what_fits_best_stands_first(cast):
    found = search(actor=cast.actor("wang"), text="周大勇")
    assert (found.groups[0].kind, found.groups[0].best) == ("posts", EXACT)
    assert search(actor=cast.actor("wang"), text="1号微网格").groups[0].kind == "places"


def test_holders_elsewhere_are_not_found(cast, seek):
    assert "周大勇" not in seek("sun", "zdy")
    assert "Nothing found" in seek("sun", "zdy")


def test_an_ended_post_is_not_found(cast, seek):
    Appointment.objects.filter(account=cast.accounts["zhou"]).update(until_at=clock.now())
    assert "Cell leader" not in seek("wang", "zdy")


def test_places_begin_with_the_text_then_hold_it(cast):
    found = [one.code for one in search_places(actor=cast.actor("chen"), text="第一网格")]
    assert found == ["360103001001-1", "360103001002-1"]
    assert [one.name for one in search_places(actor=cast.actor("chen"), text="象山社区居委会")] == ["象山社区居委会"]


def test_a_wide_reach_looks_through_no_community_for_a_part_of_a_name(cast):
    for text, names in (("郎庙", []), ("二郎", ["二郎庙社区居委会"]), ("湖", ["西湖区"]), ("360103001", 11)):
        found = search_places(actor=SYSTEM, text=text)
        assert len(found) == names if isinstance(names, int) else [one.name for one in found] == names


@pytest.mark.parametrize(("typed", "shown"), [("周", True), ("z", False), ("zd", True), ("", False), (" ", False)])
def test_what_is_typed_is_answered_at_once_and_never_in_an_address(cast, sign_in, typed, shown):
    response = sign_in("wang").post(reverse("search-live"), {"q": typed}, headers={"accept-language": "en"})
    assert response.status_code == 200
    assert ("周大勇" in response.content.decode()) is shown
    assert sign_in("wang").get(reverse("search-live"), {"q": typed}).status_code == 405


def test_an_empty_search_says_what_can_be_searched(cast, sign_in):
    text = sign_in("wang").get(reverse("search"), headers={"accept-language": "en"}).content.decode()
    assert "the holder, the kind of post, the place, together too" in text


@pytest.mark.parametrize("text", ["", "a", "张", "1栋", "·", "x" * 70, "（３）"])
def test_plain_text_is_stable(text):
    assert plain_text(plain_text(text)) == plain_text(text)


@pytest.mark.parametrize("text", ["住户111", PHONE, "0111", "1-1户", "二郎庙"])
def test_elsewhere_finds_nothing(cast, issued, seek, text):
    issued("wang", "001")
    assert "Nothing found in your places" in seek("sun", text)


@pytest.mark.parametrize("username", ["nobody", "operator"])
def test_without_a_post_nothing_is_found(cast, seek, username):
    assert "Nothing found in your places" in seek(username, "微网格")


def test_a_short_text_stands_in_the_address_a_number_never(cast, sign_in):
    client = sign_in("wang")
    short = client.post(reverse("search"), {"q": "张 伟"})
    assert (short.status_code, short["Location"]) == (303, "/search?q=%E5%BC%A0+%E4%BC%9F")
    number = client.post(reverse("search"), {"q": PHONE})
    assert number.status_code == 200
    assert "Location" not in number.headers


def test_a_number_in_an_address_is_neither_looked_up_nor_repeated(cast, sign_in):
    client = sign_in("wang")
    with CaptureQueriesContext(connection) as captured:
        shown = client.get(reverse("search"), {"q": PHONE}, follow=True)
    assert shown.redirect_chain == [("/search", 303)]
    text = shown.content.decode()
    assert PHONE not in text
    assert "notice-warning" in text
    assert "住户111" not in text
    assert not any("residents_person" in query["sql"] for query in captured)


@pytest.mark.parametrize("text", ["", " ", "%", "_", "'", "\\", "\x00", "<script>alert(1)</script>", "🏠", "𠮷" * 80])
def test_odd_input_is_answered(cast, seek, text):
    assert "<script>alert" not in seek("wang", text)


def test_a_protected_home_is_named_without_its_door(cast, seek):
    home = cast.households[0]
    home.protected = True
    home.save()
    found = seek("zhou", "住户111")
    assert "Protected address" in found
    assert "1栋" not in found


def test_search_takes_the_same_queries_for_few_and_for_many(cast, issued, sign_in):
    client = sign_in("wang")

    def count():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("search"), {"q": "户"}).status_code == 200
        return len(captured)

    issued()
    few = count()
    make_household(cast.place("001-1-1"), 30, rooms=30)
    assert count() == few
    assert few <= 26
    assert Person.objects.count() == 90
