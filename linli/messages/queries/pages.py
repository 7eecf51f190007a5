"""What the pages of this room show. Scoped; a fixed number of queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, Max, QuerySet, When

from linli.core.actors import Actor
from linli.core.errors import Missing
from linli.grid.access import may_operate
from linli.grid.models import Account
from linli.grid.queries import name_actors
from linli.messages.access import CALL, EDIT, check_may_keep, check_may_see_senders
from linli.messages.models import Delivery, Means, QuietHours, Sender
from linli.messages.rules import (
    ACCOUNT,
    CLAIMED,
    CONFIRMED,
    DELIVERED,
    FAILED,
    GROUP,
    HOUSEHOLD,
    PERSON,
    QUEUED,
    READ,
    ROBOTS,
    SENT,
    STOPPED,
    TO_CALL,
    WEB_PUSH,
    Recipient,
)
from linli.residents.queries import Door, describe_households


def list_senders(*, actor: Actor) -> QuerySet[Sender]:
    """Those that the actor keeps: all for an operator, else the robots of the actor's places."""
    check_may_see_senders(actor)
    rows = Sender.objects.select_related("place").order_by("path", "name", "id")
    return rows if may_operate(actor) else rows.visible_to(actor, EDIT).filter(kind__in=ROBOTS)


def get_sender(*, actor: Actor, sender_id: int) -> Sender:
    found = Sender.objects.select_related("place").filter(pk=sender_id).first()
    if found is None:
        raise Missing()
    check_may_keep(actor, found)
    return found


def find_sender(*, sender_id: int) -> Sender:
    """For a provider's call, which has proved itself. Raises Missing."""
    found = Sender.objects.filter(pk=sender_id).first()
    if found is None:
        raise Missing()
    return found


def find_push_sender() -> Sender | None:
    return Sender.objects.filter(kind=WEB_PUSH, is_on=True).order_by("path", "id").first()


def list_groups(*, paths: Iterable[str]) -> list[Recipient]:
    """The chat groups with a robot at or below these places, for the rooms above. The caller has narrowed the paths."""
    wanted = list(paths)
    rows = Sender.objects.filter(kind__in=ROBOTS, is_on=True).exclude(path="").values_list("pk", "path")
    return [Recipient(GROUP, key, path) for key, path in rows if any(path.startswith(one) for one in wanted)]


# One's own ------------------------------------------------------------------------------------------------------------


def list_own_means(*, actor: Actor) -> list[Means]:
    return list(Means.objects.filter(account=actor.id).order_by("order", "id")) if actor.kind == "account" else []


def list_newest_means(*, accounts: Iterable[int]) -> dict[int, datetime]:
    """Account → when the newest of its living means was given, for the clock. Those without any are left out."""
    rows = Means.objects.filter(account__in=list(accounts), dead_at=None)
    return dict(rows.order_by().values_list("account_id").annotate(at=Max("made_at")))


def list_with_means(*, accounts: Iterable[int]) -> set[int]:
    """Those of the accounts that something beside the inbox may reach: living means, or a phone on record."""
    ids = set(accounts)
    found = set(Means.objects.filter(account__in=ids, dead_at=None).values_list("account_id", flat=True))
    return found | set(Account.objects.filter(pk__in=ids).exclude(phone_index="").values_list("pk", flat=True))


def find_own_quiet_hours(*, actor: Actor) -> QuietHours | None:
    return QuietHours.objects.filter(account=actor.id).first() if actor.kind == "account" else None


def list_inbox(*, actor: Actor) -> QuerySet[Delivery]:
    """Everything that was to be sent to this account, however that went."""
    if actor.kind != "account":
        return Delivery.objects.none()
    mine = Delivery.objects.filter(kind=ACCOUNT, recipient=actor.id)
    return mine.select_related("dispatch").order_by("-id")


# What needs a person --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """A delivery with whom it is for: a door, or a name."""

    row: Delivery
    name: str
    door: Door | None = None

    @property
    def address(self) -> str:
        return f"{self.door.leaf} {self.door.masked}" if self.door else ""


def list_unsent(*, actor: Actor, failure: str = "") -> QuerySet[Delivery]:
    """What could not be sent in the actor's places, the latest first."""
    if not actor.may_somewhere(EDIT):
        raise Missing()
    rows = _unsent(actor)
    if failure:
        rows = rows.filter(failure=failure)
    return rows.select_related("dispatch", "sender").order_by("-ended_at", "-id")


def _unsent(actor: Actor) -> QuerySet[Delivery]:
    """Without codes: whoever waited for one asks for another."""
    return Delivery.objects.visible_to(actor, EDIT).filter(state=FAILED).exclude(kind=PERSON)


GAPS_FIRST = (FAILED, TO_CALL, QUEUED, CLAIMED, STOPPED, SENT, DELIVERED, READ, CONFIRMED)


def list_of_source(*, actor: Actor, source: tuple[str, str], state: str = "") -> QuerySet[Delivery]:
    """Every message about something in the actor's places, what is not with its reader first. The caller has loaded the
    source for its actor."""
    rows = Delivery.objects.about(source).visible_to(actor)
    if state:
        rows = rows.filter(state__in=(QUEUED, CLAIMED) if state == QUEUED else (state,))
    order = Case(*(When(state=one, then=at) for at, one in enumerate(GAPS_FIRST)), default=len(GAPS_FIRST))
    return rows.select_related("dispatch").annotate(gap=order).order_by("gap", "path", "id")


def count_unsent(*, actor: Actor) -> dict[str, int]:
    """Failure → how many."""
    rows = _unsent(actor).order_by()
    return dict(rows.values_list("failure").annotate(n=Count("pk")))


def list_calls(*, actor: Actor) -> QuerySet[Delivery]:
    """Whom to call in the actor's places, in the order in which they came on the list."""
    if not actor.may_somewhere(CALL):
        raise Missing()
    rows = Delivery.objects.visible_to(actor, CALL).filter(state=TO_CALL)
    return rows.select_related("dispatch").order_by("set_at", "id")


def get_delivery(*, actor: Actor, delivery_id: int, permission: str) -> Delivery:
    found = Delivery.objects.visible_to(actor, permission).select_related("dispatch").filter(pk=delivery_id).first()
    if found is None:
        raise Missing()
    return found


def with_names(*, actor: Actor, rows: Sequence[Delivery]) -> list[Line]:
    """Two or three queries for a page."""
    doors = describe_households(actor=actor, ids=[row.recipient for row in rows if row.kind == HOUSEHOLD])
    names = name_actors([f"account:{row.recipient}" for row in rows if row.kind == ACCOUNT])
    groups = dict(
        Sender.objects.filter(pk__in=[row.recipient for row in rows if row.kind == GROUP]).values_list("pk", "name")
    )
    return [_line(row, doors, names, groups) for row in rows]


def _line(row: Delivery, doors: dict[int, Door], names: dict[str, str], groups: dict[int, Any]) -> Line:
    if row.kind == HOUSEHOLD:
        door = doors.get(row.recipient)
        return Line(row, door.name if door else "–", door)
    name = names.get(f"account:{row.recipient}") if row.kind == ACCOUNT else groups.get(row.recipient)
    return Line(row, name or "–")
