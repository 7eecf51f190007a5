"""What would happen if households were moved, merged or split, and what of it can still be undone."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from linli.core import clock
from linli.core.actors import Actor
from linli.residents import rules
from linli.residents.access import EDIT, check_may_household
from linli.residents.models import Regrouping
from linli.residents.queries.obstacles import find_obstacle
from linli.residents.queries.reach import Door, door_of
from linli.residents.queries.register import AnswererLine, MemberLine, get_members, list_answerers


@dataclass(frozen=True)
class Side:
    """A household before a regrouping: its door, its people, who answers for it, its contact person."""

    id: int
    door: Door
    members: list[MemberLine]
    answerers: list[AnswererLine]
    contact: str


@dataclass(frozen=True)
class Done:
    """The last regrouping of a household; `obstacle` is the code of what keeps it from being undone."""

    id: UUID
    kind: str
    at: datetime
    obstacle: str


def read_side(*, actor: Actor, household_id: int, permission: str = EDIT) -> Side:
    """Raises Missing or Forbidden."""
    at = check_may_household(actor, permission, household_id)
    members = get_members(household_id=household_id)
    contact = next((one.name for one in members if one.id == at.household.contact_id), "")
    answerers = list_answerers(actor=actor, household_id=household_id)
    return Side(household_id, door_of(actor, at.residence), members, answerers, contact)


def find_last_regrouping(*, household_id: int) -> Done | None:
    """Of the last week and not undone. The caller has found the household in the actor's sight."""
    since = clock.now() - rules.UNDONE_WITHIN
    rows = Regrouping.objects.filter(Q(household=household_id) | Q(other=household_id), undone_at=None, at__gt=since)
    found = rows.order_by("-at").first()
    return Done(found.pk, found.kind, found.at, find_obstacle(found)) if found else None


def choose_people(members: Collection[MemberLine], ids: Collection[int]) -> list[MemberLine]:
    return [one for one in members if one.id in set(ids)]
