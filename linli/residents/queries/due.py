"""Records whose time is over: who departed so long ago that the ground for keeping them has ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, QuerySet

from linli.core import clock
from linli.core.actors import Actor
from linli.core.holds import find_holds
from linli.core.paths import ancestors, narrow, within
from linli.grid.models import Place
from linli.grid.profile import register_kind
from linli.residents.models import Household, Membership, Residence
from linli.residents.profile import departed_kept

APPROVE = "register.approve"
WHERE = "dwelling__entrance__placements"
MOST = 1_000


@dataclass(frozen=True)
class DueRecord:
    """A household or person due for erasure. `held` is the code of why it must stay for now, or empty."""

    kind: str  # person | household
    id: int
    name: str
    since: date
    household_id: int
    held: str


def list_due(*, actor: Actor, path: str, most: int = MOST) -> list[DueRecord]:
    """Below `path`, as far as the actor may erase there, the longest gone first. Four queries and those of the holds."""
    paths = narrow(actor.paths(APPROVE), path)
    homes = [(one.household_id, one.household.name, one.until_on) for one in _empty_homes(paths)[:most]]
    people = [
        (one.person_id, one.person.name, one.until_on, one.household_id) for one in _departed_people(paths)[:most]
    ]
    held = find_holds({home for home, *_rest in homes} | {one[3] for one in people})
    found = [DueRecord("household", key, name, since, key, held.get(key, "")) for key, name, since in homes if since]
    found += [
        DueRecord("person", key, name, since, home, held.get(home, "")) for key, name, since, home in people if since
    ]
    return sorted(found, key=lambda one: (one.since, one.household_id, one.kind, one.id))


def is_any_due(*, paths: Sequence[str]) -> bool:
    """Is there anybody whose time is over?"""
    return _departed_people(list(paths)).exists() or _empty_homes(list(paths)).exists()


def list_due_registers() -> list[str]:
    """Paths of the communities where somebody's time is over. For the clock; the first few hundred are enough a time."""
    people = _departed_people([""]).values_list(f"household__residences__{WHERE}__place__path", flat=True)[:MOST]
    homes = _empty_homes([""]).values_list(f"{WHERE}__place__path", flat=True)[:MOST]
    above = {one for path in {*people, *homes} for one in ancestors(path)}
    rows = Place.objects.filter(path__in=above, kind=register_kind()).order_by("path")
    return list(rows.values_list("path", flat=True))


def _limit() -> date:
    return clock.today() - departed_kept()


def _departed_people(paths: list[str]) -> QuerySet[Membership]:
    later = Membership.objects.filter(person=OuterRef("person"), until_on__gt=OuterRef("until_on"))
    present = Membership.objects.filter(person=OuterRef("person"), until_on=None)
    rows = Membership.objects.filter(
        within(f"household__residences__{WHERE}__place__path", paths),
        person__status="departed",
        person__erased_at=None,
        until_on__lte=_limit(),
        **{f"household__residences__{WHERE}__until_on": None},
    )
    rows = rows.filter(~Exists(present), ~Exists(later)).select_related("person")
    return rows.order_by("until_on", "id").distinct()


def _empty_homes(paths: list[str]) -> QuerySet[Residence]:
    later = Residence.objects.filter(household=OuterRef("household"), until_on__gt=OuterRef("until_on"))
    present = Household.objects.present().filter(pk=OuterRef("household"))
    rows = Residence.objects.filter(
        within(f"{WHERE}__place__path", paths),
        household__erased_at=None,
        until_on__lte=_limit(),
        **{f"{WHERE}__until_on": None},
    )
    rows = rows.filter(~Exists(present), ~Exists(later)).select_related("household")
    return rows.order_by("until_on", "id").distinct()
