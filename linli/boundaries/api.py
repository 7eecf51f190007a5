"""Which place it was on a day, and what was redrawn, for programs."""

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from linli.boundaries import queries
from linli.boundaries.models import Redrawing
from linli.core.api import PROBLEMS, actor_of, needs

boundaries = Router(tags=["boundaries"])
MOST = 100


class StepOut(Schema):
    code: str
    kind: str
    name: str = Field(description="as it was called on the day")
    name_now: str
    ended_on: date | None


class OnDayOut(Schema):
    what: str
    day: date
    then: list[StepOut] = Field(description="from the top down; empty: in none of your places")
    now: list[StepOut]


class RedrawingOut(Schema):
    id: int
    kind: str
    on: date
    paper: str
    state: str
    what: str
    made_at: datetime

    @staticmethod
    def resolve_what(found: Redrawing) -> str:
        return str(found.told.get("note", ""))


@boundaries.get("/on", response={200: list[OnDayOut], **PROBLEMS}, summary="Which place it was on a day")
@needs("places.see")
def place_on_day(request: HttpRequest, day: date, code: str = "", door: str = "", under: str = "") -> Any:
    """By the code of a place, or by a door ('3-2-301'), `under` a place where wanted."""
    actor = actor_of(request)
    if code:
        return [queries.find_place_on(actor=actor, code=code, day=day)]
    place = queries.get_seen(actor=actor, code=under) if under else None
    return queries.find_doors_on(actor=actor, door=door, day=day, place=place)


@boundaries.get(
    "/redrawings", response={200: list[RedrawingOut], **PROBLEMS}, summary="The last 100 redrawings of your places"
)
@needs("places.see")
def list_redrawings(request: HttpRequest) -> Any:
    return list(queries.list_redrawings(actor=actor_of(request))[:MOST])
