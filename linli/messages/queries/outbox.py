"""What a worker needs to know of the deliveries that it has claimed: a fixed number of queries, whatever their number."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from typing import Any
from uuid import UUID

from linli.core.crypto import keyed_hash
from linli.grid.models import Account
from linli.messages.models import Delivery, Dispatch, Means, QuietHours, Sender
from linli.messages.rules import (
    ACCOUNT,
    GROUP,
    HOUSEHOLD,
    INBOX,
    PERSON,
    ROBOT,
    SENDER_CHANNEL,
    SMS,
    VOICE,
)
from linli.residents.queries import Contact, list_contacts, list_own_phones


@dataclass(frozen=True, slots=True)
class Reach:
    """One means of one recipient. `mark` is what `Delivery.tried` remembers it by."""

    channel: str
    address: str = ""
    index: str = ""
    language: str = ""
    relative: bool = False
    person_id: int = 0
    answerer_id: int = 0
    means_id: int = 0

    @property
    def mark(self) -> str:
        return self.index[:12]


@dataclass
class Claimed:
    """A delivery in a worker's hand, with all that it takes to send it."""

    row: Delivery
    dispatch: Dispatch
    reaches: Sequence[Reach] = ()
    quiet: tuple[time, time] | None = None  # chosen hours; None: the profile's
    is_there: bool = True


@dataclass
class Outgoing:
    """The senders that are on, with what they need: by id, and by channel for each path."""

    by_id: dict[int, Sender] = field(default_factory=dict)
    configs: dict[int, Mapping[str, Any]] = field(default_factory=dict)

    def serving(self, channel: str, path: str) -> list[Sender]:
        """The nearest first."""
        found = [
            one
            for one in self.by_id.values()
            if SENDER_CHANNEL.get(one.kind, SMS) == channel and path.startswith(one.path)
        ]
        return sorted(found, key=lambda one: (-len(one.path), one.pk))


def read_outgoing() -> Outgoing:
    found = Outgoing()
    for sender in Sender.objects.filter(is_on=True):
        found.by_id[sender.pk] = sender
        found.configs[sender.pk] = read_config(sender)
    return found


def read_config(sender: Sender) -> dict[str, Any]:
    return dict(json.loads(sender.config or "{}"))


def index_of(channel: str, address: str) -> str:
    """The same number has the same index as in the register, so that a reply finds whoever it came from."""
    return keyed_hash(address, "phone" if channel in {SMS, VOICE} else channel) if address else ""


def read_claimed(*, worker: UUID) -> list[Claimed]:
    """Everything that this worker has in hand, in the order in which it fell due."""
    return _read(list(Delivery.objects.filter(claimed_by=worker, state="claimed").order_by("next_at", "id")))


def read_one(row: Delivery) -> Claimed:
    """The same for a delivery that no worker has in hand."""
    return _read([row])[0]


def find_reach(claimed: Claimed, row: Delivery) -> Reach | None:
    """The means by which it went last, where it is still on record."""
    same = (one for one in claimed.reaches if (one.channel, one.index) == (row.channel, row.address_index))
    by_number = (one for one in claimed.reaches if one.index and one.index == row.address_index)
    return next(same, None) or next(by_number, None)


def _read(rows: Sequence[Delivery]) -> list[Claimed]:
    dispatches = Dispatch.objects.in_bulk({row.dispatch_id for row in rows})
    claimed = [Claimed(row, dispatches[row.dispatch_id]) for row in rows]
    _add_accounts([one for one in claimed if one.row.kind == ACCOUNT])
    _add_people([one for one in claimed if one.row.kind == PERSON])
    _add_households([one for one in claimed if one.row.kind == HOUSEHOLD])
    for one in claimed:
        if one.row.kind == GROUP:
            one.reaches = [Reach(ROBOT)]
    return claimed


def _add_people(claimed: Sequence[Claimed]) -> None:
    """By SMS to the phone on record and by nothing else: what they get proves that they hold it."""
    phones = list_own_phones(people=[one.row.recipient for one in claimed]) if claimed else {}
    for one in claimed:
        phone, language = phones.get(one.row.recipient, ("", ""))
        one.is_there = bool(phone)
        one.reaches = [Reach(SMS, phone, index_of(SMS, phone), language, person_id=one.row.recipient)] if phone else []


def _add_households(claimed: Sequence[Claimed]) -> None:
    if not claimed:
        return
    contacts = list_contacts({one.row.recipient for one in claimed})
    for one in claimed:
        one.reaches = ways_of(contacts.get(one.row.recipient, []))


def ways_of(contacts: Iterable[Contact]) -> list[Reach]:
    """First what nobody has to do by hand, for each contact in turn and in its own order; then the calls. Somebody who
    wants to be called is called before the others are written to."""
    found = []
    for contact in contacts:
        index = index_of(SMS, contact.phone)
        for way in contact.channels:
            channel = SMS if way == "sms" else VOICE
            whose = (contact.language, contact.relative, contact.person_id, contact.answerer_id)
            found.append(Reach(channel, contact.phone, index, *whose))
    first = found[:1]
    rest = sorted(found[1:], key=lambda reach: reach.channel == VOICE)
    return first + rest


def _add_accounts(claimed: Sequence[Claimed]) -> None:
    if not claimed:
        return
    ids = {one.row.recipient for one in claimed}
    accounts = Account.objects.in_bulk(ids)
    means: dict[int, list[Means]] = defaultdict(list)
    for row in Means.objects.filter(account__in=ids, dead_at=None).order_by("order", "id"):
        means[row.account_id].append(row)
    quiet = {row.account_id: (row.begins, row.ends) for row in QuietHours.objects.filter(account__in=ids)}
    for one in claimed:
        account = accounts.get(one.row.recipient)
        one.is_there = account is not None and account.is_active
        one.quiet = quiet.get(one.row.recipient)
        if account is not None:
            one.reaches = reaches_of_account(account, means.get(account.pk, []))


def reaches_of_account(account: Account, means: Sequence[Means]) -> list[Reach]:
    """As the person ordered them; without any, the phone on record. The inbox comes last and is always there."""
    found = [Reach(one.kind, one.address, one.address_index, account.language, means_id=one.pk) for one in means]
    if not found and account.phone:
        found.append(Reach(SMS, account.phone, index_of(SMS, account.phone), account.language))
    if account.reachable:
        found.append(Reach(INBOX, language=account.language))
    return found


def serves_sms(*, path: str) -> bool:
    """Is there a sender for SMS that is on, for somebody at this path?"""
    kinds = list(Sender.objects.serving(path).filter(is_on=True).values_list("kind", flat=True))
    return any(SENDER_CHANNEL.get(kind, SMS) == SMS for kind in kinds)
