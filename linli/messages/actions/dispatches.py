"""What is to be said, and to whom: the rooms above put it in the outbox, and call it back. Who may do so they decide."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from linli.core import audit, clock
from linli.core.actors import Actor
from linli.core.errors import Conflict, Invalid
from linli.core.locks import lock
from linli.core.sets import among
from linli.messages.models import Delivery, Dispatch
from linli.messages.rules import CONFIRMED, KINDS, RECIPIENTS, STOPPED, WAITING, Recipient, Sending

BATCH = 5_000


def begin_dispatch(*, actor: Actor, dispatch_id: UUID, sending: Sending) -> Dispatch:
    """Write down what is to be said; nobody is told yet. The same id again gives the same dispatch; raises Conflict where
    it says something else now."""
    if sending.kind not in KINDS:
        raise ValueError(f"no kind of message: {sending.kind}")
    texts = {language: dict(text) for language, text in sending.texts.items()}
    if not any(text.get("headline", "").strip() for text in texts.values()):
        raise Invalid(_("A message needs a headline."), fields={"headline": _("Say in one line what is the matter.")})
    with transaction.atomic():
        lock(f"dispatch:{dispatch_id}")
        found = Dispatch.objects.filter(pk=dispatch_id).first()
        if found is not None:
            same = (found.source_room, found.source_id) == sending.source and found.kind == sending.kind
            if not same or found.texts != texts:
                raise Conflict(_("This id was already used for something else."), code="write-id-reused")
            return found
        made = Dispatch.objects.create(
            id=dispatch_id,
            source_room=sending.source[0],
            source_id=sending.source[1],
            kind=sending.kind,
            texts=texts,
            urgency=sending.urgency,
            url=sending.url,
            path=sending.path,
            drill=sending.drill,
            made_by=actor.ref,
            made_at=clock.now(),
            expires_at=sending.expires_at,
        )
        audit.record(actor, "begin_dispatch", made, fields=[sending.kind], path=sending.path)
        return made


_ROWS = {
    "sqlite": "(SELECT value ->> 0 AS kind, value ->> 1 AS recipient, value ->> 2 AS path FROM json_each(%s)) j",
    "postgresql": """(SELECT value ->> 0 AS kind, (value ->> 1)::bigint AS recipient, value ->> 2 AS path
        FROM jsonb_array_elements(%s::jsonb)) j""",
}


def enqueue(*, actor: Actor, dispatch: Dispatch, recipients: Sequence[Recipient]) -> int:
    """Put recipients in the outbox; whoever is in this dispatch already is passed over. Returns how many are new. One
    statement for each five thousand."""
    if unknown := {one.kind for one in recipients} - set(RECIPIENTS):
        raise ValueError(f"no kind of recipient: {sorted(unknown)}")
    new = 0
    with transaction.atomic():
        if Dispatch.objects.select_for_update().get(pk=dispatch.pk).stopped_at is not None:
            return 0  # called back meanwhile
        for start in range(0, len(recipients), BATCH):
            new += _insert(dispatch, recipients[start : start + BATCH])
        if new:
            audit.record(actor, "enqueue", dispatch, fields=[f"recipients:{new}"], path=dispatch.path)
    return new


def _insert(dispatch: Dispatch, recipients: Sequence[Recipient]) -> int:
    vendor = connection.vendor
    now = in_utc(clock.now())
    rows = json.dumps([[one.kind, one.id, one.path] for one in recipients])
    false, empty = ("0", "'[]'") if vendor == "sqlite" else ("false", "'[]'::jsonb")
    moment = "%s" if vendor == "sqlite" else "%s::timestamptz"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO linli_messages_delivery (dispatch_id, kind, recipient, path, state, tries, channel,
                address_index, provider_ref, maybe_twice, failure, tried, next_at, set_at)
            SELECT {"%s" if vendor == "sqlite" else "%s::uuid"}, j.kind, j.recipient, j.path, 'queued', 0, '', '', '',
                {false}, '', {empty}, {moment}, {moment}
            FROM {_ROWS[vendor]} WHERE 1 = 1 ON CONFLICT (dispatch_id, kind, recipient) DO NOTHING""",  # noqa: S608
            [dispatch.pk.hex if vendor == "sqlite" else str(dispatch.pk), now, now, rows],
        )
        return int(cursor.rowcount)


def in_utc(moment: datetime) -> str:
    """As Django writes it: its connections speak UTC."""
    return str(moment.astimezone(UTC).replace(tzinfo=None))


def stop(*, actor: Actor, source: tuple[str, str], kind: str, ids: Iterable[int]) -> int:
    """They have confirmed: what waits for them on any channel is dropped, what was sent counts as confirmed. Returns how
    many deliveries that ended."""
    with transaction.atomic():
        rows = Delivery.objects.filter(among("recipient", ids), dispatch__in=_dispatches(source), kind=kind)
        ended = rows.exclude(state=CONFIRMED).update(state=CONFIRMED, ended_at=clock.now(), claimed_by=None)
        if ended:
            audit.record(actor, "confirm_deliveries", ("messages.source", source[1]), fields=[f"deliveries:{ended}"])
        return ended


def stop_source(*, actor: Actor, source: tuple[str, str]) -> int:
    """What it was about has ended: nothing more of it goes out, reminders too. Returns how many were not sent yet."""
    with transaction.atomic():
        now = clock.now()
        Dispatch.objects.filter(source_room=source[0], source_id=source[1], stopped_at=None).update(stopped_at=now)
        rows = Delivery.objects.filter(dispatch__in=_dispatches(source), state__in=WAITING)
        ended = rows.update(state=STOPPED, ended_at=now, claimed_by=None)
        if ended:
            audit.record(actor, "stop_deliveries", ("messages.source", source[1]), fields=[f"deliveries:{ended}"])
        return ended


def _dispatches(source: tuple[str, str]) -> list[UUID]:
    """Few, so that a database begins at the index of deliveries and not at their table."""
    rows = Dispatch.objects.filter(source_room=source[0], source_id=source[1])
    return list(rows.values_list("pk", flat=True))
