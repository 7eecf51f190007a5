"""What builds on a regrouping, and so keeps it from being undone."""

from datetime import datetime

from django.db.models import Q

from linli.core import clock
from linli.residents import rules
from linli.residents.models import Answerer, Membership, MergedPerson, Regrouping, Residence, Transfer


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
