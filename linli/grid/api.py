"""Places and posts for programs."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from linli.core.api import MOST, PROBLEMS, Page, offset_page, read_cursor, read_offset, write_cursor
from linli.grid import actions, queries
from linli.grid.models import Appointment, Place

places = Router(tags=["places"])
posts = Router(tags=["posts"])
Limit = Query(100, ge=1, le=MOST)


class PlaceOut(Schema):
    code: str
    name: str
    kind: str = Field(description="one of the profile's kinds of place")
    committee: str = Field(description="of a community: residents, village or other")
    parent: str = Field(description="code of the place above; empty at the top")

    @staticmethod
    def resolve_parent(place: Place) -> str:
        return place.parent.code if place.parent else ""


class PlaceIn(Schema):
    id: UUID = Field(description="made by you: sent again, the same place is given back")
    parent: str
    name: str
    kind: str = ""
    code: str = Field("", description="empty: the parent's with the next number behind it")


class AppointmentIn(Schema):
    id: UUID = Field(description="made by you: sent again, nothing is doubled")
    username: str
    post: str = Field(description="one of the profile's kinds of post")
    place: str
    paper: str = Field(description="which paper says so")
    from_at: datetime | None = None
    until_at: datetime | None = None


class AppointmentOut(Schema):
    id: int
    post: str = Field(alias="post_kind")
    place: str = Field(alias="place.code")
    holder: str = Field(alias="account.name")
    username: str = Field(alias="account.username")
    from_at: datetime
    until_at: datetime | None
    paper: str


class EndIn(Schema):
    id: UUID
    reason: str
    at: datetime | None = None


class VacancyOut(Schema):
    post: str
    place: str
    name: str
    part_held_by: str = Field(description="who answers for the place meanwhile; empty where nobody does")


@places.get("", response={200: Page[PlaceOut], **PROBLEMS}, summary="Places at and below a code, from the top down")
def list_places(request: HttpRequest, under: str = "", cursor: str = "", limit: int = Limit) -> Any:
    after = str((read_cursor(cursor) or [""])[0])
    rows, following = queries.list_places_below(actor=request.actor, code=under, after=after, limit=limit)  # type: ignore[attr-defined]
    return {"items": rows, "next": write_cursor(following) if following else ""}


@places.get("/count", response={200: dict[str, int], **PROBLEMS}, summary="How many of each kind at and below a code")
def count_places(request: HttpRequest, under: str = "", by: str = "kind") -> Any:
    return queries.count_places(actor=request.actor, code=under, by=by)  # type: ignore[attr-defined]


@places.get("/{code}", response={200: PlaceOut, **PROBLEMS}, summary="One place")
def get_place(request: HttpRequest, code: str) -> Any:
    return queries.get_place(actor=request.actor, code=code)  # type: ignore[attr-defined]


@places.post("", response={201: PlaceOut, **PROBLEMS}, summary="Add a place below another")
def add_place(request: HttpRequest, new: PlaceIn) -> Any:
    made = actions.add_place(
        actor=request.actor,  # type: ignore[attr-defined]
        parent=new.parent,
        name=new.name,
        kind=new.kind,
        code=new.code,
        write_id=new.id,
    )
    return 201, made


@posts.get("/vacancies", response={200: Page[VacancyOut], **PROBLEMS}, summary="Posts that nobody holds now")
def list_vacancies(request: HttpRequest, under: str, post: str = "", cursor: str = "", limit: int = Limit) -> Any:
    offset = read_offset(cursor)
    found = queries.list_vacancies(actor=request.actor, code=under, kind=post)  # type: ignore[attr-defined]
    rows, following = offset_page(list(found[offset : offset + limit + 1]), offset, limit)
    items = [
        {
            "post": one.kind.code,
            "place": one.code,
            "name": one.name,
            "part_held_by": one.part_held_by.name if one.part_held_by else "",
        }
        for one in rows
    ]
    return {"items": items, "next": following}


@posts.get("/appointments", response={200: Page[AppointmentOut], **PROBLEMS}, summary="Who held the posts of a place")
def list_appointments(request: HttpRequest, place: str, post: str = "", cursor: str = "", limit: int = Limit) -> Any:
    offset = read_offset(cursor)
    found = queries.list_post_history(actor=request.actor, code=place, post_kind=post)  # type: ignore[attr-defined]
    rows, following = offset_page(list(found[offset : offset + limit + 1]), offset, limit)
    return {"items": rows, "next": following}


@posts.post("/appointments", response={201: AppointmentOut, **PROBLEMS}, summary="Appoint somebody to a post")
def appoint(request: HttpRequest, new: AppointmentIn) -> Any:
    actor = request.actor  # type: ignore[attr-defined]
    place = queries.get_place(actor=actor, code=new.place, permission="posts.see")
    account = queries.get_account_by_username(actor=actor, username=new.username)
    made = actions.appoint(
        actor=actor,
        account=account,
        post_kind=new.post,
        place=place,
        paper=new.paper,
        from_at=new.from_at,
        until_at=new.until_at,
        write_id=new.id,
    )
    return 201, made


@posts.post("/appointments/{appointment_id}/end", response={200: AppointmentOut, **PROBLEMS}, summary="End one")
def end_appointment(request: HttpRequest, appointment_id: int, end: EndIn) -> Appointment:
    actor = request.actor  # type: ignore[attr-defined]
    found = queries.get_appointment(actor=actor, appointment_id=appointment_id)
    return actions.end_appointment(actor=actor, appointment=found, reason=end.reason, at=end.at, write_id=end.id)
