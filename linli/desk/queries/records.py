"""What a phone sends, opened: records as the notices' room takes them, and those that can't be read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from linli.alerts.queries import FieldRecord, Verdict
from linli.core import clock
from linli.core.actors import Actor
from linli.core.errors import Invalid
from linli.core.sealing import Sealed, Unreadable, open_record
from linli.grid.queries import account_mark, find_devices
from linli.rounds.rules import OTHER_ACCOUNT, REFUSED_RECORD, UNREADABLE, moment_of

MOST_RECORDS = 1_000
MOST_BYTES = 2_000_000
LONGEST = 4_000  # characters of one sealed record
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Batch:
    records: list[FieldRecord] = field(default_factory=list)
    refused: list[Verdict] = field(default_factory=list)


def read_records(*, actor: Actor, body: Mapping[str, Any]) -> Batch:
    """Open what a phone sent. One that can't be read, or is another account's, is refused by itself. Raises Invalid where
    the whole can't be understood."""
    rows, now = body.get("records"), clock.now()
    if not isinstance(rows, list) or len(rows) > MOST_RECORDS:
        raise Invalid(_("Send at most %(most)s records at once.") % {"most": MOST_RECORDS})
    offset = now - _moment(body.get("phone_now"))
    sealed = [_sealed(one) for one in rows]
    devices = find_devices(actor=actor, ids={UUID(one.device) for one in sealed})
    mine, found = account_mark(actor.id), Batch()
    for row, one in zip(rows, sealed, strict=True):
        try:
            if UUID(one.device) not in devices:
                raise PermissionError
            content = json.loads(open_record(one))
            revoked = devices[UUID(one.device)].revoked_at is not None
            if content["me"] != mine:
                raise PermissionError
            found.records.append(
                _record(one.id, content, offset, now, revoked=revoked, anyway=row.get("anyway") is True)
            )
        except PermissionError:
            found.refused.append(Verdict(UUID(one.id), REFUSED_RECORD, OTHER_ACCOUNT))
        except (Unreadable, Invalid, ValueError, KeyError, TypeError, AttributeError):
            found.refused.append(Verdict(UUID(one.id), REFUSED_RECORD, UNREADABLE))
    return found


def _sealed(row: Any) -> Sealed:
    """Raises Invalid: an envelope without its ids is not even refused by itself."""
    names = ("id", "device", "kid", "point", "iv", "ct")
    if not isinstance(row, dict) or not all(isinstance(row.get(name), str) for name in names):
        raise Invalid(_("This could not be read. Load the page again and send once more."))
    try:
        key, device = str(UUID(row["id"])), str(UUID(row["device"]))
    except ValueError:
        raise Invalid(_("This could not be read. Load the page again and send once more.")) from None
    cipher = row["ct"] if len(row["ct"]) <= LONGEST else ""
    return Sealed(key, device, row["kid"], row["point"], row["iv"], cipher)


def _record(
    key: str, content: Mapping[str, Any], offset: timedelta, now: datetime, *, revoked: bool, anyway: bool
) -> FieldRecord:
    seen = _moment(content["seen"])
    at = moment_of(
        at=_moment(content["at"]),
        offset_then=timedelta(milliseconds=_number(content["offset"])),
        offset_now=offset,
        after=min(seen, now),
        now=now,
    )
    known = content.get("known")
    return FieldRecord(
        id=UUID(key),
        household=_number(content["household"]),
        residence=_number(content["residence"]),
        alerts=tuple(sorted({UUID(one) for one in _texts(content["alerts"])})),
        outcome=str(content["outcome"]),
        note=_note(content.get("note", "")),
        at=at,
        known_at=None if known is None else _moment(known),
        revoked=revoked,
        anyway=anyway,
    )


def _note(text: Any) -> str:
    return " ".join("".join(one if one.isprintable() else " " for one in str(text)).split())[:200]


def _texts(value: Any) -> Sequence[str]:
    if not isinstance(value, list) or not 0 < len(value) <= 50:
        raise ValueError
    return [str(one) for one in value]


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 2**53:
        raise ValueError
    return int(value)


def _moment(milliseconds: Any) -> datetime:
    try:
        return EPOCH + timedelta(milliseconds=_number(milliseconds))
    except (ValueError, OverflowError):
        raise Invalid(_("The time of the phone could not be read.")) from None
