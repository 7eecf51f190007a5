"""Erasing: what is personal goes for good, what others count on stays (how many, who confirmed, who acted)."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.utils.translation import gettext as _

from linli.core import audit, clock, erasures
from linli.core.actors import Actor
from linli.core.erasures import Entry
from linli.core.errors import Conflict, Forbidden, Invalid
from linli.core.events import publish
from linli.core.holds import find_holds
from linli.core.writes import done_before, mark_done
from linli.residents import rules, words
from linli.residents.access import PersonStanding, check_may, lock_registers, take_household, take_person
from linli.residents.actions._entries import sealed
from linli.residents.events import ErasureDue, HouseholdsErased, PeopleErased
from linli.residents.models import (
    Answerer,
    Consent,
    ContactCheck,
    Correction,
    GroupMark,
    Household,
    Membership,
    MergedPerson,
    NoDuplicate,
    Person,
    Transfer,
)
from linli.residents.queries.due import list_due, list_due_registers

APPROVE, KEPT = "register.approve", "kept_long_enough"
BLANK: dict[str, Any] = {
    "name": "",
    "initials": "",
    "sex": "",
    "born_on": None,
    "id_number": "",
    "id_index": "",
    "id_last4": "",
    "phone": "",
    "phone_index": "",
    "phone_last4": "",
    "phone_dead_at": None,
    "channels": [],
    "language": "",
    "registered_here": None,
    "registered_place": "",
}


def erase_person(*, actor: Actor, person_id: int, ground: str, write_id: UUID | None = None) -> None:
    """Everything personal of a record goes: names, numbers, their indexes, marks, consents, requests. That somebody lived
    there, and what was counted and confirmed, stays. Raises Conflict where something open still needs the record."""
    with transaction.atomic():
        content = sealed(person=person_id, ground=ground)
        if done_before(actor, "erase_person", write_id, content):
            return
        _check_ground(ground)
        standing = take_person(actor, APPROVE, person_id)
        _check_kind(actor)
        _check_erasable(standing, ground)
        _refuse_held([standing.at.household.pk])
        if standing.person.erased_at is None:
            _erase_people([person_id], ground)
            audit.record(
                actor, "erase_person", standing.person, fields=["person"], reason=ground, path=standing.at.path
            )
            _publish([person_id], [])
        mark_done(actor, "erase_person", write_id, content, person_id)


def erase_household(*, actor: Actor, household_id: int, ground: str, write_id: UUID | None = None) -> None:
    """A household with everybody whose last home it was, and those who answered for it."""
    with transaction.atomic():
        content = sealed(household=household_id, ground=ground)
        if done_before(actor, "erase_household", write_id, content):
            return
        _check_ground(ground)
        at = take_household(actor, APPROVE, household_id)
        _check_kind(actor)
        if at.is_present and ground == KEPT:
            raise Conflict(_("This household still lives here. Its time has not begun to run."), code="still-here")
        _refuse_held([household_id])
        if at.household.erased_at is None:
            _erase_households([household_id], ground)
            audit.record(actor, "erase_household", at.household, fields=["household"], reason=ground, path=at.path)
            _publish([], [household_id])
        mark_done(actor, "erase_household", write_id, content, household_id)


def erase_due(*, actor: Actor, path: str, write_id: UUID | None = None) -> int:
    """Everybody below `path` whose time is over and whom nothing open needs. Returns how many records."""
    with transaction.atomic():
        content = sealed(path=path)
        before = done_before(actor, "erase_due", write_id, content)
        if before:
            return int(before)
        check_may(actor, APPROVE, path)
        lock_registers(path)
        due = [one for one in list_due(actor=actor, path=path) if not one.held]
        households = [one.id for one in due if one.kind == "household"]
        people = [one.id for one in due if one.kind == "person"]
        _erase_people(people, KEPT)
        _erase_households(households, KEPT)
        _audit_many(actor, "erase_person", "person", people, path)
        _audit_many(actor, "erase_household", "household", households, path)
        _publish(people, households)
        mark_done(actor, "erase_due", write_id, content, len(due))
        return len(due)


def review_due(*, actor: Actor, alone: bool) -> int:
    """Every community with records whose time is over: erased at once where the clock may, else asked for. Returns how many
    communities."""
    with transaction.atomic():
        paths = list_due_registers()
        for path in paths:
            if alone:
                erase_due(actor=actor, path=path)
            else:
                publish(ErasureDue(path))
        return len(paths)


def _audit_many(actor: Actor, act: str, kind: str, keys: Collection[int], path: str) -> None:
    objects = [(f"residents.{kind}", key) for key in keys]
    audit.record_many(actor, act, objects, fields=[kind], reason=KEPT, path=path)


def replay_erasures(*, actor: Actor, entries: Iterable[Entry]) -> int:
    """After a restore: erase again whom the list names, whatever else stands. Each entry is done once in a database; one
    whose row is not there, or is another's by now, does nothing. Returns how many rows were erased."""
    with transaction.atomic():
        if actor.kind != "system":
            raise Forbidden()
        new = erasures.list_new(list(entries))
        people = _still_there(Person, [one for one in new if one.kind == "person"])
        households = _still_there(Household, [one for one in new if one.kind == "household"])
        erasures.note_replayed(new)
        _wipe_people(people)
        _wipe_households(households)
        audit.record_many(actor, "replay_erasure", [("residents.person", key) for key in people])
        audit.record_many(actor, "replay_erasure", [("residents.household", key) for key in households])
        _publish(people, households)
        return len(people) + len(households)


def _publish(people: Collection[int], households: Collection[int]) -> None:
    for batch in _batches(people):
        publish(PeopleErased(tuple(batch)))
    for batch in _batches(households):
        publish(HouseholdsErased(tuple(batch)))


def _check_ground(ground: str) -> None:
    if ground not in rules.ERASE_GROUNDS:
        raise Invalid(fields={"ground": _("Say why the record is erased.")})


def _check_kind(actor: Actor) -> None:
    if actor.kind not in {"account", "system"}:
        raise Forbidden()


def _check_erasable(standing: PersonStanding, ground: str) -> None:
    if standing.person.status == rules.MERGED:
        raise Conflict(_("This record was merged into another one. Erase that one, and this goes with it."))
    if standing.is_present and ground == KEPT:
        raise Conflict(_("This person still lives here. The time has not begun to run."), code="still-here")


def _refuse_held(households: Collection[int]) -> None:
    held = find_holds(households)
    if held:
        code = next(iter(held.values()))
        raise Conflict(words.hold(code), code="held")


def _last_homes(person_ids: Collection[int]) -> dict[int, int]:
    """Person → the household they live in, or lived in last."""
    last = Membership.objects.filter(person=OuterRef("pk")).order_by(
        F("until_on").desc(nulls_first=True), "-id"
    )  # fmt: skip
    found: dict[int, int] = {}
    for batch in _batches(person_ids):
        rows = Person.objects.filter(pk__in=batch).annotate(home=Subquery(last.values("household")[:1]))
        found.update({key: home for key, home in rows.values_list("pk", "home") if home})
    return found


def _batches(keys: Collection[int]) -> Iterable[list[int]]:
    wanted = sorted(set(keys))
    for start in range(0, len(wanted), rules.ERASE_BATCH):
        yield wanted[start : start + rules.ERASE_BATCH]


def _erase_people(person_ids: Collection[int], ground: str) -> None:
    for batch in _batches(person_ids):
        made = dict(Person.objects.filter(pk__in=batch, erased_at=None).values_list("pk", "made_at"))
        erasures.note(kind="person", subjects=sorted(made.items()), ground=ground)
    _wipe_people(person_ids)


def _erase_households(household_ids: Collection[int], ground: str) -> None:
    for batch in _batches(household_ids):
        made = dict(Household.objects.filter(pk__in=batch, erased_at=None).values_list("pk", "made_at"))
        erasures.note(kind="household", subjects=sorted(made.items()), ground=ground)
        people = _people_of(batch)
        known = dict(Person.objects.filter(pk__in=people, erased_at=None).values_list("pk", "made_at"))
        erasures.note(kind="person", subjects=sorted(known.items()), ground=ground)
    _wipe_households(household_ids)


def _people_of(household_ids: Collection[int]) -> list[int]:
    """Those whose last home one of these was."""
    here = Membership.objects.filter(household__in=household_ids).values_list("person_id", flat=True)
    homes, wanted = _last_homes(set(here)), set(household_ids)
    return [person for person, home in homes.items() if home in wanted]


def _wipe_people(person_ids: Collection[int]) -> None:
    """The same few statements a batch."""
    for batch in _batches(person_ids):
        merged = MergedPerson.objects.filter(Q(kept__in=batch) | Q(gone__in=batch))
        both = {*batch, *merged.values_list("gone_id", flat=True)}
        _forget_names(batch)
        for model in (GroupMark, Consent, ContactCheck, Correction):
            model.objects.filter(person__in=both).delete()
        NoDuplicate.objects.filter(Q(one__in=both) | Q(other__in=both)).delete()
        Answerer.objects.filter(by_person__in=both).delete()
        Household.objects.filter(contact__in=both).update(contact=None)
        Membership.objects.filter(person__in=both).update(role="")
        merged.update(before="")
        Person.objects.filter(pk__in=both).update(**BLANK, erased_at=clock.now())


def _forget_names(person_ids: Collection[int]) -> None:
    """A household is often called by the name of its head, or by the family's."""
    names = Person.objects.filter(pk__in=person_ids, memberships__household=OuterRef("pk"), name=OuterRef("name"))
    keys = Household.objects.filter(memberships__person__in=person_ids).exclude(name="").filter(Exists(names))
    Household.objects.filter(pk__in=list(keys.values_list("pk", flat=True))).update(name="")


def _wipe_households(household_ids: Collection[int]) -> None:
    for batch in _batches(household_ids):
        _wipe_people(_people_of(batch))
        Answerer.objects.filter(household__in=batch).delete()
        Correction.objects.filter(household__in=batch).delete()
        Transfer.objects.filter(household__in=batch).update(reason="", new_address="", answer="")
        Household.objects.filter(pk__in=batch).update(name="", contact=None, erased_at=clock.now())


def _still_there(model: type[Person] | type[Household], entries: Sequence[Entry]) -> list[int]:
    """The rows that an entry was about: the same number, made at the same moment, not erased yet."""
    wanted: dict[int, datetime] = {one.subject: one.made_at for one in entries}
    found: list[int] = []
    for batch in _batches(wanted):
        rows = model.objects.filter(pk__in=batch, erased_at=None).values_list("pk", "made_at")
        found += [key for key, made_at in rows if made_at == wanted[key]]
    return found
