"""Alerts, receipts and coverage for programs."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from linli.alerts import actions, queries
from linli.alerts.actions.notices import Notice
from linli.alerts.models import Alert
from linli.core.api import MOST, PROBLEMS, Page, offset_page, read_offset
from linli.core.errors import Invalid
from linli.grid.queries import get_place, list_places
from linli.rounds.intake import Receipt
from linli.rounds.rules import AT_DOOR, OWN_TAP, RELATIVE, Coverage

alerts = Router(tags=["alerts"])
receipts = Router(tags=["receipts"])
coverage = Router(tags=["coverage"])
Limit = Query(100, ge=1, le=MOST)
FROM_PROGRAMS = (OWN_TAP, RELATIVE, AT_DOOR)


class Text(Schema):
    headline: str = Field(max_length=60)
    body: str = Field("", max_length=2000)


class AlertIn(Schema):
    id: UUID = Field(description="made by you: sent again, the same alert is given back")
    texts: dict[str, Text] = Field(description="by language: zh-hans, en")
    urgency: str
    places: list[str] = Field(description="codes of places", min_length=1, max_length=2000)
    groups: list[str] = []
    expires_at: datetime | None = None
    replaces: UUID | None = None


class AlertOut(Schema):
    id: UUID
    state: str
    urgency: str
    texts: dict[str, Text]
    groups: list[str]
    issued_at: datetime | None
    deadline_at: datetime | None
    expires_at: datetime | None
    ended_at: datetime | None
    replaces: UUID | None = Field(None, alias="replaces_id")


class CancelIn(Schema):
    reason: str


class ReceiptIn(Schema):
    id: UUID = Field(description="made where the receipt was given: sent again it counts once")
    household: int
    how: str = Field(OWN_TAP, description="own_tap, relative or at_door")
    at: datetime


class ReceiptsOut(Schema):
    credited: list[int]
    already: list[int] = Field(description="had confirmed before")
    unknown: list[int] = Field(description="not in your places, or the alert does not concern them")


class KnockIn(Schema):
    id: UUID
    household: int
    outcome: str
    at: datetime | None = None
    note: str = Field("", max_length=200)


class KnockOut(Schema):
    id: UUID
    outcome: str
    at: datetime


class CoverageOut(Schema):
    place: str
    name: str
    kind: str
    expected: int
    arrived: int
    left: int
    members: int
    reached: int
    missing: int
    posts: int
    posts_confirmed: int
    vacant: bool
    closed: bool


class CoveragePage(Schema):
    place: CoverageOut
    below: list[CoverageOut] = Field(description="gaps first")


class NotReachedOut(Schema):
    household: int
    reason: str
    responsible: str


@alerts.get("", response={200: Page[AlertOut], **PROBLEMS}, summary="Alerts of your places, newest first")
def list_alerts(request: HttpRequest, running: bool | None = None, cursor: str = "", limit: int = Limit) -> Any:
    offset = read_offset(cursor)
    found = queries.list_alerts(actor=request.actor, running=running)  # type: ignore[attr-defined]
    rows, following = offset_page(list(found[offset : offset + limit + 1]), offset, limit)
    return {"items": rows, "next": following}


@alerts.post("", response={201: AlertOut, **PROBLEMS}, summary="Issue an alert, or replace one")
def issue_alert(request: HttpRequest, new: AlertIn) -> Any:
    actor = request.actor  # type: ignore[attr-defined]
    notice = Notice(
        texts={language: text.dict() for language, text in new.texts.items()},
        urgency=new.urgency,
        places=list_places(actor=actor, codes=new.places),
        groups=new.groups,
        expires_at=new.expires_at,
    )
    if new.replaces is None:
        return 201, actions.issue_alert(actor=actor, alert_id=new.id, notice=notice)
    old = queries.get_alert(actor=actor, alert_id=new.replaces)
    return 201, actions.update_alert(actor=actor, alert=old, alert_id=new.id, notice=notice)


@alerts.get("/{alert_id}", response={200: AlertOut, **PROBLEMS}, summary="One alert")
def get_alert(request: HttpRequest, alert_id: UUID) -> Any:
    return queries.get_alert(actor=request.actor, alert_id=alert_id)  # type: ignore[attr-defined]


@alerts.post("/{alert_id}/cancel", response={200: AlertOut, **PROBLEMS}, summary="Call an alert back")
def cancel_alert(request: HttpRequest, alert_id: UUID, cancel: CancelIn) -> Any:
    return actions.cancel_alert(actor=request.actor, alert=_alert(request, alert_id), reason=cancel.reason)  # type: ignore[attr-defined]


@alerts.post("/{alert_id}/acknowledge", response={200: dict[str, int], **PROBLEMS}, summary="Confirm for your posts")
def acknowledge(request: HttpRequest, alert_id: UUID) -> Any:
    done = actions.acknowledge_alert(actor=request.actor, alert=_alert(request, alert_id))  # type: ignore[attr-defined]
    return {"posts": done}


@receipts.post(
    "/{alert_id}/receipts", response={200: ReceiptsOut, **PROBLEMS}, summary="Receipts of households, in bulk"
)
def record_receipts(request: HttpRequest, alert_id: UUID, rows: list[ReceiptIn]) -> Any:
    _check_batch(rows)
    actor = request.actor  # type: ignore[attr-defined]
    batch = [Receipt(one.id, one.household, one.at, one.how, actor.ref) for one in rows]
    done = actions.confirm_households(actor=actor, alert=_alert(request, alert_id), receipts=batch)
    return {"credited": sorted(done.credited), "already": sorted(done.already), "unknown": sorted(done.strangers)}


def _check_batch(rows: list[ReceiptIn]) -> None:
    if len(rows) > 5_000:
        raise Invalid("Send at most 5,000 receipts at once.")
    wrong = {f"{at}.how": "own_tap, relative or at_door" for at, one in enumerate(rows) if one.how not in FROM_PROGRAMS}
    naive = {f"{at}.at": "needs a time zone" for at, one in enumerate(rows) if one.at.tzinfo is None}
    if wrong or naive:
        raise Invalid(fields={**wrong, **naive})


@receipts.post("/{alert_id}/knocks", response={201: KnockOut, **PROBLEMS}, summary="What came of a knock")
def record_knock(request: HttpRequest, alert_id: UUID, knock: KnockIn) -> Any:
    made = actions.record_knock(
        actor=request.actor,  # type: ignore[attr-defined]
        alert=_alert(request, alert_id),
        household=knock.household,
        outcome=knock.outcome,
        attempt_id=knock.id,
        at=knock.at,
        note=knock.note,
    )
    return 201, made


@coverage.get(
    "/{alert_id}/coverage", response={200: CoveragePage, **PROBLEMS}, summary="Coverage of a place, gaps first"
)
def read_coverage(request: HttpRequest, alert_id: UUID, place: str) -> Any:
    actor = request.actor  # type: ignore[attr-defined]
    at = get_place(actor=actor, code=place, permission="alerts.see")
    node, below = queries.picture(actor=actor, alert=_alert(request, alert_id), place=at)
    return {"place": _node(node), "below": [_node(one) for one in below]}


@coverage.get(
    "/{alert_id}/not-reached", response={200: Page[NotReachedOut], **PROBLEMS}, summary="Who, why and on whom"
)
def list_not_reached(request: HttpRequest, alert_id: UUID, place: str, cursor: str = "", limit: int = Limit) -> Any:
    actor = request.actor  # type: ignore[attr-defined]
    offset = read_offset(cursor)
    at = get_place(actor=actor, code=place, permission="alerts.see")
    found = queries.list_not_reached(actor=actor, alert=_alert(request, alert_id), path=at.path)
    rows, following = offset_page(found[offset : offset + limit + 1], offset, limit)
    return {"items": rows, "next": following}


def _alert(request: HttpRequest, alert_id: UUID) -> Alert:
    return queries.get_alert(actor=request.actor, alert_id=alert_id)  # type: ignore[attr-defined]


def _node(node: queries.Node) -> dict[str, Any]:
    counted: Coverage = node.households
    return {
        "place": node.place.code,
        "name": node.place.name,
        "kind": node.place.kind,
        "expected": counted.expected,
        "arrived": counted.arrived,
        "left": counted.left,
        "members": counted.members,
        "reached": counted.answered,
        "missing": counted.missing,
        "posts": node.posts.members,
        "posts_confirmed": node.posts.answered,
        "vacant": node.vacant,
        "closed": node.closed,
    }
