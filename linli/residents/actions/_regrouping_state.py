"""What a regrouping leaves behind, and whether it can still be undone."""

from typing import Any
from uuid import UUID, uuid4

from linli.core import clock
from linli.core.actors import Actor
from linli.core.errors import Conflict, Missing
from linli.residents import words
from linli.residents.access import EDIT, check_may_household, lock_registers
from linli.residents.models import Household, Regrouping, Residence
from linli.residents.queries.obstacles import find_obstacle


def note_regrouping(
    actor: Actor, kind: str, household: Household, other: Household | None, steps: dict[str, Any]
) -> Regrouping:
    """`steps` gets what the two columns are afterwards: they are put back only where they still are so."""
    contact, protected = Household.objects.values_list("contact_id", "protected").get(pk=household.pk)
    for name, now in (("contact", contact), ("protected", protected)):
        if name in steps:
            steps[name] = [steps[name][0], now]
    return Regrouping.objects.create(
        id=uuid4(), kind=kind, household=household, other=other, steps=steps, by=actor.ref, at=clock.now()
    )


def take_undoable(actor: Actor, regrouping_id: UUID) -> tuple[Regrouping, set[str]]:
    """Held until the transaction ends, with the paths that it touches. Raises Conflict where something builds on it."""
    found = Regrouping.objects.select_related("household", "other").filter(pk=regrouping_id).first()
    if found is None:
        raise Missing()
    keys = [key for key in (found.household_id, found.other_id) if key]
    paths = {check_may_household(actor, EDIT, key).path for key in keys} | _old_paths(actor, found)
    lock_registers(*paths)
    found = Regrouping.objects.select_related("household", "other").get(pk=regrouping_id)
    code = find_obstacle(found)
    if code:
        raise Conflict(words.obstacle(code), code=code)
    return found, paths


def _old_paths(actor: Actor, found: Regrouping) -> set[str]:
    """Where somebody goes back to must be the actor's too."""
    old = found.steps.get("residence")
    where = "dwelling__entrance__placements"
    rows = Residence.objects.filter(pk=old, **{f"{where}__until_on": None}).values_list(f"{where}__place__path")
    paths = {path for (path,) in rows}
    if old and not all(actor.may(EDIT, path) for path in paths):
        raise Missing()
    return paths
