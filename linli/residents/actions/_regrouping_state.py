"""What a regrouping leaves behind, and whether it can still be undone."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db.models import Q

from linli.core import clock
from linli.core.actors import Actor
from linli.core.errors import Conflict, Missing
from linli.residents import rules, words
from linli.residents.access import EDIT, check_may_household, lock_registers
from linli.residents.models import Answerer, Household, Membership, MergedPerson, Regrouping, Residence, Transfer


def note_regrouping(
    actor: Actor, kind: str, household: Household, other: Household | None, steps: dict[str, Any]
) -> Regrouping:
    """`steps` gets what the two columns are afterwards: they are put back only where they still are so."""
    now = Household.objects.values("contact_id", "protected").get(pk=household.pk)
    for name, column in (("contact", "contact_id"), ("protected", "protected")):
        if name in steps:
            steps[name] = [steps[name][0], now[column]]
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


def find_obstacle(found: Regrouping) -> str:
    """The code of what keeps a regrouping from being undone; '' where nothing does."""
    if found.undone_at is not None:
        return "undone"
    if found.at < clock.now() - rules.UNDONE_WITHIN:
        return "too_long_ago"
    keys = [key for key in (found.household_id, found.other_id) if key]
    checks = {
        "regrouped_since": _regrouped_since(found, keys),
        "moved_since": _rows_changed(found),
        "people_since": _people_came(found),
        "proposed": Transfer.objects.filter(household__in=keys, state="proposed").exists(),
        "merged_since": _merged_since(found.steps.get("began", []), found.at),
    }
    return next((code for code, is_so in checks.items() if is_so), "")


def _regrouped_since(found: Regrouping, keys: list[int]) -> bool:
    later = Regrouping.objects.filter(undone_at=None, at__gte=found.at).exclude(pk=found.pk)
    return later.filter(Q(household__in=keys) | Q(other__in=keys)).exists()


def _rows_changed(found: Regrouping) -> bool:
    """What began has ended since, or what ended began anew elsewhere."""
    steps = found.steps
    began = steps.get("began", [])
    if Membership.objects.filter(pk__in=began, until_on=None).count() != len(began):
        return True
    if found.kind == "split" and not Residence.objects.filter(household=found.household_id, until_on=None).exists():
        return True  # the others have left: nobody goes back to an empty home
    new, old = steps.get("new_residence"), steps.get("residence")
    if new and not Residence.objects.filter(pk=new, until_on=None).exists():
        return True
    if found.kind == "merge" and Residence.objects.filter(household=found.other_id, until_on=None).exists():
        return True
    return bool(old) and not Residence.objects.filter(pk=old).exclude(until_on=None).exists()


def _people_came(found: Regrouping) -> bool:
    """Somebody joined the household that was split off, or answers for it: undoing would lose them."""
    if found.kind != "split":
        return False
    others = Membership.objects.filter(household=found.other_id).exclude(pk__in=found.steps["began"])
    return others.exists() or Answerer.objects.filter(household=found.other_id).exists()


def _merged_since(memberships: list[int], at: datetime) -> bool:
    people = Membership.objects.filter(pk__in=memberships).values("person")
    rows = MergedPerson.objects.filter(Q(kept__in=people) | Q(gone__in=people), at__gte=at, undone_at=None)
    return rows.exists()
