"""Households merged, split and moved as a whole, and each of these undone while nothing builds on it.

Nobody is lost on the way: every change of where a household or person is counted is a headcount change that names its
member, so open rounds follow: a household that is merged into another leaves (excused, its receipt stays on record), a new
one arrives and is asked."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from linli.core import audit, clock
from linli.core.actors import Actor
from linli.core.errors import Conflict, Invalid, Missing
from linli.core.writes import done_before, mark_done
from linli.grid.actions import Change, record_headcount_changes
from linli.residents.access import EDIT, Standing, check_may_household, find_standing, take_household
from linli.residents.actions._dwellings import take_dwelling
from linli.residents.actions._entries import household_values, sealed
from linli.residents.actions._moving import count_move, end_residence, members_of
from linli.residents.actions._regrouping_state import note_regrouping, take_undoable
from linli.residents.models import Answerer, Household, Membership, Regrouping, Residence, Transfer


def merge_households(*, actor: Actor, household_id: int, other_id: int, write_id: UUID | None = None) -> Household:
    """`other` becomes part of `household`, today: its people live there now, who answered for it answers for both. What it
    confirmed stays on record; the household that stays owes what it has not confirmed itself. Both must be the actor's."""
    with transaction.atomic():
        content = sealed(household=household_id, other=other_id)
        before = done_before(actor, "merge_households", write_id, content)
        first = check_may_household(actor, EDIT, household_id)
        if before:
            return first.household
        other = check_may_household(actor, EDIT, other_id)
        at = take_household(actor, EDIT, household_id, other.path)
        other = check_may_household(actor, EDIT, other_id)
        _check_can_merge(at, other)
        steps = _steps(at, other)
        people = list(members_of(other_id).order_by("id"))
        steps |= _change_homes(people, at.household.pk)
        end_residence(other)
        one = Change(from_path=other.path, member=other_id)
        record_headcount_changes(actor=actor, unit="household", changes=[one])
        _count_people(actor, [row.person_id for row in people], other.path, at.path)
        moved = Answerer.objects.filter(household=other_id, until_on=None)
        steps["answerers"] = list(moved.values_list("pk", flat=True))
        moved.update(household=household_id)
        _join_columns(at.household, other.household)
        note_regrouping(actor, "merge", at.household, other.household, steps)
        for path in sorted({at.path, other.path}):
            audit.record(actor, "merge_households", at.household, fields=["members", "answerers"], path=path)
        mark_done(actor, "merge_households", write_id, content, household_id)
        return at.household


def _check_can_merge(at: Standing, other: Standing) -> None:
    if at.household.pk == other.household.pk:
        raise Invalid(fields={"other_id": _("Choose another household.")})
    if not at.is_present or not other.is_present:
        raise Conflict(_("This household has departed. Add it again where it lives now."), code="departed")
    _refuse_transferred([at.household.pk, other.household.pk])


def _refuse_transferred(household_ids: Collection[int]) -> None:
    if Transfer.objects.filter(household__in=household_ids, state="proposed").exists():
        text = _("A transfer to another community is open for this household. Take it back first.")
        raise Conflict(text, code="proposed")


def _steps(at: Standing, other: Standing) -> dict[str, Any]:
    """What undoing needs to know: numbers of rows, and what two columns were."""
    return {
        "residence": other.residence.pk,
        "contact": [at.household.contact_id, None],
        "protected": [at.household.protected, None],
    }


def _join_columns(household: Household, other: Household) -> None:
    """A contact person where there was none; protection that one of them has, both have."""
    household.contact_id = household.contact_id or other.contact_id
    household.protected = household.protected or other.protected
    household.save(update_fields=["contact", "protected"])
    Household.objects.filter(pk=other.pk).update(contact=None)


def _change_homes(people: Sequence[Membership], household_id: int) -> dict[str, Any]:
    """These memberships end today and go on in another household. Three statements, whatever their number."""
    today = clock.today()
    keys = [one.pk for one in people]
    Membership.objects.filter(pk__in=keys, from_on__lte=today).update(until_on=today)
    Membership.objects.filter(pk__in=keys, from_on__gt=today).update(until_on=F("from_on"))
    made = Membership.objects.bulk_create(
        Membership(person_id=one.person_id, household_id=household_id, role=_role(one.role), from_on=today)
        for one in people
    )
    return {"ended": keys, "began": [one.pk for one in made]}


def _role(role: str) -> str:
    """A household has one head; who was the head of another is to be asked."""
    return "" if role == "head" else role


def _count_people(actor: Actor, people: Sequence[int], from_path: str, to_path: str) -> None:
    changes = [Change(from_path=from_path, to_path=to_path, member=key) for key in people]
    record_headcount_changes(actor=actor, unit="person", changes=changes)


def split_household(
    *,
    actor: Actor,
    household_id: int,
    person_ids: Sequence[int],
    name: str,
    dwelling_id: int | None = None,
    write_id: UUID | None = None,
) -> Household:
    """Some people of a household become one of their own, in the same dwelling or another, today. It owes receipts of its
    own for what is out; those who answer for the old one go on doing so for the old one only."""
    with transaction.atomic():
        content = sealed(household=household_id, people=sorted(person_ids), name=name, dwelling=dwelling_id)
        before = done_before(actor, "split_household", write_id, content)
        first = check_may_household(actor, EDIT, household_id)
        if before:
            return Household.objects.filter(pk=int(before)).first() or first.household
        to_path = take_dwelling(actor, dwelling_id) if dwelling_id is not None else ""
        at = take_household(actor, EDIT, household_id, to_path or first.path)
        people = _leaving(at, person_ids)
        values = household_values(name, at.household.kind, at.household.subkind)
        made = Household.objects.create(made_at=clock.now(), protected=at.household.protected, **values)
        dwelling = dwelling_id if dwelling_id is not None else at.residence.dwelling_id
        residence = Residence.objects.create(household=made, dwelling_id=dwelling, from_on=clock.today())
        steps: dict[str, Any] = {"new_residence": residence.pk, "contact": [at.household.contact_id, None]}
        steps |= _change_homes(people, made.pk)
        leaving = [one.person_id for one in people]
        if at.household.contact_id in leaving:
            Household.objects.filter(pk=household_id).update(contact=None)
        path = to_path or at.path
        change = Change(to_path=path, member=made.pk)
        record_headcount_changes(actor=actor, unit="household", changes=[change])
        _count_people(actor, leaving, at.path, path)
        note_regrouping(actor, "split", at.household, made, steps)
        for one in sorted({at.path, path}):
            audit.record(actor, "split_household", at.household, fields=["members"], path=one)
        mark_done(actor, "split_household", write_id, content, made.pk)
        return made


def _leaving(at: Standing, person_ids: Sequence[int]) -> list[Membership]:
    if not at.is_present:
        raise Conflict(_("This household has departed. Add it again where it lives now."), code="departed")
    _refuse_transferred([at.household.pk])
    living = list(members_of(at.household.pk).order_by("id"))
    chosen = [one for one in living if one.person_id in set(person_ids)]
    if not chosen or len(chosen) != len(set(person_ids)):
        raise Invalid(fields={"people": _("Choose who of this household goes.")})
    if len(chosen) == len(living):
        raise Invalid(fields={"people": _("If everybody goes, move the household instead.")})
    return chosen


def undo_regrouping(*, actor: Actor, regrouping_id: UUID, write_id: UUID | None = None) -> Regrouping:
    """It was a mistake: everybody is again where they were, and counted there. Raises Conflict, naming what came since,
    where a later change builds on it."""
    with transaction.atomic():
        content = sealed(regrouping=regrouping_id)
        before = done_before(actor, "undo_regrouping", write_id, content)
        if before:
            return Regrouping.objects.get(pk=UUID(before))
        found, paths = take_undoable(actor, regrouping_id)
        {"move": _undo_move, "merge": _undo_merge, "split": _undo_split}[found.kind](actor, found)
        found.undone_at = clock.now()
        found.save(update_fields=["undone_at"])
        for path in sorted(paths):
            audit.record(actor, "undo_regrouping", found, fields=[found.kind], path=path)
        mark_done(actor, "undo_regrouping", write_id, content, found.pk)
        return found


def _undo_move(actor: Actor, found: Regrouping) -> None:
    at = _standing(found.household_id)
    Residence.objects.filter(pk=found.steps["new_residence"]).delete()
    Residence.objects.filter(pk=found.steps["residence"]).update(until_on=None)
    count_move(actor, at, _standing(found.household_id).path)


def _undo_merge(actor: Actor, found: Regrouping) -> None:
    steps, other = found.steps, found.other_id
    at = _standing(found.household_id)
    people = _go_back(steps)
    Residence.objects.filter(pk=steps["residence"]).update(until_on=None)
    back = _standing(other or 0)
    Answerer.objects.filter(pk__in=steps["answerers"], household=found.household_id).update(household=other)
    contact, contact_then = steps["contact"]
    Household.objects.filter(pk=found.household_id, contact=contact_then).update(contact=contact)
    if contact_then != contact:
        Household.objects.filter(pk=back.household.pk).update(contact=contact_then)
    protected, protected_then = steps["protected"]
    Household.objects.filter(pk=found.household_id, protected=protected_then).update(protected=protected)
    change = Change(to_path=back.path, member=other)
    record_headcount_changes(actor=actor, unit="household", changes=[change])
    _count_people(actor, people, at.path, back.path)


def _undo_split(actor: Actor, found: Regrouping) -> None:
    steps = found.steps
    made = _standing(found.other_id or 0)
    people = _go_back(steps)
    contact, contact_then = steps["contact"]
    Household.objects.filter(pk=found.household_id, contact=contact_then).update(contact=contact)
    change = Change(from_path=made.path, member=made.household.pk)
    record_headcount_changes(actor=actor, unit="household", changes=[change])
    _count_people(actor, people, made.path, _standing(found.household_id).path)
    Household.objects.filter(pk=made.household.pk).delete()


def _go_back(steps: dict[str, Any]) -> list[int]:
    """The people of the memberships that began; those that had ended go on."""
    began = Membership.objects.filter(pk__in=steps["began"])
    people = list(began.order_by("id").values_list("person_id", flat=True))
    began.delete()
    Membership.objects.filter(pk__in=steps["ended"]).update(until_on=None)
    return people


def _standing(household_id: int) -> Standing:
    found = find_standing(household_id)
    if found is None:
        raise Missing()
    return found
