"""A number in full: a purpose, a count, a second person, and a line in the trail."""

from datetime import timedelta
from unittest.mock import patch

import pytest

from linli.core import clock
from linli.core.errors import Conflict, Forbidden, Invalid, Missing, TooMany
from linli.core.models import AuditEntry
from linli.core.sheets import read_sheet
from linli.residents import actions, imports, queries
from linli.residents.rules import REVEALS_AN_HOUR, PersonEntry
from tests.conftest import Cast
from tests.residents.test_reach import people_of


def reveal(cast: Cast, by: str = "zhou", **changes):
    person = people_of(cast.households[0])[0]
    wanted = {"person_id": person.pk, "fields": ["phone"], "purpose": "call_back", "note": ""} | changes
    return actions.reveal_numbers(actor=cast.actor(by), **wanted)


def test_shown_with_a_purpose_and_audited(cast: Cast):
    assert reveal(cast, note="未接电话") == {"phone": "+8613800130111"}
    entry = AuditEntry.objects.get(act="reveal_numbers")
    assert (entry.fields, entry.reason, entry.path) == (["phone"], "call_back: 未接电话", cast.place("001-1-1").path)


@pytest.mark.parametrize(
    "changes",
    [{"purpose": ""}, {"purpose": "curiosity"}, {"purpose": "other"}, {"fields": []}, {"fields": ["name"]},
     {"fields": ["phone", "password"]}],
)  # fmt: skip
def test_not_without(cast: Cast, changes):
    with pytest.raises(Invalid):
        reveal(cast, **changes)
    assert not AuditEntry.objects.filter(act="reveal_numbers").exists()


def test_many_need_a_second_person(cast: Cast):
    for _one in range(REVEALS_AN_HOUR):
        reveal(cast)
    with pytest.raises(TooMany):
        reveal(cast)
    cell = cast.place("001-1-1")
    grant = actions.ask_reveal_grant(actor=cast.actor("zhou"), place_id=cell.pk, act="reveal", reason="逐户核对电话")
    with pytest.raises(TooMany):
        reveal(cast)
    with pytest.raises(Forbidden):
        actions.decide_reveal_grant(actor=cast.actor("zhou"), grant_id=grant.pk, allow=True)
    with pytest.raises(Forbidden):
        actions.decide_reveal_grant(actor=cast.actor("li"), grant_id=grant.pk, allow=True)
    with pytest.raises(Missing):
        actions.decide_reveal_grant(actor=cast.actor("sun"), grant_id=grant.pk, allow=True)
    actions.decide_reveal_grant(actor=cast.actor("wang"), grant_id=grant.pk, allow=True)
    assert reveal(cast)
    with pytest.raises(Conflict):
        actions.decide_reveal_grant(actor=cast.actor("chen"), grant_id=grant.pk, allow=False)
    later = clock.now() + timedelta(hours=2, minutes=1)
    with patch("linli.core.clock.now", lambda: later - timedelta(minutes=50)):
        for _one in range(REVEALS_AN_HOUR):
            reveal(cast)
    with patch("linli.core.clock.now", lambda: later), pytest.raises(TooMany):
        reveal(cast)
    with patch("linli.core.clock.now", lambda: later + timedelta(hours=1)):
        assert reveal(cast)  # the hour is over


def test_nobody_allows_what_they_asked_for(cast: Cast):
    grant = actions.ask_reveal_grant(
        actor=cast.actor("wang"), place_id=cast.place("001").pk, act="export", reason="移交"
    )
    with pytest.raises(Forbidden):
        actions.decide_reveal_grant(actor=cast.actor("wang"), grant_id=grant.pk, allow=True)


def test_the_phone_of_who_answers(cast: Cast):
    made = actions.name_answerer(
        actor=cast.actor("li"), household_id=cast.households[0].pk, name="女儿", phone="13900017777"
    )
    assert actions.reveal_answerer(actor=cast.actor("zhou"), answerer_id=made.pk, purpose="visit")["phone"] == (
        "+8613900017777"
    )
    with pytest.raises(Missing):
        actions.reveal_answerer(actor=cast.actor("sun"), answerer_id=made.pk, purpose="visit")


def export(cast: Cast, by: str = "wang", **changes) -> bytes:
    wanted = {"place_id": cast.place("001").pk, "headers": {}, "reason": "移交", "file_format": "xlsx"} | changes
    return actions.export_register(actor=cast.actor(by), **wanted)


def grant_export(cast: Cast, by: str = "wang") -> None:
    grant = actions.ask_reveal_grant(actor=cast.actor(by), place_id=cast.place("001").pk, act="export", reason="移交")
    actions.decide_reveal_grant(actor=cast.actor("chen"), grant_id=grant.pk, allow=True)


def test_an_export_needs_a_second_person(cast: Cast):
    with pytest.raises(Forbidden):
        export(cast)
    grant_export(cast)
    assert export(cast).startswith(b"PK")
    assert AuditEntry.objects.get(act="export_register").reason == "移交"
    with pytest.raises(Invalid):
        export(cast, reason=" ")
    with pytest.raises(Forbidden):
        export(cast, place_id=cast.place("001-1-1").pk, by="zhou")
    with pytest.raises(Missing):
        export(cast, place_id=cast.place("002").pk)


def test_an_export_comes_back_in_unchanged(cast: Cast):
    grant_export(cast)
    headers = {column: imports.column_name(column) for column in actions.EXPORT_COLUMNS}
    for file_format in ("xlsx", "csv"):
        data = export(cast, headers=headers, file_format=file_format)
        done = imports.import_roster(data, f"a.{file_format}", actor=cast.actor("wang"), place=cast.place("001"))
        assert done.errors == []
        assert (done.outcome.people_unchanged, done.outcome.people_new) == (24, 0)


def test_nothing_in_an_export_is_a_formula(cast: Cast):
    actions.add_person(
        actor=cast.actor("wang"), household_id=cast.households[0].pk, entry=PersonEntry(name='=cmd|"/c calc"!A1')
    )
    grant_export(cast)
    text = export(cast, file_format="csv").decode("utf-8-sig")
    assert "\n=" not in text
    assert ",=" not in text
    assert '"=' not in text
    rows = [cells for _number, cells in read_sheet(export(cast), "a.xlsx").rows]
    assert any('=cmd|"/c calc"!A1' in cells for cells in rows)


def test_an_export_hides_a_protected_address(cast: Cast):
    actions.change_household(actor=cast.actor("wang"), household_id=cast.households[0].pk, changes={"protected": True})
    grant = actions.ask_reveal_grant(
        actor=cast.actor("li"), place_id=cast.place("001-1").pk, act="export", reason="打印"
    )
    actions.decide_reveal_grant(actor=cast.actor("wang"), grant_id=grant.pk, allow=True)
    rows = list(read_sheet(export(cast, by="li", place_id=cast.place("001-1").pk), "a.xlsx").rows)
    mine = [cells for _number, cells in rows if "1-1户" in cells]
    assert mine
    assert not any("101" in cells for cells in mine)


def test_exporting_costs_the_same_for_all(cast: Cast, django_assert_max_num_queries):
    grant_export(cast)
    with django_assert_max_num_queries(12):
        export(cast)


def test_grants_are_shown_to_those_concerned(cast: Cast):
    actions.ask_reveal_grant(actor=cast.actor("zhou"), place_id=cast.place("001-1-1").pk, act="reveal", reason="x")
    seen = {name: len(queries.list_grants(actor=cast.actor(name))) for name in ("zhou", "wang", "chen", "li", "sun")}
    assert seen == {"zhou": 1, "wang": 1, "chen": 1, "li": 0, "sun": 0}
