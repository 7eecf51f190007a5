"""The worker's side of the outbox: claim, record, take over from the dead. All set-based; nothing is sent in here."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from linli.core import audit, clock
from linli.core.actors import Actor
from linli.core.locks import lock
from linli.messages.actions.dispatches import in_utc
from linli.messages.models import Delivery, Pulse, Sender
from linli.messages.rules import CLAIMED, FAILED, QUEUED, SLACK, UNKNOWN, break_for, refill

LONGEST_BOOKING = timedelta(days=1)

# Claims ---------------------------------------------------------------------------------------------------------------

_CLAIM = """UPDATE linli_messages_delivery SET state = 'claimed', claimed_by = {worker} WHERE id IN (
    SELECT id FROM linli_messages_delivery WHERE state = 'queued' AND {due} ORDER BY {order} LIMIT %s {skip})"""


def claim(*, actor: Actor, worker: UUID, most: int) -> int:
    """Take up to `most` deliveries that are due; no two workers ever take the same. Returns how many.

    What was written down at a moment that now lies ahead is due too: the clock has stepped back since, and nobody is to
    wait until it has caught up. A sign of life stands in the same transaction.
    """
    now = clock.now()
    with transaction.atomic():
        show_life(actor=actor, worker=worker)
        taken = _take(worker, "next_at <= {moment}", "next_at", now, most)
        if taken < most:
            taken += _take(worker, "set_at > {moment}", "set_at", now + SLACK, most - taken)
        return taken


def _take(worker: UUID, due: str, order: str, moment: datetime, most: int) -> int:
    sqlite = connection.vendor == "sqlite"
    statement = _CLAIM.format(
        worker="%s" if sqlite else "%s::uuid",
        due=due.format(moment="%s" if sqlite else "%s::timestamptz"),
        order=order,
        skip="" if sqlite else "FOR UPDATE SKIP LOCKED",
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [worker.hex if sqlite else str(worker), _moment(moment), most])
        return int(cursor.rowcount)


def _moment(moment: datetime) -> str:
    return in_utc(moment) if connection.vendor == "sqlite" else moment.isoformat()


def show_life(*, actor: Actor, worker: UUID) -> None:  # noqa: ARG001  (nothing to audit: a worker's heartbeat)
    now = clock.now()
    if not Pulse.objects.filter(pk=worker).update(beat=F("beat") + 1, at=now):
        Pulse.objects.create(pk=worker, at=now)


def end_life(*, actor: Actor, worker: UUID) -> None:
    """A worker ends in order: what it has in hand, and did not begin to send, goes back."""
    with transaction.atomic():
        rows = Delivery.objects.filter(claimed_by=worker, state=CLAIMED)
        back = rows.update(state=QUEUED, claimed_by=None, set_at=clock.now())
        Pulse.objects.filter(pk=worker).delete()
        if back:
            audit.record(actor, "give_back_deliveries", ("messages.worker", worker), fields=[f"deliveries:{back}"])


def take_over(*, actor: Actor, workers: Iterable[UUID]) -> int:
    """These showed no life for long: what they had in hand may have gone out or not. It is sent once more and marked;
    what is marked already is not sent a third time but stands on the page of what could not be sent."""
    with transaction.atomic():
        now = clock.now()
        dead = list(Pulse.objects.select_for_update().filter(pk__in=list(workers)).values_list("pk", flat=True))
        rows = Delivery.objects.filter(claimed_by__in=dead, state=CLAIMED)
        given_up = rows.filter(maybe_twice=True).update(
            state=FAILED, failure=UNKNOWN, claimed_by=None, ended_at=now, set_at=now
        )
        again = rows.update(state=QUEUED, maybe_twice=True, claimed_by=None, next_at=now, set_at=now)
        Pulse.objects.filter(pk__in=dead).delete()
        if given_up or again:
            fields = [f"again:{again}", f"given_up:{given_up}"]
            audit.record_many(actor, "take_over_deliveries", [("messages.worker", one) for one in dead], fields=fields)
        return again + given_up


# Results --------------------------------------------------------------------------------------------------------------


@dataclass
class Result:
    """What a delivery is now, in full."""

    id: int
    state: str
    next_at: datetime
    channel: str = ""
    sender_id: int | None = None
    address_index: str = ""
    provider_ref: str = ""
    link_id: int | None = None
    failure: str = ""
    tried: Sequence[Sequence[str]] = ()
    tries: int = 0
    sent_at: datetime | None = None
    ended_at: datetime | None = None


_RECORD = """UPDATE linli_messages_delivery AS d SET state = j.state, next_at = j.next_at, channel = j.channel,
    sender_id = j.sender_id, address_index = j.address_index, provider_ref = j.provider_ref, link_id = j.link_id,
    failure = j.failure, tried = j.tried, tries = j.tries, sent_at = COALESCE(j.sent_at, d.sent_at),
    ended_at = j.ended_at, set_at = {now}, claimed_by = NULL
FROM (SELECT {columns} FROM {rows}) j
WHERE d.id = j.id AND {plus}d.state = 'claimed' AND {plus}d.claimed_by = {worker}"""
_COLUMNS = {  # name: cast on PostgreSQL
    "id": "bigint",
    "state": "",
    "next_at": "timestamptz",
    "channel": "",
    "sender_id": "bigint",
    "address_index": "",
    "provider_ref": "",
    "link_id": "bigint",
    "failure": "",
    "tries": "integer",
    "sent_at": "timestamptz",
    "ended_at": "timestamptz",
}


def record(*, actor: Actor, worker: UUID, results: Sequence[Result]) -> int:
    """Write down what came of what this worker had in hand, in one statement. Whoever confirmed meanwhile, or was taken
    over, stays as they are. Returns how many were written."""
    if not results:
        return 0
    sqlite = connection.vendor == "sqlite"
    now = _moment(clock.now())
    rows = json.dumps([_line(one) for one in results])
    columns = [
        f"value ->> {at} AS {name}" if sqlite or not cast else f"(value ->> {at})::{cast} AS {name}"
        for at, (name, cast) in enumerate(_COLUMNS.items())
    ]
    columns.append(f"value -> {len(_COLUMNS)} AS tried")
    statement = _RECORD.format(
        now="%s" if sqlite else "%s::timestamptz",
        columns=", ".join(columns),
        rows="json_each(%s)" if sqlite else "jsonb_array_elements(%s::jsonb)",
        worker="%s" if sqlite else "%s::uuid",
        plus="+" if sqlite else "",  # begin at the results, not at the claims: else it reads all results for each claim
    )
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(statement, [now, rows, worker.hex if sqlite else str(worker)])
            written = int(cursor.rowcount)
        sent = sum(one.sent_at is not None for one in results)
        failed = sum(one.state == FAILED for one in results)
        if sent or failed:
            fields = [f"sent:{sent}", f"failed:{failed}"]
            audit.record(actor, "send_messages", ("messages.worker", worker), fields=fields)
        return written


def _line(one: Result) -> list[Any]:
    sent_at = one.sent_at and _moment(one.sent_at)
    return [
        one.id,
        one.state,
        _moment(one.next_at),
        one.channel,
        one.sender_id,
        one.address_index,
        one.provider_ref,
        one.link_id,
        one.failure,
        one.tries,
        sent_at,
        one.ended_at and _moment(one.ended_at),
        [list(entry) for entry in one.tried],
    ]


# Senders --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Turns:
    """How many may go out now; the others get turns at `first`, `first + every`, …"""

    now: int
    first: datetime
    every: timedelta


def book_turns(*, actor: Actor, sender_id: int, wanted: int) -> Turns:  # noqa: ARG001  (a meter, no act of anybody)
    """From the sender's bucket, which every worker shares. Those that must wait are given turns one after another, so
    that a long queue behind a slow sender is looked at once and not every moment."""
    with transaction.atomic():
        lock(f"sender:{sender_id}")
        sender = Sender.objects.select_for_update().get(pk=sender_id)
        now = clock.now()
        if sender.tokens_at is None:
            sender.tokens = refill(0, 60, sender.per_minute)
        else:
            sender.tokens = refill(sender.tokens, (now - sender.tokens_at).total_seconds(), sender.per_minute)
        granted = min(wanted, int(sender.tokens))
        sender.tokens -= granted
        sender.tokens_at = now
        every = timedelta(minutes=1) / max(1, sender.per_minute)
        booked = sender.booked_until
        if booked is None or booked < now or booked > now + LONGEST_BOOKING:
            booked = now
        first = booked + every
        sender.booked_until = booked + every * (wanted - granted)
        sender.save(update_fields=["tokens", "tokens_at", "booked_until"])
        return Turns(granted, first, every)


@dataclass(frozen=True)
class Health:
    """What a batch showed of one sender: how many went out, and its last failure that was its own fault; `in_a_row` counts
    those since the last that went out."""

    sender_id: int
    sent: int
    in_a_row: int
    failure: str = ""


def note_health(*, actor: Actor, found: Sequence[Health]) -> None:
    """Good news closes the breaker, several failures in a row open it for a while."""
    with transaction.atomic():
        now = clock.now()
        for one in sorted(found, key=lambda health: health.sender_id):
            sender = Sender.objects.select_for_update().filter(pk=one.sender_id).first()
            if sender is not None:
                _note(actor, sender, one, now)


def _note(actor: Actor, sender: Sender, one: Health, now: datetime) -> None:
    was_broken = sender.failures > 0
    sender.failures = one.in_a_row if one.sent else min(sender.failures + one.in_a_row, 1_000)
    if one.sent:
        sender.last_ok_at = now
    if one.failure:
        sender.last_failed_at, sender.last_failure = now, one.failure
    rest = break_for(sender.failures)
    opened = rest is not None and (sender.broken_until is None or sender.broken_until <= now)
    sender.broken_until = now + rest if rest is not None else None
    sender.save(update_fields=["failures", "last_ok_at", "last_failed_at", "last_failure", "broken_until"])
    if opened and not was_broken:
        audit.record(actor, "rest_sender", sender, fields=[one.failure], path=sender.path)
