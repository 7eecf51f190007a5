"""Households: entered, changed, moved to another dwelling, gone; and who answers for them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from linli.core import audit, clock
from linli.core.actors import Actor
from linli.core.errors import Conflict, Invalid, Missing
from linli.core.writes import check_fresh, done_before, mark_done
from linli.grid.actions import Change, record_headcount_changes
from linli.residents import rules, words
from linli.residents.access import (
    EDIT,
    Standing,
    check_may,
    check_may_household,
    check_may_person,
    find_standing,
    take_household,
)
from linli.residents.actions._dwellings import path_of_dwelling, take_dwelling
from linli.residents.actions._entries import answerer_values, household_values, sealed
from linli.residents.actions._joining import join
from linli.residents.actions._moving import count_move, end_residence, members_of
from linli.residents.actions._regrouping_state import note_regrouping
from linli.residents.models import Answerer, Household, Membership, Person, Residence
from linli.residents.rules import PersonEntry

CHANGEABLE = ("name", "kind", "subkind", "contact", "protected")


def add_household(
    *,
    actor: Actor,
    dwelling_id: int,
    name: str,
    kind: str = "family",
    subkind: str = "",
    members: Sequence[PersonEntry] = (),
    from_on: date | None = None,
    write_id: UUID | None = None,
) -> Household:
    """A household begins to live in a dwelling, with its people. `from_on` is a day not after today."""
    with transaction.atomic():
        entries = [asdict(replace(one, row=0)) for one in members]
        content = sealed(dwelling=dwelling_id, name=name, kind=kind, subkind=subkind, members=entries, from_on=from_on)
        before = done_before(actor, "add_household", write_id, content)
        if before:
            return Household.objects.get(pk=int(before))
        path = take_dwelling(actor, dwelling_id)
        values = household_values(name, kind, subkind)
        day = from_on or clock.today()
        if day > clock.today():
            raise Invalid(fields={"from_on": words.reason("date_in_future")})
        household = Household.objects.create(made_at=clock.now(), **values)
        Residence.objects.create(household=household, dwelling_id=dwelling_id, from_on=day)
        record_headcount_changes(actor=actor, unit="household", changes=[Change(to_path=path, member=household.pk)])
        audit.record(actor, "add_household", household, fields=["name", "kind", "dwelling"], path=path)
        at = find_standing(household.pk)
        for entry in members:
            join(actor, at, entry, day)  # type: ignore[arg-type]
        mark_done(actor, "add_household", write_id, content, household.pk)
        return household


def change_household(
    *, actor: Actor, household_id: int, changes: Mapping[str, Any], write_id: UUID | None = None
) -> Household:
    """Change some of CHANGEABLE; `contact` is the id of a member or None. Whoever takes protection off must be one who
    may see protected addresses."""
    with transaction.atomic():
        content = sealed(household=household_id, **changes)
        before = done_before(actor, "change_household", write_id, content)
        at = take_household(actor, EDIT, household_id)
        household = at.household
        if before:
            return household
        if set(changes) - set(CHANGEABLE):
            raise Invalid(fields=dict.fromkeys(sorted(set(changes) - set(CHANGEABLE)), _("This can't be changed.")))
        if household.protected and changes.get("protected") is False:
            check_may(actor, "register.protected", at.path)
        changed = _change_columns(household, changes)
        if changed:
            household.save()
            audit.record(actor, "change_household", household, fields=changed, path=at.path)
        mark_done(actor, "change_household", write_id, content, household_id)
        return household


def _change_columns(household: Household, changes: Mapping[str, Any]) -> list[str]:
    now = {name: getattr(household, name) for name in ("name", "kind", "subkind")}
    values: dict[str, Any] = household_values(**{**now, **{name: changes[name] for name in now if name in changes}})
    values["protected"] = bool(changes.get("protected", household.protected))
    values["contact_id"] = changes.get("contact", household.contact_id)
    if values["contact_id"] != household.contact_id and values["contact_id"] is not None:
        members = Membership.objects.filter(household=household, person=values["contact_id"], until_on=None)
        if not members.exists():
            raise Invalid(fields={"contact": words.reason("contact_unknown")})
    changed = [name for name, value in values.items() if getattr(household, name) != value]
    for name, value in values.items():
        setattr(household, name, value)
    return ["contact" if name == "contact_id" else name for name in sorted(changed)]


def move_household(*, actor: Actor, household_id: int, dwelling_id: int, write_id: UUID | None = None) -> Household:
    """To another dwelling today, with everybody in it. Both the old and the new place must be the actor's to edit."""
    with transaction.atomic():
        content = sealed(household=household_id, dwelling=dwelling_id)
        before = done_before(actor, "move_household", write_id, content)
        first = check_may_household(actor, EDIT, household_id)
        if before:
            return first.household
        target = path_of_dwelling(dwelling_id)
        if target is None:
            raise Missing()
        check_may(actor, EDIT, target)
        at = take_household(actor, EDIT, household_id, target)
        to_path = path_of_dwelling(dwelling_id) or target
        _check_can_move(at, dwelling_id)
        end_residence(at)
        made = Residence.objects.create(household=at.household, dwelling_id=dwelling_id, from_on=clock.today())
        count_move(actor, at, to_path)
        steps = {"residence": at.residence.pk, "new_residence": made.pk}
        note_regrouping(actor, "move", at.household, None, steps)
        for path in sorted({at.path, to_path}):
            audit.record(actor, "move_household", at.household, fields=["dwelling"], path=path)
        mark_done(actor, "move_household", write_id, content, household_id)
        return at.household


def _check_can_move(at: Standing, dwelling_id: int) -> None:
    if not at.is_present:
        raise Conflict(_("This household has departed. Add it again where it lives now."), code="departed")
    if at.residence.dwelling_id == dwelling_id:
        raise Conflict(_("This household lives in that dwelling already."), code="already-there")


def depart_household(*, actor: Actor, household_id: int, reason: str = "", write_id: UUID | None = None) -> Household:
    """Nobody of it answers at that door any more, from today. Its people are departed; the records stay."""
    with transaction.atomic():
        content = sealed(household=household_id, reason=reason)
        before = done_before(actor, "depart_household", write_id, content)
        at = take_household(actor, EDIT, household_id)
        if before:
            return at.household
        if not at.is_present:
            raise Conflict(_("This household has departed already."), code="departed")
        today = clock.today()
        end_residence(at)
        count_move(actor, at, "")
        Person.objects.filter(memberships__household=household_id, memberships__until_on=None).update(status="departed")
        members_of(household_id).update(until_on=today)
        audit.record(
            actor, "depart_household", at.household, fields=["dwelling", "members"], reason=reason, path=at.path
        )
        mark_done(actor, "depart_household", write_id, content, household_id)
        return at.household


def name_answerer(
    *,
    actor: Actor,
    household_id: int,
    by_person_id: int | None = None,
    name: str = "",
    phone: str = "",
    relation: str = "",
    write_id: UUID | None = None,
) -> Answerer:
    """Who answers for a household: a person of the register whom the actor sees, or somebody by name and phone."""
    with transaction.atomic():
        content = sealed(household=household_id, by=by_person_id, name=name, phone=phone, relation=relation)
        before = done_before(actor, "name_answerer", write_id, content)
        if before:
            return Answerer.objects.get(pk=int(before))
        at = take_household(actor, EDIT, household_id)
        if by_person_id is not None:
            check_may_person(actor, "register.see", by_person_id)
            values = {"by_person_id": by_person_id, "relation": rules.name_of(relation)[:40]}
        else:
            values = answerer_values(name, phone, relation)
        made = Answerer.objects.create(household=at.household, from_on=clock.today(), **values)
        audit.record(actor, "name_answerer", at.household, fields=["answerer"], path=at.path)
        mark_done(actor, "name_answerer", write_id, content, made.pk)
        return made


def resume_answerer(*, actor: Actor, answerer_id: int, write_id: UUID | None = None) -> None:
    """Undo of one's own ending, within ten minutes. Raises Conflict where it is too late."""
    with transaction.atomic():
        content = sealed(answerer=answerer_id)
        found = Answerer.objects.filter(pk=answerer_id).first()
        if found is None:
            raise Missing()
        at = take_household(actor, EDIT, found.household_id)
        if done_before(actor, "resume_answerer", write_id, content):
            return
        check_fresh(actor, "end_answerer", answerer_id)
        Answerer.objects.filter(pk=answerer_id).update(until_on=None)
        audit.record(actor, "resume_answerer", at.household, fields=["answerer"], path=at.path)
        mark_done(actor, "resume_answerer", write_id, content, answerer_id)


def end_answerer(*, actor: Actor, answerer_id: int, write_id: UUID | None = None) -> None:
    """They answer no more, from today."""
    with transaction.atomic():
        content = sealed(answerer=answerer_id)
        if done_before(actor, "end_answerer", write_id, content):
            return
        found = Answerer.objects.filter(pk=answerer_id).first()
        if found is None:
            raise Missing()
        at = take_household(actor, EDIT, found.household_id)
        Answerer.objects.filter(pk=answerer_id, until_on=None).update(until_on=clock.today())
        audit.record(actor, "end_answerer", at.household, fields=["answerer"], path=at.path)
        mark_done(actor, "end_answerer", write_id, content, answerer_id)
