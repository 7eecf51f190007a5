"""Places and posts for programs."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import AwareDatetime, Field

from linli.core.api import (
    PROBLEMS,
    WRITE_PROBLEMS,
    Cursor,
    Limit,
    Page,
    actor_of,
    cut,
    key_page,
    needs,
    read_cursor,
    write_cursor,
)
from linli.grid import actions, queries
from linli.grid.models import Place

places = Router(tags=["places"])
posts = Router(tags=["posts"])


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
    from_at: AwareDatetime | None = Field(None, description="empty: now")
    until_at: AwareDatetime | None = Field(None, description="not included; empty: no end")


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
    id: UUID = Field(description="made by you: sent again, it is ended once")
    reason: str
    at: AwareDatetime | None = Field(None, description="empty: now")


class VacancyOut(Schema):
    post: str
    place: str
    name: str
    part_held_by: str = Field(description="who answers for the place meanwhile; empty where nobody does")


@places.get("", response={200: Page[PlaceOut], **PROBLEMS}, summary="Places at and below a code, from the top down")
@needs("places.see")
def list_places(request: HttpRequest, under: str = "", cursor: str = Cursor, limit: int = Limit) -> Any:
    after = (read_cursor(cursor, str) or [""])[0]
    rows, following = queries.list_places_below(actor=actor_of(request), code=under, after=after, limit=limit)
    return {"items": rows, "next": write_cursor(following) if following else ""}


@places.get("/count", response={200: dict[str, int], **PROBLEMS}, summary="How many of each kind at and below a code")
@needs("places.see")
def count_places(request: HttpRequest, under: str = "", by: Literal["kind", "committee"] = "kind") -> Any:
    return queries.count_places(actor=actor_of(request), code=under, by=by)


@places.get("/{code}", response={200: PlaceOut, **PROBLEMS}, summary="One place")
@needs("places.see")
def get_place(request: HttpRequest, code: str) -> Any:
    return queries.get_place(actor=actor_of(request), code=code)


class OutlinesOut(Schema):
    type: Literal["FeatureCollection"]
    features: list[dict[str, Any]] = Field(
        description="GeoJSON: a Polygon or MultiPolygon each; properties code, name, kind, parent, depth, at, source"
    )


@places.get(
    "/{code}/outlines",
    response={200: OutlinesOut, **PROBLEMS},
    summary="How a place and what lies below it lie on the map, as GeoJSON",
)
@needs("places.see")
def list_outlines(
    request: HttpRequest,
    code: str,
    levels: int = Query(1, ge=0, le=4, description="how far below the place; 0: the place alone"),
    zoom: int = Query(queries.FINEST, ge=0, le=queries.FINEST, description="of a map; lower: with fewer points"),
) -> Any:
    found = queries.list_outlines(actor=actor_of(request), code=code, levels=levels, zoom=zoom)
    return queries.as_features(found)


@places.post("", response={201: PlaceOut, **WRITE_PROBLEMS}, summary="Add a place below another")
@needs("places.edit")
def add_place(request: HttpRequest, new: PlaceIn) -> Any:
    return Status(
        201,
        actions.add_place(
            actor=actor_of(request), parent=new.parent, name=new.name, kind=new.kind, code=new.code, write_id=new.id
        ),
    )


@posts.get("/vacancies", response={200: Page[VacancyOut], **PROBLEMS}, summary="Posts that nobody holds now")
@needs("posts.see")
def list_vacancies(request: HttpRequest, under: str, post: str = "", cursor: str = Cursor, limit: int = Limit) -> Any:
    after = read_cursor(cursor, str, str)
    rows = queries.list_vacancies_after(
        actor=actor_of(request), code=under, kind=post, after=(after[0], after[1]) if after else None, limit=limit
    )
    page = cut(rows, limit, lambda row: (row.kind.code, row.path))
    return {"items": [_vacancy(one) for one in page["items"]], "next": page["next"]}


def _vacancy(found: queries.Vacancy) -> dict[str, str]:
    part = found.part_held_by.name if found.part_held_by else ""
    return {"post": found.kind.code, "place": found.code, "name": found.name, "part_held_by": part}


@posts.get("/appointments", response={200: Page[AppointmentOut], **PROBLEMS}, summary="Who held the posts of a place")
@needs("posts.see")
def list_appointments(
    request: HttpRequest, place: str, post: str = "", cursor: str = Cursor, limit: int = Limit
) -> Any:
    rows = queries.list_post_history(actor=actor_of(request), code=place, post_kind=post)
    found, following = key_page(rows, cursor, limit, order=("-from_at", "-id"), kinds=(str, int))
    return {"items": found, "next": following}


@posts.post("/appointments", response={201: AppointmentOut, **WRITE_PROBLEMS}, summary="Appoint somebody to a post")
@needs("posts.appoint")
def appoint(request: HttpRequest, new: AppointmentIn) -> Any:
    actor = actor_of(request)
    return Status(
        201,
        actions.appoint(
            actor=actor,
            account=queries.get_account_by_username(actor=actor, username=new.username),
            post_kind=new.post,
            place=queries.get_place(actor=actor, code=new.place, permission="posts.see"),
            paper=new.paper,
            from_at=new.from_at,
            until_at=new.until_at,
            write_id=new.id,
        ),
    )


@posts.post("/appointments/{appointment_id}/end", response={200: AppointmentOut, **WRITE_PROBLEMS}, summary="End one")
@needs("posts.appoint")
def end_appointment(request: HttpRequest, appointment_id: int, end: EndIn) -> Any:
    actor = actor_of(request)
    found = queries.get_appointment(actor=actor, appointment_id=appointment_id)
    return actions.end_appointment(actor=actor, appointment=found, reason=end.reason, at=end.at, write_id=end.id)
