"""The register for programs: households and people, numbers masked, each reveal an audited act."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from linli.core.api import (
    PROBLEMS,
    WRITE_PROBLEMS,
    Cursor,
    Limit,
    Page,
    actor_of,
    cut,
    needs,
    read_cursor,
    write_cursor,
)
from linli.grid.queries import get_place, list_dwellings_below
from linli.residents import actions, queries
from linli.residents.rules import PersonEntry

register = Router(tags=["register"])
SENT_AGAIN = "made by you: sent again, nothing is doubled"


class DwellingOut(Schema):
    id: int
    place: str = Field(description="code of the place that holds its entrance now")
    building: str
    entrance: str
    floor: int | None
    room: str


class HouseholdLine(Schema):
    id: int
    name: str
    kind: str = Field(description="family, collective or premises")
    subkind: str
    place: str = Field(description="name of the place that holds its entrance")
    address: str = Field(description="building, entrance and part of the room; empty where it is protected from you")
    protected: bool
    people: int
    groups: list[str]
    means: list[str] = Field(description="how it can be reached; empty: by a knock only")


class PersonOut(Schema):
    id: int
    name: str
    role: str
    sex: str
    born_on: date | None
    phone: str = Field(description="masked")
    phone_dead: bool
    id_number: str = Field(description="masked")
    status: str
    groups: list[str]


class AnswererOut(Schema):
    id: int
    name: str
    phone: str = Field(description="masked")
    relation: str
    person: int | None = Field(alias="person_id", description="where it is somebody of the register")


class HouseholdOut(Schema):
    id: int
    name: str
    kind: str
    subkind: str
    place: str
    address: str = Field(description="in full; empty where it is protected from you")
    protected: bool
    is_present: bool = Field(description="lives somewhere now")
    contact: int | None = Field(description="the person to ask for")
    people: list[PersonOut]
    answerers: list[AnswererOut]
    means: list[str]


class PersonIn(Schema):
    name: str = Field(max_length=100)
    sex: Literal["", "f", "m"] = ""
    born_on: date | None = None
    id_number: str = Field("", max_length=40)
    phone: str = Field("", max_length=40)
    role: str = Field("", max_length=20)
    status: Literal["registered", "unregistered"] = "registered"
    registered_here: bool | None = None
    registered_place: str = Field("", max_length=100)
    language: str = Field("", max_length=10)
    channels: list[str] = Field([], max_length=20)
    groups: list[str] = Field([], max_length=50)


class HouseholdIn(Schema):
    id: UUID = Field(description=SENT_AGAIN)
    dwelling: int
    name: str = Field(max_length=100)
    kind: Literal["family", "collective", "premises"] = "family"
    subkind: str = ""
    people: list[PersonIn] = Field([], max_length=500)
    from_on: date | None = Field(None, description="empty: today")


class NewPersonIn(PersonIn):
    id: UUID = Field(description=SENT_AGAIN)


class MoveIn(Schema):
    id: UUID = Field(description=SENT_AGAIN)
    dwelling: int


class DepartIn(Schema):
    id: UUID = Field(description=SENT_AGAIN)
    reason: str = Field("", max_length=300)


class MarkIn(Schema):
    id: UUID = Field(description=SENT_AGAIN)
    group: str = Field(description="one of the profile's groups")
    source: str = Field("", max_length=60, description="by whose word")


class RevealIn(Schema):
    fields: list[Literal["phone", "id_number"]] = Field(min_length=1, max_length=2)
    purpose: Literal["emergency", "visit", "call_back", "check_record", "health_follow_up", "other"]
    note: str = Field("", max_length=200, description="needed where the purpose is 'other'")


@register.get("/dwellings", response={200: Page[DwellingOut], **PROBLEMS}, summary="Dwellings at and below a place")
@needs("places.see")
def list_dwellings(request: HttpRequest, place: str, cursor: str = Cursor, limit: int = Limit) -> Any:
    after = (read_cursor(cursor, int) or [0])[0]
    rows = list_dwellings_below(actor=actor_of(request), code=place, after=after, limit=limit)
    page = cut(rows, limit, lambda row: (row.pk,))
    items = [
        {
            "id": one.pk,
            "place": one.place_code,
            "building": str(one.entrance.building),
            "entrance": one.entrance.name,
            "floor": one.floor,
            "room": one.room,
        }
        for one in page["items"]
    ]
    return {"items": items, "next": page["next"]}


@register.get("/households", response={200: Page[HouseholdLine], **PROBLEMS}, summary="Households in walking order")
@needs("register.see")
def list_households(request: HttpRequest, place: str, cursor: str = Cursor, limit: int = Limit) -> Any:
    actor = actor_of(request)
    after = (read_cursor(cursor, str) or [""])[0]
    at = get_place(actor=actor, code=place, permission="register.see")
    page = queries.list_households(actor=actor, place=at, after=after, limit=limit)
    following = write_cursor(page.next_cursor) if page.next_cursor else ""
    return {"items": [_line(one) for one in page.lines], "next": following}


@register.post("/households", response={201: HouseholdOut, **WRITE_PROBLEMS}, summary="Add a household to a dwelling")
@needs("register.edit")
def add_household(request: HttpRequest, new: HouseholdIn) -> Any:
    made = actions.add_household(
        actor=actor_of(request),
        dwelling_id=new.dwelling,
        name=new.name,
        kind=new.kind,
        subkind=new.subkind,
        members=[_entry(one) for one in new.people],
        from_on=new.from_on,
        write_id=new.id,
    )
    return Status(201, _household(request, made.pk))


@register.get("/households/{household_id}", response={200: HouseholdOut, **PROBLEMS}, summary="One with its people")
@needs("register.see")
def get_household(request: HttpRequest, household_id: int) -> Any:
    shown = _household(request, household_id)
    actions.note_reading(actor=actor_of(request), kind="household", key=household_id, path=shown.pop("path"))
    return shown


@register.post(
    "/households/{household_id}/people", response={201: HouseholdOut, **WRITE_PROBLEMS}, summary="Add a person to it"
)
@needs("register.edit")
def add_person(request: HttpRequest, household_id: int, new: NewPersonIn) -> Any:
    actions.add_person(actor=actor_of(request), household_id=household_id, entry=_entry(new), write_id=new.id)
    return Status(201, _household(request, household_id))


@register.post(
    "/households/{household_id}/move", response={200: HouseholdOut, **WRITE_PROBLEMS}, summary="To another dwelling"
)
@needs("register.edit")
def move_household(request: HttpRequest, household_id: int, move: MoveIn) -> Any:
    actions.move_household(
        actor=actor_of(request), household_id=household_id, dwelling_id=move.dwelling, write_id=move.id
    )
    return _household(request, household_id)


@register.post(
    "/households/{household_id}/depart",
    response={200: HouseholdOut, **WRITE_PROBLEMS},
    summary="Nobody lives there now",
)
@needs("register.edit")
def depart_household(request: HttpRequest, household_id: int, depart: DepartIn) -> Any:
    actions.depart_household(
        actor=actor_of(request), household_id=household_id, reason=depart.reason, write_id=depart.id
    )
    return _household(request, household_id)


@register.post(
    "/people/{person_id}/depart", response={204: None, **WRITE_PROBLEMS}, summary="A person is gone from here"
)
@needs("register.edit")
def depart_person(request: HttpRequest, person_id: int, depart: DepartIn) -> Any:
    actions.depart_person(actor=actor_of(request), person_id=person_id, reason=depart.reason, write_id=depart.id)
    return Status(204, None)


@register.post("/people/{person_id}/groups", response={204: None, **WRITE_PROBLEMS}, summary="Mark as one of a group")
@needs("register.edit")
def mark_group(request: HttpRequest, person_id: int, mark: MarkIn) -> Any:
    actions.mark_group(
        actor=actor_of(request), person_id=person_id, group=mark.group, source=mark.source, write_id=mark.id
    )
    return Status(204, None)


@register.post(
    "/people/{person_id}/reveal",
    response={200: dict[str, str], **WRITE_PROBLEMS},
    summary="Show numbers in full, for a purpose",
    description="Each reveal stands in the audit trail and is counted; it changes nothing and so takes no id.",
)
@needs("register.reveal")
def reveal_numbers(request: HttpRequest, person_id: int, asked: RevealIn) -> Any:
    return actions.reveal_numbers(
        actor=actor_of(request), person_id=person_id, fields=asked.fields, purpose=asked.purpose, note=asked.note
    )


def _entry(one: PersonIn) -> PersonEntry:
    values = one.dict(exclude={"id", "channels", "groups"})
    return PersonEntry(**values, channels=tuple(one.channels), groups=tuple(one.groups))


def _line(one: queries.Line) -> dict[str, Any]:
    door = one.door
    return {
        "id": door.id,
        "name": door.name,
        "kind": door.kind,
        "subkind": door.subkind,
        "place": door.leaf,
        "address": door.masked,
        "protected": door.protected,
        "people": one.people,
        "groups": sorted(one.groups),
        "means": sorted(one.means),
    }


def _household(request: HttpRequest, household_id: int) -> dict[str, Any]:
    found = queries.get_household(actor=actor_of(request), household_id=household_id)
    door = found.door
    return {
        "id": door.id,
        "name": door.name,
        "kind": door.kind,
        "subkind": door.subkind,
        "place": door.leaf,
        "address": door.address,
        "protected": door.protected,
        "is_present": found.is_present,
        "contact": found.contact_id,
        "people": found.members,
        "answerers": found.answerers,
        "means": sorted(found.means),
        "path": door.path,
    }
