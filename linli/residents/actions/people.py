"""People: entered, changed, moved to another household, gone."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from linli.core import audit, clock
from linli.core.actors import Actor
from linli.core.errors import Conflict, Invalid, Missing
from linli.core.events import publish
from linli.core.writes import done_before, mark_done
from linli.grid.actions import Change, record_headcount_changes
from linli.residents.access import (
    EDIT,
    PersonStanding,
    Standing,
    check_may_person,
    find_person_standing,
    take_household,
    take_person,
)
from linli.residents.actions._contacts import PHONE, contacts_of, note_contact, note_contacts
from linli.residents.actions._entries import PERSON_COLUMNS, check_groups, check_role, person_values, sealed
from linli.residents.actions._joining import join, mark
from linli.residents.events import PhoneFoundDead
from linli.residents.models import GroupMark, Household, Membership, Person
from linli.residents.rules import PersonEntry


def add_person(*, actor: Actor, household_id: int, entry: PersonEntry, write_id: UUID | None = None) -> Person:
    """A person joins a household. Somebody whose identity number is on the register already is linked, not doubled:
    they move here. Raises Conflict where the number has another name or lives out of the actor's sight."""
    with transaction.atomic():
        content = sealed(household=household_id, **asdict(replace(entry, row=0)))
        before = done_before(actor, "add_person", write_id, content)
        if before:
            return Person.objects.get(pk=int(before))
        at = take_household(actor, EDIT, household_id)
        _check_is_present(at)
        person = join(actor, at, entry, clock.today())
        mark_done(actor, "add_person", write_id, content, person.pk)
        return person


def change_person(*, actor: Actor, person_id: int, changes: Mapping[str, Any], write_id: UUID | None = None) -> Person:
    """Change some of PERSON_COLUMNS, and `role` in the household. Only what differs is written and audited."""
    with transaction.atomic():
        content = sealed(person=person_id, **changes)
        before = done_before(actor, "change_person", write_id, content)
        standing = take_person(actor, EDIT, person_id)
        if before:
            return standing.person
        unknown = set(changes) - set(PERSON_COLUMNS) - {"role"}
        if unknown:
            raise Invalid(fields=dict.fromkeys(sorted(unknown), _("This can't be changed.")))
        changed = _change_columns(standing.person, changes)
        changed += _change_role(standing, changes)
        if {"phone", "channels"} & set(changed):
            person = standing.person
            told = [*(["phone"] if "phone" in changed else []), *(person.channels if "channels" in changed else [])]
            known = contacts_of(person_id, person.phone, person.channels)
            note_contacts([one for one in known if one[1] in told], "edit")
        if changed:
            audit.record(actor, "change_person", standing.person, fields=sorted(changed), path=standing.at.path)
        mark_done(actor, "change_person", write_id, content, person_id)
        return standing.person


def _change_columns(person: Person, changes: Mapping[str, Any]) -> list[str]:
    now = {name: getattr(person, name) for name in PERSON_COLUMNS}
    wanted = {**now, **{name: value for name, value in changes.items() if name in PERSON_COLUMNS}}
    if person.status == "departed":
        wanted["status"] = "registered"
    entry = PersonEntry(**{**wanted, "channels": tuple(wanted["channels"])})
    values = person_values(entry)
    if person.status == "departed":  # coming back is an act of its own: move_person
        values["status"] = "departed"
    if values["id_index"] and Person.objects.exclude(pk=person.pk).filter(id_index=values["id_index"]).exists():
        raise Conflict(_("Somebody else on the register has this identity number."), code="id-taken")
    changed = [name for name in PERSON_COLUMNS if getattr(person, name) != values[name]]
    if "phone" in changed:
        person.phone_dead_at = None
    for name, value in values.items():
        setattr(person, name, value)
    if changed:
        person.save()
    return changed


def _change_role(standing: PersonStanding, changes: Mapping[str, Any]) -> list[str]:
    role = changes.get("role", standing.membership.role)
    check_role(role)
    if role == standing.membership.role:
        return []
    Membership.objects.filter(pk=standing.membership.pk).update(role=role)
    return ["role"]


def move_person(
    *, actor: Actor, person_id: int, household_id: int, role: str = "", write_id: UUID | None = None
) -> Person:
    """From one household to another, today. Somebody who had departed comes back by it."""
    with transaction.atomic():
        content = sealed(person=person_id, household=household_id, role=role)
        before = done_before(actor, "move_person", write_id, content)
        standing = check_may_person(actor, EDIT, person_id)
        if before:
            return standing.person
        check_role(role)
        at = take_household(actor, EDIT, household_id, standing.at.path)
        standing = check_may_person(actor, EDIT, person_id)
        _check_is_present(at)
        if standing.is_present and standing.at.household.pk == household_id:
            raise Conflict(_("This person lives in that household already."), code="already-there")
        _end_membership(standing)
        Membership.objects.create(person=standing.person, household=at.household, role=role, from_on=clock.today())
        if standing.person.status == "departed":
            Person.objects.filter(pk=person_id).update(status="registered")
        change = Change(from_path=standing.headcount_path, to_path=at.headcount_path, member=person_id)
        record_headcount_changes(actor=actor, unit="person", changes=[change])
        paths = {standing.at.path, at.path}
        for path in sorted(paths):
            audit.record(actor, "move_person", standing.person, fields=["household"], path=path)
        mark_done(actor, "move_person", write_id, content, person_id)
        return standing.person


def depart_person(*, actor: Actor, person_id: int, reason: str = "", write_id: UUID | None = None) -> Person:
    """A person is gone from here today. The record stays, found among those who departed."""
    with transaction.atomic():
        content = sealed(person=person_id, reason=reason)
        before = done_before(actor, "depart_person", write_id, content)
        standing = take_person(actor, EDIT, person_id)
        if before:
            return standing.person
        if not standing.is_present:
            raise Conflict(_("This person has departed already."), code="departed")
        _end_membership(standing)
        Person.objects.filter(pk=person_id).update(status="departed")
        Household.objects.filter(contact=person_id).update(contact=None)
        change = Change(from_path=standing.headcount_path, member=person_id)
        record_headcount_changes(actor=actor, unit="person", changes=[change])
        audit.record(
            actor,
            "depart_person",
            standing.person,
            fields=["status", "household"],
            reason=reason,
            path=standing.at.path,
        )
        mark_done(actor, "depart_person", write_id, content, person_id)
        return standing.person


def _end_membership(standing: PersonStanding) -> None:
    if standing.membership.until_on is None:
        day = max(clock.today(), standing.membership.from_on)
        Membership.objects.filter(pk=standing.membership.pk).update(until_on=day)


def _check_is_present(at: Standing) -> None:
    if not at.is_present:
        raise Conflict(_("This household has departed. Add it again where it lives now."), code="departed")


def mark_group(*, actor: Actor, person_id: int, group: str, source: str = "", write_id: UUID | None = None) -> None:
    """A person counts as one of a vulnerable group from today, by somebody's word."""
    with transaction.atomic():
        content = sealed(person=person_id, group=group, source=source)
        if done_before(actor, "mark_group", write_id, content):
            return
        check_groups([group])
        standing = take_person(actor, EDIT, person_id)
        mark(actor, standing.person, [group], source=source, path=standing.at.path)
        mark_done(actor, "mark_group", write_id, content, person_id)


def unmark_group(*, actor: Actor, person_id: int, group: str, write_id: UUID | None = None) -> None:
    """The mark ends today; that it stood stays known."""
    with transaction.atomic():
        content = sealed(person=person_id, group=group)
        if done_before(actor, "unmark_group", write_id, content):
            return
        standing = take_person(actor, EDIT, person_id)
        ended = GroupMark.objects.filter(person=person_id, group=group, until_on=None).update(until_on=clock.today())
        if ended:
            audit.record(actor, "unmark_group", standing.person, fields=["groups"], path=standing.at.path)
        mark_done(actor, "unmark_group", write_id, content, person_id)


def record_phone_dead(*, actor: Actor, person_id: int, write_id: UUID | None = None) -> None:
    """The number on record reaches nobody. Whoever works on tasks there may say so, not only who edits the register."""
    with transaction.atomic():
        content = sealed(person=person_id)
        if done_before(actor, "record_phone_dead", write_id, content):
            return
        standing = check_may_person(actor, "tasks.work", person_id)
        if not standing.person.phone_index:
            raise Conflict(_("There is no phone on record."), code="no-phone")
        Person.objects.filter(pk=person_id, phone_dead_at=None).update(phone_dead_at=clock.now())
        audit.record(actor, "record_phone_dead", standing.person, fields=["phone_dead_at"], path=standing.at.path)
        publish(PhoneFoundDead(person_id, standing.at.household.pk, standing.at.path))
        mark_done(actor, "record_phone_dead", write_id, content, person_id)


def record_phone_alive(*, actor: Actor, person_id: int, write_id: UUID | None = None) -> None:
    """The number on record was answered after all."""
    with transaction.atomic():
        content = sealed(person=person_id)
        if done_before(actor, "record_phone_alive", write_id, content):
            return
        standing = check_may_person(actor, "tasks.work", person_id)
        Person.objects.filter(pk=person_id).update(phone_dead_at=None)
        note_contact([person_id], PHONE, "answered")
        audit.record(actor, "record_phone_alive", standing.person, fields=["phone_dead_at"], path=standing.at.path)
        mark_done(actor, "record_phone_alive", write_id, content, person_id)


def tick_contact(*, actor: Actor, person_id: int, channel: str = PHONE, write_id: UUID | None = None) -> None:
    """Somebody asked, and the contact on record is still right."""
    with transaction.atomic():
        content = sealed(person=person_id, channel=channel)
        if done_before(actor, "tick_contact", write_id, content):
            return
        standing = check_may_person(actor, "tasks.work", person_id)
        _check_has(standing.person, channel)
        note_contact([person_id], channel, "ticked")
        audit.record(actor, "tick_contact", standing.person, fields=[channel], path=standing.at.path)
        mark_done(actor, "tick_contact", write_id, content, person_id)


def confirm_own_contact(*, actor: Actor, person_id: int, household_id: int, write_id: UUID | None = None) -> None:
    """A resident says on the page of their link that phone and channels on record are right. The page has proven who it
    is; here only that they live in that household."""
    with transaction.atomic():
        content = sealed(person=person_id, household=household_id)
        if done_before(actor, "confirm_own_contact", write_id, content):
            return
        standing = find_person_standing(person_id)
        if actor.kind != "link" or standing is None or not standing.is_present:
            raise Missing()
        if standing.at.household.pk != household_id:
            raise Missing()
        person = standing.person
        note_contacts(contacts_of(person_id, person.phone, person.channels), "self")
        audit.record(actor, "confirm_own_contact", person, fields=["phone", "channels"], path=standing.at.path)
        mark_done(actor, "confirm_own_contact", write_id, content, person_id)


def _check_has(person: Person, channel: str) -> None:
    if channel not in {one for _key, one in contacts_of(person.pk, person.phone, person.channels)}:
        raise Conflict(_("There is no such contact on record."), code="no-contact")
