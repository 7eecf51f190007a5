"""Alerts, receipts and coverage for programs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import AwareDatetime, Field

from linli.alerts import actions, queries
from linli.alerts.actions import Notice
from linli.alerts.models import Alert
from linli.core.api import PROBLEMS, WRITE_PROBLEMS, Cursor, Limit, Page, actor_of, cut, key_page, needs, read_cursor
from linli.core.errors import Missing
from linli.grid.queries import get_place, list_places
from linli.rounds.intake import Receipt
from linli.rounds.rules import Coverage

alerts = Router(tags=["alerts"])
receipts = Router(tags=["receipts"])
coverage = Router(tags=["coverage"])
MOST_RECEIPTS = 5_000


class Text(Schema):
    headline: str = Field(max_length=60)
    body: str = Field("", max_length=2000)


class AlertIn(Schema):
    id: UUID = Field(description="made by you: sent again, the same alert is given back")
    texts: dict[str, Text] = Field(description="by language: zh-hans, en", min_length=1, max_length=20)
    urgency: str = Field(description="one of the profile's urgencies")
    places: list[str] = Field(description="codes of places", min_length=1, max_length=2000)
    groups: list[str] = Field([], description="only households with somebody of these groups; empty: all")
    expires_at: AwareDatetime | None = None
    replaces: UUID | None = Field(None, description="the alert that this one takes the place of")


class AlertOut(Schema):
    id: UUID
    state: str = Field(description="draft, issued, updated, cancelled or expired")
    urgency: str
    texts: dict[str, Text]
    places: list[str] = Field(description="codes of its places")
    groups: list[str]
    issued_at: datetime | None
    deadline_at: datetime | None
    expires_at: datetime | None
    ended_at: datetime | None
    replaces: UUID | None


class CancelIn(Schema):
    id: UUID = Field(description="made by you: sent again, it is cancelled once")
    reason: str = Field(min_length=1, max_length=200)


class AcknowledgeIn(Schema):
    id: UUID = Field(description="made by you: sent again, the same number is given back")


class AcknowledgedOut(Schema):
    posts: int = Field(description="how many posts were credited")


class ReceiptIn(Schema):
    id: UUID = Field(description="made where the receipt was given: sent again it counts once")
    household: int
    how: Literal["own_tap", "relative", "at_door"] = "own_tap"
    at: AwareDatetime = Field(description="between the issue and now")


class ReceiptsIn(Schema):
    receipts: list[ReceiptIn] = Field(min_length=1, max_length=MOST_RECEIPTS)


class ReceiptsOut(Schema):
    credited: list[int] = Field(description="households that are reached by this")
    already: list[int] = Field(description="had confirmed before")
    unknown: list[int] = Field(description="not in your places, or the alert doesn't concern them")


class KnockIn(Schema):
    id: UUID = Field(description="made at the door: sent again it stands once")
    household: int
    outcome: Literal["spoken_to", "not_at_home", "notice_left", "refused", "vacant", "moved", "wrong_address"]
    at: AwareDatetime | None = Field(None, description="empty: now")
    note: str = Field("", max_length=200)


class KnockOut(Schema):
    id: UUID
    outcome: str
    at: datetime


class CoverageOut(Schema):
    place: str = Field(description="code")
    name: str
    kind: str
    expected: int = Field(description="households at the time of issue")
    arrived: int = Field(description="came since")
    left: int = Field(description="left since: excused")
    members: int = Field(description="expected + arrived - left")
    reached: int = Field(description="present households with a receipt")
    missing: int = Field(description="members - reached")
    posts: int = Field(description="posts of the line here and below")
    posts_confirmed: int
    vacant: bool = Field(description="its own post of the line is held by nobody who can be reached")
    closed: bool = Field(description="every household reached and every post confirmed, here and below")


class CoveragePage(Schema):
    place: CoverageOut
    below: list[CoverageOut] = Field(description="the places right below, gaps first")


class NotReachedOut(Schema):
    household: int
    reason: str = Field(description="from what is recorded, one of a closed list")
    responsible: str = Field(description="who holds an open task on it now; empty: unaccounted")


@alerts.get("", response={200: Page[AlertOut], **PROBLEMS}, summary="Alerts of your places, newest first")
@needs("alerts.see")
def list_alerts(request: HttpRequest, running: bool | None = None, cursor: str = Cursor, limit: int = Limit) -> Any:
    rows = queries.list_alerts(actor=actor_of(request), running=running)
    found, following = key_page(rows, cursor, limit, order=("-made_at", "-id"), kinds=(str, str))
    return {"items": _shown(found), "next": following}


@alerts.post("", response={201: AlertOut, **WRITE_PROBLEMS}, summary="Issue an alert, or replace one")
@needs("alerts.issue")
def issue_alert(request: HttpRequest, new: AlertIn) -> Any:
    actor = actor_of(request)
    notice = Notice(
        texts={language: text.dict() for language, text in new.texts.items()},
        urgency=new.urgency,
        places=list_places(actor=actor, codes=new.places),
        groups=new.groups,
        expires_at=new.expires_at,
    )
    if new.replaces is None:
        made = actions.issue_alert(actor=actor, alert_id=new.id, notice=notice)
    else:
        old = queries.get_alert(actor=actor, alert_id=new.replaces)
        made = actions.update_alert(actor=actor, alert=old, alert_id=new.id, notice=notice)
    return Status(201, _shown([made])[0])


@alerts.get("/{alert_id}", response={200: AlertOut, **PROBLEMS}, summary="One alert")
@needs("alerts.see")
def get_alert(request: HttpRequest, alert_id: UUID) -> Any:
    return _shown([_alert(request, alert_id)])[0]


@alerts.post("/{alert_id}/cancel", response={200: AlertOut, **WRITE_PROBLEMS}, summary="Call an alert back")
@needs("alerts.issue")
def cancel_alert(request: HttpRequest, alert_id: UUID, cancel: CancelIn) -> Any:
    found = _alert(request, alert_id)
    done = actions.cancel_alert(actor=actor_of(request), alert=found, reason=cancel.reason, write_id=cancel.id)
    return _shown([done])[0]


@alerts.post(
    "/{alert_id}/acknowledge", response={200: AcknowledgedOut, **WRITE_PROBLEMS}, summary="Confirm for your posts"
)
@needs("alerts.answer")
def acknowledge(request: HttpRequest, alert_id: UUID, confirm: AcknowledgeIn) -> Any:
    found = _alert(request, alert_id)
    return {"posts": actions.acknowledge_alert(actor=actor_of(request), alert=found, write_id=confirm.id)}


@receipts.post(
    "/{alert_id}/receipts", response={200: ReceiptsOut, **WRITE_PROBLEMS}, summary="Receipts of households, in bulk"
)
@needs("alerts.answer")
def record_receipts(request: HttpRequest, alert_id: UUID, batch: ReceiptsIn) -> Any:
    actor = actor_of(request)
    rows = [Receipt(one.id, one.household, one.at, one.how, actor.ref) for one in batch.receipts]
    done = actions.confirm_households(actor=actor, alert=_alert(request, alert_id), receipts=rows)
    return {"credited": sorted(done.credited), "already": sorted(done.already), "unknown": sorted(done.strangers)}


@receipts.post("/{alert_id}/knocks", response={201: KnockOut, **WRITE_PROBLEMS}, summary="What came of a knock")
@needs("alerts.answer")
def record_knock(request: HttpRequest, alert_id: UUID, knock: KnockIn) -> Any:
    return Status(
        201,
        actions.record_knock(
            actor=actor_of(request),
            alert=_alert(request, alert_id),
            household=knock.household,
            outcome=knock.outcome,
            attempt_id=knock.id,
            at=knock.at,
            note=knock.note,
        ),
    )


@coverage.get("/{alert_id}/coverage", response={200: CoveragePage, **PROBLEMS}, summary="Coverage of a place")
@needs("alerts.see")
def read_coverage(request: HttpRequest, alert_id: UUID, place: str) -> Any:
    sight = queries.see(actor=actor_of(request), alert=_alert(request, alert_id), code=place)
    if sight.node is None:
        raise Missing()
    return {"place": _node(sight.node), "below": [_node(one) for one in sight.below]}


@coverage.get(
    "/{alert_id}/not-reached", response={200: Page[NotReachedOut], **PROBLEMS}, summary="Who, why and on whom"
)
@needs("alerts.see")
def list_not_reached(request: HttpRequest, alert_id: UUID, place: str, cursor: str = Cursor, limit: int = Limit) -> Any:
    actor, after = actor_of(request), read_cursor(cursor, str, int)
    path = get_place(actor=actor, code=place, permission="alerts.see").path
    rows = queries.page_not_reached(
        actor=actor,
        alert=_alert(request, alert_id),
        path=path,
        after=(after[0], after[1]) if after else None,
        limit=limit,
    )
    return cut(rows, limit, lambda row: (row.path, row.household))


def _alert(request: HttpRequest, alert_id: UUID) -> Alert:
    return queries.get_alert(actor=actor_of(request), alert_id=alert_id)


def _shown(found: Sequence[Alert]) -> list[dict[str, Any]]:
    """Alerts with the codes of their places, which are read at once."""
    codes = queries.codes_of_places(alerts=found)
    return [
        {
            "id": one.pk,
            "state": one.state,
            "urgency": one.urgency,
            "texts": one.texts,
            "places": codes.get(one.pk, []),
            "groups": one.groups,
            "issued_at": one.issued_at,
            "deadline_at": one.deadline_at,
            "expires_at": one.expires_at,
            "ended_at": one.ended_at,
            "replaces": one.replaces_id,
        }
        for one in found
    ]


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
