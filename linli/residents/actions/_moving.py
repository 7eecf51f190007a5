"""Whole households change their dwelling, with everybody in them."""

from typing import Any

from linli.core import clock
from linli.core.actors import Actor
from linli.grid.actions import Change, record_headcount_changes
from linli.residents.access import Standing
from linli.residents.models import Membership, Residence


def end_residence(at: Standing) -> None:
    day = max(clock.today(), at.residence.from_on)
    Residence.objects.filter(pk=at.residence.pk).update(until_on=day)


def count_move(actor: Actor, at: Standing, to_path: str) -> None:
    """The household and everybody in it left one path and joined another ('' to outside)."""
    people = list(members_of(at.household.pk).values_list("person_id", flat=True))
    one = Change(from_path=at.path, to_path=to_path, member=at.household.pk)
    record_headcount_changes(actor=actor, unit="household", changes=[one])
    moved = [Change(from_path=at.path, to_path=to_path, member=person) for person in people]
    record_headcount_changes(actor=actor, unit="person", changes=moved)


def members_of(household_id: int) -> Any:
    return Membership.objects.filter(household=household_id, until_on=None)
