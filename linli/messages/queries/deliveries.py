"""Who was told what, and how that stands. For the rooms above, which have narrowed the source to what its reader may see;
counts are scoped here."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Max

from linli.core.actors import Actor
from linli.messages.models import Delivery, Dispatch, Pulse, Reply
from linli.messages.rules import (
    CLAIMED,
    CONFIRMED,
    DELIVERED,
    FAILED,
    NOTICE,
    QUESTION,
    QUEUED,
    READ,
    SENT,
    STOPPED,
    TO_CALL,
    UPDATE,
    Recipient,
)

BATCH = 5_000
FURTHEST = (STOPPED, FAILED, QUEUED, CLAIMED, TO_CALL, SENT, DELIVERED, READ, CONFIRMED)


@dataclass(frozen=True)
class Told:
    """How far one recipient has come with what was sent of a source: the furthest of several messages."""

    id: int
    path: str
    state: str
    channel: str
    failure: str
    maybe_twice: bool
    sent_at: datetime | None
    tried: list[list[str]]


def list_told(*, source: tuple[str, str], kind: str) -> Iterator[Recipient]:
    """Everybody for whom a message of this source was put in the outbox, each once, by id."""
    rows = Delivery.objects.about(source).filter(kind=kind).order_by("recipient")
    for key, path in rows.values("recipient").annotate(at=Max("path")).values_list("recipient", "at").iterator():
        yield Recipient(kind, key, path)


def states_of(*, source: tuple[str, str], kind: str, ids: Iterable[int]) -> dict[int, Told]:
    """Recipient → how it stands; whoever was sent nothing is left out. One query a batch."""
    found: dict[int, Told] = {}
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), BATCH):
        rows = Delivery.objects.about(source).filter(kind=kind, recipient__in=wanted[start : start + BATCH])
        for row in rows.order_by("id"):
            before = found.get(row.recipient)
            if before is None or FURTHEST.index(row.state) >= FURTHEST.index(before.state):
                found[row.recipient] = told(row)
    return found


def told(row: Delivery) -> Told:
    return Told(row.recipient, row.path, row.state, row.channel, row.failure, row.maybe_twice, row.sent_at, row.tried)


def count_states(*, actor: Actor, source: tuple[str, str], drill: bool | None = None) -> dict[str, int]:
    """State → how many messages of this source, of those in the actor's places. What is in a worker's hand still counts
    as queued. One query."""
    rows = Delivery.objects.about(source).visible_to(actor)
    if drill is not None:
        rows = rows.filter(dispatch__drill=drill)
    found = dict(rows.order_by().values_list("state").annotate(n=Count("pk")))
    if CLAIMED in found:
        found[QUEUED] = found.get(QUEUED, 0) + found.pop(CLAIMED)
    return found


@dataclass(frozen=True)
class Said:
    """How the last message to everybody about something was sent: what others about the same go by."""

    urgency: str
    drill: bool
    expires_at: datetime | None


def last_said(*, sources: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Said]:
    """Source → its last notice, update or question; those without any are left out. One query."""
    wanted = set(sources)
    rows = Dispatch.objects.filter(
        source_id__in={key for _room, key in wanted},
        source_room__in={room for room, _key in wanted},
        kind__in=(NOTICE, UPDATE, QUESTION),
    ).order_by("made_at")
    named = rows.values_list("source_room", "source_id", "urgency", "drill", "expires_at")
    return {(one[0], one[1]): Said(one[2], one[3], one[4]) for one in named if one[:2] in wanted}


def read_pulses() -> dict[UUID, int]:
    """Worker → its last sign of life, for the other workers."""
    return dict(Pulse.objects.values_list("pk", "beat"))


def read_reply(*, reply_id: int) -> tuple[str, str]:
    """What somebody wrote back and the path of the place that it is about, for the room that files it; both empty where it
    was forgotten."""
    found = Reply.objects.filter(pk=reply_id).first()
    return (found.text, found.path) if found is not None else ("", "")
