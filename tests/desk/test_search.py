"""Search: within one's places, masked, and no number in an address."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from linli.desk.rules import holds_number, plain_text
from linli.residents.models import Person
from tests.alerts.conftest import issued, notice  # noqa: F401  (fixtures)
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
def test_everything_is_found_from_one_field(cast, issued, seek, text, finds):  # noqa: F811
    issued()
    found = seek("wang", text)
    assert finds in found
    assert PHONE not in found.replace(f'value="{PHONE}"', "")


@pytest.mark.parametrize("text", ["住户111", PHONE, "0111", "1-1户", "二郎庙"])
def test_elsewhere_finds_nothing(cast, issued, seek, text):  # noqa: F811
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


def test_search_takes_the_same_queries_for_few_and_for_many(cast, issued, sign_in):  # noqa: F811
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
