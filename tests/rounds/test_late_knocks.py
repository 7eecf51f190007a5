"""Knocks that reach the server later than they were made: the moment they belong to, and what contradicts what."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from linli.rounds.rules import NOT_AT_HOME, OUTCOMES, REFUSED, SPOKEN_TO, VACANT, contradicts, moment_of

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
spans = st.timedeltas(timedelta(0), timedelta(days=3))
offsets = st.timedeltas(timedelta(days=-400), timedelta(days=400))


@given(spans, offsets, offsets, offsets)
def test_no_record_lies_before_its_list_or_ahead(ago, then, now, made):
    after, at = NOW - ago, NOW + made
    assert after <= moment_of(at=at, offset_then=then, offset_now=now, after=after, now=NOW) <= NOW


@given(spans, st.floats(0, 1), offsets)
def test_a_clock_that_is_wrong_by_the_same_all_along_is_put_right(ago, part, offset):
    after, true = NOW - ago, NOW - ago * part
    assert moment_of(at=true - offset, offset_then=offset, offset_now=offset, after=after, now=NOW) == true


@given(spans, st.floats(0, 1), offsets, st.timedeltas(timedelta(days=4), timedelta(days=300)))
def test_a_clock_set_between_recording_and_sending_is_put_right(ago, part, offset, step):
    after, true = NOW - ago, NOW - ago * part
    assert moment_of(at=true - offset, offset_then=offset, offset_now=offset + step, after=after, now=NOW) == true


def test_what_can_both_be_so():
    assert not any(contradicts(one, one) for one in OUTCOMES)
    assert not contradicts(SPOKEN_TO, NOT_AT_HOME)
    assert not contradicts(SPOKEN_TO, REFUSED)
    assert not contradicts(NOT_AT_HOME, SPOKEN_TO)
    assert contradicts(VACANT, REFUSED)
    assert contradicts(VACANT, SPOKEN_TO)
    assert contradicts(SPOKEN_TO, VACANT)
