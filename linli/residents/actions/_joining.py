"""A person joins a household that the caller holds: the same for a form, a household's first people and a link."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from linli.core import audit, clock
from linli.core.actors import Actor
from linli.core.errors import Conflict
from linli.grid.actions import Change, record_headcount_changes
from linli.residents import words
from linli.residents.access import EDIT, Standing, find_person_standing
from linli.residents.actions._contacts import contacts_of, note_contacts
from linli.residents.actions._entries import PERSON_COLUMNS, check_groups, check_role, person_values
from linli.residents.models import GroupMark, Membership, Person
from linli.residents.rules import PersonEntry


def join(actor: Actor, at: Standing, entry: PersonEntry, day: date) -> Person:
    """One person into a household that the caller holds; the change of headcounts too."""
    check_role(entry.role)
    check_groups(entry.groups)
    values = person_values(entry)
    person = _find_by_number(values)
    from_path = ""
    if person is None:
        person = Person.objects.create(made_at=clock.now(), **values)
        audit.record(actor, "add_person", person, fields=_given(values), path=at.path)
    else:
        from_path = _leave_for(actor, person, at, day)
        _fill_in(person, values)
        audit.record(actor, "link_person", person, fields=_given(values), path=at.path)
    note_contacts(contacts_of(person.pk, values["phone"], values["channels"]), "edit")
    Membership.objects.get_or_create(
        person=person, household=at.household, until_on=None, defaults={"role": entry.role, "from_on": day}
    )
    mark(actor, person, entry.groups, source="", path=at.path)
    change = Change(from_path=from_path, to_path=at.headcount_path, member=person.pk)
    record_headcount_changes(actor=actor, unit="person", changes=[change])
    return person


def _given(values: dict[str, Any]) -> list[str]:
    return sorted(name for name, value in values.items() if value not in ("", None, []) and name in PERSON_COLUMNS)


def _find_by_number(values: dict[str, Any]) -> Person | None:
    if not values["id_index"]:
        return None
    person = Person.objects.select_for_update().filter(id_index=values["id_index"]).first()
    if person is not None and person.name != values["name"]:
        raise Conflict(words.reason("id_other_name"), code="id-other-name")
    return person


def _leave_for(actor: Actor, person: Person, at: Standing, day: date) -> str:
    """End where the person lives now; returns the path that counted them."""
    was = find_person_standing(person.pk)
    if was is None or was.membership.until_on is not None:
        return ""
    if was.at.household.pk == at.household.pk:
        return at.headcount_path
    if not actor.may(EDIT, was.at.path):
        raise Conflict(words.reason("id_elsewhere"), code="id-elsewhere")
    Membership.objects.filter(pk=was.membership.pk).update(until_on=max(day, was.membership.from_on))
    audit.record(actor, "move_person", person, fields=["household"], path=was.at.path)
    return was.headcount_path


def _fill_in(person: Person, values: dict[str, Any]) -> None:
    """What was entered replaces what was known; what was left empty stays."""
    for name, value in values.items():
        if value not in ("", None, []):
            setattr(person, name, value)
    person.save()


def mark(actor: Actor, person: Person, groups: Sequence[str], *, source: str, path: str) -> None:
    if not groups:
        return
    had = set(GroupMark.objects.filter(person=person, until_on=None).values_list("group", flat=True))
    fresh = [group for group in dict.fromkeys(groups) if group not in had]
    GroupMark.objects.bulk_create(
        GroupMark(person=person, group=group, source=source[:60], from_on=clock.today()) for group in fresh
    )
    if fresh:
        audit.record(actor, "mark_group", person, fields=["groups"], path=path)
