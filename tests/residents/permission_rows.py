"""Routes of the register."""

from typing import Any
from uuid import UUID, uuid4

from django.core.files.uploadedfile import SimpleUploadedFile

from linli.residents import actions, imports, queries
from linli.residents.models import Person
from tests.conftest import Cast
from tests.matrix import Row
from tests.residents import rows_upkeep

CSV = "网格,微网格,楼栋,房号,姓名,手机\n第一网格,1号微网格,8栋,101,周奶奶,1\n".encode()
SEE, EDIT, REVEAL, IMPORT = "register.see", "register.edit", "register.reveal", "register.import"


def household(cast: Cast) -> dict[str, Any]:
    return {"household_id": cast.households[0].pk}


def person(cast: Cast) -> dict[str, Any]:
    first = Person.objects.filter(memberships__household=cast.households[0]).order_by("id")[0]
    return {"person_id": first.pk}


def door(cast: Cast) -> dict[str, Any]:
    cell = cast.place("001-1-1")
    return {"leaf": cell.pk, "building": "1栋", "entrance": "1单元", "room": "201"}


def answerer(cast: Cast) -> int:
    found = queries.list_answerers(actor=cast.actor("wang"), household_id=cast.households[0].pk)
    if found:
        return found[0].id
    return actions.name_answerer(
        actor=cast.actor("wang"), household_id=cast.households[0].pk, name="女儿", phone="13900017777"
    ).pk


def ended_answerer(cast: Cast) -> int:
    """One that Wang has ended a moment ago."""
    found = answerer(cast)
    actions.end_answerer(actor=cast.actor("wang"), answerer_id=found, write_id=uuid4())
    return found


def grant(cast: Cast) -> int:
    cell = cast.place("001-1-1")
    return actions.ask_reveal_grant(actor=cast.actor("zhou"), place_id=cell.pk, act="reveal", reason="核对").pk


def export_grant(cast: Cast) -> int:
    made = actions.ask_reveal_grant(
        actor=cast.actor("wang"), place_id=cast.place("001").pk, act="export", reason="移交"
    )
    actions.decide_reveal_grant(actor=cast.actor("chen"), grant_id=made.pk, allow=True)
    return cast.place("001").pk


def upload(cast: Cast) -> dict[str, UUID]:
    wang, register = cast.actor("wang"), cast.place("001")
    checked = imports.check_roster(CSV, "a.csv", actor=wang, place=register)
    made = actions.keep_upload(
        actor=wang, place=register, filename="a.csv", data=CSV, report=imports.report_of(checked), write_id=uuid4()
    )
    return {"upload_id": made.pk}


NOT_OURS = {"outsider": (200, 422)}  # one sees one's own places there, never this one's
PURPOSE = {"fields_shown": "phone", "purpose": "visit"}

ROWS = [
    Row("household-list", permission=SEE, expect=NOT_OURS),
    Row("household-list", "POST", permission=SEE, data=lambda cast: {"text": "住户"}, expect=NOT_OURS),
    Row("group-overview", query="?place=360103001001", permission=SEE),
    Row("departed", query="?place=360103001001", permission=SEE),
    Row("household-add", query="?place=360103001001", permission=EDIT, lacking="zhou"),
    Row(
        "household-add",
        "POST",
        query="?place=360103001001",
        permission=EDIT,
        lacking="zhou",
        data=lambda cast: {**door(cast), "name": "新户", "kind": "family"},
    ),
    Row("household", permission=SEE, kwargs=household, lacking="wu"),
    Row("household-change", permission=EDIT, kwargs=household, lacking="zhou"),
    Row(
        "household-change",
        "POST",
        permission=EDIT,
        kwargs=household,
        lacking="zhou",
        data=lambda cast: {"name": "改名户", "kind": "family"},
    ),
    Row("household-move", permission=EDIT, kwargs=household, lacking="zhou"),
    Row("household-move", "POST", permission=EDIT, kwargs=household, lacking="zhou", data=door),
    Row("household-depart", permission=EDIT, kwargs=household, lacking="zhou"),
    Row(
        "household-depart",
        "POST",
        permission=EDIT,
        kwargs=household,
        lacking="zhou",
        data=lambda cast: {"reason": "搬走"},
    ),
    Row("person-add", permission=EDIT, kwargs=household, lacking="zhou"),
    Row("person-add", "POST", permission=EDIT, kwargs=household, lacking="zhou", data=lambda cast: {"name": "新人"}),
    Row("answerer-name", permission=EDIT, kwargs=household, lacking="zhou"),
    Row(
        "answerer-name",
        "POST",
        permission=EDIT,
        kwargs=household,
        lacking="zhou",
        data=lambda cast: {"name": "女儿", "phone": "13900017777"},
    ),
    Row(
        "answerer-end",
        "POST",
        permission=EDIT,
        kwargs=household,
        lacking="zhou",
        data=lambda cast: {"answerer": answerer(cast)},
    ),
    Row(
        "answerer-resume",
        "POST",
        permission=EDIT,
        kwargs=household,
        lacking="zhou",
        data=lambda cast: {"answerer": ended_answerer(cast)},
    ),
    Row(
        "answerer-reveal",
        permission=REVEAL,
        kwargs=lambda cast: {**household(cast), "answerer_id": answerer(cast)},
        lacking="wu",
    ),
    Row(
        "answerer-reveal",
        "POST",
        permission=REVEAL,
        kwargs=lambda cast: {**household(cast), "answerer_id": answerer(cast)},
        data=lambda cast: PURPOSE,
        lacking="wu",
    ),
    Row("person", permission=SEE, kwargs=person, lacking="wu"),
    Row("person-change", permission=EDIT, kwargs=person, lacking="zhou"),
    Row("person-change", "POST", permission=EDIT, kwargs=person, lacking="zhou", data=lambda cast: {"name": "改名"}),
    Row("person-move", permission=EDIT, kwargs=person, lacking="zhou"),
    Row(
        "person-move",
        "POST",
        permission=EDIT,
        kwargs=person,
        lacking="zhou",
        data=lambda cast: {"household_id": cast.households[1].pk},
    ),
    Row("person-depart", permission=EDIT, kwargs=person, lacking="zhou"),
    Row("person-depart", "POST", permission=EDIT, kwargs=person, lacking="zhou", data=lambda cast: {"reason": "迁出"}),
    Row("person-mark", "POST", permission=EDIT, kwargs=person, lacking="zhou", data=lambda cast: {"group": "infant"}),
    Row("person-unmark", "POST", permission=EDIT, kwargs=person, lacking="zhou", data=lambda cast: {"group": "infant"}),
    Row(
        "person-phone",
        "POST",
        permission="tasks.work",
        kwargs=person,
        lacking="wu",
        data=lambda cast: {"state": "dead"},
    ),
    Row("person-reveal", permission=REVEAL, kwargs=person, lacking="wu"),
    Row("person-reveal", "POST", permission=REVEAL, kwargs=person, lacking="wu", data=lambda cast: PURPOSE),
    Row("grant-list", permission=REVEAL, expect=NOT_OURS),
    Row(
        "grant-ask",
        "POST",
        permission=REVEAL,
        data=lambda cast: {"act": "reveal", "place_id": cast.place("001").pk, "reason": "核对"},
        expect={"outsider": 422},  # a place that isn't offered to the outsider is no choice of the form
    ),
    Row(
        "grant-decide",
        "POST",
        permission="register.approve",
        kwargs=lambda cast: {"grant_id": grant(cast)},
        data=lambda cast: {"allow": "1"},
        lacking="zhou",
    ),
    Row("register-export", permission=REVEAL, expect=NOT_OURS),
    Row(
        "register-export",
        "POST",
        permission=REVEAL,
        data=lambda cast: {"place_id": export_grant(cast), "file_format": "csv", "reason": "移交"},
        lacking="li",
        expect={"outsider": 422, "lacking": 422},
    ),
    Row("roster-upload", permission=IMPORT, lacking="li", expect=NOT_OURS),
    Row(
        "roster-upload",
        "POST",
        permission=IMPORT,
        data=lambda cast: {"place_id": cast.place("001").pk, "file": SimpleUploadedFile("a.csv", CSV)},
        lacking="li",
        expect=NOT_OURS,
    ),
    Row("roster-template", permission=IMPORT, lacking="li", expect=NOT_OURS),
    Row("roster", permission=IMPORT, kwargs=upload, lacking="chen"),
    Row("roster-state", permission=IMPORT, kwargs=upload, lacking="chen"),
    Row("roster-errors", permission=IMPORT, kwargs=upload, lacking="chen"),
    Row("roster-start", "POST", permission=IMPORT, kwargs=upload, lacking="chen"),
    Row("roster-drop", "POST", permission=IMPORT, kwargs=upload, lacking="chen"),
]
ROWS += rows_upkeep.ROWS
