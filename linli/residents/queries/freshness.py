"""When contacts were last known to be right, and which are to be asked for again: those who need it most first."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from linli.core import clock
from linli.core.actors import Actor
from linli.core.paths import narrow, within
from linli.grid.models import Place
from linli.residents import rules
from linli.residents.access import SEE
from linli.residents.models import ContactCheck, GroupMark, Membership
from linli.residents.profile import contact_stale
from linli.residents.queries.reach import Door, describe_households

WHERE = "household__residences__dwelling__entrance__placements"


@dataclass(frozen=True)
class Freshness:
    """One contact of a person: when it was last confirmed and how (rules.CHECKED_HOW); never: `at` is None."""

    channel: str
    at: datetime | None
    how: str
    is_stale: bool


@dataclass(frozen=True)
class StaleLine:
    """Somebody whose phone has not been confirmed for long."""

    person_id: int
    name: str
    phone: str
    door: Door | None
    is_vulnerable: bool
    at: datetime | None
    how: str


def list_freshness(*, person_id: int, phone: str, channels: tuple[str, ...]) -> list[Freshness]:
    """Of a person whom the caller has found in the actor's sight. One query."""
    checks = {one.channel: one for one in ContactCheck.objects.filter(person=person_id)}
    limit = clock.now() - contact_stale()
    wanted = (["phone"] if phone else []) + [code for code in channels if code in rules.MEANS]
    found = []
    for channel in wanted:
        one = checks.get(channel)
        found.append(Freshness(channel, one.at if one else None, one.how if one else "", one is None or one.at < limit))
    return found


def list_stale_contacts(*, actor: Actor, place: Place, group: str = "") -> QuerySet[Membership]:
    """People below the place whose phone nobody has confirmed for as long as the profile says: marked as of a vulnerable
    group first, then never confirmed, then the longest ago. For a paginator; `describe_stale` makes lines of a page."""
    paths = narrow(actor.paths(SEE), place.path)
    checks = ContactCheck.objects.filter(person=OuterRef("person"), channel="phone")
    marked = GroupMark.objects.filter(person=OuterRef("person"), until_on=None)
    rows = Membership.objects.filter(
        within(f"{WHERE}__place__path", paths),
        until_on=None,
        person__phone_dead_at=None,
        household__residences__until_on=None,
        **{f"{WHERE}__until_on": None},
    ).exclude(person__phone_index="")
    if group:
        rows = rows.filter(Exists(marked.filter(group=group)))
    rows = rows.annotate(
        checked_at=Subquery(checks.values("at")[:1]),
        checked_how=Subquery(checks.values("how")[:1]),
        weak=Exists(marked),
    )
    limit = clock.now() - contact_stale()
    stale = rows.filter(Q(checked_at=None) | Q(checked_at__lt=limit)).select_related("person")
    return stale.order_by("-weak", F("checked_at").asc(nulls_first=True), "person_id")


def describe_stale(*, actor: Actor, rows: list[Membership]) -> list[StaleLine]:
    doors = describe_households(actor=actor, ids=[one.household_id for one in rows])
    return [
        StaleLine(
            person_id=one.person_id,
            name=one.person.name,
            phone=rules.mask_phone(one.person.phone),
            door=doors.get(one.household_id),
            is_vulnerable=one.weak,  # type: ignore[attr-defined]
            at=one.checked_at,  # type: ignore[attr-defined]
            how=one.checked_how or "",  # type: ignore[attr-defined]
        )
        for one in rows
    ]
