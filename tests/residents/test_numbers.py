"""Phones, identity numbers, masks and initials."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linli.residents import numbers, rules
from linli.residents.names import initials
from linli.residents.numbers import BadNumber, normalise_id, normalise_phone
from tests.residents.test_imports import id_number

DAYS = st.dates(min_value=date(1900, 1, 1), max_value=date(2026, 12, 31))
AREAS = st.integers(110000, 659999)
SERIALS = st.integers(0, 999)


def make_id(area: int, day: date, serial: int) -> str:
    return id_number(f"{area}{day:%Y%m%d}{serial:03d}")


@given(AREAS, DAYS, SERIALS)
def test_every_right_number_is_taken_as_it_is(area: int, day: date, serial: int):
    number = make_id(area, day, serial)
    assert normalise_id(number, "cn") == number
    assert normalise_id(f" {number[:6]} {number[6:].lower()} ", "cn") == number
    assert numbers.birth_date_of(number, "cn") == day
    assert numbers.sex_of(number, "cn") == ("m" if serial % 2 else "f")


@given(AREAS, DAYS, SERIALS, st.integers(0, 16), st.integers(1, 9))
def test_one_mistyped_digit_is_always_found(area: int, day: date, serial: int, at: int, by: int):
    number = make_id(area, day, serial)
    wrong = number[:at] + str((int(number[at]) + by) % 10) + number[at + 1 :]
    with pytest.raises(BadNumber):
        normalise_id(wrong, "cn")


@given(AREAS, DAYS, SERIALS, st.integers(0, 16))
def test_two_swapped_neighbours_are_always_found(area: int, day: date, serial: int, at: int):
    number = make_id(area, day, serial)
    swapped = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    if swapped != number:
        with pytest.raises(BadNumber):
            normalise_id(swapped, "cn")


@settings(deadline=None)  # the first name loads a dictionary
@given(st.text(max_size=60))
def test_no_text_breaks_the_checks(text: str):
    for check in (
        lambda: normalise_id(text, "cn"),
        lambda: normalise_id(text, ""),
        lambda: normalise_phone(text, "CN"),
    ):
        try:
            found = check()
        except BadNumber:
            continue
        assert 0 < len(found) <= 40
    rules.mask_phone(text)
    rules.mask_id(text)
    initials(text)


@pytest.mark.parametrize(
    ("text", "region", "phone"),
    [
        ("13800138000", "CN", "+8613800138000"),
        ("138 0013 8000", "CN", "+8613800138000"),
        ("１３８-００１３-８０００", "CN", "+8613800138000"),
        ("+86 13800138000", "CN", "+8613800138000"),
        ("008613800138000", "CN", "+8613800138000"),
        ("0791-86812345", "CN", "+8679186812345"),
        ("0917 123 4567", "PH", "+639171234567"),
        ("+63 917 123 4567", "CN", "+639171234567"),
        ("+44 20 7946 0958", "CN", "+442079460958"),
    ],
)
def test_phones_as_people_write_them(text: str, region: str, phone: str):
    assert normalise_phone(text, region) == phone


@pytest.mark.parametrize(
    "text", ["", "1", "110", "12345678901", "138001380001", "abc", "13800138000 转 8001", "+", "1" * 50]
)
def test_what_is_no_phone(text: str):
    with pytest.raises(BadNumber):
        normalise_phone(text, "CN")


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_a_masked_phone_shows_seven_digits(digits: str):
    assert rules.mask_phone(f"+86{digits}") == rules.mask_phone(digits) == f"{digits[:3]}****{digits[-4:]}"


@given(st.text(alphabet="0123456789X", min_size=1, max_size=40))
def test_a_masked_identity_number_hides_its_middle(number: str):
    masked = rules.mask_id(number)
    assert masked.count("*") >= 1
    assert sum(sign != "*" for sign in masked) <= 6
    if len(number) == 18:
        assert masked == number[:4] + "*" * 12 + number[-2:]


@given(st.text(alphabet="0123456789A栋室-", max_size=12))
def test_a_masked_room_hides_its_end(room: str):
    assert rules.mask_room(room) == (room[:-2] + "**" if room else "")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("陈书琴", "csq"),
        ("Juan dela Cruz", "jdc"),
        ("O'Brien", "o"),
        ("欧阳锋", "oyf"),
        ("王 小明", "wxm"),
        ("𠮷田", "t"),
        ("", ""),
        ("<b>", ""),
    ],
)
def test_initials(name: str, found: str):
    assert initials(name) == found


@pytest.mark.parametrize("part", ["building", "entrance", "room"])
@given(text=st.text(max_size=80))
def test_as_many_ways_to_write_a_door_whatever_is_written(part: str, text: str):
    assert len(rules.name_variants(part, text)) == len(rules.name_variants(part, "3"))


def test_indexes_of_one_number_can_not_be_compared():
    same = "1234"
    assert numbers.phone_last4(same) != numbers.id_last4(same)
    assert numbers.phone_indexes("") == numbers.id_indexes("") == ("", "")
    assert numbers.id_last4("123x") == numbers.id_last4("123X")


def test_means_of_contact():
    of = rules.means_of
    assert of(has_phone=False, channels=["sms", "voice", "door"], has_answerer=False) == set()
    assert of(has_phone=True, channels=["sms"], has_answerer=False) == {"phone"}
    assert of(has_phone=False, channels=["wechat", "pigeon"], has_answerer=True) == {"wechat", "answerer"}
    assert set(rules.MEANS) == {"phone", "answerer", "wechat", "chat_group", "email"}


def test_every_code_has_words():
    from linli.residents import words

    for codes, named in (
        (rules.KINDS, words.KINDS),
        (rules.STATUSES, words.STATUSES),
        (rules.ROLES, words.ROLES),
        (rules.CHANNELS, words.CHANNELS),
        (rules.MEANS, words.MEANS),
        (rules.PURPOSES, words.PURPOSES),
        (rules.REVEALABLE, words.REVEALABLE),
        (rules.GRANT_ACTS, words.GRANT_ACTS),
    ):
        assert set(codes) == set(named)
    assert {code for codes in rules.SUBKINDS.values() for code in codes} == set(words.SUBKINDS)
